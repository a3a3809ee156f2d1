import type { Labels } from "../../../kube/selector.ts";
import type { Workload } from "../model/workload.ts";
import type { Policy } from "./policy.ts";
import type { NetworkProblem } from "./reading.ts";

/** Policies of one reader, or of all of them together. */
export interface PoliciesRead {
  readonly policies: readonly Policy[];
  readonly problems: readonly NetworkProblem[];
  /** What holds beside the assumptions of the profile, because of the kinds that are there. */
  readonly assumptions: readonly string[];
  /** The labels by which policies find a workload: its own, and those that a plugin gives to its pods. */
  readonly labels: (workload: Workload) => Labels;
}
