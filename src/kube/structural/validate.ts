import { regexMatches } from "../cel/library/regex.ts";
import { hasFormat, isKnownFormat } from "../cel/library/string-formats.ts";
import { codePoints } from "../cel/values.ts";
import { isArray, isObject, type Json, type JsonArray, type JsonObject, type JsonPath } from "../json.ts";
import { type Fault, fault } from "./fault.ts";
import { memberSchema, numberOf, own, type Structural } from "./schema.ts";

/**
 * What of a value its schema refuses, as kube-openapi finds it (k8s.io/kube-openapi pkg/validation/validate). The value must
 * have its defaults already.
 */
export function schemaFaults(
  value: Json,
  schema: Structural,
  path: JsonPath,
  minor: number,
): readonly Fault[] {
  const faults: Fault[] = [];
  const left = { work: MAX_WORK };
  validate(value, schema, { path, minor, faults, left });
  if (left.work < 0) faults.push(fault("uncertain", path, "the schema is too much work to check here"));
  return faults;
}

/** Steps of one validation: a value under nested alternatives can take very many. */
const MAX_WORK = 1_000_000;
/** More faults of one object help nobody. */
const MAX_FAULTS = 200;

interface Visit {
  readonly path: JsonPath;
  readonly minor: number;
  readonly faults: Fault[];
  readonly left: { work: number };
}

function at(visit: Visit, step: string | number): Visit {
  return { ...visit, path: [...visit.path, step] };
}

function refuse(visit: Visit, kind: Fault["kind"], message: string): void {
  if (visit.faults.length < MAX_FAULTS) visit.faults.push(fault(kind, visit.path, message));
}

/** A size that the schema does not allow. */
function refuseSize(visit: Visit, message: string): void {
  if (visit.faults.length < MAX_FAULTS)
    visit.faults.push({ ...fault("value", visit.path, message), blocks: true });
}

function validate(value: Json, schema: Structural, visit: Visit): void {
  visit.left.work--;
  if (visit.left.work < 0) return;
  if (value === null && schema.nullable) return;
  const wrong = typeFault(value, schema);
  if (wrong !== undefined) {
    refuse(visit, "type", wrong);
    return;
  }
  checkEnum(value, schema, visit);
  if (typeof value === "string") checkText(value, schema, visit);
  else if (typeof value === "number") checkNumber(value, schema, visit);
  else if (isArray(value)) checkList(value, schema, visit);
  else if (isObject(value)) checkObject(value, schema, visit);
  checkAlternatives(value, schema, visit);
}

function typeNameOf(value: Json): string {
  if (value === null) return "null";
  if (isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function typeFault(value: Json, schema: Structural): string | undefined {
  const found = typeNameOf(value);
  if (schema.intOrString)
    return found === "integer" || found === "string"
      ? undefined
      : `must be of type integer,string: "${found}"`;
  if (schema.type === "" || schema.type === found) return undefined;
  if (schema.type === "number" && found === "integer") return undefined;
  return `must be of type ${schema.type}: "${found}"`;
}

function checkEnum(value: Json, schema: Structural, visit: Visit): void {
  if (schema.enum === undefined || schema.enum.some((allowed) => sameJson(allowed, value))) return;
  const shown = schema.enum.slice(0, 10).map((allowed) => JSON.stringify(allowed));
  const more = schema.enum.length > 10 ? `, and ${schema.enum.length - 10} more` : "";
  refuse(visit, "value", `must be one of ${shown.join(", ")}${more}`);
}

export function sameJson(left: Json, right: Json): boolean {
  if (left === right) return true;
  if (isArray(left)) {
    if (!isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => sameJson(item, right[index] ?? null));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && sameJson(left[name] ?? null, right[name] ?? null))
  );
}

function checkText(value: string, schema: Structural, visit: Visit): void {
  const most = numberOf(schema.json, "maxLength");
  const least = numberOf(schema.json, "minLength");
  const length = most === undefined && least === undefined ? 0 : codePoints(value);
  if (most !== undefined && length > most) refuseSize(visit, `may not be longer than ${most} characters`);
  if (least !== undefined && length < least) refuse(visit, "value", `should be at least ${least} chars long`);
  if (schema.pattern !== "") {
    const found = regexMatches(schema.pattern, value);
    if (found === false) refuse(visit, "value", `should match '${schema.pattern}'`);
  }
  // The server checks formats of texts, and of values without a type.
  if (
    (schema.type === "string" || schema.type === "") &&
    schema.format !== "" &&
    isKnownFormat(schema.format, visit.minor)
  ) {
    if (!hasFormat(value, schema.format)) refuse(visit, "value", `must be of type ${schema.format}`);
  }
}

function checkNumber(value: number, schema: Structural, visit: Visit): void {
  const { json } = schema;
  const factor = numberOf(json, "multipleOf");
  if (factor !== undefined && factor > 0 && !isMultiple(value, factor))
    refuse(visit, "value", `should be a multiple of ${factor}`);
  const most = numberOf(json, "maximum");
  if (most !== undefined) {
    const exclusive = own(json, "exclusiveMaximum") === true;
    if (exclusive ? value >= most : value > most)
      refuse(visit, "value", `should be less than ${exclusive ? "" : "or equal to "}${most}`);
  }
  const least = numberOf(json, "minimum");
  if (least !== undefined) {
    const exclusive = own(json, "exclusiveMinimum") === true;
    if (exclusive ? value <= least : value < least)
      refuse(visit, "value", `should be greater than ${exclusive ? "" : "or equal to "}${least}`);
  }
  const isInt32 = schema.type === "integer" && schema.format === "int32";
  if (isInt32 && (value > 2_147_483_647 || value < -2_147_483_648))
    refuse(visit, "value", "must be of type integer with format int32");
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = value / factor;
  return Number.isInteger(quotient);
}

function checkList(value: JsonArray, schema: Structural, visit: Visit): void {
  const most = numberOf(schema.json, "maxItems");
  const least = numberOf(schema.json, "minItems");
  if (most !== undefined && value.length > most) refuseSize(visit, `must have at most ${most} items`);
  if (least !== undefined && value.length < least)
    refuse(visit, "value", `should have at least ${least} items`);
  const { items } = schema;
  if (items !== undefined)
    for (const [index, item] of value.entries()) validate(item, items, at(visit, index));
}

function checkObject(value: JsonObject, schema: Structural, visit: Visit): void {
  const names = Object.keys(value);
  const most = numberOf(schema.json, "maxProperties");
  const least = numberOf(schema.json, "minProperties");
  if (most !== undefined && names.length > most) refuseSize(visit, `must have at most ${most} properties`);
  if (least !== undefined && names.length < least)
    refuse(visit, "value", `should have at least ${least} properties`);
  for (const name of schema.required) {
    if (!Object.hasOwn(value, name)) refuse(at(visit, name), "required", "is required");
  }
  for (const name of names) {
    const inner = memberSchema(schema, name);
    if (inner !== undefined) validate(value[name] ?? null, inner, at(visit, name));
  }
}

/** Does the value pass? Faults are not kept. */
function passes(value: Json, schema: Structural, visit: Visit): boolean {
  const faults: Fault[] = [];
  validate(value, schema, { ...visit, faults });
  return faults.length === 0;
}

function checkAlternatives(value: Json, schema: Structural, visit: Visit): void {
  if (schema.anyOf.length > 0 && !schema.anyOf.some((option) => passes(value, option, visit)))
    refuse(
      visit,
      "value",
      `must validate at least one schema (anyOf)${reasonsOf(value, schema.anyOf, visit)}`,
    );
  if (schema.oneOf.length > 0) {
    const passed = schema.oneOf.filter((option) => passes(value, option, visit)).length;
    if (passed !== 1) {
      const why = passed === 0 ? reasonsOf(value, schema.oneOf, visit) : `: ${passed} of them fit`;
      refuse(visit, "value", `must validate one and only one schema (oneOf)${why}`);
    }
  }
  // What all of them say is as good as said once.
  for (const option of schema.allOf) validate(value, option, visit);
  if (schema.not !== undefined && passes(value, schema.not, visit))
    refuse(visit, "value", "must not validate the schema (not)");
}

/** Which fields the alternatives ask for, when that is all they ask. */
function reasonsOf(value: Json, options: readonly Structural[], visit: Visit): string {
  if (!isObject(value)) return "";
  const wanted = options.map(({ required }) => required.join(" and "));
  if (wanted.length > 8 || wanted.some((names) => names === "") || visit.path.length > 50) return "";
  return `: one of ${wanted.join(", ")} is required`;
}
