import { setTimeout as sleep } from "node:timers/promises";
import { isObject, type Json, type JsonObject, valueAt } from "../../../../kube/json.ts";
import { OpsError } from "../../../../kube/ops-error.ts";
import { collectionPath, type ResourcePath, withQuery } from "../request/api-path.ts";
import { readFailure } from "../errors/api-failure.ts";
import { clusterError, clusterErrorCause, failureError } from "../errors/cluster-error.ts";
import type { Transport } from "../transport.ts";
import { type ListOptions, metadataAccept, selectors } from "./list.ts";

export interface WatchOptions
  extends Pick<ListOptions, "labelSelector" | "fieldSelector" | "metadataOnly" | "signal"> {
  /** Where to begin: the version of a list. */
  readonly resourceVersion: string;
  /** After how many seconds the server ends a request; it is then opened again. Default: 290. */
  readonly timeoutSeconds?: number;
}

/** `EXPIRED` ends a watch: the server no longer has the version, list again. */
export type WatchEvent =
  | {
      readonly type: "ADDED" | "MODIFIED" | "DELETED";
      readonly object: JsonObject;
      readonly resourceVersion: string;
    }
  /** The version that a watch may go on from; no object changed. */
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string }
  | { readonly type: "EXPIRED" };

/** So many requests in a row that end without an event are taken for a broken server. */
const mostFailures = 5;

/**
 * Changes of a collection from a version on. A request that ends or breaks is opened again from the last version that was
 * seen, bookmarks included, so no event is lost or told twice.
 * @throws {OpsError} CLUSTER_… when the server refuses, or cannot be reached several times in a row
 */
export async function* watchAll(
  transport: Transport,
  resource: ResourcePath,
  options: WatchOptions,
): AsyncGenerator<WatchEvent> {
  let version = options.resourceVersion;
  let failures = 0;
  while (!stopped(options.signal)) {
    const path = withQuery(collectionPath(resource), [
      ...selectors(options),
      ["watch", "true"],
      ["allowWatchBookmarks", "true"],
      ["timeoutSeconds", String(options.timeoutSeconds ?? 290)],
      ["resourceVersion", version],
    ]);
    try {
      const accept = options.metadataOnly === true ? metadataAccept.one : undefined;
      for await (const line of await transport.stream(path, accept, options.signal)) {
        if (line.trim() === "") continue;
        const event = readEvent(line, resource);
        yield event;
        if (event.type === "EXPIRED") return;
        version = event.resourceVersion;
        failures = 0;
      }
      failures++;
    } catch (error) {
      if (stopped(options.signal)) return;
      if (clusterErrorCause(error)?.failure?.status === 410) {
        yield { type: "EXPIRED" };
        return;
      }
      failures++;
      const passing = OpsError.is(error) && ["CLUSTER_UNREACHABLE", "CLUSTER_BUSY"].includes(error.code);
      if (!passing || failures > mostFailures) throw error;
    }
    if (failures > mostFailures)
      throw clusterError(
        "CLUSTER_UNREACHABLE",
        `the watch of ${resource.plural} ends again and again without an event`,
      );
    if (failures > 0) await pause(failures * 200, options.signal);
  }
}

function stopped(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Waits, or ends early when the watch is given up. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, { ...(signal !== undefined && { signal }) }).catch(() => {});
}

function readEvent(line: string, resource: ResourcePath): WatchEvent {
  const event = parse(line);
  const object = isObject(event) ? event["object"] : undefined;
  const type = isObject(event) ? event["type"] : undefined;
  const version = valueAt(object, ["metadata", "resourceVersion"]);
  if (type === "ERROR" && isObject(object)) {
    const code = object["code"];
    if (code === 410) return { type: "EXPIRED" };
    const status = typeof code === "number" ? code : 500;
    throw failureError(readFailure(status, JSON.stringify(object), `watch of ${resource.plural}`, undefined));
  }
  if (isObject(object) && typeof version === "string") {
    if (type === "BOOKMARK") return { type, resourceVersion: version };
    if (type === "ADDED" || type === "MODIFIED" || type === "DELETED")
      return { type, object, resourceVersion: version };
  }
  throw clusterError("CLUSTER_ANSWER", `an event of the watch of ${resource.plural} cannot be read`);
}

function parse(line: string): Json | undefined {
  try {
    return JSON.parse(line) as Json;
  } catch {
    return undefined;
  }
}
