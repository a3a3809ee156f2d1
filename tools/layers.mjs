// Runs dependency-cruiser and fails when it saw nothing: next to TypeScript 7 alone it cruises zero files and passes.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = process.argv[2] ?? root;
const cruise = spawnSync(
  process.execPath,
  [
    join(root, "node_modules/.bin/depcruise"),
    "src",
    "--config",
    join(root, ".dependency-cruiser.mjs"),
    "--output-type",
    "json",
  ],
  { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 },
);
if (!cruise.stdout) {
  process.stderr.write(cruise.stderr);
  process.exit(1);
}
const { summary } = JSON.parse(cruise.stdout);
for (const violation of summary.violations) {
  process.stdout.write(`${violation.rule.name}: ${violation.from} → ${violation.to}\n`);
}
if (summary.totalCruised === 0)
  process.stdout.write("no module was cruised: the layer check checked nothing\n");
process.stdout.write(`layers: ${summary.totalCruised} modules, ${summary.violations.length} violations\n`);
process.exit(summary.violations.length > 0 || summary.totalCruised === 0 ? 1 : 0);
