// The whole process of `kubeops check`, and of kubeconform and kube-score beside it where Go can build them, on production-like
// sets of 10 objects (Deployment, Service, HPA, PDB, NetworkPolicy, RBAC), one file a set, and once as one stream on standard
// input: wall and CPU seconds (user + system), peak MiB.
// node test/bench/check.bench.mjs [folder …] measures folders too; with KUBEOPS_CONFORMANCE_DATA also the public manifests.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPeers } from "./check-peers.mjs";
import { objectSet } from "./object-sets.mjs";
import { kubeops, measure } from "./programs.mjs";

const ours = kubeops("check");
const programs = [ours, ...checkPeers()];
const folder = mkdtempSync(join(tmpdir(), "kubeops-bench-"));
try {
  for (const sets of [1, 100, 1000]) {
    const inner = join(folder, String(sets));
    mkdirSync(inner);
    for (let number = 0; number < sets; number++)
      writeFileSync(join(inner, `set-${number}.yaml`), objectSet(number));
    await measure({ name: sets === 1 ? "one set" : `${sets * 10} objects`, programs, paths: [inner] });
  }
  const stream = join(folder, "stream.yaml");
  writeFileSync(stream, Array.from({ length: 1000 }, (_, number) => objectSet(number)).join("---\n"));
  await measure({ name: "10000 objects as a stream", programs: [ours], paths: ["-"], input: stream });
  const data = process.env.KUBEOPS_CONFORMANCE_DATA;
  if (data !== undefined) await measure({ name: "public manifests", programs, paths: [join(data, "real")] });
  for (const path of process.argv.slice(2)) {
    const files = statSync(path).isDirectory() ? readdirSync(path, { recursive: true }).length : 1;
    await measure({ name: `${path} (${files} files)`, programs, paths: [path] });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
