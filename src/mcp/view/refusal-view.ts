import { errorTable, type OpsErrorCode } from "../../kube/error-table.ts";
import type { JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";

/** What to do about a refusal, for the codes at which an agent can do something, or must ask a person. */
const advice: Partial<Readonly<Record<OpsErrorCode, string>>> = {
  USAGE: "Correct the arguments; the schema of the tool says what is taken.",
  AGENT_LIMIT: "Ask for less at once; the operator can start the server again.",
  APPROVAL_MISSING: "Call request_approval and give a person the command; nobody else can approve.",
  APPROVAL_EXPIRED: "A person must approve again: request_approval gives the command.",
  APPROVAL_USED: "Make a new plan if more is to be changed; an approval is for one use.",
  APPROVAL_INVALID: "A person must approve again: request_approval gives the command.",
  APPROVER_PRESENCE: "A person must approve with a security key.",
  CHARTER_MISSING:
    "The operator has to write and sign a charter: kubeops charter init, kubeops charter sign.",
  CHARTER_CHANGED: "Make the plan again under the charter as it is now.",
  PLAN_DENIED: "show_plan gives the reasons; ask for less, or let the charter's owner decide.",
  PLAN_EMPTY: "The target is already what was asked for.",
  PLAN_NOT_FOUND: "Give the whole digest of a plan that plan_change made here.",
  PLAN_TOO_LARGE: "Split the request into several plans.",
  TARGET_DRIFT: "The target changed since: make the plan again.",
  PLAN_NOT_REPRODUCED: "The target or the program changed since: make the plan again.",
  TARGET_INVALID: "Name a target that the operator offers; explain with id setup lists them.",
};

/**
 * A failure as a model may see it: code and table text. The message of the error is not shown: it names files, values
 * and what a server answered (kernel K17). Its reader at a terminal has it.
 */
export function refusalView(error: unknown): JsonObject {
  if (!OpsError.is(error))
    return { code: "BUG", message: "The program failed; the operator finds more on its standard error." };
  const hint = advice[error.code];
  return {
    code: error.code,
    message: errorTable[error.code].when,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** What is wrong with arguments: our own words about what the caller itself wrote. */
export function argumentsView(problems: readonly string[]): JsonObject {
  return {
    code: "USAGE",
    message: "The arguments cannot be used; nothing was done.",
    problems: problems.slice(0, 20).map((problem) => problem.slice(0, 500)),
  };
}
