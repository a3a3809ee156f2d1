import { subdomainSyntax } from "../../../kube/name-syntax.ts";
import type { AccessRequest, ResourceRequest } from "../model/policy-rule.ts";
import {
  accountGroups,
  accountOf,
  ANONYMOUS,
  AUTHENTICATED,
  type Identity,
  MASTERS,
  UNAUTHENTICATED,
} from "../model/subject.ts";
import { holdsIn } from "../model/version-switches.ts";
import { isAllowed } from "./can.ts";
import type { Rbac } from "./rbac.ts";

/** Whom a request asks to be: the Impersonate-… headers. */
export interface Wanted {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export type ImpersonationMode = "arbitrary-node" | "serviceaccount" | "user-info" | "legacy";

export interface Impersonation {
  readonly allowed: boolean;
  readonly mode?: ImpersonationMode;
  /** Whom the server then takes the caller for. */
  readonly user?: string;
  readonly groups?: readonly string[];
}

const AUTHENTICATION = "authentication.k8s.io";

/**
 * Whether somebody may make a request as another (apiserver: pkg/endpoints/filters/impersonation). From 1.36 on the modes
 * of KEP-5284 are tried first: each asks for `impersonate-on:MODE:VERB` on what is requested and for `impersonate:MODE` on
 * whom; otherwise the verb `impersonate` alone decides. A node's own agent (mode associated-node) depends on the token,
 * not on rules alone, and is not answered here.
 */
export function mayImpersonate(
  rbac: Rbac,
  identity: Identity,
  wanted: Wanted,
  request: AccessRequest,
): Impersonation {
  if (holdsIn("constrainedImpersonation", rbac.minor)) {
    const mode = constrainedMode(wanted);
    if (mode !== undefined && isAllowed(rbac, identity, onRequest(mode, request))) {
      const found = asMode(rbac, identity, wanted, mode);
      if (found !== undefined) return found;
    }
  }
  return asMode(rbac, identity, wanted, "legacy") ?? { allowed: false };
}

function constrainedMode(wanted: Wanted): Exclude<ImpersonationMode, "legacy"> | undefined {
  const alone = wanted.groups.length === 0 && wanted.uid === undefined && wanted.extra === undefined;
  if (nodeName(wanted.user) !== undefined) return alone ? "arbitrary-node" : undefined;
  if (accountOf(wanted.user) !== undefined) return alone ? "serviceaccount" : undefined;
  return "user-info";
}

function nodeName(user: string): string | undefined {
  const prefix = "system:node:";
  const name = user.startsWith(prefix) ? user.slice(prefix.length) : "";
  return name.length <= 253 && subdomainSyntax.test(name) ? name : undefined;
}

function onRequest(mode: string, request: AccessRequest): AccessRequest {
  return { ...request, verb: `impersonate-on:${mode}:${request.verb}` };
}

/** Groups and extras from this number on may be allowed by one rule for all (manyAuthorizationChecksInLoop). */
const MANY = 4;

function asMode(
  rbac: Rbac,
  identity: Identity,
  wanted: Wanted,
  mode: ImpersonationMode,
): Impersonation | undefined {
  const legacy = mode === "legacy";
  const verb = legacy ? "impersonate" : `impersonate:${mode}`;
  const group = legacy ? "" : AUTHENTICATION;
  const asks = (of: string, resource: string, name: string, namespace = "", subresource = ""): boolean => {
    const request: ResourceRequest = {
      kind: "resource",
      verb,
      group: of,
      resource,
      subresource,
      namespace,
      name,
    };
    return isAllowed(rbac, identity, request);
  };
  const account = accountOf(wanted.user);
  const node = legacy ? undefined : nodeName(wanted.user);
  const asUser =
    account !== undefined
      ? asks(group, "serviceaccounts", account.name, account.namespace)
      : asks(group, node === undefined ? "users" : "nodes", node ?? wanted.user);
  if (!asUser) return undefined;
  const { uid = "" } = wanted;
  if (uid !== "" && !asks(AUTHENTICATION, "uids", uid)) return undefined;
  // Empty groups, and the one that can do everything, are beyond every mode but the old one.
  if (!legacy && wanted.groups.some((name) => name === "" || name === MASTERS)) return undefined;
  const many = (names: readonly unknown[]): boolean => !legacy && names.length >= MANY;
  const allGroups = many(wanted.groups) && asks(group, "groups", "*");
  if (!allGroups && !wanted.groups.every((name) => asks(group, "groups", name))) return undefined;
  const extras = Object.entries(wanted.extra ?? {}).flatMap(([key, values]) =>
    values.map((value) => [key, value] as const),
  );
  const allExtras = many(extras) && asks(AUTHENTICATION, "userextras", "*", "", "*");
  if (!allExtras && !extras.every(([key, value]) => asks(AUTHENTICATION, "userextras", value, "", key)))
    return undefined;
  return { allowed: true, mode, user: wanted.user, groups: groupsAs(wanted, node !== undefined) };
}

/** Groups of whom the server then takes the caller for. */
function groupsAs(wanted: Wanted, isNode: boolean): readonly string[] {
  const account = accountOf(wanted.user);
  const own =
    account !== undefined && wanted.groups.length === 0 ? accountGroups(account.namespace) : wanted.groups;
  const given = isNode ? ["system:nodes"] : own;
  if (wanted.user === ANONYMOUS) return [...new Set([...given, UNAUTHENTICATED])];
  return given.includes(UNAUTHENTICATED) ? given : [...new Set([...given, AUTHENTICATED])];
}
