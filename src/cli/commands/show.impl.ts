import { openState } from "../../apply/state/state-folder.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { parsePlan } from "../../plan/build-plan.ts";
import type { CliContext } from "../context.ts";
import { planText } from "../display/plan-text.ts";
import { style } from "../display/style.ts";
import { guarded } from "../errors.ts";
import { wantsColor } from "../flags.ts";
import { statePath } from "../paths.ts";

export interface ShowFlags {
  readonly objects: boolean;
  readonly state?: string;
  readonly output: "text" | "json";
  readonly color: "auto" | "always" | "never";
}

export async function show(this: CliContext, flags: ShowFlags, reference: string): Promise<void> {
  await guarded(this, flags, async () => {
    const found = openState(statePath(this, flags.state)).findPlan(reference);
    const plan = parsePlan(found.text, found.path);
    this.process.stdout.write(
      flags.output === "json"
        ? found.text
        : planText(plan, style(wantsColor(this, flags)), { objects: flags.objects }),
    );
    return ExitCode.done;
  });
}
