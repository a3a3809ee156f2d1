import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deep, strict } from "./suites.ts";

const oracles = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "tools", "oracles");

/** Folder outside the repository where built oracles and the like are kept. */
export function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "kubeops", "oracles");
}

/** Path of a built oracle, or why there is none. */
export type Oracle = { readonly program: string } | { readonly reason: string };

/** Builds the Go program in tools/oracles/<name> once per source into the cache folder. */
export function buildOracle(name: string, onlyWhenBuilt = false): Oracle {
  const source = join(oracles, name);
  const hash = createHash("sha256");
  for (const file of readdirSync(source).toSorted())
    hash.update(file).update(readFileSync(join(source, file)));
  const folder = cacheFolder();
  const program = join(folder, `${name}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(program)) return { program };
  if (onlyWhenBuilt) return { reason: "npm run test:deep builds it" };
  mkdirSync(folder, { recursive: true });
  const fresh = `${program}.${process.pid}`;
  const built = spawnSync("go", ["build", "-o", fresh, "."], {
    cwd: source,
    encoding: "utf8",
    // A cold build of the largest takes minutes of CPU.
    timeout: 1_200_000,
  });
  if (built.error !== undefined) {
    const { code } = built.error as NodeJS.ErrnoException;
    return { reason: code === "ENOENT" ? "install Go 1.26" : `go build did not end well: ${code}` };
  }
  if (built.status !== 0) return { reason: `go build failed: ${built.stderr.trim().split("\n")[0] ?? ""}` };
  renameSync(fresh, program);
  return { program };
}

/** One that takes minutes to build: the quick suites use it where it is built already, and do not build it. */
export function largeOracle(name: string): Oracle {
  return buildOracle(name, !deep && !strict);
}

/** One JSON value a line in, one a line out. */
export function askOracle(program: string, questions: readonly unknown[]): unknown[] {
  const result = spawnSync(program, [], {
    input: `${questions.map((question) => JSON.stringify(question)).join("\n")}\n`,
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (result.status !== 0) throw new Error(`the oracle failed: ${result.stderr}`);
  const lines = result.stdout.trimEnd().split("\n");
  if (lines.length !== questions.length)
    throw new Error(`${questions.length} asked, ${lines.length} answered`);
  return lines.map((line) => JSON.parse(line) as unknown);
}
