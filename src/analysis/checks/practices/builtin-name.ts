import { builtinObjects } from "../../rbac/bootstrap/builtin.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import type { ObjectSubject } from "./subjects.ts";

const names = new Map<number, ReadonlySet<string>>();

function namesOf(minor: number): ReadonlySet<string> {
  const known = names.get(minor);
  if (known !== undefined) return known;
  const { roles, bindings } = builtinObjects(minor);
  const made = new Set(
    [...roles, ...bindings].map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`),
  );
  names.set(minor, made);
  return made;
}

/**
 * Roles and bindings that Kubernetes makes itself and puts right again. Their names and their label can be written by
 * anybody: only the list of the minor's bootstrap policy counts.
 */
export function isBuiltinRbac({ key, minor }: ObjectSubject): boolean {
  return isBuiltinRole(minor, key);
}

/** Whether every cluster of a minor has a role or binding of this kind, namespace ("" for none) and name. */
export function isBuiltinRole(
  minor: number,
  { kind, namespace, name }: Pick<ObjectKey, "kind" | "namespace" | "name">,
): boolean {
  return namesOf(minor).has(`${kind}/${namespace}/${name}`);
}
