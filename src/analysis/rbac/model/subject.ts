import { subdomainSyntax } from "../../../kube/name-syntax.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";

/** Who asks: a user with its groups, as the authenticator would name it. */
export interface Identity {
  /** What was asked for: `sa:ci/deployer`, `user:anna`, `group:devs`. */
  readonly text: string;
  readonly kind: "user" | "group" | "serviceaccount";
  /** Empty for a group: any member of it, of which nothing else is known. */
  readonly user: string;
  readonly groups: readonly string[];
}

export const MASTERS = "system:masters";
export const AUTHENTICATED = "system:authenticated";
export const UNAUTHENTICATED = "system:unauthenticated";
export const ANONYMOUS = "system:anonymous";
export const SERVICE_ACCOUNTS = "system:serviceaccounts";
const ACCOUNT_PREFIX = "system:serviceaccount:";

/** Groups of every ServiceAccount of a namespace (apiserver: pkg/authentication/serviceaccount/util.go, MakeGroupNames). */
export function accountGroups(namespace: string): readonly string[] {
  return [SERVICE_ACCOUNTS, `${SERVICE_ACCOUNTS}:${namespace}`];
}

export function accountUser(namespace: string, name: string): string {
  return `${ACCOUNT_PREFIX}${namespace}:${name}`;
}

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** Namespace and name in the user name of a ServiceAccount; undefined for every other user (SplitUsername). */
export function accountOf(user: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!user.startsWith(ACCOUNT_PREFIX)) return undefined;
  const parts = user.slice(ACCOUNT_PREFIX.length).split(":");
  const [namespace = "", name = ""] = parts;
  if (parts.length !== 2 || !label.test(namespace) || name.length > 253 || !subdomainSyntax.test(name))
    return undefined;
  return { namespace, name };
}

/**
 * The identity behind a user name, with the groups that it has whatever its credentials are: those of ServiceAccounts, of
 * nodes, and of who is logged in or not. Other groups are unknown until `groups` names them.
 */
export function userIdentity(user: string, groups: readonly string[] = []): Identity {
  const account = accountOf(user);
  if (account !== undefined) {
    const implied = [...accountGroups(account.namespace), AUTHENTICATED];
    return {
      text: `sa:${account.namespace}/${account.name}`,
      kind: "serviceaccount",
      user,
      groups: distinct([...implied, ...groups]),
    };
  }
  const implied =
    user === ANONYMOUS
      ? [UNAUTHENTICATED]
      : user.startsWith("system:node:")
        ? ["system:nodes", AUTHENTICATED]
        : [AUTHENTICATED];
  return { text: `user:${user}`, kind: "user", user, groups: distinct([...implied, ...groups]) };
}

/** Any member of a group, with the groups that come with it. */
export function groupIdentity(group: string): Identity {
  const text = `group:${group}`;
  if (group === UNAUTHENTICATED) return { text, kind: "group", user: ANONYMOUS, groups: [group] };
  const within = group.startsWith(`${SERVICE_ACCOUNTS}:`);
  const implied = within ? [SERVICE_ACCOUNTS, AUTHENTICATED] : [AUTHENTICATED];
  return { text, kind: "group", user: "", groups: distinct([group, ...implied]) };
}

function distinct(groups: readonly string[]): readonly string[] {
  return [...new Set(groups)];
}

const forms = "write user:NAME, group:NAME, sa:NAMESPACE/NAME or system:serviceaccount:NAMESPACE:NAME";

/**
 * A subject as the command line names it.
 * @throws {OpsError} USAGE for every other form.
 */
export function parseSubject(text: string, groups: readonly string[] = []): Identity {
  if (text.startsWith(ACCOUNT_PREFIX)) return parseAccount(text, text, groups);
  const colon = text.indexOf(":");
  const [kind, name] = colon < 0 ? ["", text] : [text.slice(0, colon), text.slice(colon + 1)];
  if (name === "") throw usage(text, "it names nobody");
  switch (kind) {
    case "user":
      return userIdentity(name, groups);
    case "group":
      if (groups.length > 0) throw usage(text, "a group has no further groups: name a user");
      return groupIdentity(name);
    case "sa":
    case "serviceaccount": {
      const slash = name.indexOf("/");
      if (slash < 0) throw usage(text, "a ServiceAccount has a namespace");
      return parseAccount(text, accountUser(name.slice(0, slash), name.slice(slash + 1)), groups);
    }
    default:
      throw usage(text, "its form is not known");
  }
}

function parseAccount(text: string, user: string, groups: readonly string[]): Identity {
  const identity = userIdentity(user, groups);
  if (identity.kind !== "serviceaccount") throw usage(text, "no ServiceAccount can have this name");
  return identity;
}

function usage(text: string, why: string): OpsError {
  return new OpsError("USAGE", `${printable(JSON.stringify(text))} is no subject: ${why}`, { hint: forms });
}

/** A subject that bindings name: the smallest thing that can hold rights. */
export type PrincipalKind = "user" | "group";
export interface Principal {
  readonly kind: PrincipalKind;
  readonly name: string;
}

export function principalKey(kind: PrincipalKind, name: string): string {
  return kind === "user" ? `u:${name}` : `g:${name}`;
}

/** Keys of everything that an identity is. */
export function principalKeys(identity: Identity): readonly string[] {
  const groups = identity.groups.map((group) => principalKey("group", group));
  return identity.user === "" ? groups : [principalKey("user", identity.user), ...groups];
}

export function identityOf(principal: Principal): Identity {
  return principal.kind === "user" ? userIdentity(principal.name) : groupIdentity(principal.name);
}

/** Who a principal is, in plain words. */
export function principalWords({ kind, name }: Principal): string {
  if (kind === "user") {
    const account = accountOf(name);
    if (account !== undefined) return `ServiceAccount ${account.namespace}/${account.name}`;
    return name === ANONYMOUS ? "who is not logged in" : `user ${name}`;
  }
  if (name === AUTHENTICATED) return "everyone who is logged in, every ServiceAccount included";
  if (name === UNAUTHENTICATED) return "everyone who is not logged in";
  if (name === SERVICE_ACCOUNTS) return "every ServiceAccount of every namespace, future ones included";
  if (name.startsWith(`${SERVICE_ACCOUNTS}:`))
    return `every ServiceAccount of namespace ${name.slice(SERVICE_ACCOUNTS.length + 1)}, future ones included`;
  return `group ${name}`;
}
