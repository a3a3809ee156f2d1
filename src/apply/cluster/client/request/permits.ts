import { canonicalJson } from "../../../../kube/canonical-json.ts";
import { isArray, isObject, valueAt } from "../../../../kube/json.ts";
import { sha256Hex } from "../../../../kube/digest.ts";
import { classifyRequest } from "./classify-request.ts";
import type { PlannedRequest } from "./planned-request.ts";

declare const brand: unique symbol;

/**
 * The exact requests that may change something: method, URL and SHA-256 of the body of each (kernel K13). Only
 * `permitPlan` makes one, and a writing client cannot be had without one.
 */
export interface WritePermits {
  readonly [brand]: true;
  /** How many requests are permitted. */
  readonly size: number;
}

const permitSets = new WeakMap<object, Map<string, "open" | "spent">>();

/**
 * Permits exactly these requests, each until it has succeeded once. To be called with the requests of a plan that was
 * verified in this process a moment ago, and by nobody else (a test holds the list of callers).
 * @throws {TypeError} for a request that is no write, or stands in the list twice.
 */
export function permitPlan(requests: readonly PlannedRequest[]): WritePermits {
  const permits = new Map<string, "open" | "spent">();
  for (const request of requests) {
    const found = classifyRequest(request.method, request.path, request.body);
    if (found.kind !== "write")
      throw new TypeError(
        `only writes are permitted: ${request.method} ${request.path}: ${found.kind === "refused" ? found.reason : found.kind}`,
      );
    const key = permitKey(request);
    if (permits.has(key))
      throw new TypeError(`a request is permitted once: ${request.method} ${request.path}`);
    permits.set(key, "open");
  }
  const result = Object.freeze({ size: permits.size }) as WritePermits;
  permitSets.set(result, permits);
  return result;
}

/**
 * Lets a permitted request that replaces managedFields go with others of the same object: entries of other managers move
 * whenever a controller looks at it. The caller has compared what passes to whom with the plan; nothing but the new value of
 * managedFields may differ.
 * @throws {TypeError} for anything else
 */
export function renewManagedFields(
  permits: WritePermits,
  planned: PlannedRequest,
  fresh: PlannedRequest,
): void {
  const set = permitSets.get(permits);
  const key = permitKey(planned);
  if (set?.get(key) !== "open" || frame(planned) === undefined || frame(planned) !== frame(fresh))
    throw new TypeError(`no verified plan permits this request: ${fresh.method} ${fresh.path}`);
  set.delete(key);
  set.set(permitKey(fresh), "open");
}

/** Everything of a replacement of managedFields but their value; undefined for every other request. */
function frame({ method, path, contentType, takesVersion, body }: PlannedRequest): string | undefined {
  if (method !== "PATCH" || contentType !== "application/json-patch+json" || takesVersion !== "patch")
    return undefined;
  if (!isArray(body) || body.length !== 2) return undefined;
  const [test, replace] = body;
  if (valueAt(test, ["op"]) !== "test" || valueAt(test, ["path"]) !== "/metadata/uid") return undefined;
  if (!isObject(replace) || replace["op"] !== "replace" || replace["path"] !== "/metadata/managedFields")
    return undefined;
  return canonicalJson([path, test ?? null, { ...replace, value: null }]);
}

/** Everything that the request puts on the wire, but the version that the transport adds. */
function permitKey(request: PlannedRequest): string {
  const { method, path, contentType, takesVersion } = request;
  return `${method} ${path} ${contentType} ${takesVersion} ${sha256Hex(canonicalJson(request.body))}`;
}

/** For the transport alone: whether the request may be sent now. */
export function isPermitted(permits: WritePermits | undefined, request: PlannedRequest): boolean {
  const set = permits === undefined ? undefined : permitSets.get(permits);
  return set?.get(permitKey(request)) === "open";
}

/** For the transport alone: the request succeeded, and is not permitted again. */
export function spendPermit(permits: WritePermits, request: PlannedRequest): void {
  permitSets.get(permits)?.set(permitKey(request), "spent");
}
