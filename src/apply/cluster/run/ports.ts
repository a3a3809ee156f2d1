import type { ObjectKey } from "../../../kube/read-object.ts";
import type { ClusterTarget, Operation, PlanDigest } from "../../../plan/plan.ts";
import type { RunPorts } from "../../run/run-ports.ts";
import type { KubeConnection } from "../client/connection.ts";
import type { ReaderOptions } from "../client/reader/reader.ts";
import type { HealthReport, HealthProgress } from "../health/wait-healthy.ts";

/**
 * In the order of a run; each is reported when it is durable. `writing`, `answered` and `written` come for every object:
 * announced in the journal, answered by the server, recorded in the journal. Of an object that is made again `removing`,
 * `removed` and `gone` stand before, of one whose fields pass to us `handing` and `handed`: its deletion was announced, was recorded, and has come to its end.
 */
export type ClusterStepName =
  | "verified"
  | "intent-logged"
  | "preimages-saved"
  | "approvals-used"
  | "handing"
  | "handed"
  | "removing"
  | "removed"
  | "gone"
  | "writing"
  | "answered"
  | "written"
  | "healthy"
  | "outcome-logged"
  | "done";

export interface ClusterStep {
  readonly step: ClusterStepName;
  /** The object, of steps that have one. */
  readonly key?: ObjectKey;
  readonly operation?: Operation;
  /** Objects that are written, and that there are to write. */
  readonly done: number;
  readonly of: number;
  /** Of `removed`: the finalizers that the object waits for. */
  readonly waitsFor?: readonly string[];
}

export interface ClusterApplyPorts extends RunPorts {
  /**
   * Credentials that may lead to the target, from a kubeconfig. Whether they do is proved by the charter's pin before any
   * of them is sent (kernel K14).
   */
  readonly openCluster: (target: ClusterTarget) => KubeConnection | Promise<KubeConnection>;
  readonly clientOptions?: ReaderOptions;
  /** What it gives is waited for before the run goes on. */
  readonly onStep?: (step: ClusterStep) => void | Promise<void>;
  /** How long an object that is made again may take to go before the run stops. Default: 5 minutes. */
  readonly removalTimeoutMs?: number;
  /** Waits until the written objects are healthy. */
  readonly wait?: { readonly timeoutMs: number; readonly onProgress?: (progress: HealthProgress) => void };
}

/** An object that the run wrote or deleted. */
export interface WrittenObject {
  readonly key: ObjectKey;
  readonly operation: Operation;
  /** Finalizers that a deleted object still waits for; they are never stripped. */
  readonly waitsFor: readonly string[];
}

export interface ClusterOutcome {
  readonly plan: PlanDigest;
  /** Name of the target in the charter. */
  readonly cluster: string;
  readonly written: readonly WrittenObject[];
  /** A run that an earlier process began was finished by this call. */
  readonly resumed: boolean;
  /** An earlier call did and recorded everything: this one did nothing. */
  readonly alreadyDone: boolean;
  readonly presence: readonly { readonly approver: string; readonly presence: "proved" | "not proved" }[];
  /** Null when nobody asked to wait. */
  readonly health: HealthReport | null;
}
