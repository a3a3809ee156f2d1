export interface KomposeProbe {
  readonly path?: string;
  readonly port?: number;
  readonly tcp?: number;
  readonly test?: readonly string[];
}
/** What labels of kompose say about other fields; applied when these are read. */
export interface KomposeSettings {
  liveness?: KomposeProbe;
  readiness?: KomposeProbe;
  volumeSize?: number;
  storageClass?: string;
  subPath?: string;
}
