import type { FixedFile, Left, Mend } from "../../analysis/checks/fixes/fix-file.ts";
import { unifiedDiff } from "../../analysis/checks/fixes/unified-diff.ts";
import { ruleOf } from "../../analysis/checks/rule-table.ts";
import type { Finding } from "../../analysis/findings/finding.ts";
import { placeText } from "../../kube/place.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import type { SkippedFile } from "../../kube/read-inputs.ts";
import { style } from "./style.ts";

/** What a run of fix did, or would do. */
export interface FixReport {
  readonly dryRun: boolean;
  /** Files that change, with their old texts. */
  readonly files: readonly { readonly path: string; readonly old: string; readonly fixed: FixedFile }[];
  readonly left: readonly Left[];
  readonly skipped: readonly SkippedFile[];
  /** The fixed text of standard input. */
  readonly text?: string;
}

/** Whom a finding is left to when no row knows it. */
function whatToDo({ code, hint }: Finding): string {
  const help = /What to do: (.*?)\. (?:In Kubernetes|Source of the rule)/.exec(ruleOf(code)?.help ?? "")?.[1];
  return (code.startsWith("pod-security/") ? help : (hint ?? help)) ?? "";
}

function where({ place }: Finding): string {
  return place === undefined ? "" : `${printable(placeText(place))}: `;
}

/** Controls and marks of direction, which let a terminal show another text than there is; line ends and tabs are none. */
const deceptive = /(?![\n\t])[\p{Cc}\p{Cf}]/gu;

/** A text of files as a terminal may show it. For pipes the text is left as it is: a diff has to be exact. */
export function shownOnTerminal(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(deceptive, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The change as a diff that `git apply` takes. */
export function fixDiff({ files }: FixReport, terminal: boolean, color: boolean): string {
  const paint = style(color);
  const exact = files
    .map(({ path, old, fixed }) => unifiedDiff(printable(path), old, fixed.splices))
    .join("");
  const diff = terminal ? shownOnTerminal(exact) : exact;
  if (!color) return diff;
  return diff.replaceAll(/^.*$/gm, (line) => {
    if (/^(?:\+\+\+|---) /.test(line)) return paint.bold(line);
    if (line.startsWith("@@")) return paint.cyan(line);
    return line.startsWith("+") ? paint.green(line) : line.startsWith("-") ? paint.red(line) : line;
  });
}

/** What was fixed, one line a finding. */
export function fixedText({ files, dryRun }: FixReport, color: boolean): string {
  const paint = style(color);
  const verb = dryRun ? "would fix" : "fixed";
  return files
    .flatMap(({ fixed }) => fixed.mended)
    .map(
      ({ finding, row }) =>
        `${where(finding)}${paint.green(verb)} ${finding.code}: ${row.describe}${row.effect === "behaviour" ? " *" : ""}\n`,
    )
    .join("");
}

/** What is left, one line a finding, with what to do. */
export function leftText({ left }: FixReport, color: boolean): string {
  const paint = style(color);
  return left
    .map(({ finding, reason }) => {
      const todo = whatToDo(finding);
      return `${where(finding)}${paint.yellow("left")} ${finding.code}: ${printableRest(reason)}${todo === "" ? "" : `: ${printableRest(todo)}`}\n`;
    })
    .join("");
}

function mendsOf({ files }: FixReport): readonly Mend[] {
  return files.flatMap(({ fixed }) => fixed.mended);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The run in one line or two. */
export function summaryText(report: FixReport): string {
  const { files, left, dryRun } = report;
  const mends = mendsOf(report);
  const changing = mends.filter(({ row }) => row.effect === "behaviour").length;
  const verb = dryRun ? "would fix" : "fixed";
  const first =
    mends.length === 0
      ? "nothing to fix"
      : `${verb} ${counted(mends.length, "finding")} in ${counted(files.length, "file")}`;
  const note =
    changing === 0
      ? ""
      : `* ${changing} of them ${changing === 1 ? "changes" : "change"} what a program may do or get: try before production (--safe leaves them out)\n`;
  return `${first}, ${left.length} left\n${note}`;
}

/** The run as one object. */
export function fixJson(report: FixReport): unknown {
  const mends = mendsOf(report);
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "FixReport",
    dryRun: report.dryRun,
    summary: {
      fixed: mends.length,
      changingBehaviour: mends.filter(({ row }) => row.effect === "behaviour").length,
      files: report.files.length,
      left: report.left.length,
    },
    files: report.files.map(({ path, old, fixed }) => ({
      path,
      diff: unifiedDiff(printable(path), old, fixed.splices),
      fixes: fixed.mended.map(({ finding, row, edits }) => ({
        ...told(finding),
        describe: row.describe,
        effect: row.effect,
        edits,
      })),
    })),
    left: report.left.map(({ finding, reason }) => {
      const todo = whatToDo(finding);
      return { ...told(finding), reason, ...(todo === "" ? {} : { whatToDo: todo }) };
    }),
    skipped: report.skipped,
    ...(report.text === undefined ? {} : { text: report.text }),
  };
}

function told({ code, severity, message, place, path, object }: Finding): object {
  return { code, severity, message, place, path, object };
}
