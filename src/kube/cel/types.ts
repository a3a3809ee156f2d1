/** Types of CEL expressions as the API server's type checker has them (cel-go common/types/types.go). */
export type CelKind =
  | "bool"
  | "bytes"
  | "double"
  | "duration"
  | "dyn"
  | "error"
  | "int"
  | "list"
  | "map"
  | "null"
  | "opaque"
  | "string"
  | "struct"
  | "timestamp"
  | "type"
  | "param"
  | "uint";

export interface CelType {
  readonly kind: CelKind;
  readonly name: string;
  readonly params: readonly CelType[];
  /** How many types it is made of, itself among them; absent: one. */
  readonly size?: number;
  /** Types of the fields of a struct. Their order is kept. */
  readonly fields?: ReadonlyMap<string, CelType>;
  /** The type of every field that is not among these; without it there are no others. */
  readonly anyField?: CelType;
}

function simple(kind: CelKind, name: string): CelType {
  return Object.freeze({ kind, name, params: [] });
}

export const BOOL: CelType = simple("bool", "bool");
export const BYTES: CelType = simple("bytes", "bytes");
export const DOUBLE: CelType = simple("double", "double");
export const DURATION: CelType = simple("duration", "google.protobuf.Duration");
export const DYN: CelType = simple("dyn", "dyn");
export const ERROR: CelType = simple("error", "error");
export const INT: CelType = simple("int", "int");
export const NULL: CelType = simple("null", "null_type");
export const STRING: CelType = simple("string", "string");
export const TIMESTAMP: CelType = simple("timestamp", "google.protobuf.Timestamp");
export const UINT: CelType = simple("uint", "uint");
export const TYPE: CelType = simple("type", "type");

/**
 * A type of more parts than this is no type of a person's: it is taken for dyn. `{v: v}` is twice as large as `v`, so that
 * some thirty variables in a row would make a type that nobody can look at to its end.
 */
const MOST_PARTS = 1000;

function composed(kind: CelKind, name: string, params: readonly CelType[]): CelType {
  const size = params.reduce((sum, param) => sum + (param.size ?? 1), 1);
  return size > MOST_PARTS ? DYN : { kind, name, params, size };
}

export function listType(element: CelType): CelType {
  return composed("list", "list", [element]);
}

export function mapType(key: CelType, value: CelType): CelType {
  return composed("map", "map", [key, value]);
}

export function typeType(of: CelType): CelType {
  return composed("type", "type", [of]);
}

export function opaqueType(name: string, ...params: readonly CelType[]): CelType {
  return composed("opaque", name, params);
}

export function optionalType(of: CelType): CelType {
  return opaqueType("optional_type", of);
}

export function paramType(name: string): CelType {
  return { kind: "param", name, params: [] };
}

export function structType(name: string, fields: ReadonlyMap<string, CelType> = new Map()): CelType {
  return { kind: "struct", name, params: [], fields };
}

export function isOptional(type: CelType): boolean {
  return type.kind === "opaque" && type.name === "optional_type";
}

export function sameType(left: CelType, right: CelType): boolean {
  return (
    left === right ||
    (left.kind === right.kind &&
      left.name === right.name &&
      left.params.length === right.params.length &&
      left.params.every((param, index) => sameType(param, right.params[index] ?? ERROR)))
  );
}

/** The name under which messages of the type checker show a type (cel-go checker/format.go). */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case "duration":
      return "duration";
    case "timestamp":
      return "timestamp";
    case "error":
      return "!error!";
    case "null":
      return "null";
    default:
      return type.params.length === 0 ? type.name : `${type.name}(${type.params.map(typeText).join(", ")})`;
  }
}
