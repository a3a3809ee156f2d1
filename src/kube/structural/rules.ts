import { compileCel, type CompiledCel, evaluateCel, isCompiled, PER_CALL_LIMIT } from "../cel/cel.ts";
import { type CelEnvironment, celEnvironment } from "../cel/environment.ts";
import { estimateCost } from "../cel/estimate-cost.ts";
import { walk } from "../cel/ast.ts";
import { type CelType, DYN, optionalType } from "../cel/types.ts";
import { CelError, CelOptional, type CelValue } from "../cel/values.ts";
import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../json.ts";
import { type DeclaredType, declaredType, sizeAt } from "./declared-type.ts";
import { type Fault, fault } from "./fault.ts";
import { memberSchema, type Structural, type ValidationRule } from "./schema.ts";
import { typedValue } from "./typed-value.ts";
import { sameJson } from "./validate.ts";

/** What one object may cost, all rules of it together (k8s.io/apiserver pkg/apis/cel/config.go). */
const OBJECT_BUDGET = 10_000_000;
const MAX_MESSAGE = 5 * 1024;

export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program: CompiledCel | undefined;
  /** Why it does not compile. */
  readonly problem: string | undefined;
  readonly messageProgram: CompiledCel | undefined;
  readonly messageProblem: string | undefined;
  readonly usesOldSelf: boolean;
  /** What one evaluation may cost at most, as estimated. */
  readonly cost: number;
  readonly messageCost: number;
}

const compiledRules = new WeakMap<Structural, Map<string, readonly CompiledRule[]>>();

/** The rules of a node, compiled as the server of a minor does; `root`: the node is a whole object. */
export function rulesOfNode(schema: Structural, root: boolean, minor: number): readonly CompiledRule[] {
  const byMinor = compiledRules.get(schema) ?? new Map<string, readonly CompiledRule[]>();
  compiledRules.set(schema, byMinor);
  const key = `${minor}/${root}`;
  const known = byMinor.get(key);
  if (known !== undefined) return known;
  const declared = declaredType(schema, root);
  const made = schema.rules.map((rule) => compileRule(rule, declared, minor));
  byMinor.set(key, made);
  return made;
}

function environmentOf(self: CelType, optional: boolean, minor: number): CelEnvironment {
  const variables = new Map([
    ["self", self],
    ["oldSelf", optional ? optionalType(self) : self],
  ]);
  return celEnvironment({ minor, variables });
}

function compileRule(rule: ValidationRule, declared: DeclaredType | undefined, minor: number): CompiledRule {
  const none = {
    rule,
    program: undefined,
    messageProgram: undefined,
    messageProblem: undefined,
    usesOldSelf: false,
    cost: 0,
    messageCost: 0,
  };
  if (rule.rule.trim() === "") return { ...none, problem: undefined };
  const environment = environmentOf(declared?.type ?? DYN, rule.optionalOldSelf === true, minor);
  const program = compileCel(rule.rule, environment);
  if (!isCompiled(program)) return { ...none, problem: `compilation failed: ${program.text}` };
  if (program.result.kind !== "bool") return { ...none, problem: "cel expression must evaluate to a bool" };
  const estimate = (compiled: CompiledCel): number =>
    declared === undefined ? 0 : estimateCost(compiled.checked, (path) => sizeAt(declared, path)).max;
  const result = {
    ...none,
    program,
    problem: undefined,
    usesOldSelf: names(program, "oldSelf"),
    cost: estimate(program),
  };
  if (rule.messageExpression === "") return result;
  const message = compileCel(rule.messageExpression, environment);
  if (!isCompiled(message))
    return { ...result, messageProblem: `messageExpression compilation failed: ${message.text}` };
  if (message.result.kind !== "string")
    return { ...result, messageProblem: "messageExpression must evaluate to a string" };
  return { ...result, messageProgram: message, messageCost: estimate(message) };
}

function names(program: CompiledCel, variable: string): boolean {
  let found = false;
  walk(program.checked.expr, (part) => {
    found ||= part.kind === "ident" && part.name.replace(/^\./, "") === variable;
  });
  return found;
}

interface Visit {
  readonly minor: number;
  readonly faults: Fault[];
  budget: number;
}

/** A value with what it was before, where the two belong together. */
interface Correlated {
  readonly value: Json;
  readonly old: Json | undefined;
}

export interface RuleOptions {
  readonly minor: number;
  /** The value is a whole object. */
  readonly root: boolean;
  /** What it was before an update; undefined when it is created. */
  readonly old: Json | undefined;
}

/** Rules that a value breaks. */
export function ruleFaults(
  value: Json,
  schema: Structural,
  { minor, root, old }: RuleOptions,
): readonly Fault[] {
  if (!schema.ruled) return [];
  const visit: Visit = { minor, faults: [], budget: OBJECT_BUDGET };
  check({ value, old }, { schema, path: [], root }, visit);
  return visit.faults;
}

interface Node {
  readonly schema: Structural;
  readonly path: JsonPath;
  readonly root: boolean;
}

function check(given: Correlated, node: Node, visit: Visit): void {
  const { value } = given;
  const { schema, path } = node;
  if (value === null || visit.budget < 0 || !schema.ruled) return;
  checkNode(given, node, visit);
  if (visit.budget < 0) return;
  if (isArray(value)) checkItems(given, node, visit);
  else if (isObject(value)) {
    const before = isObject(given.old) ? given.old : undefined;
    for (const [name, member] of Object.entries(value)) {
      const inner = memberSchema(schema, name);
      if (inner === undefined) continue;
      const old = before !== undefined && Object.hasOwn(before, name) ? before[name] : undefined;
      check({ value: member, old }, { schema: inner, path: [...path, name], root: inner.embedded }, visit);
    }
  }
}

function checkItems({ value, old }: Correlated, { schema, path }: Node, visit: Visit): void {
  const { items } = schema;
  if (items === undefined || !isArray(value)) return;
  // Only items of lists of type map are known again after an update.
  const known = new Map<string, Json>();
  if (schema.listType === "map" && isArray(old)) {
    for (const item of old) if (isObject(item)) known.set(itemKey(item, schema), item);
  }
  for (const [at, item] of value.entries()) {
    const before = isObject(item) ? known.get(itemKey(item, schema)) : undefined;
    check({ value: item, old: before }, { schema: items, path: [...path, at], root: items.embedded }, visit);
  }
}

function itemKey(item: JsonObject, schema: Structural): string {
  return JSON.stringify(schema.listMapKeys.map((key) => (Object.hasOwn(item, key) ? item[key] : undefined)));
}

function checkNode({ value, old }: Correlated, node: Node, visit: Visit): void {
  const rules = rulesOfNode(node.schema, node.root, visit.minor);
  if (rules.length === 0) return;
  const self = typedValue(value, node.schema, node.root);
  const before = old === undefined ? undefined : typedValue(old, node.schema, node.root);
  const unchanged = old !== undefined && sameJson(value, old);
  for (const compiled of rules) {
    const { program, rule } = compiled;
    if (program === undefined) continue;
    const optional = rule.optionalOldSelf === true;
    if (compiled.usesOldSelf && before === undefined && !optional) continue;
    const bindings = new Map<string, CelValue>([["self", self]]);
    if (optional) bindings.set("oldSelf", new CelOptional(before));
    else if (before !== undefined) bindings.set("oldSelf", before);
    const broken = broke(compiled, program, bindings, visit);
    // A rule that held back nothing before is only warned of where nothing changed (ratcheting).
    if (broken !== undefined && !(unchanged && !compiled.usesOldSelf))
      visit.faults.push(fault(broken.kind, [...node.path, ...pathOf(rule)], broken.message));
    if (visit.budget < 0) return;
  }
}

interface Broken {
  readonly kind: Fault["kind"];
  readonly message: string;
}

function broke(
  compiled: CompiledRule,
  program: CompiledCel,
  bindings: ReadonlyMap<string, CelValue>,
  visit: Visit,
): Broken | undefined {
  const { rule } = compiled;
  const named = (rule.message === "" ? rule.rule : rule.message).trim();
  const { value, cost, exceeded } = evaluateCel(program, bindings, { cost: PER_CALL_LIMIT });
  visit.budget -= cost;
  if (exceeded) {
    visit.budget = -1;
    return {
      kind: "cost",
      message: `no further validation rules will be run due to call cost exceeds limit for rule: ${named}`,
    };
  }
  if (visit.budget < 0)
    return {
      kind: "cost",
      message: "validation failed due to running out of cost budget, no further validation rules will be run",
    };
  if (value === true) return undefined;
  if (value instanceof CelError)
    return {
      kind: value.unknown ? "uncertain" : "rule",
      message: value.message.startsWith("no such overload")
        ? `'${value.message}': call arguments did not match a supported operator, function or macro signature for rule: ${named}`
        : `${value.message} evaluating rule: ${named}`,
    };
  return { kind: "rule", message: messageOf(compiled, bindings, visit) };
}

function messageOf(
  { rule, messageProgram }: CompiledRule,
  bindings: ReadonlyMap<string, CelValue>,
  visit: Visit,
): string {
  if (messageProgram !== undefined) {
    const { value, cost } = evaluateCel(messageProgram, bindings, { cost: PER_CALL_LIMIT });
    visit.budget -= cost;
    const text = typeof value === "string" ? value.trim() : "";
    if (text !== "" && text.length <= MAX_MESSAGE && !text.includes("\n")) return text;
  }
  return rule.message === "" ? `failed rule: ${rule.rule.trim()}` : rule.message.trim();
}

/** The steps of a `fieldPath` such as `.spec['a.b'].c`. */
export function pathOf({ fieldPath }: ValidationRule): JsonPath {
  const steps: string[] = [];
  for (const [, dotted, quoted] of fieldPath.matchAll(/\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/g)) {
    steps.push(dotted ?? (quoted ?? "").replaceAll(/\\(.)/g, "$1"));
  }
  return steps;
}
