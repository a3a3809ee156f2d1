// Runs the benchmarks of test/bench one after the other; words pick files by name. Figures are printed, never asserted.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "test", "bench");
const words = process.argv.slice(2);
for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith(".bench.mjs") || (words.length > 0 && !words.some((word) => file.includes(word))))
    continue;
  process.stdout.write(`\n== ${file.replace(".bench.mjs", "")}\n`);
  const ran = spawnSync(process.execPath, [join(folder, file)], { stdio: "inherit" });
  if (ran.status !== 0) process.exitCode = 1;
}
