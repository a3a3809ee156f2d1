import type { DeltaLine } from "./delta.ts";
import { csvCell, markdownCell } from "./matrix.ts";

/** The differences as a table: CSV or Markdown. */
export function deltaTable(lines: readonly DeltaLine[], format: "csv" | "md"): readonly string[] {
  const head = ["what", "source", "destination", "before", "after"];
  const rows = lines.map(({ what, from, to, before, after }) => [
    what,
    from.join(format === "csv" ? " " : ", "),
    to.join(format === "csv" ? " " : ", "),
    before,
    after,
  ]);
  if (format === "csv") return [head, ...rows].map((row) => `${row.map(csvCell).join(",")}\n`);
  return [
    `| ${head.join(" | ")} |\n|${head.map(() => "---").join("|")}|\n`,
    ...rows.map((row) => `| ${row.map(markdownCell).join(" | ")} |\n`),
  ];
}
