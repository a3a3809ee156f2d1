import { errorTable } from "../../kube/error-table.ts";
import type { JsonObject } from "../../kube/json.ts";

/** Something that has a text in a table of ours. The texts hold no value of anybody's files. */
export interface Explainer {
  /** What its ids are, for the description of the tool. */
  readonly what: string;
  /** Loads its table when it is first asked: a server answers before it has read them. */
  readonly explain: (id: string) => Promise<JsonObject | undefined>;
}

/** Asked in this order; what explains fields of objects is one more row. */
export const explainers: readonly Explainer[] = [
  {
    what: "ids of findings (object/name, pod-security/...)",
    explain: async (id) => {
      const { ruleOf } = await import("../../analysis/checks/rule-table.ts");
      const rule = ruleOf(id);
      return rule && { kind: "finding", id, severity: rule.severity, says: rule.title, help: rule.help };
    },
  },
  {
    what: "rules of a verdict (charter/kind, git/substitution, finding/error)",
    explain: async (id) => {
      const { ruleOfReason } = await import("../../plan/verdict/rules.ts");
      const rule = ruleOfReason(id);
      if (rule === undefined) return undefined;
      const row = id.slice(rule.id.length + 1);
      const widens = row === "" ? undefined : await widening(row);
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
  { what: "what a plan widens (secret-use, networkpolicy-added)", explain: (id) => widening(id) },
  {
    what: "error codes (APPROVAL_MISSING)",
    explain: async (id) => {
      if (!Object.hasOwn(errorTable, id)) return undefined;
      const row = errorTable[id as keyof typeof errorTable];
      return { kind: "error", id, says: row.when };
    },
  },
];

async function widening(id: string): Promise<JsonObject | undefined> {
  const { wideningTable } = await import("../../plan/facts/widening/table.ts");
  const { LATEST_MINOR } = await import("../../kube/catalogue/catalogue.ts");
  const row = wideningTable(LATEST_MINOR).find((one) => one.id === id);
  return row && { kind: "widening", id: row.id, says: row.title, why: row.why, source: row.source };
}

/** The text of the first table that has the id. */
export async function explain(id: string): Promise<JsonObject | undefined> {
  for (const explainer of explainers) {
    const found = await explainer.explain(id);
    if (found !== undefined) return found;
  }
  return undefined;
}
