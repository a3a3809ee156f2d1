import type { JsonPath } from "../../../../kube/json.ts";
import type { Json } from "../../../../kube/json.ts";
import { printable } from "../../../../kube/printable.ts";
import type { ServerCode } from "./server-codes.ts";

/** What one rule found at a path of the object. */
export interface Fault {
  readonly code: ServerCode;
  readonly path: JsonPath;
  readonly what: string;
  readonly other: string;
  /** The Go function that refuses it. */
  readonly source: string;
}

/** One validation of one object: where the rules stand in it, and what they found. */
export interface Run {
  readonly minor: number;
  /** Path of the value that is being looked at; rules push and pop. */
  readonly path: (string | number)[];
  /** The Go function whose rules are being asked. */
  source: string;
  readonly faults: Fault[];
}

/** A rule for a value that is there. A value of the wrong type is no business of a rule: the schema check says it. */
export type Check = (value: Json, run: Run) => void;

const SHOWN = 80;

/** A value as messages show it: short, printable, texts in quotes. */
export function shown(value: Json | undefined): string {
  if (typeof value === "string")
    return `"${value.length > SHOWN ? `${printable(value.slice(0, SHOWN))}...` : printable(value)}"`;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "this list" : "this mapping";
  return String(value);
}

/** Reports a fault at the path where the run stands. */
export function report(run: Run, code: ServerCode, what: string, other = ""): void {
  run.faults.push({ code, path: run.path.slice(), what, other, source: run.source });
}

/** Reports a fault at a member of the value where the run stands. */
export function reportAt(
  run: Run,
  step: string | JsonPath,
  code: ServerCode,
  what: string,
  other = "",
): void {
  const path = typeof step === "string" ? [...run.path, step] : [...run.path, ...step];
  run.faults.push({ code, path, what, other, source: run.source });
}

/** Asks a rule about a member. */
export function inside(run: Run, step: string | number, value: Json | undefined, check: Check): void {
  if (value === undefined || value === null) return;
  const { source } = run;
  run.path.push(step);
  check(value, run);
  run.path.pop();
  run.source = source;
}
