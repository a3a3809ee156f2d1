import type { OwnRule } from "../analysis/checks/own-rules/own-rule.ts";
import { parseRules } from "../analysis/checks/own-rules/parse-rules.ts";
import type { WrittenRule } from "../analysis/checks/own-rules/rule-shape.ts";
import { type Exemption, WrongSettings } from "../analysis/checks/settings/settings.ts";
import { canonicalJson } from "../kube/canonical-json.ts";
import { OpsError } from "../kube/ops-error.ts";
import type { PlanExemption, PlanRule } from "./plan.ts";
import { type RecordedMember, recordedMembers } from "./recorded-rule.ts";

/** Characters of the rules of one plan, and of its exemptions. */
const MOST = 1024 * 1024;

/**
 * Rules of a repository's own (`activeRules`) as a plan records them: everything that decides what they find, and nothing
 * that is for people who write rules. Sorted, so that the same rules give the same bytes wherever they stand.
 * @throws {OpsError} INPUT_TOO_LARGE
 */
export function planRules(active: readonly OwnRule[]): readonly PlanRule[] {
  const rules = active
    .map(({ title, severity, written }): PlanRule => ({ ...recorded(written), title, severity }))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
  refuseLarge("rules", canonicalJson(rules).length);
  return rules;
}

function recorded(rule: WrittenRule): Pick<WrittenRule, RecordedMember> {
  const members = recordedMembers.flatMap((name) => (rule[name] === undefined ? [] : [[name, rule[name]]]));
  return Object.fromEntries(members) as Pick<WrittenRule, RecordedMember>;
}

/**
 * Exemptions of a repository as a plan records them, sorted and each once.
 * @throws {OpsError} INPUT_TOO_LARGE
 */
export function planExemptions(exemptions: readonly Exemption[]): readonly PlanExemption[] {
  const texts = new Map(
    exemptions.map(({ place: _place, ...exemption }): [string, PlanExemption] => [
      canonicalJson(exemption),
      exemption,
    ]),
  );
  const sorted = [...texts].sort(([left], [right]) => (left < right ? -1 : 1));
  refuseLarge(
    "exemptions",
    sorted.reduce((sum, [text]) => sum + text.length, 0),
  );
  return sorted.map(([, exemption]) => exemption);
}

function refuseLarge(what: "rules" | "exemptions", characters: number): void {
  if (characters <= MOST) return;
  throw new OpsError("INPUT_TOO_LARGE", `the ${what} of kubeops.yaml have more than ${MOST} characters`, {
    hint: `a plan records the ${what} that judged it${what === "rules" ? ": keep large tables out of params" : ""}`,
  });
}

const nowhere = { file: "plan", line: 1, column: 1 };
const document = { file: "plan", places: { value: () => nowhere, key: () => nowhere } };

/** The recorded exemptions; they stand in no file any more. */
export function recordedExemptions(exemptions: readonly PlanExemption[]): readonly Exemption[] {
  return exemptions.map((exemption) => ({ ...exemption, place: nowhere }));
}

/**
 * The recorded rules, compiled.
 * @throws {OpsError} PLAN_MALFORMED: whoever recorded a rule had compiled it
 */
export function compiledRules(rules: readonly PlanRule[]): readonly OwnRule[] {
  if (rules.length === 0) return [];
  try {
    return parseRules([{ document, path: ["request", "rules"], rules }]);
  } catch (cause) {
    if (!(cause instanceof WrongSettings)) throw cause;
    throw new OpsError("PLAN_MALFORMED", `a rule of the plan is none: ${cause.message}`, {
      hint: "make a new plan",
      cause,
    });
  }
}
