import { renderFindingsGithub } from "../../analysis/findings/github.ts";
import { findingsJson } from "../../analysis/findings/json.ts";
import { renderFindingsText } from "../../analysis/findings/text.ts";
import { checkInputs } from "../../analysis/checks/reading/check-objects.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import type { CliContext } from "../context.ts";
import { guarded } from "../errors.ts";
import { wantsColor } from "../flags.ts";
import { inputNames, readObjectInputs } from "../inputs.ts";
import { minorOf } from "../session.ts";

export interface CheckFlags {
  readonly filename?: readonly string[];
  readonly kubeVersion?: string;
  readonly output: "text" | "json" | "github";
  readonly failOn: "error" | "warning" | "info";
  readonly color: "auto" | "always" | "never";
  readonly quiet: boolean;
}

const rank = { info: 0, warning: 1, error: 2 } as const;

/** What was left aside, and why, in one line. */
function skippedText(skipped: readonly { readonly path: string; readonly reason: string }[]): string {
  const [first] = skipped;
  return `left aside: ${first?.path ?? ""} (${first?.reason ?? ""})${skipped.length > 1 ? ` and ${skipped.length - 1} more` : ""}`;
}

export async function check(this: CliContext, flags: CheckFlags, ...words: string[]): Promise<void> {
  await guarded(this, flags, async () => {
    const minor = minorOf(flags.kubeVersion);
    const { inputs, skipped } = await readObjectInputs(this, inputNames(flags.filename, words));
    if (inputs.length === 0) {
      throw new OpsError("INPUT_EMPTY", "no Kubernetes object was found in the inputs", {
        hint: skipped.length === 0 ? "name the folder that holds manifests" : skippedText(skipped),
      });
    }
    const findings = checkInputs(inputs, { minor });
    const { stdout, stderr } = this.process;
    if (flags.output === "json") stdout.write(`${JSON.stringify(findingsJson(findings, skipped))}\n`);
    else if (flags.output === "github") stdout.write(renderFindingsGithub(findings));
    else stdout.write(renderFindingsText(findings, { color: wantsColor(this, flags), read: inputs.length }));
    if (!flags.quiet && flags.output === "text") {
      for (const { path, reason } of skipped)
        stderr.write(`skipped ${printable(path)}: ${printableRest(reason)}\n`);
    }
    return findings.some((finding) => rank[finding.severity] >= rank[flags.failOn])
      ? ExitCode.no
      : ExitCode.done;
  });
}
