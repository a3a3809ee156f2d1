import {
  isArray,
  isObject,
  type Json,
  type JsonObject,
  type JsonPath,
  pathText,
} from "../../../kube/json.ts";
import { printable } from "../../../kube/printable.ts";
import type { Severity } from "../../../kube/problem.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import { type Field, goText, type SchemaType, type StructType } from "../../../kube/schema/schema-type.ts";
import { componentSchemaOf, minorsOfField, schemaOf } from "../../../kube/schema/schemas.ts";
import type { Finding } from "../../findings/finding.ts";
import { duplicateItems } from "./duplicate-items.ts";
import { nearestName } from "../../../kube/nearest-name.ts";
import { isEnforced } from "./required-fields.ts";
import { scalarFault } from "./scalar-fault.ts";
import { MAX_SCHEMA_FINDINGS, type SchemaCode, schemaFinding, type SchemaTexts } from "./schema-table.ts";

/**
 * What strict decoding and the rules of the native schema say of an object: unknown fields, wrong types, values that a
 * type cannot read, required fields, enums, limits, fields behind feature gates that are off. Null members are absent
 * (readObjects drops them), null items of lists are zero values. Empty for kinds that Kubernetes itself does not have.
 */
export function schemaFindings(read: ReadObject, key: ObjectKey, minor: number): readonly Finding[] {
  const schema = schemaOf(key, minor);
  return schema === undefined ? [] : findingsBy(schema, read, { minor });
}

/**
 * The same for a file that a component reads at its start, by the schema of that component; undefined when there is no
 * schema of it.
 */
export function componentFindings(
  read: ReadObject,
  key: ObjectKey,
  minor: number,
): readonly Finding[] | undefined {
  const schema = componentSchemaOf(key, minor);
  if (schema === undefined) return undefined;
  return findingsBy(schema, read, {
    minor,
    // These two read a file that holds unknown fields all the same, with a line in their log.
    unknown: readAllTheSame.has(`${key.group}/${key.version}`) ? "warning" : "error",
    component: true,
  });
}

/** k8s.io/kubernetes pkg/kubelet/kubeletconfig/util/codec and cmd/kubeadm/app/util/config strict.go. */
const readAllTheSame: ReadonlySet<string> = new Set([
  "kubelet.config.k8s.io/v1beta1",
  "kubeadm.k8s.io/v1beta3",
  "kubeadm.k8s.io/v1beta4",
  "kubeadm.k8s.io/v1",
]);

/** Does decoding the object fail, so that the server looks at nothing else of it? */
export function failsToDecode(findings: readonly Finding[]): boolean {
  return findings.some(
    ({ code }) => code === "schema/type" || code === "schema/number-range" || code === "schema/format",
  );
}

interface Asked {
  readonly minor: number;
  readonly unknown?: Severity;
  readonly component?: true;
}

interface Walk {
  readonly read: ReadObject;
  readonly minor: number;
  readonly unknown: Severity;
  readonly component: boolean;
  /** Of the value at hand; copied into findings. */
  readonly path: (string | number)[];
  readonly found: Finding[];
  /** Structs around the value, for Go's name of a field. */
  readonly structs: StructType[];
  /** Inside what is decoded and not judged: the status, and fields that the server drops. */
  lenient: boolean;
}

function findingsBy(schema: StructType, read: ReadObject, asked: Asked): readonly Finding[] {
  const walk: Walk = {
    read,
    minor: asked.minor,
    unknown: asked.unknown ?? "error",
    component: asked.component === true,
    path: [],
    found: [],
    structs: [],
    lenient: false,
  };
  walkStruct(read.object, schema, walk);
  return walk.found;
}

function add(walk: Walk, code: SchemaCode, path: JsonPath, texts: SchemaTexts): void {
  const { found } = walk;
  if (found.length > MAX_SCHEMA_FINDINGS) return;
  if (found.length === MAX_SCHEMA_FINDINGS)
    found.push(schemaFinding("schema/too-many", walk.read, [], { what: String(MAX_SCHEMA_FINDINGS) }));
  else found.push(schemaFinding(code, walk.read, path, texts));
}

function walkValue(value: Json, type: SchemaType, field: Field | undefined, walk: Walk): void {
  if (value === null) return;
  switch (type.shape) {
    case "struct":
      if (isObject(value)) walkStruct(value, type, walk);
      else typeFault(value, type, "a mapping", walk);
      return;
    case "list":
      if (isArray(value)) walkList(value, type.item, field, walk);
      else typeFault(value, type, "a list", walk);
      return;
    case "map":
      if (isObject(value)) walkMap(value, type.value, field, walk);
      else typeFault(value, type, "a mapping", walk);
      return;
    case "enum":
      if (typeof value !== "string") typeFault(value, type, "a text", walk);
      else if (!walk.lenient && value !== "" && !knows(type.values, value))
        enumFault(value, type.values, walk);
      return;
    default:
      walkScalar(value, type, field, walk);
  }
}

/** An enum without values takes its constants from elsewhere: nothing is known of it. An empty text is the same as none. */
function knows(values: readonly string[], value: string): boolean {
  return values.length === 0 || values.includes(value);
}

function walkStruct(value: JsonObject, type: StructType, walk: Walk): void {
  const { path, structs } = walk;
  structs.push(type);
  const top = path.length === 0;
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member === undefined) continue;
    const field = type.fields.get(name);
    path.push(name);
    if (top) walk.lenient = name === "status";
    if (field === undefined) unknownField(name, type, walk);
    else {
      const lenient = walk.lenient;
      if (field.offGates.length > 0 && !lenient) {
        gateOff(field, walk);
        // What is dropped is not looked at; it is decoded all the same.
        walk.lenient = true;
      }
      walkValue(member, field.type(), field, walk);
      walk.lenient = lenient;
    }
    path.pop();
  }
  if (top) walk.lenient = false;
  // What a component needs it says itself: its types mark every field required that is no pointer.
  if (type.required.length > 0 && !walk.lenient && !walk.component) checkRequired(value, type, walk);
  structs.pop();
}

function checkRequired(value: JsonObject, type: StructType, walk: Walk): void {
  for (const field of type.required) {
    if (Object.hasOwn(value, field.name) || !isEnforced(type, field)) continue;
    const path = [...walk.path, field.name];
    const is = shapeText(field.type());
    add(walk, "schema/required", path, { what: pathText(path), hint: `write ${field.name}: ${is}` });
  }
}

function shapeText(type: SchemaType): string {
  switch (type.shape) {
    case "enum":
      return type.values.join(" or ");
    case "scalar":
      return type.scalar === "bool" ? "true or false" : type.scalar === "string" ? "a text" : "a value";
    default:
      return type.shape === "list" ? "a list" : "a mapping";
  }
}

function walkList(list: readonly Json[], item: SchemaType, field: Field | undefined, walk: Walk): void {
  const { path } = walk;
  for (let index = 0; index < list.length; index++) {
    path.push(index);
    walkValue(list[index] ?? null, item, undefined, walk);
    path.pop();
  }
  if (field === undefined) return;
  if (list.length > 1 && field.list !== undefined && field.list !== "atomic" && !walk.lenient)
    for (const { index, text } of duplicateItems(list, field.list, item))
      add(walk, "schema/duplicate-item", [...path, index], { what: pathText(path), other: text });
  limitItems(list.length, field, walk);
}

function walkMap(map: JsonObject, type: SchemaType, field: Field | undefined, walk: Walk): void {
  const { path } = walk;
  const names = Object.keys(map);
  for (const name of names) {
    path.push(name);
    walkValue(map[name] ?? null, type, undefined, walk);
    path.pop();
  }
  if (field !== undefined) limitItems(names.length, field, walk);
}

function limitItems(count: number, field: Field, walk: Walk): void {
  const { items } = field.limits;
  if (items === undefined || count <= items || walk.lenient) return;
  const what = pathText(walk.path);
  add(walk, "schema/limit", walk.path, { what, other: `${count} items; must have at most ${items} items` });
}

function walkScalar(
  value: Json,
  type: Extract<SchemaType, { shape: "scalar" }>,
  field: Field | undefined,
  walk: Walk,
): void {
  const { path } = walk;
  const fault = scalarFault(value, type);
  if (fault === undefined) {
    if (field !== undefined && !walk.lenient) limitScalar(value, field, walk);
    return;
  }
  const where = pathText(path);
  if (fault.kind === "type") typeFault(value, type, fault.wanted, walk);
  else if (fault.kind === "range") {
    add(walk, "schema/number-range", path, {
      what: where,
      other: `${fault.wanted}; ${speaker(walk)} says: ${cannot(`number ${JSON.stringify(value)}`, type, walk)}`,
    });
  } else add(walk, "schema/format", path, { what: where, other: fault.reason, hint: fault.hint });
}

function limitScalar(value: Json, { limits }: Field, walk: Walk): void {
  const { min, max, length, bytes } = limits;
  const what = pathText(walk.path);
  const tell = (other: string): void => add(walk, "schema/limit", walk.path, { what, other });
  if (typeof value === "number") {
    if (min !== undefined && value < min) tell(`${value}: must be greater than or equal to ${min}`);
    if (max !== undefined && value > max) tell(`${value}: must be less than or equal to ${max}`);
  } else if (typeof value === "string") {
    if (length !== undefined && value.length > length && Array.from(value).length > length)
      tell(`may not be more than ${length} characters`);
    if (bytes !== undefined && value.length * 3 > bytes && new TextEncoder().encode(value).length > bytes)
      tell(`may not be more than ${bytes} bytes`);
  }
}

function typeFault(value: Json, type: SchemaType, wanted: string, walk: Walk): void {
  const { path } = walk;
  const quoted = typeof value === "string" && type.shape === "scalar" && type.scalar !== "string";
  const unquoted =
    (typeof value === "number" || typeof value === "boolean") &&
    (type.shape === "enum" || (type.shape === "scalar" && type.scalar === "string"));
  const hint = quoted ? "write it without quotes" : unquoted ? "write it in quotes" : `write ${wanted}`;
  add(walk, "schema/type", path, {
    what: path.length === 0 ? "the object" : pathText(path),
    other: `${wanted}, this is ${jsonText(value)}; ${speaker(walk)} says: ${cannot(jsonType(value), type, walk)}`,
    hint: quoted && type.scalar === "bool" ? "write true or false, without quotes" : hint,
  });
}

function speaker(walk: Walk): string {
  return walk.component ? "the component" : "the API server";
}

/** What Go's decoder says: the innermost struct, and the path without the indices of lists. */
function cannot(found: string, type: SchemaType, walk: Walk): string {
  const names = walk.path.filter((step) => typeof step === "string");
  const struct = walk.structs.at(-1)?.go.replace(/^.*\./, "") ?? "";
  const place = names.length === 0 ? "value" : `struct field ${struct}.${names.map(printable).join(".")}`;
  return `json: cannot unmarshal ${found} into Go ${place} of type ${goText(type)}`;
}

function jsonType(value: Json): string {
  if (typeof value === "boolean") return "bool";
  if (isArray(value)) return "array";
  return typeof value;
}

function jsonText(value: Json): string {
  if (isArray(value)) return "a list";
  if (typeof value === "string") return "a text";
  return typeof value === "object" ? "a mapping" : `a ${typeof value}`;
}

const TOLD = 20;

function enumFault(value: string, values: readonly string[], walk: Walk): void {
  const known = values.slice(0, TOLD).map((entry) => JSON.stringify(entry));
  const more = values.length > TOLD ? `, and ${values.length - TOLD} more` : "";
  const meant = nearestName(value, values);
  add(walk, "schema/enum", walk.path, {
    what: pathText(walk.path),
    other: `${JSON.stringify(value.slice(0, 100))}: supported values: ${known.join(", ")}${more}`,
    hint: meant === undefined ? undefined : `did you mean ${meant}?`,
  });
}

function gateOff(field: Field, walk: Walk): void {
  const gates = field.offGates;
  const other = `the feature gate${gates.length > 1 ? "s" : ""} ${gates.join(" and ")} of Kubernetes 1.${walk.minor}`;
  add(walk, "schema/field-off", walk.path, { what: pathText(walk.path), other });
}

function unknownField(name: string, type: StructType, walk: Walk): void {
  add(walk, "schema/unknown-field", walk.path, {
    what: pathText(walk.path),
    hint: adviceFor(name, type, walk),
    severity: walk.unknown,
  });
}

function adviceFor(name: string, type: StructType, walk: Walk): string {
  const minors = minorsOfField(type.definition, name);
  const [first] = minors;
  const last = minors.at(-1);
  if (first !== undefined && first > walk.minor)
    return `Kubernetes 1.${first} has it, 1.${walk.minor} does not`;
  if (last !== undefined) return `Kubernetes 1.${last} was the last to have it`;
  const meant = nearestName(name, type.fields.keys());
  if (meant !== undefined) return `did you mean ${meant}?`;
  return misplaced(name, type, walk) ?? `remove it; the fields there are: kubeops explain ${explained(walk)}`;
}

/** The words after `kubeops explain` for the struct at hand. */
function explained({ path, structs }: Walk): string {
  const kind = (structs[0]?.go ?? "").replace(/^.*\./, "").toLowerCase();
  return [kind, ...path.slice(0, -1).filter((step) => typeof step === "string")].map(printable).join(".");
}

/** A field of the struct around, or of a struct inside: the indentation is wrong. */
function misplaced(name: string, type: StructType, { structs, path }: Walk): string | undefined {
  const outer = structs.at(-2);
  if (outer?.fields.has(name) === true)
    return `${pathText(path.slice(0, -2)) || "the object"} has a field of this name: check the indentation`;
  for (const field of type.fields.values()) {
    const inner = field.type();
    const members = inner.shape === "list" ? inner.item : inner;
    if (members.shape === "struct" && members.fields.has(name))
      return `${field.name} has a field of this name: check the indentation`;
  }
  return undefined;
}
