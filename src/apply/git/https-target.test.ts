import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type GitHttpsServer, serveGit } from "../../../test/support/git-https-server.ts";
import { bareRepository, git, temporaryFolder } from "../../../test/support/git-repository.ts";
import { type GitTargetOptions, type GitTargetPort, openGitTarget } from "./git-target.ts";

let folder: ReturnType<typeof temporaryFolder>;
let base: string;
let server: GitHttpsServer;
const open: GitTargetPort[] = [];
beforeEach(() => {
  folder = temporaryFolder();
  base = bareRepository(join(folder.path, "app.git"), { "apps/a.yaml": "1" });
});
afterEach(async () => {
  for (const target of open.splice(0)) await target.close();
  await server.close();
  folder.remove();
});

async function serve(options: Parameters<typeof serveGit>[1] = {}): Promise<string> {
  server = await serveGit(folder.path, options);
  const caFile = join(folder.path, "ca.pem");
  writeFileSync(caFile, server.certificate);
  return caFile;
}
async function target(
  path: string,
  options: GitTargetOptions,
  branch: string | null = null,
): Promise<GitTargetPort> {
  const opened = await openGitTarget({ url: `${server.url}/${path}`, branch }, options);
  open.push(opened);
  return opened;
}
const change = {
  files: new Map([["apps/b.yaml", "2"]]),
  message: `Change\n\nKubeops-Nonce: ${"a".repeat(32)}\n`,
  time: 0,
};

describe("https targets", () => {
  it("reads, builds, pushes once and refuses drift, over git http-backend", async () => {
    const caFile = await serve();
    const opened = await target("app.git", { caFile });
    expect([opened.url, opened.branch]).toEqual([`${server.url}/app.git`, "main"]);
    const state = await opened.readState("apps");
    expect([state.base, state.files.map((file) => [file.path, file.text])]).toEqual([
      base,
      [["apps/a.yaml", "1"]],
    ]);
    const commit = await opened.buildCommit({ base, ...change });
    await opened.push(commit, "kubeops/1", null);
    expect(git(join(folder.path, "app.git"), "rev-parse", "kubeops/1")).toBe(commit);
    expect(await opened.findNonce("a".repeat(32))).toBe(commit);
    expect(await opened.isCheckedOut("main")).toBe(false);
    const other = await opened.buildCommit({ base, ...change, time: 1000 });
    await expect(opened.push(other, "kubeops/1", null)).rejects.toMatchObject({
      code: "TARGET_DRIFT",
      message: `branch kubeops/1 is no longer what the plan saw: it names ${commit}, expected was that it does not exist`,
    });
    // The same commit as from the folder itself: where a target is reached makes no difference.
    const local = await openGitTarget({ url: join(folder.path, "app.git"), branch: null });
    expect(await local.buildCommit({ base, ...change })).toBe(commit);
    await local.close();
  });

  it("fills an empty repository", async () => {
    git(folder.path, "init", "--quiet", "--bare", "--initial-branch=main", "empty.git");
    const caFile = await serve();
    const opened = await target("empty.git", { caFile }, "main");
    expect((await opened.readState("")).base).toBeNull();
    await opened.push(await opened.buildCommit({ base: null, ...change }), "main", null);
    expect(git(join(folder.path, "empty.git"), "ls-tree", "-r", "--name-only", "main")).toBe("apps/b.yaml");
  });

  it("trusts no certificate but the one it is given", async () => {
    await serve();
    await expect(target("app.git", {})).rejects.toMatchObject({
      code: "TARGET_UNREACHABLE",
      message: expect.stringMatching(/^git ls-remote failed: .*certificate/i),
    });
    expect(server.authorizations).toEqual([]);
  });

  it("sends credentials to the target alone, and not along a redirect", async () => {
    const caFile = await serve({ password: "s3cret", away: "https://localhost:1" });
    const credentials = { username: "user", password: "s3cret" };
    await expect(target("app.git", { caFile })).rejects.toMatchObject({ code: "TARGET_UNREACHABLE" });
    await expect(
      target("app.git", { caFile, credentials: { ...credentials, password: "wrong" } }),
    ).rejects.toMatchObject({ code: "TARGET_UNREACHABLE", message: expect.not.stringContaining("wrong") });
    await expect(target("away/app.git", { caFile, credentials })).rejects.toMatchObject({
      code: "TARGET_UNREACHABLE",
      message: expect.stringMatching(/^git ls-remote failed: .*302/),
    });
    const opened = await target("app.git", { caFile, credentials });
    await opened.push(await opened.buildCommit({ base, ...change }), "next", null);
    expect(git(join(folder.path, "app.git"), "rev-parse", "--verify", "next")).toMatch(/^[0-9a-f]{40}$/);
  });

  it("hears a refusal of the server's own hook, and what it says arrives escaped", async () => {
    const hooks = join(folder.path, "app.git/hooks");
    mkdirSync(hooks, { recursive: true });
    writeFileSync(join(hooks, "pre-receive"), "#!/bin/sh\nprintf 'no\\033[2J way\\n' >&2\nexit 1\n");
    chmodSync(join(hooks, "pre-receive"), 0o755);
    const caFile = await serve();
    const opened = await target("app.git", { caFile });
    const commit = await opened.buildCommit({ base, ...change });
    await expect(opened.push(commit, "next", null)).rejects.toMatchObject({
      code: "TARGET_REFUSED",
      message: "the target refused the push: [remote rejected] (pre-receive hook declined)",
    });
  });

  it("says when nothing is there", async () => {
    const caFile = await serve();
    await expect(target("none.git", { caFile })).rejects.toMatchObject({
      code: "TARGET_UNREACHABLE",
      message: expect.stringMatching(/^git ls-remote failed: .*not found/),
    });
  });
});
