import { printable, printableRest } from "../../kube/printable.ts";
import type { Severity } from "../../kube/problem.ts";
import { type Finding, sortFindings } from "./finding.ts";
import { fingerprints } from "./fingerprint.ts";

export interface GitlabIssue {
  readonly description: string;
  readonly check_name: string;
  readonly fingerprint: string;
  readonly severity: "info" | "minor" | "major";
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

const severities: Readonly<Record<Severity, GitlabIssue["severity"]>> = {
  error: "major",
  warning: "minor",
  info: "info",
};

/** Findings as a code quality report of GitLab (docs.gitlab.com, ci/testing/code_quality, "Code Quality report format"). */
export function gitlabIssues(findings: readonly Finding[]): readonly GitlabIssue[] {
  const sorted = sortFindings(findings);
  const names = fingerprints(sorted);
  return sorted.map((finding, index) => ({
    description: printableRest(
      finding.hint === undefined ? finding.message : `${finding.message} (${finding.hint})`,
    ),
    check_name: printable(finding.code),
    fingerprint: names[index] ?? "",
    severity: severities[finding.severity],
    // A report without a path is not read; a finding without a place is shown at the folder.
    location: {
      path: finding.place?.file.toWellFormed() ?? ".",
      lines: { begin: finding.place?.line ?? 1 },
    },
  }));
}
