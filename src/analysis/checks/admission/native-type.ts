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
  return nativeType(found, minor, asPolicies);
}

/** How the fields of a type are seen. */
export interface TypeStyle {
  /** The name under which expressions select a field; undefined: they cannot. */
  readonly nameOf: (field: string) => string | undefined;
  readonly scalars: ReadonlyMap<ScalarKind, CelType>;
  /** Structures by their definition, where types are made again and again for one version. */
  readonly known?: Map<number, CelType>;
}

/** The type of a native kind; undefined for other kinds. */
export function nativeType(
  key: { readonly group: string; readonly version: string; readonly kind: string },
  minor: number,
  style: TypeStyle,
): CelType | undefined {
  const schema = schemaOf(key, minor);
  return schema === undefined
    ? undefined
    : structOf(schema, { style, within: [], known: style.known ?? new Map() });
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

/** The types of expressions of admission policies. */
const asPolicies: TypeStyle = { nameOf: escapeName, scalars };

/** The types of what stands in files, for the newest version: times and bytes are texts there, and every field has its own name. */
export const asWritten: TypeStyle = {
  nameOf: (field) => field,
  scalars: new Map([
    ...scalars,
    ...(["bytes", "time", "microtime"] as const).map((scalar): [ScalarKind, CelType] => [scalar, STRING]),
  ]),
  known: new Map(),
};

interface Walk {
  readonly style: TypeStyle;
  readonly within: readonly number[];
  readonly known: Map<number, CelType>;
}

function typeOf(type: SchemaType, walk: Walk): CelType {
  switch (type.shape) {
    case "scalar":
      return walk.style.scalars.get(type.scalar) ?? DYN;
    case "enum":
      return STRING;
    case "list":
      return listType(typeOf(type.item, walk));
    case "map":
      return mapType(STRING, typeOf(type.value, walk));
    default:
      // A type that contains itself is not looked into again.
      return walk.within.includes(type.definition) ? DYN : structOf(type, walk);
  }
}

function structOf(type: StructType, walk: Walk): CelType {
  const before = walk.known.get(type.definition);
  if (before !== undefined) return before;
  const fields = new Map<string, CelType>();
  const inside = { ...walk, within: [...walk.within, type.definition] };
  for (const [name, field] of type.fields) {
    const selected = walk.style.nameOf(name);
    if (selected !== undefined) fields.set(selected, typeOf(field.type(), inside));
  }
  const made = structType(type.go, fields);
  walk.known.set(type.definition, made);
  return made;
}
