import { ExitCode } from "../kube/error-table.ts";
import { OpsError } from "../kube/ops-error.ts";
import { placeText } from "../kube/place.ts";
import { printable, printableRest } from "../kube/printable.ts";
import type { CliContext } from "./context.ts";
import { style } from "./display/style.ts";
import { settleYoungGeneration } from "./young-generation.ts";

/** A failure as people read it: what, where, what to do. A bug of ours says so and gives its stack. */
export function errorText(error: unknown, color: boolean): string {
  const paint = style(color);
  if (!OpsError.is(error)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `${paint.red("bug:")} this should not happen; please report it with the lines below\n${stack}\n`;
  }
  const place = error.place === undefined ? "" : `${printable(placeText(error.place))}: `;
  const lines = [
    `${paint.red("error:")} ${place}${printableRest(error.message)} ${paint.dim(`[${error.code}]`)}`,
  ];
  if (error.hint !== undefined) lines.push(`  ${paint.cyan("hint:")} ${printableRest(error.hint)}`);
  return `${lines.join("\n")}\n`;
}

/** The same as one JSON object, kind Error. */
export function errorJson(error: unknown): string {
  const known = OpsError.is(error);
  const body = {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Error",
    code: known ? error.code : "BUG",
    message: error instanceof Error ? error.message : String(error),
    ...(known && error.place !== undefined ? { place: error.place } : {}),
    ...(known && error.hint !== undefined ? { hint: error.hint } : {}),
  };
  return `${JSON.stringify(body)}\n`;
}

export function exitCodeOf(error: unknown): number {
  return OpsError.is(error) ? error.exit : ExitCode.bug;
}

/** Runs a command's work; its failure is printed once, in the format that was asked for, and becomes the exit code. */
export async function guarded(
  context: CliContext,
  flags: { readonly output?: string; readonly color?: "auto" | "always" | "never" },
  work: () => Promise<number>,
): Promise<void> {
  settleYoungGeneration();
  try {
    context.process.exitCode = await work();
  } catch (error) {
    const color =
      flags.color === "always" ||
      (flags.color !== "never" && context.interactive && !context.env["NO_COLOR"]);
    context.process.stderr.write(flags.output === "json" ? errorJson(error) : errorText(error, color));
    context.process.exitCode = exitCodeOf(error);
  }
}
