// Installs what the lock file names when it differs from what is installed, then builds when a source is
// newer than the bundle. No dependency of its own: it runs before anything is there.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const stamp = join(modules, ".kubeops-lock");
const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

function run(command, args, purpose) {
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  if (result.status !== 0) {
    process.stderr.write(
      `${purpose} failed:\n${result.stdout ?? ""}${result.stderr ?? ""}${result.error ?? ""}\n`,
    );
    process.exit(result.status ?? 1);
  }
}

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile())
      time = Math.max(time, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  }
  return time;
}

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
  process.stderr.write("installing dependencies (once)…\n");
  // Engine warnings are about the Node that started npm; the scripts run on the pinned one.
  run("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], "npm ci");
  writeFileSync(stamp, lock);
}

const bundle = join(root, "dist", "cli.js");
const sources = Math.max(newest(join(root, "src")), statSync(join(root, "tools", "build.mjs")).mtimeMs);
if (!existsSync(bundle) || statSync(bundle).mtimeMs < sources) {
  const pinned = join(modules, ".bin", "node");
  run(existsSync(pinned) ? pinned : process.execPath, [join(root, "tools", "build.mjs")], "the build");
}
