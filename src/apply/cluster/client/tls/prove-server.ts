import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { DetailedPeerCertificate } from "node:tls";
import type { Anchor } from "./anchors.ts";

/** What a server's certificate proves. */
export type Proof =
  | { readonly proved: true; readonly anchor: Anchor }
  | { readonly proved: false; readonly fault: "no-certificate" | "anchor" | "expired" | "name" | "usage" };

const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const ANY_USAGE = "2.5.29.37.0";
const longestChain = 10;

/** The certificates that the server sent, its own first. */
export function sentChain(peer: DetailedPeerCertificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let current: DetailedPeerCertificate | undefined = peer;
  while (current?.raw !== undefined && chain.length < longestChain) {
    const certificate = new X509Certificate(current.raw);
    if (chain.some((earlier) => earlier.raw.equals(certificate.raw))) break;
    chain.push(certificate);
    current = current.issuerCertificate;
  }
  return chain;
}

/**
 * Whether the chain leads to one of the anchors, for this name, now (RFC 5280 6.1, RFC 6125). It stands beside OpenSSL's
 * own verification, not in its place: Node.js gives that result only after the handshake, and by then a client
 * certificate has left (measured with TLS 1.2). Both must hold before anything else is sent.
 */
export function proveServer(
  chain: readonly X509Certificate[],
  anchors: readonly Anchor[],
  name: string,
  now: number,
): Proof {
  const [leaf, ...rest] = chain;
  if (leaf === undefined) return { proved: false, fault: "no-certificate" };
  const usages = leaf.keyUsage;
  const matches = isIP(name) === 0 ? leaf.checkHost(name, { subject: "never" }) : leaf.checkIP(name);
  let current = leaf;
  for (let depth = 0; depth < longestChain; depth++) {
    if (!validAt(current, now)) return { proved: false, fault: "expired" };
    const anchor = anchors.find(({ certificate }) => issues(certificate, current, now));
    if (anchor !== undefined) {
      if (matches === undefined) return { proved: false, fault: "name" };
      if (usages !== undefined && !usages.includes(SERVER_AUTH) && !usages.includes(ANY_USAGE))
        return { proved: false, fault: "usage" };
      return { proved: true, anchor };
    }
    const next = rest.find((certificate) => certificate !== current && issues(certificate, current, now));
    if (next === undefined) break;
    current = next;
  }
  return { proved: false, fault: "anchor" };
}

/** A server may show the very certificate that is trusted; else the issuer is a CA, and its key made the signature. */
function issues(issuer: X509Certificate, subject: X509Certificate, now: number): boolean {
  if (issuer.raw.equals(subject.raw)) return true;
  return issuer.ca && validAt(issuer, now) && subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function validAt(certificate: X509Certificate, now: number): boolean {
  return certificate.validFromDate.getTime() <= now && now <= certificate.validToDate.getTime();
}
