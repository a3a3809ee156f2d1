import { createHash } from "node:crypto";
import { canonicalBase64, wireReader, wireString, wireU32 } from "./wire.ts";

/** The SSH signature format, version 1. Source: openssh-portable PROTOCOL.sshsig. */
export interface Sshsig {
  /** Serialised public key of the signer. */
  readonly publicKey: Uint8Array;
  readonly namespace: string;
  readonly hash: "sha256" | "sha512";
  /** Serialised signature: algorithm name and what it asks for. */
  readonly signature: Uint8Array;
}

const begin = "-----BEGIN SSH SIGNATURE-----";
const end = "-----END SSH SIGNATURE-----";
const magic = Buffer.from("SSHSIG");
/** Longest armoured text that is read: an RSA key of 16,384 bits needs 6 KiB. */
const longest = 16 * 1024;
/** ssh-keygen breaks lines at 70, PEM writers (Go) at 64, PROTOCOL.sshsig recommends 76. */
const widths: readonly number[] = [70, 64, 76];

/**
 * Reads an armoured signature; undefined when it is not exactly one. Stricter than ssh-keygen where the format leaves
 * room for two texts of one meaning: canonical base64 in lines of one width, nothing before or after, an empty
 * `reserved` field (ssh-keygen ignores it, though it is not signed), printable names.
 */
export function parseSshsig(armoured: string): Sshsig | undefined {
  const blob = dearmour(armoured);
  if (blob === undefined) return undefined;
  const reader = wireReader(blob);
  if (reader.bytes(magic.length)?.equals(magic) !== true || reader.u32() !== 1) return undefined;
  const publicKey = reader.string();
  const namespace = reader.text();
  const reserved = reader.string();
  const hash = reader.text();
  const signature = reader.string();
  if (publicKey === undefined || signature === undefined || !reader.end()) return undefined;
  if (namespace === undefined || namespace === "" || reserved?.length !== 0) return undefined;
  if (hash !== "sha256" && hash !== "sha512") return undefined;
  return { publicKey, namespace, hash, signature };
}

/** The armoured text as ssh-keygen writes it: lines of 70, a newline at the end. */
export function formatSshsig(signature: Sshsig): string {
  const blob = Buffer.concat([
    magic,
    wireU32(1),
    wireString(signature.publicKey),
    wireString(signature.namespace),
    wireString(""),
    wireString(signature.hash),
    wireString(signature.signature),
  ]);
  return `${begin}\n${lines(blob.toString("base64"), 70)}${end}\n`;
}

/** The bytes that the key signs for `message` (PROTOCOL.sshsig section 3). */
export function signedData(message: Uint8Array, namespace: string, hash: Sshsig["hash"]): Buffer {
  return Buffer.concat([
    magic,
    wireString(namespace),
    wireString(""),
    wireString(hash),
    wireString(createHash(hash).update(message).digest()),
  ]);
}

function dearmour(armoured: string): Buffer | undefined {
  if (armoured.length > longest || !armoured.startsWith(`${begin}\n`)) return undefined;
  const footer = armoured.endsWith("\n") ? `${end}\n` : end;
  if (!armoured.endsWith(`\n${footer}`)) return undefined;
  const body = armoured.slice(begin.length + 1, -footer.length);
  const base64 = body.replaceAll("\n", "");
  return widths.some((width) => lines(base64, width) === body) ? canonicalBase64(base64) : undefined;
}

function lines(text: string, width: number): string {
  let result = "";
  for (let at = 0; at < text.length; at += width) result += `${text.slice(at, at + width)}\n`;
  return result;
}
