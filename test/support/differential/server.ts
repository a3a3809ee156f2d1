import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../src/kube/json.ts";
import { resourceOf } from "../../../src/kube/catalogue/catalogue.ts";
import { objectKey } from "../../../src/kube/object-key.ts";
import type { ControlPlane } from "../control-plane.ts";

export interface Cause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

/** What the API server said to a dry-run request. */
export interface Verdict {
  readonly status: number;
  readonly message: string;
  readonly causes: readonly Cause[];
}

export const accepted = (verdict: Verdict): boolean => verdict.status >= 200 && verdict.status < 300;

const CONCURRENCY = 8;

/** Namespace of every namespaced base object. */
export const NAMESPACE = "n1";

export function collectionPath(object: JsonObject): string {
  const key = objectKey(object);
  const type = resourceOf(key);
  if (type === undefined) throw new Error(`${key.kind} is not in the catalogue`);
  const group = key.group === "" ? `/api/${key.version}` : `/apis/${key.group}/${key.version}`;
  return `${group}${type.namespaced ? `/namespaces/${NAMESPACE}` : ""}/${type.plural}`;
}

const query = "dryRun=All&fieldValidation=Strict";

/** Asks the server to create each object, without doing it; answers in the order of the objects. */
export function askCreate(plane: ControlPlane, objects: readonly JsonObject[]): Promise<Verdict[]> {
  return inParallel(objects, async (object) => {
    return verdictFor(plane, "POST", `${collectionPath(object)}?${query}`, object);
  });
}

export interface Update {
  readonly before: JsonObject;
  readonly after: JsonObject;
}

/** Asks the server to replace standing objects by others, without doing it. */
export function askUpdate(plane: ControlPlane, updates: readonly Update[]): Promise<Verdict[]> {
  return inParallel(updates, async ({ before, after }) => {
    const path = `${collectionPath(before)}/${encodeURIComponent(objectKey(before).name)}?${query}`;
    return verdictFor(plane, "PUT", path, after);
  });
}

/** A request whose connection the server closes is sent again: a validation that panics closes it each time (status 0). */
async function verdictFor(
  plane: ControlPlane,
  method: string,
  path: string,
  body: JsonObject,
): Promise<Verdict> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const answer = await plane.admin(method, path, body);
      return verdictOf(answer.status, answer.body);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
    }
  }
  return { status: 0, message: "the server closed the connection", causes: [] };
}

async function inParallel<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await run(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return results;
}

function verdictOf(status: number, body: JsonObject): Verdict {
  if (status >= 200 && status < 300) return { status, message: "", causes: [] };
  const causes = valueAt(body, ["details", "causes"]);
  return {
    status,
    message: text(valueAt(body, ["message"])),
    causes: (isArray(causes) ? causes : []).filter(isObject).map((cause) => ({
      reason: text(cause["reason"]),
      field: text(cause["field"]),
      message: text(cause["message"]),
    })),
  };
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
