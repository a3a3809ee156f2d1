// Prints a sample of the hits of one id for a person to read and judge (docs/reference/precision.md):
//   kubeops check real --profile all -o json > report.json    (in the folder of the public data)
//   node tools/precision-sample.mjs report.json FOLDER ID [MOST]
// The sample is the same for the same report: every n-th hit in the order of the report, at most MOST (20) of them.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** At most `most` of the hits, spread evenly over them, so over their files. */
function sampleOf(hits, most) {
  if (hits.length <= most) return hits;
  return Array.from({ length: most }, (_, index) => hits[Math.floor((index * hits.length) / most)]);
}

/** Lines of the file around a place: the block that the place is in, and what stands before it. */
function around(text, line, before = 6, after = 12) {
  const lines = text.split(/\r?\n/);
  const first = Math.max(1, line - before);
  return lines
    .slice(first - 1, line + after)
    .map((row, index) => `${first + index === line ? ">" : " "}${String(first + index).padStart(6)} ${row}`)
    .join("\n");
}

const [report, folder, id, most = "20"] = process.argv.slice(2);
if (report === undefined || folder === undefined || id === undefined) {
  process.stderr.write("usage: node tools/precision-sample.mjs REPORT FOLDER ID [MOST]\n");
  process.exit(2);
}
const hits = JSON.parse(readFileSync(report, "utf8")).findings.filter(({ code }) => code === id);
for (const [index, hit] of sampleOf(hits, Number(most)).entries()) {
  const { file, line, column } = hit.place;
  const object = hit.object === undefined ? "" : ` ${hit.object.kind} ${hit.object.name}`;
  process.stdout.write(
    `#${index + 1} ${hit.severity} ${hit.message}\n${file}:${line}:${column}${object} ${(hit.path ?? []).join(".")}\n${around(readFileSync(join(folder, file), "utf8"), line)}\n\n`,
  );
}
