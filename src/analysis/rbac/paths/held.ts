import type { Grant } from "../evaluate/can.ts";
import type { AccessRequest } from "../model/policy-rule.ts";
import { accountOf, type Identity } from "../model/subject.ts";

/** Something that an attacker can have. */
export type Held =
  /** To be somebody: its rights, for good, or only for the verbs that a constrained impersonation allows. */
  | { readonly kind: "identity"; readonly identity: Identity; readonly limit?: Limit }
  /** The rights of a role, bound at will: in a namespace, or everywhere (empty). */
  | { readonly kind: "role"; readonly role: string; readonly namespace: string }
  /** Everything in a namespace. */
  | { readonly kind: "namespace"; readonly namespace: string }
  /**
   * A choice among the ServiceAccounts of a namespace: all, or those that pods run as. A place on the way that keeps the
   * graph small, and no step of its own.
   */
  | { readonly kind: "accounts"; readonly namespace: string; readonly running: boolean }
  /** Code running in a pod that is there. */
  | { readonly kind: "pod"; readonly namespace: string; readonly name: string }
  /** Root on a node; `*` when it is not known on which one. */
  | { readonly kind: "node"; readonly name: string }
  /** The values of Secrets in a namespace, or everywhere (empty). */
  | { readonly kind: "secrets"; readonly namespace: string }
  /** Where requests of others go to. */
  | { readonly kind: "traffic"; readonly namespace: string }
  | { readonly kind: "cluster-admin" };

export interface Limit {
  readonly by: Held;
  readonly mode: string;
}

/** A right that a step needs, who holds it, and what gives it. */
export interface Evidence {
  readonly by: Held;
  readonly request: AccessRequest;
  readonly grants: readonly Grant[];
}

const keys = new WeakMap<Held, string>();

/** What tells two things apart that are held. */
export function heldKey(held: Held): string {
  const before = keys.get(held);
  if (before !== undefined) return before;
  const key = keyOf(held);
  keys.set(held, key);
  return key;
}

function keyOf(held: Held): string {
  switch (held.kind) {
    case "identity": {
      const { user, groups, kind } = held.identity;
      const who =
        kind === "group" ? `g:${groups[0] ?? ""}` : `u:${user} ${extraGroups(held.identity)}`.trimEnd();
      return held.limit === undefined ? who : `${who} as ${held.limit.mode} by ${heldKey(held.limit.by)}`;
    }
    case "role":
      return `role ${held.role} in ${held.namespace}`;
    case "namespace":
      return `namespace ${held.namespace}`;
    case "accounts":
      return `${held.running ? "running" : "all"} accounts ${held.namespace}`;
    case "pod":
      return `pod ${held.namespace}/${held.name}`;
    case "node":
      return `node ${held.name}`;
    case "secrets":
      return `secrets ${held.namespace}`;
    case "traffic":
      return `traffic ${held.namespace}`;
    default:
      return "cluster-admin";
  }
}

/** Groups beyond those that the user name brings along. */
function extraGroups(identity: Identity): string {
  return identity.groups.filter((group) => !group.startsWith("system:")).join(",");
}

/** How people call what is held. */
export function heldText(held: Held): string {
  switch (held.kind) {
    case "identity": {
      const { identity, limit } = held;
      const account = accountOf(identity.user);
      const who =
        identity.kind === "group"
          ? `a member of group ${identity.groups[0] ?? ""}`
          : account === undefined
            ? `user ${identity.user}`
            : `ServiceAccount ${account.namespace}/${account.name}`;
      return limit === undefined ? who : `${who}, for the verbs of impersonate-on:${limit.mode}`;
    }
    case "role": {
      const slash = held.role.indexOf("/");
      const [namespace, name] = [held.role.slice(0, slash), held.role.slice(slash + 1)];
      const role = namespace === "" ? `ClusterRole ${name}` : `Role ${held.role}`;
      return `the rights of ${role}${held.namespace === "" ? " everywhere" : ` in namespace ${held.namespace}`}`;
    }
    case "namespace":
      return `everything in namespace ${held.namespace}`;
    case "accounts":
      return `a ServiceAccount of namespace ${held.namespace}`;
    case "pod":
      return `code in pod ${held.namespace}/${held.name}`;
    case "node":
      return held.name === "*" ? "root on a node" : `root on node ${held.name}`;
    case "secrets":
      return `the Secrets of ${held.namespace === "" ? "every namespace" : `namespace ${held.namespace}`}`;
    case "traffic":
      return `the traffic of ${held.namespace === "" ? "every namespace" : `namespace ${held.namespace}`}`;
    default:
      return "cluster-admin";
  }
}
