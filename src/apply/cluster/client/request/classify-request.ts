import { isArray, isObject, type Json } from "../../../../kube/json.ts";
import { printable } from "../../../../kube/printable.ts";
import { type ParsedPath, parsePath, pathText } from "./api-path.ts";

/** What a request is, by nothing but its method, path and body. */
export type RequestClass =
  | { readonly kind: "read" | "watch" | "review" | "dry-run" | "write"; readonly label: string }
  | { readonly kind: "refused"; readonly reason: string };

/** Query keys of reads. Whatever else a server may understand is not asked of it. */
const readKeys: ReadonlySet<string> = new Set([
  "limit",
  "continue",
  "labelSelector",
  "fieldSelector",
  "resourceVersion",
  "resourceVersionMatch",
  "watch",
  "allowWatchBookmarks",
  "sendInitialEvents",
  "timeoutSeconds",
  "container",
  "previous",
  "tailLines",
  "limitBytes",
  "sinceSeconds",
  "timestamps",
  "hash",
]);
/** `force` is not among them: nothing is ever forced. */
const writeKeys: ReadonlySet<string> = new Set(["fieldManager", "fieldValidation", "dryRun"]);

/** Reviews of oneself: POST requests that change nothing. */
const reviews: ReadonlySet<string> = new Set([
  "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
  "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
  "/apis/authentication.k8s.io/v1/selfsubjectreviews",
]);

/**
 * A review of somebody else, which changes nothing either. Only a reader that was opened for it asks it: it says who may do
 * what, and needs a right of its own.
 */
const OTHERS_REVIEW = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

/**
 * Subresources that reading does no more than read. `exec`, `attach`, `portforward` and `proxy` act on GET; what is not in
 * the list is refused.
 */
const readSubresources: ReadonlySet<string> = new Set(["status", "scale", "log"]);

/** The one rule of what may leave the process (kernel K13). It looks at what goes over the wire, not at what was meant. */
export function classifyRequest(
  method: string,
  path: string,
  body: Json | undefined,
  othersReview: boolean = false,
): RequestClass {
  const parsed = parsePath(path);
  if (parsed === undefined) return refused("the path is not in the one form that is sent");
  switch (method) {
    case "GET":
    case "HEAD":
      return body === undefined ? classifyRead(method, parsed) : refused("a read has no body");
    case "POST":
      return reviews.has(path) || (othersReview && path === OTHERS_REVIEW && body !== undefined)
        ? labelled("review", "review", parsed)
        : classifyWrite(method, parsed, body);
    case "PATCH":
    case "DELETE":
      return classifyWrite(method, parsed, body);
    default:
      return refused(`${printable(JSON.stringify(method))} is never sent`);
  }
}

function refused(reason: string): RequestClass {
  return { kind: "refused", reason };
}

function labelled(
  kind: "read" | "watch" | "review" | "dry-run" | "write",
  verb: string,
  parsed: ParsedPath,
): RequestClass {
  return { kind, label: `${verb} of ${printable(pathText(parsed))}` };
}

function classifyRead(method: string, parsed: ParsedPath): RequestClass {
  const key = [...parsed.query.keys()].find((name) => !readKeys.has(name));
  if (key !== undefined) return refused(`a read has no query ${printable(JSON.stringify(key))}`);
  const watch = parsed.query.get("watch");
  if (watch !== undefined && watch !== "true") return refused("watch is true or absent");
  if (parsed.kind === "resource") {
    const { subresource, name } = parsed;
    if (subresource !== null && !readSubresources.has(subresource))
      return refused(`reading ${subresource} can act on a cluster`);
    if (watch === "true" && (name !== null || method !== "GET")) return refused("a watch is of a collection");
    if (watch === "true") return labelled("watch", "watch", parsed);
    return labelled("read", name === null ? "list" : "reading", parsed);
  }
  return watch === undefined ? labelled("read", "reading", parsed) : refused("a watch is of a collection");
}

const verbs: Readonly<Record<string, string>> = { POST: "creation", PATCH: "apply", DELETE: "deletion" };

function classifyWrite(method: string, parsed: ParsedPath, body: Json | undefined): RequestClass {
  if (parsed.kind !== "resource") return refused("only objects are written");
  const { query, name, subresource } = parsed;
  const key = [...query.keys()].find((entry) => !writeKeys.has(entry));
  if (key !== undefined) return refused(`a write has no query ${printable(JSON.stringify(key))}`);
  if (body === undefined) return refused("a write has a body");
  const dryRun = query.get("dryRun");
  if (dryRun !== undefined && dryRun !== "All") return refused("dryRun is All or absent");
  if (subresource !== null) return classifySubresource(method, parsed, subresource);
  if (method === "POST" && name !== null) return refused("a creation names a collection");
  if (method !== "POST" && name === null) return refused("collections are not written as a whole");
  if (method === "DELETE" && !deletionAgrees(body, dryRun))
    return refused("a deletion that is a dry run says so in its query and in its body");
  const verb = verbs[method] ?? method;
  return dryRun === "All"
    ? labelled("dry-run", `dry run of the ${verb}`, parsed)
    : labelled("write", verb, parsed);
}

/** The one subresource that is written is a token. Its dry run mints a token all the same (measured on 1.37). */
function classifySubresource(
  method: string,
  parsed: ParsedPath & { readonly kind: "resource" },
  subresource: string,
): RequestClass {
  const { resource, name, query } = parsed;
  const isToken =
    method === "POST" && resource.group === "" && resource.plural === "serviceaccounts" && name !== null;
  return isToken && subresource === "token" && query.size === 0
    ? labelled("write", "request", parsed)
    : refused(`${subresource} is never written`);
}

/**
 * With a body, the server looks for a deletion's dryRun there and nowhere else: `?dryRun=All` with a body that does not
 * repeat it deletes (measured on 1.37; apiserver, pkg/endpoints/handlers/delete.go).
 */
function deletionAgrees(body: Json, dryRun: string | undefined): boolean {
  const inBody = isObject(body) && Object.hasOwn(body, "dryRun") ? body["dryRun"] : undefined;
  if (dryRun === undefined) return isObject(body) && inBody === undefined;
  return isArray(inBody) && inBody.length === 1 && inBody[0] === dryRun;
}
