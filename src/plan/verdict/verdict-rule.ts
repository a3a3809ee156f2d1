import type { ObjectKey } from "../../kube/read-object.ts";
import type { Charter, CharterTarget } from "../charter.ts";
import type { ChangedObject } from "../facts/widening/row.ts";
import type {
  Change,
  ClusterTarget,
  Facts,
  GitTarget,
  PlanFinding,
  RequestRecord,
  VerdictReason,
} from "../plan.ts";

/** What a rule looks at. */
export interface Case {
  readonly charter: Charter;
  /** The charter's row for the repository or cluster; undefined when it names none. */
  readonly row: CharterTarget | undefined;
  readonly target: GitTarget | ClusterTarget;
  readonly changes: readonly Change[];
  readonly changed: readonly ChangedObject[];
  readonly facts: Facts;
  readonly findings: readonly PlanFinding[];
  readonly request: Pick<RequestRecord, "rules" | "undoes">;
  /** The trust root has the key under which plans are bound. */
  readonly bound: boolean;
}

/** Why a rule denies, or asks for approval. */
export type Reason = Omit<VerdictReason, "rule"> & {
  /** Follows the rule's id, where one rule has many rows. */
  readonly row?: string;
};

/** One rule of the verdict. A rule only takes away: what no rule of the charter allows is denied by the rule that misses it. */
export interface VerdictRule {
  readonly id: string;
  readonly title: string;
  readonly decides: "denied" | "needs-approval" | "denied or needs-approval";
  /** A case in a few words. */
  readonly example: string;
  readonly judge: (given: Case) => readonly Reason[];
}

export function deny(message: string, key?: ObjectKey, path?: string): Reason {
  return {
    decision: "denied",
    message,
    ...(key === undefined ? {} : { key }),
    ...(path === undefined || path === "" ? {} : { path }),
  };
}
