import type { ModelEvent, ModelPort, ModelRequest } from "./model-port.ts";
import { transientOf } from "./wire/model-error.ts";

export interface RetryOptions {
  /** Requests in all, the first included. */
  readonly attempts: number;
  /** First wait; each further one is twice as long. */
  readonly baseSeconds: number;
  /** Longest wait. A provider that asks for more is not waited for. */
  readonly mostSeconds: number;
  readonly sleep: (seconds: number, signal: AbortSignal) => Promise<void>;
}

export const defaultRetries: Omit<RetryOptions, "sleep"> = { attempts: 4, baseSeconds: 0.5, mostSeconds: 60 };

/**
 * A port that sends a request again while its failure may pass: rate limits, overload, broken connections and answers that
 * break off. Asking a model has no effect, so that the same request may always be sent again; what came of a broken answer
 * is void (`restart`).
 */
export function retrying(port: ModelPort, options: RetryOptions): ModelPort {
  return {
    provider: port.provider,
    model: port.model,
    send: (request, signal) => sendWithRetries(port, request, signal, options),
  };
}

async function* sendWithRetries(
  port: ModelPort,
  request: ModelRequest,
  signal: AbortSignal,
  options: RetryOptions,
): AsyncGenerator<ModelEvent> {
  for (let attempt = 1; ; attempt++) {
    try {
      yield* port.send(request, signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      const passing = transientOf(error);
      const seconds =
        passing === undefined
          ? undefined
          : (passing.retryAfterSeconds ??
            Math.min(options.mostSeconds, options.baseSeconds * 2 ** (attempt - 1)));
      if (
        passing === undefined ||
        seconds === undefined ||
        attempt >= options.attempts ||
        seconds > options.mostSeconds
      )
        throw error;
      yield { type: "restart" };
      yield { type: "waiting", seconds, reason: passing.error.message };
      await options.sleep(seconds, signal);
    }
  }
}

/** Waits, unless the signal ends it. */
export function sleep(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, seconds * 1000);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
