import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { softwareSecurityKey } from "../../../test/support/software-security-key.ts";
import {
  haveSshKeygen,
  makeKey,
  softwareKeyTypes,
  sshKeygen,
  sshKeygenChecks,
  sshKeygenVerifies,
} from "../../../test/support/ssh-keygen.ts";
import { deep, leftOut } from "../../../test/support/suites.ts";
import { generateKey } from "./private-key.ts";
import { fingerprint, normaliseKey } from "./public-key.ts";
import { formatSshsig, parseSshsig, signedData, type Sshsig } from "./sshsig.ts";
import { sshSignatureVerifier } from "./verify-signature.ts";
import { wirePositive, wireString } from "./wire.ts";

const namespace = "approval@kubernetes-operations.dev";
const message = Buffer.from('{"plan":"sha256:00"}');
const noKeygen = haveSshKeygen ? false : leftOut("signatures against ssh-keygen", "ssh-keygen");

function flip(data: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(data);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

function flipSignature(armoured: string, bit: number): string {
  const parsed = parseSshsig(armoured)!;
  return formatSshsig({ ...parsed, signature: flip(parsed.signature, bit) });
}

interface Signer {
  readonly name: string;
  readonly key: string;
  readonly other: string;
  readonly signatures: Readonly<Record<"sha256" | "sha512", string>>;
}

describe.skipIf(noKeygen)("held against ssh-keygen", () => {
  let folder = "";
  const signers: Signer[] = [];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "verify-"));
    for (const [name, ...args] of softwareKeyTypes) {
      const file = join(folder, name);
      makeKey(file, args);
      const made = (hash: string): string =>
        sshKeygen(["-Y", "sign", "-n", namespace, "-O", `hashalg=${hash}`, "-f", file], message).stdout;
      signers.push({
        name,
        key: readFileSync(`${file}.pub`, "utf8").trim(),
        other: generateKey().publicKey,
        signatures: { sha256: made("sha256"), sha512: made("sha512") },
      });
    }
    for (const type of ["ed25519-sk", "ecdsa-sk"] as const) {
      const key = softwareSecurityKey(type);
      signers.push({
        name: type,
        key: key.publicKey,
        other: softwareSecurityKey(type).publicKey,
        signatures: {
          sha256: key.sign(message, namespace, { hash: "sha256" }),
          sha512: key.sign(message, namespace),
        },
      });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const names = [...softwareKeyTypes.map(([name]) => name), "ed25519-sk", "ecdsa-sk"];
  const signer = (name: string): Signer => signers.find((one) => one.name === name)!;

  it.each(names)("K9 %s: valid, wrong namespace, wrong signer, changed message and signature", (name) => {
    const { key, other, signatures } = signer(name);
    for (const hash of ["sha256", "sha512"] as const) {
      const armoured = signatures[hash];
      const parsed = parseSshsig(armoured)!;
      expect(parsed.hash).toBe(hash);
      const cases: readonly [string, string, Uint8Array, string, string][] = [
        ["valid", key, message, namespace, armoured],
        ["wrong namespace", key, message, "charter@kubernetes-operations.dev", armoured],
        ["longer namespace", key, message, `${namespace}x`, armoured],
        ["wrong signer", other, message, namespace, armoured],
        ["changed message", key, flip(message, 13), namespace, armoured],
        ["longer message", key, Buffer.concat([message, Buffer.from("\n")]), namespace, armoured],
        ["empty message", key, Buffer.alloc(0), namespace, armoured],
        ["changed signature", key, message, namespace, flipSignature(armoured, parsed.signature.length * 4)],
        [
          "changed end of signature",
          key,
          message,
          namespace,
          flipSignature(armoured, parsed.signature.length * 8 - 40),
        ],
        [
          "changed armour",
          key,
          message,
          namespace,
          armoured.replace(/\n([A-Za-z0-9+/])/, (_, c: string) => `\n${c === "A" ? "B" : "A"}`),
        ],
      ];
      const verdicts = cases.map(([what, allowed, signed, space, text]) => {
        const ours = sshSignatureVerifier.verify(signed, space, text);
        expect([what, ours !== undefined]).toEqual([what, sshKeygenChecks(signed, space, text)]);
        const oursAllowed = ours?.key === normaliseKey(allowed);
        expect([what, oursAllowed]).toEqual([what, sshKeygenVerifies(allowed, signed, space, text)]);
        return oursAllowed;
      });
      expect(verdicts).toEqual([true, ...cases.slice(1).map(() => false)]);
    }
  });

  it.each(names)("%s: says who signed, as ssh-keygen does", (name) => {
    const { key, signatures } = signer(name);
    const verified = sshSignatureVerifier.verify(message, namespace, signatures.sha512);
    expect(verified).toEqual({
      key: normaliseKey(key),
      fingerprint: fingerprint(key),
      presence: name.endsWith("-sk") ? { userPresent: true, userVerified: false } : null,
    });
  });

  it.each(names)("%s: no changed bit of the armoured text verifies", (name) => {
    const { signatures } = signer(name);
    const text = Buffer.from(signatures.sha512, "latin1");
    // All bits of the short ones; RSA texts are long and slow, so a sample unless all is asked for.
    const step = deep || !name.startsWith("rsa") ? 1 : 13;
    const accepted: number[] = [];
    for (let bit = 0; bit < text.length * 8; bit += step) {
      const changed = flip(text, bit).toString("latin1");
      if (sshSignatureVerifier.verify(message, namespace, changed) !== undefined) accepted.push(bit);
    }
    expect(accepted).toEqual([]);
  });

  it("no changed bit of a message verifies, whatever the message", () => {
    const key = softwareSecurityKey("ed25519-sk");
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), (bytes, chance) => {
        const armoured = key.sign(bytes, namespace);
        expect(sshSignatureVerifier.verify(bytes, namespace, armoured)?.key).toBe(key.publicKey);
        const changed = flip(bytes, chance % (bytes.length * 8));
        expect(sshSignatureVerifier.verify(changed, namespace, armoured)).toBeUndefined();
      }),
      { numRuns: deep ? 2000 : 100 },
    );
  });

  it("accepts nothing that ssh-keygen refuses, for texts with bytes changed, cut and doubled", () => {
    const originals = signers.map((one) => one.signatures.sha512);
    fc.assert(
      fc.property(
        fc.constantFrom(...originals),
        fc.constantFrom("cut", "double", "swap", "insert"),
        fc.nat(),
        fc.constantFrom(" ", "\n", "\r", "=", "-", "A", "\0", "ä"),
        (original, how, chance, extra) => {
          const at = chance % original.length;
          const changed =
            how === "cut"
              ? original.slice(0, at) + original.slice(at + 1)
              : how === "double"
                ? original + original.slice(at)
                : how === "swap"
                  ? original.slice(0, at) + extra + original.slice(at + 1)
                  : original.slice(0, at) + extra + original.slice(at);
          if (sshSignatureVerifier.verify(message, namespace, changed) === undefined) return;
          // Only the last newline may be missing or the same character swapped in.
          expect([original, original.slice(0, -1)]).toContain(changed);
          expect(sshKeygenChecks(message, namespace, changed)).toBe(true);
        },
      ),
      { numRuns: deep ? 20_000 : 500 },
    );
  });

  it.each(["ed25519-sk", "ecdsa-sk"] as const)(
    "K10 %s: a signature without a person is known as such, though ssh-keygen accepts it",
    (type) => {
      const key = softwareSecurityKey(type);
      for (const [flags, userPresent, userVerified] of [
        [0, false, false],
        [1, true, false],
        [4, false, true],
        [5, true, true],
        [0x18, false, false],
      ] as const) {
        const armoured = key.sign(message, namespace, { flags, counter: 0xffffffff });
        expect(sshKeygenVerifies(key.publicKey, message, namespace, armoured)).toBe(true);
        expect(sshSignatureVerifier.verify(message, namespace, armoured)?.presence).toEqual({
          userPresent,
          userVerified,
        });
      }
    },
  );

  it.each(["ed25519-sk", "ecdsa-sk"] as const)(
    "K10 %s: the presence flag cannot be set afterwards, nor the counter changed",
    (type) => {
      const armoured = softwareSecurityKey(type).sign(message, namespace, { flags: 0 });
      const parsed = parseSshsig(armoured)!;
      for (let bit = 0; bit < 40; bit += 1) {
        const tail = parsed.signature.length * 8 - 40;
        const changed = flipSignature(armoured, tail + bit);
        expect(sshSignatureVerifier.verify(message, namespace, changed)).toBeUndefined();
        expect(sshKeygenChecks(message, namespace, changed)).toBe(false);
      }
    },
  );
});

describe("refused, whatever ssh-keygen says", () => {
  const verify = (text: string): unknown => sshSignatureVerifier.verify(message, namespace, text);

  it.each([0x40, 0x80, 0xc1])("a security key's flags %i that announce more data", (flags) => {
    for (const type of ["ed25519-sk", "ecdsa-sk"] as const) {
      expect(verify(softwareSecurityKey(type).sign(message, namespace, { flags }))).toBeUndefined();
    }
  });

  it.each(["", "web", "https://example.org", "ssh", "xssh:"])("a security key made for %j", (application) => {
    for (const type of ["ed25519-sk", "ecdsa-sk"] as const) {
      expect(verify(softwareSecurityKey(type, application).sign(message, namespace))).toBeUndefined();
      expect(verify(softwareSecurityKey(type, "ssh:work").sign(message, namespace))).toBeDefined();
    }
  });

  const ed = generateKeyPairSync("ed25519");
  const edPoint = Buffer.from(ed.publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const edSigned = (parts: Partial<Sshsig> & { algorithm?: string; tail?: Uint8Array } = {}): string =>
    formatSshsig({
      publicKey: Buffer.concat([wireString("ssh-ed25519"), wireString(edPoint)]),
      namespace,
      hash: "sha512",
      signature: Buffer.concat([
        wireString(parts.algorithm ?? "ssh-ed25519"),
        wireString(sign(null, signedData(message, namespace, "sha512"), ed.privateKey)),
        parts.tail ?? Buffer.alloc(0),
      ]),
      ...(parts.publicKey === undefined ? {} : { publicKey: parts.publicKey }),
    });

  it("another algorithm name, bytes after the signature or the key", () => {
    expect(verify(edSigned())).toBeDefined();
    expect(verify(edSigned({ algorithm: "ssh-ed448" }))).toBeUndefined();
    expect(verify(edSigned({ algorithm: "sk-ssh-ed25519@openssh.com" }))).toBeUndefined();
    expect(verify(edSigned({ tail: Buffer.from([1]) }))).toBeUndefined();
    expect(verify(edSigned({ tail: Buffer.from([1, 0, 0, 0, 1]) }))).toBeUndefined();
    const longer = Buffer.concat([wireString("ssh-ed25519"), wireString(edPoint), Buffer.from([0])]);
    expect(verify(edSigned({ publicKey: longer }))).toBeUndefined();
  });

  it("Ed25519 with s + the group's order, a second signature of the same meaning", () => {
    const order = (1n << 252n) + 27742317777372353535851937790883648493n;
    const good = sign(null, signedData(message, namespace, "sha512"), ed.privateKey);
    let s = 0n;
    for (let at = 63; at >= 32; at -= 1) s = (s << 8n) | BigInt(good[at]!);
    s += order;
    const twin = Buffer.from(good);
    for (let at = 32; at < 64; at += 1, s >>= 8n) twin[at] = Number(s & 255n);
    const armoured = formatSshsig({
      publicKey: Buffer.concat([wireString("ssh-ed25519"), wireString(edPoint)]),
      namespace,
      hash: "sha512",
      signature: Buffer.concat([wireString("ssh-ed25519"), wireString(twin)]),
    });
    expect(verify(armoured)).toBeUndefined();
  });

  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const rsaSigned = (pair: typeof rsa, algorithm: string, digest: string): string => {
    const jwk = pair.publicKey.export({ format: "jwk" });
    const [e, n] = [Buffer.from(jwk.e ?? "", "base64url"), Buffer.from(jwk.n ?? "", "base64url")];
    return formatSshsig({
      publicKey: Buffer.concat([wireString("ssh-rsa"), wirePositive(e), wirePositive(n)]),
      namespace,
      hash: "sha512",
      signature: Buffer.concat([
        wireString(algorithm),
        wireString(sign(digest, signedData(message, namespace, "sha512"), pair.privateKey)),
      ]),
    });
  };

  it("RSA with SHA-1, with a hash that is not the named one, and with fewer than 2048 bits", () => {
    expect(verify(rsaSigned(rsa, "rsa-sha2-256", "sha256"))).toBeDefined();
    expect(verify(rsaSigned(rsa, "rsa-sha2-512", "sha512"))).toBeDefined();
    expect(verify(rsaSigned(rsa, "ssh-rsa", "sha1"))).toBeUndefined();
    expect(verify(rsaSigned(rsa, "rsa-sha2-256", "sha512"))).toBeUndefined();
    expect(verify(rsaSigned(rsa, "rsa-sha2-512", "sha1"))).toBeUndefined();
    expect(verify(rsaSigned(rsa, "toString", "sha512"))).toBeUndefined();
    const short = generateKeyPairSync("rsa", { modulusLength: 1024 });
    expect(verify(rsaSigned(short, "rsa-sha2-512", "sha512"))).toBeUndefined();
  });

  it("ECDSA numbers that are zero, negative, padded, or followed by more", () => {
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwk = pair.publicKey.export({ format: "jwk" });
    const point = Buffer.concat([
      Buffer.from([4]),
      Buffer.from(jwk.x ?? "", "base64url"),
      Buffer.from(jwk.y ?? "", "base64url"),
    ]);
    const fixed = sign("sha256", signedData(message, namespace, "sha512"), {
      key: pair.privateKey,
      dsaEncoding: "ieee-p1363",
    });
    const [r, s] = [fixed.subarray(0, 32), fixed.subarray(32)];
    const armour = (numbers: Buffer): string =>
      formatSshsig({
        publicKey: Buffer.concat([
          wireString("ecdsa-sha2-nistp256"),
          wireString("nistp256"),
          wireString(point),
        ]),
        namespace,
        hash: "sha512",
        signature: Buffer.concat([wireString("ecdsa-sha2-nistp256"), wireString(numbers)]),
      });
    const zero = Buffer.from([0]);
    expect(verify(armour(Buffer.concat([wirePositive(r), wirePositive(s)])))).toBeDefined();
    for (const numbers of [
      [wireString(Buffer.concat([zero, zero, r])), wirePositive(s)],
      [wireString(""), wirePositive(s)],
      [wirePositive(r), wireString(zero)],
      [wireString(Buffer.concat([Buffer.from([0x80]), r])), wirePositive(s)],
      [wirePositive(Buffer.concat([Buffer.from([1]), r])), wirePositive(s)],
      [wirePositive(r), wirePositive(s), zero],
      [wirePositive(s), wirePositive(r)],
      [wirePositive(r)],
    ]) {
      expect(verify(armour(Buffer.concat(numbers)))).toBeUndefined();
    }
  });
});
