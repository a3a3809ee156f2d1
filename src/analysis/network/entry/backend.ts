import type { JsonObject } from "../../../kube/json.ts";

/** A reference from something that takes traffic from outside to a Service. */
export interface Backend {
  /** `Ingress shop/web`. */
  readonly by: string;
  readonly object: JsonObject;
  /** Host and path, as they are written; empty for everything. */
  readonly at: string;
  readonly namespace: string;
  readonly service: string;
  /** Number or name of a port of the Service; undefined: each of them. */
  readonly port: number | string | undefined;
  /** The reference names the port of the container instead. */
  readonly byTarget?: boolean;
  /** Why traffic does not come this far. */
  readonly refused?: string;
}
