import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../json.ts";
import { type Fault, fault } from "./fault.ts";
import { objectFields, type Structural } from "./schema.ts";

/** Fields of ObjectMeta. */
const metadataNames: ReadonlySet<string> = new Set(
  "annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName generation labels managedFields name namespace ownerReferences resourceVersion selfLink uid".split(
    " ",
  ),
);

/**
 * Fields that a schema does not know: a strict server refuses them, others drop them (k8s.io/apiextensions-apiserver
 * pkg/apiserver/schema/pruning/algorithm.go). `root`: the value is a whole object.
 */
export function unknownFields(value: Json, schema: Structural | undefined, root: boolean): readonly Fault[] {
  const faults: Fault[] = [];
  prune(value, { schema, preserve: schema?.preserve === true, object: root }, [], faults);
  return faults;
}

interface Place {
  readonly schema: Structural | undefined;
  /** Fields without a schema are kept here. */
  readonly preserve: boolean;
  /** The value is a whole object. */
  readonly object: boolean;
}

function below(schema: Structural | undefined, inherited = false): Place {
  return { schema, preserve: inherited || schema?.preserve === true, object: schema?.embedded === true };
}

function prune(value: Json, place: Place, path: JsonPath, faults: Fault[]): void {
  if (isArray(value)) {
    const { schema, preserve } = place;
    for (const [at, item] of value.entries()) {
      // Items of a list that keeps unknown fields keep them too.
      if (schema !== undefined || !preserve)
        prune(item, below(schema?.items, preserve), [...path, at], faults);
    }
  } else if (isObject(value)) pruneMembers(value, place, path, faults);
}

function pruneMembers(value: JsonObject, place: Place, path: JsonPath, faults: Fault[]): void {
  const { schema, preserve, object } = place;
  for (const [name, member] of Object.entries(value)) {
    const inner = [...path, name];
    if (object && objectFields.has(name)) {
      if (name === "metadata" && isObject(member)) unknownMetadata(member, inner, faults);
      continue;
    }
    const property = schema?.properties.get(name);
    if (property !== undefined) prune(member, below(property), inner, faults);
    else if (schema?.additional !== undefined) {
      // Of `additionalProperties: true` the server knows no fields, and drops those of mappings inside.
      prune(member, below(schema.additional === true ? undefined : schema.additional), inner, faults);
    } else if (!preserve) faults.push(fault("unknown", inner, "unknown field"));
  }
}

function unknownMetadata(metadata: JsonObject, path: JsonPath, faults: Fault[]): void {
  for (const name of Object.keys(metadata)) {
    if (!metadataNames.has(name)) faults.push(fault("unknown", [...path, name], "unknown field"));
  }
}
