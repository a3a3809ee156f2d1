import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listType,
  mapType,
  STRING,
  structType,
  TIMESTAMP,
} from "../cel/types.ts";
import { utf8 } from "../cel/values.ts";
import { numberOf, objectFields, type Structural } from "./schema.ts";

/** How expressions see a part of a schema, and how large it can be (k8s.io/apiserver pkg/cel/common/schemas.go). */
export interface DeclaredType {
  readonly type: CelType;
  /** Items, entries or characters at most. */
  readonly most: number;
  /** Bytes of its JSON at least. */
  readonly least: number;
  readonly fields?: ReadonlyMap<string, DeclaredType>;
  readonly element?: DeclaredType;
  readonly key?: DeclaredType;
}

const MAX_REQUEST = 3 * 1024 * 1024;
const MAX_TEXT = MAX_REQUEST - 2;
const NAME_LENGTH = 253;

const known = new WeakMap<Structural, Map<boolean, DeclaredType | undefined>>();

/** Undefined: expressions do not see it, since its schema says too little. */
export function declaredType(schema: Structural, root: boolean): DeclaredType | undefined {
  const before = known.get(schema) ?? new Map<boolean, DeclaredType | undefined>();
  known.set(schema, before);
  if (before.has(root)) return before.get(root);
  const made = declare(schema, root);
  before.set(root, made);
  return made;
}

function simple(type: CelType, least: number, most = 0): DeclaredType {
  return { type, least, most };
}

const text = simple(STRING, 2, MAX_TEXT);

function declare(schema: Structural, root: boolean): DeclaredType | undefined {
  if (schema.intOrString) {
    const length = numberOf(schema.json, "maxLength");
    return simple(DYN, 1, length === undefined ? MAX_TEXT : Math.max(0, length) * 4);
  }
  switch (root ? "object" : schema.type) {
    case "array":
      return declareList(schema);
    case "object":
      return schema.additional !== undefined && schema.additional !== true && !root
        ? declareMap(schema, schema.additional)
        : declareObject(schema, root);
    case "string":
      return declareText(schema);
    case "boolean":
      return simple(BOOL, 4);
    case "number":
      return simple(DOUBLE, 1);
    case "integer":
      return simple(INT, 1);
    default:
      return undefined;
  }
}

function declareList(schema: Structural): DeclaredType | undefined {
  const element = schema.items === undefined ? undefined : declaredType(schema.items, schema.items.embedded);
  if (element === undefined) return undefined;
  const items = numberOf(schema.json, "maxItems");
  const most = items === undefined ? Math.floor((MAX_REQUEST - 2) / (element.least + 1)) : Math.max(0, items);
  return { type: listType(element.type), least: 2, most, element };
}

function declareMap(schema: Structural, values: Structural): DeclaredType | undefined {
  const element = declaredType(values, values.embedded);
  if (element === undefined) return undefined;
  const entries = numberOf(schema.json, "maxProperties");
  const most =
    entries === undefined ? Math.floor((MAX_REQUEST - 2) / (element.least + 6)) : Math.max(0, entries);
  // Keys have no known length.
  return { type: mapType(STRING, element.type), least: 2, most, element, key: simple(STRING, 2, 0) };
}

function declareObject(schema: Structural, root: boolean): DeclaredType {
  const fields = new Map<string, DeclaredType>();
  const required = new Set(schema.required);
  let least = 2;
  const put = (name: string, field: DeclaredType | undefined, hasDefault: boolean): void => {
    if (field === undefined) return;
    const escaped = escapeName(name);
    if (escaped !== undefined) fields.set(escaped, field);
    if (required.has(name) && !hasDefault) least += utf8(name).length + field.least + 4;
  };
  for (const [name, property] of schema.properties) {
    if (root && objectFields.has(name)) continue;
    put(name, declaredType(property, property.embedded), property.default !== undefined);
  }
  if (root) {
    put("kind", text, false);
    put("apiVersion", text, false);
    put("metadata", declareMetadata(schema.properties.get("metadata")), false);
  }
  const types = new Map([...fields].map(([name, field]) => [name, field.type]));
  return { type: structType("object", types), least, most: 0, fields };
}

function declareMetadata(schema: Structural | undefined): DeclaredType {
  const capped = (name: string, most: number): DeclaredType => {
    const own = schema?.properties.get(name);
    const length = own === undefined ? undefined : numberOf(own.json, "maxLength");
    return simple(STRING, 2, Math.min(length ?? most, most) * 4);
  };
  const fields = new Map([
    ["name", capped("name", NAME_LENGTH)],
    ["generateName", capped("generateName", NAME_LENGTH - 1)],
  ]);
  const types = new Map([...fields].map(([name, field]) => [name, field.type]));
  return { type: structType("object", types), least: 2, most: 0, fields };
}

function declareText(schema: Structural): DeclaredType {
  const length = numberOf(schema.json, "maxLength");
  switch (schema.format) {
    case "byte":
      return simple(BYTES, 2, length === undefined ? MAX_TEXT : Math.max(0, length));
    case "duration":
      return simple(DURATION, 3, 32);
    case "date":
      return simple(TIMESTAMP, 12, 12);
    case "date-time":
      return simple(TIMESTAMP, 21, 32);
    default:
  }
  if (length !== undefined) return simple(STRING, 2, Math.max(0, length) * 4);
  if (schema.enum === undefined || schema.enum.length === 0) return text;
  const longest = schema.enum.reduce<number>(
    (most, value) => (typeof value === "string" ? Math.max(most, utf8(value).length) : most),
    0,
  );
  return simple(STRING, 2, longest);
}

/** The most that the part at a path of an expression can hold; the path begins with the variable. */
export function sizeAt(root: DeclaredType, path: readonly string[]): number | undefined {
  let current: DeclaredType | undefined = root;
  for (const step of path.slice(1)) {
    if (step === "@items" || step === "@values") current = current.element;
    else if (step === "@keys") current = current.key;
    else current = current.fields?.get(step);
    if (current === undefined) return undefined;
  }
  return current.most;
}

const reserved: ReadonlySet<string> = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);
const escapes: ReadonlyMap<string, string> = new Map([
  ["__", "__underscores__"],
  [".", "__dot__"],
  ["-", "__dash__"],
  ["/", "__slash__"],
]);

/** The name of a property in expressions; undefined when it can have none (k8s.io/apiserver pkg/cel/escaping.go). */
export function escapeName(name: string): string | undefined {
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  if (reserved.has(name)) return `__${name}__`;
  return name.replaceAll(/__|[./-]/g, (part) => escapes.get(part) ?? part);
}
