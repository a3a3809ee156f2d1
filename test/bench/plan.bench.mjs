// Planning through the command line: objects a second for 50, 200 and 1000 existing objects, and for the example shop.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "kubeops-bench-")));
const env = { HOME: folder, PATH: process.env.PATH };
execFileSync("git", ["init", "-q", "--bare", "--initial-branch=main", join(folder, "gitops")]);

function time(args) {
  const begun = performance.now();
  const ran = spawnSync(process.execPath, [join(root, "bin/kubeops.cjs"), ...args], {
    env,
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (ran.status > 1) process.stdout.write(ran.stderr);
  return performance.now() - begun;
}

cpSync(join(root, "examples/shop"), join(folder, "shop"), { recursive: true });
process.stdout.write(
  `shop (Compose)     ${time(["plan", "-f", "shop/compose.yaml", "--target", "git:./gitops#shop"]).toFixed(0)} ms\n`,
);
for (const count of [50, 200, 1000]) {
  mkdirSync(join(folder, `k${count}`));
  for (let i = 0; i < count; i++) {
    const labels = `{app: a${i}}`;
    writeFileSync(
      join(folder, `k${count}`, `a${i}.yaml`),
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a${i}, namespace: shop}\nspec:\n  selector: {matchLabels: ${labels}}\n  template:\n    metadata: {labels: ${labels}}\n    spec:\n      containers:\n        - {name: c, image: "ghcr.io/acme/a:${i}"}\n`,
    );
  }
  const spent = time(["plan", "-f", `k${count}`, "-n", "shop", "--target", `git:./gitops#k${count}`, "-q"]);
  process.stdout.write(
    `${String(count).padStart(4)} objects       ${spent.toFixed(0)} ms, ${((count / spent) * 1000).toFixed(0)} objects/s\n`,
  );
}
rmSync(folder, { recursive: true });
