import { label1035Syntax, labelSyntax, subdomainSyntax } from "../../../kube/name-syntax.ts";
/**
 * Syntax of names, labels and annotations. Sources: k8s.io/apimachinery pkg/util/validation/validation.go and
 * pkg/api/validate/content/kube.go; which kind wants which: pkg/apis/<group>/validation of k8s.io/kubernetes.
 */

const qualified = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** Why a text is no DNS label of RFC 1123; undefined when it is one. */
export function notLabel(text: string): string | undefined {
  if (text.length > 63) return "it has more than 63 characters";
  return labelSyntax.test(text)
    ? undefined
    : "it must be of lower-case letters, digits and '-', and begin and end with a letter or digit";
}

/** Why a text is no DNS label of RFC 1035; undefined when it is one. */
export function notLabel1035(text: string): string | undefined {
  if (text.length > 63) return "it has more than 63 characters";
  return label1035Syntax.test(text)
    ? undefined
    : "it must be of lower-case letters, digits and '-', begin with a letter and end with a letter or digit";
}

/** Why a text is no DNS subdomain of RFC 1123; undefined when it is one. */
export function notSubdomain(text: string): string | undefined {
  if (text.length > 253) return "it has more than 253 characters";
  return subdomainSyntax.test(text)
    ? undefined
    : "it must be of lower-case letters, digits, '-' and '.', and begin and end with a letter or digit";
}

/** Why a text is no segment of a URL path; undefined when it is one (apimachinery pkg/api/validation/path). */
export function notPathSegment(text: string): string | undefined {
  if (text === "." || text === "..") return `it must not be ${text}`;
  return /[/%]/.test(text) ? "it must not hold '/' or '%'" : undefined;
}

/** Keys that were looked at already and are good: the same few stand on every object. */
const goodKeys = new Set<string>();
const MAX_GOOD_KEYS = 1000;

/** Why a text is no key of a label or annotation; undefined when it is one. */
export function notQualifiedName(text: string): string | undefined {
  if (goodKeys.has(text)) return undefined;
  const reason = faultOfQualifiedName(text);
  if (reason === undefined && goodKeys.size < MAX_GOOD_KEYS) goodKeys.add(text);
  return reason;
}

function faultOfQualifiedName(text: string): string | undefined {
  const parts = text.split("/");
  if (parts.length > 2) return "it has more than one '/'";
  const name = parts.at(-1) ?? "";
  if (parts.length === 2) {
    const reason = notSubdomain(parts[0] ?? "");
    if (reason !== undefined) return `the part before '/' is no DNS subdomain: ${reason}`;
  }
  if (name === "") return "it has no name";
  if (name.length > 63) return "its name has more than 63 characters";
  return qualified.test(name)
    ? undefined
    : "its name must be of letters, digits, '-', '_' and '.', and begin and end with a letter or digit";
}

/** Why a text is no value of a label; undefined when it is one. */
export function notLabelValue(text: string): string | undefined {
  if (text.length > 63) return "it has more than 63 characters";
  return text === "" || qualified.test(text)
    ? undefined
    : "it must be of letters, digits, '-', '_' and '.', and begin and end with a letter or digit";
}

type NameRule = (text: string, minor: number) => string | undefined;

/** Services were given names that begin with a digit in 1.36 (feature RelaxedServiceNameValidation, on by default). */
const serviceName: NameRule = (text, minor) => (minor >= 36 ? notLabel(text) : notLabel1035(text));

/** Kinds whose name is not a DNS subdomain, which every other kind's and every custom resource's name is. */
const rules: ReadonlyMap<string, NameRule> = new Map<string, NameRule>([
  ["/Namespace", notLabel],
  ["/Service", serviceName],
  ["apps/StatefulSet", notLabel],
  ["rbac.authorization.k8s.io/Role", notPathSegment],
  ["rbac.authorization.k8s.io/ClusterRole", notPathSegment],
  ["rbac.authorization.k8s.io/RoleBinding", notPathSegment],
  ["rbac.authorization.k8s.io/ClusterRoleBinding", notPathSegment],
  ["apiregistration.k8s.io/APIService", notPathSegment],
  ["certificates.k8s.io/CertificateSigningRequest", notPathSegment],
  // No validation of their own: what rest.BeforeCreate asks of every name.
  ["policy/PodDisruptionBudget", notPathSegment],
  ["/Event", notPathSegment],
  ["certificates.k8s.io/ClusterTrustBundle", () => undefined],
  ["networking.k8s.io/IPAddress", () => undefined],
  ["internal.apiserver.k8s.io/StorageVersion", () => undefined],
]);

/** Why the API server of a minor refuses a name for a kind; undefined when it does not. */
export function badName(group: string, kind: string, name: string, minor: number): string | undefined {
  return (rules.get(`${group}/${kind}`) ?? notSubdomain)(name, minor);
}
