import type { JsonPath } from "./json.ts";
import type { Place } from "./place.ts";

export type Severity = "error" | "warning" | "info";

/** What reading found at a place. `analysis/findings` adds to it what checks find. */
export interface Problem {
  /** Stable id, `family/kebab-case`. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly place?: Place;
  readonly path?: JsonPath;
  /** What to do about it. */
  readonly hint?: string;
}
