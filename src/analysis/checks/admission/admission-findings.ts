import { resourceOf } from "../../../kube/catalogue/catalogue.ts";
import { shownValue } from "../../../kube/cel/convert.ts";
import { CelError, CelList, type CelValue } from "../../../kube/cel/values.ts";
import { isArray, isObject, type Json, type JsonObject, pathText, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { printable } from "../../../kube/printable.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import { withDefaults } from "../../../kube/structural/defaults.ts";
import { SchemaTooLarge, structuralOf } from "../../../kube/structural/schema.ts";
import type { Finding, RelatedPlace } from "../../findings/finding.ts";
import { type AdmissionCode, admissionFinding } from "./admission-table.ts";
import { type EvaluationInput, failedExpression, PolicyEvaluation } from "./evaluate.ts";
import { type Match, matchesConstraints, type Subject, subjectOf, type Surroundings } from "./matching.ts";
import { differences, jsonOf, merged, patched } from "./mutate.ts";
import { nativeTypeOf } from "./native-type.ts";
import {
  type Binding,
  bindingsOf,
  type Expression,
  isPolicyKind,
  policiesOf,
  type Policy,
  type Validation,
} from "./policy.ts";
import { type Params, paramsFor } from "./params.ts";

/**
 * What the admission policies among the objects would do when the objects are created: what they deny, warn of, audit and
 * change, which of their expressions the server refuses, and where it depends on what is not among the inputs.
 * `definitions`: CustomResourceDefinitions by `group/kind`.
 */
export function admissionFindings(
  reads: readonly ReadObject[],
  minor: number,
  definitions: ReadonlyMap<string, JsonObject>,
): readonly Finding[] {
  const policies = policiesOf(reads, minor, (policy) => nativeTypeOf(policy, minor));
  if (policies.length === 0) return [];
  const bindings = bindingsOf(reads);
  const namespaces = new Map(
    reads.flatMap(({ object }): [string, JsonObject][] =>
      object["kind"] === "Namespace" && object["apiVersion"] === "v1"
        ? [[objectKey(object).name, object]]
        : [],
    ),
  );
  const around: Surroundings = { namespaces, definitions };
  const hooks = policies.map((policy): Hook => ({ policy, bindings: boundTo(policy, bindings) }));
  return [
    ...hooks.flatMap(policyFindings),
    ...reads.flatMap((read) => (isPolicyKind(read) ? [] : objectFindings(read, { reads, hooks, around }))),
  ];
}

interface Hook {
  readonly policy: Policy;
  readonly bindings: readonly Binding[];
}

interface Context {
  readonly reads: readonly ReadObject[];
  readonly hooks: readonly Hook[];
  readonly around: Surroundings;
}

function boundTo(policy: Policy, bindings: readonly Binding[]): readonly Binding[] {
  const kind = policy.mutating ? "MutatingAdmissionPolicy" : "ValidatingAdmissionPolicy";
  return bindings.filter(({ policyName }) => policyName === `${kind}/${policy.name}`);
}

function policyFindings({ policy, bindings }: Hook): readonly Finding[] {
  const faults = policy.faults.map(({ path, message, doubtful }) =>
    admissionFinding(
      doubtful === true ? "admission/expression-doubtful" : "admission/expression-invalid",
      policy.read,
      path,
      {
        what: printable(pathText(path)),
        other: message,
      },
    ),
  );
  if (bindings.length > 0) return faults;
  return [
    ...faults,
    admissionFinding("admission/unbound", policy.read, ["metadata", "name"], { what: nameOf(policy) }),
  ];
}

function nameOf(policy: Policy, binding?: Binding): string {
  const kind = policy.mutating ? "MutatingAdmissionPolicy" : "ValidatingAdmissionPolicy";
  const bound = binding === undefined ? "" : ` with binding '${printable(binding.name)}'`;
  return `${kind} '${printable(policy.name)}'${bound}`;
}

function objectFindings(read: ReadObject, context: Context): readonly Finding[] {
  const subject = subjectOf(read, context.around);
  if (subject === undefined) return [];
  const report = new Report(read);
  const native = resourceOf(subject.key) !== undefined;
  let object = native
    ? placed(read.object, subject)
    : withSchemaDefaults(read.object, subject, context.around);
  for (const hook of context.hooks.filter(({ policy }) => policy.mutating))
    object = mutatedBy(hook, { subject, object, native, context, report });
  for (const hook of context.hooks.filter(({ policy }) => !policy.mutating))
    validateBy(hook, { subject, object, native, context, report });
  return report.findings;
}

/** The server writes the namespace of the request into the object. */
function placed(object: JsonObject, { namespace, namespaced }: Subject): JsonObject {
  const metadata = valueAt(object, ["metadata"]);
  if (!namespaced || !isObject(metadata)) return object;
  return { ...object, metadata: { ...metadata, namespace } };
}

function withSchemaDefaults(object: JsonObject, subject: Subject, around: Surroundings): JsonObject {
  const definition = around.definitions.get(`${subject.key.group}/${subject.key.kind}`);
  if (definition === undefined) return object;
  try {
    const made = withDefaults(placed(object, subject), structuralOf(definition, subject.key.version));
    return isObject(made) ? made : object;
  } catch (error) {
    if (error instanceof SchemaTooLarge) return object;
    throw error;
  }
}

interface Request {
  readonly subject: Subject;
  readonly object: JsonObject;
  readonly native: boolean;
  readonly context: Context;
  readonly report: Report;
}

/** The findings of one object. */
class Report {
  readonly findings: Finding[] = [];
  readonly #read: ReadObject;
  readonly #said = new Set<string>();

  constructor(read: ReadObject) {
    this.#read = read;
  }

  say(code: AdmissionCode, policy: Policy, binding: Binding | undefined, { at, text }: Said): void {
    const what = nameOf(policy, binding);
    const key = JSON.stringify([code, what, text]);
    if (this.#said.has(key)) return;
    this.#said.add(key);
    const related: RelatedPlace[] =
      at === undefined
        ? []
        : [{ place: policy.read.places.value(at.path), path: [...policy.read.path, ...at.path] }];
    this.findings.push(
      admissionFinding(code, this.#read, ["metadata", "name"], { what, other: text, related }),
    );
  }
}

interface Said {
  readonly at?: Expression | undefined;
  readonly text: string;
}

/** The bindings that take the object, each with its parameters. */
function* invocations(hook: Hook, request: Request): Generator<readonly [Binding, EvaluationInput]> {
  const { policy } = hook;
  const { subject, report, context } = request;
  const matches = matchesConstraints(policy.constraints, subject);
  if (matches === false) return;
  for (const binding of hook.bindings) {
    const bound = both(matches, matchesConstraints(binding.matchResources, subject));
    if (bound === false) continue;
    if (bound === undefined) {
      report.say("admission/not-certain", policy, binding, {
        text: "whether it matches depends on labels of a namespace or a version that are not among the inputs",
      });
      continue;
    }
    const params = paramsFor(policy, binding, subject.namespace, context.reads);
    if (!reported(params, policy, binding, report)) continue;
    for (const param of params.objects)
      yield [
        binding,
        {
          policy,
          subject,
          object: request.object,
          native: request.native,
          params: param,
          namespaceObject: context.around.namespaces.get(subject.namespace),
        },
      ];
  }
}

function both(left: Match, right: Match): Match {
  if (left === false || right === false) return false;
  return left === undefined || right === undefined ? undefined : true;
}

function reported(
  params: Params,
  policy: Policy,
  binding: Binding,
  report: Report,
): params is Extract<Params, { readonly objects: unknown }> {
  if ("uncertain" in params) report.say("admission/not-certain", policy, binding, { text: params.uncertain });
  else if ("fault" in params) {
    if (policy.failurePolicy === "Fail")
      report.say("admission/denied", policy, binding, {
        text: `failed to configure binding: ${params.fault}`,
      });
  } else return true;
  return false;
}

function validateBy(hook: Hook, request: Request): void {
  const { policy } = hook;
  const { report } = request;
  for (const [binding, input] of invocations(hook, request)) {
    const evaluation = new PolicyEvaluation(input);
    const meets = evaluation.meets(policy.conditions);
    if (meets === false) continue;
    if (meets instanceof CelError) {
      failed(meets, { policy, binding, report, at: policy.conditions[0] });
      continue;
    }
    for (const validation of policy.validations) {
      const value = evaluation.run(validation);
      if (value === true) continue;
      if (value instanceof CelError) {
        const error = value.unknown ? value : failedExpression(validation, value);
        failed(error, { policy, binding, report, at: validation });
      } else decide(binding, { policy, report, at: validation, text: messageOf(validation, evaluation) });
    }
    for (const annotation of policy.annotations) {
      const value = evaluation.run(annotation);
      if (value instanceof CelError && !value.unknown && policy.failurePolicy === "Fail")
        report.say("admission/denied", policy, binding, { at: annotation, text: value.message });
    }
  }
}

interface Outcome {
  readonly policy: Policy;
  readonly binding: Binding;
  readonly report: Report;
  readonly at: Expression | undefined;
}

function failed(error: CelError, { policy, binding, report, at }: Outcome): void {
  if (error.unknown) report.say("admission/not-certain", policy, binding, { at, text: error.message });
  else if (policy.failurePolicy === "Fail") decide(binding, { policy, report, at, text: error.message });
}

interface Decision {
  readonly policy: Policy;
  readonly report: Report;
  readonly at: Expression | undefined;
  readonly text: string;
}

function decide(binding: Binding, { policy, report, at, text }: Decision): void {
  if (binding.actions.has("Deny")) report.say("admission/denied", policy, binding, { at, text });
  if (binding.actions.has("Warn")) report.say("admission/warns", policy, binding, { at, text });
  if (binding.actions.has("Audit") && !binding.actions.has("Deny"))
    report.say("admission/audits", policy, binding, { at, text });
}

const MAX_MESSAGE = 5 * 1024;

function messageOf(validation: Validation, evaluation: PolicyEvaluation): string {
  if (validation.messageExpression !== undefined) {
    const value = evaluation.run(validation.messageExpression);
    const text = typeof value === "string" ? value.trim() : "";
    if (text !== "" && text.length <= MAX_MESSAGE && !text.includes("\n")) return text;
  }
  const message = validation.message.trim();
  return message === "" ? `failed expression: ${validation.source.trim()}` : message;
}

/** Changes that are named in a finding. */
const NAMED = 5;

function mutatedBy(hook: Hook, request: Request): JsonObject {
  const { policy } = hook;
  const { report } = request;
  let { object } = request;
  for (const [binding, input] of invocations(hook, request)) {
    const evaluation = new PolicyEvaluation({ ...input, object });
    const meets = evaluation.meets(policy.conditions);
    if (meets === false) continue;
    if (meets instanceof CelError) {
      refuse(meets, { policy, binding, report, at: policy.conditions[0] });
      continue;
    }
    for (const mutation of policy.mutations) {
      const value = new PolicyEvaluation({ ...input, object }).run(mutation);
      const made = value instanceof CelError ? value : applied(object, value, mutation.kind);
      if (made instanceof CelError) {
        refuse(made, { policy, binding, report, at: mutation });
        break;
      }
      const changes = differences(object, made, NAMED + 1);
      if (changes.length > 0) {
        const more = changes.length > NAMED ? " and more" : "";
        report.say("admission/mutates", policy, binding, {
          at: mutation,
          text: changes.slice(0, NAMED).map(printable).join(", ") + more,
        });
      }
      object = made;
    }
  }
  return object;
}

/** A mutation that fails refuses the object. */
function refuse(error: CelError, { policy, binding, report, at }: Outcome): void {
  if (error.unknown) report.say("admission/not-certain", policy, binding, { at, text: error.message });
  else if (policy.failurePolicy === "Fail")
    report.say("admission/denied", policy, binding, { at, text: error.message });
}

function applied(
  object: JsonObject,
  value: CelValue,
  kind: "ApplyConfiguration" | "JSONPatch",
): JsonObject | CelError {
  if (kind === "JSONPatch") {
    if (!(value instanceof CelList)) return new CelError("the expression gives no list of operations");
    const operations: Json | undefined = jsonOf(value);
    if (!isArray(operations)) return new CelError(`not a JSON patch: ${shownValue(value)}`);
    return patched(object, operations);
  }
  const patch = jsonOf(value);
  if (!isObject(patch)) return new CelError("the expression gives no object");
  const made = merged(object, patch);
  return isObject(made)
    ? made
    : new CelError("how the lists of its configuration join is not known here", true);
}
