/** A file of an archive. */
export interface ArchiveFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Bytes of a block: headers have one, and contents fill whole ones. */
export const BLOCK = 512;

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
  text(148, `${headerSum(block).toString(8).padStart(6, "0")}\0 `);
  return block;
}

function padded(bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK);
  all.set(bytes);
  return all;
}

/** The sum of a header, its own field read as spaces. */
export function headerSum(block: Uint8Array): number {
  let total = 0;
  for (const [index, byte] of block.entries()) total += index >= 148 && index < 156 ? 32 : byte;
  return total;
}
