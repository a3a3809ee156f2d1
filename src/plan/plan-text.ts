import { canonicalJson } from "../kube/canonical-json.ts";
import { jsonDigest } from "../kube/digest.ts";
import { deepFreeze, type Json, pathText } from "../kube/json.ts";
import { OpsError } from "../kube/ops-error.ts";
import { printable } from "../kube/printable.ts";
import type { Plan, PlanDigest } from "./plan.ts";
import { checkShape } from "../kube/shape/check-shape.ts";
import { planShape } from "./shape/plan-shape.ts";

/** Deepest nesting of a plan file that is looked at: objects of the API have a tenth of it. */
const MAX_DEPTH = 1100;

/** Digest of a plan: over the canonical JSON of everything but the digest itself. */
export function planDigest(plan: Omit<Plan, "digest">): PlanDigest {
  const { digest: _, ...rest } = plan as Plan;
  return jsonDigest(rest) as PlanDigest;
}

/** The bytes of a plan file: canonical JSON and one line end. */
export function planText(plan: Plan): string {
  return `${canonicalJson(plan)}\n`;
}

/**
 * Reads a plan file. Only canonical bytes are a plan: a file that says the same in other bytes is refused, so that what
 * is read is what was named by the digest. The plan is still a claim: see reproducePlan.
 * @throws {OpsError} PLAN_MALFORMED for other bytes, an unknown key, or a part of a wrong type; PLAN_DIGEST.
 */
export function parsePlan(text: string, file: string): Plan {
  const refuse = (reason: string, cause?: unknown): OpsError =>
    new OpsError("PLAN_MALFORMED", `${file} is no plan: ${reason}`, {
      hint: "kubeops plan writes plans; they are not edited",
      cause,
    });
  if (nesting(text) > MAX_DEPTH) throw refuse("it is nested too deeply");
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw refuse("it is not JSON", cause);
  }
  const wrong = checkShape(planShape, value);
  if (wrong !== undefined) {
    const where = printable(pathText(wrong.at === "key" ? wrong.path.slice(0, -1) : wrong.path));
    throw refuse(
      wrong.at === "key"
        ? `${wrong.message}${where === "" ? "" : ` in ${where}`}`
        : `${where === "" ? "it" : where} ${wrong.message}`,
    );
  }
  const plan = value as unknown as Plan;
  if (planText(plan) !== text) throw refuse("its bytes are not the canonical form of what they say");
  const digest = planDigest(plan);
  if (digest !== plan.digest) {
    throw new OpsError("PLAN_DIGEST", `${file} calls itself ${plan.digest} and is ${digest}`, {
      hint: "the file was changed; make the plan again",
    });
  }
  return deepFreeze(plan);
}

/** Depth of brackets outside of texts; too many at worst, where the text is not JSON. */
function nesting(text: string): number {
  let depth = 0;
  let most = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gu)) {
    if (token === "[" || token === "{") most = Math.max(most, ++depth);
    else if (token === "]" || token === "}") depth--;
  }
  return most;
}
