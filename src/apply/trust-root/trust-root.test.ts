import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { haveSshKeygen, sshKeygenVerifies } from "../../../test/support/ssh-keygen.ts";
import { leftOut } from "../../../test/support/suites.ts";
import type { Ids } from "../../kube/clock.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { CHARTER_NAMESPACE } from "../../plan/approval-statement.ts";
import { initialCharter } from "../../plan/charter/initial-charter.ts";
import { charterDigest, parseCharter } from "../../plan/charter/parse-charter.ts";
import { fingerprint } from "../approval/public-key.ts";
import { generateKey, signMessage } from "../approval/sign.ts";
import {
  describeTrustRoot,
  initTrustRoot,
  loadTrustRoot,
  locateTrustRoot,
  signCharter,
} from "./trust-root.ts";

const ids: Ids = { hex: (bytes) => "5a".repeat(bytes) };
let base = "";
let root = "";
let owner: { readonly publicKey: string; readonly file: string };
let stranger: typeof owner;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "trust-"));
  root = join(base, "kubeops");
  owner = newKey("owner");
  stranger = newKey("stranger");
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function newKey(name: string): typeof owner {
  const { privateKey, publicKey } = generateKey();
  const file = join(base, name);
  writeFileSync(file, privateKey, { mode: 0o600 });
  return { publicKey, file };
}

function charterText(serial: number, namespace: string = "shop"): string {
  const text = initialCharter({
    name: "demo",
    owner: { principal: "ada@example.org", key: owner.publicKey },
    target: {
      name: "gitops",
      url: "https://git.example.org/gitops",
      branches: ["main"],
      folders: ["apps/shop"],
    },
    namespaces: [namespace],
  });
  return text.replace("serial: 1", `serial: ${serial}`);
}

const init = (path: string = root): void =>
  initTrustRoot(path, { charterText: charterText(1), ownerKey: `${owner.publicKey} ada`, ids });

async function initSigned(): Promise<void> {
  init();
  await signCharter(root, owner.file, {});
}

const load = (path: string = root): ReturnType<typeof loadTrustRoot> => loadTrustRoot({ path, named: true });
const put = (name: string, text: string): void => writeFileSync(join(root, name), text, { mode: 0o600 });

async function failure(act: () => unknown): Promise<readonly [string, string, string?]> {
  try {
    await act();
  } catch (error) {
    if (OpsError.is(error))
      return error.hint === undefined ? [error.code, error.message] : [error.code, error.message, error.hint];
    throw error;
  }
  throw new Error("nothing was thrown");
}

const signHint = "when its owner has reviewed it: kubeops charter sign --key FILE";

describe("initTrustRoot", () => {
  it("makes the folder at once, readable by nobody else, unsigned", async () => {
    init();
    expect(readdirSync(root).sort()).toEqual(["charter.yaml", "mac.key", "owner.pub"]);
    expect(statSync(root).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(root)) expect(statSync(join(root, name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(root, "charter.yaml"), "utf8")).toBe(charterText(1));
    expect(readFileSync(join(root, "owner.pub"), "utf8")).toBe(`${owner.publicKey}\n`);
    expect(readFileSync(join(root, "mac.key"), "utf8")).toBe(`${"5a".repeat(32)}\n`);
    expect(readdirSync(base).sort()).toEqual(["kubeops", "owner", "stranger"]);
    expect(await failure(load)).toEqual([
      "CHARTER_UNSIGNED",
      `the charter ${root}/charter.yaml is not signed`,
      signHint,
    ]);
  });

  it("makes the folders above it, and takes an empty folder", () => {
    init(join(base, "a", "b", "kubeops"));
    expect(statSync(join(base, "a")).mode & 0o777).toBe(0o700);
    mkdirSync(join(base, "empty"));
    init(join(base, "empty"));
    expect(readdirSync(join(base, "empty")).length).toBe(3);
  });

  it("never overwrites", async () => {
    init();
    const before = readFileSync(join(root, "mac.key"), "utf8");
    const hint =
      "edit that charter and sign it (kubeops charter sign), or choose another folder with --trust-root";
    expect(await failure(() => init())).toEqual([
      "CHARTER_EXISTS",
      `there is a charter in ${root} already; nothing was changed`,
      hint,
    ]);
    unlinkSync(join(root, "charter.yaml"));
    expect(await failure(() => init())).toEqual([
      "CHARTER_EXISTS",
      `${root} is already there and is no empty folder; nothing was changed`,
      hint,
    ]);
    expect(readFileSync(join(root, "mac.key"), "utf8")).toBe(before);
    for (const name of ["file", "link"]) {
      if (name === "file") writeFileSync(join(base, name), "");
      else symlinkSync(root, join(base, name));
      expect((await failure(() => init(join(base, name))))[0]).toBe("CHARTER_EXISTS");
    }
    expect(readdirSync(base).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("makes nothing of an invalid charter or key", async () => {
    const charter = charterText(1).replace("maxChanges", "maximumChanges");
    const wrong = (input: Partial<Parameters<typeof initTrustRoot>[1]>): unknown =>
      initTrustRoot(root, { charterText: charterText(1), ownerKey: owner.publicKey, ids, ...input });
    expect((await failure(() => wrong({ charterText: `${charter}unknown: 1\n` })))[0]).toBe(
      "CHARTER_INVALID",
    );
    expect((await failure(() => wrong({ ownerKey: "ssh-ed25519 AAAA" })))[0]).toBe("KEY_UNUSABLE");
    expect(existsSync(root)).toBe(false);
  });
});

describe("signCharter and loadTrustRoot", () => {
  it("sign the bytes of charter.yaml, and give what they say", async () => {
    init();
    const signed = await signCharter(root, owner.file, {});
    const trusted = load();
    expect(signed).toEqual({ charter: trusted.charter, digest: trusted.charterDigest });
    expect(trusted).toEqual({
      path: root,
      standing: "advisory",
      charter: parseCharter(charterText(1), "charter.yaml"),
      charterDigest: charterDigest(parseCharter(charterText(1), "charter.yaml")),
      owner: { key: owner.publicKey, fingerprint: fingerprint(owner.publicKey) },
      macKey: new Uint8Array(32).fill(0x5a),
    });
    expect(readdirSync(root).sort()).toEqual([
      "charter.yaml",
      "charter.yaml.sig",
      "mac.key",
      "owner.pub",
      "serial",
    ]);
    for (const name of readdirSync(root)) expect(statSync(join(root, name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(root, "serial"), "utf8")).toMatch(/^1 sha256:[0-9a-f]{64}\n$/);
  });

  it.skipIf(haveSshKeygen ? false : leftOut("charter signatures against ssh-keygen", "ssh-keygen"))(
    "make a signature that ssh-keygen accepts",
    async () => {
      await initSigned();
      const [bytes, signature] = [
        readFileSync(join(root, "charter.yaml")),
        readFileSync(join(root, "charter.yaml.sig")),
      ];
      expect(sshKeygenVerifies(owner.publicKey, bytes, CHARTER_NAMESPACE, signature)).toBe(true);
    },
  );

  it("sign the same text again, and a changed one only with a higher serial", async () => {
    await initSigned();
    await signCharter(root, owner.file, {});
    put("charter.yaml", charterText(1, "other"));
    const before = readFileSync(join(root, "charter.yaml.sig"), "utf8");
    expect(await failure(() => signCharter(root, owner.file, {}))).toEqual([
      "CHARTER_SERIAL",
      "the charter was changed and has serial 1; serial 1 was signed before",
      `set metadata.serial to 2 in ${root}/charter.yaml and sign again`,
    ]);
    expect(readFileSync(join(root, "charter.yaml.sig"), "utf8")).toBe(before);
    put("charter.yaml", charterText(7, "other"));
    await signCharter(root, owner.file, {});
    expect(load().charter.metadata.serial).toBe(7);
    put("charter.yaml", charterText(6));
    expect((await failure(() => signCharter(root, owner.file, {})))[0]).toBe("CHARTER_SERIAL");
  });

  it("finish after a death between the two files that signing writes", async () => {
    await initSigned();
    put("charter.yaml", charterText(2, "other"));
    const old = readFileSync(join(root, "charter.yaml.sig"), "utf8");
    await signCharter(root, owner.file, {});
    put("charter.yaml.sig", old);
    expect((await failure(load))[0]).toBe("CHARTER_FOREIGN");
    await signCharter(root, owner.file, {});
    expect(load().charter.metadata.serial).toBe(2);
  });

  it("keep who may read the charter", async () => {
    init();
    chmodSync(root, 0o755);
    for (const name of ["charter.yaml", "owner.pub"]) chmodSync(join(root, name), 0o644);
    chmodSync(join(root, "mac.key"), 0o640);
    await signCharter(root, owner.file, {});
    expect(statSync(join(root, "charter.yaml.sig")).mode & 0o777).toBe(0o644);
    expect(statSync(join(root, "serial")).mode & 0o777).toBe(0o644);
    expect(load().charter.metadata.serial).toBe(1);
  });

  it("say what is missing or damaged", async () => {
    expect(await failure(load)).toEqual([
      "CHARTER_MISSING",
      `there is no charter in ${root}`,
      "kubeops charter init writes one; kubeops charter sign --key FILE signs it",
    ]);
    expect((await failure(() => signCharter(root, owner.file, {})))[0]).toBe("CHARTER_MISSING");
    mkdirSync(root, { mode: 0o700 });
    expect((await failure(load))[0]).toBe("CHARTER_MISSING");
    rmSync(root, { recursive: true });
    await initSigned();
    const kept = new Map(readdirSync(root).map((name) => [name, readFileSync(join(root, name), "utf8")]));
    const cases: readonly [string, string | undefined, string, string][] = [
      [
        "owner.pub",
        undefined,
        "TRUST_ROOT_INVALID",
        `the trust root ${root} has no owner.pub: nobody is pinned as its owner`,
      ],
      [
        "owner.pub",
        "",
        "TRUST_ROOT_INVALID",
        `${root}/owner.pub is not one public key: this is not an OpenSSH public key line`,
      ],
      [
        "owner.pub",
        `${owner.publicKey}\n${stranger.publicKey}\n`,
        "TRUST_ROOT_INVALID",
        `${root}/owner.pub is not one public key: this is not an OpenSSH public key line`,
      ],
      ["mac.key", undefined, "TRUST_ROOT_INVALID", `the trust root ${root} has no mac.key`],
      ["mac.key", "5a5a\n", "TRUST_ROOT_INVALID", `${root}/mac.key is not 64 hexadecimal digits`],
      ["mac.key", "", "TRUST_ROOT_INVALID", `${root}/mac.key is not 64 hexadecimal digits`],
      [
        "serial",
        undefined,
        "TRUST_ROOT_INVALID",
        `the trust root ${root} has no serial: an older charter could not be told from the current one`,
      ],
      ["serial", "-1\n", "TRUST_ROOT_INVALID", `${root}/serial is damaged`],
      ["serial", "1e0\n", "TRUST_ROOT_INVALID", `${root}/serial is damaged`],
      ["serial", "", "TRUST_ROOT_INVALID", `${root}/serial is damaged`],
      ["charter.yaml", undefined, "CHARTER_MISSING", `there is no charter in ${root}`],
      ["charter.yaml.sig", undefined, "CHARTER_UNSIGNED", `the charter ${root}/charter.yaml is not signed`],
    ];
    for (const [name, text, code, message] of cases) {
      if (text === undefined) unlinkSync(join(root, name));
      else put(name, text);
      expect((await failure(load)).slice(0, 2)).toEqual([code, message]);
      put(name, kept.get(name)!);
    }
    expect(load().charter.metadata.serial).toBe(1);
  });

  it("accept no bytes that are no charter, though the owner signed them", async () => {
    await initSigned();
    for (const text of [
      "kind: Charter\n",
      "\xff\xfe",
      "{}",
      charterText(1).replace("spec:", "spec: &a\n  x: *a\n"),
    ]) {
      const message = Buffer.from(text, "latin1");
      writeFileSync(join(root, "charter.yaml"), message);
      put(
        "charter.yaml.sig",
        await signMessage({ keyFile: owner.file, namespace: CHARTER_NAMESPACE, message, environment: {} }),
      );
      expect((await failure(load))[0]).toBe("CHARTER_INVALID");
      expect((await failure(() => signCharter(root, owner.file, {})))[0]).toBe("CHARTER_INVALID");
    }
  });
});

describe("K6 nobody but the owner decides", () => {
  const foreign = (): string =>
    `the signature of ${root}/charter.yaml does not hold: the charter was changed after it was signed, or the signature is not one of a charter`;

  it("K6 refuses an unsigned charter", async () => {
    init();
    expect((await failure(load))[0]).toBe("CHARTER_UNSIGNED");
  });

  it("K6 refuses a charter signed by somebody else", async () => {
    await initSigned();
    const message = readFileSync(join(root, "charter.yaml"));
    const request = { keyFile: stranger.file, namespace: CHARTER_NAMESPACE, message, environment: {} };
    put("charter.yaml.sig", await signMessage(request));
    expect(await failure(load)).toEqual([
      "CHARTER_FOREIGN",
      `the charter ${root}/charter.yaml is signed by ${fingerprint(stranger.publicKey)}, and the pinned owner is ${fingerprint(owner.publicKey)}`,
      signHint,
    ]);
  });

  it("K6 signs only with the pinned owner's key", async () => {
    init();
    expect(await failure(() => signCharter(root, stranger.file, {}))).toEqual([
      "CHARTER_FOREIGN",
      `${stranger.file} is the key ${fingerprint(stranger.publicKey)}, and the pinned owner of ${root} is ${fingerprint(owner.publicKey)}`,
      "sign with the owner's key; the owner is pinned by kubeops charter init",
    ]);
    expect(existsSync(join(root, "charter.yaml.sig"))).toBe(false);
  });

  it("K6 refuses a charter of which one byte was changed", async () => {
    await initSigned();
    const text = readFileSync(join(root, "charter.yaml"), "utf8");
    for (const changed of [
      text.replace("shop", "shOp"),
      `${text}\n`,
      `${text}# a remark\n`,
      text.slice(0, -1),
      "",
    ]) {
      put("charter.yaml", changed);
      expect((await failure(load)).slice(0, 2)).toEqual(["CHARTER_FOREIGN", foreign()]);
    }
  });

  it("K6 refuses the owner's signature when it was made for something else", async () => {
    await initSigned();
    const message = readFileSync(join(root, "charter.yaml"));
    for (const namespace of ["approval@kubernetes-operations.dev", "git", "file"]) {
      put(
        "charter.yaml.sig",
        await signMessage({ keyFile: owner.file, namespace, message, environment: {} }),
      );
      expect((await failure(load)).slice(0, 2)).toEqual(["CHARTER_FOREIGN", foreign()]);
    }
    for (const text of ["", "no signature\n"]) {
      put("charter.yaml.sig", text);
      expect((await failure(load)).slice(0, 2)).toEqual(["CHARTER_FOREIGN", foreign()]);
    }
  });

  it("K6 refuses an older charter of the owner's own, and another one with the same serial", async () => {
    await initSigned();
    const old = ["charter.yaml", "charter.yaml.sig"].map(
      (name) => [name, readFileSync(join(root, name), "utf8")] as const,
    );
    put("charter.yaml", charterText(2, "narrow"));
    await signCharter(root, owner.file, {});
    for (const [name, text] of old) put(name, text);
    const hint =
      "restore the newest charter and its signature, or let the owner sign one with a higher serial";
    expect(await failure(load)).toEqual([
      "CHARTER_SERIAL",
      `the charter in ${root} has serial 1, and serial 2 was signed here before`,
      hint,
    ]);
    const message = Buffer.from(charterText(2, "wide"));
    put("charter.yaml", charterText(2, "wide"));
    put(
      "charter.yaml.sig",
      await signMessage({ keyFile: owner.file, namespace: CHARTER_NAMESPACE, message, environment: {} }),
    );
    expect(await failure(load)).toEqual([
      "CHARTER_SERIAL",
      `the charter in ${root} is not the one that was signed here with serial 2`,
      hint,
    ]);
    put("serial", "2\n");
    expect(load().charter.metadata.serial).toBe(2);
    put("serial", "1\n");
    expect(load().charter.metadata.serial).toBe(2);
  });

  it("K6 a pin that was exchanged alone does not fit the signature", async () => {
    await initSigned();
    put("owner.pub", `${stranger.publicKey}\n`);
    expect((await failure(load))[0]).toBe("CHARTER_FOREIGN");
  });

  it("K6 a pin exchanged together with the charter is another charter, and only advisory", async () => {
    await initSigned();
    const before = load();
    put("owner.pub", `${stranger.publicKey}\n`);
    put("charter.yaml", charterText(2, "everything"));
    await signCharter(root, stranger.file, {});
    const after = loadTrustRoot({ path: root, named: false });
    // Whoever may write here may do this: so it never counts as owned by another user, and plans name another digest.
    expect(after.standing).toBe("advisory");
    expect(after.charterDigest).not.toBe(before.charterDigest);
    expect(after.owner.fingerprint).toBe(fingerprint(stranger.publicKey));
  });

  it("K6 follows no link: neither the folder nor a file in it, symbolic or hard", async () => {
    await initSigned();
    const other = join(base, "link");
    symlinkSync(root, other);
    expect(await failure(() => load(other))).toEqual([
      "TRUST_ROOT_INVALID",
      `the trust root ${other} is a link`,
      "name the folder itself",
    ]);
    for (const name of readdirSync(root)) {
      const [path, elsewhere] = [join(root, name), join(base, "elsewhere")];
      renameSync(path, elsewhere);
      symlinkSync(elsewhere, path);
      expect((await failure(load)).slice(0, 2)).toEqual(["TRUST_ROOT_INVALID", `${path} is a link`]);
      unlinkSync(path);
      linkSync(elsewhere, path);
      expect((await failure(load)).slice(0, 2)).toEqual([
        "TRUST_ROOT_INVALID",
        `${path} has a second name (hard link)`,
      ]);
      unlinkSync(path);
      mkdirSync(path);
      expect((await failure(load)).slice(0, 2)).toEqual([
        "TRUST_ROOT_INVALID",
        `${path} is not a regular file`,
      ]);
      rmSync(path, { recursive: true });
      if (spawnSync("mkfifo", ["-m", "600", path]).status === 0) {
        expect((await failure(load)).slice(0, 2)).toEqual([
          "TRUST_ROOT_INVALID",
          `${path} is not a regular file`,
        ]);
      }
      rmSync(path, { force: true });
      renameSync(elsewhere, path);
    }
    expect(load().charter.metadata.serial).toBe(1);
    // A link above the folder is resolved: /tmp and /etc are links on some systems.
    symlinkSync(base, join(base, "above"));
    expect(load(join(base, "above", "kubeops")).charter.metadata.serial).toBe(1);
  });

  it("K6 refuses a folder or a file that others can write to, and a MAC key that others can read", async () => {
    await initSigned();
    for (const [mode, text] of [
      [0o770, "0770"],
      [0o702, "0702"],
      [0o777, "0777"],
      [0o1777, "0777"],
    ] as const) {
      chmodSync(root, mode);
      expect(await failure(load)).toEqual([
        "TRUST_ROOT_INVALID",
        `others can write to ${root} (mode ${text})`,
        `chmod ${(mode & 0o755).toString(8)} ${root}`,
      ]);
      expect((await failure(() => signCharter(root, owner.file, {})))[0]).toBe("TRUST_ROOT_INVALID");
      chmodSync(root, 0o700);
    }
    for (const name of readdirSync(root)) {
      const path = join(root, name);
      for (const mode of [0o620, 0o602, 0o666]) {
        chmodSync(path, mode);
        expect((await failure(load)).slice(0, 2)).toEqual([
          "TRUST_ROOT_INVALID",
          `others can write to ${path} (mode 0${mode.toString(8)})`,
        ]);
      }
      chmodSync(path, 0o600);
    }
    const macKey = join(root, "mac.key");
    chmodSync(macKey, 0o644);
    expect(await failure(load)).toEqual([
      "TRUST_ROOT_INVALID",
      `others can read ${macKey} (mode 0644)`,
      `chmod 640 ${macKey}`,
    ]);
    for (const mode of [0o640, 0o440, 0o400]) {
      chmodSync(macKey, mode);
      expect(load().charter.metadata.serial).toBe(1);
    }
  });

  it("K6 refuses a trust root that everybody can replace", async () => {
    await initSigned();
    chmodSync(base, 0o777);
    expect(await failure(load)).toEqual([
      "TRUST_ROOT_INVALID",
      `everybody can replace the trust root ${root}: ${base} is writable for all`,
      `chmod o-w ${base}`,
    ]);
    chmodSync(base, 0o1777);
    expect(load().standing).toBe("advisory");
  });

  it.skipIf(process.getuid?.() !== 0)("K6 refuses a file of a third user", async () => {
    await initSigned();
    const path = join(root, "charter.yaml");
    chownSync(path, 12345, 12345);
    expect(await failure(load)).toEqual([
      "TRUST_ROOT_INVALID",
      `${path} belongs to another user than its folder`,
      `chown it to the owner of ${root}`,
    ]);
  });
});

describe("K6 where the trust root is taken from", () => {
  it("the flag's folder is named", () => {
    expect(locateTrustRoot({ flag: "/some/where", home: base })).toEqual({
      path: "/some/where",
      named: true,
    });
  });

  it.skipIf(existsSync("/etc/kubeops"))(
    "the home folder's is not, and what the environment chooses is",
    () => {
      expect(locateTrustRoot({ home: base })).toBeUndefined();
      mkdirSync(join(base, ".config", "kubeops"), { recursive: true });
      expect(locateTrustRoot({ home: base })).toEqual({ path: join(base, ".config/kubeops"), named: false });
      expect(locateTrustRoot({ home: base, xdgConfigHome: "relative" })).toEqual({
        path: join(base, ".config/kubeops"),
        named: false,
      });
      expect(locateTrustRoot({ home: base, xdgConfigHome: join(base, "xdg") })).toBeUndefined();
      mkdirSync(join(base, "xdg", "kubeops"), { recursive: true });
      expect(locateTrustRoot({ home: base, xdgConfigHome: join(base, "xdg") })).toEqual({
        path: join(base, "xdg/kubeops"),
        named: true,
      });
      // Something broken is not passed over.
      rmSync(join(base, ".config/kubeops"), { recursive: true });
      symlinkSync("/nowhere", join(base, ".config/kubeops"));
      expect(locateTrustRoot({ home: base })).toEqual({ path: join(base, ".config/kubeops"), named: false });
    },
  );
});

/** A mount namespace of its own, as the administrator: the machine's /etc and /mnt are never touched. */
const asAdministrator = (script: string): string | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const run = spawnSync("unshare", ["-m", "sh", "-ec", script, "sh", process.execPath], { encoding: "utf8" });
  return run.status === 0 ? run.stdout.trim() : undefined;
};
const canSwitchUser =
  asAdministrator("mount -t tmpfs -o mode=755 none /mnt && setpriv --reuid 65534 --clear-groups true") !==
  undefined;

// The rule itself is tested for everybody in standing.test.ts; this one needs two users.
describe.skipIf(!canSwitchUser)("K6 as another user than the owner", () => {
  it("K6 /etc/kubeops of the administrator binds, a writable or a named one advises", async () => {
    await initSigned();
    chmodSync(root, 0o755);
    for (const name of readdirSync(root)) chmodSync(join(root, name), name === "mac.key" ? 0o640 : 0o644);
    const module = new URL("./trust-root.ts", import.meta.url).href;
    const script = join(base, "load.mjs");
    writeFileSync(
      script,
      `import { loadTrustRoot, locateTrustRoot } from ${JSON.stringify(module)};
const location = locateTrustRoot({ home: "/nowhere" });
const named = locateTrustRoot({ flag: "/etc/kubeops", home: "/nowhere" });
console.log(JSON.stringify([location, loadTrustRoot(location).standing, loadTrustRoot(named).standing]));`,
    );
    chmodSync(base, 0o755);
    const run = (extra: string): unknown =>
      JSON.parse(
        asAdministrator(
          `mount -t tmpfs -o mode=755 none /etc && cp -a ${root} /etc/kubeops && chgrp 65534 /etc/kubeops/mac.key && ${extra} && exec setpriv --reuid 65534 --regid 65534 --clear-groups "$1" ${script}`,
        ) ?? "null",
      );
    const location = { path: "/etc/kubeops", named: false };
    expect(run("true")).toEqual([location, "owned by another user", "advisory"]);
    expect(run("chown 65534 /etc/kubeops/serial")).toEqual([location, "advisory", "advisory"]);
    expect(run("chown -R 65534 /etc/kubeops")).toEqual([location, "advisory", "advisory"]);
    expect(run("chmod 1777 /etc")).toEqual([location, "advisory", "advisory"]);
  });
});

describe("describeTrustRoot", () => {
  it("says what is there while it is not signed", () => {
    init();
    const report = describeTrustRoot(root);
    expect(report.problem?.code).toBe("CHARTER_UNSIGNED");
    expect(report.trusted).toBeNull();
    expect(report.written?.charter.metadata).toEqual({ name: "demo", serial: 1 });
    expect(report.owner?.fingerprint).toBe(fingerprint(owner.publicKey));
    expect(report.highestSerial).toBeNull();
  });

  it("says that it holds, and never shows the MAC key", async () => {
    await initSigned();
    const report = describeTrustRoot(root, true);
    const { macKey: _, ...shown } = load();
    expect(report).toEqual({
      path: root,
      problem: null,
      trusted: shown,
      written: { charter: shown.charter, digest: shown.charterDigest },
      owner: shown.owner,
      highestSerial: 1,
    });
    expect(JSON.stringify(report)).not.toContain("5a5a5a");
  });

  it("survives everything that is wrong", () => {
    expect(describeTrustRoot(root)).toEqual({
      path: root,
      problem: expect.objectContaining({ code: "CHARTER_MISSING" }) as unknown,
      trusted: null,
      written: null,
      owner: null,
      highestSerial: null,
    });
    init();
    put("charter.yaml", "kind: nothing\n");
    put("owner.pub", "nobody\n");
    put("serial", "x\n");
    const report = describeTrustRoot(root);
    expect([report.problem?.code, report.written, report.owner, report.highestSerial]).toEqual([
      "TRUST_ROOT_INVALID",
      null,
      null,
      null,
    ]);
    copyFileSync(join(root, "mac.key"), join(base, "copy"));
    chmodSync(root, 0o777);
    expect(describeTrustRoot(root).problem?.code).toBe("TRUST_ROOT_INVALID");
  });
});
