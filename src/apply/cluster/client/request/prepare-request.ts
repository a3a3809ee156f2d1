import { canonicalJson } from "../../../../kube/canonical-json.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import { classifyRequest, type RequestClass } from "./classify-request.ts";
import { isPermitted, type WritePermits } from "./permits.ts";
import type { PlannedRequest } from "./planned-request.ts";

/** One request to be sent. A writing one is a planned request and the version that its object was read at. */
export type WireRequest =
  | {
      readonly method: "GET" | "HEAD";
      readonly path: string;
      readonly accept?: string;
      readonly ifNoneMatch?: string;
    }
  | { readonly method: "POST"; readonly path: string; readonly review: JsonObject }
  | { readonly planned: PlannedRequest; readonly resourceVersion?: string };

/** What goes over the wire, to the letter: made by `prepareRequest` only. */
export interface PreparedRequest {
  readonly method: string;
  readonly path: string;
  readonly kind: Exclude<RequestClass["kind"], "refused">;
  /** How messages name it. */
  readonly label: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** The permitted request that a success spends. */
  readonly permit: PlannedRequest | undefined;
}

/**
 * The gate (kernel K13): what is not a read, a self review, a dry run or a permitted write is refused here, before there
 * is anything to send.
 * @throws {TypeError} a refusal: a bug of the caller
 */
export function prepareRequest(
  request: WireRequest,
  permits: WritePermits | undefined,
  othersReview: boolean = false,
): PreparedRequest {
  if ("planned" in request) return prepareWrite(request.planned, request.resourceVersion, permits);
  const { method, path } = request;
  const body = "review" in request ? request.review : undefined;
  const found = classifyRequest(method, path, body, othersReview);
  if (found.kind === "refused") throw refusal(method, path, found.reason);
  if (found.kind === "write" || found.kind === "dry-run")
    throw refusal(method, path, "a writing request is made by a plan");
  const headers: Record<string, string> = {
    accept: ("accept" in request ? request.accept : undefined) ?? "application/json",
    ...("ifNoneMatch" in request &&
      request.ifNoneMatch !== undefined && { "if-none-match": request.ifNoneMatch }),
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  const text = body === undefined ? undefined : canonicalJson(body);
  return { method, path, ...found, headers, body: text, permit: undefined };
}

const contentTypes: ReadonlyMap<string, readonly string[]> = new Map([
  ["POST", ["application/json"]],
  ["PATCH", ["application/apply-patch+yaml", "application/json-patch+json"]],
  ["DELETE", ["application/json"]],
]);

function prepareWrite(
  planned: PlannedRequest,
  resourceVersion: string | undefined,
  permits: WritePermits | undefined,
): PreparedRequest {
  // A copy: what was checked is what is sent, whatever the caller does with its object meanwhile.
  const request = JSON.parse(canonicalJson(planned)) as PlannedRequest;
  const { method, path, contentType } = request;
  if (contentTypes.get(method)?.includes(contentType) !== true)
    throw refusal(method, path, `${contentType} is not sent with ${method}`);
  const body = withVersion(request, resourceVersion);
  const found = classifyRequest(method, path, body);
  if (found.kind === "refused") throw refusal(method, path, found.reason);
  if (found.kind !== "dry-run" && found.kind !== "write")
    throw refusal(method, path, "a plan holds writing requests");
  if (found.kind === "write" && !isPermitted(permits, request))
    throw refusal(method, path, "no verified plan permits this request");
  return {
    method,
    path,
    ...found,
    headers: { accept: "application/json", "content-type": contentType },
    body: canonicalJson(body),
    permit: found.kind === "write" ? request : undefined,
  };
}

/** The body with the version added at its one place. @throws {TypeError} when one is missing or too many. */
function withVersion(request: PlannedRequest, version: string | undefined): Json {
  const { method, path, body, takesVersion } = request;
  if ((takesVersion === "no") !== (version === undefined)) {
    const reason = takesVersion === "no" ? "it takes no resourceVersion" : "it takes a resourceVersion";
    throw refusal(method, path, reason);
  }
  if (version === undefined) return body;
  // Opaque by the API's contract, a decimal number in fact; zero means "whatever is there" and is no precondition.
  if (!/^[1-9]\d{0,19}$/.test(version)) throw refusal(method, path, "this is no resourceVersion");
  if (takesVersion === "patch" && isArray(body))
    return [...body, { op: "replace", path: "/metadata/resourceVersion", value: version }];
  const member = takesVersion === "metadata" ? "metadata" : "preconditions";
  const inner = isObject(body) ? body[member] : undefined;
  if (!isObject(body) || !isObject(inner) || Object.hasOwn(inner, "resourceVersion"))
    throw refusal(method, path, "its resourceVersion has no place");
  return { ...body, [member]: { ...inner, resourceVersion: version } };
}

export function refusal(method: string, path: string, reason: string): TypeError {
  return new TypeError(`refused before it was sent: ${method} ${path}: ${reason}`);
}
