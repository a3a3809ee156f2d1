import { type Bindings, type CompiledCel, evaluateCel, PER_CALL_LIMIT } from "../../../kube/cel/cel.ts";
import { jsonValue } from "../../../kube/cel/json-values.ts";
import { CelError, CelMap, type CelValue } from "../../../kube/cel/values.ts";
import { printableLine, printableRest } from "../../../kube/printable.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import type { Profile } from "../practices/practice.ts";
import type { OwnRule } from "./own-rule.ts";
import { matches, RuleInputs, type RuleSubject, type RuleUnit, unitsOf } from "./rule-inputs.ts";

/**
 * What one rule, and all of them, may take in a run, in cost of the API server and work of meter.ts: a second or a few take
 * ten million. An expression that takes too much for one object stops by itself at the server's limit.
 */
const RULE_BUDGET = 25_000_000;
const RUN_BUDGET = 75_000_000;

export interface OwnRuleOptions {
  readonly profile: Profile | "none";
  readonly enable: ReadonlySet<string>;
  readonly disable: ReadonlySet<string>;
}

/** What one rule said of objects. */
export interface Judged {
  readonly findings: readonly Finding[];
  /** How many objects, Pods or containers it was evaluated for. */
  readonly units: number;
  /** Findings that say that it could not be decided. */
  readonly undecided: number;
}

/** What the rules that are on find in the objects: each is compiled already, and evaluated once for what it is for. */
export function ownFindings(
  reads: readonly ReadObject[],
  rules: readonly OwnRule[],
  options: OwnRuleOptions,
): readonly Finding[] {
  const on = rules.filter((rule) => isOn(rule, options));
  if (on.length === 0) return [];
  const inputs = new RuleInputs(reads);
  const run: Budget = { left: RUN_BUDGET };
  return on.flatMap((rule) => judgeBy(rule, inputs, { run }).findings);
}

/** Is the rule on? */
export function isOn({ id, profiles }: OwnRule, { profile, enable, disable }: OwnRuleOptions): boolean {
  if (disable.has(id)) return false;
  if (profiles.length === 0 || profile === "all" || enable.has(id)) return true;
  return profile !== "none" && profiles.includes(profile);
}

interface Budget {
  left: number;
}

/**
 * What rules find in those of the objects that are asked about; they see all of them. A finding says what its rule says,
 * and nothing that an expression made: no value of an object stands in it.
 */
export function ownFindingsWithoutValues(
  reads: readonly ReadObject[],
  rules: readonly OwnRule[],
  isAsked: (subject: RuleSubject) => boolean,
): readonly Finding[] {
  if (rules.length === 0) return [];
  const inputs = new RuleInputs(reads);
  const run: Budget = { left: RUN_BUDGET };
  return rules.flatMap((rule) => judgeBy(rule, inputs, { run, isAsked, values: false }).findings);
}

interface JudgeBy {
  readonly run?: Budget;
  /** Objects that are judged. Default: all. */
  readonly isAsked?: (subject: RuleSubject) => boolean;
  /** Findings may say what expressions made. Default: true. */
  readonly values?: boolean;
}

/** What one rule says of the objects. */
export function judgeBy(
  rule: OwnRule,
  inputs: RuleInputs,
  { run = { left: RUN_BUDGET }, isAsked = () => true, values = true }: JudgeBy = {},
): Judged {
  const findings: Finding[] = [];
  const budget: Budget = { left: Math.min(RULE_BUDGET, run.left) };
  const before = budget.left;
  let units = 0;
  let undecided = 0;
  let unseen = 0;
  for (const subject of inputs.subjects) {
    if (!isAsked(subject) || !matches(rule.match, subject)) continue;
    for (const unit of unitsOf(rule.level, subject.read.object)) {
      if (budget.left <= 0) {
        unseen++;
        continue;
      }
      units++;
      const evaluation = new Evaluation(rule, { subject, unit, inputs, budget });
      const value = evaluation.run(rule.program);
      if (value === true) continue;
      if (value instanceof CelError) undecided++;
      findings.push(
        value instanceof CelError
          ? undecidedFinding(rule, subject, unit, values ? value : undefined)
          : brokenFinding(rule, subject, unit, values ? evaluation : undefined),
      );
    }
  }
  run.left -= before - budget.left;
  if (unseen > 0) {
    undecided++;
    findings.push(unseenFinding(rule, units, unseen));
  }
  return { findings, units, undecided };
}

interface Asked {
  readonly subject: RuleSubject;
  readonly unit: RuleUnit;
  readonly inputs: RuleInputs;
  readonly budget: Budget;
}

/** The expressions of a rule for one object, Pod or container. Nothing is made before an expression asks for it. */
class Evaluation implements Bindings {
  readonly #rule: OwnRule;
  readonly #asked: Asked;
  #variables: CelMap | undefined;

  constructor(rule: OwnRule, asked: Asked) {
    this.#rule = rule;
    this.#asked = asked;
  }

  get(name: string): CelValue | undefined {
    const { subject, unit, inputs } = this.#asked;
    switch (name) {
      case "object":
        return subject.value;
      case "namespaceObject":
        return inputs.namespaceOf(subject.key);
      case "objects":
        return inputs.objects;
      case "neighbours":
        return inputs.neighboursOf(subject.key);
      case "params":
        return jsonValue(this.#rule.params);
      case "variables":
        this.#variables ??= this.#variableMap();
        return this.#variables;
      case "pod":
        return jsonValue(unit.pod ?? null);
      case "container":
        return jsonValue(unit.container ?? null);
      case "containerRole":
        return unit.role;
      default:
        return undefined;
    }
  }

  #variableMap(): CelMap {
    const known = new Map<string, CelValue>();
    const { variables } = this.#rule;
    return new CelMap(
      {
        size: variables.length,
        find: (name) => {
          const row = variables.find((one) => one.name === name);
          if (row === undefined) return undefined;
          const value = known.get(row.name) ?? this.#variable(row);
          known.set(row.name, value);
          return value;
        },
        keys: () => variables.map((one) => one.name),
      },
      "kubeops.variables",
    );
  }

  #variable({ name, program }: OwnRule["variables"][number]): CelValue {
    const value = this.run(program);
    // A variable that fails because of another one says so once.
    if (!(value instanceof CelError) || value.message.startsWith(VARIABLE)) return value;
    return new CelError(`${VARIABLE}${name}: ${value.message}`);
  }

  run(program: CompiledCel): CelValue {
    const { budget } = this.#asked;
    if (budget.left <= 0) return new CelError(TOO_MUCH);
    const { value, cost, work, exceeded } = evaluateCel(program, this, { cost: PER_CALL_LIMIT });
    budget.left -= cost + work;
    return exceeded ? new CelError(TOO_MUCH) : value;
  }
}

const VARIABLE = "variable ";
const TOO_MUCH = "its expression takes more than the limit for one object";
const SHOWN = 500;

/** A message of a rule as its findings say it. */
export function messageText(text: string): string {
  return printableLine(text.trim(), SHOWN);
}

function finding(rule: OwnRule, { read, key }: RuleSubject, unit: RuleUnit, message: string): Finding {
  const path = [...unit.path, ...rule.path];
  return {
    code: rule.id,
    severity: rule.severity,
    message: printableRest(message),
    place: read.places.value(path),
    path: [...read.path, ...path],
    object: key,
    ...(rule.fix === undefined ? {} : { hint: printableLine(rule.fix, SHOWN) }),
  };
}

function brokenFinding(
  rule: OwnRule,
  subject: RuleSubject,
  unit: RuleUnit,
  evaluation: Evaluation | undefined,
): Finding {
  const plain = messageText(rule.message ?? rule.title);
  if (rule.messageProgram === undefined || evaluation === undefined)
    return finding(rule, subject, unit, plain);
  const value = evaluation.run(rule.messageProgram);
  const text = typeof value === "string" ? messageText(value) : "";
  if (text !== "") return finding(rule, subject, unit, text);
  const why = value instanceof CelError ? value.message : "it gives an empty text";
  return finding(
    rule,
    subject,
    unit,
    `${plain} (its messageExpression says nothing: ${printableLine(why, SHOWN)})`,
  );
}

/** What cannot be decided does not hold: a rule that fails must not let anything pass. */
function undecidedFinding(
  rule: OwnRule,
  subject: RuleSubject,
  unit: RuleUnit,
  error: CelError | undefined,
): Finding {
  if (error === undefined)
    return finding(rule, subject, unit, `the rule cannot be decided here: ${messageText(rule.title)}`);
  const { message } = error;
  return {
    ...finding(rule, subject, unit, `the rule cannot be decided here: ${printableLine(message, SHOWN)}`),
    hint: message.includes(TOO_MUCH)
      ? "look at fewer objects, e.g. neighbours.Service instead of objects"
      : "say what holds where a field is absent: object.spec.?replicas.orValue(1), or has(object.spec.replicas) && ...",
  };
}

function unseenFinding(rule: OwnRule, seen: number, unseen: number): Finding {
  return {
    code: rule.id,
    severity: rule.severity,
    message: `the rule took all that it may take in a run after ${seen}: ${unseen} were not judged`,
    place: rule.place,
    hint: "let its expression look at fewer objects, e.g. neighbours.Service instead of objects, or match fewer",
  };
}
