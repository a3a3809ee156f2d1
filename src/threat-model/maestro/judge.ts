import { byText } from "../../kube/by-text.ts";
import type { Evidence, Inventory } from "../inventory/inventory.ts";
import { MOST_EVIDENCE } from "./queries.ts";
import type { MaestroRule, ThreatStateName } from "./rule.ts";
import { maestroRules } from "./rules.ts";
import { policySurfaceNames, policySurfaceRules } from "./rules-infrastructure.ts";
import { type LayerId, threats } from "./threats.ts";

export interface JudgedThreat {
  readonly id: string;
  readonly layer: LayerId;
  readonly name: string;
  /** Which reading of layer 6: MAESTRO's, or that of pages where the agent writes policies. */
  readonly reading: "canonical" | "policy-surface";
  readonly state: ThreatStateName;
  readonly reason: string;
  /** Rules that decided. */
  readonly rules: readonly string[];
  readonly evidence: readonly Evidence[];
  /** Evidence beyond what is listed. */
  readonly more: number;
  readonly asi: readonly string[];
}

/** What speaks for a danger outweighs what speaks against it. */
const order: readonly Exclude<ThreatStateName, "not-certain">[] = ["present", "mitigated", "not-applicable"];

/** Every threat of MAESTRO with its state; what no rule decides is not certain. */
export function judgeThreats(inventory: Inventory): readonly JudgedThreat[] {
  return threats.map((threat) => judge(inventory, maestroRules, { ...threat, reading: "canonical" }));
}

/** The findings of the second reading of layer 6, outside the 55. */
export function judgePolicySurface(inventory: Inventory): readonly JudgedThreat[] {
  return Object.entries(policySurfaceNames).map(([id, name]) =>
    judge(inventory, policySurfaceRules, { id, name, layer: "L6", reading: "policy-surface" }),
  );
}

type Asked = Pick<JudgedThreat, "id" | "layer" | "name" | "reading">;

function judge(
  inventory: Inventory,
  table: readonly MaestroRule[],
  { id, layer, name, reading }: Asked,
): JudgedThreat {
  const hits = table
    .filter((rule) => rule.threat === id)
    .map((rule) => ({ rule, evidence: rule.when(inventory) }))
    .filter((hit) => hit.evidence.length > 0);
  for (const state of order) {
    const deciding = hits.filter((hit) => hit.rule.state === state);
    const [first] = deciding;
    if (first === undefined) continue;
    const all = distinct(deciding.flatMap((hit) => hit.evidence));
    return {
      id,
      layer,
      name,
      reading,
      state,
      reason: deciding.map((hit) => hit.rule.reason).join("; "),
      rules: deciding.map((hit) => hit.rule.id),
      evidence: all.slice(0, MOST_EVIDENCE),
      more: Math.max(0, all.length - MOST_EVIDENCE),
      asi: [...new Set(deciding.flatMap((hit) => hit.rule.asi))].sort(),
    };
  }
  return {
    id,
    layer,
    name,
    reading,
    state: "not-certain",
    reason: "nothing in the files decides it",
    rules: [],
    evidence: [],
    more: 0,
    asi: [],
  };
}

function distinct(evidence: readonly Evidence[]): readonly Evidence[] {
  const seen = new Map(evidence.map((one) => [`${one.file}\0${one.line}\0${one.what}`, one]));
  return [...seen.values()].sort(
    (left, right) => byText(left.file, right.file) || left.line - right.line || byText(left.what, right.what),
  );
}
