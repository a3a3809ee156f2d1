import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import type { AccessRequest } from "../model/policy-rule.ts";
import { resourcesCalled, type ServedResource, type ServedTable } from "./served.ts";

/** What is asked, in the words of `kubectl auth can-i`. */
export interface AskedRequest {
  readonly verb: string;
  /** TYPE, TYPE/NAME, TYPE.GROUP, `*`, or a path that begins with a slash. */
  readonly target: string;
  readonly subresource?: string;
  /** Empty: all namespaces. */
  readonly namespace: string;
  /** The namespace was named, not taken by default. Default: true. */
  readonly named?: boolean;
}

export interface ParsedRequest {
  readonly request: AccessRequest;
  /** The resource, when it is known. */
  readonly served?: ServedResource;
  /** What the reader should know about how the question was understood. */
  readonly notes: readonly string[];
}

/**
 * The request that is meant, as the API server would see it: a cluster-scoped resource has no namespace.
 * @throws {OpsError} USAGE when it can mean two things, or nothing.
 */
export function parseRequest(table: ServedTable, asked: AskedRequest): ParsedRequest {
  const { verb, target } = asked;
  if (verb === "" || target === "") throw usage("a verb and a resource are needed", "get pods, for example");
  if (target.startsWith("/")) {
    if (asked.subresource !== undefined)
      throw usage("a path has no subresource", "leave --subresource out, or name a resource");
    return { request: { kind: "url", verb, path: target }, notes: [] };
  }
  const slash = target.indexOf("/");
  const type = slash < 0 ? target : target.slice(0, slash);
  const name = slash < 0 ? "" : target.slice(slash + 1);
  if (slash >= 0 && (name === "" || name.includes("/")))
    throw usage(`${quoted(target)} is no TYPE/NAME`, "a subresource is named with --subresource");
  const subresource = asked.subresource ?? "";
  const [served, ...others] = type === "*" ? [] : resourcesCalled(table, type);
  if (served === undefined) return unknown(type, name, subresource, asked);
  refuseAmbiguous(asked, served, others, { type, name });
  return {
    request: {
      kind: "resource",
      verb,
      group: served.group,
      resource: served.plural,
      subresource,
      namespace: served.namespaced ? asked.namespace : "",
      name,
    },
    served,
    notes: notesOn(asked, served, subresource),
  };
}

function refuseAmbiguous(
  asked: AskedRequest,
  served: ServedResource,
  others: readonly ServedResource[],
  { type, name }: { readonly type: string; readonly name: string },
): void {
  // kubectl takes the first group that the server prefers; the core group stands first here as there.
  const groups = new Set([served, ...others].map((one) => `${one.plural}.${one.group}`));
  if (groups.size > 1 && !type.includes(".") && served.group !== "")
    throw usage(`${quoted(type)} is served in several groups`, `name one: ${[...groups].join(", ")}`);
  if (name !== "" && asked.subresource === undefined && served.subresources.has(name))
    throw usage(
      `${quoted(asked.target)} can mean the ${served.singular} named ${quoted(name)} or the subresource ${quoted(name)}`,
      `write ${type} --subresource ${name} for the subresource; for the object of that name write ${type}/${name} --subresource ''`,
    );
}

function notesOn(asked: AskedRequest, served: ServedResource, subresource: string): readonly string[] {
  const { verb } = asked;
  const notes: string[] = [];
  if (subresource !== "" && !served.subresources.has(subresource))
    notes.push(`${served.plural} has no subresource ${quoted(subresource)} in this version of Kubernetes`);
  const verbs = subresource === "" ? served.verbs : (served.subresources.get(subresource) ?? []);
  const isKnown =
    verb === "*" || verbs.includes(verb) || otherVerbs.has(verb) || verb.startsWith("impersonate");
  if (verbs.length > 0 && !isKnown)
    notes.push(
      `the API server has no ${quoted(verb)} for ${served.plural}${subresource === "" ? "" : `/${subresource}`}`,
    );
  if (!served.namespaced && asked.namespace !== "" && asked.named !== false)
    notes.push(`${served.plural} are in no namespace: only ClusterRoleBindings count for them`);
  return notes;
}

/** Verbs that only an authorizer knows (rbac/v1; user-impersonation; pod security policies and classes of old). */
const otherVerbs: ReadonlySet<string> = new Set(["bind", "escalate", "approve", "sign", "attest", "use"]);

/** Kinds of identities that only impersonation asks for. */
const virtual: ReadonlySet<string> = new Set(["users", "groups", "uids", "userextras", "signers"]);

function unknown(type: string, name: string, subresource: string, asked: AskedRequest): ParsedRequest {
  const dot = type.indexOf(".");
  const resource = dot < 0 ? type : type.slice(0, dot);
  const group = dot < 0 ? (type === "*" ? "*" : "") : type.slice(dot + 1);
  return {
    request: {
      kind: "resource",
      verb: asked.verb,
      group,
      resource,
      subresource,
      namespace: virtual.has(resource) ? "" : asked.namespace,
      name,
    },
    notes:
      type === "*" || virtual.has(resource)
        ? []
        : [
            `neither Kubernetes nor a CustomResourceDefinition of the input serves ${quoted(type)}: it is taken as written, in ${group === "" ? "the core group" : `group ${quoted(group)}`}`,
          ],
  };
}

function quoted(text: string): string {
  return printable(JSON.stringify(text));
}

function usage(message: string, hint: string): OpsError {
  return new OpsError("USAGE", message, { hint });
}

/** `patch deployments.apps/web in namespace shop`, as people read a request. */
export function requestText(request: AccessRequest): string {
  if (request.kind === "url") return `${request.verb} ${request.path}`;
  const { verb, group, resource, subresource, namespace, name } = request;
  const what = `${resource}${group === "" || group === "*" ? "" : `.${group}`}${subresource === "" ? "" : `/${subresource}`}`;
  return `${verb} ${what}${name === "" ? "" : ` named ${JSON.stringify(name)}`}${namespace === "" ? "" : ` in namespace ${namespace}`}`;
}
