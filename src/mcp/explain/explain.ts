import { ruleOf } from "../../analysis/checks/rule-table.ts";
import { LATEST_MINOR } from "../../kube/catalogue/catalogue.ts";
import { errorTable } from "../../kube/error-table.ts";
import type { JsonObject } from "../../kube/json.ts";
import { wideningTable } from "../../plan/facts/widening/table.ts";
import { verdictRules } from "../../plan/verdict/rules.ts";

/** Something that has a text in a table of ours. The texts hold no value of anybody's files. */
export interface Explainer {
  /** What its ids are, for the description of the tool. */
  readonly what: string;
  readonly explain: (id: string) => JsonObject | undefined;
}

/** Asked in this order; what explains fields of objects is one more row. */
export const explainers: readonly Explainer[] = [
  {
    what: "ids of findings (object/name, pod-security/…)",
    explain: (id) => {
      const rule = ruleOf(id);
      return rule && { kind: "finding", id, severity: rule.severity, says: rule.title, help: rule.help };
    },
  },
  {
    what: "rules of a verdict (charter/kind, git/substitution, finding/error)",
    explain: (id) => {
      // The row of a rule that has many: charter/widening/secret-use is a widening.
      const rule = verdictRules.find((row) => row.id === id || id.startsWith(`${row.id}/`));
      if (rule === undefined) return undefined;
      const row = id.slice(rule.id.length + 1);
      const widens = row === "" ? undefined : widening(row);
      return {
        kind: "verdict rule",
        id: rule.id,
        says: rule.title,
        decides: rule.decides,
        example: rule.example,
        ...(widens === undefined ? {} : { widening: widens }),
      };
    },
  },
  {
    what: "what a plan widens (secret-use, networkpolicy-added)",
    explain: (id) => widening(id),
  },
  {
    what: "error codes (APPROVAL_MISSING)",
    explain: (id) => {
      if (!Object.hasOwn(errorTable, id)) return undefined;
      const row = errorTable[id as keyof typeof errorTable];
      return { kind: "error", id, says: row.when };
    },
  },
];

function widening(id: string): JsonObject | undefined {
  const row = wideningTable(LATEST_MINOR).find((one) => one.id === id);
  return row && { kind: "widening", id: row.id, says: row.title, why: row.why, source: row.source };
}

/** The text of the first table that has the id. */
export function explain(id: string): JsonObject | undefined {
  for (const explainer of explainers) {
    const found = explainer.explain(id);
    if (found !== undefined) return found;
  }
  return undefined;
}
