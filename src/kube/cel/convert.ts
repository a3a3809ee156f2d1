import { plainNumber } from "./time.ts";
import {
  durationText,
  parseDuration,
  parseTimestamp,
  timestampOf,
  timestampText,
  floorDiv,
  durationOf,
} from "./time.ts";
import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  fromUtf8,
  typeNameOf,
} from "./values.ts";
import { int, uint } from "./operations.ts";

/** Conversion functions: `int(x)`, `string(x)` and the like (cel-go common/types, ConvertToType). */

function cannot(value: CelValue, to: string): CelError {
  return new CelError(`type conversion error from '${typeNameOf(value)}' to '${to}'`);
}

export function toInt(value: CelValue): CelValue {
  if (typeof value === "bigint") return value;
  if (value instanceof CelUint) return int(value.value);
  if (typeof value === "number") {
    const limit = 2 ** 63;
    return !Number.isFinite(value) || value <= -limit || value >= limit
      ? new CelError("integer overflow")
      : BigInt(Math.trunc(value));
  }
  if (value instanceof CelDuration) return value.nanos;
  if (value instanceof CelTimestamp) return floorDiv(value.nanos, 1_000_000_000n);
  if (typeof value !== "string" || !/^[+-]?[0-9]{1,40}$/.test(value)) return cannot(value, "int");
  const parsed = BigInt(value.replace(/^\+/, ""));
  return int(parsed) === parsed ? parsed : cannot(value, "int");
}

export function toUint(value: CelValue): CelValue {
  if (value instanceof CelUint) return value;
  if (typeof value === "bigint")
    return value < 0n ? new CelError("unsigned integer overflow") : new CelUint(value);
  if (typeof value === "number")
    return !Number.isFinite(value) || value < 0 || value >= 2 ** 64
      ? new CelError("unsigned integer overflow")
      : new CelUint(BigInt(Math.trunc(value)));
  if (typeof value !== "string" || !/^[0-9]{1,40}$/.test(value)) return cannot(value, "uint");
  const parsed = uint(BigInt(value));
  return parsed instanceof CelError ? cannot(value, "uint") : parsed;
}

const float = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

export function toDouble(value: CelValue): CelValue {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  if (typeof value !== "string") return cannot(value, "double");
  const special = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(value);
  if (special !== null) {
    if (/^nan$/i.test(special[2] ?? "")) return special[1] === "" ? Number.NaN : cannot(value, "double");
    return special[1] === "-" ? -Infinity : Infinity;
  }
  const number = float.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : cannot(value, "double");
}

export function toBool(value: CelValue): CelValue {
  if (typeof value === "boolean") return value;
  switch (value) {
    case "1":
    case "t":
    case "T":
    case "true":
    case "TRUE":
    case "True":
      return true;
    case "0":
    case "f":
    case "F":
    case "false":
    case "FALSE":
    case "False":
      return false;
    default:
      return cannot(value, "bool");
  }
}

export function toDuration(value: CelValue): CelValue {
  if (value instanceof CelDuration) return value;
  if (typeof value === "bigint") return durationOf(value);
  const nanos = typeof value === "string" ? parseDuration(value) : undefined;
  return nanos === undefined ? cannot(value, "google.protobuf.Duration") : new CelDuration(nanos);
}

export function toTimestamp(value: CelValue): CelValue {
  if (value instanceof CelTimestamp) return value;
  if (typeof value === "bigint") return timestampOf(value * 1_000_000_000n, 0);
  const parsed = typeof value === "string" ? parseTimestamp(value) : undefined;
  return parsed ?? cannot(value, "google.protobuf.Timestamp");
}

export function toText(value: CelValue): CelValue {
  switch (typeof value) {
    case "string":
      return value;
    case "boolean":
    case "bigint":
      return String(value);
    case "number":
      return shortDouble(value);
    default:
  }
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof Uint8Array)
    return fromUtf8(value) ?? new CelError("invalid UTF-8 in bytes, cannot convert to string");
  if (value instanceof CelDuration) return durationText(value);
  if (value instanceof CelTimestamp) return timestampText(value);
  if (value instanceof CelTypeValue) return value.name;
  if (value instanceof CelOpaque && (value.type.name === "net.IP" || value.type.name === "net.CIDR"))
    return value.key;
  return cannot(value, "string");
}

/** Go's %g with the fewest digits: an exponent below 10⁻⁴ and from 10⁶ on. */
export function shortDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const [digits = "0", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (value === 0 || (exponent >= -4 && exponent < 6)) return plainNumber(value);
  return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** A value as Go prints it with %v: what messages of the server show. */
export function shownValue(value: CelValue): string {
  if (typeof value === "string") return value;
  if (value === null) return "null";
  if (value instanceof CelOptional)
    return value.value === undefined ? "optional.none()" : `optional(${shownValue(value.value)})`;
  if (value instanceof CelList) return `[${[...value].map(shownValue).join(", ")}]`;
  if (value instanceof CelMap)
    return `{${value
      .keys()
      .map((key) => `${shownValue(key)}: ${shownValue(value.find(key) ?? null)}`)
      .join(", ")}}`;
  if (value instanceof CelOpaque) return value.key;
  if (value instanceof CelError) return value.message;
  const text = toText(value);
  return typeof text === "string" ? text : "";
}
