import { spendText } from "./meter.ts";
import type { CelType } from "./types.ts";

/**
 * Values of CEL: int is bigint, double is number, bytes are Uint8Array, null is null. An error is a value too, as in
 * cel-go: `&&` and `||` can absorb one.
 */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelList
  | CelMap
  | CelDuration
  | CelTimestamp
  | CelTypeValue
  | CelOptional
  | CelOpaque
  | CelError;

/** An evaluation that failed, or (`unknown`) one whose result depends on what is not known here. */
export class CelError {
  readonly message: string;
  readonly unknown: boolean;
  constructor(message: string, unknown = false) {
    this.message = message;
    this.unknown = unknown;
  }
}

export class CelUint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** Nanoseconds. */
export class CelDuration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** Nanoseconds since 1970-01-01T00:00:00Z, and the offset in seconds in which its text is written. */
export class CelTimestamp {
  readonly nanos: bigint;
  readonly offset: number;
  constructor(nanos: bigint, offset = 0) {
    this.nanos = nanos;
    this.offset = offset;
  }
}

export class CelTypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class CelOptional {
  readonly value: CelValue | undefined;
  constructor(value: CelValue | undefined) {
    this.value = value;
  }
}

/** A value of a library: its type, its equality, and its data. */
export class CelOpaque {
  readonly type: CelType;
  readonly data: unknown;
  /** Text by which two values of the type are compared for equality. */
  readonly key: string;
  constructor(type: CelType, key: string, data: unknown) {
    this.type = type;
    this.key = key;
    this.data = data;
  }
}

export interface ListSource {
  readonly size: number;
  at(index: number): CelValue;
}

/** A list; items are converted when they are asked for. */
export class CelList {
  readonly size: number;
  readonly #source: ListSource;
  /** How lists of a schema with `x-kubernetes-list-type` compare and add; absent: item by item. */
  readonly listType: ListTyping | undefined;
  constructor(source: ListSource, typing?: ListTyping) {
    this.size = source.size;
    this.#source = source;
    this.listType = typing;
  }
  at(index: number): CelValue {
    return this.#source.at(index);
  }
  *[Symbol.iterator](): Generator<CelValue> {
    for (let index = 0; index < this.size; index++) yield this.at(index);
  }
}

/** `set` and `map` lists have no order; items of a `map` list are known by these keys. */
export interface ListTyping {
  readonly kind: "set" | "map";
  readonly keys: readonly string[];
}

export function listOf(items: readonly CelValue[], typing?: ListTyping): CelList {
  return new CelList({ size: items.length, at: (index) => items[index] ?? null }, typing);
}

export interface MapSource {
  readonly size: number;
  /** Undefined when there is no such key. */
  find(key: CelValue): CelValue | undefined;
  keys(): readonly CelValue[];
}

export class CelMap {
  readonly #source: MapSource;
  /** Set for objects of a schema: the name of their type. */
  readonly typeName: string | undefined;
  constructor(source: MapSource, typeName?: string) {
    this.#source = source;
    this.typeName = typeName;
  }
  get size(): number {
    return this.#source.size;
  }
  find(key: CelValue): CelValue | undefined {
    return this.#source.find(key);
  }
  keys(): readonly CelValue[] {
    return this.#source.keys();
  }
}

/** A map from entries; later entries win. Keys are bool, int, uint or string. */
export function mapOf(entries: readonly (readonly [CelValue, CelValue])[], typeName?: string): CelMap {
  const found = new Map<string | bigint | boolean, readonly [CelValue, CelValue]>();
  for (const entry of entries) {
    const key = keyOf(entry[0]);
    if (key !== undefined) found.set(key, entry);
  }
  return new CelMap(
    {
      size: found.size,
      find: (key) => {
        const known = keyOf(key);
        return known === undefined ? undefined : found.get(known)?.[1];
      },
      keys: () => [...found.values()].map(([key]) => key),
    },
    typeName,
  );
}

/** What a key is known by: numbers of every type with the same amount are one key. Undefined: no key at all. */
export function keyOf(key: CelValue): string | bigint | boolean | undefined {
  if (typeof key === "string" || typeof key === "bigint" || typeof key === "boolean") return key;
  if (key instanceof CelUint) return key.value;
  if (typeof key === "number" && Number.isInteger(key)) return BigInt(key);
  return undefined;
}

export function isError(value: CelValue): value is CelError {
  return value instanceof CelError;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  spendText(text.length);
  return encoder.encode(text);
}

/** Undefined: the bytes are no UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Number of code points. */
export function codePoints(text: string): number {
  spendText(text.length);
  let count = text.length;
  for (let index = 0; index < text.length - 1; index++) {
    const code = text.charCodeAt(index);
    if (code < 0xd800 || code > 0xdbff) continue;
    const next = text.charCodeAt(index + 1);
    if (next >= 0xdc00 && next <= 0xdfff) {
      count--;
      index++;
    }
  }
  return count;
}

/** Name of the type of a value, as `type(x)` and messages have it. */
export function typeNameOf(value: CelValue): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    default:
  }
  if (value === null) return "null_type";
  if (value instanceof CelList) return "list";
  if (value instanceof CelMap) return value.typeName ?? "map";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof CelUint) return "uint";
  if (value instanceof CelDuration) return "google.protobuf.Duration";
  if (value instanceof CelTimestamp) return "google.protobuf.Timestamp";
  if (value instanceof CelTypeValue) return "type";
  if (value instanceof CelOptional) return "optional_type";
  if (value instanceof CelOpaque) return value.type.name;
  return "error";
}

/** Does a value fit a parameter of a function? Parameters of lists and maps are not looked into. */
export function fits(value: CelValue, type: CelType): boolean {
  switch (type.kind) {
    case "dyn":
    case "param":
      return true;
    case "bool":
      return typeof value === "boolean";
    case "int":
      return typeof value === "bigint";
    case "double":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "uint":
      return value instanceof CelUint;
    case "bytes":
      return value instanceof Uint8Array;
    case "list":
      return value instanceof CelList && fitsElement(value, type.params[0]);
    case "map":
      return value instanceof CelMap;
    case "null":
      return value === null;
    case "duration":
      return value instanceof CelDuration;
    case "timestamp":
      return value instanceof CelTimestamp;
    case "type":
      return value instanceof CelTypeValue;
    case "opaque":
    case "struct":
      return typeNameOf(value) === type.name;
    default:
      return false;
  }
}

/** Overloads by element type are told apart by the first element (cel-go decls.go matchOperandTrait has only this much). */
function fitsElement(list: CelList, element: CelType | undefined): boolean {
  if (element === undefined || list.size === 0) return true;
  return fits(list.at(0), element);
}
