import { keyText } from "../../kube/object-key.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import type { Severity } from "../../kube/problem.ts";
import { isAtLeast, type Finding, sortFindings } from "./finding.ts";

export interface JunitOptions {
  /** Names of the files that were read; one without findings is a passed test. */
  readonly files: readonly string[];
  /** Lowest severity that is a failure; findings below it are passed tests with their text as output. */
  readonly failOn: Severity;
}

const NOWHERE = "(no file)";

/**
 * Findings as JUnit XML, in the form that Jenkins, GitLab and Azure DevOps read: a suite a file, a test a finding. Only
 * printable ASCII comes out, and nothing in a finding can end its attribute or element. No time stands in it.
 */
export function renderFindingsJunit(findings: readonly Finding[], options: JunitOptions): string {
  const suites = new Map<string, Finding[]>();
  for (const file of options.files) suites.set(file, []);
  for (const finding of sortFindings(findings)) {
    const file = finding.place?.file ?? NOWHERE;
    const suite = suites.get(file);
    if (suite === undefined) suites.set(file, [finding]);
    else suite.push(finding);
  }
  const fails = (finding: Finding): boolean => isAtLeast(finding.severity, options.failOn);
  const names = [...suites.keys()].sort();
  const tests = names.reduce((sum, name) => sum + Math.max(1, suites.get(name)?.length ?? 0), 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="kubeops check" tests="${tests}" failures="${findings.filter(fails).length}" errors="0">`,
    ...names.flatMap((name) => suite(name, suites.get(name) ?? [], fails)),
    "</testsuites>",
    "",
  ].join("\n");
}

function suite(
  name: string,
  findings: readonly Finding[],
  fails: (finding: Finding) => boolean,
): readonly string[] {
  const file = attribute(printable(name));
  const failures = findings.filter(fails).length;
  const head = `  <testsuite name="${file}" tests="${Math.max(1, findings.length)}" failures="${failures}" errors="0" skipped="0">`;
  const passed = `    <testcase name="no findings" classname="${file}" file="${file}"/>`;
  const cases = findings.flatMap((finding) => testCase(finding, file, fails(finding)));
  return [head, ...(cases.length === 0 ? [passed] : cases), "  </testsuite>"];
}

function testCase(finding: Finding, file: string, failed: boolean): readonly string[] {
  const { code, severity, message, place, object } = finding;
  const of = object === undefined ? "" : ` ${printable(keyText(object))}`;
  const where = place === undefined ? "" : ` at ${place.line}:${place.column}`;
  const name = attribute(printable(code) + of + where);
  const open = `    <testcase name="${name}" classname="${file}" file="${file}"${place === undefined ? "" : ` line="${place.line}"`}>`;
  const lines = [
    `${severity}: ${message}`,
    ...(finding.hint === undefined ? [] : [`hint: ${finding.hint}`]),
    ...(finding.fix === undefined ? [] : [`fix: ${finding.fix}`]),
  ];
  const text = lines.map((line) => escaped(printableRest(line))).join("\n");
  const inner = failed
    ? `      <failure message="${attribute(printableRest(message))}" type="${attribute(printable(code))}">${text}</failure>`
    : `      <system-out>${text}</system-out>`;
  return [open, inner, "    </testcase>"];
}

/** `>` too: `]]>` may not stand in the text of an element (XML 1.0, 2.4). */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function attribute(text: string): string {
  return escaped(text).replaceAll('"', "&quot;");
}
