import { coverage, isCovered } from "../../analysis/network/ask/coverage.ts";
import { effects } from "../../analysis/network/ask/effects.ts";
import { relate } from "../../analysis/network/ask/relation.ts";
import type { Network } from "../../analysis/network/engine/network.ts";
import type { Profile } from "../../analysis/network/engine/profiles.ts";
import { coverageJson, coverageText } from "../../analysis/network/render/coverage.ts";
import { effectsJson, effectsText, hasIdle } from "../../analysis/network/render/effects.ts";
import { isWithin, relationJson, relationText } from "../../analysis/network/render/relation.ts";
import { ExitCode } from "../../kube/error-table.ts";
import type { JsonObject } from "../../kube/json.ts";
import type { CliContext } from "../context.ts";
import type { ReachFlags } from "./reach-flags.ts";
import { fileObjects } from "./reach-inputs.ts";
import { emit, json } from "./reach-output.ts";

/** `reach --compare A B`: yes (exit code 0) where B provably opens nothing that A does not. */
export async function compareSets(
  context: CliContext,
  flags: ReachFlags,
  words: readonly string[],
  profile: Profile,
): Promise<number> {
  const read = async (paths: readonly string[]): Promise<readonly JsonObject[]> =>
    paths.length === 0 ? [] : fileObjects(context, paths, flags.quiet);
  const common = await read(flags.filename ?? []);
  const [first = "", second = ""] = words;
  const relation = relate([...common, ...(await read([first]))], [...common, ...(await read([second]))], {
    profile,
  });
  emit(context, flags, [
    flags.output === "json" ? json(relationJson(relation)) : relationText(relation, flags),
  ]);
  const { before, after } = relation.comparison;
  if ([...before.problems, ...after.problems].some(({ kind }) => kind === "invalid")) return ExitCode.usage;
  return isWithin(relation) ? ExitCode.done : ExitCode.no;
}

/** `reach --redundant`: exit code 1 where something has no effect, now and later. */
export function withoutEffect(context: CliContext, flags: ReachFlags, net: Network): number {
  const found = effects(net);
  emit(context, flags, [flags.output === "json" ? json(effectsJson(found)) : effectsText(found, flags)]);
  return hasIdle(found) ? ExitCode.no : ExitCode.done;
}

/** `reach --coverage`: yes (exit code 0) where every workload is isolated in both directions. */
export function covered(context: CliContext, flags: ReachFlags, net: Network): number {
  const found = coverage(net);
  emit(context, flags, [flags.output === "json" ? json(coverageJson(found)) : coverageText(found, flags)]);
  return isCovered(found) ? ExitCode.done : ExitCode.no;
}
