// Letters of names, without their greatest length (k8s.io/apimachinery pkg/util/validation/validation.go).

/** Of a DNS label of RFC 1123, at most 63 characters. */
export const labelSyntax: RegExp = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** Of a DNS label of RFC 1035, which begins with a letter, at most 63 characters. */
export const label1035Syntax: RegExp = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/;

/** Of a DNS subdomain of RFC 1123, at most 253 characters. */
export const subdomainSyntax: RegExp =
  /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
