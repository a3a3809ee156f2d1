import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";

/** DER: a tag, a length, the content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value, "utf8"));
const yes = der(0x01, Buffer.from([0xff]));
const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));

function distinguishedName(subject: Subject): Buffer {
  const attribute = (id: string, value: string): Buffer => der(0x31, sequence(oid(id), text(0x0c, value)));
  return sequence(
    ...(subject.organizations ?? []).map((name) => attribute("55040a", name)),
    attribute("550403", subject.commonName),
  );
}

/** UTCTime before 2050, GeneralizedTime after (RFC 5280 4.1.2.5). */
function time(date: string): Buffer {
  const digits = `${date.replaceAll("-", "")}000000Z`;
  return date < "2050" ? text(0x17, digits.slice(2)) : text(0x18, digits);
}

/** Identifier of a key: the SHA-1 of its SubjectPublicKeyInfo serves as well as any other (RFC 5280 4.2.1.2). */
function keyIdentifier(spki: Buffer): Buffer {
  return createHash("sha1").update(spki).digest();
}

export interface Subject {
  readonly commonName: string;
  /** What the API server takes as groups. */
  readonly organizations?: readonly string[];
}

export interface CertificateRequest extends Subject {
  readonly usage?: "server" | "client" | "authority";
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** `2020-01-01` and `2049-12-31` by default. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** Leaves out key usage and key identifiers, by which verifiers sort candidates out before they look at signatures. */
  readonly plain?: boolean;
}

export interface IssuedCertificate {
  /** PKCS #8, PEM. */
  readonly key: string;
  /** PEM. */
  readonly certificate: string;
  /** SHA-256 of the public key's SubjectPublicKeyInfo, in hexadecimal: what a pin holds. */
  readonly keySha256: string;
}

export interface Authority extends IssuedCertificate {
  issue(request: CertificateRequest): IssuedCertificate;
  /** An authority below this one. */
  issueAuthority(commonName: string): Authority;
}

/** A certificate authority that lives as long as the test: P-256 keys, X.509 by RFC 5280. */
export function authority(commonName: string): Authority {
  return newAuthority(commonName, undefined);
}

interface Issuer {
  readonly key: KeyObject;
  readonly name: Buffer;
  readonly identifier: Buffer;
}

const spkiOf = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

function newAuthority(commonName: string, above: Issuer | undefined): Authority {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer: Issuer = {
    key: pair.privateKey,
    name: distinguishedName({ commonName }),
    identifier: keyIdentifier(spkiOf(pair.publicKey)),
  };
  return {
    ...issued({ commonName, usage: "authority" }, pair, above ?? issuer),
    issue: (request) => issued(request, generateKeyPairSync("ec", { namedCurve: "P-256" }), issuer),
    issueAuthority: (below) => newAuthority(below, issuer),
  };
}

/** A certificate signed with the key of one that is no authority: what no verifier may accept. */
export function issuedByLeaf(
  leaf: Pick<IssuedCertificate, "key">,
  subject: Subject,
  request: CertificateRequest,
): IssuedCertificate {
  const key = createPrivateKey(leaf.key);
  const issuer: Issuer = {
    key,
    name: distinguishedName(subject),
    identifier: keyIdentifier(spkiOf(createPublicKey(key))),
  };
  return issued(request, generateKeyPairSync("ec", { namedCurve: "P-256" }), issuer);
}

function issued(
  request: CertificateRequest,
  pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  issuer: Issuer,
): IssuedCertificate {
  const usage = request.usage ?? "server";
  const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
    sequence(oid(id), ...(critical ? [yes] : []), der(0x04, value));
  const names = [
    ...(request.dnsNames ?? []).map((name) => text(0x82, name)),
    ...(request.ipAddresses ?? []).map((address) => der(0x87, Buffer.from(address.split(".").map(Number)))),
  ];
  const spki = spkiOf(pair.publicKey);
  const extensions = [
    usage === "authority"
      ? extension("551d13", true, sequence(yes))
      : extension(
          "551d25",
          false,
          sequence(oid(usage === "server" ? "2b06010505070301" : "2b06010505070302")),
        ),
    ...(names.length === 0 ? [] : [extension("551d11", false, sequence(...names))]),
  ];
  if (request.plain !== true) {
    extensions.push(
      extension("551d0e", false, der(0x04, keyIdentifier(spki))),
      extension("551d23", false, sequence(der(0x80, issuer.identifier))),
      // digitalSignature, or keyCertSign and cRLSign.
      extension("551d0f", true, der(0x03, Buffer.from(usage === "authority" ? [1, 0x06] : [7, 0x80]))),
    );
  }
  const serial = randomBytes(8);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ecdsaWithSha256,
    issuer.name,
    sequence(time(request.notBefore ?? "2020-01-01"), time(request.notAfter ?? "2049-12-31")),
    distinguishedName(request),
    spki,
    der(0xa3, sequence(...extensions)),
  );
  const whole = sequence(
    body,
    ecdsaWithSha256,
    der(0x03, Buffer.from([0]), sign("sha256", body, issuer.key)),
  );
  return {
    key: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificate: pem("CERTIFICATE", whole),
    keySha256: createHash("sha256").update(spki).digest("hex"),
  };
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
