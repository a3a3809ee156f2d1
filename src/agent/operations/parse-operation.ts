import { deepFreeze, type Json, type JsonObject } from "../../kube/json.ts";
import { recordSchema } from "./field-schema.ts";
import type { Operation, OperationKind } from "./operation.ts";
import { parseRecord } from "./parse-field.ts";
import { type OperationRow, operations } from "./table.ts";

export type ParsedOperation =
  | { readonly ok: true; readonly operation: Operation }
  | { readonly ok: false; readonly problems: readonly string[] };

export type ParsedOperations =
  | { readonly ok: true; readonly operations: readonly Operation[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Most operations that one request may have. */
export const MAX_OPERATIONS = 64;

const rows: ReadonlyMap<string, OperationRow> = new Map(operations.map((row) => [row.name, row]));
const known = operations.map((row) => row.name).join(", ");

/**
 * Reads the arguments of an operation, strictly: unknown members, coercions and values outside their grammars are refused.
 * Problems are bounded in number and size and never hold a value. The operation is a frozen copy, equal for equal input.
 */
export function parseOperation(name: string, args: unknown): ParsedOperation {
  const row = rows.get(name);
  if (row === undefined) return { ok: false, problems: [`there is no such operation; known: ${known}`] };
  const problems: string[] = [];
  const read = parseRecord(row.arguments, args, "", problems);
  if (read === undefined) return { ok: false, problems };
  const operation = deepFreeze({ kind: row.name, ...read }) as unknown as Operation;
  const broken = row.rules(operation);
  return broken.length > 0 ? { ok: false, problems: broken } : { ok: true, operation };
}

/**
 * Reads a list of operations, each `{kind, …arguments}`. All or nothing: with one fault there is no list.
 */
export function parseOperations(list: unknown): ParsedOperations {
  if (!Array.isArray(list)) return { ok: false, problems: ["operations must be a list"] };
  if (list.length === 0 || list.length > MAX_OPERATIONS) {
    return { ok: false, problems: [`operations must have 1 to ${MAX_OPERATIONS} items`] };
  }
  const read: Operation[] = [];
  for (const [index, item] of list.entries()) {
    const problems = parseItem(item, read);
    if (problems.length > 0) {
      return { ok: false, problems: problems.map((problem) => `operations[${index}]: ${problem}`) };
    }
  }
  return { ok: true, operations: Object.freeze(read) };
}

function parseItem(item: unknown, read: Operation[]): readonly string[] {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return ["it must be an object"];
  const { kind, ...args } = item as Readonly<Record<string, unknown>>;
  if (typeof kind !== "string" || !Object.hasOwn(item, "kind")) {
    return [`kind is missing; known: ${known}`];
  }
  const parsed = parseOperation(kind, args);
  if (!parsed.ok) return parsed.problems;
  read.push(parsed.operation);
  return [];
}

/** Input schema of an operation as a tool of its own: a closed plain object without anyOf at its root. */
export function operationSchema(kind: OperationKind): JsonObject {
  const row = rows.get(kind);
  return row === undefined ? {} : recordSchema(row.arguments);
}

/** Schema of a list of operations, as `parseOperations` takes them. */
export function operationsSchema(): JsonObject {
  const items: Json[] = operations.map((row) => {
    const schema = recordSchema(row.arguments);
    return {
      ...schema,
      description: row.description,
      properties: { kind: { const: row.name }, ...(schema["properties"] as JsonObject) },
      required: ["kind", ...((schema["required"] as readonly Json[] | undefined) ?? [])],
    };
  });
  return { type: "array", minItems: 1, maxItems: MAX_OPERATIONS, items: { anyOf: items } };
}
