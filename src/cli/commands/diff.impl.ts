import { LATEST_MINOR } from "../../kube/catalogue/catalogue.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { parseTargetSpec } from "../../plan/target.ts";
import type { CliContext } from "../context.ts";
import { changesText } from "../display/plan-text.ts";
import { style } from "../display/style.ts";
import { guarded } from "../errors.ts";
import { type ClusterAccessFlags, type WorkFlags, wantsColor } from "../flags.ts";
import { readAsked, type RequestFlags } from "../request.ts";
import { namedMinor } from "../kube-version.ts";
import { openSession } from "../session.ts";
import { planFor } from "./plan.impl.ts";

export interface DiffFlags extends WorkFlags, ClusterAccessFlags, RequestFlags {
  readonly target: readonly string[];
  readonly kubeVersion?: string;
}

/** Nothing is stored, logged or approved: a look, not a plan. */
export async function diff(this: CliContext, flags: DiffFlags, ...words: string[]): Promise<void> {
  await guarded(this, flags, async () => {
    const specs = flags.target.map(parseTargetSpec);
    const minor = namedMinor(flags.kubeVersion);
    const asked = await readAsked(this, flags, words, minor ?? LATEST_MINOR);
    const session = openSession(this, flags);
    try {
      let differs = false;
      for (const spec of specs) {
        const made = await planFor(this, { ...flags, onto: false }, session, { asked, spec, minor });
        const changes = made.changes.filter(({ operation }) => operation !== "unchanged");
        this.process.stdout.write(
          flags.output === "json"
            ? `${JSON.stringify({ apiVersion: "kubernetes-operations.dev/v1", kind: "Diff", target: made.target, changes })}\n`
            : changesText(made, style(wantsColor(this, flags))),
        );
        differs ||= changes.length > 0;
      }
      return differs ? ExitCode.no : ExitCode.done;
    } finally {
      session.close();
    }
  });
}
