import { OpsError } from "../../../kube/ops-error.ts";

/** A failure that may pass: the same request may be sent again, after this many seconds where the provider says so. */
export interface Transient {
  readonly error: OpsError;
  readonly retryAfterSeconds: number | undefined;
}

const transients = new WeakMap<object, number | null>();

/** Marks an error as one that may pass. */
export function transient(error: OpsError, retryAfterSeconds?: number): OpsError {
  transients.set(error, retryAfterSeconds ?? null);
  return error;
}

/** What is known of an error's passing; undefined for one that stays. */
export function transientOf(error: unknown): Transient | undefined {
  if (!OpsError.is(error)) return undefined;
  const seconds = transients.get(error);
  return seconds === undefined ? undefined : { error, retryAfterSeconds: seconds ?? undefined };
}

/**
 * The failure behind an HTTP status. The provider's own text is never told: it echoes parts of keys and of requests.
 */
export function statusError(provider: string, status: number, retryAfter: string | null): OpsError {
  const seconds = retryAfterSeconds(retryAfter);
  if (status === 401 || status === 403) {
    return new OpsError("MODEL_AUTH", `${provider} does not accept the key (HTTP ${status})`, {
      hint: "check the key and what it may use; nothing was planned",
    });
  }
  if (status === 429) {
    return transient(
      new OpsError("MODEL_BUSY", `${provider} limits the rate (HTTP 429)`, { hint: "try again later" }),
      seconds,
    );
  }
  if (status >= 500 || status === 408 || status === 409) {
    return transient(
      new OpsError("MODEL_BUSY", `${provider} is overloaded or failing (HTTP ${status})`, {
        hint: "try again later",
      }),
      seconds,
    );
  }
  return new OpsError("MODEL_ANSWER", `${provider} refuses the request (HTTP ${status})`, {
    hint: status === 404 ? "check the name of the model and the base URL" : "check the name of the model",
  });
}

export function brokenOff(provider: string, cause?: unknown): OpsError {
  return transient(
    new OpsError("MODEL_UNREACHABLE", `the answer of ${provider} broke off before its end`, { cause }),
  );
}

export function unreachable(provider: string, host: string, cause?: unknown): OpsError {
  return transient(
    new OpsError("MODEL_UNREACHABLE", `${provider} cannot be reached at ${host}`, {
      hint: "check the network and the base URL; plan -f works without a model",
      cause,
    }),
  );
}

export function badAnswer(provider: string, reason: string): OpsError {
  return new OpsError("MODEL_ANSWER", `the answer of ${provider} is not what its protocol says: ${reason}`);
}

/** Seconds of a Retry-After header (RFC 9110 10.2.3); dates are not used by model providers, and a wrong clock would wait for ever. */
function retryAfterSeconds(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}(?:\.\d{1,3})?$/u.test(header.trim()) ? Number(header) : undefined;
}
