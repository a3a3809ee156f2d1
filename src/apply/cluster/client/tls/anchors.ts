import { createHash, X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";

/** A CA certificate that a server's certificate may lead to. */
export interface Anchor {
  readonly certificate: X509Certificate;
  readonly pem: string;
  readonly keySha256: string;
}

/** SHA-256 of a certificate's SubjectPublicKeyInfo, in hexadecimal: the key, whatever certificate carries it. */
export function keySha256(certificate: X509Certificate): string {
  return createHash("sha256")
    .update(certificate.publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

const certificatePattern = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text; undefined when one of them cannot be read or there is none. */
export function readCertificates(pem: string): readonly X509Certificate[] | undefined {
  const blocks = pem.match(certificatePattern) ?? [];
  try {
    return blocks.length === 0 ? undefined : blocks.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

/** The CAs of a bundle, or the public ones that Node.js brings; only those with the pinned key when there is a pin. */
export function anchorsOf(caPem: string | null, pinnedKey: string | undefined): readonly Anchor[] {
  const certificates =
    caPem === null
      ? rootCertificates.map((pem) => new X509Certificate(pem))
      : (readCertificates(caPem) ?? []);
  return certificates
    .map(
      (certificate): Anchor => ({
        certificate,
        pem: certificate.toString(),
        keySha256: keySha256(certificate),
      }),
    )
    .filter((anchor) => pinnedKey === undefined || anchor.keySha256 === pinnedKey);
}
