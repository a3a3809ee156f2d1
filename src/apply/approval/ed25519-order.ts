/**
 * True when an Ed25519 public key is one for which signatures can be made without a private key: a point of order 1, 2,
 * 4 or 8, or a y coordinate at or above the prime (a second spelling of another point). OpenSSL and ssh-keygen accept
 * such keys; RFC 8032 section 5.1.7 leaves the check to the caller.
 */
export function isSmallOrder(point: Uint8Array): boolean {
  let y = 0n;
  for (let at = 31; at >= 0; at -= 1) y = (y << 8n) | BigInt(point[at] ?? 0);
  y &= (1n << 255n) - 1n;
  return y >= prime || smallOrder.includes(y);
}

const prime = (1n << 255n) - 19n;

/** Of order 8: the positive root whose doubling has y = 0, i.e. -x² = y² on the curve. Both signs of x share it. */
const orderEight = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;

const smallOrder: readonly bigint[] = [0n, 1n, prime - 1n, orderEight, prime - orderEight];
