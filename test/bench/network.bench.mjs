// Reachability at three sizes: kubeops reach (list, diff, one question) over generated worlds, each in a process of its own.
// The numbers of netpol-analyzer 1.4.4 on 2 cores stand beside them (401, 1,001 and 2,001 workloads).
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { worldFiles } from "./network-worlds.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const folder = mkdtempSync(join(tmpdir(), "kubeops-network-"));
const peer = { 20: { list: 13.9, diff: 12.2 }, 50: { list: 79 }, 100: { list: 169, diff: 250 } };

function write(name, namespaces, options) {
  const path = join(folder, name);
  mkdirSync(path);
  for (const [file, text] of worldFiles(namespaces, options)) writeFileSync(join(path, file), text);
  return path;
}

function run(words) {
  const code = `const{spawnSync}=require("node:child_process");const t=process.hrtime.bigint();const r=spawnSync(process.execPath,${JSON.stringify([join(root, "bin/kubeops.cjs"), ...words])},{stdio:"ignore"});process.stdout.write(JSON.stringify({status:r.status,wall:Number(process.hrtime.bigint()-t)/1e9}))`;
  const ran = spawnSync(
    "/usr/bin/env",
    ["bash", "-c", `TIMEFORMAT='%U %S'; time "$0" -e "$1"`, process.execPath, code],
    {
      encoding: "utf8",
    },
  );
  const cpu = ran.stderr.trim().split(/\s+/).slice(-2).map(Number);
  return { ...JSON.parse(ran.stdout), cpu: (cpu[0] ?? 0) + (cpu[1] ?? 0) };
}

try {
  const rows = [];
  for (const namespaces of [20, 50, 100]) {
    const before = write(`before-${namespaces}`, namespaces, {});
    const after = write(`after-${namespaces}`, namespaces, { change: true });
    const out = join(folder, "out.txt");
    for (const [what, words] of [
      ["list", ["reach", "-f", before, "--out", out, "-q"]],
      ["diff", ["reach", "--diff", before, after, "--out", out, "-q"]],
      ["question", ["reach", "ns-0001/app-0", "ns-0002/app-3:8080", "-f", before, "-q"]],
    ]) {
      const { wall, cpu } = run(words);
      const theirs = peer[namespaces]?.[what];
      rows.push({
        workloads: namespaces * 20 + 1,
        what,
        wall: wall.toFixed(2),
        cpu: cpu.toFixed(2),
        "netpol-analyzer": theirs ?? "",
        ratio: theirs === undefined ? "" : Math.round(theirs / wall),
      });
    }
  }
  console.table(rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
