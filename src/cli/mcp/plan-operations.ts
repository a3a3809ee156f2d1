import type { Operation } from "../../agent/operations/operation.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { Plan } from "../../plan/plan.ts";
import type { TargetSpec } from "../../plan/target.ts";
import type { CliContext } from "../context.ts";
import type { ClusterAccessFlags, GitAccessFlags } from "../flags.ts";
import type { Session } from "../session.ts";

export function planOperations(
  _context: CliContext,
  _flags: ClusterAccessFlags & GitAccessFlags,
  _session: Session,
  _asked: { readonly spec: TargetSpec; readonly namespace: string; readonly operations: readonly Operation[] },
): Promise<Plan> {
  throw new OpsError("USAGE", "not yet");
}
