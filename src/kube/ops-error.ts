import { type ErrorRow, errorTable, type OpsErrorCode } from "./error-table.ts";
import type { Place } from "./place.ts";

const brand = Symbol.for("kubernetes-operations.dev/OpsError");

export interface OpsErrorDetails {
  readonly place?: Place;
  /** What to do, as a sentence or a command. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An expected failure: what happened, where, and what to do. Everything else that is thrown is a bug of ours. */
export class OpsError extends Error {
  readonly code: OpsErrorCode;
  readonly place: Place | undefined;
  readonly hint: string | undefined;

  constructor(code: OpsErrorCode, message: string, details: OpsErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "OpsError";
    this.code = code;
    this.place = details.place;
    this.hint = details.hint;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Exit code of the command line for this failure. */
  get exit(): number {
    const row: ErrorRow = errorTable[this.code];
    return row.exit;
  }

  /** Works across bundles: the library and the command line each hold a copy of the class. */
  static is(value: unknown): value is OpsError {
    return typeof value === "object" && value !== null && brand in value;
  }
}
