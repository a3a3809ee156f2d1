import { createHash, verify } from "node:crypto";
import type { SignatureVerifier, VerifiedSignature } from "../../plan/approval-statement.ts";
import { keyFingerprint, keyLine, type PublicKey, readPublicKey } from "./public-key.ts";
import { parseSshsig, signedData } from "./sshsig.ts";
import { type WireReader, wireReader } from "./wire.ts";

/**
 * Verifies SSHSIG signatures with node:crypto. Says who signed, never whether they may: the caller compares the key.
 * A security key's flags are part of what it signed; that the person was present is the caller's rule (kernel K10;
 * `ssh-keygen -Y verify` asks for neither).
 */
export const sshSignatureVerifier: SignatureVerifier = Object.freeze({
  verify(message: Uint8Array, namespace: string, armoured: string): VerifiedSignature | undefined {
    const parsed = parseSshsig(armoured);
    if (parsed === undefined || parsed.namespace !== namespace) return undefined;
    const key = readPublicKey(parsed.publicKey);
    if (typeof key === "string") return undefined;
    const flags = verifyBlob(key, parsed.signature, signedData(message, namespace, parsed.hash));
    if (flags === undefined) return undefined;
    return Object.freeze({
      key: keyLine(key),
      fingerprint: keyFingerprint(key),
      presence: flags,
    });
  },
});

type Presence = VerifiedSignature["presence"];

/** Presence flags (null for a software key) when the signature holds, undefined when it does not. */
function verifyBlob(key: PublicKey, signature: Uint8Array, data: Buffer): Presence | undefined {
  const reader = wireReader(signature);
  const algorithm = reader.text();
  const raw = reader.string();
  if (algorithm === undefined || raw === undefined) return undefined;
  if (key.application !== undefined)
    return verifySecurityKey({ ...key, application: key.application }, algorithm, raw, reader, data);
  if (!reader.end()) return undefined;
  return verifySoftware(key, algorithm, raw, data) ? null : undefined;
}

function verifySoftware(key: PublicKey, algorithm: string, raw: Buffer, data: Buffer): boolean {
  if (key.type === "ssh-rsa") {
    // RFC 8332. The name `ssh-rsa` would mean SHA-1.
    const hash = Object.hasOwn(rsaHashes, algorithm)
      ? rsaHashes[algorithm as keyof typeof rsaHashes]
      : undefined;
    return hash !== undefined && raw.length === key.size && verify(hash, data, key.key, raw);
  }
  if (algorithm !== key.type) return false;
  if (key.type === "ssh-ed25519") return raw.length === 64 && verify(null, data, key.key, raw);
  const hash = key.size === 32 ? "sha256" : key.size === 48 ? "sha384" : "sha512";
  return verifyEcdsa(key, hash, raw, data);
}

const rsaHashes = { "rsa-sha2-256": "sha256", "rsa-sha2-512": "sha512" } as const;

/**
 * PROTOCOL.u2f: after the signature stand one byte of flags and a counter of 32 bits; what was signed is
 * SHA-256(application) ‖ flags ‖ counter ‖ SHA-256(data).
 */
function verifySecurityKey(
  key: PublicKey & { readonly application: string },
  algorithm: string,
  raw: Buffer,
  reader: WireReader,
  data: Buffer,
): Presence | undefined {
  const tail = reader.bytes(5);
  const flags = tail?.[0];
  if (algorithm !== key.type || tail === undefined || flags === undefined || !reader.end()) return undefined;
  // Attested credential data or extensions would follow (WebAuthn section 6.1): this is no SSH assertion.
  if ((flags & 0xc0) !== 0) return undefined;
  const signed = Buffer.concat([sha256(Buffer.from(key.application)), tail, sha256(data)]);
  const holds =
    key.type === "sk-ssh-ed25519@openssh.com"
      ? raw.length === 64 && verify(null, signed, key.key, raw)
      : verifyEcdsa(key, "sha256", raw, signed);
  if (!holds) return undefined;
  return Object.freeze({ userPresent: (flags & 0x01) !== 0, userVerified: (flags & 0x04) !== 0 });
}

/** RFC 5656 section 3.1.2: the two numbers of the signature, here brought to the fixed width that node:crypto takes. */
function verifyEcdsa(key: PublicKey, hash: string, raw: Buffer, data: Buffer): boolean {
  const reader = wireReader(raw);
  const r = reader.positive();
  const s = reader.positive();
  if (r === undefined || s === undefined || !reader.end()) return false;
  if (r.length > key.size || s.length > key.size) return false;
  const fixed = Buffer.alloc(2 * key.size);
  r.copy(fixed, key.size - r.length);
  s.copy(fixed, 2 * key.size - s.length);
  return verify(hash, data, { key: key.key, dsaEncoding: "ieee-p1363" }, fixed);
}

function sha256(data: Uint8Array): Buffer {
  return createHash("sha256").update(data).digest();
}
