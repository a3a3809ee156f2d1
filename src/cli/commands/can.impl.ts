import { OpsError } from "../../kube/ops-error.ts";
import type { CliContext } from "../context.ts";
import { guarded } from "../errors.ts";
import { answerQuestion } from "./can/answer.ts";
import { showDelta } from "./can/diff.ts";
import { writeLeast } from "./can/least.ts";
import type { CanFlags } from "./can/flags.ts";
import { listPermissions } from "./can/list.ts";
import { listPaths } from "./can/paths.ts";
import { listHolders } from "./can/who.ts";

type Mode = (context: CliContext, flags: CanFlags, words: readonly string[]) => Promise<number>;

/** The questions beside the plain one: one flag each. */
const modes: readonly { readonly flag: "list" | "who" | "paths" | "diff" | "least"; readonly run: Mode }[] = [
  { flag: "list", run: listPermissions },
  { flag: "who", run: listHolders },
  { flag: "paths", run: listPaths },
  { flag: "diff", run: showDelta },
  { flag: "least", run: writeLeast },
];

export async function can(this: CliContext, flags: CanFlags, ...words: string[]): Promise<void> {
  await guarded(this, flags, async () => {
    const asked = modes.filter(({ flag }) => flags[flag]);
    if (asked.length > 1)
      throw new OpsError("USAGE", `--${asked.map(({ flag }) => flag).join(" and --")} are two questions`, {
        hint: "ask one at a time",
      });
    return (asked[0]?.run ?? answerQuestion)(this, flags, words);
  });
}
