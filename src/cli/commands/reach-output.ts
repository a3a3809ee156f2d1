import { resolve } from "node:path";
import { writeAtomically } from "../../apply/files/atomic-write.ts";
import { printable } from "../../kube/printable.ts";
import type { CliContext } from "../context.ts";
import type { ReachFlags } from "./reach-flags.ts";

export function json(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** Writes to the file that was named, or to standard output. */
export function emit(context: CliContext, flags: ReachFlags, parts: Iterable<string>): void {
  if (flags.out === undefined) {
    for (const part of parts) context.process.stdout.write(part);
    return;
  }
  writeAtomically(resolve(context.cwd, flags.out), [...parts].join(""));
  if (!flags.quiet) context.process.stderr.write(`wrote ${printable(flags.out)}\n`);
}
