import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bareRepository, commitFiles, git, temporaryFolder } from "../../../test/support/git-repository.ts";
import { type GitTargetPort, openGitTarget } from "./git-target.ts";

let folder: ReturnType<typeof temporaryFolder>;
const open: GitTargetPort[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const target of open.splice(0)) await target.close();
  folder.remove();
});

async function target(path: string, branch: string | null = null): Promise<GitTargetPort> {
  const opened = await openGitTarget({ url: path, branch });
  open.push(opened);
  return opened;
}

function working(name: string, files: Record<string, string | Uint8Array> = { README: "hello\n" }): string {
  const path = join(folder.path, name);
  mkdirSync(path);
  git(path, "init", "--quiet", "--initial-branch=main");
  if (Object.keys(files).length > 0) commitFiles(path, files);
  return path;
}

const message = "Change\n\nKubeops-Nonce: 00000000000000000000000000000001\n";
const nonce = "00000000000000000000000000000001";
const TIME = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

describe("names of a target", () => {
  it("takes the real path of a working tree's root, however it is named, and its HEAD as default branch", async () => {
    const path = working("app");
    symlinkSync(path, join(folder.path, "link"));
    for (const name of [path, `${path}/`, join(path, ".git"), join(folder.path, "link")]) {
      const opened = await target(name);
      expect([opened.url, opened.branch]).toEqual([path, "main"]);
    }
  });

  it("takes a bare repository and another branch", async () => {
    const path = join(folder.path, "bare.git");
    bareRepository(path, { a: "1" });
    const opened = await target(path, "feature/x");
    expect([opened.url, opened.branch, await opened.head("feature/x")]).toEqual([path, "feature/x", null]);
  });

  it.each([
    ["nowhere", /^there is no repository at .*nowhere$/],
    [".", /is no Git repository$/],
    ["app/sub", /app\/sub is no Git repository$/],
    ["linked", /is a linked working tree or a submodule: its \.git is no folder$/],
    ["http://example.com/x.git", /^http: is no transport that kubeops uses$/],
    ["ssh://git@example.com/x.git", /^ssh: is no transport that kubeops uses$/],
    ["ext::sh -c touch% x", /^ext: is no transport that kubeops uses$/],
    ["file:///tmp/x", /^file: is no transport that kubeops uses$/],
    ["https://user:secret@example.com/x.git", /^the URL of a target must hold no credentials$/],
    ["https://example.com/x.git?a=1", /^the URL of a target must hold no query and no fragment$/],
    ["", /^"" is no path of a repository$/],
    ["a\0b", /^"a\\u\{0\}b" is no path of a repository$/],
  ])("refuses %j", async (name, expected) => {
    const path = working("app", { "sub/a": "1" });
    git(path, "worktree", "add", "--quiet", "-b", "side", join(folder.path, "linked"));
    const url = name === "" || name.includes(":") || name.includes("\0") ? name : join(folder.path, name);
    await expect(openGitTarget({ url, branch: null })).rejects.toMatchObject({
      code: "TARGET_INVALID",
      message: expect.stringMatching(expected),
    });
  });

  it("refuses branch names that need quoting, look like options or are no names", async () => {
    const path = working("app");
    for (const branch of [
      "-x",
      "a b",
      "a..b",
      "a.lock",
      "a/",
      "/a",
      "a//b",
      ".a",
      "a/.b",
      "HEAD",
      "a~1",
      "a^",
      "a:b",
      "@{-1}",
      "é",
      "a\nb",
      "",
      "a.",
    ]) {
      await expect(openGitTarget({ url: path, branch }), JSON.stringify(branch)).rejects.toMatchObject({
        code: "TARGET_INVALID",
        message: expect.stringMatching(/is no branch name that kubeops takes$/),
      });
    }
  });

  it("asks for a branch where HEAD names none", async () => {
    const path = working("app");
    git(path, "checkout", "--quiet", "--detach");
    await expect(openGitTarget({ url: path, branch: null })).rejects.toMatchObject({
      code: "TARGET_INVALID",
      message: `${path} has no default branch`,
    });
  });

  it("leaves no temporary folder behind, also when opening fails", async () => {
    const path = working("app");
    const temporary = join(folder.path, "tmp");
    mkdirSync(temporary);
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = temporary;
    try {
      const opened = await openGitTarget({ url: path, branch: null });
      const [made] = readdirSync(temporary);
      expect(statSync(join(temporary, made!)).mode & 0o777).toBe(0o700);
      await opened.readState("");
      await opened.close();
      await expect(openGitTarget({ url: join(folder.path, "none"), branch: null })).rejects.toThrow();
      git(path, "checkout", "--quiet", "--detach");
      await expect(openGitTarget({ url: path, branch: null })).rejects.toThrow();
      expect(readdirSync(temporary)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
    }
  });
});

describe("reading the state", () => {
  it("lists the files below the root with their text, and nothing else", async () => {
    const path = working("app", {
      "apps/shop/web.yaml": "kind: Deployment\n",
      "apps/shop/bin": new Uint8Array([0xff, 0xfe, 0]),
      "apps/shop/nul": "a\0b",
      "apps/shop/bom": "\uFEFFx",
      'apps/shop/ünï "q"\n.yaml': "é",
      "other/x": "1",
    });
    const head = git(path, "rev-parse", "HEAD");
    const state = await (await target(path)).readState("apps/shop");
    expect(state).toMatchObject({
      url: path,
      branch: "main",
      base: head,
      root: "apps/shop",
      rootTree: git(path, "rev-parse", "HEAD:apps/shop"),
    });
    expect(state.files.map((file) => [file.path, file.mode, file.text])).toEqual([
      ["apps/shop/bin", "100644", null],
      ["apps/shop/bom", "100644", "\uFEFFx"],
      ["apps/shop/nul", "100644", null],
      ["apps/shop/web.yaml", "100644", "kind: Deployment\n"],
      ['apps/shop/ünï "q"\n.yaml', "100644", "é"],
    ]);
    expect(state.files[3]?.blob).toBe(git(path, "rev-parse", "HEAD:apps/shop/web.yaml"));
  });

  it("K18 lists links and submodules without following them, and refuses to enter one as root", async () => {
    const path = working("app", { "apps/a.yaml": "1", "real/b.yaml": "2" });
    symlinkSync("/etc/hostname", join(path, "apps/link"));
    symlinkSync("real", join(path, "alias"));
    git(path, "update-index", "--add", "--cacheinfo", `160000,${git(path, "rev-parse", "HEAD")},apps/module`);
    git(path, "add", "apps/link", "alias");
    git(path, "commit", "--quiet", "-m", "odd");
    const opened = await target(path);
    const state = await opened.readState("apps");
    expect(state.files.map((file) => [file.path, file.mode, file.text])).toEqual([
      ["apps/a.yaml", "100644", "1"],
      ["apps/link", "120000", ""],
      ["apps/module", "160000", ""],
    ]);
    await expect(opened.readState("alias")).rejects.toMatchObject({
      code: "TARGET_UNSAFE",
      message: "alias is a link, not a folder",
    });
    await expect(opened.readState("apps/module/x")).rejects.toMatchObject({
      message: "apps/module is a submodule, not a folder",
    });
    await expect(opened.readState("apps/a.yaml")).rejects.toMatchObject({
      message: "apps/a.yaml is a file, not a folder",
    });
    expect(await opened.readState("nothing/here")).toMatchObject({ rootTree: null, files: [] });
  });

  it("gives a file of 4 MiB its text and a larger one none", async () => {
    const size = 4 * 1024 * 1024;
    const path = working("app", { fits: "x".repeat(size), large: "x".repeat(size + 1) });
    const state = await (await target(path)).readState("");
    expect(state.files.map((file) => file.text?.length ?? null)).toEqual([size, null]);
  });

  it("refuses names that are not UTF-8", async () => {
    const path = working("app");
    const blob = git(path, "rev-parse", "HEAD:README");
    const tree = execFileSync("git", ["mktree", "-z"], {
      cwd: path,
      input: Buffer.from(`100644 blob ${blob}\t\xff\0`, "latin1"),
      encoding: "utf8",
    }).trim();
    git(path, "update-ref", "refs/heads/odd", git(path, "commit-tree", "-m", "odd", tree));
    await expect((await target(path, "odd")).readState("")).rejects.toMatchObject({
      code: "TARGET_UNSAFE",
      message: "a file name of the target folder is not UTF-8: \\u{ff}",
    });
  });

  it("reads what stands there now, and an earlier commit on request", async () => {
    const path = working("app", { a: "1" });
    const first = git(path, "rev-parse", "HEAD");
    const opened = await target(path);
    expect((await opened.readState("")).base).toBe(first);
    const second = commitFiles(path, { a: "2" });
    expect(await opened.readState("")).toMatchObject({ base: second, files: [{ text: "2" }] });
    expect(await opened.readStateAt(first, "")).toMatchObject({ base: first, files: [{ text: "1" }] });
    expect(await opened.head("main")).toBe(second);
    expect(await opened.contains("main", first)).toBe(true);
    git(path, "reset", "--quiet", "--hard", first);
    expect(await opened.contains("main", second)).toBe(false);
    await expect(opened.readStateAt("0".repeat(40), "")).rejects.toMatchObject({
      code: "TARGET_DRIFT",
      message: `no branch of the target leads to commit ${"0".repeat(40)} any more`,
    });
  });

  it("knows an empty repository, bare or not, an unborn branch, and one that is not there", async () => {
    const plain = working("plain", {});
    const bare = join(folder.path, "bare.git");
    git(folder.path, "init", "--quiet", "--bare", "--initial-branch=trunk", bare);
    const none = { base: null, rootTree: null, files: [] };
    const first = await target(plain);
    expect(await first.readState("apps")).toMatchObject({ branch: "main", ...none });
    const second = await target(bare);
    expect(await second.readState("")).toMatchObject({ branch: "trunk", ...none });
    const full = await target(working("full"), "other");
    expect(await full.readState("")).toMatchObject({ branch: "other", ...none });
    expect(await first.findNonce(nonce)).toBeNull();
  });

  it("refuses a shallow clone: a used approval could hide in the history that is cut off", async () => {
    const path = working("app", { a: "1" });
    commitFiles(path, { a: "2" });
    const shallow = join(folder.path, "shallow");
    git(folder.path, "clone", "--quiet", "--depth=1", `file://${path}`, shallow);
    await expect((await target(shallow)).readState("")).rejects.toMatchObject({
      code: "TARGET_UNSAFE",
      message: "the target is a shallow clone: its history is cut off, and a used approval could hide there",
    });
  });
});

describe("building and pushing", () => {
  it("makes the same commit from the same arguments, in any order of files, place and time zone", async () => {
    const path = working("app", { "apps/old.yaml": "old", "apps/keep.yaml": "keep", top: "1" });
    const base = git(path, "rev-parse", "HEAD");
    const files = new Map<string, string | null>([
      ["apps/new/web.yaml", "web: ü\n"],
      ["apps/old.yaml", null],
      ["apps/keep.yaml", "changed"],
    ]);
    const first = await target(path);
    const commit = await first.buildCommit({ base, files, message, time: TIME });
    const second = await target(path);
    const again = await second.buildCommit({
      base,
      files: new Map([...files].reverse()),
      message,
      time: TIME + 321,
    });
    expect(again).toBe(commit);
    expect(await first.buildCommit({ base, files, message, time: TIME + 322 })).not.toBe(commit);
    await first.push(commit, "kubeops/abc", null);
    expect(git(path, "cat-file", "commit", commit)).toBe(
      `tree ${git(path, "rev-parse", `${commit}^{tree}`)}\nparent ${base}\nauthor kubeops <kubeops@kubernetes-operations.dev> 1767323045 +0000\ncommitter kubeops <kubeops@kubernetes-operations.dev> 1767323045 +0000\n\n${message.trimEnd()}`,
    );
    expect(git(path, "diff-tree", "-r", "--name-status", base, commit).split("\n")).toEqual([
      "M\tapps/keep.yaml",
      "A\tapps/new/web.yaml",
      "D\tapps/old.yaml",
    ]);
    expect(git(path, "show", `${commit}:apps/new/web.yaml`)).toBe("web: ü");
    expect(git(path, "fsck", "--strict")).toBe("");
    expect(git(path, "status", "--porcelain")).toBe("");
  });

  it("builds on an empty repository and moves its unborn branch in a bare one", async () => {
    const bare = join(folder.path, "bare.git");
    git(folder.path, "init", "--quiet", "--bare", "--initial-branch=main", bare);
    const opened = await target(bare);
    const commit = await opened.buildCommit({
      base: null,
      files: new Map([["a/b", "1"]]),
      message,
      time: TIME,
    });
    await opened.push(commit, "main", null);
    expect(git(bare, "ls-tree", "-r", "--name-only", "main")).toBe("a/b");
    expect(git(bare, "rev-list", "--count", "main")).toBe("1");
    const plain = working("plain", {});
    const other = await target(plain);
    const root = await other.buildCommit({ base: null, files: new Map([["a/b", "1"]]), message, time: TIME });
    expect(root).toBe(commit);
    await other.push(root, "kubeops/1", null);
    expect(git(plain, "rev-parse", "kubeops/1")).toBe(commit);
    await expect(other.push(root, "main", null)).rejects.toMatchObject({ code: "BRANCH_CHECKED_OUT" });
  });

  it("keeps the mode of a file, removes folders that became empty, and can empty a tree", async () => {
    const path = working("app", { "a/b/c": "1" });
    git(path, "update-index", "--chmod=+x", "a/b/c");
    git(path, "commit", "--quiet", "-m", "x");
    const base = git(path, "rev-parse", "HEAD");
    const opened = await target(path);
    const changed = await opened.buildCommit({ base, files: new Map([["a/b/c", "2"]]), message, time: TIME });
    const gone = await opened.buildCommit({ base, files: new Map([["a/b/c", null]]), message, time: TIME });
    await opened.push(changed, "changed", null);
    await opened.push(gone, "gone", null);
    expect(git(path, "ls-tree", "-r", "changed")).toMatch(/^100755 blob [0-9a-f]+\ta\/b\/c$/);
    expect(git(path, "ls-tree", "gone")).toBe("");
    await expect(
      opened.buildCommit({ base, files: new Map([["a/none", null]]), message, time: TIME }),
    ).rejects.toMatchObject({ code: "TARGET_DRIFT", message: "a/none is to be deleted and is not there" });
  });

  it("works with SHA-256 repositories, empty or not", async () => {
    for (const fill of [false, true]) {
      const path = join(folder.path, `sha256-${fill}`);
      git(folder.path, "init", "--quiet", "--object-format=sha256", "--initial-branch=main", path);
      if (fill) commitFiles(path, { a: "1" });
      const opened = await target(path);
      const { base } = await opened.readState("");
      const commit = await opened.buildCommit({ base, files: new Map([["b", "2"]]), message, time: TIME });
      await opened.push(commit, "next", null);
      expect(commit).toHaveLength(64);
      expect(git(path, "show", "next:b")).toBe("2");
      expect(await opened.findNonce(nonce)).toBe(commit);
    }
  });

  it("K18 refuses to write through or over a link, a submodule or a folder", async () => {
    const path = working("app", { "real/a": "1", "folder/x": "1" });
    symlinkSync("real", join(path, "alias"));
    symlinkSync("/etc/passwd", join(path, "real/link"));
    git(path, "add", "--all");
    git(path, "update-index", "--add", "--cacheinfo", `160000,${git(path, "rev-parse", "HEAD")},module`);
    git(path, "commit", "--quiet", "-m", "odd");
    const base = git(path, "rev-parse", "HEAD");
    const opened = await target(path);
    const build = (...files: [string, string | null][]) =>
      opened.buildCommit({ base, files: new Map(files), message, time: TIME });
    const unsafe = (text: string) => ({ code: "TARGET_UNSAFE", message: text });
    await expect(build(["alias/a", "2"])).rejects.toMatchObject(unsafe("alias is a link, not a folder"));
    await expect(build(["real/link", "2"])).rejects.toMatchObject(unsafe("real/link is a link, not a file"));
    await expect(build(["real/link", null])).rejects.toMatchObject(unsafe("real/link is a link, not a file"));
    await expect(build(["module/a", "2"])).rejects.toMatchObject(
      unsafe("module is a submodule, not a folder"),
    );
    await expect(build(["module", "2"])).rejects.toMatchObject(unsafe("module is a submodule, not a file"));
    await expect(build(["folder", "2"])).rejects.toMatchObject(unsafe("folder is a folder, not a file"));
    await expect(build(["real/a/b", "2"])).rejects.toMatchObject(unsafe("real/a is a file, not a folder"));
    await expect(build(["n", "1"], ["n/m", "1"])).rejects.toMatchObject(
      unsafe("n/m would lie below a file of the same plan"),
    );
    await expect(build(["n/m", "1"], ["n", "1"])).rejects.toMatchObject(
      unsafe("n is both a file and a folder of the plan"),
    );
  });

  it("K18 refuses names that differ only by case from one in the tree or in the plan", async () => {
    const path = working("app", { "apps/Web.yaml": "1", "ÄPPS/x": "1" });
    const base = git(path, "rev-parse", "HEAD");
    const opened = await target(path);
    const build = (...files: [string, string | null][]) =>
      opened.buildCommit({ base, files: new Map(files), message, time: TIME });
    await expect(build(["apps/web.yaml", "2"])).rejects.toMatchObject({
      code: "TARGET_UNSAFE",
      message: "Web.yaml and web.yaml in apps differ only by case",
    });
    await expect(build(["Apps/x.yaml", "2"])).rejects.toMatchObject({
      message: "Apps and apps in the root of the tree differ only by case",
    });
    await expect(build(["new/a", "2"], ["new/A", "2"])).rejects.toMatchObject({
      message: "A and a in new differ only by case",
    });
    // A deletion ends the collision.
    await expect(build(["apps/web.yaml", "2"], ["apps/Web.yaml", null])).resolves.toMatch(/^[0-9a-f]{40}$/);
  });

  it("K18 refuses to write what git, a forge or a build service reads, and what is no path", async () => {
    const opened = await target(working("app"));
    for (const path of [
      ".git/config",
      "a/.GIT/hooks/x",
      "git~1/config",
      ".gitattributes",
      ".gitmodules",
      ".github/workflows/x.yml",
      "apps/.gitlab-ci.yml",
      ".circleci/config.yml",
      "Jenkinsfile",
      "../x",
      "a/../x",
      "a//b",
      "/a",
      "",
      "a/./b",
      "a\nb",
      "a\\b",
      "C:x",
      "a /b",
      "é",
    ]) {
      await expect(
        opened.buildCommit({ base: null, files: new Map([[path, "1"]]), message, time: TIME }),
        path,
      ).rejects.toMatchObject({ code: "TARGET_UNSAFE" });
    }
  });

  it("K18 pushes only onto the commit that was expected, and says what is there instead", async () => {
    const bare = join(folder.path, "bare.git");
    const base = bareRepository(bare, { a: "1" });
    const opened = await target(bare);
    const commit = await opened.buildCommit({ base, files: new Map([["b", "1"]]), message, time: TIME });
    const rival = await opened.buildCommit({ base, files: new Map([["b", "2"]]), message, time: TIME });
    await opened.push(rival, "main", base);
    await expect(opened.push(commit, "main", base)).rejects.toMatchObject({
      code: "TARGET_DRIFT",
      message: `branch main is no longer what the plan saw: it names ${rival}, expected was that it names ${base}`,
    });
    await expect(opened.push(commit, "main", null)).rejects.toMatchObject({
      message: `branch main is no longer what the plan saw: it names ${rival}, expected was that it does not exist`,
    });
    await expect(opened.push(commit, "gone", base)).rejects.toMatchObject({
      message: `branch gone is no longer what the plan saw: it does not exist, expected was that it names ${base}`,
    });
    expect(git(bare, "for-each-ref", "--format=%(refname) %(objectname)")).toBe(`refs/heads/main ${rival}`);
    // A second push of the same commit has nothing to do.
    await opened.push(rival, "main", base);
  });

  it("lets exactly one of many pushes at once through", async () => {
    const bare = join(folder.path, "bare.git");
    const base = bareRepository(bare, { a: "1" });
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map(async (number) => {
        const opened = await target(bare);
        const files = new Map([["b", String(number)]]);
        const commit = await opened.buildCommit({ base, files, message, time: TIME });
        await opened.push(commit, "main", base);
        return commit;
      }),
    );
    const won = results.filter((result) => result.status === "fulfilled").map((result) => result.value);
    expect(won).toEqual([git(bare, "rev-parse", "main")]);
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "TARGET_DRIFT" });
  });

  it("never moves a branch that a working tree stands on, main or linked, nor one that a rebase will come back to", async () => {
    const path = working("app", { a: "1" });
    const base = git(path, "rev-parse", "HEAD");
    git(path, "worktree", "add", "--quiet", "-b", "side", join(folder.path, "linked"));
    git(path, "branch", "free");
    git(path, "branch", "rebasing");
    git(path, "worktree", "add", "--quiet", "--detach", join(folder.path, "third"));
    const state = join(path, ".git/worktrees/third/rebase-merge");
    mkdirSync(state);
    writeFileSync(join(state, "head-name"), "refs/heads/rebasing\n");
    // What the repository's owner allows is no excuse: the working tree would say that everything was undone.
    git(path, "config", "receive.denyCurrentBranch", "ignore");
    const opened = await target(path);
    const commit = await opened.buildCommit({ base, files: new Map([["b", "1"]]), message, time: TIME });
    for (const branch of ["main", "side", "rebasing"]) {
      expect([branch, await opened.isCheckedOut(branch)]).toEqual([branch, true]);
      await expect(opened.push(commit, branch, base)).rejects.toMatchObject({
        code: "BRANCH_CHECKED_OUT",
        message: `branch ${branch} is checked out in a working tree of the target`,
      });
    }
    expect(await opened.isCheckedOut("free")).toBe(false);
    await opened.push(commit, "free", base);
    expect(git(path, "rev-parse", "main", "side", "rebasing", "free").split("\n")).toEqual([
      base,
      base,
      base,
      commit,
    ]);
  });

  it("does not go round a hook that decides about pushes, and does not run it", async () => {
    const bare = join(folder.path, "bare.git");
    const base = bareRepository(bare, { a: "1" });
    const opened = await target(bare);
    const commit = await opened.buildCommit({ base, files: new Map([["b", "1"]]), message, time: TIME });
    mkdirSync(join(bare, "hooks"), { recursive: true });
    mkdirSync(join(bare, "elsewhere"));
    for (const [folderName, name] of [
      ["hooks", "pre-receive"],
      ["hooks", "update"],
      ["hooks", "reference-transaction"],
      ["elsewhere", "proc-receive"],
    ] as const) {
      if (folderName === "elsewhere") git(bare, "config", "core.hooksPath", "elsewhere");
      const hook = join(bare, folderName, name);
      writeFileSync(hook, `#!/bin/sh\ntouch '${join(folder.path, "ran")}'\nexit 1\n`);
      chmodSync(hook, 0o755);
      await expect(opened.push(commit, "next", null)).rejects.toMatchObject({
        code: "TARGET_REFUSED",
        message: `the target's ${name} hook decides about pushes; kubeops runs no code of a target and does not go round it`,
      });
      rmSync(hook);
    }
    expect(existsSync(join(folder.path, "ran"))).toBe(false);
    await opened.push(commit, "next", null);
  });

  it("says so when a name of a branch stands in the way", async () => {
    const path = working("app");
    git(path, "branch", "kubeops");
    const opened = await target(path);
    const commit = await opened.buildCommit({
      base: null,
      files: new Map([["b", "1"]]),
      message,
      time: TIME,
    });
    await expect(opened.push(commit, "kubeops/1", null)).rejects.toMatchObject({ code: "TARGET_REFUSED" });
  });
});

describe("K11 nonces in the history", () => {
  it("finds the trailer on every branch, after a merge, a squash and a cherry-pick, and no other text", async () => {
    const path = working("app", { a: "1" });
    const base = git(path, "rev-parse", "HEAD");
    const opened = await target(path);
    const commit = await opened.buildCommit({ base, files: new Map([["b", "1"]]), message, time: TIME });
    expect(await opened.findNonce(nonce)).toBeNull();
    await opened.push(commit, "kubeops/1", null);
    expect(await opened.findNonce(nonce)).toBe(commit);
    git(path, "merge", "--quiet", "--no-ff", "-m", "merged", "kubeops/1");
    git(path, "branch", "--quiet", "-D", "kubeops/1");
    expect(await opened.findNonce(nonce)).toBe(commit);
    git(path, "reset", "--quiet", "--hard", base);
    expect(await opened.findNonce(nonce)).toBeNull();
    const squashed = commitFiles(path, { b: "1" }, `Squash\n\n* Change\n\n    ${message.split("\n")[2]}\n`);
    expect(await opened.findNonce(nonce)).toBe(squashed);
    git(path, "reset", "--quiet", "--hard", base);
    for (const text of [
      `Kubeops-Nonce: ${nonce}0`,
      `create Deployment Kubeops-Nonce: ${nonce}`,
      `Kubeops-Nonce: ${"1".repeat(32)}`,
      `Kubeops-Nonce: ${nonce} x`,
    ])
      commitFiles(path, { b: text }, `Change\n\n${text}\n`);
    expect(await opened.findNonce(nonce)).toBeNull();
    await expect(opened.findNonce(".*")).rejects.toMatchObject({ code: "APPROVAL_INVALID" });
  });

  it("prefers the commit that is our own change, whatever signed it, over an older one with the same nonce", async () => {
    const path = working("app", { a: "1" });
    const base = commitFiles(path, { a: "2" }, message);
    const opened = await target(path);
    await opened.readState("");
    const commit = await opened.buildCommit({ base, files: new Map([["b", "1"]]), message, time: TIME });
    expect(await opened.findNonce(nonce, commit)).toBe(base);
    await opened.push(commit, "next", null);
    expect(await opened.findNonce(nonce)).toBe(base);
    expect(await opened.findNonce(nonce, commit)).toBe(commit);
  });

  it("sees a branch that the target hides from fetches", async () => {
    const path = working("app", { a: "1" });
    const base = git(path, "rev-parse", "HEAD");
    const opened = await target(path);
    const commit = await opened.buildCommit({ base, files: new Map([["b", "1"]]), message, time: TIME });
    await opened.push(commit, "hidden/1", null);
    for (const name of ["transfer.hideRefs", "uploadpack.hideRefs"])
      git(path, "config", name, "refs/heads/hidden");
    const second = await target(path);
    expect(await second.findNonce(nonce)).toBe(commit);
    expect(await second.head("hidden/1")).toBe(commit);
  });
});
