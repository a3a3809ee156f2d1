import type { Grammar } from "./field.ts";

/**
 * Grammars of every text that a model can write. Each pattern has one way to match, so that a hostile text costs no more
 * than its length. None starts with `-` or holds a blank, a quote or a shell sign: no argument can pass for a flag.
 */

/** RFC 1123 label: k8s.io/apimachinery validation.IsDNS1123Label. */
export const nameGrammar: Grammar = {
  what: "a name: at most 63 of a-z, 0-9 and -, with a letter or digit at both ends",
  pattern: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u,
  most: 63,
};

/** RFC 1123 subdomain: names of Secrets and of most objects. */
export const objectNameGrammar: Grammar = {
  what: "a name: at most 253 of a-z, 0-9, - and ., with a letter or digit at both ends of every part",
  pattern: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/u,
  most: 253,
};

/** A host name of at least two labels: an address is none, a wildcard is none. */
export const hostGrammar: Grammar = {
  what: "a host name such as shop.example.org",
  pattern: /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/u,
  most: 253,
};

/** distribution/reference: registry, path, tag, digest. A scheme, a user or a blank is none of it. */
export const imageGrammar: Grammar = {
  what: "an image such as ghcr.io/acme/api:1.4.2",
  pattern:
    /^(?:[a-z0-9]+(?:(?:\.|-+)[a-z0-9]+)*(?::[0-9]{1,5})?\/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$/u,
  most: 400,
};

/** Cores, or thousandths of one: a part of resource.Quantity. */
export const cpuGrammar: Grammar = {
  what: "an amount of CPU such as 250m, 1 or 0.5",
  pattern: /^(?:[1-9][0-9]{0,5}m|[1-9][0-9]{0,2}(?:\.[0-9]{1,3})?|0\.[0-9]{0,2}[1-9])$/u,
  most: 8,
};

/** Bytes with a unit: a part of resource.Quantity. A bare number is as often meant as megabytes, so that none is taken. */
export const memoryGrammar: Grammar = {
  what: "an amount of memory such as 256Mi or 1Gi",
  pattern: /^[1-9][0-9]{0,5}(?:Ki|Mi|Gi|k|M|G)$/u,
  most: 8,
};

/** Path of a probe: no query, no escape. */
export const urlPathGrammar: Grammar = {
  what: "a path such as /healthz",
  pattern: /^\/[A-Za-z0-9._~/-]*$/u,
  most: 128,
};

export const variableGrammar: Grammar = {
  what: "the name of an environment variable",
  pattern: /^[A-Za-z_][A-Za-z0-9_]*$/u,
  most: 63,
};

/** A word, a number, a host name with a port: no blank, no address with a scheme, nothing that a shell reads. */
export const settingGrammar: Grammar = {
  what: "a word, a number or a host name of at most 63 characters",
  pattern: /^[A-Za-z0-9](?:[A-Za-z0-9._:-]*[A-Za-z0-9])?$/u,
  most: 63,
};

/** Key of a Secret: validation.IsConfigMapKey without a leading dot. */
export const secretKeyGrammar: Grammar = {
  what: "a key: at most 253 of letters, digits, -, _ and .",
  pattern: /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/u,
  most: 253,
};

/** An address range; the parser also reads its numbers. */
export const cidrGrammar: Grammar = {
  what: "an address range such as 203.0.113.0/24",
  pattern: /^[0-9A-Fa-f.:]+\/[0-9]{1,3}$/u,
  most: 43,
};

export const kindGrammar: Grammar = {
  what: "a kind such as Deployment",
  pattern: /^[A-Z][A-Za-z0-9]*$/u,
  most: 63,
};

/** A member, or an item of a list by a member or by its number. Keys of labels hold `.` and `/`. */
export const stepGrammar: Grammar = {
  what: "a step of a path: a member, [name=web] or [0]",
  pattern:
    /^(?:[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*)?|\[[A-Za-z]+=[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\]|\[[0-9]{1,3}\])$/u,
  most: 253,
};

/** What a field can be set to: names, images, quantities, percentages, label values. */
export const valueGrammar: Grammar = {
  what: "a truth value, an integer, or a text without blanks such as 256Mi, 25% or an image",
  pattern: /^(?:\/|\/?[A-Za-z0-9][A-Za-z0-9._:@-]*(?:\/[A-Za-z0-9][A-Za-z0-9._:@-]*)*[%/]?)$/u,
  most: 400,
};

/** The one place for free text. */
export const rationaleGrammar: Grammar = { what: "a text of at most 500 characters", most: 500 };
