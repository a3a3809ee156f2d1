import { isArray, type Json } from "../../../kube/json.ts";
import { parseQuantity } from "../../../kube/quantity.ts";
import { badBase64, isDuration, isTime } from "../../../kube/schema/scalar-text.ts";
import type { ScalarKind, ScalarType } from "../../../kube/schema/schema-type.ts";

/** Why a value cannot be decoded into a scalar type. */
export type ScalarFault =
  | { readonly kind: "type"; readonly wanted: string }
  | { readonly kind: "range"; readonly wanted: string }
  | { readonly kind: "format"; readonly reason: string; readonly hint: string };

const TEXT: ScalarFault = { kind: "type", wanted: "a text" };
const BOOLEAN: ScalarFault = { kind: "type", wanted: "true or false" };
const WHOLE: ScalarFault = { kind: "type", wanted: "a whole number" };
const NUMBER: ScalarFault = { kind: "type", wanted: "a number" };

/** Least and greatest value; those of 64 bits as the nearest doubles inside. */
const ranges: Readonly<Partial<Record<ScalarKind, readonly [number, number]>>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-2_147_483_648, 2_147_483_647],
  int: [-9_223_372_036_854_775_808, 9_223_372_036_854_774_784],
  int64: [-9_223_372_036_854_775_808, 9_223_372_036_854_774_784],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 4_294_967_295],
  uint64: [0, 18_446_744_073_709_549_568],
};

/**
 * Why Go cannot decode the value, which is not null, into the type; undefined when it can. Whole numbers are whole
 * however they are written (`1e3`, `2.0`): kubectl sends them so.
 */
export function scalarFault(value: Json, { scalar }: ScalarType): ScalarFault | undefined {
  switch (scalar) {
    case "any":
      return undefined;
    case "string":
      return typeof value === "string" ? undefined : TEXT;
    case "bool":
      return typeof value === "boolean" ? undefined : BOOLEAN;
    case "float32":
    case "float64":
      return typeof value === "number" ? undefined : NUMBER;
    case "bytes":
      return bytesFault(value);
    case "quantity":
      return quantityFault(value);
    case "intstr":
      return intOrStringFault(value);
    case "time":
    case "microtime":
    case "duration":
      return timeFault(value, scalar);
    default:
      return typeof value === "number" ? rangeFault(value, scalar) : WHOLE;
  }
}

function rangeFault(value: number, scalar: ScalarKind): ScalarFault | undefined {
  const [least, greatest] = ranges[scalar] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (!Number.isInteger(value)) return { kind: "range", wanted: "a whole number" };
  if (value >= least && value <= greatest) return undefined;
  return { kind: "range", wanted: `a number of type ${scalar}` };
}

function bytesFault(value: Json): ScalarFault | undefined {
  // Go decodes a list of numbers into bytes too.
  if (isArray(value)) return undefined;
  if (typeof value !== "string") return { kind: "type", wanted: "a text in base64" };
  const at = badBase64(value);
  return at === undefined
    ? undefined
    : {
        kind: "format",
        reason: `illegal base64 data at input byte ${at}`,
        hint: "write it in base64, or use stringData where the kind has it",
      };
}

function quantityFault(value: Json): ScalarFault | undefined {
  if ((typeof value === "string" || typeof value === "number") && parseQuantity(value) !== undefined)
    return undefined;
  return {
    kind: "format",
    reason: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    hint: "write a number with a suffix, like 500m, 1.5, 128Mi",
  };
}

function intOrStringFault(value: Json): ScalarFault | undefined {
  if (typeof value === "string") return undefined;
  if (typeof value === "number" && rangeFault(value, "int32") === undefined) return undefined;
  const found = typeof value === "number" ? `number ${value}` : isArray(value) ? "array" : goKind(value);
  return {
    kind: "format",
    reason: `json: cannot unmarshal ${found} into Go value of type int32`,
    hint: "write a whole number or a text, like 25%",
  };
}

function goKind(value: Json): string {
  return typeof value === "boolean" ? "bool" : typeof value;
}

const layouts = {
  time: "2006-01-02T15:04:05Z07:00",
  microtime: "2006-01-02T15:04:05.000000Z07:00",
} as const;

function timeFault(value: Json, scalar: "time" | "microtime" | "duration"): ScalarFault | undefined {
  if (typeof value !== "string") {
    return {
      kind: "format",
      reason: `json: cannot unmarshal ${isArray(value) ? "array" : goKind(value)} into Go value of type string`,
      hint: "write it in quotes",
    };
  }
  const shown = JSON.stringify(value.slice(0, 100));
  if (scalar === "duration") {
    return isDuration(value)
      ? undefined
      : { kind: "format", reason: `time: invalid duration ${shown}`, hint: "write it like 1h30m or 10s" };
  }
  if (isTime(value, scalar === "microtime")) return undefined;
  return {
    kind: "format",
    reason: `parsing time ${shown} as ${JSON.stringify(layouts[scalar])}: it has another form`,
    hint:
      scalar === "time" ? "write it like 2026-01-31T12:00:00Z" : "write it like 2026-01-31T12:00:00.000000Z",
  };
}
