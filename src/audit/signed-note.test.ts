import { generateKeyPairSync } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  noteVerifier,
  openNote,
  parseVerifier,
  rawPublicKey,
  signNote,
  verifierText,
} from "./signed-note.ts";

const name = "log.example/one";
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const verifier = noteVerifier(name, rawPublicKey(privateKey));
const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");
const other = generateKeyPairSync("ed25519").privateKey;

describe("verifier keys", () => {
  test("are written and read", () => {
    expect(parseVerifier(verifierText(verifier))).toEqual({
      name,
      id: verifier.id,
      publicKey: Buffer.from(rawPublicKey(publicKey)),
    });
  });

  test("the key of the Go checksum database is read", () => {
    // https://go.dev/ref/mod#checksum-database names it; it is built into the go command.
    const text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    expect(parseVerifier(text)?.name).toBe("sum.golang.org");
    expect(parseVerifier(text.replace("033de0ae", "033de0af"))).toBeUndefined();
    expect(parseVerifier(text.replace("sum.golang.org", "sum.golang.com"))).toBeUndefined();
  });

  test.each([
    "",
    "a",
    "a+b+c",
    "a b+00000000+AQ==",
    `${name}+${verifier.id}+`,
    `${name}+${verifier.id}+AAAA`,
  ])("%j is none", (text) => {
    expect(parseVerifier(text)).toBeUndefined();
  });

  test("names with spaces, plus signs or nothing in them are refused", () => {
    for (const bad of ["", "a b", "a\u00a0b", "a+b", "a\u3000", "a\nb", "a\u0000b"])
      expect(() => noteVerifier(bad, verifier.publicKey)).toThrow("is no name of a note key");
  });
});

describe("notes", () => {
  test("open with the key that signed them", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        // eslint-disable-next-line no-control-regex
        const body = `${text.replaceAll(/[\u0000-\u0009\u000b-\u001f]/g, "")}\n`;
        expect(openNote(bytes(signNote(body, name, privateKey)), verifier)).toEqual({ text: body });
      }),
    );
  });

  test("a text may hold empty lines and what looks like signatures", () => {
    const body = "one\n\n— two AAAA\n\nthree\n";
    expect(openNote(bytes(signNote(body, name, privateKey)), verifier)).toEqual({ text: body });
  });

  test("a text without an end of line, or with control characters, is not signed", () => {
    for (const bad of ["", "a", "a\u0007\n", "a\tb\n", "\ud800\n"])
      expect(() => signNote(bad, name, privateKey)).toThrow("this text cannot be a note");
  });

  const signed = signNote("one\ntwo\n", name, privateKey);
  const line = signed.slice(signed.indexOf("\n\n") + 2);
  const foreign = signNote("one\ntwo\n", name, other);
  const foreignLine = foreign.slice(foreign.indexOf("\n\n") + 2);

  test("signatures of unknown keys are ignored, on either side", () => {
    expect(openNote(bytes(`${signed}${foreignLine}`), verifier)).toEqual({ text: "one\ntwo\n" });
    expect(openNote(bytes(signed.replace(line, foreignLine + line)), verifier)).toEqual({
      text: "one\ntwo\n",
    });
  });

  test.each([
    ["another key's", foreign, `the note is not signed by ${name}+${verifier.id}`],
    ["no signature", "one\n", "the note has no signature"],
    ["an empty block", "one\n\n", "the note does not end in a signature line"],
    ["a cut end", signed.slice(0, -1), "the note does not end in a signature line"],
    ["two of one key", signed + line, "the note has two signatures of one key"],
    ["a stray line", `${signed}x\n`, "the note has a malformed signature line"],
    ["a hyphen for the dash", signed.replace("— ", "- "), "the note has a malformed signature line"],
    ["a second space", signed.replace("— ", "—  "), "the note has a malformed signature line"],
    ["unpadded base64", signed.replace("=\n", "\n"), "the note has a malformed signature line"],
    ["a changed text", signed.replace("two", "six"), `the signature of ${name}+${verifier.id} does not hold`],
    ["a carriage return", signed.replace("\n\n", "\r\n\n"), "the note is not plain UTF-8 text"],
    ["101 signatures", signed + foreignLine.repeat(100), "the note has more than 100 signatures"],
    ["a huge note", "x".repeat(1_000_001), "the note is larger than 1,000,000 bytes"],
  ])("%s is refused", (_, note, problem) => {
    expect(openNote(bytes(note), verifier)).toEqual({ problem });
  });

  test("a byte that is not UTF-8, and a byte order mark, are not swallowed", () => {
    expect(openNote(Buffer.concat([Uint8Array.of(0xff), bytes(signed)]), verifier)).toEqual({
      problem: "the note is not plain UTF-8 text",
    });
    expect(openNote(bytes(`\ufeff${signed}`), verifier)).toEqual({
      problem: `the signature of ${name}+${verifier.id} does not hold`,
    });
  });

  test("no bit of a note can change", () => {
    const whole = bytes(signed);
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const changed = Uint8Array.from(whole);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(openNote(changed, verifier), `bit ${bit}`).toHaveProperty("problem");
    }
  });
});
