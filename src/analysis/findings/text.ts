import { keyText } from "../../kube/object-key.ts";
import { placeText } from "../../kube/place.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import type { Severity } from "../../kube/problem.ts";
import type { SourceLines } from "../../kube/read-object.ts";
import { excerptOf } from "./excerpt.ts";
import { countFindings, type Finding, sortFindings } from "./finding.ts";

export interface FindingsTextOptions {
  /** Colours of a terminal. */
  readonly color: boolean;
  /** How many files were read. */
  readonly read: number;
  /** The lines of a file by its name, for an excerpt below errors and warnings. */
  readonly sourceOf?: (file: string) => SourceLines | undefined;
}

const colors: Readonly<Record<Severity | "dim", string>> = {
  error: "31",
  warning: "33",
  info: "36",
  dim: "2",
};

/**
 * Findings for people: `file:line:column severity code message` in columns, a hint below, files apart, a closing count.
 * Below the last finding of a place stands its line with a caret, unless it may hold a secret.
 * Nothing but printable ASCII comes out of the findings, whatever stands in them.
 */
export function renderFindingsText(findings: readonly Finding[], options: FindingsTextOptions): string {
  const paint = (color: Severity | "dim", text: string): string =>
    options.color ? `\u001b[${colors[color]}m${text}\u001b[0m` : text;
  const rows = sortFindings(findings).map((finding) => ({ finding, where: where(finding) }));
  const places = new Map<string | undefined, number>();
  for (const { finding, where } of rows) {
    const file = finding.place?.file;
    places.set(file, Math.max(places.get(file) ?? 0, where.length));
  }
  const severities = widest(rows.map((row) => row.finding.severity));
  const codes = widest(rows.map((row) => row.finding.code));
  const lines: string[] = [];
  let file: string | undefined;
  for (const [index, { finding, where }] of rows.entries()) {
    if (lines.length > 0 && finding.place?.file !== file) lines.push("");
    file = finding.place?.file;
    const severity = paint(finding.severity, finding.severity.padEnd(severities));
    const code = paint("dim", printableRest(finding.code).padEnd(codes));
    // Places line up within a file only: one long path would push every message to the right.
    const width = places.get(file) ?? 0;
    lines.push(`${where.padEnd(width)}  ${severity}  ${code}  ${printableRest(finding.message)}`);
    const indent = " ".repeat(width + severities + codes + 6);
    for (const line of adviceLines(finding)) lines.push(indent + paint("dim", line));
    if (rows[index + 1]?.where === where || finding.severity === "info") continue;
    const excerpt = excerptOf(finding, file === undefined ? undefined : options.sourceOf?.(file));
    for (const line of excerpt ?? []) lines.push(`  ${paint("dim", line)}`);
  }
  if (lines.length > 0) lines.push("");
  lines.push(countLine(findings, options.read));
  return `${lines.join("\n")}\n`;
}

function adviceLines({ hint, fix, related, renderedBy }: Finding): readonly string[] {
  const lines: string[] = [];
  if (hint !== undefined) lines.push(`hint: ${printableRest(hint)}`);
  if (fix !== undefined) lines.push(`fix: ${printableRest(fix)}`);
  if (related !== undefined && related.length > 0)
    lines.push(`also: ${related.map(({ place }) => printable(placeText(place))).join(", ")}`);
  if (renderedBy !== undefined) lines.push(`in: ${renderedBy.map(printable).join(", ")}`);
  return lines;
}

function where(finding: Finding): string {
  if (finding.place !== undefined) return printable(placeText(finding.place));
  return finding.object === undefined ? "-" : printable(keyText(finding.object));
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, text.length), 0);
}

function countLine(findings: readonly Finding[], read: number): string {
  const { error, warning, info } = countFindings(findings);
  const parts = [
    error > 0 ? plural(error, "error") : "",
    warning > 0 ? plural(warning, "warning") : "",
    info > 0 ? plural(info, "note") : "",
  ].filter((part) => part !== "");
  return `${parts.length === 0 ? "no findings" : parts.join(", ")} in ${plural(read, "file")}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
