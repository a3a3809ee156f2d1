import type { JsonObject } from "../../../kube/json.ts";
import type { PlaceMap } from "../../../kube/read-object.ts";
import type { Selector } from "../../../kube/selector.ts";
import type { PolicyRule } from "./policy-rule.ts";

/** An object to read: one of the inputs with its places, or one of a cluster without. */
export interface RbacInput {
  readonly object: JsonObject;
  readonly places?: PlaceMap;
}

export type RoleKind = "Role" | "ClusterRole";

export interface Role {
  readonly kind: RoleKind;
  /** Empty for a ClusterRole. */
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The rules as written. Those that count are `rulesOf`. */
  readonly written: readonly PolicyRule[];
  /** Selectors of an aggregated ClusterRole; undefined for every other role. An entry that selects nothing is null. */
  readonly selectors?: readonly (Selector | null)[];
  /** Kubernetes makes it itself; it was not in the input. */
  readonly builtin: boolean;
  readonly input?: RbacInput;
}

export interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

export interface BindingSubject {
  readonly kind: "User" | "Group" | "ServiceAccount";
  /** Of a ServiceAccount: its own, or the binding's. */
  readonly namespace: string;
  readonly name: string;
}

export interface Binding {
  readonly kind: "RoleBinding" | "ClusterRoleBinding";
  /** Empty for a ClusterRoleBinding. */
  readonly namespace: string;
  readonly name: string;
  readonly roleRef: RoleRef;
  /** Only those that can match somebody. */
  readonly subjects: readonly BindingSubject[];
  readonly builtin: boolean;
  readonly input?: RbacInput;
}

/** Key of a role: `namespace/name`, with an empty namespace for ClusterRoles. */
export function roleKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** Key of the role that a binding means; undefined when none can be meant (GetRoleReferenceRules). */
export function roleRefKey(binding: Binding): string | undefined {
  if (binding.roleRef.kind === "ClusterRole") return roleKey("", binding.roleRef.name);
  return binding.roleRef.kind === "Role" && binding.namespace !== ""
    ? roleKey(binding.namespace, binding.roleRef.name)
    : undefined;
}

/** `ClusterRole view`, `Role shop/deployer`. */
export function roleText(role: Pick<Role, "kind" | "namespace" | "name">): string {
  return `${role.kind} ${role.namespace === "" ? "" : `${role.namespace}/`}${role.name}`;
}

/** `RoleBinding shop/ci`, `ClusterRoleBinding admins`. */
export function bindingText(binding: Pick<Binding, "kind" | "namespace" | "name">): string {
  return `${binding.kind} ${binding.namespace === "" ? "" : `${binding.namespace}/`}${binding.name}`;
}
