import { changeField, type SetField, type TellSet } from "../field-path.ts";
import { currentId, isClusterScoped, type Resource, storeId } from "../resource.ts";
import { Fault } from "../stop.ts";
import type { FieldRow } from "../tables.generated.ts";
import { isTreeMap, scalarText, textAt, type Tree, treeAt, type TreeMap } from "../tree.ts";
import { noTwins } from "./no-twins.ts";

/** Whose namespace a binding gets: of the subject `default` (the ServiceAccount that every namespace has), of all ServiceAccounts, of none. */
export const subjectModes = ["defaultOnly", "allServiceAccounts", "none"] as const;
export type SubjectMode = (typeof subjectModes)[number];

export interface NamespaceChange {
  readonly namespace: string;
  readonly rows: readonly FieldRow[];
  /** Leaves fields alone that have a value. */
  readonly unsetOnly: boolean;
  readonly subjects: SubjectMode;
  readonly tell: TellSet;
}

/** Sets the namespace of every object that may have one (kustomize api/filters/namespace). */
export function setNamespace(resources: readonly Resource[], change: NamespaceChange): void {
  const { namespace, rows, tell, unsetOnly } = change;
  if (namespace === "") return;
  const set: SetField = (value) => {
    if (value !== null && typeof value === "object")
      throw new Fault("kustomization/field", "a namespace is for single values");
    return unsetOnly && scalarText(value) !== "" ? undefined : namespace;
  };
  const how = { made: (): Tree => "", tell };
  for (const resource of resources) {
    const { tree } = resource;
    storeId(resource);
    if (!isClusterScoped(currentId(tree))) changeField(tree, ["metadata/namespace", "", "", "", 1], set, how);
    const isBinding = bindings.has(textAt(tree, "kind"));
    if (isBinding) subjectsInto(tree, set, change);
    for (const row of rows) {
      const [path, , , kind] = row;
      if (path === "metadata/namespace") continue;
      if (isBinding && path === "subjects/namespace" && bindings.has(kind)) continue;
      if (path !== "metadata/name" || textAt(tree, "apiVersion") === "v1") changeField(tree, row, set, how);
    }
  }
  noTwins(resources);
}

const bindings: ReadonlySet<string> = new Set(["RoleBinding", "ClusterRoleBinding"]);

function subjectsInto(binding: TreeMap, set: SetField, { subjects: mode, tell }: NamespaceChange): void {
  if (mode === "none") return;
  const [member, text] = mode === "defaultOnly" ? ["name", "default"] : ["kind", "ServiceAccount"];
  const subjects = treeAt(binding, "subjects");
  for (const subject of Array.isArray(subjects) ? subjects : []) {
    if (!isTreeMap(subject) || subject.get(member) !== text) continue;
    const changed = set(subject.get("namespace") ?? "", subject, "namespace");
    if (changed === undefined) continue;
    subject.set("namespace", changed);
    tell(subject, "namespace");
  }
}
