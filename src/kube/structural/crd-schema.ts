import { compileRegex } from "../cel/library/regex.ts";
import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../json.ts";
import { costFaults, type Reach } from "./crd-rules.ts";
import { embeddedFaults } from "./embedded.ts";
import { type Fault, fault } from "./fault.ts";
import { hasRules, ruleFaults } from "./rules.ts";
import { own, type Structural } from "./schema.ts";
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
  const faults: Fault[] = [...rootFaults(root, options), ...structuralFaults(root, "root")];
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
function structuralFaults(schema: Structural, level: Level): readonly Fault[] {
  const faults: Fault[] = [];
  const say = (step: JsonPath, message: string): void => {
    faults.push(fault("schema", [...schema.path, ...step], message));
  };
  const { json } = schema;
  if (schema.type === "array" && schema.items === undefined) say(["items"], "must be specified");
  if (schema.items !== undefined) faults.push(...structuralFaults(schema.items, "item"));
  for (const property of schema.properties.values()) faults.push(...structuralFaults(property, "field"));
  if (own(json, "additionalProperties") !== undefined && level === "root")
    say(["additionalProperties"], "must not be used at the root");
  if (schema.additional !== undefined && schema.additional !== true)
    faults.push(...structuralFaults(schema.additional, "field"));
  if (schema.intOrString && schema.preserve)
    say(["x-kubernetes-preserve-unknown-fields"], "must be false if x-kubernetes-int-or-string is true");
  if (schema.intOrString && schema.embedded)
    say(["x-kubernetes-embedded-resource"], "must be false if x-kubernetes-int-or-string is true");
  faults.push(
    ...typeFaults(schema, level),
    ...metadataFaults(schema, level),
    ...valueFaults(schema, schema, false),
  );
  if (schema.embedded && own(json, "additionalProperties") !== undefined)
    say(["additionalProperties"], "must not be used if x-kubernetes-embedded-resource is set");
  if (schema.embedded && !schema.preserve && schema.properties.size === 0)
    say(
      ["properties"],
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
    );
  return faults;
}

function typeFaults(schema: Structural, level: Level): readonly Fault[] {
  const path = [...schema.path, "type"];
  if (schema.embedded && schema.type !== "object")
    return [fault("schema", path, "must be object if x-kubernetes-embedded-resource is true")];
  if (schema.type === "") {
    if (schema.intOrString || schema.preserve) return [];
    const where =
      level === "root"
        ? "at the root"
        : `for specified ${level === "item" ? "array items" : "object fields"}`;
    return [fault("schema", path, `must not be empty ${where}`)];
  }
  return level === "root" && schema.type !== "object"
    ? [fault("schema", path, "must be object at the root")]
    : [];
}

function metadataFaults(schema: Structural, level: Level): readonly Fault[] {
  if (level !== "root" && !schema.embedded) return [];
  const faults: Fault[] = [];
  for (const name of ["kind", "apiVersion"]) {
    const property = schema.properties.get(name);
    if (property !== undefined && property.type !== "string")
      faults.push(fault("schema", [...property.path, "type"], "must be string"));
  }
  const metadata = schema.properties.get("metadata");
  if (metadata === undefined) return faults;
  if (metadata.type !== "object") faults.push(fault("schema", [...metadata.path, "type"], "must be object"));
  if (level !== "root") return faults;
  const others = Object.keys(metadata.json).filter(
    (name) => name !== "type" && name !== "properties" && name !== "default",
  );
  const named = [...metadata.properties.keys()].every((name) => name === "name" || name === "generateName");
  if (others.some((name) => !isEmpty(metadata.json[name] ?? null)) || !named)
    faults.push(
      fault(
        "schema",
        metadata.path,
        "must not specify anything other than name and generateName, but metadata is implicitly specified",
      ),
    );
  return faults;
}

const intOrString: readonly string[] = ["integer", "string"];

/** `anyOf: [{type: integer}, {type: string}]`, as generators write it beside int-or-string. */
function isIntOrString(options: readonly Structural[]): boolean {
  return (
    options.length === 2 &&
    options.every((option, at) => option.type === intOrString[at] && Object.keys(option.json).length === 1)
  );
}

/** Faults of the alternatives of a node; `spine` is the node whose fields they may name. */
function valueFaults(holder: Structural, spine: Structural, skipAny: boolean): readonly Fault[] {
  const faults: Fault[] = [];
  const anyAllowed = skipAny || isIntOrString(holder.anyOf);
  if (!anyAllowed) for (const option of holder.anyOf) faults.push(...nestedFaults(option, spine, false));
  for (const [at, option] of holder.allOf.entries())
    faults.push(...nestedFaults(option, spine, at === 0 && isIntOrString(option.anyOf)));
  for (const option of holder.oneOf) faults.push(...nestedFaults(option, spine, false));
  if (holder.not !== undefined) faults.push(...nestedFaults(holder.not, spine, false));
  if (holder.pattern !== "") {
    const regex = compileRegex(holder.pattern);
    if (typeof regex === "string")
      faults.push(
        fault(
          "schema",
          [...holder.path, "pattern"],
          `must be a valid regular expression, but isn't: ${regex}`,
        ),
      );
  }
  return faults;
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

function nestedFaults(option: Structural, spine: Structural | undefined, skipAny: boolean): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [name, message] of forbidden) {
    const value = own(option.json, name);
    if (value !== undefined && !isEmpty(value)) faults.push(fault("schema", [...option.path, name], message));
  }
  if (option.properties.has("metadata"))
    faults.push(
      fault(
        "schema",
        [...option.path, "properties", "metadata"],
        "must not be specified in a nested context",
      ),
    );
  for (const [name, property] of option.properties) {
    const counterpart = spine?.properties.get(name);
    if (counterpart === undefined && spine !== undefined)
      faults.push(
        fault(
          "schema",
          property.path,
          "must be specified outside of value validation too, since it is defined here",
        ),
      );
    faults.push(...nestedFaults(property, counterpart, false));
  }
  if (option.items !== undefined) {
    if (spine !== undefined && spine.items === undefined)
      faults.push(
        fault(
          "schema",
          option.items.path,
          "must be specified outside of value validation too, since it is defined here",
        ),
      );
    faults.push(...nestedFaults(option.items, spine?.items, false));
  }
  if (spine !== undefined) faults.push(...valueFaults(option, spine, skipAny));
  return faults;
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
  const say = (step: JsonPath, message: string): void => {
    faults.push(fault("schema", [...schema.path, ...step], message));
  };
  const { json } = schema;
  if (schema.type === "null") say(["type"], "type cannot be set to null, use nullable as an alternative");
  else if (schema.type !== "" && !types.has(schema.type))
    say(["type"], `must be one of ${[...types].sort().join(", ")}`);
  if (schema.default !== undefined && place.noDefault !== undefined)
    say(["default"], `must not be set ${place.noDefault}`);
  for (const name of unsupported) {
    const value = own(json, name);
    if (value !== undefined && !isEmpty(value)) say([name], `${name} is not supported`);
  }
  if (isArray(own(json, "items"))) say(["items"], "items must be a schema object and not an array");
  if (place.meta && schema.embedded)
    say(["x-kubernetes-embedded-resource"], "must not be used inside of resource meta");
  if (own(json, "uniqueItems") === true)
    say(["uniqueItems"], "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
  const additional = own(json, "additionalProperties");
  if (schema.properties.size > 0 && (isObject(additional) || additional === false))
    say(["additionalProperties"], "additionalProperties and properties are mutual exclusive");
  if (own(json, "x-kubernetes-preserve-unknown-fields") === false)
    say(["x-kubernetes-preserve-unknown-fields"], "must be true or undefined");
  faults.push(...listFaults(schema), ...ruleTextFaults(schema));
  nodeChildren(schema, place, faults);
}

function nodeChildren(schema: Structural, place: NodePlace, faults: Fault[]): void {
  const inner: NodePlace = { ...place, root: false, top: false };
  for (const [name, property] of schema.properties) {
    const isMeta = (place.root || schema.embedded) && ["metadata", "kind", "apiVersion"].includes(name);
    const noDefault = isMeta && place.top ? `in top-level ${name}` : place.noDefault;
    nodeFaults(property, { ...inner, meta: place.meta || isMeta, noDefault }, faults);
  }
  if (schema.additional !== undefined && schema.additional !== true) {
    const noDefault = place.meta
      ? "inside additionalProperties applying to object metadata"
      : place.noDefault;
    nodeFaults(schema.additional, { ...inner, noDefault }, faults);
  }
  if (schema.items !== undefined) nodeFaults(schema.items, inner, faults);
  for (const option of [...schema.allOf, ...schema.anyOf, ...schema.oneOf]) nodeFaults(option, inner, faults);
  if (schema.not !== undefined) nodeFaults(schema.not, inner, faults);
}

function listFaults(schema: Structural): readonly Fault[] {
  const faults: Fault[] = [];
  const { listType, mapType, items } = schema;
  const say = (step: JsonPath, message: string): void => {
    faults.push(fault("schema", [...schema.path, ...step], message));
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
  if (listType === "set" && schema.type === "array" && items !== undefined) {
    if (items.type === "array" && items.listType !== undefined && items.listType !== "atomic")
      say(
        ["items", "x-kubernetes-list-type"],
        "must be atomic as item of a list with x-kubernetes-list-type=set",
      );
    if (items.type === "object" && items.mapType !== "atomic")
      say(
        ["items", "x-kubernetes-map-type"],
        "must be atomic as item of a list with x-kubernetes-list-type=set",
      );
  }
  if (schema.listMapKeys.length > 0 && listType !== "map")
    say(["x-kubernetes-list-type"], "must be map if x-kubernetes-list-map-keys is non-empty");
  if (listType === "map") faults.push(...mapListFaults(schema));
  if ((listType === "map" || listType === "set") && items?.nullable === true)
    say(["items", "nullable"], `cannot be nullable when x-kubernetes-list-type is ${listType}`);
  return faults;
}

function mapListFaults(schema: Structural): readonly Fault[] {
  const faults: Fault[] = [];
  const { items, listMapKeys } = schema;
  const say = (step: JsonPath, message: string): void => {
    faults.push(fault("schema", [...schema.path, ...step], message));
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
      found.push(fault("schema", [...schema.path, "x-kubernetes-validations", at, step], message));
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
      const path = [...node.path, "default"];
      const value = node.default;
      if (unknownFields(value, node, node.embedded).length > 0)
        faults.push(fault("schema", path, "must not have unknown fields"));
      const found = [
        ...schemaFaults(value, node, [], minor),
        ...embeddedFaults(value, node, []),
        ...listTypeFaults(value, node, []),
      ];
      const broken = found.length === 0 && hasRules(node) ? ruleFaults(value, node, minor) : found;
      faults.push(...broken.map((each) => ({ ...each, path: [...path, ...each.path] })));
    }
    if (node.items !== undefined) visit(node.items);
    for (const property of node.properties.values()) visit(property);
  };
  visit(schema);
  return faults;
}

export type { JsonObject };
