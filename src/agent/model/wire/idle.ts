/** Aborts when nothing came for a while, or when the caller aborts. `beat` starts the while again. */
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
  const start = (): NodeJS.Timeout =>
    setTimeout(() => {
      silent = true;
      controller.abort(new Error("silence"));
    }, milliseconds);
  let timer = start();
  if (outer.aborted) forward();
  else outer.addEventListener("abort", forward, { once: true });
  return {
    signal: controller.signal,
    beat: () => {
      clearTimeout(timer);
      timer = start();
    },
    silent: () => silent,
    close: () => {
      clearTimeout(timer);
      outer.removeEventListener("abort", forward);
    },
  };
}
