import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../json.ts";

/** One node of the schema of custom resources (k8s.io/apiextensions-apiserver pkg/apis/apiextensions/v1 JSONSchemaProps). */
export interface Structural {
  readonly json: JsonObject;
  /** Where it stands, from the root of the schema. */
  readonly path: JsonPath;
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
  const made = node(json, [], reader);
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

function node(json: JsonObject, path: JsonPath, reader: Reader): Structural {
  reader.left--;
  if (reader.left < 0) throw new SchemaTooLarge();
  const child = (key: string): Structural | undefined => {
    const value = own(json, key);
    return isObject(value) ? node(value, [...path, key], reader) : undefined;
  };
  const children = (key: string): readonly Structural[] => {
    const value = own(json, key);
    if (!isArray(value)) return [];
    return value.map((item, at) => node(isObject(item) ? item : {}, [...path, key, at], reader));
  };
  const properties = own(json, "properties");
  const additional = own(json, "additionalProperties");
  const values = own(json, "enum");
  const listType = own(json, "x-kubernetes-list-type");
  const mapType = own(json, "x-kubernetes-map-type");
  return {
    json,
    path,
    type: textOf(json, "type"),
    format: textOf(json, "format"),
    nullable: own(json, "nullable") === true,
    default: own(json, "default"),
    properties: new Map(
      isObject(properties)
        ? Object.entries(properties).map(([name, value]) => [
            name,
            node(isObject(value) ? value : {}, [...path, "properties", name], reader),
          ])
        : [],
    ),
    additional: isObject(additional)
      ? node(additional, [...path, "additionalProperties"], reader)
      : additional === true
        ? true
        : undefined,
    items: child("items"),
    required: textsOf(json, "required"),
    enum: isArray(values) ? values : undefined,
    allOf: children("allOf"),
    anyOf: children("anyOf"),
    oneOf: children("oneOf"),
    not: child("not"),
    pattern: textOf(json, "pattern"),
    preserve: own(json, "x-kubernetes-preserve-unknown-fields") === true,
    embedded: own(json, "x-kubernetes-embedded-resource") === true,
    intOrString: own(json, "x-kubernetes-int-or-string") === true,
    listType: typeof listType === "string" ? listType : undefined,
    listMapKeys: textsOf(json, "x-kubernetes-list-map-keys"),
    mapType: typeof mapType === "string" ? mapType : undefined,
    rules: rulesOf(json),
  };
}

function rulesOf(json: JsonObject): readonly ValidationRule[] {
  const rules = own(json, "x-kubernetes-validations");
  if (!isArray(rules)) return [];
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
