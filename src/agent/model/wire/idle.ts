/** Longest time of one answer, however busy the connection is: an endpoint that only keeps it alive says nothing. */
const MOST_MILLISECONDS = 600_000;

/** Aborts when nothing came for a while, when an answer takes for ever, or when the caller aborts. `beat` starts the while again. */
export interface Idle {
  readonly signal: AbortSignal;
  readonly beat: () => void;
  /** Whether it was the silence that ended it. */
  readonly silent: () => boolean;
  readonly close: () => void;
}

export function idleAbort(outer: AbortSignal, milliseconds: number): Idle {
  const controller = new AbortController();
  let silent = false;
  const forward = (): void => controller.abort(outer.reason);
  const start = (after: number): NodeJS.Timeout =>
    setTimeout(() => {
      silent = true;
      controller.abort(new Error("silence"));
    }, after);
  const whole = start(MOST_MILLISECONDS);
  let timer = start(milliseconds);
  if (outer.aborted) forward();
  else outer.addEventListener("abort", forward, { once: true });
  return {
    signal: controller.signal,
    beat: () => {
      clearTimeout(timer);
      timer = start(milliseconds);
    },
    silent: () => silent,
    close: () => {
      clearTimeout(timer);
      clearTimeout(whole);
      outer.removeEventListener("abort", forward);
    },
  };
}
