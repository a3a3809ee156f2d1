import { type Bindings, evaluateCel, PER_CALL_LIMIT } from "../../../kube/cel/cel.ts";
import { jsonValue } from "../../../kube/cel/json-values.ts";
import { authorizerValue, resourceCheckValue } from "../../../kube/cel/library/authorizer.ts";
import { CelError, CelMap, type CelValue } from "../../../kube/cel/values.ts";
import { isObject, type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import type { Subject } from "./matching.ts";
import type { Expression, Policy } from "./policy.ts";
import { nativeValue } from "./server-made.ts";
import { typedValue } from "../../../kube/structural/typed-value.ts";

/** Budgets of one policy for one object (k8s.io/apiserver pkg/apis/cel/config.go). */
const POLICY_BUDGET = 10_000_000;
const CONDITIONS_BUDGET = 2_500_000;

export interface EvaluationInput {
  readonly policy: Policy;
  readonly subject: Subject;
  /** The object as it is when the policy looks. */
  readonly object: JsonObject;
  readonly native: boolean;
  /** A parameter; null when the policy has none. */
  readonly params: JsonObject | null;
  readonly namespaceObject: JsonObject | undefined;
}

/** Evaluates expressions of one policy for one object, within its budget. */
export class PolicyEvaluation {
  readonly #bindings: Bindings;
  #budget = POLICY_BUDGET;

  constructor(input: EvaluationInput) {
    this.#bindings = bindingsFor(input, (expression) => this.run(expression));
  }

  run(expression: Expression): CelValue {
    if (expression.program === undefined) return new CelError("it does not compile");
    if (this.#budget <= 0)
      return new CelError(
        "validation failed due to running out of cost budget, no further validation rules will be run",
      );
    const { value, cost } = evaluateCel(expression.program, this.#bindings, { cost: PER_CALL_LIMIT });
    this.#budget -= cost;
    return this.#budget < 0
      ? new CelError(
          "validation failed due to running out of cost budget, no further validation rules will be run",
        )
      : value;
  }

  /** Are the match conditions met? One that is false decides, whatever the others are. */
  meets(conditions: readonly Expression[]): boolean | CelError {
    let fault: CelError | undefined;
    let spent = 0;
    for (const condition of conditions) {
      if (condition.program === undefined) return new CelError("it does not compile");
      const { value, cost } = evaluateCel(condition.program, this.#bindings, { cost: PER_CALL_LIMIT });
      spent += cost;
      if (spent > CONDITIONS_BUDGET) return new CelError("the match conditions run out of cost budget");
      if (value === false) return false;
      if (value instanceof CelError && (fault === undefined || value.unknown))
        fault = value.unknown ? value : failedExpression(condition, value);
    }
    return fault ?? true;
  }
}

/** The server's words for an expression that failed. */
export function failedExpression({ source }: Expression, { message }: CelError): CelError {
  return new CelError(`expression '${source.trim()}' resulted in error: ${message}`);
}

function lazyMap(typeName: string, fields: ReadonlyMap<string, () => CelValue>): CelMap {
  const known = new Map<string, CelValue>();
  return new CelMap(
    {
      size: fields.size,
      find: (key) => {
        if (typeof key !== "string") return undefined;
        const before = known.get(key);
        if (before !== undefined) return before;
        const made = fields.get(key)?.();
        if (made !== undefined) known.set(key, made);
        return made;
      },
      keys: () => [...fields.keys()],
    },
    typeName,
  );
}

function unknown(what: string): () => CelError {
  return () => new CelError(`${what} is not known here`, true);
}

function bindingsFor(input: EvaluationInput, run: (expression: Expression) => CelValue): Bindings {
  const { policy, subject, object, params } = input;
  const isPod = subject.key.group === "" && subject.key.kind === "Pod";
  const self = input.native ? nativeValue(object, { pod: isPod }) : typedOrPlain(object);
  const ask = (): undefined => undefined;
  const variables = new Map(
    policy.variables.map((variable): [string, () => CelValue] => [
      variable.name,
      () => {
        const value = run(variable);
        return value instanceof CelError && !value.unknown
          ? new CelError(`composited variable "${variable.name}" fails to evaluate: ${value.message}`)
          : value;
      },
    ]),
  );
  return new Map<string, CelValue | (() => CelValue)>([
    ["object", self],
    ["oldObject", null],
    ["request", requestValue(subject)],
    ["namespaceObject", () => namespaceValue(input)],
    ["params", params === null ? null : jsonValue(params)],
    ["authorizer", authorizerValue(ask)],
    [
      "authorizer.requestResource",
      resourceCheckValue(ask, {
        group: subject.key.group,
        resource: subject.resource,
        namespace: subject.namespace,
      }),
    ],
    ["variables", lazyMap("kubernetes.variables", variables)],
  ]);
}

/** Objects of definitions are what they are: their defaults are in them. */
function typedOrPlain(object: JsonObject): CelValue {
  return new CelMap({
    size: Object.keys(object).length,
    find: (key) => {
      if (key === "metadata") return nativeValue(object["metadata"] ?? {}, { pod: false });
      return typeof key === "string" && Object.hasOwn(object, key)
        ? typedValue(object[key] ?? null, undefined)
        : undefined;
    },
    keys: () => Object.keys(object),
  });
}

function requestValue({ key, resource, namespace }: Subject): CelMap {
  const kind = jsonValue({ group: key.group, version: key.version, kind: key.kind });
  const what = jsonValue({ group: key.group, version: key.version, resource });
  return lazyMap(
    "kubernetes.AdmissionRequest",
    new Map<string, () => CelValue>([
      ["kind", () => kind],
      ["resource", () => what],
      ["subResource", () => ""],
      ["requestKind", () => kind],
      ["requestResource", () => what],
      ["requestSubResource", () => ""],
      ["name", () => key.name],
      ["namespace", () => namespace],
      ["operation", () => "CREATE"],
      ["userInfo", unknown("who asks")],
      ["dryRun", unknown("whether it is a dry run")],
      ["options", unknown("what the request's options are")],
    ]),
  );
}

function namespaceValue({ subject, namespaceObject }: EvaluationInput): CelValue {
  if (subject.namespace === "") return null;
  if (namespaceObject === undefined)
    return new CelError(`namespace ${subject.namespace} is not among the inputs`, true);
  const metadata = valueAt(namespaceObject, ["metadata"]);
  const given: JsonObject = isObject(metadata) ? metadata : {};
  const text = (name: string): Json => given[name] ?? "";
  const labels: JsonObject = subject.namespaceLabels ?? {};
  const annotations = given["annotations"];
  const fields = new Map<string, () => CelValue>([
    ["name", () => jsonValue(text("name"))],
    ["generateName", () => ""],
    ["namespace", () => ""],
    ["labels", () => jsonValue(labels)],
    ["UID", unknown("the UID of the namespace")],
    ["creationTimestamp", unknown("when the namespace was made")],
    ["resourceVersion", unknown("the version of the namespace")],
    ["generation", () => 0n],
  ]);
  if (isObject(annotations)) fields.set("annotations", () => jsonValue(annotations));
  return lazyMap(
    "kubernetes.Namespace",
    new Map<string, () => CelValue>([
      ["metadata", () => lazyMap("kubernetes.NamespaceMetadata", fields)],
      ["spec", () => jsonValue({ finalizers: ["kubernetes"] })],
      ["status", unknown("the status of the namespace")],
    ]),
  );
}
