import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { OpsError } from "../../kube/ops-error.ts";
import { isSmallOrder } from "./ed25519-order.ts";
import { canonicalBase64, type WireReader, wireReader } from "./wire.ts";

/**
 * A public key that may sign: exactly these types, no certificate, no DSA. Sources: RFC 4253 (ssh-rsa), RFC 5656
 * (ecdsa), RFC 8709 (ed25519), openssh-portable PROTOCOL.u2f (security keys).
 */
export interface PublicKey {
  readonly type: KeyType;
  /** The serialised key: what stands in base64 in a key line. */
  readonly blob: Uint8Array;
  readonly key: KeyObject;
  /** Bytes of a field element (ECDSA) or of the modulus (RSA); 32 for Ed25519. */
  readonly size: number;
  /** Of a security key: the relying party that it signs for, `ssh:` or `ssh:…`. */
  readonly application?: string;
}

export type KeyType =
  | "ssh-ed25519"
  | "ecdsa-sha2-nistp256"
  | "ecdsa-sha2-nistp384"
  | "ecdsa-sha2-nistp521"
  | "ssh-rsa"
  | "sk-ssh-ed25519@openssh.com"
  | "sk-ecdsa-sha2-nistp256@openssh.com";

const curves = {
  nistp256: { crv: "P-256", size: 32 },
  nistp384: { crv: "P-384", size: 48 },
  nistp521: { crv: "P-521", size: 66 },
} as const;

const rsaBits = { least: 2048, most: 16_384 };

/**
 * Reads one public key line, `type base64 [comment]`.
 * @throws {OpsError} KEY_UNUSABLE for anything else: options before the type, certificates, other types, RSA below 2048
 * bits, a base64 part that is not canonical, a key that is not on its curve or of small order.
 */
export function parsePublicKey(line: string): PublicKey {
  const match = /^([\x21-\x7e]{1,64}) ([A-Za-z0-9+/]{1,8192}={0,2})(?: [^\p{Cc}\u2028\u2029]*)?$/u.exec(line);
  const type = match?.[1];
  if (match === null || type === undefined || line.length > 16_384) {
    throw new OpsError("KEY_UNUSABLE", "this is not an OpenSSH public key line", {
      hint: "give one line `type base64 [comment]` without options, as in ~/.ssh/id_ed25519.pub",
    });
  }
  if (type.endsWith("-cert-v01@openssh.com")) {
    throw new OpsError("KEY_UNUSABLE", "this is a certificate; only plain public keys are accepted", {
      hint: "give the key that the certificate is for, the .pub file without -cert",
    });
  }
  const blob = canonicalBase64(match[2] ?? "");
  const key = blob === undefined ? "its base64 part is damaged" : readPublicKey(blob);
  if (typeof key === "string") {
    throw new OpsError("KEY_UNUSABLE", `the public key cannot be used: ${key}`, {
      hint: "use an Ed25519, ECDSA or RSA key (2048 bits or more) or a security key, made by ssh-keygen",
    });
  }
  if (key.type !== type) {
    throw new OpsError(
      "KEY_UNUSABLE",
      `the public key line says ${type} and holds a key of type ${key.type}`,
    );
  }
  return key;
}

/** `SHA256:…` as ssh-keygen prints it. @throws {OpsError} KEY_UNUSABLE as `parsePublicKey`. */
export function fingerprint(line: string): string {
  return keyFingerprint(parsePublicKey(line));
}

/** Type and base64, without comment: equal for equal keys. @throws {OpsError} KEY_UNUSABLE as `parsePublicKey`. */
export function normaliseKey(line: string): string {
  return keyLine(parsePublicKey(line));
}

export function keyLine(key: PublicKey): string {
  return `${key.type} ${Buffer.from(key.blob).toString("base64")}`;
}

export function keyFingerprint(key: PublicKey): string {
  return `SHA256:${createHash("sha256").update(key.blob).digest("base64").replace(/=+$/, "")}`;
}

/** Reads a serialised public key; text says why it cannot be used. */
export function readPublicKey(blob: Uint8Array): PublicKey | string {
  const reader = wireReader(blob);
  const type = reader.text();
  switch (type) {
    case "ssh-ed25519":
    case "sk-ssh-ed25519@openssh.com":
      return readEd25519(reader, type, blob);
    case "ecdsa-sha2-nistp256":
    case "ecdsa-sha2-nistp384":
    case "ecdsa-sha2-nistp521":
    case "sk-ecdsa-sha2-nistp256@openssh.com":
      return readEcdsa(reader, type, blob);
    case "ssh-rsa":
      return readRsa(reader, blob);
    default:
      return "its type is not one that may sign";
  }
}

function readEd25519(
  reader: WireReader,
  type: "ssh-ed25519" | "sk-ssh-ed25519@openssh.com",
  blob: Uint8Array,
): PublicKey | string {
  const point = reader.string();
  const application = type === "ssh-ed25519" ? null : readApplication(reader);
  if (point?.length !== 32 || application === undefined || !reader.end()) return damaged(application);
  if (isSmallOrder(point)) return "signatures of this key can be made by anybody (point of small order)";
  const key = fromJwk({ kty: "OKP", crv: "Ed25519", x: point.toString("base64url") });
  return key === undefined ? "it is damaged" : finish({ type, blob, key, size: 32 }, application);
}

function readEcdsa(
  reader: WireReader,
  type: Exclude<KeyType, "ssh-ed25519" | "ssh-rsa" | "sk-ssh-ed25519@openssh.com">,
  blob: Uint8Array,
): PublicKey | string {
  const curve = reader.text();
  const point = reader.string();
  const secured = type === "sk-ecdsa-sha2-nistp256@openssh.com";
  const application = secured ? readApplication(reader) : null;
  if (curve !== (secured ? "nistp256" : type.slice("ecdsa-sha2-".length))) return "it is damaged";
  const { crv, size } = curves[curve as keyof typeof curves];
  if (point?.length !== 1 + 2 * size || point[0] !== 4 || application === undefined || !reader.end()) {
    return damaged(application);
  }
  const key = fromJwk({
    kty: "EC",
    crv,
    x: point.subarray(1, 1 + size).toString("base64url"),
    y: point.subarray(1 + size).toString("base64url"),
  });
  return key === undefined ? "its point is not on the curve" : finish({ type, blob, key, size }, application);
}

function readRsa(reader: WireReader, blob: Uint8Array): PublicKey | string {
  const e = reader.positive();
  const n = reader.positive();
  if (e === undefined || n === undefined || !reader.end()) return "it is damaged";
  const bits = n.length * 8 - Math.clz32(n[0] ?? 0) + 24;
  if (bits < rsaBits.least) return `RSA keys need ${rsaBits.least} bits or more, this one has ${bits}`;
  if (bits > rsaBits.most) return `RSA keys may have up to ${rsaBits.most} bits, this one has ${bits}`;
  // With an exponent of 1 anybody can sign; OpenSSL limits large exponents to 64 bits.
  const last = e[e.length - 1] ?? 0;
  if (last % 2 === 0 || e.length > 8 || (e.length === 1 && last < 3)) return "its RSA exponent is unsafe";
  const key = fromJwk({ kty: "RSA", n: n.toString("base64url"), e: e.toString("base64url") });
  return key === undefined ? "it is damaged" : { type: "ssh-rsa", blob, key, size: n.length };
}

/** The relying party. OpenSSH's own are `ssh:` and what users add to it; anything else was made for a web site. */
function readApplication(reader: WireReader): string | undefined {
  const application = reader.text();
  return application?.startsWith("ssh:") === true ? application : undefined;
}

function damaged(application: string | null | undefined): string {
  return application === undefined
    ? "it is damaged, or a security key for something else than SSH"
    : "it is damaged";
}

function finish(key: PublicKey, application: string | null | undefined): PublicKey {
  return typeof application === "string" ? { ...key, application } : key;
}

function fromJwk(jwk: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    return undefined;
  }
}
