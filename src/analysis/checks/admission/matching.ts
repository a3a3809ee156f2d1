import { resourceOf, versionsOf } from "../../../kube/catalogue/catalogue.ts";
import { isArray, isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";

/** Which objects a policy or a binding is for (k8s.io/apiserver pkg/admission/plugin/policy/matching). */

/** What is asked of an object: does it match? `undefined`: it depends on what is not among the inputs. */
export type Match = boolean | undefined;

export interface Subject {
  readonly read: ReadObject;
  readonly key: ObjectKey;
  /** Name of its resource, e.g. `configmaps`. */
  readonly resource: string;
  readonly namespaced: boolean;
  /** The namespace it goes to; empty for cluster-scoped objects. */
  readonly namespace: string;
  /** Labels of its namespace; undefined when it is not among the inputs. */
  readonly namespaceLabels: JsonObject | undefined;
}

const DEFAULT_NAMESPACE = "default";
const NAME_LABEL = "kubernetes.io/metadata.name";

export interface Surroundings {
  /** Namespaces among the inputs, by name. */
  readonly namespaces: ReadonlyMap<string, JsonObject>;
  /** Definitions by `group/kind`. */
  readonly definitions: ReadonlyMap<string, JsonObject>;
}

/** Undefined for a kind of which nothing is known: no policy can be said to match it. */
export function subjectOf(read: ReadObject, around: Surroundings): Subject | undefined {
  const key = objectKey(read.object);
  const native = resourceOf(key);
  const definition = around.definitions.get(`${key.group}/${key.kind}`);
  const plural = definition === undefined ? undefined : valueAt(definition, ["spec", "names", "plural"]);
  const resource = native?.plural ?? (typeof plural === "string" ? plural : undefined);
  if (resource === undefined) return undefined;
  const namespaced =
    native?.namespaced ??
    (definition !== undefined && valueAt(definition, ["spec", "scope"]) === "Namespaced");
  const namespace = namespaced ? (key.namespace === "" ? DEFAULT_NAMESPACE : key.namespace) : "";
  return {
    read,
    key,
    resource,
    namespaced,
    namespace,
    namespaceLabels: labelsAround(read, key, namespace, around),
  };
}

function labelsAround(
  read: ReadObject,
  key: ObjectKey,
  namespace: string,
  around: Surroundings,
): JsonObject | undefined {
  const isNamespace = key.group === "" && key.kind === "Namespace";
  const holder = isNamespace ? read.object : around.namespaces.get(namespace);
  if (holder === undefined) return undefined;
  const labels = valueAt(holder, ["metadata", "labels"]);
  const name = isNamespace ? key.name : namespace;
  return { ...(isObject(labels) ? labels : {}), [NAME_LABEL]: name };
}

/** Do the constraints of a policy, or of a binding, take the object? */
export function matchesConstraints(constraints: JsonObject | undefined, subject: Subject): Match {
  if (constraints === undefined) return true;
  const namespace = matchesNamespace(valueAt(constraints, ["namespaceSelector"]), subject);
  const labels = valueAt(subject.read.object, ["metadata", "labels"]);
  const object = matchesSelector(valueAt(constraints, ["objectSelector"]), isObject(labels) ? labels : {});
  if (namespace === false || object === false) return false;
  const excluded = matchesRules(rules(constraints, "excludeResourceRules"), constraints, subject);
  if (excluded === true) return false;
  const wanted = rules(constraints, "resourceRules");
  const included: Match = wanted.length === 0 ? true : matchesRules(wanted, constraints, subject);
  if (included === false) return false;
  return included === undefined || excluded === undefined || namespace === undefined ? undefined : object;
}

function rules(constraints: JsonObject, name: string): readonly JsonObject[] {
  const value = valueAt(constraints, [name]);
  return isArray(value) ? value.filter(isObject) : [];
}

function matchesNamespace(selector: unknown, subject: Subject): Match {
  const isNamespace = subject.key.group === "" && subject.key.kind === "Namespace";
  if (!subject.namespaced && !isNamespace) return true;
  const given = isObject(selector as JsonObject) ? (selector as JsonObject) : {};
  if (isEmptySelector(given)) return true;
  if (subject.namespaceLabels !== undefined) return matchesSelector(given, subject.namespaceLabels);
  // Of a namespace that is not here only the name is known.
  const known = matchesSelector(given, { [NAME_LABEL]: subject.namespace });
  return keysOf(given).every((key) => key === NAME_LABEL) ? known : undefined;
}

function isEmptySelector(selector: JsonObject): boolean {
  return keysOf(selector).length === 0;
}

function keysOf(selector: JsonObject): readonly string[] {
  const labels = valueAt(selector, ["matchLabels"]);
  const expressions = valueAt(selector, ["matchExpressions"]);
  return [
    ...(isObject(labels) ? Object.keys(labels) : []),
    ...(isArray(expressions) ? expressions.map((item) => String(valueAt(item, ["key"]) ?? "")) : []),
  ];
}

/** A label selector as metav1.LabelSelectorAsSelector reads it; an empty one takes everything. */
export function matchesSelector(selector: unknown, labels: JsonObject): boolean {
  if (!isObject(selector as JsonObject)) return true;
  const given = selector as JsonObject;
  const wanted = valueAt(given, ["matchLabels"]);
  if (isObject(wanted)) {
    for (const [key, value] of Object.entries(wanted)) {
      if (!Object.hasOwn(labels, key) || labels[key] !== value) return false;
    }
  }
  const expressions = valueAt(given, ["matchExpressions"]);
  return !isArray(expressions) || expressions.every((item) => !isObject(item) || holds(item, labels));
}

function holds(expression: JsonObject, labels: JsonObject): boolean {
  const key = String(valueAt(expression, ["key"]) ?? "");
  const values = valueAt(expression, ["values"]);
  const has = Object.hasOwn(labels, key);
  const listed = has && isArray(values) && values.includes(labels[key] ?? null);
  switch (valueAt(expression, ["operator"])) {
    case "In":
      return listed;
    case "NotIn":
      return !listed;
    case "Exists":
      return has;
    case "DoesNotExist":
      return !has;
    default:
      return false;
  }
}

function strings(rule: JsonObject, name: string): readonly string[] {
  const value = valueAt(rule, [name]);
  return isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function takes(values: readonly string[], value: string): boolean {
  return values.includes("*") || values.includes(value);
}

function matchesRules(wanted: readonly JsonObject[], constraints: JsonObject, subject: Subject): Match {
  if (wanted.some((rule) => matchesRule(rule, subject, subject.key.version))) return true;
  if (valueAt(constraints, ["matchPolicy"]) === "Exact") return false;
  const others = versionsOf(subject.key.group, subject.key.kind).filter(
    ({ version }) => version !== subject.key.version,
  );
  // The server would convert the object to that version first.
  return others.some(({ version }) => wanted.some((rule) => matchesRule(rule, subject, version)))
    ? undefined
    : false;
}

function matchesRule(rule: JsonObject, subject: Subject, version: string): boolean {
  const scope = valueAt(rule, ["scope"]);
  const isNamespace = subject.key.group === "" && subject.key.kind === "Namespace";
  if (scope === "Namespaced" && !subject.namespaced) return false;
  if (scope === "Cluster" && subject.namespaced && !isNamespace) return false;
  const names = strings(rule, "resourceNames");
  const resources = strings(rule, "resources");
  return (
    takes(strings(rule, "operations"), "CREATE") &&
    takes(strings(rule, "apiGroups"), subject.key.group) &&
    takes(strings(rule, "apiVersions"), version) &&
    (takes(resources, subject.resource) || resources.includes("*/*")) &&
    (names.length === 0 || names.includes(subject.key.name))
  );
}
