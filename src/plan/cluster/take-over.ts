import { resourceOf } from "../../kube/catalogue/catalogue.ts";
import { objectMac } from "../change/object-mac.ts";
import { isArray, isObject, type Json, type JsonArray, type JsonObject, valueAt } from "../../kube/json.ts";
import { LAST_APPLIED } from "../../kube/last-applied.ts";
import { objectKey } from "../../kube/object-key.ts";
import { FIELD_MANAGER } from "../change/applyset.ts";
import type { LiveChange } from "../plan.ts";
import { type FieldSet, merged, pruned, union } from "./field-sets.ts";
import { managedEntries, sharedPlaces } from "./managed-fields.ts";

/**
 * Managers that applied an object from the client's side: those that wrote kubectl's copy of it, as kubectl itself finds
 * them (kubectl pkg/cmd/apply, migrateToSSAIfNecessary), and kubectl's own name for it. Sorted.
 */
export function clientSideManagers(live: JsonObject): readonly string[] {
  const names = managedEntries(live)
    .filter(({ operation, subresource }) => operation === "Update" && subresource === "")
    .filter(
      ({ manager, fields }) =>
        manager === "kubectl-client-side-apply" ||
        valueAt(fields, ["f:metadata", "f:annotations", `f:${LAST_APPLIED}`]) !== undefined,
    )
    .map(({ manager }) => manager);
  return [...new Set(names)].sort();
}

function isApplied(entry: Json, manager: string): boolean {
  return isEntry(entry, manager, "Apply");
}

function isEntry(entry: Json, manager: string, operation: string): boolean {
  const subresource = valueAt(entry, ["subresource"]);
  return (
    valueAt(entry, ["manager"]) === manager &&
    valueAt(entry, ["operation"]) === operation &&
    (subresource === undefined || subresource === "")
  );
}

/**
 * The managedFields of an object after a server-side applier took over what client-side ones own: the steps of client-go
 * util/csaupgrade (UpgradeManagedFields). Entries of others stay as they are.
 */
export function handedOver(
  managedFields: JsonArray,
  from: readonly string[],
  to: string = FIELD_MANAGER,
): JsonArray {
  let entries: readonly Json[] = managedFields;
  for (const manager of from) {
    const isTheirs = (entry: Json): boolean => isEntry(entry, manager, "Update");
    let index = entries.findIndex((entry) => isApplied(entry, to));
    if (index < 0) {
      index = entries.findIndex(isTheirs);
      if (index < 0) continue;
      entries = entries.with(index, { ...(entries[index] as JsonObject), operation: "Apply", manager: to });
    }
    const target = entries[index] as JsonObject;
    // Fields of another version cannot be united: they are given up, as csaupgrade does.
    const source = entries.find(
      (entry) => isTheirs(entry) && valueAt(entry, ["apiVersion"]) === target["apiVersion"],
    );
    const fieldsV1 = [target, source].reduce<FieldSet | undefined>((sum, entry) => {
      const fields = valueAt(entry, ["fieldsV1"]);
      return isObject(fields) ? (sum === undefined ? fields : union(sum, fields)) : sum;
    }, undefined);
    entries = entries
      .with(index, { ...target, fieldsV1: fieldsV1 ?? {} })
      .filter((entry) => !isTheirs(entry));
  }
  return entries;
}

/** What a take-over of a live object comes to. */
export interface TakeOver {
  readonly from: readonly string[];
  /** The managedFields as they become. */
  readonly managedFields: JsonArray;
  /** The fields that the applier owns then. */
  readonly fields: FieldSet;
}

/** Undefined where no client-side applier owns anything, and for a Secret. */
export function takeOverOf(live: JsonObject): TakeOver | undefined {
  const { group, kind } = objectKey(live);
  // No request holds a Secret's values: what leaves them out would take them away.
  if (group === "" && kind === "Secret") return undefined;
  const from = clientSideManagers(live);
  const entries = valueAt(live, ["metadata", "managedFields"]);
  if (from.length === 0 || !isArray(entries)) return undefined;
  const managedFields = handedOver(entries, from);
  const own = valueAt(
    managedFields.find((entry) => isApplied(entry, FIELD_MANAGER)),
    ["fieldsV1"],
  );
  return { from, managedFields, fields: isObject(own) ? own : {} };
}

/** What the object becomes by an apply after a take-over, as far as it can be told without the server. */
export function appliedAfter(
  live: JsonObject,
  desired: JsonObject,
  { managedFields, fields }: TakeOver,
): JsonObject {
  const others = managedFields.flatMap((entry): readonly FieldSet[] => {
    const set = valueAt(entry, ["fieldsV1"]);
    return isApplied(entry, FIELD_MANAGER) || !isObject(set) ? [] : [set];
  });
  const all = merged(live, desired, [fields, ...others]);
  return pruned(all, { last: fields, wanted: desired, others }) as JsonObject;
}

/** A take-over as a plan holds it: from whom, which fields, and what binds it to what apply will send. */
export function takesOver(live: JsonObject, macKey: Uint8Array | null): LiveChange["takesOver"] {
  const found = takeOverOf(live);
  if (found === undefined) return undefined;
  const known = resourceOf(objectKey(live)) !== undefined;
  const places = managedEntries(live)
    .filter(
      ({ manager, operation, subresource }) =>
        found.from.includes(manager) && operation === "Update" && subresource === "",
    )
    .flatMap(({ fields }) => sharedPlaces(fields, live));
  return {
    from: found.from,
    paths: [...new Set(places.map(({ path, masked }) => (known ? path : masked)))].sort(),
    mac: takeOverMac(found, macKey),
  };
}

/** Times and other managers' entries move whenever a controller looks at the object: they are not part of it. */
export function takeOverMac({ from, fields }: TakeOver, macKey: Uint8Array | null): string | null {
  return macKey === null ? null : objectMac(macKey, { from: [...from], fields });
}
