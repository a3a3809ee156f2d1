import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  canary,
  commitFiles,
  git,
  gitEnvironment,
  temporaryFolder,
} from "../../../test/support/git-repository.ts";
import { type GitTargetPort, openGitTarget } from "./git-target.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const nonce = "0".repeat(32);
const message = `Change\n\nKubeops-Nonce: ${nonce}\n`;
const push = { time: 0, message, files: new Map([["apps/new.yaml", "new"]]) };

function working(name: string): string {
  const path = join(folder.path, name);
  mkdirSync(path);
  git(path, "init", "--quiet", "--initial-branch=main");
  commitFiles(path, { "apps/a.yaml": "1" });
  return path;
}

/** Everything that can be done with a target, in one go; failures are an answer too. */
async function useAll(
  path: string,
): Promise<{ readonly commit: string | undefined; readonly errors: unknown[] }> {
  const errors: unknown[] = [];
  let target: GitTargetPort | undefined;
  let commit: string | undefined;
  const step = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      errors.push(error);
    }
  };
  await step(async () => {
    target = await openGitTarget({ url: path, branch: "main" });
  });
  if (target === undefined) return { commit, errors };
  const opened = target;
  let base: string | null = null;
  await step(async () => {
    base = (await opened.readState("apps")).base;
  });
  await step(() => opened.readStateAt(base ?? "0".repeat(40), ""));
  await step(() => opened.head("main"));
  await step(() => opened.isCheckedOut("main"));
  await step(() => opened.findNonce(nonce));
  await step(async () => {
    const built = await opened.buildCommit({ base, ...push });
    await opened.push(built, "kubeops/1", null);
    commit = built;
  });
  await step(() => opened.contains("kubeops/1", base ?? "0".repeat(40)));
  await opened.close();
  return { commit, errors };
}

/** Every mark that a canary left. */
function ran(): string[] {
  return readdirSync(folder.path).filter((name) => name.endsWith(".ran"));
}

function configure(path: string, ...lines: string[]): void {
  const file = existsSync(join(path, ".git")) ? join(path, ".git/config") : join(path, "config");
  appendFileSync(file, `${lines.join("\n")}\n`);
}

describe("a hostile target executes nothing", () => {
  it("the canaries sing when a user runs git there", () => {
    // Proof that the traps of the next test work: plain commands in the same repository spring them.
    const path = working("app");
    const trap = canary(folder.path, "monitor");
    configure(path, "[core]", `fsmonitor = ${trap.program}`);
    git(path, "status");
    expect(ran()).toEqual(["monitor.ran"]);
  });

  it("by any setting that names a program", async () => {
    const path = working("app");
    const { program } = canary(folder.path, "setting");
    const hooks = join(folder.path, "hooks");
    mkdirSync(hooks);
    // Hooks that only report, or that git would run on the other side: skipped.
    for (const name of [
      "post-receive",
      "post-update",
      "push-to-checkout",
      "pre-push",
      "pre-auto-gc",
      "post-checkout",
      "post-index-change",
      "fsmonitor-watchman",
      "pre-commit",
      "commit-msg",
    ]) {
      copyFileSync(program, join(hooks, name));
      chmodSync(join(hooks, name), 0o755);
    }
    configure(
      path,
      "[core]",
      `fsmonitor = ${program}`,
      `hooksPath = ${hooks}`,
      `sshCommand = ${program}`,
      `gitProxy = ${program}`,
      `askPass = ${program}`,
      `editor = ${program}`,
      `pager = ${program}`,
      `alternateRefsCommand = ${program}`,
      "[credential]",
      `helper = !${program}`,
      "[gpg]",
      `program = ${program}`,
      '[gpg "ssh"]',
      `program = ${program}`,
      `defaultKeyCommand = ${program}`,
      "[uploadpack]",
      `packObjectsHook = ${program}`,
      "[gc]",
      "auto = 1",
      `recentObjectsHook = ${program}`,
      "[maintenance]",
      "auto = true",
      "[receive]",
      "denyCurrentBranch = updateInstead",
      "autogc = true",
      "updateServerInfo = true",
      "procReceiveRefs = refs/other",
      "[diff]",
      `external = ${program}`,
      '[filter "x"]',
      `clean = ${program}`,
      `smudge = ${program}`,
      `process = ${program}`,
      "required = true",
      '[merge "x"]',
      `driver = ${program}`,
      "[alias]",
      ...["fetch", "upload-pack", "receive-pack", "push", "ls-remote", "rev-list"].map(
        (name) => `${name} = !${program}`,
      ),
      "[protocol]",
      "allow = always",
      '[protocol "ext"]',
      "allow = always",
      '[url "ext::sh -c touch% "]',
      `insteadOf = ${path}`,
      "[trace2]",
      `eventTarget = ${join(folder.path, "trace.ran")}`,
    );
    mkdirSync(join(path, ".git/info"), { recursive: true });
    writeFileSync(join(path, ".git/info/attributes"), "* filter=x diff=x merge=x\n");
    const { commit, errors } = await useAll(path);
    expect(ran()).toEqual([]);
    expect(errors).toEqual([]);
    expect(
      git(
        folder.path,
        "--git-dir",
        join(path, ".git"),
        "-c",
        "core.fsmonitor=false",
        "rev-parse",
        "kubeops/1",
      ),
    ).toBe(commit);
  });

  it("by a configuration that another file brings in, or one of a linked working tree", async () => {
    const path = working("app");
    const { program } = canary(folder.path, "include");
    const text = `[core]\nfsmonitor = ${program}\nalternateRefsCommand = ${program}\nsshCommand = ${program}\n[protocol "ext"]\nallow = always\n`;
    writeFileSync(join(folder.path, "more"), text);
    configure(
      path,
      "[include]",
      `path = ${join(folder.path, "more")}`,
      "[extensions]",
      "worktreeConfig = true",
    );
    writeFileSync(join(path, ".git/config.worktree"), text);
    const { errors } = await useAll(path);
    expect([ran(), errors]).toEqual([[], []]);
  });

  it("by attributes, filters and drivers in its tree", async () => {
    const path = working("app");
    const { program } = canary(folder.path, "filter");
    commitFiles(path, {
      ".gitattributes": "* filter=x diff=x ident export-subst eol=crlf\n",
    });
    configure(
      path,
      '[filter "x"]',
      `clean = ${program}`,
      `smudge = ${program}`,
      `process = ${program}`,
      '[diff "x"]',
      `textconv = ${program}`,
    );
    const { errors, commit } = await useAll(path);
    expect([ran(), errors]).toEqual([[], []]);
    // The bytes that were written are the bytes that were asked for.
    expect(
      git(folder.path, "--git-dir", join(path, ".git"), "cat-file", "blob", `${commit}:apps/new.yaml`),
    ).toBe("new");
  });

  it("by remotes from which a partial clone would fetch what it lacks", async () => {
    for (const [index, remote] of [
      (program: string) => [`url = ext::${program}`],
      (program: string) => [`url = ${folder.path}/app0`, `uploadpack = ${program}`],
      (program: string) => [`url = ssh://x/y`, `vcs = ext`, `uploadpack = ${program}`],
    ].entries()) {
      const path = working(`app${index}`);
      const { program } = canary(folder.path, `promisor${index}`);
      const blob = git(path, "rev-parse", "HEAD:apps/a.yaml");
      rmSync(join(path, ".git/objects", blob.slice(0, 2), blob.slice(2)));
      configure(
        path,
        "[core]",
        "repositoryFormatVersion = 1",
        `sshCommand = ${program}`,
        "[extensions]",
        "partialClone = origin",
        '[remote "origin"]',
        ...remote(program),
        "promisor = true",
        "partialCloneFilter = blob:none",
        "[protocol]",
        "allow = always",
        '[protocol "ext"]',
        "allow = always",
      );
      const { errors } = await useAll(path);
      expect(ran()).toEqual([]);
      // Nothing can be read from it, and that is said.
      expect(errors[0]).toMatchObject({ code: "TARGET_UNREACHABLE" });
    }
  });

  it("by alternates: of a folder with a hostile configuration, of a network, in a cycle", async () => {
    const path = working("app");
    const other = working("other");
    const { program } = canary(folder.path, "alternate");
    configure(
      other,
      "[core]",
      `alternateRefsCommand = ${program}`,
      `fsmonitor = ${program}`,
      `sshCommand = ${program}`,
    );
    configure(path, "[core]", `alternateRefsCommand = ${program}`);
    writeFileSync(
      join(path, ".git/objects/info/alternates"),
      `${join(other, ".git/objects")}\n${join(path, ".git/objects")}\n/proc/self/environ\nhttp://192.0.2.1/objects\n`,
    );
    const { errors, commit } = await useAll(path);
    expect(ran()).toEqual([]);
    expect([errors, typeof commit]).toEqual([[], "string"]);
  });

  it("by names of references, and by references that lie", async () => {
    const path = working("app");
    const head = git(path, "rev-parse", "HEAD");
    const odd = ["--upload-pack=touch x", "-o", "$(touch x)", "`touch x`", ";touch x", "é\u202e", "a'b\"c"];
    const lines = odd
      .filter((name) => !/[ :]/.test(name))
      .map((name) => `${head} refs/heads/${name}\n`)
      .sort();
    writeFileSync(
      join(path, ".git/packed-refs"),
      `# pack-refs with: peeled fully-peeled sorted \n${lines.join("")}`,
    );
    mkdirSync(join(path, ".git/refs/replace"), { recursive: true });
    // A replacement would show other content under the same id.
    const evil = commitFiles(path, { "apps/a.yaml": "evil" });
    git(path, "reset", "--quiet", "--hard", head);
    writeFileSync(join(path, `.git/refs/replace/${head}`), `${evil}\n`);
    const { errors } = await useAll(path);
    expect([ran(), errors]).toEqual([[], []]);
    expect(existsSync(join(path, "x"))).toBe(false);
    const target = await openGitTarget({ url: path, branch: "main" });
    expect((await target.readState("apps")).files.map((file) => file.text)).toEqual(["1"]);
    await target.close();
  });

  it("by submodules and links in its tree, and by a path with signs that a shell reads", async () => {
    const path = working("a b:;$(touch x)'\"`touch y`");
    const { program } = canary(folder.path, "module");
    commitFiles(path, {
      ".gitmodules": `[submodule "x"]\npath = module\nurl = ext::${program}\nupdate = !${program}\nbranch = .\n`,
    });
    git(path, "update-index", "--add", "--cacheinfo", `160000,${git(path, "rev-parse", "HEAD")},module`);
    git(path, "commit", "--quiet", "-m", "module");
    configure(
      path,
      "[submodule]",
      "recurse = true",
      '[submodule "x"]',
      "active = true",
      `url = ext::${program}`,
      `update = !${program}`,
    );
    const { errors } = await useAll(path);
    expect([ran(), errors]).toEqual([[], []]);
    expect(readdirSync(folder.path).filter((name) => name === "x" || name === "y")).toEqual([]);
    expect(existsSync(join(path, "x")) || existsSync(join(path, "y"))).toBe(false);
  });

  it("by this process's own environment", async () => {
    const path = working("app");
    const { program } = canary(folder.path, "environment");
    const hostile: Record<string, string> = {
      GIT_SSH_COMMAND: program,
      GIT_ASKPASS: program,
      GIT_EXTERNAL_DIFF: program,
      GIT_PROXY_COMMAND: program,
      GIT_EXEC_PATH: folder.path,
      GIT_DIR: path,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "core.fsmonitor",
      GIT_CONFIG_VALUE_0: program,
      GIT_CONFIG_GLOBAL: join(folder.path, "global"),
      GIT_TRACE: join(folder.path, "trace.ran"),
      GIT_TEMPLATE_DIR: folder.path,
      HOME: folder.path,
      PATH: folder.path,
    };
    writeFileSync(
      join(folder.path, "global"),
      `[core]\nfsmonitor = ${program}\nhooksPath = ${folder.path}\n`,
    );
    copyFileSync(program, join(folder.path, "git"));
    const before = { ...process.env };
    Object.assign(process.env, hostile);
    try {
      const { errors } = await useAll(path);
      expect([ran(), errors]).toEqual([[], []]);
    } finally {
      for (const name of Object.keys(hostile)) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
    expect(gitEnvironment["GIT_CONFIG_GLOBAL"]).toBe("/dev/null");
  });

  it.skipIf(process.getuid?.() !== 0)("by belonging to somebody else", async () => {
    const path = working("app");
    const { chownSync } = await import("node:fs");
    chownSync(join(path, ".git"), 65_534, 65_534);
    await expect(openGitTarget({ url: path, branch: "main" })).rejects.toMatchObject({
      code: "TARGET_UNSAFE",
      message: `${path}/.git belongs to another user (65534)`,
    });
  });
});
