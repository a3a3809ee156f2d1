import { label1035Syntax, labelSyntax, subdomainSyntax } from "../../name-syntax.ts";
import { parseGoUrl } from "./go-url.ts";
import { hasFormat } from "./string-formats.ts";

/** Formats that expressions name: `format.dns1123Label()` (k8s.io/apiserver pkg/cel/library/format.go). */
export interface NamedFormat {
  readonly name: string;
  /** Why a text has it not. */
  readonly faults: (text: string) => readonly string[];
  /** Length of its pattern, for the cost of a check. */
  readonly regexSize: number;
}

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;
const key = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

const patterns = {
  label: labelSyntax,
  label1035: label1035Syntax,
  subdomain: subdomainSyntax,
  key: /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/,
};

function regexError(message: string, regex: string, ...examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${shown}regex used for validation is '${regex}')`;
}

const tooLong = (most: number, text: string, unit = "bytes"): readonly string[] =>
  new TextEncoder().encode(text).length > most ? [`must be no more than ${most} ${unit}`] : [];

function labelFaults(text: string): readonly string[] {
  const faults = [...tooLong(63, text)];
  if (patterns.label.test(text)) return faults;
  if (patterns.subdomain.test(text)) return [...faults, "must not contain dots"];
  const message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...faults, regexError(message, label, "my-name", "123-abc")];
}

function subdomainFaults(text: string): readonly string[] {
  const faults = [...tooLong(253, text)];
  if (patterns.subdomain.test(text)) return faults;
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...faults, regexError(message, subdomain, "example.com")];
}

function label1035Faults(text: string): readonly string[] {
  const faults = [...tooLong(63, text)];
  if (patterns.label1035.test(text)) return faults;
  const message =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...faults, regexError(message, label1035, "my-name", "abc-123")];
}

const keyMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

function qualifiedFaults(text: string): readonly string[] {
  const parts = text.split("/");
  if (parts.length > 2)
    return [
      `a valid label key ${regexError(keyMessage, key, "MyName", "my.name", "123-abc")} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const faults: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] ?? "";
    if (prefix === "") faults.push("prefix part must be non-empty");
    else faults.push(...subdomainFaults(prefix).map((fault) => `prefix part ${fault}`));
  }
  const name = parts.at(-1) ?? "";
  if (name === "") faults.push("name part must be non-empty");
  else faults.push(...tooLong(63, name).map((fault) => `name part ${fault}`));
  if (!patterns.key.test(name))
    faults.push(`name part ${regexError(keyMessage, key, "MyName", "my.name", "123-abc")}`);
  return faults;
}

function labelValueFaults(text: string): readonly string[] {
  const faults = [...tooLong(63, text)];
  if (text === "" || patterns.key.test(text)) return faults;
  const message = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`;
  return [...faults, regexError(message, `(${key})?`, "MyValue", "my_value", "12345")];
}

/** A prefix may end in a dash: what generateName appends follows it. */
function prefix(faults: (text: string) => readonly string[]): (text: string) => readonly string[] {
  return (text) => faults(text.length > 1 && text.endsWith("-") ? `${text.slice(0, -2)}a` : text);
}

function uriFaults(text: string): readonly string[] {
  const parsed = parseGoUrl(text, true);
  return typeof parsed === "string" ? [parsed] : [];
}

function strict(format: string, message: string): (text: string) => readonly string[] {
  return (text) => (hasFormat(text, format) ? [] : [message]);
}

const named: ReadonlyMap<string, NamedFormat> = new Map<string, NamedFormat>([
  ["dns1123Label", { name: "DNS1123Label", faults: labelFaults, regexSize: 30 }],
  ["dns1123Subdomain", { name: "DNS1123Subdomain", faults: subdomainFaults, regexSize: 60 }],
  ["dns1035Label", { name: "DNS1035Label", faults: label1035Faults, regexSize: 30 }],
  ["qualifiedName", { name: "QualifiedName", faults: qualifiedFaults, regexSize: 60 }],
  ["dns1123LabelPrefix", { name: "DNS1123LabelPrefix", faults: prefix(labelFaults), regexSize: 30 }],
  [
    "dns1123SubdomainPrefix",
    { name: "DNS1123SubdomainPrefix", faults: prefix(subdomainFaults), regexSize: 60 },
  ],
  ["dns1035LabelPrefix", { name: "DNS1035LabelPrefix", faults: prefix(label1035Faults), regexSize: 30 }],
  ["labelValue", { name: "LabelValue", faults: labelValueFaults, regexSize: 40 }],
  ["uri", { name: "URI", faults: uriFaults, regexSize: 1103 }],
  ["uuid", { name: "uuid", faults: strict("uuid", "does not match the UUID format"), regexSize: 70 }],
  ["byte", { name: "byte", faults: strict("byte", "invalid base64"), regexSize: 84 }],
  ["date", { name: "date", faults: strict("date", "invalid date"), regexSize: 71 }],
  ["datetime", { name: "datetime", faults: strict("datetime", "invalid datetime"), regexSize: 71 }],
]);

export const formatNames: readonly string[] = [...named.keys()];

export function formatNamed(name: string): NamedFormat | undefined {
  return named.get(name);
}
