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

export function listType(element: CelType): CelType {
  return { kind: "list", name: "list", params: [element] };
}

export function mapType(key: CelType, value: CelType): CelType {
  return { kind: "map", name: "map", params: [key, value] };
}

export function typeType(of: CelType): CelType {
  return { kind: "type", name: "type", params: [of] };
}

export function opaqueType(name: string, ...params: readonly CelType[]): CelType {
  return { kind: "opaque", name, params };
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
