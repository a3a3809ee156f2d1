/** What the API server decodes a value into: the Go types of k8s.io/api, as far as decoding can tell them apart. */
export type ScalarKind =
  | "string"
  | "bool"
  | "int"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "float32"
  | "float64"
  | "bytes"
  | "quantity"
  | "intstr"
  | "time"
  | "microtime"
  | "duration"
  | "any";

export interface ScalarType {
  readonly shape: "scalar";
  readonly scalar: ScalarKind;
  /** Go name of a named type, e.g. `v1.UID`; empty for the plain one. */
  readonly go: string;
}

export interface EnumType {
  readonly shape: "enum";
  readonly go: string;
  /** Values of the minor at hand, sorted. */
  readonly values: readonly string[];
}

export interface ListType {
  readonly shape: "list";
  readonly item: SchemaType;
  readonly go: string;
}

export interface MapType {
  readonly shape: "map";
  readonly value: SchemaType;
  /** Go name of the type of the keys. */
  readonly key: string;
  readonly go: string;
}

export interface StructType {
  readonly shape: "struct";
  /** Go name, e.g. `v1.PodSpec`. */
  readonly go: string;
  /** Its row in the tables of schemas and descriptions. */
  readonly definition: number;
  readonly fields: ReadonlyMap<string, Field>;
  /** The fields that the published schema calls required. */
  readonly required: readonly Field[];
}

export type SchemaType = ScalarType | EnumType | ListType | MapType | StructType;

export interface Field {
  readonly name: string;
  /** Read lazily: types refer to themselves. */
  readonly type: () => SchemaType;
  /** Required by the published schema; `declared` when declarative validation enforces it. */
  readonly required: false | "published" | "declared";
  /** Feature gates that are off by default in the minor at hand and to which the field belongs. */
  readonly offGates: readonly string[];
  /** How server-side apply joins the list: key fields of a map, or the other two ways. */
  readonly list?: readonly string[] | "set" | "atomic";
  readonly fallback?: unknown;
  readonly immutable: boolean;
  readonly unionMember: boolean;
  readonly limits: Limits;
  /** Name of a format of declarative validation, e.g. `k8s-short-name`. */
  readonly format?: string;
}

export interface Limits {
  readonly min?: number;
  readonly max?: number;
  /** Most items of a list or map. */
  readonly items?: number;
  /** Most characters of a text. */
  readonly length?: number;
  /** Most bytes of a text. */
  readonly bytes?: number;
}

/** A type as Go prints it: `[]v1.Container`, `map[string]string`, `int32`. */
export function goText(type: SchemaType): string {
  if (type.go !== "") return type.go;
  switch (type.shape) {
    case "list":
      return `[]${goText(type.item)}`;
    case "map":
      return `map[${type.key}]${goText(type.value)}`;
    case "scalar":
      return goScalars[type.scalar] ?? type.scalar;
    default:
      return "";
  }
}

const goScalars: Readonly<Partial<Record<ScalarKind, string>>> = {
  bytes: "[]uint8",
  quantity: "resource.Quantity",
  intstr: "intstr.IntOrString",
  time: "v1.Time",
  microtime: "v1.MicroTime",
  duration: "v1.Duration",
  any: "interface {}",
};
