import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../json.ts";

/** One node of the schema of custom resources (k8s.io/apiextensions-apiserver pkg/apis/apiextensions/v1 JSONSchemaProps). */
export interface Structural {
  readonly json: JsonObject;
  /** Where it stands; `pathTo` tells it as a path. */
  readonly at: SchemaPlace | undefined;
  readonly type: string;
  readonly format: string;
  readonly nullable: boolean;
  readonly default: Json | undefined;
  readonly properties: ReadonlyMap<string, Structural>;
  /** A schema of the other members, or `true` for any. */
  readonly additional: Structural | true | undefined;
  readonly items: Structural | undefined;
  readonly required: readonly string[];
  readonly enum: readonly Json[] | undefined;
  readonly allOf: readonly Structural[];
  readonly anyOf: readonly Structural[];
  readonly oneOf: readonly Structural[];
  readonly not: Structural | undefined;
  readonly pattern: string;
  readonly preserve: boolean;
  readonly embedded: boolean;
  readonly intOrString: boolean;
  readonly listType: string | undefined;
  readonly listMapKeys: readonly string[];
  readonly mapType: string | undefined;
  readonly rules: readonly ValidationRule[];
  /** It has keywords that few schemas have: some are refused. */
  readonly rare: boolean;
  /** It or a node of a value below it has rules. */
  readonly ruled: boolean;
}

/** The last step to a node, and the node above: paths are built only where one is shown. */
export interface SchemaPlace {
  readonly up: Structural;
  readonly key: string;
  readonly inner: string | number | undefined;
}

/** Where a node stands, from the root of the schema, and steps further. */
export function pathTo(schema: Structural, ...further: JsonPath): JsonPath {
  const steps: (string | number)[] = [];
  for (let { at } = schema; at !== undefined; { at } = at.up) {
    if (at.inner !== undefined) steps.push(at.inner);
    steps.push(at.key);
  }
  return [...steps.reverse(), ...further];
}

export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
  readonly messageExpression: string;
  readonly reason: string;
  readonly fieldPath: string;
  readonly optionalOldSelf: boolean | undefined;
}

/** Schemas with more nodes are not read: no definition that fits a request has as many. */
const MAX_NODES = 300_000;

const read = new WeakMap<JsonObject, Structural>();

export class SchemaTooLarge extends Error {}

/** Reads a schema; the same schema object gives the same result. Throws SchemaTooLarge beyond the limit. */
export function readSchema(json: JsonObject): Structural {
  const known = read.get(json);
  if (known !== undefined) return known;
  const reader = { left: MAX_NODES };
  const made = node(json, undefined, reader);
  read.set(json, made);
  return made;
}

interface Reader {
  left: number;
}

export function own(json: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(json, key) ? json[key] : undefined;
}

export function textOf(json: JsonObject, key: string): string {
  const value = own(json, key);
  return typeof value === "string" ? value : "";
}

export function textsOf(json: JsonObject, key: string): readonly string[] {
  const value = own(json, key);
  return isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

export function numberOf(json: JsonObject, key: string): number | undefined {
  const value = own(json, key);
  return typeof value === "number" ? value : undefined;
}

type Making = { -readonly [K in keyof Structural]: Structural[K] };

const none: readonly never[] = [];
const noProperties: ReadonlyMap<string, Structural> = new Map();

/** Most definitions are thousands of nodes with two or three keywords: what a node lacks is shared, not made. */
function node(json: JsonObject, at: SchemaPlace | undefined, reader: Reader): Structural {
  reader.left--;
  if (reader.left < 0) throw new SchemaTooLarge();
  const made: Making = {
    json,
    at,
    type: "",
    format: "",
    nullable: false,
    default: undefined,
    properties: noProperties,
    additional: undefined,
    items: undefined,
    required: none,
    enum: undefined,
    allOf: none,
    anyOf: none,
    oneOf: none,
    not: undefined,
    pattern: "",
    preserve: false,
    embedded: false,
    intOrString: false,
    listType: undefined,
    listMapKeys: none,
    mapType: undefined,
    rules: none,
    rare: false,
    ruled: false,
  };
  for (const key of Object.keys(json)) {
    const value = json[key];
    if (value === undefined || ignored.has(key)) continue;
    const keyword = keywords.get(key);
    if (keyword === undefined) made.rare = true;
    else keyword(made, value, reader);
  }
  return made;
}

/** Keywords that say nothing about the schema itself, or that values alone are checked by. */
const ignored: ReadonlySet<string> = new Set(
  "description title example externalDocs maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength maxItems minItems maxProperties minProperties multipleOf".split(
    " ",
  ),
);

type Keyword = (made: Making, value: Json, reader: Reader) => void;

function texts(value: Json): readonly string[] {
  return isArray(value) ? value.filter((item) => typeof item === "string") : none;
}

function options(key: "allOf" | "anyOf" | "oneOf"): Keyword {
  return (made, value, reader) => {
    if (!isArray(value)) return;
    made[key] = value.map((item, inner) =>
      node(isObject(item) ? item : {}, { up: made, key, inner }, reader),
    );
  };
}

function text(key: "type" | "format" | "pattern" | "listType" | "mapType"): Keyword {
  return (made, value) => {
    if (typeof value === "string") made[key] = value;
  };
}

function flag(key: "nullable" | "preserve" | "embedded" | "intOrString"): Keyword {
  return (made, value) => {
    made[key] = value === true;
  };
}

const keywords: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ["type", text("type")],
  ["format", text("format")],
  ["pattern", text("pattern")],
  ["nullable", flag("nullable")],
  [
    "default",
    (made, value) => {
      made.default = value;
    },
  ],
  [
    "properties",
    (made, value, reader) => {
      if (!isObject(value)) return;
      const properties = new Map<string, Structural>();
      for (const name of Object.keys(value)) {
        const inner = value[name];
        const given = inner !== undefined && isObject(inner) ? inner : {};
        const property = node(given, { up: made, key: "properties", inner: name }, reader);
        made.ruled ||= property.ruled;
        properties.set(name, property);
      }
      made.properties = properties;
    },
  ],
  [
    "additionalProperties",
    (made, value, reader) => {
      const place: SchemaPlace = { up: made, key: "additionalProperties", inner: undefined };
      made.rare = true;
      if (isObject(value)) {
        const additional = node(value, place, reader);
        made.ruled ||= additional.ruled;
        made.additional = additional;
      } else if (value === true) made.additional = true;
    },
  ],
  [
    "items",
    (made, value, reader) => {
      if (isObject(value)) {
        const items = node(value, { up: made, key: "items", inner: undefined }, reader);
        made.ruled ||= items.ruled;
        made.items = items;
      } else made.rare = true;
    },
  ],
  [
    "required",
    (made, value) => {
      made.required = texts(value);
    },
  ],
  [
    "enum",
    (made, value) => {
      if (isArray(value)) made.enum = value;
    },
  ],
  ["allOf", options("allOf")],
  ["anyOf", options("anyOf")],
  ["oneOf", options("oneOf")],
  [
    "not",
    (made, value, reader) => {
      if (isObject(value)) made.not = node(value, { up: made, key: "not", inner: undefined }, reader);
    },
  ],
  [
    "x-kubernetes-preserve-unknown-fields",
    (made, value) => {
      made.preserve = value === true;
      made.rare = true;
    },
  ],
  ["x-kubernetes-embedded-resource", flag("embedded")],
  ["x-kubernetes-int-or-string", flag("intOrString")],
  ["x-kubernetes-list-type", text("listType")],
  [
    "x-kubernetes-list-map-keys",
    (made, value) => {
      made.listMapKeys = texts(value);
    },
  ],
  ["x-kubernetes-map-type", text("mapType")],
  [
    "x-kubernetes-validations",
    (made, value) => {
      made.rules = rulesOf(value);
      made.ruled ||= made.rules.length > 0;
    },
  ],
]);

function rulesOf(rules: Json): readonly ValidationRule[] {
  if (!isArray(rules)) return none;
  return rules.map((item) => {
    const rule = isObject(item) ? item : {};
    const optional = own(rule, "optionalOldSelf");
    return {
      rule: textOf(rule, "rule"),
      message: textOf(rule, "message"),
      messageExpression: textOf(rule, "messageExpression"),
      reason: textOf(rule, "reason"),
      fieldPath: textOf(rule, "fieldPath"),
      optionalOldSelf: typeof optional === "boolean" ? optional : undefined,
    };
  });
}

export interface DefinedVersion {
  readonly name: string;
  readonly served: boolean;
  readonly schema: Structural | undefined;
  /** `status` has its own subresource: creating ignores it. */
  readonly status: boolean;
  /** Place of the schema in the definition. */
  readonly path: JsonPath;
}

/** The versions of a definition, apiextensions.k8s.io/v1 only. */
export function versionsOfCrd(crd: JsonObject): readonly DefinedVersion[] {
  const spec = own(crd, "spec");
  const versions = isObject(spec) ? own(spec, "versions") : undefined;
  if (!isArray(versions)) return [];
  return versions.map((item, at) => {
    const version = isObject(item) ? item : {};
    const holder = own(version, "schema");
    const schema = isObject(holder) ? own(holder, "openAPIV3Schema") : undefined;
    const subresources = own(version, "subresources");
    return {
      name: textOf(version, "name"),
      served: own(version, "served") === true,
      schema: isObject(schema) ? readSchema(schema) : undefined,
      status: isObject(subresources) && isObject(own(subresources, "status")),
      path: ["spec", "versions", at, "schema", "openAPIV3Schema"],
    };
  });
}

/** The schema of a version of a definition; undefined when it has none. */
export function structuralOf(crd: JsonObject, version: string): Structural | undefined {
  return versionsOfCrd(crd).find(({ name }) => name === version)?.schema;
}

/** Fields that every object has beside its own. */
export const objectFields: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/** The schema of a member of an object; undefined where none says what it is. */
export function memberSchema(schema: Structural, name: string): Structural | undefined {
  const inner = schema.properties.get(name) ?? schema.additional;
  return inner === true ? undefined : inner;
}
