import { isArray, isObject, type Json, type JsonArray, type JsonObject, type JsonPath } from "../json.ts";
import { printable } from "../printable.ts";
import { nearest } from "./nearest.ts";
import type {
  ChoiceShape,
  IntegerShape,
  ListShape,
  LiteralShape,
  RecordShape,
  Shape,
  TextShape,
} from "./shape.ts";

/** The first thing in which a value differs from its shape. */
export interface ShapeProblem {
  readonly path: JsonPath;
  /** Whether the key that ends the path is wrong, or the value there. */
  readonly at: "key" | "value";
  readonly message: string;
  readonly hint?: string;
}

/** Undefined when the value has the shape. Unknown keys are problems at every depth. Never follows the prototype chain. */
export function checkShape(shape: Shape, value: Json, path: JsonPath = []): ShapeProblem | undefined {
  if (shape.kind === "any" || (shape.kind === "nullable" && value === null)) return undefined;
  if (shape.kind === "nullable") return checkShape(shape.shape, value, path);
  if (shape.kind === "list") {
    return isArray(value) ? checkList(shape, value, path) : wrong(path, "is not a list");
  }
  if (shape.kind === "object" || shape.kind === "map" || shape.kind === "record" || shape.kind === "choice") {
    if (!isObject(value)) return wrong(path, "is not a mapping");
    if (shape.kind === "object") return undefined;
    if (shape.kind === "map") return checkMap(shape.values, value, path);
    return checkRecord(shape.kind === "record" ? shape : chosen(shape, value), value, path);
  }
  return checkScalar(shape, value, path);
}

function checkScalar(
  shape: TextShape | LiteralShape | IntegerShape | { readonly kind: "number" | "boolean" },
  value: Json,
  path: JsonPath,
): ShapeProblem | undefined {
  if (shape.kind === "text") return checkText(shape, value, path);
  if (shape.kind === "literal") {
    if (shape.values.some((allowed) => allowed === value)) return undefined;
    const known = shape.values.map((allowed) => JSON.stringify(allowed)).join(", ");
    const near = nearestValue(shape.values, value);
    // A long list would bury what is wrong.
    if (shape.values.length > 12) return wrong(path, "is not known", near ?? `known: ${known}`);
    return wrong(path, `is none of ${known}`, near);
  }
  if (shape.kind === "integer") {
    const { least, most } = shape;
    return typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most
      ? undefined
      : wrong(path, `is not ${rangeText(least, most)}`);
  }
  if (typeof value === shape.kind) return undefined;
  return wrong(path, shape.kind === "number" ? "is not a number" : "is not true or false");
}

function wrong(path: JsonPath, message: string, hint?: string): ShapeProblem {
  return { path, at: "value", message, ...(hint === undefined ? {} : { hint }) };
}

function nearestValue(values: readonly (string | number)[], value: Json): string | undefined {
  if (typeof value !== "string") return undefined;
  const near = nearest(
    value,
    values.filter((known) => typeof known === "string"),
  );
  return near === undefined ? undefined : `did you mean ${JSON.stringify(near)}?`;
}

function rangeText(least: number, most: number): string {
  return most === Number.MAX_SAFE_INTEGER
    ? `a whole number of ${least} or more`
    : `a whole number from ${least} to ${most}`;
}

function checkText(shape: TextShape, value: Json, path: JsonPath): ShapeProblem | undefined {
  if (typeof value !== "string") return wrong(path, `is not ${shape.what}`);
  if (shape.pattern === undefined || shape.pattern.test(value)) return undefined;
  return wrong(path, shape.explain?.(value) ?? `is not ${shape.what}`);
}

function checkList(shape: ListShape, value: JsonArray, path: JsonPath): ShapeProblem | undefined {
  if (value.length < shape.least) {
    return wrong(path, shape.least === 1 ? "is empty" : `has fewer than ${shape.least} items`);
  }
  const seen = new Set<Json>();
  for (const [index, item] of value.entries()) {
    const problem = checkShape(shape.items, item, [...path, index]);
    if (problem !== undefined) return problem;
    if (shape.distinct && seen.has(item)) return wrong([...path, index], "stands twice in the list");
    seen.add(item);
  }
  return undefined;
}

function checkMap(values: Shape, value: JsonObject, path: JsonPath): ShapeProblem | undefined {
  for (const [key, item] of Object.entries(value)) {
    const problem = checkShape(values, item, [...path, key]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkRecord(shape: RecordShape, value: JsonObject, path: JsonPath): ShapeProblem | undefined {
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(shape.members, key)) continue;
    const near = nearest(
      key,
      Object.keys(shape.members).filter((known) => !Object.hasOwn(value, known)),
    );
    const known = Object.keys(shape.members).join(", ");
    return {
      path: [...path, key],
      at: "key",
      message: `unknown key ${printable(JSON.stringify(key))}`,
      hint: near === undefined ? `known here: ${known}` : `did you mean ${near}?`,
    };
  }
  for (const [key, member] of Object.entries(shape.members)) {
    const item = Object.hasOwn(value, key) ? value[key] : undefined;
    if (item === undefined) {
      if (member.required) return wrong(path, `lacks ${key}`);
      continue;
    }
    const problem = checkShape(member.shape, item, [...path, key]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The record that is meant: the first whose literals fit and whose required members are there; else the last. */
function chosen(shape: ChoiceShape, value: JsonObject): RecordShape {
  const meant = shape.shapes.find((candidate) =>
    Object.entries(candidate.members).every(([key, member]) => {
      if (!Object.hasOwn(value, key)) return !member.required;
      return member.shape.kind !== "literal" || member.shape.values.some((allowed) => allowed === value[key]);
    }),
  );
  return meant ?? shape.shapes.at(-1) ?? { kind: "record", members: {} };
}
