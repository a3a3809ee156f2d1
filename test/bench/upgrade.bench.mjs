// The whole process of `kubeops check --upgrade-to`, from 1.31 to 1.37, on production-like sets of 12 objects of which two are
// in versions that go: beside check without an upgrade (what asking two servers costs), and beside kubeconform and kube-score
// where Go can build them, which know the target alone. pluto and kubent, which look for API versions only, cannot be had as
// Go modules. node test/bench/upgrade.bench.mjs [folder …] measures folders too.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPeers } from "./check-peers.mjs";
import { oldSet } from "./object-sets.mjs";
import { kubeops, measure } from "./programs.mjs";

const ours = kubeops("check", "--kube-version", "1.31", "--upgrade-to", "1.37");
const programs = [ours, kubeops("check", "--kube-version", "1.31"), ...checkPeers({ target: true })];
const folder = mkdtempSync(join(tmpdir(), "kubeops-bench-"));
try {
  for (const sets of [1, 100, 1000]) {
    const inner = join(folder, String(sets));
    mkdirSync(inner);
    for (let number = 0; number < sets; number++)
      writeFileSync(join(inner, `set-${number}.yaml`), oldSet(number));
    await measure({ name: `${sets * 12} objects`, programs, paths: [inner] });
  }
  for (const path of process.argv.slice(2)) await measure({ name: path, programs, paths: [path] });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
