import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The environment of the tests' own git: no configuration of this machine, fixed identity and dates. */
export const gitEnvironment: Readonly<Record<string, string>> = {
  PATH: process.env["PATH"] ?? "/usr/bin:/bin",
  HOME: "/nonexistent",
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "test",
  GIT_AUTHOR_EMAIL: "test@example.com",
  GIT_AUTHOR_DATE: "1700000000 +0000",
  GIT_COMMITTER_NAME: "test",
  GIT_COMMITTER_EMAIL: "test@example.com",
  GIT_COMMITTER_DATE: "1700000000 +0000",
};

/** Runs the machine's git as a user would, and gives what it printed without the last line's end. */
export function git(folder: string, ...args: string[]): string {
  return execFileSync("git", args, {
    cwd: folder,
    env: gitEnvironment,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 28,
  }).replace(/\n$/, "");
}

/** A fresh folder, its real path; removed by `remove`. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "kubeops-test-")));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Writes files below a folder and commits everything; the id of the commit. */
export function commitFiles(
  repository: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  message = "test",
): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), content);
  }
  git(repository, "add", "--all", "--force");
  git(repository, "commit", "--quiet", "--allow-empty", "--message", message);
  return git(repository, "rev-parse", "HEAD");
}

/** A bare repository at `path` whose branch main holds `files` as one commit; its head. */
export function bareRepository(path: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  const work = `${path}.work`;
  mkdirSync(work, { recursive: true });
  git(work, "init", "--quiet", "--initial-branch=main");
  const commit = commitFiles(work, files);
  git(work, "clone", "--quiet", "--bare", ".", path);
  rmSync(work, { recursive: true, force: true });
  return commit;
}

/** A program that leaves a file behind when it runs: its path, and a command line that runs it. */
export function canary(folder: string, name: string): { readonly program: string; readonly mark: string } {
  const mark = join(folder, `${name}.ran`);
  const program = join(folder, `${name}.sh`);
  writeFileSync(program, `#!/bin/sh\ntouch '${mark}'\ncat >/dev/null 2>&1 </dev/null\nexit 0\n`);
  chmodSync(program, 0o755);
  return { program, mark };
}
