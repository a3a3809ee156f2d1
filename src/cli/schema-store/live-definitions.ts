import type { KubeConnection } from "../../apply/cluster/client/connection.ts";
import { openReader } from "../../apply/cluster/client/reader/reader.ts";
import { openTransport } from "../../apply/cluster/client/transport.ts";
import { openDiscovery } from "../../apply/cluster/client/reader/discovery.ts";
import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { isCustom } from "../../kube/catalogue/catalogue.ts";

/** Definitions of the custom resources of a cluster. */
export interface LiveDefinitions {
  readonly definitions: readonly JsonObject[];
  /** `openapi`: the definitions may not be listed, so they are made from what everybody may read. */
  readonly from: "definitions" | "openapi";
}

/**
 * Reads the CustomResourceDefinitions of a cluster; where the credentials may not list them, makes them from /openapi/v3,
 * which every user may read. Reads only.
 * @throws {OpsError} CLUSTER_…
 */
export async function liveDefinitions(connection: KubeConnection): Promise<LiveDefinitions> {
  const reader = openReader(connection);
  try {
    const { items } = await reader.list({
      group: "apiextensions.k8s.io",
      version: "v1",
      plural: "customresourcedefinitions",
      namespace: "",
    });
    return { definitions: items, from: "definitions" };
  } catch (error) {
    if (!OpsError.is(error) || error.code !== "CLUSTER_FORBIDDEN") throw error;
    return { definitions: await fromOpenApi(connection), from: "openapi" };
  } finally {
    reader.close();
  }
}

async function fromOpenApi(connection: KubeConnection): Promise<readonly JsonObject[]> {
  const transport = openTransport(connection);
  try {
    const found = new Map<
      string,
      {
        readonly names: { readonly kind: string; readonly plural: string };
        readonly scope: string;
        readonly versions: Json[];
      }
    >();
    const documents = new Map<string, JsonObject>();
    for (const resource of await openDiscovery(transport).resources()) {
      const { group, version, kind, plural, namespaced } = resource;
      if (!isCustom(group, kind)) continue;
      const path = `/openapi/v3/apis/${group}/${version}`;
      let document = documents.get(path);
      if (document === undefined) {
        const { body } = await transport.send({ method: "GET", path });
        document = isObject(body) ? body : {};
        documents.set(path, document);
      }
      const schema = schemaOfKind(document, { group, version, kind });
      if (schema === undefined) continue;
      const id = `${group}/${kind}`;
      const entry = found.get(id) ?? {
        names: { kind, plural },
        scope: namespaced ? "Namespaced" : "Cluster",
        versions: [],
      };
      entry.versions.push({
        name: version,
        served: true,
        storage: entry.versions.length === 0,
        schema: { openAPIV3Schema: schema },
      });
      found.set(id, entry);
    }
    return [...found].map(([id, { names, scope, versions }]) => {
      const group = id.slice(0, id.indexOf("/"));
      return {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `${names.plural}.${group}` },
        spec: { group, names: { ...names }, scope, versions },
      };
    });
  } finally {
    transport.close();
  }
}

/** Parts of a schema that references may unfold to; beyond it they are taken for anything. */
const MAX_PARTS = 50_000;

function schemaOfKind(
  document: JsonObject,
  key: { readonly group: string; readonly version: string; readonly kind: string },
): JsonObject | undefined {
  const schemas = valueAt(document, ["components", "schemas"]);
  if (!isObject(schemas)) return undefined;
  for (const schema of Object.values(schemas)) {
    const marks = isObject(schema) ? schema["x-kubernetes-group-version-kind"] : undefined;
    if (!isObject(schema) || !isArray(marks) || marks.length !== 1) continue;
    const [mark] = marks;
    if (
      !isObject(mark) ||
      mark["group"] !== key.group ||
      mark["version"] !== key.version ||
      mark["kind"] !== key.kind
    )
      continue;
    const unfolded = unfold(schema, schemas, new Set(), { left: MAX_PARTS });
    return isObject(unfolded) ? unfolded : undefined;
  }
  return undefined;
}

const PREFIX = "#/components/schemas/";
const anything: JsonObject = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** The value with its references replaced by what they name; metadata and what refers to itself is any object. */
function unfold(value: Json, schemas: JsonObject, open: ReadonlySet<string>, budget: { left: number }): Json {
  if (--budget.left < 0) return anything;
  if (isArray(value)) return value.map((item) => unfold(item, schemas, open, budget));
  if (!isObject(value)) return value;
  const { $ref: reference, allOf, ...rest } = value;
  const only = isArray(allOf) && allOf.length === 1 && isObject(allOf[0]) ? allOf[0]["$ref"] : undefined;
  const name = [reference, only].find((text) => typeof text === "string" && text.startsWith(PREFIX));
  if (typeof name === "string") {
    const target = name.slice(PREFIX.length);
    const schema = Object.hasOwn(schemas, target) ? schemas[target] : undefined;
    if (schema === undefined || open.has(target) || target.endsWith(".ObjectMeta")) return { type: "object" };
    return unfold(schema, schemas, new Set([...open, target]), budget);
  }
  const members = Object.entries(allOf === undefined ? rest : { ...rest, allOf });
  return Object.fromEntries(members.map(([key, inner]) => [key, unfold(inner, schemas, open, budget)]));
}
