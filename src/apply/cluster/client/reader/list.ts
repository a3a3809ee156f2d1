import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../../kube/json.ts";
import { collectionPath, type Query, type ResourcePath, withQuery } from "../request/api-path.ts";
import { clusterError, clusterErrorCause } from "../errors/cluster-error.ts";
import type { Transport } from "../transport.ts";

export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Metadata only (PartialObjectMetadata): no data of a Secret leaves the server. */
  readonly metadataOnly?: boolean;
  /** Objects in one answer. Default: 500, as kubectl does. */
  readonly chunk?: number;
  /** Most objects that are taken. Default: 100,000. */
  readonly most?: number;
  readonly signal?: AbortSignal;
}

export interface ListResult {
  /** apiVersion and kind are filled in: the server leaves them out in lists. */
  readonly items: readonly JsonObject[];
  /** Where a watch goes on. */
  readonly resourceVersion: string;
}

export const metadataAccept = {
  one: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
  list: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
};

const mostRestarts = 3;

/** All objects of a collection, from one version of the store: a list that expires half-way begins again. */
export async function listAll(
  transport: Transport,
  resource: ResourcePath,
  options: ListOptions,
): Promise<ListResult> {
  for (let restart = 0; ; restart++) {
    try {
      return await listOnce(transport, resource, options);
    } catch (error) {
      // 410 Expired: the continue token is older than what etcd keeps (5 minutes).
      if (clusterErrorCause(error)?.failure?.status !== 410 || restart >= mostRestarts) throw error;
    }
  }
}

async function listOnce(
  transport: Transport,
  resource: ResourcePath,
  options: ListOptions,
): Promise<ListResult> {
  const found: JsonObject[] = [];
  const most = options.most ?? 100_000;
  let token: string | undefined;
  for (;;) {
    const path = withQuery(collectionPath(resource), [...selectors(options), ...chunk(options, token)]);
    const answer = await transport.send(
      { method: "GET", path, ...(options.metadataOnly === true && { accept: metadataAccept.list }) },
      options.signal,
    );
    const list = answer.body;
    const listed = isObject(list) ? list["items"] : undefined;
    // A server writes an empty list as null.
    if (!isObject(list) || (listed !== null && !isArray(listed)))
      throw clusterError("CLUSTER_ANSWER", `the answer to the list of ${resource.plural} is no list`);
    for (const item of listed ?? []) if (isObject(item)) found.push(withType(item, list));
    if (found.length > most)
      throw clusterError("CLUSTER_ANSWER", `there are more than ${most} ${resource.plural}`, {
        hint: "name a namespace or a label",
      });
    token = textAt(list, ["metadata", "continue"]);
    if (token === "") return { items: found, resourceVersion: textAt(list, ["metadata", "resourceVersion"]) };
  }
}

export function selectors(options: Pick<ListOptions, "labelSelector" | "fieldSelector">): Query {
  return [
    ...(options.labelSelector === undefined ? [] : [["labelSelector", options.labelSelector] as const]),
    ...(options.fieldSelector === undefined ? [] : [["fieldSelector", options.fieldSelector] as const]),
  ];
}

function chunk(options: ListOptions, token: string | undefined): Query {
  return [
    ["limit", String(options.chunk ?? 500)],
    ...(token === undefined ? [] : [["continue", token] as const]),
  ];
}

function withType(item: JsonObject, list: JsonObject): JsonObject {
  if (typeof item["kind"] === "string") return item;
  const kind = list["kind"];
  const apiVersion = list["apiVersion"];
  if (typeof kind !== "string" || !kind.endsWith("List") || typeof apiVersion !== "string") return item;
  return { apiVersion, kind: kind.slice(0, -"List".length), ...item };
}

function textAt(value: Json, path: readonly string[]): string {
  const found = valueAt(value, path);
  return typeof found === "string" ? found : "";
}
