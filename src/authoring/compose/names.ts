import { sha256Hex } from "../../kube/digest.ts";

/** Longest DNS label. */
const longest = 63;

export function isDnsLabel(text: string): boolean {
  return text.length <= longest && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(text);
}

/**
 * A DNS label made from a name: lower case, other characters as `-`, at most 63. A name that is cut, or of which nothing
 * is left, keeps apart from others by the beginning of its digest.
 */
export function dnsLabel(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  if (plain === "") return `x-${sha256Hex(name).slice(0, 8)}`;
  if (plain.length <= longest) return plain;
  return `${plain.slice(0, longest - 9).replaceAll(/-+$/g, "")}-${sha256Hex(name).slice(0, 8)}`;
}

/** A Service must also start with a letter (RFC 1035 label): digits get an `s-` in front. */
export function serviceLabel(name: string): string {
  const label = dnsLabel(name);
  return /^[a-z]/.test(label) ? label : dnsLabel(`s-${label}`);
}

/** A DNS subdomain from parts, as a Secret, ConfigMap or claim is named. */
export function objectName(...parts: readonly string[]): string {
  return dnsLabel(parts.map((part) => dnsLabel(part)).join("-"));
}

/** A key of a Secret or ConfigMap: letters, digits, `-`, `_`, `.` (apimachinery validation IsConfigMapKey). */
export function dataKey(name: string): string {
  const key = name.replaceAll(/[^A-Za-z0-9._-]+/g, "_").slice(0, 253);
  return key === "" || key === "." || key === ".." ? `x${sha256Hex(name).slice(0, 8)}` : key;
}

/** Kubernetes `envvar` names up to 1.33 (apimachinery IsEnvVarName): what every supported version takes. */
export function isEnvName(name: string): boolean {
  return /^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name) && name !== "." && !name.startsWith("..");
}

const labelName = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

/** A label or annotation key: an optional DNS subdomain and `/` before a name. */
export function isQualifiedName(key: string): boolean {
  const slash = key.indexOf("/");
  if (slash < 0) return labelName.test(key);
  const prefix = key.slice(0, slash);
  return (
    prefix.length <= 253 &&
    prefix.split(".").every((part) => isDnsLabel(part)) &&
    labelName.test(key.slice(slash + 1))
  );
}

export function isLabelValue(value: string): boolean {
  return value === "" || labelName.test(value);
}
