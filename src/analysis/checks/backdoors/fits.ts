import { type CommandRow, commandTable } from "./command-table.ts";
import { type RunText, withDecoded } from "./commands.ts";
import type { Hit } from "./pod-findings.ts";

/** A text as rows look at it: itself and what it decodes to, the lines of a script read as one. Made once for all rows. */
export function readings(text: string): readonly string[] {
  return withDecoded(text).map((one) => one.replaceAll(/\\?\n/g, " "));
}

/** Whether one of the readings of a text does what a row looks for. */
export function fits({ pattern, except }: CommandRow, lines: readonly string[]): boolean {
  return lines.some((line) => pattern.test(line) && except?.test(line) !== true);
}

/** What the texts of a container do that no application has to: for each row the first of them. */
export function commandHits(texts: readonly RunText[], who: string, onNode: boolean): readonly Hit[] {
  const read = texts.map(({ path, text }) => ({ path, lines: readings(text) }));
  return commandTable.flatMap((row): readonly Hit[] => {
    if (row.onNode === true && !onNode) return [];
    const found = read.find(({ lines }) => fits(row, lines));
    return found === undefined ? [] : [{ id: row.id, path: found.path, message: `${who} ${row.what}` }];
  });
}
