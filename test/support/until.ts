export interface Patience {
  /** Milliseconds until it is given up; a test ends after 60 s. */
  readonly limit?: number;
  /** Milliseconds between two looks. */
  readonly pause?: number;
}

/**
 * Looks until there is what is waited for (anything but `false` and `undefined`), and gives it: nothing is supposed about
 * how long a busy machine takes. `what` ends the sentence "gave up waiting until ..."; as a function it tells the last state.
 */
export async function until<T>(
  what: string | (() => string),
  look: () => T | Promise<T>,
  { limit = 45_000, pause = 25 }: Patience = {},
): Promise<Exclude<T, false | undefined>> {
  const end = performance.now() + limit;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen !== undefined) return seen as Exclude<T, false | undefined>;
    if (performance.now() > end)
      throw new Error(`gave up waiting until ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
