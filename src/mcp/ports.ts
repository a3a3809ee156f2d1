import type { Operation } from "../agent/operations/operation.ts";
import type { Finding } from "../analysis/findings/finding.ts";
import type { AuditEvent, Recorded } from "../audit/event.ts";
import type { JsonObject } from "../kube/json.ts";
import type { Plan, PlanDigest } from "../plan/plan.ts";

/**
 * What the operator who starts the server gives it: everything that could widen what a call reaches is decided here, by
 * flags and files of the operator, and nothing of it by an argument of a call (kernel K6).
 */
export interface McpPorts {
  /** Opens the state and the trust root as they are now; for one call. @throws {OpsError} */
  open(): Promise<McpSession>;
}

/** A place that plans may be made for, under the name that the model uses. */
export interface McpTarget {
  readonly name: string;
  readonly kind: "git" | "cluster";
}

export interface McpSession {
  readonly standing: "owned by another user" | "advisory" | "none";
  /** What may be named, in the operator's order. */
  readonly targets: readonly McpTarget[];
  /** What the charter allows that helps to ask for the right thing; null without a charter. */
  readonly charter: CharterView | null;
  readonly record: (event: Recorded) => void;
  /** Objects of the operator's project folder, or of a text that the model wrote. */
  readonly check: (what: CheckAsked) => Promise<Checked>;
  /** The objects of the files that the operator gave for operations to change; none without files. */
  readonly given: () => Promise<readonly JsonObject[]>;
  /** Makes a plan and stores nothing. @throws {OpsError} */
  readonly plan: (asked: PlanAsked) => Promise<MadePlan>;
  /** Stores a plan under its digest, and logs it. */
  readonly store: (plan: Plan) => void;
  /** A stored plan. @throws {OpsError} PLAN_NOT_FOUND and what reading it throws. */
  readonly find: (digest: PlanDigest) => Plan;
  /** How many approvals of distinct approvers hold now. */
  readonly approvals: (plan: Plan) => number;
  /** The ordinary way of an approved plan to its target. @throws {OpsError} with the code of what does not hold. */
  readonly apply: (plan: Plan) => Promise<Applied>;
  readonly entries: () => Iterable<{ readonly index: number; readonly event: AuditEvent }>;
  readonly close: () => void;
}

export interface CharterView {
  readonly namespaces: readonly string[];
  readonly images: readonly string[];
  readonly kinds: readonly {
    readonly group: string;
    readonly kinds: readonly string[];
    readonly operations: readonly string[];
  }[];
  readonly approvals: number;
}

export interface CheckAsked {
  /** Absent: the operator's project folder. */
  readonly manifests?: string;
  readonly minor: number;
  readonly podSecurity?: "baseline" | "restricted";
}

export interface Checked {
  readonly findings: readonly Finding[];
  /** Files that were read, and files that were left aside. */
  readonly files: number;
  readonly skipped: number;
}

export interface PlanAsked {
  readonly target: string;
  readonly namespace: string;
  readonly operations: readonly Operation[];
}

/** A plan, or what is open before there can be one; only a person may answer that. */
export type MadePlan =
  | { readonly plan: Plan }
  | { readonly questions: readonly { readonly code: string; readonly text?: string }[] };

export interface Applied {
  readonly plan: PlanDigest;
  /** Commit and branch of a repository. */
  readonly commit?: string;
  readonly branch?: string;
  /** Objects written to a cluster. */
  readonly written?: number;
  readonly alreadyDone: boolean;
}
