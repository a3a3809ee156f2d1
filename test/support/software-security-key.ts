import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { formatSshsig, signedData } from "../../src/apply/approval/sshsig.ts";
import { wirePositive, wireString, wireU32 } from "../../src/apply/approval/wire.ts";

/** A FIDO security key in software: it signs as a real one does and claims whatever flags it is told to. */
export interface SoftwareSecurityKey {
  /** Public key line as ssh-keygen writes it. */
  readonly publicKey: string;
  /** An armoured SSHSIG. Flags: 1 = user present, 4 = user verified. Default 1. */
  sign(
    message: Uint8Array,
    namespace: string,
    options?: { readonly flags?: number; readonly counter?: number; readonly hash?: "sha256" | "sha512" },
  ): string;
}

/** Makes one. Format: openssh-portable PROTOCOL.u2f; the authenticator signs SHA256(application), flags, counter, SHA256(data). */
export function softwareSecurityKey(
  type: "ed25519-sk" | "ecdsa-sk",
  application: string = "ssh:",
): SoftwareSecurityKey {
  const name = type === "ed25519-sk" ? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com";
  const pair =
    type === "ed25519-sk"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwk = pair.publicKey.export({ format: "jwk" });
  const x = Buffer.from(jwk.x ?? "", "base64url");
  const blob = Buffer.concat([
    wireString(name),
    ...(type === "ed25519-sk"
      ? [wireString(x)]
      : [
          wireString("nistp256"),
          wireString(Buffer.concat([Buffer.from([4]), x, Buffer.from(jwk.y ?? "", "base64url")])),
        ]),
    wireString(application),
  ]);
  return {
    publicKey: `${name} ${blob.toString("base64")}`,
    sign(message, namespace, { flags = 1, counter = 7, hash = "sha512" } = {}) {
      const tail = Buffer.concat([Buffer.from([flags]), wireU32(counter)]);
      const asserted = Buffer.concat([
        sha256(application),
        tail,
        sha256(signedData(message, namespace, hash)),
      ]);
      const raw =
        type === "ed25519-sk" ? sign(null, asserted, pair.privateKey) : ecdsa(asserted, pair.privateKey);
      const signature = Buffer.concat([wireString(name), wireString(raw), tail]);
      return formatSshsig({ publicKey: blob, namespace, hash, signature });
    },
  };
}

function ecdsa(data: Buffer, key: KeyObject): Buffer {
  const fixed = sign("sha256", data, { key, dsaEncoding: "ieee-p1363" });
  return Buffer.concat([wirePositive(fixed.subarray(0, 32)), wirePositive(fixed.subarray(32))]);
}

function sha256(data: Uint8Array | string): Buffer {
  return createHash("sha256").update(data).digest();
}
