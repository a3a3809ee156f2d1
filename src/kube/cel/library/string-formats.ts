import { daysIn } from "../../days-in.ts";
import { labelSyntax, subdomainSyntax } from "../../name-syntax.ts";
import { parseDuration } from "../time.ts";
import { utf8 } from "../values.ts";
import { parseAddress } from "./addresses.ts";
import { parseGoUrl } from "./go-url.ts";
import { regexMatches } from "./regex.ts";

/**
 * Formats of texts in schemas, by their name without `-`; `datetime` covers `date-time` (kube-openapi
 * pkg/validation/strfmt, k8s.io/apiextensions-apiserver pkg/apiserver/validation/formats.go). `email` is checked only as
 * far as it is certain: Go's net/mail takes display names and comments too.
 */
const formats: ReadonlyMap<string, (text: string) => boolean> = new Map<string, (text: string) => boolean>([
  ["bsonobjectid", (text) => /^[0-9a-fA-F]{24}$/.test(text)],
  ["uri", (text) => typeof parseGoUrl(text, true) !== "string"],
  ["email", (text) => text.includes("@")],
  ["hostname", isHostname],
  ["ipv4", (text) => text.includes(".") && isSloppyAddress(text)],
  ["ipv6", (text) => text.includes(":") && !text.includes("%") && typeof parseAddress(text) !== "string"],
  ["cidr", isSloppyCidr],
  ["mac", isMac],
  ["uuid", uuid("[0-9a-f]{4}", "[0-9a-f]{4}")],
  ["uuid3", uuid("3[0-9a-f]{3}", "[0-9a-f]{4}")],
  ["uuid4", uuid("4[0-9a-f]{3}", "[89ab][0-9a-f]{3}")],
  ["uuid5", uuid("5[0-9a-f]{3}", "[89ab][0-9a-f]{3}")],
  ["isbn", (text) => isIsbn10(text) || isIsbn13(text)],
  ["isbn10", isIsbn10],
  ["isbn13", isIsbn13],
  ["creditcard", isCreditCard],
  ["ssn", (text) => text.length === 11 && /^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$/.test(text)],
  ["hexcolor", (text) => /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text)],
  ["rgbcolor", isRgbColor],
  ["byte", isBase64],
  ["password", () => true],
  ["date", isDate],
  ["duration", isDuration],
  ["datetime", isDateTime],
  ["k8sshortname", (text) => text.length <= 63 && labelSyntax.test(text)],
  ["k8slongname", (text) => text.length <= 253 && subdomainSyntax.test(text)],
]);

/** Formats that a later minor brought; the others were always there. */
const introduced: ReadonlyMap<string, number> = new Map([
  ["k8sshortname", 34],
  ["k8slongname", 34],
]);

function normal(format: string): string {
  return format.replaceAll("-", "");
}

/** Does the server of a minor check this format of texts? */
export function isKnownFormat(format: string, minor: number): boolean {
  const name = normal(format);
  return formats.has(name) && (introduced.get(name) ?? 0) <= minor;
}

/** Has the text this format? Always, for a format that nobody checks. */
export function hasFormat(text: string, format: string): boolean {
  return formats.get(normal(format))?.(text) ?? true;
}

const hostname =
  "^([a-zA-Z0-9\\p{S}\\p{L}]((-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?)|([a-zA-Z0-9\\p{S}\\p{L}](([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}[a-zA-Z0-9\\p{S}\\p{L}])?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$";

function isHostname(text: string): boolean {
  if (text.length > 255 || utf8(text).length > 255) return false;
  return regexMatches(hostname, text) === true && text.split(".").every((part) => utf8(part).length <= 63);
}

/** Leading zeros of IPv4 fields are taken, as Go did before 1.17. */
function isSloppyAddress(text: string): boolean {
  return (
    !text.includes("%") &&
    typeof parseAddress(text.replace(/(^|[.:])0+(?=[0-9]+(?:\.|$))/g, "$1")) !== "string"
  );
}

function isSloppyCidr(text: string): boolean {
  const slash = text.indexOf("/");
  if (slash < 0) return false;
  const address = text.slice(0, slash);
  const bits = text.slice(slash + 1);
  if (!/^[0-9]{1,4}$/.test(bits) || !isSloppyAddress(address)) return false;
  return Number(bits) <= (address.includes(":") ? 128 : 32);
}

function isMac(text: string): boolean {
  const colons = /^[0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\1)*[0-9a-fA-F]{2}$/.test(text);
  const dots = /^[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4})+$/.test(text);
  const bytes = text.replaceAll(/[^0-9a-fA-F]/g, "").length / 2;
  return (colons || dots) && (bytes === 6 || bytes === 8 || bytes === 20);
}

function uuid(third: string, fourth: string): (text: string) => boolean {
  const pattern = new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${third}-?${fourth}-?[0-9a-f]{12}$`, "i");
  return (text) => pattern.test(text);
}

function digitsOf(text: string): string {
  return text.replaceAll(/[\s-]+/g, "");
}

function isIsbn10(text: string): boolean {
  const digits = digitsOf(text);
  if (!/^(?:[0-9]{9}X|[0-9]{10})$/.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < 10; at++) sum += (at + 1) * (digits[at] === "X" ? 10 : Number(digits[at]));
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = digitsOf(text);
  if (!/^[0-9]{13}$/.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < 12; at++) sum += Number(digits[at]) * (at % 2 === 0 ? 1 : 3);
  return Number(digits[12]) === (10 - (sum % 10)) % 10;
}

const cards =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11})$/;

function isCreditCard(text: string): boolean {
  const digits = text.replaceAll(/[^0-9]+/g, "");
  if (!cards.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]) * (at % 2 === 0 ? 1 : 2);
    sum += digit > 9 ? (digit % 10) + 1 : digit;
  }
  return sum % 10 === 0;
}

function isRgbColor(text: string): boolean {
  const match =
    /^rgb\([\t\n\f\r ]*([0-9]+)[\t\n\f\r ]*,[\t\n\f\r ]*([0-9]+)[\t\n\f\r ]*,[\t\n\f\r ]*([0-9]+)[\t\n\f\r ]*\)$/.exec(
      text,
    );
  return (
    match !== null &&
    match.slice(1).every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)
  );
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

function isBase64(text: string): boolean {
  return text.length > 0 && text.length % 4 === 0 && base64.test(text);
}

function isDate(text: string): boolean {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (match === null) return false;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

function isDateTime(text: string): boolean {
  const [date = "", time] = text.toLowerCase().split("t");
  if (time === undefined || !isDate(date)) return false;
  const match = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[^\n][0-9]+)?(?:z|[+-][0-9]{2}:[0-9]{2})$/u.exec(time);
  return match !== null && (match[1] ?? "") <= "23" && (match[2] ?? "") <= "59" && (match[3] ?? "") <= "59";
}

/** Go's durations and Scala's (`2 days`): a number, then a name of a unit. */
function isDuration(text: string): boolean {
  if (parseDuration(text) !== undefined) return true;
  for (const [, , , unit = ""] of text.matchAll(/((\d+)\s*([A-Za-zµ]+))/g)) {
    const name = unit.toLowerCase();
    if (
      [
        "ns",
        "nano",
        "us",
        "µs",
        "micro",
        "ms",
        "milli",
        "s",
        "sec",
        "m",
        "min",
        "h",
        "hr",
        "hour",
        "d",
        "day",
        "w",
        "wk",
        "week",
      ].includes(name)
    )
      return true;
    if (
      ["nano", "micro", "milli", "sec", "min", "hour", "day", "week"].some((start) => name.startsWith(start))
    )
      return true;
  }
  return false;
}
