// Puts a package from npm into a cache folder outside the repository, once: programs that only tests run.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The folder of the cache that holds this version of a program; it need not be there. */
export function cacheFolder(name, version) {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "kubeops", name, version);
}

/**
 * Fills the folder by `npm` with these words, in a folder beside it that `prepare` gets first and `check` sees last; what fails
 * leaves nothing behind.
 */
export function fillCache(folder, words, { prepare, check = () => undefined }) {
  const parent = join(folder, "..");
  mkdirSync(parent, { recursive: true });
  const work = mkdtempSync(join(parent, "installing-"));
  try {
    prepare(work);
    const ran = spawnSync(
      "npm",
      [...words, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
      {
        cwd: work,
        stdio: ["ignore", 2, 2],
        shell: process.platform === "win32",
      },
    );
    if (ran.status !== 0) throw new Error("npm could not install it: is the registry reachable?");
    check(work);
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What such a script does: installs where it must, and prints the program's path; `--path` only prints it. */
export function main(find, install) {
  if (find() === undefined) {
    if (process.argv.includes("--path")) process.exit(1);
    try {
      install();
    } catch (error) {
      process.stderr.write(
        `error: ${error.message}\n  hint: the tests that need it are left out without it\n`,
      );
      process.exit(1);
    }
  }
  const found = find();
  if (found === undefined || !existsSync(found)) {
    process.stderr.write("error: it was installed and its program is not where it was\n");
    process.exit(1);
  }
  process.stdout.write(`${found}\n`);
}
