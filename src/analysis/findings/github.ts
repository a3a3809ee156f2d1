import { printableRest } from "../../kube/printable.ts";
import type { Severity } from "../../kube/problem.ts";
import { type Finding, sortFindings } from "./finding.ts";

const commands: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "notice" };

/**
 * Findings as workflow commands of GitHub Actions, one a line: annotations on the lines of a pull request. Nothing in a
 * finding can end its command or begin another (actions/toolkit packages/core/src/command.ts: escapeData, escapeProperty).
 */
export function renderFindingsGithub(findings: readonly Finding[]): string {
  return sortFindings(findings)
    .map((finding) => `${command(finding)}\n`)
    .join("");
}

function command(finding: Finding): string {
  const { place } = finding;
  const properties = [
    ...(place === undefined
      ? []
      : [`file=${property(place.file)}`, `line=${place.line}`, `col=${place.column}`]),
    `title=${property(finding.code)}`,
  ];
  const hint = finding.hint === undefined ? "" : ` (${finding.hint})`;
  return `::${commands[finding.severity]} ${properties.join(",")}::${data(printableRest(finding.message + hint))}`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
