import { type CelProblem, compileCel, type CompiledCel, isCompiled } from "../../../kube/cel/cel.ts";
import { type CelType, DYN } from "../../../kube/cel/types.ts";
import { parseFieldPath } from "../../../kube/field-path.ts";
import type { JsonObject, JsonPath } from "../../../kube/json.ts";
import { placeText } from "../../../kube/place.ts";
import type { ReadDocument } from "../../../kube/read-object.ts";
import { placeInScalar } from "../../../kube/yaml/place-in-scalar.ts";
import { WrongSettings } from "../settings/settings.ts";
import type { OwnRule, RuleMatch, RuleTest } from "./own-rule.ts";
import { anySubject, ruleEnvironment, type SubjectTypes, subjectTypes } from "./rule-environment.ts";
import type { WrittenMatch, WrittenRule, WrittenTest } from "./rule-shape.ts";

/** More rules than that are no rules of people. */
const MOST_RULES = 1000;

/** Rules as they stand in a document, at a path: shaped as rule-shape.ts says. */
export interface RulesWritten {
  readonly document: Pick<ReadDocument, "file" | "places" | "source">;
  readonly path: JsonPath;
  readonly rules: readonly WrittenRule[];
}

/**
 * The rules, compiled and looked at closely.
 * @throws {WrongSettings} for the first thing that is wrong with them.
 */
export function parseRules(written: readonly RulesWritten[]): readonly OwnRule[] {
  const known = new Map<string, OwnRule>();
  for (const { document, path, rules } of written) {
    for (const [index, row] of rules.entries()) {
      const rule = new RuleReader(document, [...path, index]).rule(row);
      const before = known.get(rule.id);
      if (before !== undefined)
        throw new WrongSettings({
          message: `there are two rules ${rule.id}`,
          place: document.places.value([...path, index, "id"]),
          hint: `the other one is at ${placeText(before.place)}`,
        });
      if (known.size >= MOST_RULES)
        throw new WrongSettings({ message: `more than ${MOST_RULES} rules`, place: rule.place });
      known.set(rule.id, rule);
    }
  }
  return [...known.values()];
}

type Wanted = "any" | "bool" | "string";

class RuleReader {
  readonly #document: RulesWritten["document"];
  readonly #path: JsonPath;
  /** Types of the variables so far, in general and with the types of the objects known. */
  readonly #variables = new Map<string, CelType>();
  readonly #typed = new Map<string, CelType>();
  #level: OwnRule["level"] = "object";
  #types: SubjectTypes | undefined;

  constructor(document: RulesWritten["document"], path: JsonPath) {
    this.#document = document;
    this.#path = path;
  }

  rule(row: WrittenRule): OwnRule {
    const place = this.#document.places.value(this.#path);
    const match = matchOf(row.match ?? {});
    this.#level = row.for ?? "object";
    this.#types = subjectTypes(match, this.#level);
    const variables = (row.variables ?? []).map(({ name, expression }, index) => {
      if (this.#variables.has(name))
        throw this.#wrong(["variables", index, "name"], `there are two variables ${name}`);
      const program = this.#compiled(expression, ["variables", index, "expression"], "any", name);
      return { name, program };
    });
    return {
      id: row.id,
      severity: row.severity ?? "warning",
      title: row.title.trim(),
      level: this.#level,
      match,
      profiles: row.profiles ?? [],
      params: row.params ?? {},
      variables,
      program: this.#compiled(row.expression, ["expression"], "bool"),
      ...(row.message === undefined ? {} : { message: row.message }),
      ...(row.messageExpression === undefined
        ? {}
        : { messageProgram: this.#compiled(row.messageExpression, ["messageExpression"], "string") }),
      path: this.#fieldPath(row.path),
      ...(row.rationale === undefined ? {} : { why: row.rationale }),
      ...(row.fix === undefined ? {} : { fix: row.fix }),
      source: row.source ?? `own rule, ${placeText(place)}`,
      tests: this.#tests(row.tests ?? []),
      place,
      kindPlaces: match.kinds.map((_kind, index) =>
        this.#document.places.value([...this.#path, "match", "kinds", index]),
      ),
      written: row,
    };
  }

  #wrong(path: JsonPath, message: string, hint?: string): WrongSettings {
    const place = this.#document.places.value([...this.#path, ...path]);
    return new WrongSettings({ message, place, ...(hint === undefined ? {} : { hint }) });
  }

  #fieldPath(text: string | undefined): JsonPath {
    if (text === undefined) return this.#level === "object" ? ["metadata", "name"] : [];
    const path = parseFieldPath(text);
    if (path === undefined)
      throw this.#wrong(
        ["path"],
        "path is no path of a field",
        'write spec.replicas, spec.containers[0].image or metadata.labels["a.b/c"]',
      );
    return path;
  }

  /** Compiled without types, as it is evaluated; looked at with the types of the objects, where they are known. */
  #compiled(source: string, path: JsonPath, wanted: Wanted, variable?: string): CompiledCel {
    const compiled = compileCel(source, ruleEnvironment(this.#level, anySubject, this.#variables));
    if (!isCompiled(compiled)) throw this.#refused(source, path, compiled.problems, "does not compile");
    if (wanted !== "any" && compiled.result.kind !== wanted)
      throw this.#wrong(
        path,
        `the expression gives ${compiled.result.name}, and ${wanted} is wanted`,
        wanted === "bool"
          ? "compare what it gives with something, e.g. == true"
          : "convert what it gives, e.g. string(object.metadata.name)",
      );
    const typed =
      this.#types === undefined
        ? undefined
        : compileCel(source, ruleEnvironment(this.#level, this.#types, this.#typed));
    if (typed !== undefined && !isCompiled(typed))
      throw this.#refused(source, path, typed.problems, `does not fit ${this.#types?.of ?? ""}`);
    if (variable !== undefined) {
      this.#variables.set(variable, compiled.result);
      this.#typed.set(variable, typed?.result ?? DYN);
    }
    return compiled;
  }

  #refused(source: string, path: JsonPath, problems: readonly CelProblem[], what: string): WrongSettings {
    const [first] = problems;
    const scalar = this.#document.places.value([...this.#path, ...path]);
    const lines = this.#document.source;
    const place =
      first === undefined || first.at < 0 || lines === undefined
        ? scalar
        : placeInScalar(lines, scalar, source, first.at);
    const more = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
    const message = first?.message ?? "";
    const hint = adviceFor(message, this.#level);
    return new WrongSettings({
      message: `the expression ${what}: ${message}${more}`,
      place,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  #tests(tests: readonly WrittenTest[]): readonly RuleTest[] {
    const names = new Set<string>();
    return tests.map((test, index) => {
      if (names.has(test.name)) throw this.#wrong(["tests", index, "name"], "two tests have this name");
      names.add(test.name);
      return {
        name: test.name,
        expect: test.expect,
        ...(test.message === undefined ? {} : { message: test.message }),
        given: this.#given(test, index),
        place: this.#document.places.value([...this.#path, "tests", index]),
      };
    });
  }

  #given(test: WrittenTest, index: number): RuleTest["given"] {
    const { object, objects, file } = test;
    const path = ["tests", index];
    if ([object, objects, file].filter((one) => one !== undefined).length !== 1)
      throw this.#wrong(path, "a test has one of object, objects and file");
    if (test.message !== undefined && test.expect !== "fail")
      throw this.#wrong([...path, "message"], "only a test that expects fail has a message");
    if (file !== undefined) return { file };
    const documents =
      object === undefined
        ? (objects ?? []).map((value, at) => this.#within(value, [...path, "objects", at]))
        : [this.#within(object, [...path, "object"])];
    return { documents };
  }

  /** An object that stands in the file of the rule, as a document of its own. */
  #within(value: JsonObject, path: JsonPath): ReadDocument {
    const { file, places } = this.#document;
    const base = [...this.#path, ...path];
    return {
      file,
      index: 0,
      value,
      problems: [],
      places: {
        value: (inner) => places.value([...base, ...inner]),
        key: (inner) => places.key([...base, ...inner]),
      },
    };
  }
}

function adviceFor(message: string, level: OwnRule["level"]): string | undefined {
  if (message.startsWith("undefined field")) return "kubeops explain names the fields of a kind";
  if (!message.startsWith("undeclared reference")) return undefined;
  const names = ["object", "objects", "neighbours", "namespaceObject", "params", "variables"];
  if (level !== "object") names.push("pod");
  if (level === "container") names.push("container", "containerRole");
  return `expressions know ${names.join(", ")}; see docs/guide/own-rules.md`;
}

function matchOf({ apiVersions, kinds, namespaces, names, labels }: WrittenMatch): RuleMatch {
  return {
    apiVersions: apiVersions ?? [],
    kinds: kinds ?? [],
    namespaces: namespaces ?? [],
    names: names ?? [],
    labels: labels ?? {},
  };
}
