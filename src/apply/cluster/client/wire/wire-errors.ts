import { OpsError } from "../../../../kube/ops-error.ts";
import { clusterError, clusterErrorCause } from "../errors/cluster-error.ts";
import type { PreparedRequest } from "../request/prepare-request.ts";

export function aborted(): OpsError {
  return clusterError("INTERRUPTED", "the request was given up");
}

/** Whether a request may have taken effect when nothing more is known than that it was sent. */
export function effectOf(prepared: PreparedRequest, sent: boolean): "no" | "unknown" {
  return prepared.kind === "write" && sent ? "unknown" : "no";
}

/** A request that got no answer. */
export function requestError(
  error: NodeJS.ErrnoException,
  prepared: PreparedRequest,
  sent: boolean,
  reused: boolean,
): OpsError {
  if (OpsError.is(error)) return error;
  const effect = effectOf(prepared, sent);
  if (error.name === "AbortError") {
    return effect === "unknown"
      ? clusterError("INTERRUPTED", `the ${prepared.label} was given up after it was sent`, { effect })
      : aborted();
  }
  const system = error.code ?? "unknown";
  if (system.startsWith("HPE_"))
    return clusterError("CLUSTER_ANSWER", `the answer to the ${prepared.label} is not HTTP`, {
      effect,
      system,
    });
  return clusterError(
    "CLUSTER_UNREACHABLE",
    effect === "unknown"
      ? `the connection broke after the ${prepared.label} was sent: whether it took effect is not known`
      : `the connection broke before the ${prepared.label} was answered`,
    { effect, system: reused ? `${system} on a kept connection` : system },
  );
}

/**
 * How long to wait before another attempt, in milliseconds; undefined when there is none. A write is repeated only after
 * 429 with Retry-After: the server turned it away before it looked at it. What changes nothing is also repeated when
 * the server is not ready, and at once when a kept connection turns out to be closed.
 */
export function retryPause(error: unknown, prepared: PreparedRequest, attempt: number): number | undefined {
  const cause = clusterErrorCause(error);
  if (cause === undefined) return undefined;
  const { failure, system } = cause;
  const changesNothing = prepared.kind !== "write";
  if (failure === null)
    return changesNothing && attempt <= 2 && system?.endsWith(" on a kept connection") === true
      ? 0
      : undefined;
  const asked = failure.retryAfterSeconds;
  if (failure.status === 429 && (asked !== null || changesNothing)) return 1000 * Math.max(asked ?? 0, 1);
  if (failure.status === 503 && changesNothing) return 1000 * Math.max(asked ?? 0, attempt);
  return undefined;
}
