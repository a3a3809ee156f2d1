import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatSshsig, parseSshsig, type Sshsig } from "./sshsig.ts";
import { wireString, wireU32 } from "./wire.ts";

function rewrap(armoured: string, width: number, newline: string = "\n"): string {
  const body = armoured.split("\n").slice(1, -2).join("");
  const lines = body.match(new RegExp(`.{1,${width}}`, "g")) ?? [];
  return ["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----", ""].join(newline);
}

function armour(blob: Uint8Array): string {
  const lines =
    Buffer.from(blob)
      .toString("base64")
      .match(/.{1,70}/g) ?? [];
  return ["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----", ""].join("\n");
}

interface Parts {
  magic: string;
  version: number;
  publicKey: string;
  namespace: string;
  reserved: string;
  hash: string;
  signature: string;
  tail: string;
}

const good: Parts = {
  magic: "SSHSIG",
  version: 1,
  publicKey: "key",
  namespace: "a@b",
  reserved: "",
  hash: "sha512",
  signature: "signature",
  tail: "",
};

function blob(change: Partial<Parts>): Buffer {
  const parts = { ...good, ...change };
  return Buffer.concat([
    Buffer.from(parts.magic),
    wireU32(parts.version),
    wireString(parts.publicKey),
    wireString(parts.namespace),
    wireString(parts.reserved),
    wireString(parts.hash),
    wireString(parts.signature),
    Buffer.from(parts.tail),
  ]);
}

describe("parseSshsig", () => {
  it("reads what it is made of", () => {
    expect(parseSshsig(armour(blob({})))).toEqual({
      publicKey: Buffer.from("key"),
      namespace: "a@b",
      hash: "sha512",
      signature: Buffer.from("signature"),
    });
  });

  it("refuses every part that is not as it must be", () => {
    const changes: Partial<Parts>[] = [
      { magic: "SSHSIX" },
      { version: 0 },
      { version: 2 },
      { namespace: "" },
      { namespace: "a b" },
      { namespace: "a\0" },
      { namespace: "ä" },
      { reserved: "x" },
      { hash: "" },
      { hash: "sha1" },
      { hash: "SHA512" },
      { hash: "sha384" },
      { hash: "__proto__" },
      { tail: "\0" },
    ];
    for (const change of changes)
      expect([change, parseSshsig(armour(blob(change)))]).toEqual([change, undefined]);
  });

  it("refuses a blob that is cut anywhere", () => {
    const whole = blob({});
    for (let length = 0; length < whole.length; length += 1) {
      expect(parseSshsig(armour(whole.subarray(0, length)))).toBeUndefined();
    }
  });

  it("takes the line widths in use, and no other", () => {
    const text = armour(blob({ signature: "x".repeat(300) }));
    for (const width of [64, 70, 76]) expect(parseSshsig(rewrap(text, width))).toEqual(parseSshsig(text));
    for (const width of [1, 60, 69, 71, 1000]) expect(parseSshsig(rewrap(text, width))).toBeUndefined();
    expect(parseSshsig(rewrap(text, 70, "\r\n"))).toBeUndefined();
  });

  it("takes nothing around it, and no second spelling of its base64", () => {
    const text = armour(blob({ signature: "12345678" }));
    expect(text).toContain("=\n");
    for (const changed of [
      ` ${text}`,
      `\n${text}`,
      `\uFEFF${text}`,
      `${text}\n`,
      `${text}x`,
      text + text,
      text.replace("=\n", "\n"),
      text.replace("=\n", "==\n"),
      text.replace(/([A-Za-z0-9+/])=\n/, (_, c: string) => `${String.fromCharCode(c.charCodeAt(0) + 1)}=\n`),
      text.replace("BEGIN SSH", "BEGIN  SSH"),
      text.replace("\n-----END", "-----END"),
      text.toLowerCase(),
      "",
      "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n",
      `-----BEGIN SSH SIGNATURE-----\n${"A".repeat(1e6)}\n-----END SSH SIGNATURE-----\n`,
    ]) {
      expect([changed.slice(0, 400), parseSshsig(changed)]).toEqual([changed.slice(0, 400), undefined]);
    }
    expect(parseSshsig(text.slice(0, -1))).toEqual(parseSshsig(text));
  });

  it("reads back what was written, and writes back what was read", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.stringMatching(/^[!-~]{1,40}$/),
        fc.constantFrom("sha256" as const, "sha512" as const),
        fc.uint8Array({ maxLength: 400 }),
        (publicKey, namespace, hash, signature) => {
          const value: Sshsig = { publicKey, namespace, hash, signature };
          const text = formatSshsig(value);
          const read = parseSshsig(text)!;
          expect([
            Buffer.from(read.publicKey),
            read.namespace,
            read.hash,
            Buffer.from(read.signature),
          ]).toEqual([Buffer.from(publicKey), namespace, hash, Buffer.from(signature)]);
          expect(formatSshsig(read)).toBe(text);
        },
      ),
    );
  });

  it("throws for no text at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        parseSshsig(armour(bytes));
        parseSshsig(armour(Buffer.concat([Buffer.from("SSHSIG\0\0\0\x01"), bytes])));
      }),
    );
  });
});
