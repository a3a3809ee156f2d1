import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import { printable } from "../../../kube/printable.ts";

/**
 * `healthy`: it does what it is for. `assumed`: its kind says nothing about itself, and it is there. `progressing`: not yet.
 * `failed`: it will not by itself. `terminating`: it is being deleted.
 */
export type HealthState = "healthy" | "assumed" | "progressing" | "failed" | "terminating";

export interface Health {
  readonly state: HealthState;
  /** In words of ours: numbers, reasons and names, never a message of a controller (kernel K17). */
  readonly message: string;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  /** CamelCase word; empty when it is none. */
  readonly reason: string;
  /** Milliseconds since 1970; null when it says nothing. */
  readonly since: number | null;
}

/** What a row of the table looks at. */
export interface HealthView {
  readonly object: JsonObject;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** A whole number at a path; undefined when there is none. */
  number(...path: readonly string[]): number | undefined;
  text(...path: readonly string[]): string | undefined;
  condition(type: string): Condition | undefined;
}

/** The object as rows of the table see it. */
export function viewOf(object: JsonObject, now: number): HealthView {
  const conditions = valueAt(object, ["status", "conditions"]);
  const list = (isArray(conditions) ? conditions : []).filter((each) => isObject(each));
  return {
    object,
    now,
    number: (...path) => {
      const value = valueAt(object, path);
      return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
    },
    text: (...path) => {
      const value = valueAt(object, path);
      return typeof value === "string" ? value : undefined;
    },
    condition: (type) => {
      const found = list.find((each) => each["type"] === type);
      return found === undefined
        ? undefined
        : {
            type,
            status: wordOf(found["status"]),
            reason: wordOf(found["reason"]),
            since: timeOf(found["lastTransitionTime"]),
          };
    },
  };
}

/** Reasons are words (apimachinery Condition: `^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`); what is none may hold anything. */
export function wordOf(value: Json | undefined): string {
  return typeof value === "string" && /^[A-Za-z][A-Za-z0-9_,:]{0,200}$/.test(value) ? printable(value) : "";
}

function timeOf(value: Json | undefined): number | null {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** ` (Reason)`, or nothing. */
export function because({ reason }: Condition): string {
  return reason === "" ? "" : ` (${reason})`;
}
