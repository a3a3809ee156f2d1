import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { rows, verbSets } from "./resources.generated.ts";

/** A resource that the API serves: of Kubernetes itself, or of a CustomResourceDefinition. */
export interface ServedResource {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** Subresources with their verbs. */
  readonly subresources: ReadonlyMap<string, readonly string[]>;
}

/** What people, rules and requests call the resources of one cluster. */
export interface ServedTable {
  /** The resource of this group and plural name. */
  of(group: string, plural: string): ServedResource | undefined;
  /** Every resource with this plural name, whatever its group. */
  named(plural: string): readonly ServedResource[];
  readonly all: readonly ServedResource[];
}

const FIRST_MINOR = 31;

function native(minor: number): ServedResource[] {
  const bit = 1 << (minor - FIRST_MINOR);
  return rows
    .filter(([, , , , , , minors]) => (minors & bit) !== 0)
    .map(([group, plural, kind, singular, shortNames, namespaced, , verbs, subresources]) => ({
      group,
      plural,
      kind,
      singular: singular === "" ? kind.toLowerCase() : singular,
      shortNames: shortNames === "" ? [] : shortNames.split(" "),
      namespaced: namespaced === 1,
      verbs: verbsOf(verbs),
      subresources: new Map(Object.entries(subresources).map(([name, set]) => [name, verbsOf(set)])),
    }));
}

function verbsOf(set: number): readonly string[] {
  return (verbSets[set] ?? "").split(" ");
}

/** The resources of a minor, and those that CustomResourceDefinitions among the objects define. */
export function servedTable(minor: number, objects: readonly JsonObject[]): ServedTable {
  const all = [...native(minor), ...objects.flatMap((object) => customResource(object) ?? [])];
  const byKey = new Map<string, ServedResource>();
  const byPlural = new Map<string, ServedResource[]>();
  for (const resource of all) {
    const key = `${resource.group}/${resource.plural}`;
    if (byKey.has(key)) continue;
    byKey.set(key, resource);
    const same = byPlural.get(resource.plural);
    if (same === undefined) byPlural.set(resource.plural, [resource]);
    else same.push(resource);
  }
  return {
    of: (group, plural) => byKey.get(`${group}/${plural}`),
    named: (plural) => byPlural.get(plural) ?? [],
    all: [...byKey.values()],
  };
}

const objectVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const partVerbs = ["get", "patch", "update"];

function customResource(object: JsonObject): ServedResource | undefined {
  if (object["kind"] !== "CustomResourceDefinition" || objectKey(object).group !== "apiextensions.k8s.io")
    return undefined;
  const names = valueAt(object, ["spec", "names"]);
  const group = text(valueAt(object, ["spec", "group"]));
  const plural = text(isObject(names) ? names["plural"] : undefined);
  const kind = text(isObject(names) ? names["kind"] : undefined);
  if (!isObject(names) || group === "" || plural === "") return undefined;
  const versions = valueAt(object, ["spec", "versions"]);
  const parts = new Set<string>();
  for (const version of isArray(versions) ? versions : []) {
    const found = valueAt(version, ["subresources"]);
    for (const part of ["status", "scale"])
      if (isObject(found) && Object.hasOwn(found, part)) parts.add(part);
  }
  const singular = text(names["singular"]);
  return {
    group,
    plural,
    kind,
    singular: singular === "" ? kind.toLowerCase() : singular,
    shortNames: isArray(names["shortNames"])
      ? names["shortNames"].filter((one) => typeof one === "string")
      : [],
    namespaced: valueAt(object, ["spec", "scope"]) !== "Cluster",
    verbs: objectVerbs,
    subresources: new Map([...parts].sort().map((part) => [part, partVerbs])),
  };
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/**
 * The resources that a word may mean, as kubectl maps it: plural, singular, short name or kind, alone or followed by its
 * group (`deployments.apps`) or version and group (`deployments.v1.apps`). Empty when none fits.
 */
export function resourcesCalled(table: ServedTable, word: string): readonly ServedResource[] {
  const lower = word.toLowerCase();
  const dot = lower.indexOf(".");
  const name = dot < 0 ? lower : lower.slice(0, dot);
  const rest = dot < 0 ? undefined : lower.slice(dot + 1);
  const group = rest?.replace(/^v[0-9]+(?:(?:alpha|beta)[0-9]+)?(?:\.|$)/, "");
  const fits = table.all.filter(
    (one) =>
      (rest === undefined || one.group === rest || one.group === group) &&
      (one.plural === name ||
        one.singular === name ||
        one.kind.toLowerCase() === name ||
        one.shortNames.includes(name)),
  );
  // A plural or short name of one resource may be the singular of another: the plural is meant first.
  const exact = fits.filter((one) => one.plural === name);
  return exact.length > 0 ? exact : fits;
}
