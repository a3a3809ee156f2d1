/** One for all files: making it takes longer than decoding a small file. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The text of a file, or why it is none: a message and the byte at which the trouble begins. */
export type DecodedText =
  | { readonly text: string }
  | { readonly reason: string; readonly line: number; readonly column: number };

/**
 * Bytes as UTF-8 text. A byte order mark at the start is dropped, as go-yaml does; UTF-16, bytes that are no UTF-8 and
 * NUL are refused (go-yaml would read UTF-16 by its mark, but the splitter that kubectl puts before it works on bytes).
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return utf16("has a UTF-16 byte order mark");
  const nul = bytes.indexOf(0);
  if (nul >= 0 && looksUtf16(bytes)) return utf16("looks like UTF-16");
  if (nul >= 0) return { reason: "it holds a NUL byte", ...position(bytes, nul) };
  try {
    return { text: utf8.decode(bytes) };
  } catch {
    const at = firstInvalid(bytes);
    const byte = (bytes[at] ?? 0).toString(16).padStart(2, "0");
    return { reason: `byte 0x${byte} is not UTF-8 here`, ...position(bytes, at) };
  }
}

function utf16(reason: string): DecodedText {
  return { reason: `it ${reason}`, line: 1, column: 1 };
}

/** Text of ASCII letters in UTF-16 has a NUL in every second byte. */
function looksUtf16(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, 64);
  const nuls = [0, 0];
  sample.forEach((byte, index) => {
    if (byte === 0) nuls[index & 1] = (nuls[index & 1] ?? 0) + 1;
  });
  const half = sample.length / 2;
  return bytes.length % 2 === 0 && Math.max(...nuls) > half * 0.6 && Math.min(...nuls) < half * 0.2;
}

function position(bytes: Uint8Array, at: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0 && end < at; end = bytes.indexOf(10, end + 1)) {
    line++;
    start = end + 1;
  }
  const before = new TextDecoder().decode(bytes.subarray(start, at));
  return { line, column: before.length + 1 };
}

/** Index of the first byte that does not belong to a well-formed UTF-8 sequence (Unicode 3.9, table 3-7). */
function firstInvalid(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return bytes.length;
}

function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  const second = bytes[at + 1] ?? 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let index = 2; index < length; index++) {
    const byte = bytes[at + index] ?? 0;
    if (byte < 0x80 || byte > 0xbf) return 0;
  }
  return length;
}
