import { canonicalJson } from "../kube/canonical-json.ts";
import type { Json } from "../kube/json.ts";
import type { AuditEvent, AuditEventType } from "./event.ts";

interface Grammar {
  /** What the value must look like, in words. */
  readonly what: string;
  readonly fits: (value: string) => boolean;
}

const digest: Grammar = {
  what: "`sha256:` and 64 hexadecimal digits",
  fits: (v) => /^sha256:[0-9a-f]{64}$/.test(v),
};
const line: Grammar = {
  what: "one line of at most 1024 characters",
  fits: (v) => v !== "" && v.length <= 1024 && v.isWellFormed() && !/\p{Cc}/u.test(v),
};
const oneOf = (...values: readonly string[]): Grammar => ({
  what: `one of: ${values.join(", ")}`,
  fits: (value) => values.includes(value),
});

const types: Readonly<Record<AuditEventType, true>> = {
  "log-created": true,
  "charter-signed": true,
  plan: true,
  approval: true,
  "apply-intent": true,
  "apply-outcome": true,
  "apply-failure": true,
  refusal: true,
  "tool-call": true,
  "agent-intent": true,
  "agent-outcome": true,
  "agent-failure": true,
};

/** The types of entries, in the order of a run. */
export const auditEventTypes: readonly AuditEventType[] = Object.keys(types) as AuditEventType[];

/** Every field of an entry and what it may hold: no body, no value, nothing that has no row here (kernel K17). */
const fields: Readonly<Record<keyof AuditEvent, Grammar>> = {
  apiVersion: oneOf("kubernetes-operations.dev/v1"),
  kind: oneOf("AuditEvent"),
  type: oneOf(...Object.keys(types)),
  time: {
    what: "a time in UTC with milliseconds",
    fits: (v) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(v) && !Number.isNaN(Date.parse(v)),
  },
  actor: line,
  tool: line,
  plan: digest,
  target: line,
  verdict: oneOf("allowed", "needs-approval", "denied"),
  charter: digest,
  approver: line,
  nonce: { what: "32 hexadecimal digits", fits: (v) => /^[0-9a-f]{32}$/.test(v) },
  approval: digest,
  result: line,
  code: { what: "an error code", fits: (v) => /^[A-Z][A-Z0-9_]{0,63}$/.test(v) },
  presence: oneOf("proved", "not proved"),
  trustRoot: oneOf("owned by another user", "advisory"),
  undoes: digest,
  call: { what: "the name of a tool", fits: (v) => /^[a-z][a-z0-9_]{0,63}$/.test(v) },
  request: digest,
  model: line,
  subagent: { what: "the name of a subagent", fits: (v) => /^[a-z][a-z-]{0,31}$/.test(v) },
  tokens: { what: "a number of tokens", fits: (v) => /^\d{1,15}$/.test(v) },
};
const required = ["apiVersion", "kind", "type", "time", "actor", "tool"] as const;

/** What is wrong with an entry as data, in words; undefined when it is an audit event. */
export function eventProblem(value: Json): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "it is no object";
  for (const name of required) if (!Object.hasOwn(value, name)) return `it has no ${name}`;
  for (const [name, content] of Object.entries(value)) {
    if (!Object.hasOwn(fields, name)) return `it has an unknown field ${JSON.stringify(name)}`;
    const grammar = fields[name as keyof AuditEvent];
    if (typeof content !== "string" || !grammar.fits(content)) return `its ${name} is not ${grammar.what}`;
  }
  return undefined;
}

/** The bytes of an entry: RFC 8785 canonical JSON as UTF-8. @throws {TypeError} for no audit event: a bug of the caller. */
export function encodeEvent(event: AuditEvent): Uint8Array {
  const text = canonicalJson(event);
  const problem = eventProblem(JSON.parse(text) as Json);
  if (problem !== undefined) throw new TypeError(`this cannot be logged: ${problem}`);
  return Buffer.from(text, "utf8");
}

/** Reads an entry; only the canonical bytes of an audit event are one. */
export function decodeEvent(
  bytes: Uint8Array,
): { readonly event: AuditEvent } | { readonly problem: string } {
  let text: string;
  let value: Json;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text) as Json;
  } catch {
    return { problem: "it is not JSON in UTF-8" };
  }
  const problem = eventProblem(value);
  if (problem !== undefined) return { problem };
  // Fields are flat strings by now: nothing deep is walked.
  if (canonicalJson(value) !== text) return { problem: "it is not in canonical form" };
  return { event: value as unknown as AuditEvent };
}
