// The whole process of `kubeops fix` on production-like sets of 11 objects, one file a set, with seven findings to mend each: as a diff,
// written, and beside `kubeops check` of the same files (each fix is proved by reading and checking again). What else mends
// manifests (polaris fix, kubescape fix) cannot be had as a Go module here. node test/bench/fix.bench.mjs [folder …] measures
// copies of folders too.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultySet } from "./object-sets.mjs";
import { kubeops, kubeopsProgram, measure } from "./programs.mjs";

const UPGRADE = ["--kube-version", "1.31", "--upgrade-to", "1.37"];
const programs = [
  kubeops("fix", "--dry-run", ...UPGRADE),
  kubeops("fix", ...UPGRADE),
  kubeops("check", ...UPGRADE),
];
const folder = mkdtempSync(join(tmpdir(), "kubeops-bench-"));
const work = join(folder, "work");

/** Measures on a copy, which each run finds as it was, and tells how much was mended. */
async function measureCopy(name, source) {
  const fresh = () => {
    rmSync(work, { recursive: true, force: true });
    cpSync(source, work, { recursive: true });
  };
  await measure({ name, programs, paths: [work], fresh });
  fresh();
  const ran = spawnSync(process.execPath, [kubeopsProgram, "fix", ...UPGRADE, work], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const told = `${ran.stdout}\n${ran.stderr}`.match(/^fixed \d.*$/m)?.[0] ?? "nothing was fixed";
  process.stdout.write(`  ${told}\n`);
}

try {
  for (const sets of [1, 100, 500]) {
    const inner = join(folder, String(sets));
    mkdirSync(inner);
    for (let number = 0; number < sets; number++)
      writeFileSync(join(inner, `set-${number}.yaml`), faultySet(number));
    await measureCopy(`${sets * 11} objects`, inner);
  }
  for (const path of process.argv.slice(2)) await measureCopy(path, path);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
