// Installs the real Claude Code from npm once into a cache folder outside the repository: a program that only tests run.
// Prints the program's path on standard output. `--path` prints it without installing (exit code 1 when it is not there).
// The package is proprietary and large (about 250 MB): it is never a dependency and never committed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const VERSION = "2.1.332";

/** What the registry said the archives are when this version was chosen; another archive is not run. */
const integrity = {
  "@anthropic-ai/claude-code-linux-x64":
    "sha512-f4JWhzwYutJIHScC7/dYOPX6s28tt7ZADhsOi8zwOHq5fFPEuUeChh2NMfinSg0GrUckYxaeebC4h0DqiKzLcw==",
};

const name = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`;
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "kubeops", "claude-code");
const folder = join(cache, VERSION);

/** The program in the cache, or undefined. */
export function claudeCode() {
  const program = join(folder, "node_modules", name, process.platform === "win32" ? "claude.exe" : "claude");
  return existsSync(program) ? program : undefined;
}

function fail(message, hint) {
  process.stderr.write(`error: ${message}\n  hint: ${hint}\n`);
  process.exit(1);
}

function install() {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "installing-"));
  try {
    // The platform's package alone holds the program: no install script has to run.
    writeFileSync(join(work, "package.json"), `${JSON.stringify({ private: true, dependencies: { [name]: VERSION } })}\n`);
    process.stderr.write(`installing ${name} ${VERSION} once, for tests\n`);
    const ran = spawnSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: work,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
    });
    if (ran.status !== 0) fail("npm could not install Claude Code", "is the registry reachable? the tests that need it are left out");
    const lock = JSON.parse(readFileSync(join(work, "package-lock.json"), "utf8"));
    const found = lock.packages[`node_modules/${name}`]?.integrity;
    if (integrity[name] !== undefined && found !== integrity[name])
      fail(`the registry gave another archive of ${name} ${VERSION}`, "look at it before it is run");
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (claudeCode() === undefined) {
    if (process.argv.includes("--path")) process.exit(1);
    install();
  }
  const program = claudeCode();
  if (program === undefined) fail("Claude Code was installed and its program is not where it was", `look into ${folder}`);
  process.stdout.write(`${program}\n`);
}
