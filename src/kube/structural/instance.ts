import type { Json, JsonObject } from "../json.ts";
import { withDefaults } from "./defaults.ts";
import { embeddedFaults } from "./embedded.ts";
import type { Fault } from "./fault.ts";
import { listTypeFaults } from "./list-types.ts";
import { ruleFaults } from "./rules.ts";
import type { DefinedVersion } from "./schema.ts";
import { unknownFields } from "./unknown.ts";
import { schemaFaults } from "./validate.ts";

/** Faults after which the server does not evaluate rules. */
const blocking: ReadonlySet<Fault["kind"]> = new Set<Fault["kind"]>(["required", "type"]);

/**
 * What the API server of a minor refuses when a custom resource is created with strict validation: unknown fields, schema,
 * list types, embedded objects, rules; `old` makes it an update. Names, labels and annotations of the object itself are
 * not looked at here.
 */
export function instanceFaults(
  object: JsonObject,
  version: DefinedVersion,
  minor: number,
  old?: JsonObject,
): readonly Fault[] {
  const { schema } = version;
  if (schema === undefined) return [];
  const unknown = unknownFields(object, schema, true);
  // A strict server goes no further; what else is wrong is said all the same.
  const kept = withDefaults(withoutStatus(object, version), schema);
  const before = old === undefined ? undefined : withDefaults(withoutStatus(old, version), schema);
  const faults = [
    ...schemaFaults(kept, schema, [], minor),
    ...embeddedFaults(kept, schema, []),
    ...listTypeFaults(kept, schema, []),
  ];
  const blocked = faults.some(({ kind, blocks }) => blocking.has(kind) || blocks === true);
  return [
    ...unknown,
    ...faults,
    ...(blocked ? [] : ruleFaults(kept, schema, { minor, root: true, old: before })),
  ];
}

/** Creating and updating leave a status with a subresource of its own alone. */
function withoutStatus(object: JsonObject, { status }: DefinedVersion): Json {
  if (!status || !Object.hasOwn(object, "status")) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== "status"));
}
