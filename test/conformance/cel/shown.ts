import { durationText, plainNumber, timestampText } from "../../../src/kube/cel/time.ts";
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
} from "../../../src/kube/cel/values.ts";
import { goQuote } from "../../../src/kube/go-quote.ts";

/** A value as cel-go's types.Format writes it. */
export function shownCel(value: CelValue): string {
  if (value instanceof CelError) return `error: ${value.message}`;
  if (value === null) return "null";
  if (typeof value === "string") return goQuote(value);
  if (typeof value === "number") {
    if (Number.isNaN(value)) return 'double("NaN")';
    if (!Number.isFinite(value)) return value > 0 ? 'double("Infinity")' : 'double("-Infinity")';
    const text = Object.is(value, -0) ? "-0" : plainNumber(value);
    return text.includes(".") ? text : `${text}.0`;
  }
  if (value instanceof CelUint) return `${value.value}u`;
  if (value instanceof Uint8Array)
    return `b"${[...value].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")}"`;
  if (value instanceof CelDuration) return `duration("${durationText(value)}")`;
  if (value instanceof CelTimestamp) return `timestamp("${timestampText(new CelTimestamp(value.nanos))}")`;
  if (value instanceof CelList) return `[${[...value].map(shownCel).join(", ")}]`;
  if (value instanceof CelMap)
    return `{${value
      .keys()
      .map((key) => `${shownCel(key)}: ${shownCel(value.find(key) ?? null)}`)
      .sort()
      .join(", ")}}`;
  if (value instanceof CelTypeValue) return value.name;
  if (value instanceof CelOptional)
    return value.value === undefined ? "optional.none()" : `optional.of(${shownCel(value.value)})`;
  if (value instanceof CelOpaque) return value.key;
  return String(value);
}
