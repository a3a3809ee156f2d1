import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  haveSshKeygen,
  makeKey,
  softwareKeyTypes,
  sshKeygen,
  sshKeygenVerifies,
} from "../../../test/support/ssh-keygen.ts";
import { leftOut } from "../../../test/support/suites.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { generateKey, publicKeyOf, signMessage } from "./sign.ts";

const namespace = "approval@kubernetes-operations.dev";
const message = Buffer.from("what is signed\n");
let folder = "";
let keys = "";
let temporary: string | undefined;

beforeAll(() => {
  keys = mkdtempSync(join(tmpdir(), "keys-"));
});
afterAll(() => rmSync(keys, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sign-"));
  temporary = process.env["TMPDIR"];
  mkdirSync(join(folder, "tmp"));
  process.env["TMPDIR"] = join(folder, "tmp");
});
afterEach(() => {
  // Nothing of a signature stays behind, whatever happened.
  expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  if (temporary === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = temporary;
  rmSync(folder, { recursive: true, force: true });
});

/** No terminal is asked in a test: an askpass program that says no. */
const nobody = { SSH_ASKPASS: "/bin/false", SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":0" };

async function refusal(promise: Promise<unknown>): Promise<readonly [string, string, string | undefined]> {
  try {
    await promise;
  } catch (error) {
    if (OpsError.is(error)) return [error.code, error.message, error.hint];
    throw error;
  }
  throw new Error("nothing was thrown");
}

function unusable(act: () => unknown): readonly [string, string | undefined] {
  try {
    act();
  } catch (error) {
    if (OpsError.is(error) && error.code === "KEY_UNUSABLE") return [error.message, error.hint];
    throw error;
  }
  throw new Error("nothing was thrown");
}

function askpass(line: string): string {
  const file = join(folder, "askpass");
  writeFileSync(file, `#!/bin/sh\n${line}\n`, { mode: 0o700 });
  return file;
}

describe("generateKey", () => {
  it("makes a key that signs in this process, and never the same one", async () => {
    const [one, two] = [generateKey(), generateKey()];
    expect(one.publicKey).not.toBe(two.publicKey);
    const file = join(folder, "key");
    writeFileSync(file, one.privateKey, { mode: 0o600 });
    expect(publicKeyOf(file)).toBe(one.publicKey);
    const armoured = await signMessage({ keyFile: file, namespace, message, environment: {} });
    expect(armoured).toMatch(/^-----BEGIN SSH SIGNATURE-----\n/);
  });
});

describe.skipIf(haveSshKeygen ? false : leftOut("signing with ssh-keygen", "ssh-keygen"))(
  "with ssh-keygen",
  () => {
    const made = new Set<string>();
    const key = (name: string, passphrase: string = ""): string => {
      const file = join(keys, `${name}${passphrase === "" ? "" : "-locked"}`);
      if (!made.has(file)) {
        const [, ...args] = softwareKeyTypes.find(([type]) => type === name)!;
        makeKey(file, args, passphrase);
        made.add(file);
      }
      return file;
    };
    const publicLine = (file: string): string =>
      readFileSync(`${file}.pub`, "utf8").split(" ").slice(0, 2).join(" ");

    it("reads what generateKey writes, and signs the same bytes with it", async () => {
      const { privateKey, publicKey } = generateKey();
      const file = join(folder, "key");
      writeFileSync(file, privateKey, { mode: 0o600 });
      expect(sshKeygen(["-y", "-f", file]).stdout.trim()).toBe(publicKey);
      const ours = await signMessage({ keyFile: file, namespace, message, environment: {} });
      expect(ours).toBe(sshKeygen(["-Y", "sign", "-n", namespace, "-f", file], message).stdout);
      expect(sshKeygenVerifies(publicKey, message, namespace, ours)).toBe(true);
      expect(sshKeygen(["-p", "-N", "secret", "-f", file]).ok).toBe(true);
      expect(publicKeyOf(file)).toBe(publicKey);
    });

    it.each(["ed25519", "ecdsa-256", "ecdsa-384", "ecdsa-521", "rsa-2048"])(
      "%s signs, and both verify it",
      async (name) => {
        const file = key(name);
        const armoured = await signMessage({ keyFile: file, namespace, message, environment: nobody });
        expect(sshKeygenVerifies(publicLine(file), message, namespace, armoured)).toBe(true);
        expect(publicKeyOf(file)).toBe(publicLine(file));
        expect(publicKeyOf(`${file}.pub`)).toBe(publicLine(file));
      },
    );

    it("a key with a passphrase: its public part is known without it, and askpass is asked", async () => {
      const file = key("ed25519", "open sesame");
      expect(publicKeyOf(file)).toBe(publicLine(file));
      const environment = { ...nobody, SSH_ASKPASS: askpass("echo 'open sesame'") };
      const armoured = await signMessage({ keyFile: file, namespace, message, environment });
      expect(sshKeygenVerifies(publicLine(file), message, namespace, armoured)).toBe(true);
      const wrong = { ...nobody, SSH_ASKPASS: askpass("echo wrong") };
      expect(await refusal(signMessage({ keyFile: file, namespace, message, environment: wrong }))).toEqual([
        "SIGN_FAILED",
        `ssh-keygen did not sign with ${file}: Load key "${file}": incorrect passphrase supplied to decrypt private key`,
        "plug the security key in and touch it, type the passphrase in a terminal, or load the key: ssh-add FILE",
      ]);
    });

    it("an agent signs for a .pub file; without the agent it fails", async () => {
      const file = key("ed25519", "open sesame");
      const alone = join(folder, "alone.pub");
      copyFileSync(`${file}.pub`, alone);
      const socket = join(folder, "agent");
      const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
      try {
        await new Promise((resolve) => agent.stdout.once("data", resolve));
        const environment = { ...nobody, SSH_AUTH_SOCK: socket, SSH_ASKPASS: askpass("echo 'open sesame'") };
        const added = spawnSync("ssh-add", ["-q", file], {
          timeout: 20_000,
          env: { PATH: process.env["PATH"], ...environment },
        });
        expect(added.status).toBe(0);
        const armoured = await signMessage({
          keyFile: alone,
          namespace,
          message,
          environment: { ...nobody, SSH_AUTH_SOCK: socket },
        });
        expect(sshKeygenVerifies(publicLine(file), message, namespace, armoured)).toBe(true);
      } finally {
        agent.kill();
      }
      const [code, text] = await refusal(
        signMessage({ keyFile: alone, namespace, message, environment: nobody }),
      );
      expect(code).toBe("SIGN_FAILED");
      expect(text).toContain(`ssh-keygen did not sign with ${alone}: `);
    });

    it("passes on six variables and nothing else, and starts in a folder of its own", async () => {
      const file = key("ed25519", "open sesame");
      const seen = join(folder, "seen");
      const environment = {
        SSH_ASKPASS: askpass(`env > ${seen}; pwd -P >> ${seen}; echo 'open sesame'`),
        SSH_ASKPASS_REQUIRE: "force",
        SSH_AUTH_SOCK: join(folder, "no-agent"),
        DISPLAY: ":7",
        WAYLAND_DISPLAY: "wayland-7",
        HOME: folder,
        LD_PRELOAD: "/tmp/evil.so",
        SSH_SK_PROVIDER: "/tmp/evil.so",
        SSH_SK_HELPER: "/tmp/evil",
        SSH_PKCS11_HELPER: "/tmp/evil",
        PATH: "/tmp/evil",
        SECRET: "x",
      };
      await signMessage({ keyFile: file, namespace, message, environment });
      const lines = readFileSync(seen, "utf8").trim().split("\n");
      const names = lines.slice(0, -1).map((text) => text.split("=")[0]);
      const ofTheShell = new Set(["PWD", "OLDPWD", "SHLVL", "_", "SSH_ASKPASS_PROMPT"]);
      expect(names.filter((name) => !ofTheShell.has(name!)).sort()).toEqual([
        "DISPLAY",
        "HOME",
        "SSH_ASKPASS",
        "SSH_ASKPASS_REQUIRE",
        "SSH_AUTH_SOCK",
        "WAYLAND_DISPLAY",
      ]);
      expect(lines.at(-1)).toMatch(/\/tmp\/kubeops-sign-\w+$/);
    });

    it("takes file names that look like options or hold spaces, quotes and line breaks", async () => {
      for (const name of ["-f", "a b", "it's", "line\nbreak", "$(id)"]) {
        const file = join(folder, name);
        copyFileSync(key("ecdsa-256"), file);
        chmodSync(file, 0o600);
        const shown = relative(process.cwd(), file);
        const armoured = await signMessage({ keyFile: shown, namespace, message, environment: nobody });
        expect(sshKeygenVerifies(publicLine(key("ecdsa-256")), message, namespace, armoured)).toBe(true);
      }
    });

    it("K10 does not take another key's signature for the one that was asked for", async () => {
      // A .pub file of one key beside the private file of another: ssh-keygen signs with whichever it finds.
      copyFileSync(key("ecdsa-256"), join(folder, "mixed"));
      chmodSync(join(folder, "mixed"), 0o600);
      copyFileSync(`${key("ecdsa-384")}.pub`, join(folder, "mixed.pub"));
      const [code] = await refusal(
        signMessage({ keyFile: join(folder, "mixed.pub"), namespace, message, environment: nobody }),
      );
      expect(code).toBe("SIGN_FAILED");
    });

    it("says what is wrong with a key file and what to do", () => {
      const pem = join(folder, "pem");
      copyFileSync(key("rsa-2048"), pem);
      chmodSync(pem, 0o600);
      sshKeygen(["-p", "-N", "", "-m", "PEM", "-f", pem]);
      expect(unusable(() => publicKeyOf(pem))).toEqual([
        `the key file ${pem} is in PEM format (RSA PRIVATE KEY)`,
        `convert it to OpenSSH's own format: ssh-keygen -p -f ${pem}`,
      ]);
      sshKeygen(["-p", "-N", "", "-m", "PKCS8", "-f", pem]);
      expect(unusable(() => publicKeyOf(pem))[0]).toBe(`the key file ${pem} is in PEM format (PRIVATE KEY)`);
      sshKeygen(["-p", "-N", "secret", "-m", "PKCS8", "-f", pem]);
      expect(unusable(() => publicKeyOf(pem))[0]).toBe(
        `the key file ${pem} is in PEM format (ENCRYPTED PRIVATE KEY)`,
      );
      // What the hint says works.
      sshKeygen(["-p", "-P", "secret", "-N", "", "-f", pem]);
      expect(publicKeyOf(pem)).toBe(publicLine(key("rsa-2048")));
    });
  },
);

describe("publicKeyOf", () => {
  const file = (text: string | Uint8Array, mode: number = 0o600): string => {
    const path = join(folder, "key");
    rmSync(path, { force: true });
    writeFileSync(path, text, { mode });
    chmodSync(path, mode);
    return path;
  };

  it("refuses a private key that others can read, as ssh does, and no public key", () => {
    const { privateKey, publicKey } = generateKey();
    for (const [mode, shown] of [
      [0o644, "0644"],
      [0o640, "0640"],
      [0o602, "0602"],
    ] as const) {
      const path = file(privateKey, mode);
      expect(unusable(() => publicKeyOf(path))).toEqual([
        `the permissions ${shown} of the private key file ${path} are too open`,
        `make it readable to you only: chmod 600 ${path}`,
      ]);
    }
    expect(publicKeyOf(file(`${publicKey} me\n`, 0o644))).toBe(publicKey);
    expect(publicKeyOf(file(`${publicKey} me\r\n`, 0o644))).toBe(publicKey);
    expect(publicKeyOf(file(privateKey, 0o400))).toBe(publicKey);
  });

  it("follows a link to a key", () => {
    const { privateKey, publicKey } = generateKey();
    symlinkSync(file(privateKey), join(folder, "link"));
    expect(publicKeyOf(join(folder, "link"))).toBe(publicKey);
  });

  it("names what is there instead of a key", () => {
    const missing = join(folder, "missing");
    expect(unusable(() => publicKeyOf(missing))).toEqual([
      `the key file ${missing} does not exist`,
      "name an existing key with --key, or make one: ssh-keygen -t ed25519-sk",
    ]);
    expect(unusable(() => publicKeyOf(folder))[0]).toBe(`the key file ${folder} is not a regular file`);
    const pipe = join(folder, "pipe");
    if (spawnSync("mkfifo", [pipe]).status === 0) {
      expect(unusable(() => publicKeyOf(pipe))[0]).toBe(`the key file ${pipe} is not a regular file`);
    }
    let path = file(Buffer.alloc(70_000));
    expect(unusable(() => publicKeyOf(path))[0]).toBe(`the key file ${path} is too large for a key`);
    path = file("PuTTY-User-Key-File-3: ssh-ed25519\n");
    expect(unusable(() => publicKeyOf(path))).toEqual([
      `the key file ${path} is in PuTTY's format`,
      `convert it: puttygen ${path} -O private-openssh-new -o id_for_kubeops`,
    ]);
    for (const text of ["", "hello\n", "\0\0\0", "ssh-ed25519 AAAA\nssh-ed25519 AAAA\n"]) {
      path = file(text);
      expect(unusable(() => publicKeyOf(path))[0]).toBe(
        `the key file ${path} cannot be used: this is not an OpenSSH public key line`,
      );
    }
  });

  it("reads no damaged private key, wherever it is damaged", async () => {
    const { privateKey } = generateKey();
    const [begin, ...rest] = privateKey.trimEnd().split("\n");
    const blob = Buffer.from(rest.slice(0, -1).join(""), "base64");
    const text = (bytes: Uint8Array): string =>
      `${begin}\n${Buffer.from(bytes).toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
    expect(publicKeyOf(file(text(blob)))).toBeDefined();
    const outcomes = new Set<string>();
    for (let at = 0; at < blob.length; at += 1) {
      const changed = Buffer.from(blob);
      changed[at]! ^= 0x10;
      const path = file(text(changed));
      outcomes.add(await outcome(path));
      outcomes.add(await outcome(file(text(blob.subarray(0, at)))));
    }
    // The comment is the only part that may change unnoticed, and it is empty here.
    expect([...outcomes].sort()).toEqual(["KEY_UNUSABLE", "SIGN_FAILED"]);
    expect(existsSync(join(folder, "key"))).toBe(true);
  });

  async function outcome(path: string): Promise<string> {
    try {
      await signMessage({ keyFile: path, namespace, message, environment: nobody });
      return "signed";
    } catch (error) {
      if (OpsError.is(error)) return error.code;
      throw error;
    }
  }
});

describe("signMessage", () => {
  it("takes no namespace that could be an option or nothing", async () => {
    const path = join(folder, "key");
    writeFileSync(path, generateKey().privateKey, { mode: 0o600 });
    for (const bad of ["", "-n", "a b", "a\0b", "a\nb"]) {
      await expect(signMessage({ keyFile: path, namespace: bad, message, environment: {} })).rejects.toThrow(
        "not a namespace for signatures",
      );
    }
  });
});
