// Start-up: median of 21 runs in a clean environment, beside bare Node.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const program = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "bin", "kubeops.cjs");
const folder = mkdtempSync(join(tmpdir(), "kubeops-bench-"));
const env = { HOME: folder, NODE_COMPILE_CACHE: join(folder, "cache") };
writeFileSync(join(folder, "config.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");

function median(args) {
  const times = [];
  for (let i = 0; i < 21; i++) {
    const begun = performance.now();
    spawnSync(process.execPath, args, { env, cwd: folder, stdio: "ignore" });
    times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b)[10];
}

const bare = median(["-e", "0"]);
process.stdout.write(`bare node                 ${bare.toFixed(0)} ms\n`);
for (const words of [
  ["--help"],
  ["plan", "--help"],
  ["version"],
  ["completion", "zsh"],
  ["check", "config.yaml"],
]) {
  const time = median([program, ...words]);
  process.stdout.write(
    `kubeops ${words.join(" ").padEnd(18)}${time.toFixed(0)} ms (${(time - bare).toFixed(0)} ms over bare node)\n`,
  );
}
rmSync(folder, { recursive: true });
