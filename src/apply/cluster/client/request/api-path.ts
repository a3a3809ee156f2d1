/** One object, or one kind of objects, of the API. */
export interface ResourcePath {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Name in URLs: `deployments`. */
  readonly plural: string;
  /** Empty for cluster-scoped resources, and for all namespaces. */
  readonly namespace: string;
}

export interface ObjectPath extends ResourcePath {
  readonly name: string;
}

export type Query = readonly (readonly [string, string])[];

/** What a path of the wire names. */
export type ParsedPath =
  | {
      readonly kind: "resource";
      readonly resource: ResourcePath;
      readonly name: string | null;
      readonly subresource: string | null;
      readonly query: ReadonlyMap<string, string>;
    }
  /** Version, discovery, health, OpenAPI documents: read-only on every server. */
  | { readonly kind: "document"; readonly name: string; readonly query: ReadonlyMap<string, string> };

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const groupName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const documents =
  /^\/(?:version|api|apis|livez|readyz|healthz|openapi\/v3(?:\/[a-z0-9][a-z0-9.-]{0,252}){0,4})$/;

/** Path of a collection. @throws {TypeError} for parts that are no names of the API. */
export function collectionPath(resource: ResourcePath): string {
  const { group, version, plural, namespace } = resource;
  if (!label.test(version) || !label.test(plural) || (group !== "" && !groupName.test(group)))
    throw new TypeError(`this is no resource of the API: ${JSON.stringify(resource)}`);
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  if (namespace !== "" && !label.test(namespace))
    throw new TypeError(`this is no namespace: ${JSON.stringify(namespace)}`);
  return `${root}/${namespace === "" ? "" : `namespaces/${namespace}/`}${plural}`;
}

/** Path of an object. @throws {TypeError} for parts that are no names of the API. */
export function objectPath(path: ObjectPath): string {
  const segment = encodeName(path.name);
  if (segment === undefined)
    throw new TypeError(`this is no name of an object: ${JSON.stringify(path.name)}`);
  return `${collectionPath(path)}/${segment}`;
}

export function withQuery(path: string, query: Query): string {
  if (query.length === 0) return path;
  const pairs = query.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
  return `${path}?${pairs.join("&")}`;
}

/** Names are path segments: not empty, no `/` and `%`, not `.` and `..` (apimachinery, pkg/api/validation/path/name.go). */
function encodeName(name: string): string | undefined {
  if (name === "" || name === "." || name === ".." || name.length > 253 || /[/%]/.test(name))
    return undefined;
  if (!name.isWellFormed()) return undefined;
  // Names of roles hold colons, which a path may hold as they are.
  return encodeURIComponent(name).replaceAll("%3A", ":");
}

/**
 * Reads a path as it goes over the wire; undefined for every form but the one that is written here. A server decodes
 * percent signs before it routes, so `%70roxy` would be `proxy`.
 */
export function parsePath(wire: string): ParsedPath | undefined {
  const mark = wire.indexOf("?");
  const path = mark < 0 ? wire : wire.slice(0, mark);
  const query = parseQuery(mark < 0 ? "" : wire.slice(mark + 1), mark >= 0);
  if (query === undefined) return undefined;
  if (documents.test(path)) return { kind: "document", name: path, query };
  const segments = path.split("/");
  if (segments.shift() !== "") return undefined;
  const root = segments.shift();
  const group = root === "api" ? "" : root === "apis" ? (segments.shift() ?? "") : undefined;
  const version = segments.shift() ?? "";
  if (group === undefined || (root === "apis" && !groupName.test(group)) || !label.test(version))
    return undefined;
  if (segments.length === 0) return { kind: "document", name: path, query };
  return parseResource(group, version, segments, query);
}

/** Resources of a namespace itself, not kinds in it (apiserver, pkg/endpoints/request/requestinfo.go). */
const namespaceSubresources: ReadonlySet<string> = new Set(["status", "finalize"]);

function parseResource(
  group: string,
  version: string,
  segments: readonly string[],
  query: ReadonlyMap<string, string>,
): ParsedPath | undefined {
  let rest = segments;
  let namespace = "";
  const [first, second, third] = rest;
  // `watch` and `proxy` before a resource are older verbs of the API.
  if (first === "watch" || first === "proxy") return undefined;
  if (
    first === "namespaces" &&
    second !== undefined &&
    third !== undefined &&
    !namespaceSubresources.has(third)
  ) {
    namespace = second;
    rest = rest.slice(2);
    if (!label.test(namespace)) return undefined;
  }
  const [plural = "", nameSegment, subresource, ...more] = rest;
  if (!label.test(plural) || more.length > 0) return undefined;
  if (subresource !== undefined && !label.test(subresource)) return undefined;
  const name = nameSegment === undefined ? null : decodeName(nameSegment);
  if (name === undefined) return undefined;
  return {
    kind: "resource",
    resource: { group, version, plural, namespace },
    name,
    subresource: subresource ?? null,
    query,
  };
}

function decodeName(segment: string): string | undefined {
  const name = decoded(segment);
  return name !== undefined && encodeName(name) === segment ? name : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function parseQuery(text: string, present: boolean): ReadonlyMap<string, string> | undefined {
  const query = new Map<string, string>();
  if (!present) return query;
  for (const pair of text.split("&")) {
    const equals = pair.indexOf("=");
    const key = decoded(equals < 0 ? pair : pair.slice(0, equals));
    const value = decoded(equals < 0 ? "" : pair.slice(equals + 1));
    if (key === undefined || value === undefined || query.has(key)) return undefined;
    if (pair !== `${encodeURIComponent(key)}=${encodeURIComponent(value)}`) return undefined;
    query.set(key, value);
  }
  return query;
}

/** `deployments.apps shop/web`, `namespaces shop`, `pods in shop`: how messages name a path. */
export function pathText(parsed: ParsedPath): string {
  if (parsed.kind === "document") return parsed.name;
  const { resource, name, subresource } = parsed;
  const kind = resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
  const what = subresource === null ? kind : `${kind}/${subresource}`;
  if (name === null) return resource.namespace === "" ? what : `${what} in ${resource.namespace}`;
  return `${what} ${resource.namespace === "" ? "" : `${resource.namespace}/`}${name}`;
}
