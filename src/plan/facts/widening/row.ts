import { canonicalJson } from "../../../kube/canonical-json.ts";
import type { JsonObject } from "../../../kube/json.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import type { Operation } from "../../plan.ts";
import type { WideningId } from "../widening-ids.ts";

/** One changed object, before and after. */
export interface ChangedObject {
  readonly key: ObjectKey;
  readonly operation: Exclude<Operation, "unchanged">;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  /** Of a live object: who else decides over what the change touches. */
  readonly owners?: readonly Owner[];
  /** Managers whose fields pass to us for good. */
  readonly takesOver?: { readonly from: readonly string[]; readonly paths: readonly string[] };
}

/** Another manager of a field, or of an object as a whole. */
export interface Owner {
  /** As the charter's sharedWith names it. */
  readonly manager: string;
  readonly path: string;
  /** In words, without values. */
  readonly detail: string;
}

/** The target folder before and after the plan, whole: what selects what is seen only there. Of a cluster: what was read. */
export interface FolderView {
  readonly before: readonly JsonObject[];
  readonly after: readonly JsonObject[];
  /** There are objects that were not read: nothing follows from what is not here. */
  readonly partial?: boolean;
}

/** A field that widens something, found in one changed object. */
export interface Detected {
  readonly path: string;
  /** In words, without values. */
  readonly detail: string;
  /** What is used or gains: the name of a Secret, a ServiceAccount, a class. Absent: the object itself. */
  readonly subject?: string;
}

export interface Example {
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  /** Other objects of the folder, the same before and after. */
  readonly others?: readonly JsonObject[];
  readonly owners?: readonly Owner[];
  readonly takesOver?: ChangedObject["takesOver"];
}

/** One row of the table of kernel K7. */
export interface WideningRow {
  readonly id: WideningId;
  readonly title: string;
  /** What a change to it can reach, and where that is written. */
  readonly why: string;
  readonly source: string;
  readonly detect: (change: ChangedObject, folder: FolderView) => readonly Detected[];
  readonly positive: Example;
  readonly negative: Example;
}

/** What the object has now and had not before. */
export function added(
  change: ChangedObject,
  find: (object: JsonObject) => readonly Detected[],
): readonly Detected[] {
  const had = new Set((change.before === null ? [] : find(change.before)).map(asText));
  return (change.after === null ? [] : find(change.after)).filter((found) => !had.has(asText(found)));
}

/** What the object had and has no more; nothing when the object goes as a whole. */
export function taken(
  change: ChangedObject,
  find: (object: JsonObject) => readonly Detected[],
): readonly Detected[] {
  if (change.after === null || change.before === null) return [];
  const has = new Set(find(change.after).map(asText));
  return find(change.before).filter((found) => !has.has(asText(found)));
}

function asText(found: Detected): string {
  return canonicalJson(found);
}

/** Any change to an object of these kinds (`group/kind`, or `group/*`). */
export function anyChange(kinds: readonly string[]): WideningRow["detect"] {
  return ({ key, operation }) =>
    kinds.includes(`${key.group}/${key.kind}`) || kinds.includes(`${key.group}/*`)
      ? [{ path: "", detail: `${key.kind} ${key.name} is ${past[operation]}`, subject: key.name }]
      : [];
}

const past = {
  create: "created",
  update: "changed",
  recreate: "deleted and made again",
  delete: "deleted",
} as const;

/** For examples: an object with nothing but what it needs. */
export function example(
  apiVersion: string,
  kind: string,
  rest: JsonObject = {},
  metadata: JsonObject = {},
): JsonObject {
  return { apiVersion, kind, metadata: { name: "x", namespace: "shop", ...metadata }, ...rest };
}

/** For examples: a Deployment whose Pods have this spec and these labels. */
export function deployment(spec: JsonObject, labels: JsonObject = { app: "x" }): JsonObject {
  return example("apps/v1", "Deployment", {
    spec: { selector: { matchLabels: { app: "x" } }, template: { metadata: { labels }, spec } },
  });
}
