import type { JsonPath } from "../json.ts";
import { pathText } from "../json.ts";
import { declaredType } from "./declared-type.ts";
import { type Fault, fault } from "./fault.ts";
import { type CompiledRule, hasRules, rulesOfNode } from "./rules.ts";
import { numberOf, type Structural } from "./schema.ts";

/** Most that a rule of a definition may cost by estimate, and all of its rules together (pkg/apis/apiextensions/validation). */
const RULE_LIMIT = 10_000_000;
const TOTAL_LIMIT = 100_000_000;
const MAX_REQUEST = 3 * 1024 * 1024;
const MAX = 2 ** 64;

export interface Reach {
  readonly minor: number;
  /** How often a value of the node can stand in an object; undefined: nobody limits it. */
  readonly times: number | undefined;
  readonly total: { cost: number };
  /** The list whose items cannot be told apart after an update. */
  readonly uncorrelated: JsonPath | undefined;
  readonly scope: boolean;
}

/** Rules that do not compile, or may cost too much. */
export function costFaults(root: Structural, reach: Reach): readonly Fault[] {
  const faults: Fault[] = [];
  visit(root, reach, true, faults);
  if (reach.total.cost > TOTAL_LIMIT)
    faults.push(
      fault(
        "cost",
        [],
        costText(
          "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema",
          reach.total.cost,
          TOTAL_LIMIT,
        ),
      ),
    );
  return faults;
}

function visit(schema: Structural, reach: Reach, root: boolean, faults: Fault[]): void {
  if (!hasRules(schema)) return;
  for (const [at, compiled] of rulesOfNode(schema, root, reach.minor).entries())
    faults.push(...ruleFaultsOf(schema, { compiled, at, root }, reach));
  const inner: Reach = { ...reach, times: timesBelow(schema, reach.times) };
  for (const property of schema.properties.values()) visit(property, inner, property.embedded, faults);
  if (schema.additional !== undefined && schema.additional !== true)
    visit(schema.additional, inner, schema.additional.embedded, faults);
  if (schema.items !== undefined) {
    const uncorrelated = schema.listType === "map" ? reach.uncorrelated : (reach.uncorrelated ?? schema.path);
    visit(schema.items, { ...inner, uncorrelated }, schema.items.embedded, faults);
  }
}

function timesBelow(schema: Structural, times: number | undefined): number | undefined {
  if (times === undefined) return undefined;
  if (schema.type === "array" || (schema.type === "object" && schema.additional !== undefined)) {
    const most = numberOf(schema.json, schema.type === "array" ? "maxItems" : "maxProperties");
    return most === undefined ? undefined : Math.min(MAX, times * Math.max(0, most));
  }
  return times;
}

interface PlacedRule {
  readonly compiled: CompiledRule;
  readonly at: number;
  readonly root: boolean;
}

function ruleFaultsOf(
  schema: Structural,
  { compiled, at, root }: PlacedRule,
  reach: Reach,
): readonly Fault[] {
  const faults: Fault[] = [];
  const place = [...schema.path, "x-kubernetes-validations", at];
  const { rule } = compiled;
  if (compiled.problem !== undefined) return [fault("expression", [...place, "rule"], compiled.problem)];
  const least = declaredType(schema, root)?.least ?? 1;
  const times = reach.times ?? Math.floor(MAX_REQUEST / (least + 1));
  const cost = Math.min(MAX, compiled.cost * times);
  reach.total.cost += cost + compiled.messageCost;
  if (cost > RULE_LIMIT)
    faults.push(fault("cost", [...place, "rule"], costText("estimated rule cost", cost, RULE_LIMIT)));
  if (compiled.messageProblem !== undefined)
    faults.push(fault("expression", [...place, "messageExpression"], compiled.messageProblem));
  else if (compiled.messageCost > RULE_LIMIT)
    faults.push(
      fault(
        "cost",
        [...place, "messageExpression"],
        costText("estimated messageExpression cost", compiled.messageCost, RULE_LIMIT),
      ),
    );
  if (compiled.usesOldSelf && reach.uncorrelated !== undefined)
    faults.push(
      fault(
        "expression",
        [...place, "rule"],
        `oldSelf cannot be used on the uncorrelatable portion of the schema within ${pathText(reach.uncorrelated)}`,
      ),
    );
  if (!compiled.usesOldSelf && rule.optionalOldSelf !== undefined)
    faults.push(
      fault("expression", [...place, "optionalOldSelf"], "may not be set if oldSelf is not used in rule"),
    );
  return faults;
}

function costText(name: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const times = factor > 100 ? "more than 100x" : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`;
  return `${name} exceeds budget by factor of ${times} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}
