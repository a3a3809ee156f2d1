import type { Authored, Intent } from "../authoring/intent/intent.ts";
import type { JsonObject } from "../kube/json.ts";
import type { ObjectKey } from "../kube/read-object.ts";
import type { Charter } from "./charter.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { GitState } from "./git-state.ts";
import type { AgentRecord, PlanDigest, PlanExemption, PlanRule } from "./plan.ts";

/** What a plan is made from: a request, and the target as it is. The target says which of the two it is. */
export type PlanInput = GitPlanInput | ClusterPlanInput;

export interface PlanInputCommon {
  readonly request: {
    readonly text: string;
    readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
    readonly undoes?: PlanDigest;
    /** For a cluster: what cannot be changed may be deleted and made again (`plan --recreate`). */
    readonly recreate?: true;
    /** For a cluster: fields of client-side appliers pass to us (`plan --take-over`). */
    readonly takeOver?: true;
    /** Rules of the repository's own (`planRules`), from the side of whoever plans. */
    readonly rules?: readonly PlanRule[];
    /** Exemptions of the same settings (`planExemptions`). They count only where the charter says so. */
    readonly exemptions?: readonly PlanExemption[];
    readonly agent?: AgentRecord;
  };
  readonly intent: Intent;
  /** Desired objects: of `author(intent)` for an application; the given objects, with their namespaces, for ObjectsIntent. */
  readonly objects: readonly JsonObject[];
  /**
   * Objects to delete: in Git only those whose file a plan of ours wrote, in a cluster only members of our ApplySet (or
   * what is undone). One that is not there is a finding.
   */
  readonly deletions: readonly ObjectKey[];
  readonly authored: Pick<Authored, "relaxations" | "prerequisites" | "notes">;
  readonly charter: Charter | null;
  /** Fingerprint of the key that signed the charter. */
  readonly charterOwner: string | null;
  readonly macKey: Uint8Array | null;
  readonly toolVersion: string;
  readonly minor: number;
}

export interface GitPlanInput extends PlanInputCommon {
  readonly state: GitState;
  readonly folder: string;
  readonly mode: "branch" | "onto";
}

/** `cluster` holds the objects of `membersOf` (change/applyset.ts): what is dry-run is what is written. */
export interface ClusterPlanInput extends PlanInputCommon {
  readonly cluster: ClusterState;
}
