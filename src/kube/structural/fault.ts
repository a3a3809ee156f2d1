import type { JsonPath } from "../json.ts";

/** What the API server would refuse at a place of a definition or of an object. */
export interface Fault {
  readonly kind:
    | "unknown"
    | "required"
    | "type"
    | "value"
    | "duplicate"
    | "rule"
    | "schema"
    | "expression"
    | "cost"
    | "uncertain";
  readonly path: JsonPath;
  /** Its end: "must be …", as the server says it. */
  readonly message: string;
  /** The server does not come to the CEL rules: what would make them dear is too large. */
  readonly blocks?: true;
}

export function fault(kind: Fault["kind"], path: JsonPath, message: string): Fault {
  return { kind, path, message };
}
