import { type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../kube/object-key.ts";
import { matchesLabels } from "../../../kube/selector.ts";
import type { NamespaceModel } from "../model/workload.ts";
import type { Backend } from "./backend.ts";
import { listAt } from "./services.ts";

const GROUP = "gateway.networking.k8s.io";
const routeKinds: ReadonlySet<string> = new Set([
  "HTTPRoute",
  "GRPCRoute",
  "TLSRoute",
  "TCPRoute",
  "UDPRoute",
]);

interface Gateways {
  readonly gateways: ReadonlyMap<string, JsonObject>;
  readonly grants: readonly JsonObject[];
  readonly namespaces: ReadonlyMap<string, NamespaceModel>;
}

/**
 * Backends of the routes of the Gateway API. A route counts where a Gateway that it names lets its namespace attach, and a
 * Service of another namespace only where a ReferenceGrant there allows it (gateway-api apis: allowedRoutes, ReferenceGrant).
 */
export function gatewayBackends(
  objects: readonly JsonObject[],
  namespaces: ReadonlyMap<string, NamespaceModel>,
): readonly Backend[] {
  const gateways = new Map<string, JsonObject>();
  const grants: JsonObject[] = [];
  const routes: JsonObject[] = [];
  for (const object of objects) {
    const key = objectKey(object);
    if (key.group !== GROUP) continue;
    if (key.kind === "Gateway") gateways.set(`${namespaceOf(object)}/${key.name}`, object);
    if (key.kind === "ReferenceGrant") grants.push(object);
    if (routeKinds.has(key.kind)) routes.push(object);
  }
  return routes.flatMap((route) => routeBackends(route, { gateways, grants, namespaces }));
}

function routeBackends(route: JsonObject, known: Gateways): readonly Backend[] {
  const key = objectKey(route);
  const namespace = namespaceOf(route);
  const unattached = whyUnattached(route, known);
  const hosts = listAt(route, ["spec", "hostnames"]).filter((host) => typeof host === "string");
  return listAt(route, ["spec", "rules"]).flatMap((rule) => {
    const at = placesText(hosts, rule);
    return listAt(rule, ["backendRefs"]).flatMap((reference) => {
      const service = valueAt(reference, ["name"]);
      if (typeof service !== "string" || !isService(reference)) return [];
      const target = valueAt(reference, ["namespace"]);
      const to = typeof target === "string" ? target : namespace;
      const port = valueAt(reference, ["port"]);
      const refused =
        unattached ??
        (to === namespace || isGranted(known.grants, key.kind, namespace, to, service)
          ? undefined
          : `no ReferenceGrant in ${to} lets ${key.kind}s of ${namespace} use Service ${service}`);
      return [
        {
          by: `${key.kind} ${namespace}/${key.name}`,
          object: route,
          at,
          namespace: to,
          service,
          port: typeof port === "number" ? port : undefined,
          ...(refused === undefined ? {} : { refused }),
        },
      ];
    });
  });
}

function isService(reference: Json): boolean {
  const kind = valueAt(reference, ["kind"]) ?? "Service";
  const group = valueAt(reference, ["group"]) ?? "";
  return kind === "Service" && group === "";
}

function placesText(hosts: readonly string[], rule: Json): string {
  const paths = listAt(rule, ["matches"]).flatMap((match) => {
    const path = valueAt(match, ["path", "value"]);
    return typeof path === "string" ? [path] : [];
  });
  return `${hosts.length === 0 ? "*" : hosts.join(", ")}${paths.length === 0 ? "" : ` ${paths.join(", ")}`}`;
}

/** Why no Gateway takes the route; undefined where one does, or where the inputs do not hold it. */
function whyUnattached(route: JsonObject, { gateways, namespaces }: Gateways): string | undefined {
  const namespace = namespaceOf(route);
  const parents = listAt(route, ["spec", "parentRefs"]).filter(
    (parent) => (valueAt(parent, ["kind"]) ?? "Gateway") === "Gateway",
  );
  if (parents.length === 0) return "it names no Gateway";
  const refusals = parents.map((parent) => {
    const name = valueAt(parent, ["name"]);
    const of = valueAt(parent, ["namespace"]);
    const id = `${typeof of === "string" ? of : namespace}/${typeof name === "string" ? name : ""}`;
    const gateway = gateways.get(id);
    if (gateway === undefined) return undefined;
    const section = valueAt(parent, ["sectionName"]);
    const listeners = listAt(gateway, ["spec", "listeners"]).filter(
      (listener) => section === undefined || valueAt(listener, ["name"]) === section,
    );
    const open = listeners.some((listener) => lets(listener, gateway, namespace, namespaces));
    return open ? undefined : `no listener of Gateway ${id} takes routes of namespace ${namespace}`;
  });
  return refusals.includes(undefined) ? undefined : refusals[0];
}

function lets(
  listener: Json,
  gateway: JsonObject,
  namespace: string,
  namespaces: ReadonlyMap<string, NamespaceModel>,
): boolean {
  const from = valueAt(listener, ["allowedRoutes", "namespaces", "from"]) ?? "Same";
  if (from === "All") return true;
  if (from === "Same") return namespaceOf(gateway) === namespace;
  const selector = valueAt(listener, ["allowedRoutes", "namespaces", "selector"]);
  return matchesLabels(selector, namespaces.get(namespace)?.labels ?? {});
}

function isGranted(
  grants: readonly JsonObject[],
  kind: string,
  from: string,
  to: string,
  service: string,
): boolean {
  return grants.some(
    (grant) =>
      namespaceOf(grant) === to &&
      listAt(grant, ["spec", "from"]).some(
        (row) =>
          valueAt(row, ["group"]) === GROUP &&
          valueAt(row, ["kind"]) === kind &&
          valueAt(row, ["namespace"]) === from,
      ) &&
      listAt(grant, ["spec", "to"]).some(
        (row) =>
          valueAt(row, ["kind"]) === "Service" &&
          (valueAt(row, ["group"]) ?? "") === "" &&
          (valueAt(row, ["name"]) ?? service) === service,
      ),
  );
}
