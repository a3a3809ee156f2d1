import type { JsonPath } from "../../kube/json.ts";
import { printable } from "../../kube/printable.ts";
import type { SourceLines } from "../../kube/read-object.ts";
import type { Finding } from "./finding.ts";

/** Longest piece of a line that is shown, in UTF-16 units of the line. */
const WIDTH = 100;
/** Lines before and after a place that are looked at for the kind of its object, where no check has named it. */
const NEAR = 200;

/** Members whose values may be secrets: an excerpt would carry them into a log (kernel K17 names the same). */
const valueMembers: ReadonlySet<string> = new Set([
  "data",
  "stringData",
  "binaryData",
  "env",
  "args",
  "command",
  "annotations",
]);
const secretKind = /\bkind["']?\s*:\s*["']?Secret(?:List)?\b/;
const credentialWord = /pass|secret|token|credential|private|api.?key|authorization|:\/\/[^/\s]*:[^/\s]*@/iu;

/**
 * The line of a finding with a caret under its column, both printable ASCII; undefined where the line is not at hand, and
 * where it may hold a secret: in a Secret, in values that usually carry some, on a line that speaks of a credential.
 */
export function excerptOf(
  finding: Finding,
  source: SourceLines | undefined,
): readonly [string, string] | undefined {
  const { place, object, path } = finding;
  if (place === undefined || source === undefined) return undefined;
  const line = source.text(place.line);
  if (line === undefined || line.trim() === "" || credentialWord.test(line)) return undefined;
  if (path !== undefined && carriesValues(path)) return undefined;
  if (object === undefined ? nearSecret(source, place.line) : object.kind === "Secret") return undefined;
  const at = Math.min(place.column - 1, line.length);
  // A long line is shown around its place; a cut never goes through a pair of surrogates unseen, since each is escaped.
  const from = at < WIDTH * 0.8 ? 0 : at - WIDTH / 2;
  const to = from + WIDTH;
  const before = (from > 0 ? "..." : "") + printable(line.slice(from, at));
  const text = before + printable(line.slice(at, to)) + (to < line.length ? "..." : "");
  const number = String(place.line);
  return [`${number} | ${text}`.trimEnd(), `${" ".repeat(number.length)} | ${" ".repeat(before.length)}^`];
}

function carriesValues(path: JsonPath): boolean {
  return path.some((step) => typeof step === "string" && valueMembers.has(step));
}

/** Whether the document around a line is, or may be, a Secret. */
function nearSecret(source: SourceLines, line: number): boolean {
  for (const step of [-1, 1]) {
    for (let at = line, left = NEAR; ; at += step, left--) {
      const text = source.text(at);
      if (text === undefined || (at !== line && text.startsWith("---"))) break;
      if (left === 0 || secretKind.test(text)) return true;
    }
  }
  return false;
}
