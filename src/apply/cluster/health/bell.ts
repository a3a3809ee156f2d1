import { valueAt } from "../../../kube/json.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import { resourcePath } from "../client/reader/discovery.ts";
import type { KubeReader } from "../client/reader/reader.ts";
import type { ResourcePath } from "../client/request/api-path.ts";

/** Rings when one of the objects moves. */
export interface Bell {
  /** Every object is watched: without a ring nothing has happened. */
  readonly whole: boolean;
  /** Waits for a ring since the last call, at most so long. */
  wait(milliseconds: number): Promise<void>;
  stop(): void;
}

const gatherMs = 100;

type Watching = Pick<KubeReader, "discovery" | "list" | "watch">;

/**
 * Watches the kinds of these objects, one watch for each kind and namespace; of what moves only its name is looked at. Where
 * the credentials may not watch, or a watch ends, the bell is not whole and the caller looks as often as without it.
 */
export async function openBell(reader: Watching, keys: readonly ObjectKey[]): Promise<Bell> {
  const stopped = new AbortController();
  const places = await placesOf(reader, keys);
  let working = 0;
  let rung = false;
  let wake = (): void => {};
  const ring = (): void => {
    rung = true;
    wake();
  };
  const watch = async ({ path, names }: Place, resourceVersion: string): Promise<void> => {
    const options = { resourceVersion, metadataOnly: true, signal: stopped.signal };
    for await (const event of reader.watch(path, options)) {
      if (event.type === "EXPIRED") return;
      if (event.type === "BOOKMARK") continue;
      const name = valueAt(event.object, ["metadata", "name"]);
      if (typeof name === "string" && names.has(name)) ring();
    }
  };
  await Promise.all(
    places.map(async (place) => {
      const from = await versionOf(reader, place.path);
      if (from === undefined) return;
      working++;
      watch(place, from)
        // What is wrong with the watch is wrong with the next look, which says so.
        .catch(() => {})
        .finally(() => {
          working--;
          ring();
        });
    }),
  );
  const pause = (milliseconds: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    wake = resolve;
    return promise.finally(() => clearTimeout(timer));
  };
  return {
    get whole() {
      return places.length > 0 && working === places.length;
    },
    wait: async (milliseconds) => {
      if (!rung) await pause(milliseconds);
      // Changes come in swarms: one look for all of them.
      if (rung) await new Promise((resolve) => setTimeout(resolve, Math.min(gatherMs, milliseconds)));
      rung = false;
    },
    stop: () => stopped.abort(),
  };
}

interface Place {
  readonly path: ResourcePath;
  readonly names: ReadonlySet<string>;
}

async function placesOf(reader: Watching, keys: readonly ObjectKey[]): Promise<readonly Place[]> {
  const places = new Map<string, { readonly path: ResourcePath; readonly names: Set<string> }>();
  for (const key of keys) {
    const resource = await reader.discovery.resourceFor(key);
    if (resource === undefined) continue;
    const path = resourcePath(resource, key.namespace);
    const id = JSON.stringify(path);
    const place = places.get(id) ?? { path, names: new Set() };
    place.names.add(key.name);
    places.set(id, place);
  }
  return [...places.values()];
}

/** The version of the store, by a list that finds nothing; undefined where the credentials may not list. */
async function versionOf(reader: Watching, path: ResourcePath): Promise<string | undefined> {
  try {
    const { resourceVersion } = await reader.list(path, {
      metadataOnly: true,
      labelSelector: "kubernetes-operations.dev/marker=none",
      chunk: 1,
    });
    return resourceVersion;
  } catch (error) {
    if (OpsError.is(error) && error.code === "CLUSTER_FORBIDDEN") return undefined;
    throw error;
  }
}
