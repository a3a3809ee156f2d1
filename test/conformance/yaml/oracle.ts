import type { Json } from "../../../src/kube/json.ts";
import { readDocuments } from "../../../src/kube/yaml/read-documents.ts";
import { askOracle, buildOracle } from "../../support/oracle.ts";
import { leftOut } from "../../support/suites.ts";

/** What the Go libraries make of a text (tools/oracles/yaml/main.go). */
export interface Answer {
  readonly json?: unknown;
  readonly error?: string;
  readonly strictError?: string;
  readonly documents?: readonly unknown[];
}

const built = buildOracle("yaml");
const program: string | undefined = "program" in built ? built.program : undefined;

/** True, said in one line, when the oracle cannot be built. */
export function withoutOracle(suite: string): boolean {
  return "reason" in built && leftOut(suite, built.reason);
}

export function ask(mode: "document" | "stream", texts: readonly string[]): readonly Answer[] {
  if (program === undefined) return [];
  const questions = texts.map((text) => ({ mode, text: Buffer.from(text, "utf8").toString("base64") }));
  return askOracle(program, questions) as Answer[];
}

/** What our reader makes of a text, as the oracle's answer for a stream would say it. */
export interface Ours {
  readonly values: readonly Json[];
  readonly codes: readonly string[];
}

export function ours(text: string): Ours {
  const documents = readDocuments("f.yaml", new TextEncoder().encode(text));
  return {
    values: documents.map((document) => document.value),
    codes: documents.flatMap((document) => document.problems.map((problem) => problem.code)),
  };
}

/** Problems with which the server reads the document all the same; the value must still be the server's. */
const readAnyway: ReadonlySet<string> = new Set([
  "yaml/ambiguous-scalar",
  "yaml/duplicate-key",
  "yaml/merge-override",
  "yaml/merge-order",
  "yaml/ignored-content",
]);

/** What we refuse and the server takes, on purpose: numbers and characters that others read differently, depth. */
const stricter: ReadonlySet<string> = new Set([
  "yaml/number-not-exact",
  "yaml/line-break",
  "yaml/encoding",
  "yaml/too-deep",
]);

/** Problems that strict readers of Go refuse. */
const strict: ReadonlySet<string> = new Set([
  "yaml/duplicate-key",
  "yaml/merge-override",
  "yaml/merge-order",
]);

/** How our reading of one document differs from the server's; undefined when it does not. */
export function difference(text: string, answer: Answer): string | undefined {
  const mine = ours(text);
  if (mine.codes.some((code) => stricter.has(code))) return undefined;
  const refused = mine.codes.filter((code) => !readAnyway.has(code));
  if (answer.error !== undefined)
    return refused.length > 0
      ? undefined
      : `Go refuses (${answer.error}), we read ${JSON.stringify(mine.values)}`;
  // Bytes that are no UTF-8 become U+FFFD there.
  if (refused[0] === "yaml/tag" && text.includes("!!binary")) return undefined;
  if (refused.length > 0)
    return `Go reads ${JSON.stringify(answer.json)}, we refuse with ${refused.join(", ")}`;
  const value = mine.values[0] ?? null;
  const expected = JSON.stringify(sorted(answer.json));
  const collides = mine.codes.includes("yaml/duplicate-key");
  if (JSON.stringify(sorted(value)) !== expected && !collides)
    return `Go reads ${expected}, we ${JSON.stringify(sorted(value))}`;
  const theirs = answer.strictError !== undefined;
  const found = mine.codes.some((code) => strict.has(code));
  // Keys that become the same text only as JSON are a duplicate for us, and pass the strict reader of YAML.
  if (theirs && !found) return `the strict reader refuses (${answer.strictError}), we do not`;
  return undefined;
}

/** With sorted keys; -0 as 0. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value === "number") return value + 0;
  if (typeof value !== "object" || value === null) return value;
  // An object with a null prototype takes a key named __proto__ as it is.
  const result = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(value).sort()) result[key] = sorted((value as Record<string, unknown>)[key]);
  return result;
}

/** How our reading of a stream differs from kubectl's; undefined when it does not. */
export function streamDifference(text: string, answer: Answer): string | undefined {
  const mine = ours(text);
  if (mine.codes.some((code) => stricter.has(code))) return undefined;
  const refused = mine.codes.filter((code) => !readAnyway.has(code));
  const values = mine.values.filter((value) => value !== null).map((value) => JSON.stringify(sorted(value)));
  const theirs = (answer.documents ?? []).map((value) => JSON.stringify(sorted(value)));
  if (answer.error === undefined) {
    if (refused.length > 0) return `Go reads ${theirs.join(" ")}, we refuse with ${refused.join(", ")}`;
    if (mine.codes.includes("yaml/duplicate-key")) return undefined;
    return values.join("\n") === theirs.join("\n")
      ? undefined
      : `Go reads ${theirs.join(" ")}, we ${values.join(" ")}`;
  }
  if (refused.length === 0) {
    // After JSON objects a rest of fewer than four bytes, a comment say, makes Go's decoder give up.
    const shortRest =
      answer.error.startsWith("json: offset") && theirs.every((value, index) => value === values[index]);
    return shortRest ? undefined : `Go refuses (${answer.error}), we read ${values.join(" ")}`;
  }
  // Go stops at the first error; what it has read by then we read too.
  const same = theirs.every((value, index) => value === values[index]);
  return same || mine.codes.includes("yaml/duplicate-key")
    ? undefined
    : `Go reads ${theirs.join(" ")} first, we ${values.join(" ")}`;
}
