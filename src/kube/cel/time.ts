import { daysIn } from "../days-in.ts";
import { CelDuration, CelError, CelTimestamp } from "./values.ts";

/** Durations and timestamps as Go's time package reads and writes them, within CEL's limits (cel-go common/types). */

const MAX_INT = 2n ** 63n - 1n;
const MIN_INT = -(2n ** 63n);
const SECOND = 1_000_000_000n;
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const MIN_SECONDS = -62_135_596_800n;
const MAX_SECONDS = 253_402_300_799n;

export const TIMESTAMP_OVERFLOW: CelError = new CelError("timestamp overflow");
const DURATION_OVERFLOW = new CelError("duration overflow");

/** A duration of that many nanoseconds; an error when 64 bits cannot hold it. */
export function durationOf(nanos: bigint): CelDuration | CelError {
  return nanos > MAX_INT || nanos < MIN_INT ? DURATION_OVERFLOW : new CelDuration(nanos);
}

/** The timestamp; an error outside the years 1 to 9999. */
export function timestampOf(nanos: bigint, offset: number): CelTimestamp | CelError {
  const seconds = floorDiv(nanos, SECOND);
  return seconds < MIN_SECONDS || seconds > MAX_SECONDS
    ? TIMESTAMP_OVERFLOW
    : new CelTimestamp(nanos, offset);
}

export function floorDiv(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

const units: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1000n],
  ["\u00b5s", 1000n],
  ["\u03bcs", 1000n],
  ["ms", 1_000_000n],
  ["s", SECOND],
  ["m", 60n * SECOND],
  ["h", 3600n * SECOND],
]);
const durationPart = /([0-9]*)(?:\.([0-9]*))?([^0-9.]+)/y;

/** Reads `1h2m3.5s` (time.ParseDuration); undefined when it is none. */
export function parseDuration(text: string): bigint | undefined {
  const negative = text.startsWith("-");
  const rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0n;
  if (rest === "" || rest.length > 1000) return undefined;
  let total = 0n;
  for (let at = 0; at < rest.length; ) {
    durationPart.lastIndex = at;
    const part = durationPart.exec(rest);
    if (part === null) return undefined;
    const [all, whole = "", fraction = "", name = ""] = part;
    const unit = units.get(name);
    if (unit === undefined || (whole === "" && fraction === "")) return undefined;
    total += BigInt(whole === "" ? "0" : whole) * unit + fractionOf(fraction, unit);
    if (total > MAX_INT + (negative ? 1n : 0n)) return undefined;
    at += all.length;
  }
  return negative ? -total : total;
}

/** Go computes the part after the point in floating point, and stops counting its digits where 63 bits end. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (next > MAX_INT) break;
    value = next;
    scale *= 10;
  }
  return value === 0n ? 0n : BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}

/** A number without an exponent, in as few digits as tell it apart. */
export function plainNumber(value: number): string {
  const text = String(value);
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?e([+-][0-9]+)$/.exec(text);
  if (match === null) return text;
  const [, sign = "", whole = "", fraction = "", power = "0"] = match;
  const exponent = Number(power);
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return digits.length <= point
    ? `${sign}${digits}${"0".repeat(point - digits.length)}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Seconds as a double, as Go computes them. */
export function secondsOf(nanos: bigint): number {
  return Number(nanos / SECOND) + Number(nanos % SECOND) / 1e9;
}

export function durationText(duration: CelDuration): string {
  return `${plainNumber(secondsOf(duration.nanos))}s`;
}

const rfc3339 =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))$/;

/** Reads a time of RFC 3339 (time.Parse); undefined when it is none. */
export function parseTimestamp(text: string): CelTimestamp | CelError | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  if (day < 1 || day > daysIn(year, month)) return undefined;
  const offset = offsetOf(match[8], Number(match[9] ?? "0"), Number(match[10] ?? "0"));
  if (offset === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const fraction = BigInt((match[7] ?? "").slice(0, 9).padEnd(9, "0"));
  const seconds = BigInt(date.getTime()) / 1000n - BigInt(offset);
  return timestampOf(seconds * SECOND + fraction, offset);
}

function offsetOf(sign: string | undefined, hours: number, minutes: number): number | undefined {
  if (sign === undefined) return 0;
  if (hours > 24 || minutes > 60) return undefined;
  return (sign === "-" ? -1 : 1) * (hours * 3600 + minutes * 60);
}

export function timestampText(timestamp: CelTimestamp): string {
  const date = shifted(timestamp, timestamp.offset);
  const pad = (value: number, digits = 2): string => String(value).padStart(digits, "0");
  const nanos = timestamp.nanos - floorDiv(timestamp.nanos, SECOND) * SECOND;
  const fraction = nanos === 0n ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
  const day = `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
  const time = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  const minutes = Math.abs(timestamp.offset) / 60;
  const zone =
    timestamp.offset === 0
      ? "Z"
      : `${timestamp.offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
  return `${day}T${time}${fraction}${zone}`;
}

/** The moment as a Date whose UTC fields are those of the clock at that offset. */
function shifted(timestamp: CelTimestamp, offset: number): Date {
  return new Date((Number(floorDiv(timestamp.nanos, SECOND)) + offset) * 1000);
}

export type ClockField =
  | "getFullYear"
  | "getMonth"
  | "getDayOfYear"
  | "getDayOfMonth"
  | "getDate"
  | "getDayOfWeek"
  | "getHours"
  | "getMinutes"
  | "getSeconds"
  | "getMilliseconds";

const fields: Readonly<Record<ClockField, (date: Date, timestamp: CelTimestamp) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDayOfYear: (date) => {
    const first = new Date(0);
    first.setUTCFullYear(date.getUTCFullYear(), 0, 1);
    return Math.floor((date.getTime() - first.getTime()) / 86_400_000);
  },
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDate: (date) => date.getUTCDate(),
  getDayOfWeek: (date) => date.getUTCDay(),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (_date, timestamp) =>
    Number((timestamp.nanos - floorDiv(timestamp.nanos, SECOND) * SECOND) / 1_000_000n),
};

export const CLOCK_FIELDS: readonly ClockField[] = Object.keys(fields) as ClockField[];

/** A field of the clock in a time zone: the name of one, or an offset such as `-08:30`. */
export function clockField(timestamp: CelTimestamp, field: ClockField, zone: string): bigint | CelError {
  const offset = zoneOffset(timestamp, zone);
  return offset instanceof CelError ? offset : BigInt(fields[field](shifted(timestamp, offset), timestamp));
}

function zoneOffset(timestamp: CelTimestamp, zone: string): number | CelError {
  if (zone === "" || zone === "UTC") return 0;
  const colon = zone.indexOf(":");
  if (colon < 0) return namedOffset(timestamp, zone);
  const hours = atoi(zone.slice(0, colon));
  if (hours instanceof CelError) return hours;
  const minutes = atoi(zone.slice(colon + 1));
  if (minutes instanceof CelError) return minutes;
  return (zone.startsWith("-") ? hours * 60 - minutes : hours * 60 + minutes) * 60;
}

function atoi(text: string): number | CelError {
  return /^[+-]?[0-9]{1,9}$/.test(text)
    ? Number(text)
    : new CelError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
}

const formats = new Map<string, Intl.DateTimeFormat | undefined>();
const MAX_ZONES = 1000;

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  if (formats.has(zone)) return formats.get(zone);
  let made: Intl.DateTimeFormat | undefined;
  try {
    made = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      hourCycle: "h23",
    });
  } catch {
    made = undefined;
  }
  if (formats.size < MAX_ZONES) formats.set(zone, made);
  return made;
}

function namedOffset(timestamp: CelTimestamp, zone: string): number | CelError {
  const format = /^[A-Za-z]/.test(zone) ? formatOf(zone) : undefined;
  if (format === undefined) return new CelError(`unknown time zone ${zone}`);
  const seconds = Number(floorDiv(timestamp.nanos, SECOND));
  const parts = new Map(
    format.formatToParts(new Date(seconds * 1000)).map(({ type, value }) => [type, value]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => Number(parts.get(name) ?? "0");
  const year = parts.get("era") === "BC" ? 1 - part("year") : part("year");
  const local = new Date(0);
  local.setUTCFullYear(year, part("month") - 1, part("day"));
  local.setUTCHours(part("hour"), part("minute"), part("second"));
  return local.getTime() / 1000 - seconds;
}
