import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { decodeBase64 } from "./base64.ts";

/** A key that notes are verified with: what `name+hash+base64` says (golang.org/x/mod/sumdb/note, C2SP signed-note). */
export interface NoteVerifier {
  readonly name: string;
  /** 8 lower-case hexadecimal digits. */
  readonly id: string;
  /** 32 bytes, RFC 8032. */
  readonly publicKey: Uint8Array;
}

/** The text that a known key signed, or why there is none. The text ends in a newline. */
export type OpenedNote = { readonly text: string } | { readonly problem: string };

const ed25519 = 0x01;
const maxNoteBytes = 1_000_000;
const maxSignatures = 100;
// DER of SubjectPublicKeyInfo for Ed25519 up to the key (RFC 8410 4).
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");

/** Verifier key of an Ed25519 public key (32 bytes). @throws {RangeError} for a bad name or key: a bug of the caller. */
export function noteVerifier(name: string, publicKey: Uint8Array): NoteVerifier {
  if (!isKeyName(name)) throw new RangeError(`${JSON.stringify(name)} is no name of a note key`);
  if (publicKey.length !== 32) throw new RangeError("an Ed25519 public key has 32 bytes");
  return { name, id: keyId(name, publicKey), publicKey };
}

/** `name+hash+base64(0x01 || public key)`. */
export function verifierText(verifier: NoteVerifier): string {
  const key = Buffer.concat([Uint8Array.of(ed25519), verifier.publicKey]).toString("base64");
  return `${verifier.name}+${verifier.id}+${key}`;
}

/** Reads a verifier key text; undefined when it is none, is not Ed25519, or its hash does not fit name and key. */
export function parseVerifier(text: string): NoteVerifier | undefined {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  const [, name, id, base64] = parts ?? [];
  if (name === undefined || id === undefined || base64 === undefined || !isKeyName(name)) return undefined;
  const key = decodeBase64(base64);
  if (key === undefined || key.length !== 33 || key[0] !== ed25519) return undefined;
  const publicKey = key.subarray(1);
  return keyId(name, publicKey) === id ? { name, id, publicKey } : undefined;
}

/** The 32 bytes of an Ed25519 key (private or public). @throws {RangeError} for another kind of key. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  if (key.asymmetricKeyType !== "ed25519") throw new RangeError("not an Ed25519 key");
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return publicKey.export({ type: "spki", format: "der" }).subarray(spkiPrefix.length);
}

/**
 * Signs a note text (must end in a newline). The result ends in one signature line by `name`.
 * @throws {RangeError} for a text or name that a note cannot carry.
 */
export function signNote(text: string, name: string, privateKey: KeyObject): string {
  if (!text.endsWith("\n") || !isNoteText(text)) throw new RangeError("this text cannot be a note");
  const verifier = noteVerifier(name, rawPublicKey(privateKey));
  const signature = sign(null, Buffer.from(text, "utf8"), privateKey);
  const line = Buffer.concat([Buffer.from(verifier.id, "hex"), signature]).toString("base64");
  return `${text}\n— ${name} ${line}\n`;
}

/**
 * Opens a note: exactly one signature by the known key, and it must hold. Signatures of other keys are ignored, but
 * must be well-formed. Stricter than the specification in two things that would leave a byte of the note without
 * meaning: a second signature of the known key, and base64 with stray bits, are refused.
 */
export function openNote(note: Uint8Array, verifier: NoteVerifier): OpenedNote {
  if (note.length > maxNoteBytes) return { problem: "the note is larger than 1,000,000 bytes" };
  const whole = utf8Text(note);
  if (whole === undefined || !isNoteText(whole)) return { problem: "the note is not plain UTF-8 text" };
  const split = whole.lastIndexOf("\n\n");
  if (split < 0) return { problem: "the note has no signature" };
  const text = whole.slice(0, split + 1);
  const block = whole.slice(split + 2);
  if (!block.endsWith("\n")) return { problem: "the note does not end in a signature line" };
  const lines = block.slice(0, -1).split("\n");
  if (lines.length > maxSignatures) return { problem: `the note has more than ${maxSignatures} signatures` };
  let found: Uint8Array | undefined;
  for (const line of lines) {
    const [, name, base64] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
    const bytes = base64 === undefined ? undefined : decodeBase64(base64);
    if (name === undefined || !isKeyName(name) || bytes === undefined || bytes.length < 5)
      return { problem: "the note has a malformed signature line" };
    const id = bytes.subarray(0, 4).toString("hex");
    if (name !== verifier.name || id !== verifier.id) continue;
    if (found !== undefined) return { problem: "the note has two signatures of one key" };
    found = bytes.subarray(4);
  }
  if (found === undefined) return { problem: `the note is not signed by ${verifier.name}+${verifier.id}` };
  const key = createPublicKey({
    key: Buffer.concat([spkiPrefix, verifier.publicKey]),
    format: "der",
    type: "spki",
  });
  const holds = found.length === 64 && verify(null, Buffer.from(text, "utf8"), key, found);
  return holds ? { text } : { problem: `the signature of ${verifier.name}+${verifier.id} does not hold` };
}

function keyId(name: string, publicKey: Uint8Array): string {
  const hash = createHash("sha256").update(`${name}\n`).update(Uint8Array.of(ed25519)).update(publicKey);
  return hash.digest("hex").slice(0, 8);
}

function isKeyName(name: string): boolean {
  return name !== "" && name.isWellFormed() && !/[\p{White_Space}+]/u.test(name) && isNoteText(name);
}

function isNoteText(text: string): boolean {
  // No control character below U+0020 but the newline.
  return text.isWellFormed() && !/[^\P{Cc}\n\u007f-\u009f]/u.test(text);
}

function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    // A byte order mark is text of the note: it must not be swallowed.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
