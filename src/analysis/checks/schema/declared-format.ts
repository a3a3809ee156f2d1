import { notLabel, notQualifiedName, notSubdomain } from "../reading/names.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Formats of declarative validation (k8s.io/apimachinery pkg/api/validate/strfmt.go): why a text has it not. */
const formats: Readonly<Record<string, (text: string) => string | undefined>> = {
  "k8s-short-name": notLabel,
  "k8s-long-name": notSubdomain,
  "k8s-long-name-caseless": (text) => notSubdomain(text.toLowerCase()),
  "k8s-label-key": notQualifiedName,
  "k8s-uuid": (text) =>
    uuid.test(text)
      ? undefined
      : "it must be a UUID of lower-case hexadecimal digits, in groups of 8-4-4-4-12",
};

/** Why a text has not the declared format; undefined when it has, or the format is none of these. An empty text is left out. */
export function formatFault(format: string, text: string): string | undefined {
  return text === "" || !Object.hasOwn(formats, format) ? undefined : formats[format]?.(text);
}

/** Is it a format that `formatFault` judges? */
export function isJudgedFormat(format: string): boolean {
  return Object.hasOwn(formats, format);
}
