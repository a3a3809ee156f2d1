import { assumptionsFor } from "../../../analysis/rbac/evaluate/explain.ts";
import { bindingText } from "../../../analysis/rbac/model/role.ts";
import { parseGoal } from "../../../analysis/rbac/paths/goal.ts";
import { attackGraph } from "../../../analysis/rbac/paths/graph.ts";
import { pathsTo } from "../../../analysis/rbac/paths/paths.ts";
import { ExitCode } from "../../../kube/error-table.ts";
import { printable } from "../../../kube/printable.ts";
import type { CliContext } from "../../context.ts";
import { style } from "../../display/style.ts";
import { wantsColor } from "../../flags.ts";
import type { CanFlags } from "./flags.ts";
import { chokeText, DELAYS, pathJson, pathLines } from "./path-text.ts";
import { identityOf } from "./words.ts";
import { openWorld } from "./world.ts";

/** Paths that a text shows in full; the others are counted. */
const SHOWN = 3;
const CHOKES = 5;

/** What paths take for given beside what every answer does. */
const pathAssumptions: readonly string[] = [
  "ServiceAccounts that bindings name exist; where the input has no pods, one with each account is taken to run.",
  "A namespace without a Pod Security label enforces nothing.",
  "Admission policies and webhooks that would refuse a step are not looked at.",
];

/** `kubeops can --paths SUBJECT --to GOAL`: exit code 0 when there is a path, 1 when there is none. */
export async function listPaths(
  context: CliContext,
  flags: CanFlags,
  words: readonly string[],
): Promise<number> {
  const identity = identityOf(
    flags,
    words,
    "--paths",
    "kubeops can --paths sa:ci/deployer --to cluster-admin -f rbac/",
  );
  const goal = parseGoal(flags.to ?? "cluster-admin");
  const world = await openWorld(context, flags, "paths");
  try {
    const { rbac } = world;
    const { paths, truncated, chokePoints } = pathsTo(attackGraph(rbac, identity), goal);
    const assumptions = [...assumptionsFor(rbac, world.reader !== undefined), ...pathAssumptions];
    if (flags.output === "json") {
      const body = {
        apiVersion: "kubernetes-operations.dev/v1",
        kind: "AttackPaths",
        subject: identity.text,
        goal: goal.text,
        paths: paths.map(pathJson),
        truncated,
        chokePoints: chokePoints.map(({ binding, closes }) => ({ binding: bindingText(binding), closes })),
        delays: DELAYS,
        assumptions,
      };
      context.process.stdout.write(`${JSON.stringify(body)}\n`);
    } else {
      const paint = style(wantsColor(context, flags));
      const lines: string[] = [];
      const [shortest] = paths;
      if (shortest === undefined)
        lines.push(
          `${printable(identity.text)} does not reach ${printable(goal.text)}${truncated ? ", as far as was looked" : ""}`,
        );
      else {
        const count = `${paths.length}${truncated ? " or more" : ""} minimal ${paths.length === 1 && !truncated ? "path" : "paths"}`;
        const steps = shortest.hops.length === 1 ? "1 step" : `${shortest.hops.length} steps`;
        lines.push(`${printable(identity.text)} reaches ${printable(goal.text)} in ${steps}; ${count}`);
        for (const [index, path] of paths.slice(0, SHOWN).entries()) {
          lines.push(paint.bold(index === 0 ? "shortest path" : `path ${index + 1}`));
          lines.push(...pathLines(path, paint));
        }
        if (paths.length > SHOWN) lines.push(`and ${paths.length - SHOWN} more: -o json shows all`);
        if (chokePoints.length > 0) lines.push(paint.bold("choke points"));
        lines.push(...chokePoints.slice(0, CHOKES).map((one) => `  ${chokeText(one, paths.length)}`));
        if (!flags.quiet) lines.push(paint.dim(DELAYS));
      }
      if (!flags.quiet) lines.push(...assumptions.map((text) => paint.dim(`assumed: ${text}`)));
      context.process.stdout.write(`${lines.join("\n")}\n`);
    }
    return paths.length > 0 ? ExitCode.done : ExitCode.no;
  } finally {
    world.close();
  }
}
