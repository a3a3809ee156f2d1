import { resourceOf, versionsOf } from "../../../kube/catalogue/catalogue.ts";
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DYN,
  INT,
  listType,
  mapType,
  STRING,
  structType,
  TIMESTAMP,
} from "../../../kube/cel/types.ts";
import { findResources } from "../../../kube/catalogue/find-resource.ts";
import { isArray, isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import type { ScalarKind, SchemaType, StructType } from "../../../kube/schema/schema-type.ts";
import { schemaOf } from "../../../kube/schema/schemas.ts";
import { escapeName } from "../../../kube/structural/declared-type.ts";

/** The type of the objects that a policy is for, when it is for one native kind only; undefined otherwise. */
export function nativeTypeOf(policy: JsonObject, minor: number): CelType | undefined {
  const rules = valueAt(policy, ["spec", "matchConstraints", "resourceRules"]);
  if (!isArray(rules) || rules.length !== 1 || !isObject(rules[0])) return undefined;
  const one = (name: string): string | undefined => {
    const values = valueAt(rules[0], [name]);
    return isArray(values) && values.length === 1 && typeof values[0] === "string" ? values[0] : undefined;
  };
  const group = one("apiGroups");
  const version = one("apiVersions");
  const resource = one("resources");
  if (group === undefined || version === undefined || resource === undefined) return undefined;
  const found = findResources(resource)
    .flat()
    .find((type) => type.group === group && type.version === version && type.plural === resource);
  if (found === undefined || resourceOf(found) === undefined || versionsOf(group, found.kind).length === 0)
    return undefined;
  const schema = schemaOf(found, minor);
  return schema === undefined ? undefined : structOf(schema, [], new Map());
}

const scalars: ReadonlyMap<ScalarKind, CelType> = new Map<ScalarKind, CelType>([
  ["string", STRING],
  ["bool", BOOL],
  ["int", INT],
  ["int8", INT],
  ["int16", INT],
  ["int32", INT],
  ["int64", INT],
  ["uint8", INT],
  ["uint16", INT],
  ["uint32", INT],
  ["uint64", INT],
  ["float32", DOUBLE],
  ["float64", DOUBLE],
  ["bytes", BYTES],
  ["time", TIMESTAMP],
  ["microtime", TIMESTAMP],
]);

function typeOf(type: SchemaType, within: readonly number[], known: Map<number, CelType>): CelType {
  switch (type.shape) {
    case "scalar":
      return scalars.get(type.scalar) ?? DYN;
    case "enum":
      return STRING;
    case "list":
      return listType(typeOf(type.item, within, known));
    case "map":
      return mapType(STRING, typeOf(type.value, within, known));
    case "struct":
      // A type that contains itself is not looked into again.
      return within.includes(type.definition) ? DYN : structOf(type, within, known);
  }
}

function structOf(type: StructType, within: readonly number[], known: Map<number, CelType>): CelType {
  const before = known.get(type.definition);
  if (before !== undefined) return before;
  const fields = new Map<string, CelType>();
  const inside = [...within, type.definition];
  for (const [name, field] of type.fields) {
    const escaped = escapeName(name);
    if (escaped !== undefined) fields.set(escaped, typeOf(field.type(), inside, known));
  }
  const made = structType(type.go, fields);
  known.set(type.definition, made);
  return made;
}
