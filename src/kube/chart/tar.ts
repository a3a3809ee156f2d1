/** A file of an archive. */
export interface ArchiveFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;

/**
 * The files of a tar archive, in their order (POSIX.1-2017 pax, ustar and the long names of GNU tar). Folders are passed
 * over; links, devices and everything else make it unreadable. A text says why it cannot be read.
 */
export function readTar(bytes: Uint8Array, most: number): readonly ArchiveFile[] | string {
  const files: ArchiveFile[] = [];
  let longName: string | undefined;
  let at = 0;
  for (;;) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return files;
    if (header.length < BLOCK) return "it ends in the middle of a header";
    if (octal(header, 148, 8) !== sum(header)) return "a header has a wrong sum";
    const size = octal(header, 124, 12);
    if (size === undefined) return "a header has no size";
    const from = at + BLOCK;
    if (from + size > bytes.length) return "it ends in the middle of a file";
    const content = bytes.subarray(from, from + size);
    at = from + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCodePoint(header[156] ?? 0);
    if (type === "g") continue;
    if (type === "x") {
      longName = paxPath(content) ?? longName;
      continue;
    }
    if (type === "L") {
      longName = cString(content, 0, content.length);
      continue;
    }
    const path = longName ?? shortName(header);
    longName = undefined;
    if (type === "5") continue;
    if (type !== "0" && type !== "\0") return `it holds an entry of type ${JSON.stringify(type)}`;
    files.push({ path, bytes: content });
    if (files.length > most) return `it holds more than ${most} files`;
  }
}

/** A tar archive of files, the same bytes for the same files. */
export function writeTar(files: readonly ArchiveFile[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { path, bytes } of files) {
    const name = new TextEncoder().encode(path);
    if (name.length > 100) {
      const long = new Uint8Array(name.length + 1);
      long.set(name);
      parts.push(header("././@LongLink", long.length, "L"), padded(long));
    }
    parts.push(header(path, bytes.length, "0"), padded(bytes));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function header(path: string, size: number, type: string): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const text = (at: number, value: string): void => block.set(new TextEncoder().encode(value), at);
  block.set(new TextEncoder().encode(path).subarray(0, 100));
  text(100, "0000644\0");
  text(108, "0000000\0");
  text(116, "0000000\0");
  text(124, `${size.toString(8).padStart(11, "0")}\0`);
  text(136, "00000000000\0");
  text(156, type);
  text(257, "ustar\u000000");
  text(148, `${sum(block).toString(8).padStart(6, "0")}\0 `);
  return block;
}

function padded(bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK);
  all.set(bytes);
  return all;
}

/** The sum of a header, its own field read as spaces. */
function sum(block: Uint8Array): number {
  let total = 0;
  for (const [index, byte] of block.entries()) total += index >= 148 && index < 156 ? 32 : byte;
  return total;
}

function octal(block: Uint8Array, at: number, length: number): number | undefined {
  const text = cString(block, at, length).trim();
  return /^[0-7]{1,11}$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

function cString(bytes: Uint8Array, at: number, length: number): string {
  const part = bytes.subarray(at, at + length);
  const end = part.indexOf(0);
  return new TextDecoder().decode(end < 0 ? part : part.subarray(0, end));
}

function shortName(block: Uint8Array): string {
  const name = cString(block, 0, 100);
  const prefix = cString(block, 257, 5) === "ustar" ? cString(block, 345, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** The `path` of a pax header: records `<length> <key>=<value>\n`. */
function paxPath(content: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(content);
  return /^\d+ path=([^\n]*)$/m.exec(text)?.[1];
}
