export interface TransportLimits {
  /** Largest answer, in bytes. */
  readonly answerBytes: number;
  /** Longest time until an answer begins, and again until it is complete, in milliseconds. */
  readonly answerMs: number;
  /** Longest silence of a stream; the server sends a bookmark about every minute. */
  readonly silenceMs: number;
  /** Requests at the same time, without watches. */
  readonly concurrency: number;
  /** Longest time that is waited, all in all, because the server asks for it (429, 503). */
  readonly patienceMs: number;
}

export const defaultLimits: TransportLimits = {
  answerBytes: 64 * 1024 * 1024,
  // The API server itself gives up after 60 s (--request-timeout).
  answerMs: 75_000,
  silenceMs: 150_000,
  concurrency: 8,
  patienceMs: 60_000,
};
