/** The world's time and chance, as arguments of the pure rooms. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
}

export interface Ids {
  /** `bytes` random bytes as lower-case hexadecimal. */
  hex(bytes: number): string;
}
