import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  bareRepository,
  git,
  gitEnvironment,
  temporaryFolder,
} from "../../../test/support/git-repository.ts";
import { generateKey } from "../approval/private-key.ts";
import { withoutSignature, withSignature } from "./commit-object.ts";
import { openGitTarget } from "./git-target.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const message = `Change ü\n\nKubeops-Nonce: ${"b".repeat(32)}\n`;
const change = { files: new Map([["a/b", "1"]]), message, time: Date.UTC(2026, 0, 1) };

function keyFile(name: string): { readonly file: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKey();
  const file = join(folder.path, name);
  writeFileSync(file, privateKey, { mode: 0o600 });
  return { file, publicKey };
}

/** What `git verify-commit` says, with these keys allowed. */
function verify(
  repository: string,
  commit: string,
  allowed: string,
): { readonly status: number | null; readonly says: string } {
  const signers = join(folder.path, "allowed_signers");
  writeFileSync(signers, `kubeops@kubernetes-operations.dev namespaces="git" ${allowed}\n`);
  const { status, stderr, stdout } = spawnSync(
    "git",
    ["-c", `gpg.ssh.allowedSignersFile=${signers}`, "verify-commit", commit],
    { cwd: repository, env: gitEnvironment, encoding: "utf8" },
  );
  return { status, says: `${stdout}${stderr}` };
}

describe("signed commits", () => {
  it.each(["sha1", "sha256"])(
    "git verify-commit accepts the signature, and no other key's (%s)",
    async (format) => {
      const path = join(folder.path, "app.git");
      git(
        folder.path,
        "init",
        "--quiet",
        "--bare",
        `--object-format=${format}`,
        "--initial-branch=main",
        path,
      );
      const key = keyFile("key");
      const target = await openGitTarget({ url: path, branch: "main" });
      const commit = await target.buildCommit({ base: null, ...change, signWith: key.file });
      await target.push(commit, "main", null);
      expect(verify(path, commit, key.publicKey)).toMatchObject({
        status: 0,
        says: expect.stringMatching(
          /^Good "git" signature for kubeops@kubernetes-operations\.dev with ED25519 key/,
        ),
      });
      expect(verify(path, commit, keyFile("other").publicKey).status).not.toBe(0);
      expect(git(path, "fsck", "--strict")).toBe("");
      // Ed25519 signs the same way every time: so does the commit.
      expect(await target.buildCommit({ base: null, ...change, signWith: key.file })).toBe(commit);
      await target.close();
    },
  );

  it("is the same change as the unsigned commit, by whatever key, and no other's", async () => {
    const path = join(folder.path, "app.git");
    const base = bareRepository(path, { a: "1" });
    // ECDSA signatures differ every time: through ssh-keygen.
    const ecdsa = join(folder.path, "ecdsa");
    execFileSync("ssh-keygen", ["-q", "-t", "ecdsa", "-N", "", "-f", ecdsa]);
    const build = { base, files: new Map([["b", "1"]]), message, time: 0 };
    const target = await openGitTarget({ url: path, branch: "main" });
    const plain = await target.buildCommit(build);
    const one = await target.buildCommit({ ...build, signWith: ecdsa });
    const two = await target.buildCommit({ ...build, signWith: ecdsa });
    expect(one).not.toBe(two);
    expect(await target.sameChange(one, two)).toBe(true);
    expect(await target.sameChange(one, plain)).toBe(true);
    expect(await target.sameChange(one, await target.buildCommit({ ...build, time: 1000 }))).toBe(false);
    expect(await target.sameChange(one, "0".repeat(40))).toBe(false);
    expect(await target.commitFacts(one)).toEqual({ message, time: 0 });
    await target.close();
  });

  it("says which key cannot be used", async () => {
    const path = join(folder.path, "app.git");
    bareRepository(path, { a: "1" });
    const target = await openGitTarget({ url: path, branch: "main" });
    await expect(
      target.buildCommit({ base: null, ...change, signWith: join(folder.path, "none") }),
    ).rejects.toMatchObject({ code: "KEY_UNUSABLE" });
    await target.close();
  });

  it("takes off the signature header alone, never the message", () => {
    const text = `tree ${"1".repeat(40)}\nauthor a <b> 1 +0000\ncommitter a <b> 1 +0000\n\ngpgsig in the message\n continued\n`;
    const signed = withSignature(
      text,
      "-----BEGIN SSH SIGNATURE-----\nAAAA\nBBBB\n-----END SSH SIGNATURE-----\n",
    );
    expect(signed).toBe(
      `tree ${"1".repeat(40)}\nauthor a <b> 1 +0000\ncommitter a <b> 1 +0000\ngpgsig -----BEGIN SSH SIGNATURE-----\n AAAA\n BBBB\n -----END SSH SIGNATURE-----\n\ngpgsig in the message\n continued\n`,
    );
    expect(withoutSignature(signed)).toBe(text);
    expect(withoutSignature(text)).toBe(text);
  });
});
