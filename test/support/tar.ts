/** An entry of an archive as somebody hostile writes it. */
export interface TarEntry {
  readonly name: string | Uint8Array;
  readonly content?: string | Uint8Array;
  /** `0` a file, `1` and `2` links, `3` and `4` devices, `5` a folder, `6` a pipe, `x` and `L` what is said of the next. */
  readonly type?: string;
  readonly linkTo?: string;
  readonly mode?: string;
  /** As it stands in the header; by default that of the content. */
  readonly size?: string;
  /** `ustar\0` and version by default. */
  readonly magic?: string;
  readonly prefix?: string | Uint8Array;
  readonly sum?: string;
}

const BLOCK = 512;

/** A tar archive of entries as they are, nothing of which is looked at; without an end where `end` is false. */
export function tarOf(entries: readonly TarEntry[], end = true): Buffer {
  const parts = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? "");
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
    return [header(entry, content.length), content, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(end ? 2 * BLOCK : 0)]);
}

function header(entry: TarEntry, length: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const put = (at: number, most: number, what: string | Uint8Array): void => {
    Buffer.from(what).copy(block, at, 0, most);
  };
  put(0, 100, entry.name);
  put(100, 8, entry.mode ?? "0000644\0");
  put(124, 12, entry.size ?? `${length.toString(8).padStart(11, "0")}\0`);
  put(136, 12, "00000000000\0");
  put(156, 1, entry.type ?? "0");
  put(157, 100, entry.linkTo ?? "");
  put(257, 8, entry.magic ?? "ustar\u000000");
  put(345, 155, entry.prefix ?? "");
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, 8, entry.sum ?? `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** A record of an extended header. */
export function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
