import { compileRegex } from "../cel/library/regex.ts";
import { isArray, isObject, type Json, type JsonPath } from "../json.ts";
import { costFaults, type Reach } from "./crd-rules.ts";
import { embeddedFaults } from "./embedded.ts";
import { type Fault, fault } from "./fault.ts";
import { ruleFaults } from "./rules.ts";
import { objectFields, own, pathTo, type Structural } from "./schema.ts";
import { unknownFields } from "./unknown.ts";
import { schemaFaults } from "./validate.ts";
import { listTypeFaults } from "./list-types.ts";

export interface CrdSchemaOptions {
  readonly minor: number;
  /** The version has a status subresource. */
  readonly status: boolean;
}

/** Faults of the schema of one version, paths from its root. Expressions are looked at only where the schema is sound. */
export function crdSchemaFaults(root: Structural, options: CrdSchemaOptions): readonly Fault[] {
  const faults: Fault[] = [...rootFaults(root, options)];
  structuralFaults(root, "root", faults);
  const sound = faults.length === 0;
  if (sound) faults.push(...defaultFaults(root, options.minor));
  const total = { cost: 0 };
  nodeFaults(root, { root: true, top: true, meta: false, noDefault: undefined }, faults);
  if (faults.length === 0) {
    const reach: Reach = { minor: options.minor, times: 1, total, uncorrelated: undefined, scope: false };
    faults.push(...costFaults(root, reach));
  }
  return faults;
}

const rootFields: ReadonlySet<string> = new Set(
  "description type format title maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems multipleOf required items properties externalDocs example x-kubernetes-preserve-unknown-fields x-kubernetes-validations".split(
    " ",
  ),
);

function isEmpty(value: Json): boolean {
  return value === null || value === false || value === "" || (isArray(value) && value.length === 0);
}

function rootFaults(root: Structural, { status }: CrdSchemaOptions): readonly Fault[] {
  const faults: Fault[] = [];
  if (root.nullable) faults.push(fault("schema", ["nullable"], "nullable cannot be true at the root"));
  if (status) {
    const other = Object.keys(root.json).find(
      (name) => !rootFields.has(name) && !isEmpty(root.json[name] ?? null),
    );
    if (other !== undefined)
      faults.push(
        fault(
          "schema",
          [other],
          "is not allowed at the root of the schema if the status subresource is enabled",
        ),
      );
  }
  return faults;
}

type Level = "root" | "item" | "field";

/** Is the schema structural? (pkg/apiserver/schema/validation.go) */
function structuralFaults(schema: Structural, level: Level, faults: Fault[]): void {
  const { additional } = schema;
  if (schema.items !== undefined) structuralFaults(schema.items, "item", faults);
  for (const property of schema.properties.values()) structuralFaults(property, "field", faults);
  if (additional !== undefined && additional !== true) structuralFaults(additional, "field", faults);
  keywordFaults(schema, level, faults);
  const wrongType = typeFault(schema, level);
  if (wrongType !== undefined) faults.push(fault("schema", pathTo(schema, "type"), wrongType));
  if (level === "root" || schema.embedded) metadataFaults(schema, level, faults);
  const alternatives: Alternatives = {
    holder: schema,
    spine: level === "root" ? schema : undefined,
    skipAny: isIntOrString(schema.anyOf),
    skipFirst: isIntOrString(schema.allOf[0]?.anyOf ?? []),
  };
  valueFaults(alternatives, faults);
}

function keywordFaults(schema: Structural, level: Level, faults: Fault[]): void {
  const say = (step: string, message: string): void => {
    faults.push(fault("schema", pathTo(schema, step), message));
  };
  if (schema.type === "array" && schema.items === undefined) say("items", "must be specified");
  if (schema.intOrString && schema.preserve)
    say("x-kubernetes-preserve-unknown-fields", "must be false if x-kubernetes-int-or-string is true");
  if (schema.intOrString && schema.embedded)
    say("x-kubernetes-embedded-resource", "must be false if x-kubernetes-int-or-string is true");
  const additional = schema.rare && own(schema.json, "additionalProperties") !== undefined;
  if (additional && level === "root") say("additionalProperties", "must not be used at the root");
  if (additional && schema.embedded)
    say("additionalProperties", "must not be used if x-kubernetes-embedded-resource is set");
  if (schema.embedded && !schema.preserve && schema.properties.size === 0)
    say(
      "properties",
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
    );
}

function typeFault(schema: Structural, level: Level): string | undefined {
  if (schema.embedded && schema.type !== "object")
    return "must be object if x-kubernetes-embedded-resource is true";
  if (schema.type !== "")
    return level === "root" && schema.type !== "object" ? "must be object at the root" : undefined;
  if (schema.intOrString || schema.preserve) return undefined;
  return level === "root"
    ? "must not be empty at the root"
    : `must not be empty for specified ${level === "item" ? "array items" : "object fields"}`;
}

function metadataFaults(schema: Structural, level: Level, faults: Fault[]): void {
  for (const name of ["kind", "apiVersion"]) {
    const property = schema.properties.get(name);
    if (property !== undefined && property.type !== "string")
      faults.push(fault("schema", pathTo(property, "type"), "must be string"));
  }
  const metadata = schema.properties.get("metadata");
  if (metadata === undefined) return;
  if (metadata.type !== "object") faults.push(fault("schema", pathTo(metadata, "type"), "must be object"));
  if (level !== "root") return;
  const others = Object.keys(metadata.json).filter(
    (name) => name !== "type" && name !== "properties" && name !== "default",
  );
  const named = [...metadata.properties.keys()].every((name) => name === "name" || name === "generateName");
  if (others.some((name) => !isEmpty(metadata.json[name] ?? null)) || !named)
    faults.push(
      fault(
        "schema",
        pathTo(metadata),
        "must not specify anything other than name and generateName, but metadata is implicitly specified",
      ),
    );
}

const intOrString: readonly string[] = ["integer", "string"];

/** `anyOf: [{type: integer}, {type: string}]`, as generators write it beside int-or-string. */
function isIntOrString(options: readonly Structural[]): boolean {
  return (
    options.length === 2 &&
    options.every((option, at) => option.type === intOrString[at] && Object.keys(option.json).length === 1)
  );
}

interface Alternatives {
  readonly holder: Structural;
  /** The node whose fields they may name; undefined: any (the server looks at this from the root alone). */
  readonly spine: Structural | undefined;
  readonly skipAny: boolean;
  readonly skipFirst: boolean;
}

/** Faults of the alternatives of a node, and of its pattern. */
function valueFaults({ holder, spine, skipAny, skipFirst }: Alternatives, faults: Fault[]): void {
  const { allOf, anyOf, oneOf, pattern } = holder;
  if (!skipAny) for (const option of anyOf) nestedFaults({ option, spine, skipAny: false }, faults);
  if (allOf.length > 0)
    for (const [at, option] of allOf.entries())
      nestedFaults({ option, spine, skipAny: skipFirst && at === 0 }, faults);
  for (const option of oneOf) nestedFaults({ option, spine, skipAny: false }, faults);
  if (holder.not !== undefined) nestedFaults({ option: holder.not, spine, skipAny: false }, faults);
  const regex = pattern === "" ? undefined : compileRegex(pattern);
  if (typeof regex === "string")
    faults.push(
      fault("schema", pathTo(holder, "pattern"), `must be a valid regular expression, but isn't: ${regex}`),
    );
}

const forbidden: readonly (readonly [string, string])[] = [
  ["type", "must be empty to be structural"],
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

interface Nested {
  readonly option: Structural;
  readonly spine: Structural | undefined;
  readonly skipAny: boolean;
}

const OUTSIDE = "must be specified outside of value validation too, since it is defined here";

function nestedFaults({ option, spine, skipAny }: Nested, faults: Fault[]): void {
  for (const [name, message] of forbidden) {
    const value = own(option.json, name);
    if (value !== undefined && !isEmpty(value)) faults.push(fault("schema", pathTo(option, name), message));
  }
  if (option.properties.has("metadata"))
    faults.push(
      fault("schema", pathTo(option, "properties", "metadata"), "must not be specified in a nested context"),
    );
  for (const [name, property] of option.properties) {
    const counterpart = spine?.properties.get(name);
    if (counterpart === undefined && spine !== undefined)
      faults.push(fault("schema", pathTo(property), OUTSIDE));
    nestedFaults({ option: property, spine: counterpart, skipAny: false }, faults);
  }
  if (option.items !== undefined) {
    if (spine !== undefined && spine.items === undefined)
      faults.push(fault("schema", pathTo(option.items), OUTSIDE));
    nestedFaults({ option: option.items, spine: spine?.items, skipAny: false }, faults);
  }
  valueFaults({ holder: option, spine, skipAny, skipFirst: false }, faults);
}

const types: ReadonlySet<string> = new Set(["string", "number", "integer", "boolean", "array", "object"]);
const unsupported = ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"];

interface NodePlace {
  /** The schema of a whole object. */
  readonly root: boolean;
  readonly top: boolean;
  /** Inside apiVersion, kind or metadata of an object. */
  readonly meta: boolean;
  /** Why defaults are forbidden here. */
  readonly noDefault: string | undefined;
}

/** What each node may hold (ValidateCustomResourceDefinitionOpenAPISchema). */
function nodeFaults(schema: Structural, place: NodePlace, faults: Fault[]): void {
  const say = (step: string, message: string): void => {
    faults.push(fault("schema", pathTo(schema, step), message));
  };
  if (schema.type === "null") say("type", "type cannot be set to null, use nullable as an alternative");
  else if (schema.type !== "" && !types.has(schema.type))
    say("type", `must be one of ${[...types].sort().join(", ")}`);
  if (schema.default !== undefined && place.noDefault !== undefined)
    say("default", `must not be set ${place.noDefault}`);
  if (place.meta && schema.embedded)
    say("x-kubernetes-embedded-resource", "must not be used inside of resource meta");
  if (schema.rare) rareFaults(schema, say);
  if (schema.listType !== undefined || schema.mapType !== undefined || schema.listMapKeys.length > 0)
    faults.push(...listFaults(schema));
  if (schema.rules.length > 0) faults.push(...ruleTextFaults(schema));
  nodeChildren(schema, place, faults);
}

function rareFaults(schema: Structural, say: (step: string, message: string) => void): void {
  const { json } = schema;
  for (const name of unsupported) {
    const value = own(json, name);
    if (value !== undefined && !isEmpty(value)) say(name, `${name} is not supported`);
  }
  if (isArray(own(json, "items"))) say("items", "items must be a schema object and not an array");
  if (own(json, "uniqueItems") === true)
    say("uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
  const additional = own(json, "additionalProperties");
  if (schema.properties.size > 0 && (isObject(additional) || additional === false))
    say("additionalProperties", "additionalProperties and properties are mutual exclusive");
  if (own(json, "x-kubernetes-preserve-unknown-fields") === false)
    say("x-kubernetes-preserve-unknown-fields", "must be true or undefined");
}

function nodeChildren(schema: Structural, place: NodePlace, faults: Fault[]): void {
  const { additional, allOf, anyOf, oneOf } = schema;
  const whole = place.root || schema.embedded;
  const inner: NodePlace = place.root || place.top ? { ...place, root: false, top: false } : place;
  for (const [name, property] of schema.properties) {
    if (whole && objectFields.has(name)) {
      const noDefault = place.top ? `in top-level ${name}` : place.noDefault;
      nodeFaults(property, { ...inner, meta: true, noDefault }, faults);
    } else nodeFaults(property, inner, faults);
  }
  if (additional !== undefined && additional !== true) {
    const noDefault = "inside additionalProperties applying to object metadata";
    nodeFaults(additional, place.meta ? { ...inner, noDefault } : inner, faults);
  }
  if (schema.items !== undefined) nodeFaults(schema.items, inner, faults);
  for (const options of [allOf, anyOf, oneOf])
    for (const option of options) nodeFaults(option, inner, faults);
  if (schema.not !== undefined) nodeFaults(schema.not, inner, faults);
}

function listFaults(schema: Structural): readonly Fault[] {
  const faults: Fault[] = [];
  const { listType, mapType, items } = schema;
  const say = (step: JsonPath, message: string): void => {
    faults.push(fault("schema", pathTo(schema, ...step), message));
  };
  if (mapType !== undefined) {
    if (schema.type !== "object") say(["type"], "must be object if x-kubernetes-map-type is specified");
    if (mapType !== "atomic" && mapType !== "granular")
      say(["x-kubernetes-map-type"], 'must be "atomic" or "granular"');
  }
  if (listType !== undefined && schema.type !== "array")
    say(["type"], "must be array if x-kubernetes-list-type is specified");
  if (listType !== undefined && !["atomic", "set", "map"].includes(listType))
    say(["x-kubernetes-list-type"], 'must be "atomic", "set" or "map"');
  if (listType === "set" && schema.type === "array" && items !== undefined)
    faults.push(...setFaults(schema, items));
  if (schema.listMapKeys.length > 0 && listType !== "map")
    say(["x-kubernetes-list-type"], "must be map if x-kubernetes-list-map-keys is non-empty");
  if (listType === "map") faults.push(...mapListFaults(schema));
  if ((listType === "map" || listType === "set") && items?.nullable === true)
    say(["items", "nullable"], `cannot be nullable when x-kubernetes-list-type is ${listType}`);
  return faults;
}

/** Items of a set must be atomic. */
function setFaults(schema: Structural, items: Structural): readonly Fault[] {
  const faults: Fault[] = [];
  const message = "must be atomic as item of a list with x-kubernetes-list-type=set";
  const say = (name: string): void => {
    faults.push(fault("schema", pathTo(schema, "items", name), message));
  };
  if (items.type === "array" && items.listType !== undefined && items.listType !== "atomic")
    say("x-kubernetes-list-type");
  if (items.type === "object" && items.mapType !== "atomic") say("x-kubernetes-map-type");
  return faults;
}

function mapListFaults(schema: Structural): readonly Fault[] {
  const faults: Fault[] = [];
  const { items, listMapKeys } = schema;
  const say = (step: JsonPath, message: string): void => {
    faults.push(fault("schema", pathTo(schema, ...step), message));
  };
  if (listMapKeys.length === 0)
    say(["x-kubernetes-list-map-keys"], "must not be empty if x-kubernetes-list-type is map");
  if (items === undefined) {
    say(["items"], "must have a schema if x-kubernetes-list-type is map");
    return faults;
  }
  if (items.type !== "object") {
    say(["items", "type"], "must be object if parent array's x-kubernetes-list-type is map");
    return faults;
  }
  for (const [at, key] of listMapKeys.entries()) {
    const property = items.properties.get(key);
    const step = ["items", "properties", key];
    if (property === undefined)
      say(["x-kubernetes-list-map-keys"], "entries must all be names of item properties");
    else {
      if (property.type === "array" || property.type === "object")
        say([...step, "type"], "must be a scalar type if parent array's x-kubernetes-list-type is map");
      if (!items.required.includes(key) && property.default === undefined)
        say(
          [...step, "default"],
          "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
        );
      if (property.nullable)
        say(
          [...step, "nullable"],
          "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
        );
    }
    if (listMapKeys.indexOf(key) !== at)
      say(["x-kubernetes-list-map-keys"], "must not contain duplicate entries");
  }
  return faults;
}

const reasons: ReadonlySet<string> = new Set([
  "FieldValueRequired",
  "FieldValueForbidden",
  "FieldValueInvalid",
  "FieldValueDuplicate",
]);
const newline = /[\n\r]/;

function ruleTextFaults(schema: Structural): readonly Fault[] {
  return schema.rules.flatMap((rule, at) => {
    const found: Fault[] = [];
    const say = (step: string, message: string): void => {
      found.push(fault("schema", pathTo(schema, "x-kubernetes-validations", at, step), message));
    };
    const message = rule.message.trim();
    if (rule.rule.trim() === "") say("rule", "rule is not specified");
    else if (rule.message !== "" && message === "") say("message", "must be non-empty if specified");
    else if (newline.test(message)) say("message", "must not contain line breaks");
    else if (newline.test(rule.rule.trim()) && message === "")
      say("message", "message must be specified if rule contains line breaks");
    if (rule.messageExpression !== "" && rule.messageExpression.trim() === "")
      say("messageExpression", "messageExpression must be non-empty if specified");
    if (rule.reason !== "" && !reasons.has(rule.reason))
      say("reason", `must be one of ${[...reasons].sort().join(", ")}`);
    if (rule.fieldPath !== "" && !isFieldPath(schema, rule.fieldPath))
      say("fieldPath", "must be a valid path");
    return found;
  });
}

/** Does the path lead along fields of the schema? */
function isFieldPath(schema: Structural, text: string): boolean {
  const steps = text.match(/\.[^.[\]]+|\['(?:[^'\\]|\\.)*'\]/g) ?? [];
  if (steps.length === 0 || steps.join("") !== text) return false;
  let current: Structural | undefined = schema;
  for (const step of steps) {
    const name = step.startsWith(".") ? step.slice(1) : step.slice(2, -2).replaceAll(/\\(.)/g, "$1");
    if (current.properties.size > 0) current = current.properties.get(name);
    else current = current.additional === true ? undefined : current.additional;
    if (current === undefined) return false;
  }
  return true;
}

/** Defaults must pass the schema they stand in (pkg/apiserver/schema/defaulting/validation.go). */
function defaultFaults(schema: Structural, minor: number): readonly Fault[] {
  const faults: Fault[] = [];
  const visit = (node: Structural): void => {
    if (node.default !== undefined && node.default !== null) {
      const path = pathTo(node, "default");
      const value = node.default;
      if (unknownFields(value, node, node.embedded).length > 0)
        faults.push(fault("schema", path, "must not have unknown fields"));
      const found = [
        ...schemaFaults(value, node, [], minor),
        ...embeddedFaults(value, node, []),
        ...listTypeFaults(value, node, []),
      ];
      const root = node.at === undefined || node.embedded;
      // Once as a new value, once as one that stays what it was.
      const broken =
        found.length === 0 && node.ruled
          ? [undefined, value].flatMap((old) => ruleFaults(value, node, { minor, root, old }))
          : found;
      faults.push(...broken.map((each) => ({ ...each, path: [...path, ...each.path] })));
    }
    if (node.items !== undefined) visit(node.items);
    for (const property of node.properties.values()) visit(property);
  };
  visit(schema);
  return faults;
}
