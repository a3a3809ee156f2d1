import type { JsonObject } from "../../../kube/json.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import { resourcePath } from "../client/reader/discovery.ts";
import type { KubeReader } from "../client/reader/reader.ts";
import { openBell } from "./bell.ts";
import { type Health, healthOf } from "./health-of.ts";

export interface ObjectHealth {
  readonly key: ObjectKey;
  /** Null for an object that is not there. */
  readonly health: Health | null;
}

export interface HealthProgress {
  readonly objects: readonly ObjectHealth[];
  readonly healthy: number;
  readonly of: number;
}

export interface HealthReport {
  /** All are healthy, or there and of a kind that says nothing. */
  readonly healthy: boolean;
  /** `failed`: one will not become healthy by itself; `timeout`: some are still progressing. */
  readonly end: "healthy" | "failed" | "timeout";
  /** In the order that was asked for. */
  readonly objects: readonly ObjectHealth[];
}

export interface HealthWait {
  readonly timeoutMs: number;
  /** Called whenever something changed. */
  readonly onProgress?: (progress: HealthProgress) => void;
  /** For tests. */
  readonly clock?: { now(): number };
  readonly pause?: (milliseconds: number) => Promise<void>;
}

/** Between two looks without a watch: soon at first, as most things take a second, then every two seconds. */
const pauses = [200, 200, 300, 300, 500, 500, 1000, 1000];
const lastPause = 2000;
/** With one: some things fail by time alone, and nothing moves. */
const watchedPause = 5000;

/**
 * Waits until all of these objects are healthy, one has failed, or the time is over. Only reads: looks when a watch says that
 * one of them moved, and by the clock where there may be no watch. What is healthy once is
 * looked at again with everything else: the end is a state in which all are at the same time.
 * @throws {OpsError} CLUSTER_… when the cluster cannot be read
 */
export async function waitHealthy(
  reader: KubeReader,
  keys: readonly ObjectKey[],
  options: HealthWait,
): Promise<HealthReport> {
  const bell = options.pause === undefined ? await openBell(reader, keys) : undefined;
  try {
    return await look(reader, keys, {
      ...options,
      longest: (looks) => (bell?.whole === true ? watchedPause : (pauses[looks] ?? lastPause)),
      pause: (milliseconds) => options.pause?.(milliseconds) ?? bell?.wait(milliseconds) ?? Promise.resolve(),
    });
  } finally {
    bell?.stop();
  }
}

interface Looking extends HealthWait {
  /** Longest time until the next look. */
  readonly longest: (looks: number) => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

async function look(reader: KubeReader, keys: readonly ObjectKey[], options: Looking): Promise<HealthReport> {
  const now = (): number => options.clock?.now() ?? Date.now();
  const until = now() + options.timeoutMs;
  let told = "";
  for (let looks = 0; ; looks++) {
    const objects = await Promise.all(keys.map((key) => healthAt(reader, key, now())));
    const good = objects.filter(isGood);
    const text = JSON.stringify(objects.map(({ health }) => health));
    if (text !== told) options.onProgress?.({ objects, healthy: good.length, of: objects.length });
    told = text;
    if (good.length === objects.length) return { healthy: true, end: "healthy", objects };
    if (objects.some(({ health }) => health?.state === "failed"))
      return { healthy: false, end: "failed", objects };
    const wait = Math.min(options.longest(looks), until - now());
    if (wait <= 0) return { healthy: false, end: "timeout", objects };
    await options.pause(wait);
  }
}

function isGood({ health }: ObjectHealth): boolean {
  return health?.state === "healthy" || health?.state === "assumed";
}

async function healthAt(reader: KubeReader, key: ObjectKey, now: number): Promise<ObjectHealth> {
  const resource = await reader.discovery.resourceFor(key);
  let object: JsonObject | undefined;
  if (resource !== undefined)
    object = await reader.get({ ...resourcePath(resource, key.namespace), name: key.name });
  return { key, health: object === undefined ? null : healthOf(object, now) };
}
