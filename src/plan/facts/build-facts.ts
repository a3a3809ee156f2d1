import { isArray, type JsonObject, pathText, valueAt } from "../../kube/json.ts";
import { identity, keyText, objectKey } from "../../kube/object-key.ts";
import { containersOf, podTemplateOf } from "../../kube/pod-template.ts";
import type { Change, Facts, ImageFact, Operation } from "../plan.ts";
import { parseImage } from "./image-reference.ts";
import { secretUses } from "./references.ts";
import { exposuresOf } from "./widening/network-rows.ts";
import type { ChangedObject, FolderView } from "./widening/row.ts";
import { wideningFacts } from "./widening/table.ts";

/** What a change set means. Every list is sorted, so that the same changes give the same facts. */
export function buildFacts(
  changes: readonly Change[],
  changed: readonly ChangedObject[],
  folder: FolderView,
  given: { readonly minor: number; readonly resets: Facts["resets"] },
): Facts {
  const irreversible = changes.flatMap(({ key, reversibility }) =>
    reversibility.kind === "reversible" ? [] : [{ key, reason: reversibility.reason }],
  );
  const recreate = count(changes, "recreate");
  return {
    counts: {
      create: count(changes, "create"),
      update: count(changes, "update"),
      delete: count(changes, "delete"),
      unchanged: count(changes, "unchanged"),
      ...(recreate === 0 ? {} : { recreate }),
    },
    kinds: kindsOf(changes),
    namespaces: namespacesOf(changed),
    images: imagesOf(changed),
    widening: wideningFacts(changed, folder, given.minor),
    deletions: changes
      .filter(({ operation }) => operation === "delete")
      .map(({ key, reversibility }) => ({
        key,
        reason:
          reversibility.kind === "reversible"
            ? "its file is deleted; nothing follows it"
            : reversibility.reason,
      })),
    irreversible,
    ...(given.resets === undefined ? {} : { resets: given.resets }),
    secrets: secretsOf(changed),
    exposure: changed.flatMap(({ key, after }) =>
      after === null ? [] : exposuresOf(after).map((how) => ({ key, how })),
    ),
    permissions: { state: "not computed" },
    reachability: { state: "not computed" },
  };
}

function count(changes: readonly Change[], operation: Operation): number {
  return changes.filter((change) => change.operation === operation).length;
}

function kindsOf(changes: readonly Change[]): Facts["kinds"] {
  const rows = new Map<string, Facts["kinds"][number]>();
  for (const { key, operation } of changes) {
    const id = `${key.group}/${key.kind}/${operation}`;
    rows.set(id, { group: key.group, kind: key.kind, operation, count: (rows.get(id)?.count ?? 0) + 1 });
  }
  return [...rows].sort(byFirst).map(([, row]) => row);
}

function byFirst(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0;
}

/** Namespaces that the changes touch: of their objects, and Namespaces themselves. */
function namespacesOf(changed: readonly ChangedObject[]): readonly string[] {
  const names = changed.flatMap(({ key }) => namespaceOf(key) ?? []);
  return [...new Set(names)].sort();
}

/** The namespace that bounds an object: its own, or itself when it is a Namespace; undefined for other cluster-scoped objects. */
export function namespaceOf(key: ChangedObject["key"]): string | undefined {
  if (key.group === "" && key.kind === "Namespace") return key.name;
  return key.namespace === "" ? undefined : key.namespace;
}

export interface ImageUse {
  readonly image: string;
  readonly path: string;
  /** `deployment.apps shop/web, container web`. */
  readonly by: string;
}

/** Every image that an object names: of containers, and of image volumes (core/v1 ImageVolumeSource). */
export function imageUses(object: JsonObject): readonly ImageUse[] {
  const template = podTemplateOf(object);
  if (template === undefined) return [];
  const name = keyText(objectKey(object));
  const base = pathText([...template.path, "spec"]);
  const found: ImageUse[] = [];
  for (const { role, container, path } of containersOf(template.spec)) {
    const image = valueAt(container, ["image"]);
    const called = valueAt(container, ["name"]);
    const label = typeof called === "string" ? called : String(path[1]);
    if (typeof image === "string") {
      found.push({
        image,
        path: `${base}.${path[0]}[name=${label}].image`,
        by: `${name}, ${role === "container" ? "" : `${role} `}container ${label}`,
      });
    }
  }
  const volumes = valueAt(template.spec, ["volumes"]);
  for (const volume of isArray(volumes) ? volumes : []) {
    const image = valueAt(volume, ["image", "reference"]);
    const called = valueAt(volume, ["name"]);
    if (typeof image === "string") {
      const label = typeof called === "string" ? called : "?";
      found.push({
        image,
        path: `${base}.volumes[name=${label}].image.reference`,
        by: `${name}, volume ${label}`,
      });
    }
  }
  return found;
}

function imagesOf(changed: readonly ChangedObject[]): readonly ImageFact[] {
  const before = usesByImage(changed.map((change) => change.before));
  const after = usesByImage(changed.map((change) => change.after));
  const images = [...new Set([...before.keys(), ...after.keys()])].sort();
  return images.map((image) => {
    const parts = parseImage(image);
    return {
      image,
      registry: parts?.registry ?? "",
      repository: parts?.repository ?? "",
      tag: parts?.tag ?? null,
      digest: parts?.digest ?? null,
      change: !after.has(image) ? "removed" : before.has(image) ? "kept" : "added",
      usedBy: [...new Set(after.get(image) ?? before.get(image))].sort(),
    };
  });
}

function usesByImage(objects: readonly (JsonObject | null)[]): ReadonlyMap<string, readonly string[]> {
  const uses = new Map<string, string[]>();
  for (const object of objects) {
    for (const { image, by } of object === null ? [] : imageUses(object))
      uses.set(image, [...(uses.get(image) ?? []), by]);
  }
  return uses;
}

function secretsOf(changed: readonly ChangedObject[]): Facts["secrets"] {
  const rows = new Map<
    string,
    { readonly namespace: string; readonly name: string; keys: string[]; usedBy: string[] }
  >();
  for (const { key, after } of changed) {
    for (const use of after === null ? [] : secretUses(after)) {
      const id = `${use.namespace}/${use.name}`;
      const row = rows.get(id) ?? { namespace: use.namespace, name: use.name, keys: [], usedBy: [] };
      if (use.key !== undefined) row.keys.push(use.key);
      row.usedBy.push(keyText(key));
      rows.set(id, row);
    }
  }
  return [...rows].sort(byFirst).map(([, row]) => ({
    ...row,
    keys: [...new Set(row.keys)].sort(),
    usedBy: [...new Set(row.usedBy)].sort(),
  }));
}

/** Changes in the order of the plan: by identity, so that the order of the input does not show. */
export function byKey(left: { readonly key: Change["key"] }, right: { readonly key: Change["key"] }): number {
  const [a, b] = [identity(left.key), identity(right.key)];
  return a < b ? -1 : a > b ? 1 : 0;
}
