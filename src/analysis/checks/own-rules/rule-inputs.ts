import { jsonValue } from "../../../kube/cel/json-values.ts";
import { type CelList, CelMap, type CelValue, listOf } from "../../../kube/cel/values.ts";
import { isObject, type Json, type JsonObject, type JsonPath, valueAt } from "../../../kube/json.ts";
import { objectKey, versionText } from "../../../kube/object-key.ts";
import { type ContainerRole, containersOf, podTemplateOf } from "../../../kube/pod-template.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import { glob } from "../../../kube/glob.ts";
import type { RuleMatch } from "./own-rule.ts";
import type { RuleLevel } from "./rule-shape.ts";

/** One object of the inputs, as rules ask for it. */
export interface RuleSubject {
  readonly read: ReadObject;
  readonly key: ObjectKey;
  /** The object for expressions: one value, however many rules ask for it. */
  readonly value: CelValue;
}

/** What an expression is evaluated for, and where it stands in its object. */
export interface RuleUnit {
  readonly path: JsonPath;
  readonly pod?: Json;
  readonly container?: JsonObject;
  readonly role?: ContainerRole;
}

const whole: readonly RuleUnit[] = [{ path: [] }];

/** All objects of the inputs, with those of one namespace by their kind: made once, whatever asks. */
export class RuleInputs {
  readonly subjects: readonly RuleSubject[];
  readonly objects: CelList;
  readonly #byNamespace: ReadonlyMap<string, ReadonlyMap<string, readonly CelValue[]>>;
  readonly #namespaces: ReadonlyMap<string, CelValue>;

  constructor(reads: readonly ReadObject[]) {
    this.subjects = reads.map((read) => ({
      read,
      key: objectKey(read.object),
      value: jsonValue(read.object),
    }));
    this.objects = listOf(this.subjects.map(({ value }) => value));
    const byNamespace = new Map<string, Map<string, CelValue[]>>();
    const namespaces = new Map<string, CelValue>();
    for (const { key, value } of this.subjects) {
      const kinds = byNamespace.get(key.namespace) ?? new Map<string, CelValue[]>();
      byNamespace.set(key.namespace, kinds);
      const before = kinds.get(key.kind);
      if (before === undefined) kinds.set(key.kind, [value]);
      else before.push(value);
      if (key.group === "" && key.kind === "Namespace") namespaces.set(key.name, value);
    }
    this.#byNamespace = byNamespace;
    this.#namespaces = namespaces;
  }

  /** Objects of the same namespace, by kind; a kind of which there is none has an empty list. */
  neighboursOf({ namespace }: ObjectKey): CelMap {
    const kinds = this.#byNamespace.get(namespace);
    return new CelMap({
      size: kinds?.size ?? 0,
      find: (kind) => (typeof kind === "string" ? listOf(kinds?.get(kind) ?? []) : undefined),
      keys: () => [...(kinds?.keys() ?? [])],
    });
  }

  /** The Namespace of an object; null where it is not among the inputs, or the object has none. */
  namespaceOf({ namespace }: ObjectKey): CelValue {
    return this.#namespaces.get(namespace) ?? null;
  }
}

/** Is the rule for the object? */
export function matches(match: RuleMatch, { read, key }: RuleSubject): boolean {
  const one = (patterns: readonly string[], text: string): boolean =>
    patterns.length === 0 || patterns.some((pattern) => glob(pattern, text));
  return (
    one(match.kinds, key.kind) &&
    one(match.apiVersions, versionText(key)) &&
    one(match.namespaces, key.namespace) &&
    one(match.names, key.name) &&
    hasLabels(read.object, match.labels)
  );
}

function hasLabels(object: JsonObject, wanted: RuleMatch["labels"]): boolean {
  const labels = valueAt(object, ["metadata", "labels"]);
  return Object.entries(wanted).every(([name, pattern]) => {
    const value = isObject(labels) && Object.hasOwn(labels, name) ? labels[name] : undefined;
    return typeof value === "string" && glob(pattern, value);
  });
}

/** What a rule is evaluated for in an object: nothing where it is about Pods and the object makes none. */
export function unitsOf(level: RuleLevel, object: JsonObject): readonly RuleUnit[] {
  if (level === "object") return whole;
  const template = podTemplateOf(object);
  if (template === undefined) return [];
  const pod = valueAt(object, template.path) ?? null;
  if (level === "pod") return [{ path: template.path, pod }];
  return containersOf(template.spec).map(({ role, path, container }) => ({
    path: [...template.path, "spec", ...path],
    pod,
    container,
    role,
  }));
}
