import { sha256Hex } from "../../kube/digest.ts";

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const qualified = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/;

/** RFC 1123 label (k8s.io/apimachinery validation.IsDNS1123Label). */
export function isDnsLabel(name: string): boolean {
  return label.test(name);
}

/** RFC 1123 subdomain of at most 253 characters. */
export function isDnsSubdomain(name: string): boolean {
  return name.length <= 253 && subdomain.test(name);
}

/** Names of Services are RFC 1035 labels: the first character is a letter. */
export function isServiceName(name: string): boolean {
  return isDnsLabel(name) && /^[a-z]/.test(name);
}

/** Key of a label or annotation: an optional prefix that is a subdomain, and a name (validation.IsQualifiedName). */
export function isQualifiedName(key: string): boolean {
  const slash = key.indexOf("/");
  if (slash < 0) return qualified.test(key);
  return isDnsSubdomain(key.slice(0, slash)) && qualified.test(key.slice(slash + 1));
}

export function isLabelValue(value: string): boolean {
  return value === "" || qualified.test(value);
}

/** `name` when it fits into `max` characters, else its head and eight digits of its SHA-256: no two names fall together. */
export function fitName(name: string, max: number): string {
  if (name.length <= max) return name;
  return `${name.slice(0, max - 9).replace(/[-.]+$/, "")}-${sha256Hex(name).slice(0, 8)}`;
}
