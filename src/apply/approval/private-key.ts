import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { keyLine, type PublicKey, readPublicKey } from "./public-key.ts";
import { wireReader, wireString, wireU32 } from "./wire.ts";

/** A private key file of OpenSSH, as far as it can be read without a passphrase. Source: openssh-portable PROTOCOL.key. */
export interface PrivateKeyFile {
  /** Unencrypted in every file, also where the private part is encrypted. */
  readonly publicKey: PublicKey;
  /** The private key, when it is an unencrypted Ed25519 key; everything else is left to ssh-keygen. */
  readonly signer?: KeyObject;
}

const begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
const end = "-----END OPENSSH PRIVATE KEY-----";
const magic = Buffer.from("openssh-key-v1\0");

/** True when the text is in the format that `readPrivateKey` reads. */
export function isPrivateKeyFile(text: string): boolean {
  return text.startsWith(begin);
}

/** Reads the file's text; text says why it cannot be used. */
export function readPrivateKey(text: string): PrivateKeyFile | string {
  const body = text.slice(begin.length, text.lastIndexOf(end));
  if (!isPrivateKeyFile(text) || !text.includes(end) || !/^[A-Za-z0-9+/=\s]+$/.test(body))
    return "it is damaged";
  const reader = wireReader(Buffer.from(body.replaceAll(/\s/g, ""), "base64"));
  if (reader.bytes(magic.length)?.equals(magic) !== true) return "it is damaged";
  const cipher = reader.text();
  const kdf = reader.text();
  const options = reader.string();
  const count = reader.u32();
  const publicBlob = reader.string();
  const secret = reader.string();
  if (count !== undefined && count !== 1) return "it holds more than one key";
  if (cipher === undefined || options === undefined || publicBlob === undefined || secret === undefined) {
    return "it is damaged";
  }
  const publicKey = readPublicKey(publicBlob);
  if (typeof publicKey === "string") return publicKey;
  if (cipher !== "none" || kdf !== "none" || publicKey.type !== "ssh-ed25519") return { publicKey };
  const signer = readEd25519Secret(secret, publicKey);
  return signer === undefined ? "it is damaged" : { publicKey, signer };
}

/** An unencrypted section: two equal check numbers, one key, its comment, and 1, 2, 3 … up to a multiple of 8. */
function readEd25519Secret(secret: Buffer, publicKey: PublicKey): KeyObject | undefined {
  const reader = wireReader(secret);
  const check = reader.u32();
  if (check === undefined || check !== reader.u32() || reader.text() !== "ssh-ed25519") return undefined;
  const point = reader.string();
  const pair = reader.string();
  if (point?.length !== 32 || pair?.length !== 64 || reader.string() === undefined) return undefined;
  // The public half stands three times in the file; node:crypto derives it once more from the seed.
  if (!point.equals(Buffer.from(publicKey.blob).subarray(-32)) || !point.equals(pair.subarray(32)))
    return undefined;
  for (let step = 1; !reader.end(); step += 1) if (step > 7 || reader.u8() !== step) return undefined;
  return createPrivateKey({
    key: {
      kty: "OKP",
      crv: "Ed25519",
      x: point.toString("base64url"),
      d: pair.subarray(0, 32).toString("base64url"),
    },
    format: "jwk",
  });
}

/** A new Ed25519 key: the text of an unencrypted private key file, and the public key line. */
export function generateKey(): { privateKey: string; publicKey: string } {
  const pair = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const point = Buffer.from(pair.x ?? "", "base64url");
  const blob = Buffer.concat([wireString("ssh-ed25519"), wireString(point)]);
  const publicKey = readPublicKey(blob);
  if (typeof publicKey === "string") throw new TypeError(`node:crypto made an unusable key: ${publicKey}`);
  const check = randomBytes(4);
  const section = Buffer.concat([
    check,
    check,
    blob,
    wireString(Buffer.concat([Buffer.from(pair.d ?? "", "base64url"), point])),
    wireString(""),
  ]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, (8 - (section.length % 8)) % 8);
  const file = Buffer.concat([
    magic,
    wireString("none"),
    wireString("none"),
    wireString(""),
    wireU32(1),
    wireString(blob),
    wireString(Buffer.concat([section, padding])),
  ]);
  const lines = file.toString("base64").replaceAll(/.{70}/g, "$&\n");
  return {
    privateKey: `${begin}\n${lines}${lines.endsWith("\n") ? "" : "\n"}${end}\n`,
    publicKey: keyLine(publicKey),
  };
}
