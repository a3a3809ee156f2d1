/**
 * The bytes of an IP address, 4 or 16, as Go's net.ParseIP reads it: no zone, no leading zeros; undefined when it is none.
 * `sloppy` takes leading zeros in IPv4 (k8s.io/utils/net ParseIPSloppy).
 */
export function parseAddress(text: string, sloppy = false): readonly number[] | undefined {
  return text.includes(":") ? parseSix(text, sloppy) : parseFour(text, sloppy);
}

function parseFour(text: string, sloppy: boolean): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  for (const part of parts) {
    if (!/^[0-9]+$/.test(part) || (!sloppy && part.length > 1 && part.startsWith("0"))) return undefined;
    const value = part.length > 8 ? 256 : Number(part);
    if (value > 255) return undefined;
    bytes.push(value);
  }
  return bytes;
}

function parseSix(text: string, sloppy: boolean): readonly number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] ?? "", sloppy, halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1] ?? "", sloppy, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  // `::` stands for at least one group of zeros.
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

function groups(text: string, sloppy: boolean, last: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes(".")) {
      const four = parseFour(part, sloppy);
      if (four === undefined) return undefined;
      bytes.push(...four);
      continue;
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    const value = Number.parseInt(part, 16);
    bytes.push(value >> 8, value & 255);
  }
  return bytes;
}

/** Is it an IPv4 address in IPv6 form (`::ffff:10.0.0.1`)? */
export function isMapped(bytes: readonly number[]): boolean {
  return (
    bytes.length === 16 &&
    bytes.slice(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 255 &&
    bytes[11] === 255
  );
}

/** The text of 4 or 16 bytes; of 16 that of RFC 5952: lower case, no leading zeros, the longest run of zeros left out. */
export function addressText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  const words = Array.from(
    { length: 8 },
    (_, index) => ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0),
  );
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (words[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  const hex = words.map((word) => word.toString(16));
  if (best.length < 2) return hex.join(":");
  return `${hex.slice(0, best.start).join(":")}::${hex.slice(best.start + best.length).join(":")}`;
}

/** The bytes as one number, and back. */
export function numberOf(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function bytesOf(value: bigint, length: 4 | 16): readonly number[] {
  return Array.from({ length }, (_, index) => Number((value >> BigInt(8 * (length - 1 - index))) & 255n));
}
