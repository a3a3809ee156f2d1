// Installs the real Claude Code from npm once into a cache folder outside the repository: a program that only tests run.
// Prints the program's path on standard output. `--path` prints it without installing (exit code 1 when it is not there).
// The package is proprietary and large (about 380 MB unpacked): it is never a dependency and never committed.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, fillCache, main } from "./cached-package.mjs";

export const VERSION = "2.1.332";

/** What the registry said the archive is when this version was chosen; another one is not run. */
const integrity = {
  "@anthropic-ai/claude-code-linux-x64":
    "sha512-f4JWhzwYutJIHScC7/dYOPX6s28tt7ZADhsOi8zwOHq5fFPEuUeChh2NMfinSg0GrUckYxaeebC4h0DqiKzLcw==",
};

// The platform's package alone holds the program: no install script has to run.
const name = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`;
const folder = cacheFolder("claude-code", VERSION);

/** The program in the cache, or undefined. */
export function claudeCode() {
  const program = join(folder, "node_modules", name, process.platform === "win32" ? "claude.exe" : "claude");
  return existsSync(program) ? program : undefined;
}

function install() {
  process.stderr.write(`installing ${name} ${VERSION} once, for tests\n`);
  fillCache(folder, ["install"], {
    prepare: (work) =>
      writeFileSync(
        join(work, "package.json"),
        `${JSON.stringify({ private: true, dependencies: { [name]: VERSION } })}\n`,
      ),
    check: (work) => {
      const lock = JSON.parse(readFileSync(join(work, "package-lock.json"), "utf8"));
      const found = lock.packages[`node_modules/${name}`]?.integrity;
      if (integrity[name] !== undefined && found !== integrity[name])
        throw new Error(
          `the registry gave another archive of ${name} ${VERSION}: look at it before it is run`,
        );
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(claudeCode, install);
