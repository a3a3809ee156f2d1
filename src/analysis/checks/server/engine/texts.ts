/**
 * What a text must look like. Each function says why a text does not; undefined when it does. Sources:
 * k8s.io/apimachinery pkg/util/validation/validation.go and pkg/api/validate/content.
 */
import {
  notLabelValue,
  notLabel,
  notPathSegment,
  notQualifiedName,
  notSubdomain,
} from "../../reading/names.ts";
import { type Check } from "./run.ts";
import { text, textOrEmpty } from "./build.ts";

export { notLabelValue, notLabel, notPathSegment, notQualifiedName, notSubdomain };

type Why = (text: string, minor?: number) => string | undefined;

/** IsFullyQualifiedName: a subdomain of at least three labels. */
export const notFullyQualified: Why = (value) =>
  notSubdomain(value) ??
  (value.split(".").length > 2 ? undefined : "it must have at least three parts, joined by '.'");

/** IsFullyQualifiedDomainName: the same with a final point, of at least two labels. */
export const notDomainName: Why = (value) => {
  const name = value.endsWith(".") ? value.slice(0, -1) : value;
  return (
    notSubdomain(name) ??
    (name.split(".").length < 2 ? "it must have at least two parts, joined by '.'" : undefined) ??
    (name.split(".").some((part) => notLabel(part) !== undefined)
      ? "each of its parts must be a DNS label"
      : undefined)
  );
};

/** IsDomainPrefixedPath: `domain/path`. */
export const notDomainPrefixed: Why = (value) => {
  const slash = value.indexOf("/");
  if (slash < 0 || slash === value.length - 1)
    return "it must be a domain and a path, as in example.com/path";
  const domain = notSubdomain(value.slice(0, slash));
  if (domain !== undefined) return `its part before '/' is no DNS subdomain: ${domain}`;
  return /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(value.slice(slash + 1))
    ? undefined
    : "its path holds a character that a path cannot have";
};

/** IsDomainPrefixedKey. */
export const notDomainPrefixedKey: Why = (value) =>
  value.includes("/") ? notQualifiedName(value) : "it must have a domain before a '/'";

const underscored = /^[a-z0-9_](?:[-a-z0-9_]*[a-z0-9_])?(?:\.[a-z0-9_](?:[-a-z0-9_]*[a-z0-9_])?)*$/;

/** IsDNS1123SubdomainWithUnderscore. */
export const notUnderscoredSubdomain: Why = (value) => {
  if (value.length > 253) return "it has more than 253 characters";
  return underscored.test(value)
    ? undefined
    : "it must be of lower-case letters, digits, '-', '_' and '.', and begin and end with a letter, digit or '_'";
};

/** IsWildcardDNS1123Subdomain. */
export const notWildcardDomain: Why = (value) => {
  if (!value.startsWith("*.")) return "it must begin with '*.'";
  return value.length > 253 ? "it has more than 253 characters" : notSubdomain(value.slice(2));
};

/** IsValidPortName (IANA_SVC_NAME). */
export const notPortName: Why = (value) => {
  if (value.length > 15) return "it has more than 15 characters";
  if (!/^[-a-z0-9]+$/.test(value)) return "it must be of lower-case letters, digits and '-'";
  if (!/[a-z]/.test(value)) return "it must have at least one letter";
  if (value.includes("--")) return "it must not have two '-' in a row";
  return value.startsWith("-") || value.endsWith("-") ? "it must not begin or end with '-'" : undefined;
};

/** IsEnvVarName; IsRelaxedEnvVarName since 1.32 (feature RelaxedEnvironmentVariableValidation). */
export const notEnvName: Why = (value, minor) => {
  if (minor === undefined || minor >= 32) return notRelaxedEnvName(value, minor);
  if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(value))
    return "it must be of letters, digits, '_', '-' and '.', and not begin with a digit";
  return notConfigPath(value);
};

export const notRelaxedEnvName: Why = (value) => {
  if (value === "") return "it must not be empty";
  return /^[\x20-\x3c\x3e-\x7e]+$/.test(value)
    ? undefined
    : "it must be of printable ASCII characters other than '='";
};

function notConfigPath(value: string): string | undefined {
  if (value === ".") return "it must not be '.'";
  if (value === "..") return "it must not be '..'";
  return value.startsWith("..") ? "it must not begin with '..'" : undefined;
}

/** IsConfigMapKey. */
export const notConfigKey: Why = (value) => {
  if (value.length > 253) return "it has more than 253 characters";
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) return "it must be of letters, digits, '-', '_' and '.'";
  return notConfigPath(value);
};

/** IsHTTPHeaderName. */
export const notHeaderName: Why = (value) =>
  /^[-A-Za-z0-9]+$/.test(value) ? undefined : "it must be of letters, digits and '-'";

/** IsCIdentifier. */
export const notIdentifier: Why = (value) =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(value)
    ? undefined
    : "it must be of letters, digits and '_', and not begin with a digit";

/** IsValidPercent and the like: `50%`. */
export const isPercent = (value: string): boolean => /^[0-9]+%$/.test(value);

/** validatePathNoBacksteps. */
export const hasBackstep: Why = (value) =>
  value.includes("..") && value.split("/").includes("..") ? "it must not hold '..'" : undefined;

/** validateLocalDescendingPath. */
export const notLocalPath: Why = (value, minor) =>
  value.startsWith("/") ? "it must be a relative path" : hasBackstep(value, minor);

/** ValidateLocalNonReservedPath. */
export const notFreeLocalPath: Why = (value, minor) =>
  notLocalPath(value, minor) ??
  (value.startsWith("..") && !value.startsWith("../") ? "it must not begin with '..'" : undefined);

/** NameIsDNSSubdomain with `prefix`: the name may end in '-'. */
export const notNamePrefix: Why = (value) =>
  notSubdomain(value.endsWith("-") ? `${value.slice(0, -1)}a` : value);

export const label: Check = text(notLabel);
export const subdomain: Check = text(notSubdomain);
export const labelOrEmpty: Check = textOrEmpty(notLabel);
export const subdomainOrEmpty: Check = textOrEmpty(notSubdomain);
export const qualifiedName: Check = text(notQualifiedName);
export const configKey: Check = text(notConfigKey);
