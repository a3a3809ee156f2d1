/**
 * Standard base64 (RFC 4648 4), only in its one canonical form: padding, no stray bits, no white space. Node's own
 * decoder accepts much more, which would let a byte of a signed file change without a trace.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}
