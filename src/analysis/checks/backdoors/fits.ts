import type { CommandRow } from "./command-table.ts";
import { withDecoded } from "./commands.ts";

/** Whether a text, or what it decodes to, does what a row looks for; the lines of a script are read as one. */
export function fits(row: CommandRow, text: string): boolean {
  return withDecoded(text).some((one) => {
    const line = one.replaceAll(/\\?\n/g, " ");
    return row.pattern.test(line) && row.except?.test(line) !== true;
  });
}
