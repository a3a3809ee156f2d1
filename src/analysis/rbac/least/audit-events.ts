import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import type { AccessRequest } from "../model/policy-rule.ts";
import { holdsIn } from "../model/version-switches.ts";

/** One request of an audit log, as the authorizer saw it. */
export interface Observed {
  readonly user: string;
  readonly request: AccessRequest;
  /** The server refused it. */
  readonly denied: boolean;
  readonly auditId: string;
}

/**
 * Requests of API-server audit events (audit.k8s.io), each once. Creations carry no name to the authorizer, although the
 * log names the object (apiserver pkg/audit/request.go, LogRequestObject); an apply or PUT that created (201) was asked
 * about create with the name as well; exec by WebSocket is asked about create from 1.35 on.
 */
export function observedRequests(events: readonly Json[], minor: number): readonly Observed[] {
  const found: Observed[] = [];
  const seen = new Set<string>();
  for (const event of events) {
    if (!isObject(event) || event["kind"] !== "Event") continue;
    const stage = text(event, ["stage"]);
    if (stage !== "ResponseComplete" && stage !== "ResponseStarted" && stage !== "Panic") continue;
    const auditId = text(event, ["auditID"]);
    // A long request is logged at its start and at its end.
    if (auditId !== "" && seen.has(auditId)) continue;
    seen.add(auditId);
    const impersonated = text(event, ["impersonatedUser", "username"]);
    const user = impersonated === "" ? text(event, ["user", "username"]) : impersonated;
    const code = valueAt(event, ["responseStatus", "code"]);
    const base = { user, denied: code === 403, auditId };
    for (const request of requestsOf(event, code, minor)) found.push({ ...base, request });
  }
  return found;
}

function requestsOf(event: JsonObject, code: Json | undefined, minor: number): readonly AccessRequest[] {
  const verb = text(event, ["verb"]);
  const ref = event["objectRef"];
  if (!isObject(ref)) {
    const uri = text(event, ["requestURI"]);
    const path = uri.split("?")[0] ?? "";
    return verb === "" || !path.startsWith("/") ? [] : [{ kind: "url", verb, path }];
  }
  const resource = text(ref, ["resource"]);
  if (verb === "" || resource === "") return [];
  const subresource = text(ref, ["subresource"]);
  const nameless = verb === "deletecollection" || (verb === "create" && subresource === "");
  const request: AccessRequest = {
    kind: "resource",
    verb,
    group: text(ref, ["apiGroup"]),
    resource,
    subresource,
    namespace: text(ref, ["namespace"]),
    name: nameless ? "" : text(ref, ["name"]),
  };
  const created = code === 201 && (verb === "patch" || verb === "update") && subresource === "";
  const streams = resource === "pods" && ["exec", "attach", "portforward"].includes(subresource);
  const asks = created || (streams && verb === "get" && !holdsIn("execByGet", minor));
  return asks ? [request, { ...request, verb: "create" }] : [request];
}

function text(value: Json | undefined, path: readonly string[]): string {
  const found = valueAt(value, path);
  return typeof found === "string" ? found : "";
}

/** The events of a log: one JSON object a line, a list of them, or an EventList. Undefined where a line is none. */
export function parseAuditLog(text: string): readonly Json[] | { readonly badLine: number } {
  const whole = json(text);
  if (isArray(whole)) return whole;
  if (isObject(whole) && isArray(whole["items"])) return whole["items"];
  const events: Json[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const event = json(line);
    if (event === undefined) return { badLine: index + 1 };
    events.push(event);
  }
  return events;
}

function json(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
