import { isArray, isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import { type Check, report, reportAt, type Run, shown } from "./run.ts";

/** A rule over several members of a mapping. */
export type Cross = (value: JsonObject, run: Run) => void;

interface Row {
  readonly name: string;
  readonly check: Check | undefined;
  readonly required: boolean;
}

/** A member that must be there and not be the empty text, nor 0 where the server takes 0 for "not set". */
export interface Required {
  readonly required: true;
  readonly check?: Check;
}

export function required(check?: Check): Required {
  return check === undefined ? { required: true } : { required: true, check };
}

const known = new Set<string>();

/** The Go functions that the rules are transcribed from, sorted: `package Function`. */
export function transcribedFunctions(): readonly string[] {
  return [...known].sort();
}

/**
 * The rules for a mapping: member by member, then across members. `source` is the Go function that has them, as
 * `group Function` for pkg/apis/<group>/validation of k8s.io/kubernetes.
 */
export function fields(
  source: string,
  table: Readonly<Record<string, Check | Required>>,
  ...cross: readonly Cross[]
): Check {
  known.add(source);
  const rows = Object.entries(table).map(
    ([name, entry]): Row =>
      typeof entry === "function"
        ? { name, check: entry, required: false }
        : { name, check: entry.check, required: true },
  );
  return (value, run) => {
    if (!isObject(value)) return;
    run.source = source;
    for (const { name, check, required: must } of rows) {
      const member = value[name];
      if (must && isUnset(member)) {
        reportAt(run, name, "server/required", name);
        continue;
      }
      if (member === undefined || member === null || check === undefined) continue;
      run.path.push(name);
      check(member, run);
      run.path.pop();
      run.source = source;
    }
    for (const rule of cross) {
      rule(value, run);
      run.source = source;
    }
  };
}

/** What Go reads as the zero value of a text, a number or a list. */
export function isUnset(value: Json | undefined): boolean {
  return (
    value === undefined ||
    value === null ||
    value === "" ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** A rule for each item of a list. */
export function each(check: Check): Check {
  return (value, run) => {
    if (!isArray(value)) return;
    const { source } = run;
    for (let index = 0; index < value.length; index++) {
      run.path.push(index);
      check(value[index] ?? null, run);
      run.path.pop();
      run.source = source;
    }
  };
}

/** A rule for each value of a map, and one for its keys. */
export function eachMember(check: Check | undefined, key?: Check): Check {
  return (value, run) => {
    if (!isObject(value)) return;
    const { source } = run;
    for (const name of Object.keys(value)) {
      run.path.push(name);
      key?.(name, run);
      check?.(value[name] ?? null, run);
      run.path.pop();
      run.source = source;
    }
  };
}

/** Every one of the rules. */
export function all(...checks: readonly Check[]): Check {
  return (value, run) => {
    for (const check of checks) check(value, run);
  };
}

/** Must be one of these texts. `orEmpty`: the empty text counts as not set. */
export function oneOf(values: readonly string[], orEmpty = false): Check {
  const allowed = new Set(values);
  if (orEmpty) allowed.add("");
  const list = values.join(", ");
  return (value, run) => {
    if (typeof value === "string" && !allowed.has(value))
      report(run, "server/not-supported", shown(value), list);
  };
}

/** A whole number between two bounds, both included. */
export function range(low: number, high: number, zeroUnset = false): Check {
  return (value, run) => {
    if (typeof value !== "number" || (zeroUnset && value === 0)) return;
    if (value < low || value > high)
      report(run, "server/out-of-range", String(value), `it must be between ${low} and ${high}`);
  };
}

export const nonNegative: Check = (value, run) => {
  if (typeof value === "number" && value < 0)
    report(run, "server/out-of-range", String(value), "it must be 0 or more");
};

export const positive: Check = (value, run) => {
  if (typeof value === "number" && value <= 0)
    report(run, "server/out-of-range", String(value), "it must be greater than 0");
};

export function maxLength(most: number): Check {
  return (value, run) => {
    if (typeof value === "string" && byteLength(value) > most)
      report(run, "server/too-long", shown(value), `at most ${most} bytes are allowed`);
  };
}

export function maxItems(most: number): Check {
  return (value, run) => {
    if (isArray(value) && value.length > most)
      report(run, "server/too-many", "the list", `${value.length} of at most ${most}`);
  };
}

/** The items' texts (or what `of` takes of them) must differ; only the later ones are told. */
export function unique(of?: (item: Json) => Json | undefined): Check {
  return (value, run) => {
    if (!isArray(value) || value.length < 2) return;
    const seen = new Set<Json>();
    for (let index = 0; index < value.length; index++) {
      const item = value[index] ?? null;
      const id = of === undefined ? item : of(item);
      if (id === undefined || id === null || typeof id === "object") continue;
      if (!seen.has(id)) seen.add(id);
      else {
        run.path.push(index);
        report(run, "server/duplicate", shown(id));
        run.path.pop();
      }
    }
  };
}

/** A text for which `why` gives a reason is refused. */
export function text(why: (text: string, minor: number) => string | undefined, name = true): Check {
  return (value, run) => {
    if (typeof value !== "string") return;
    const reason = why(value, run.minor);
    if (reason !== undefined) report(run, name ? "server/name" : "server/invalid", shown(value), reason);
  };
}

/** The same, where the empty text counts as not set. */
export function textOrEmpty(why: (text: string, minor: number) => string | undefined, name = true): Check {
  const check = text(why, name);
  return (value, run) => {
    if (value !== "") check(value, run);
  };
}

/** A rule of some minors only. */
export function from(minor: number, check: Check): Check {
  return (value, run) => {
    if (run.minor >= minor) check(value, run);
  };
}

const encoder = new TextEncoder();

export function byteLength(text: string): number {
  // Most texts are ASCII.
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return encoder.encode(text).length;
  return text.length;
}

// --- members, as Go reads them

/** The text of a member, "" where it is not set; undefined where it is of another type. */
export function textOf(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : undefined;
}

export function numberOf(object: JsonObject, name: string): number | undefined {
  const value = object[name];
  return typeof value === "number" ? value : undefined;
}

export function objectOf(object: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = object?.[name];
  return isObject(value) ? value : undefined;
}

const none: readonly Json[] = [];

export function listOf(object: JsonObject | undefined, name: string): readonly Json[] {
  const value = object?.[name];
  return isArray(value) ? value : none;
}

export function isSet(object: JsonObject | undefined, name: string): boolean {
  const value = object?.[name];
  return value !== undefined && value !== null;
}
