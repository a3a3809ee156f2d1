import { createECDH, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { softwareSecurityKey } from "../../../test/support/software-security-key.ts";
import { haveSshKeygen, makeKey, softwareKeyTypes, sshKeygen } from "../../../test/support/ssh-keygen.ts";
import { leftOut } from "../../../test/support/suites.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { isSmallOrder } from "./ed25519-order.ts";
import { generateKey } from "./private-key.ts";
import { fingerprint, normaliseKey, parsePublicKey, readPublicKey } from "./public-key.ts";
import { wirePositive, wireString } from "./wire.ts";

function failure(line: string): string {
  try {
    parsePublicKey(line);
  } catch (error) {
    if (OpsError.is(error) && error.code === "KEY_UNUSABLE") return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const line = (type: string, ...parts: Uint8Array[]): string =>
  `${type} ${Buffer.concat([wireString(type), ...parts]).toString("base64")}`;

describe.skipIf(haveSshKeygen ? false : leftOut("public keys against ssh-keygen", "ssh-keygen"))(
  "as ssh-keygen",
  () => {
    let folder = "";
    const lines = new Map<string, string>();
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "keys-"));
      for (const [name, ...args] of softwareKeyTypes) {
        if (name === "rsa-4096") continue;
        makeKey(join(folder, name), args);
        lines.set(name, readFileSync(join(folder, `${name}.pub`), "utf8").trim());
      }
      lines.set("ed25519-sk", `${softwareSecurityKey("ed25519-sk").publicKey} work key`);
      lines.set("ecdsa-sk", softwareSecurityKey("ecdsa-sk", "ssh:team").publicKey);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it("gives its fingerprint and drops the comment, for every type", () => {
      for (const [name, text] of lines) {
        const printed = sshKeygen(["-l", "-f", "-"], `${text}\n`).stdout.split(" ")[1];
        expect([name, fingerprint(text)]).toEqual([name, printed]);
        expect(normaliseKey(text)).toBe(text.split(" ").slice(0, 2).join(" "));
        expect(normaliseKey(normaliseKey(text))).toBe(normaliseKey(text));
      }
    });

    it("K9 refuses options, certificates, other types and second spellings in an approver's key", () => {
      const text = lines.get("ed25519")!;
      const [type, base64] = text.split(" ") as [string, string];
      makeKey(join(folder, "ca"), ["-t", "ed25519"]);
      sshKeygen(["-q", "-s", join(folder, "ca"), "-I", "me", "-n", "me", join(folder, "ed25519.pub")]);
      const certificate = readFileSync(join(folder, "ed25519-cert.pub"), "utf8").trim();
      expect(failure(certificate)).toBe("this is a certificate; only plain public keys are accepted");
      expect(failure(`ssh-ed25519 ${certificate.split(" ")[1]}`)).toBe(
        "the public key cannot be used: its type is not one that may sign",
      );
      for (const malformed of [
        `cert-authority ${text}`,
        `no-touch-required ${text}`,
        `namespaces="approval@kubernetes-operations.dev" ${text}`,
        `me@example.org ${text}`,
        ` ${text}`,
        `${text}\n`,
        `${text}\n${text}`,
        `${text}\r`,
        `${type}  ${base64}`,
        `${type}\t${base64}`,
        `${type} ${base64} comment\u0007`,
        `${type} ${base64}\u00a0`,
        type,
        "",
        `${type} `,
        `${type} ${base64} ${"x".repeat(20_000)}`,
      ]) {
        expect([malformed.slice(0, 99), outcome(malformed)]).toEqual([malformed.slice(0, 99), "refused"]);
      }
      expect(failure(`ecdsa-sha2-nistp256 ${base64}`)).toBe(
        "the public key line says ecdsa-sha2-nistp256 and holds a key of type ssh-ed25519",
      );
      expect(failure(`${type} ${base64}=`)).toBe("the public key cannot be used: its base64 part is damaged");
      expect(failure(`${type} ${base64.slice(0, -4)}`)).toBe("the public key cannot be used: it is damaged");
      expect(failure(`${type} ${base64}AAAA`)).toBe("the public key cannot be used: it is damaged");
    });
  },
);

function outcome(text: string): string {
  try {
    parsePublicKey(text);
    return "accepted";
  } catch (error) {
    return OpsError.is(error) ? "refused" : String(error);
  }
}

describe("parsePublicKey", () => {
  it("takes any comment that is text", () => {
    const { publicKey } = generateKey();
    expect(normaliseKey(`${publicKey} Zoë's key, 2nd <zoe@example.org>`)).toBe(publicKey);
    expect(normaliseKey(`${publicKey} `)).toBe(publicKey);
  });

  it("refuses DSA, short RSA and unsafe exponents", () => {
    const n = (bits: number): Buffer => {
      const jwk = generateKeyPairSync("rsa", { modulusLength: bits }).publicKey.export({ format: "jwk" });
      return Buffer.from(jwk.n ?? "", "base64url");
    };
    const f4 = Buffer.from([1, 0, 1]);
    expect(failure(line("ssh-dss", wireString("x")))).toBe(
      "the public key cannot be used: its type is not one that may sign",
    );
    expect(failure(line("ssh-rsa", wirePositive(f4), wirePositive(n(1024))))).toBe(
      "the public key cannot be used: RSA keys need 2048 bits or more, this one has 1024",
    );
    const modulus = n(2048);
    expect(
      failure(line("ssh-rsa", wirePositive(f4), wirePositive(Buffer.from([1, ...modulus.subarray(1)])))),
    ).toBe("the public key cannot be used: RSA keys need 2048 bits or more, this one has 2041");
    expect(failure(line("ssh-rsa", wirePositive(f4), wirePositive(Buffer.alloc(2049, 0xff))))).toBe(
      "the public key cannot be used: RSA keys may have up to 16384 bits, this one has 16392",
    );
    for (const e of [[1], [2], [1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 1]]) {
      expect(failure(line("ssh-rsa", wirePositive(Buffer.from(e)), wirePositive(modulus)))).toBe(
        "the public key cannot be used: its RSA exponent is unsafe",
      );
    }
    expect(normaliseKey(line("ssh-rsa", wirePositive(Buffer.from([3])), wirePositive(modulus)))).toContain(
      "ssh-rsa ",
    );
    // A first bit that is set makes the number negative.
    expect(failure(line("ssh-rsa", wirePositive(f4), wireString(modulus)))).toBe(
      "the public key cannot be used: it is damaged",
    );
    // Numbers with more zeros in front than they need: a second spelling of the same key.
    expect(
      failure(line("ssh-rsa", wirePositive(f4), wireString(Buffer.concat([Buffer.from([0, 0]), modulus])))),
    ).toBe("the public key cannot be used: it is damaged");
  });

  it("refuses points that are compressed, off the curve, of another curve or of another length", () => {
    const ecdh = createECDH("prime256v1");
    ecdh.generateKeys();
    const point = ecdh.getPublicKey();
    const ecdsa = (curve: string, bytes: Uint8Array): string =>
      line("ecdsa-sha2-nistp256", wireString(curve), wireString(bytes));
    expect(normaliseKey(ecdsa("nistp256", point))).toBe(ecdsa("nistp256", point));
    const off = Buffer.from(point);
    off[64]! ^= 1;
    expect(failure(ecdsa("nistp256", off))).toBe(
      "the public key cannot be used: its point is not on the curve",
    );
    for (const changed of [
      ecdsa("nistp256", ecdh.getPublicKey(null, "compressed")),
      ecdsa("nistp256", ecdh.getPublicKey(null, "hybrid")),
      ecdsa("nistp256", point.subarray(0, 64)),
      ecdsa("nistp256", Buffer.from([0])),
      ecdsa("nistp384", point),
      ecdsa("toString", point),
      ecdsa("", point),
      line("ecdsa-sha2-nistp384", wireString("nistp256"), wireString(point)),
      line("ecdsa-sha2-nistp256", wireString("nistp256"), wireString(point), wireString("ssh:")),
      line("ssh-ed25519", wireString(Buffer.alloc(31, 7))),
      line("ssh-ed25519", wireString(Buffer.alloc(33, 7))),
    ]) {
      expect(failure(changed)).toBe("the public key cannot be used: it is damaged");
    }
    expect(failure(line("sk-ssh-ed25519@openssh.com", wireString(Buffer.alloc(32, 7))))).toBe(
      "the public key cannot be used: it is damaged, or a security key for something else than SSH",
    );
    expect(failure(softwareSecurityKey("ed25519-sk", "https://example.org").publicKey)).toBe(
      "the public key cannot be used: it is damaged, or a security key for something else than SSH",
    );
  });

  it("throws nothing but KEY_UNUSABLE, whatever the line or the bytes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), (text) => {
        expect(["accepted", "refused"]).toContain(outcome(text));
      }),
    );
    const types = ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp521", "sk-ecdsa-sha2-nistp256@openssh.com"];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 200 }), (type, bytes) => {
        readPublicKey(Buffer.concat([wireString(type), bytes]));
      }),
    );
  });
});

describe("K9 keys for which anybody can sign", () => {
  const p = (1n << 255n) - 19n;
  const mod = (value: bigint): bigint => ((value % p) + p) % p;
  const power = (base: bigint, exponent: bigint): bigint => {
    let [result, factor] = [1n, mod(base)];
    for (let e = exponent; e > 0n; e >>= 1n, factor = mod(factor * factor))
      if (e & 1n) result = mod(result * factor);
    return result;
  };
  const inverse = (value: bigint): bigint => power(value, p - 2n);
  const d = mod(-121665n * inverse(121666n));
  /** x of a curve point with this y, if there is one. */
  const xOf = (y: bigint): bigint | undefined => {
    const square = mod(mod(y * y - 1n) * inverse(mod(d * y * y + 1n)));
    const root = power(square, (p + 3n) / 8n);
    const other = mod(root * power(2n, (p - 1n) / 4n));
    return [root, other].find((x) => mod(x * x) === square);
  };
  const double = ([x, y]: readonly [bigint, bigint]): readonly [bigint, bigint] => {
    const t = mod(d * x * x * y * y);
    return [mod(2n * x * y * inverse(mod(1n + t))), mod((y * y + x * x) * inverse(mod(1n - t)))];
  };
  const encode = (y: bigint, sign: number): Buffer => {
    const bytes = Buffer.from(y.toString(16).padStart(64, "0"), "hex").reverse();
    bytes[31]! |= sign << 7;
    return bytes;
  };
  const ofSmallOrder = (y: bigint): boolean => {
    const x = xOf(y);
    return x !== undefined && double(double(double([x, y]))).join() === "0,1";
  };

  it("are those whose eightfold is the neutral element, with either sign, and no others", () => {
    const eighth = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
    for (const y of [0n, 1n, p - 1n, eighth, p - eighth]) {
      expect(ofSmallOrder(y)).toBe(true);
      for (const sign of [0, 1]) {
        expect(isSmallOrder(encode(y, sign))).toBe(true);
        expect(failure(line("ssh-ed25519", wireString(encode(y, sign))))).toBe(
          "the public key cannot be used: signatures of this key can be made by anybody (point of small order)",
        );
      }
    }
    for (const y of [p, p + 1n, (1n << 255n) - 1n]) expect(isSmallOrder(encode(y, 0))).toBe(true);
    for (let y = 2n; y < 40n; y += 1n) expect([y, isSmallOrder(encode(y, 0))]).toEqual([y, ofSmallOrder(y)]);
  });

  it("are never generated", () => {
    for (let turn = 0; turn < 20; turn += 1)
      expect(fingerprint(generateKey().publicKey)).toMatch(/^SHA256:[\w+/]{43}$/);
  });
});
