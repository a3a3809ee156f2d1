import { type ArchiveFile, BLOCK, headerSum } from "./write-tar.ts";
import { printable } from "../printable.ts";

/** Longest name, in bytes. */
const MAX_NAME = 1024;
/** Largest header that says more of a file (archive/tar/common.go, maxSpecialFileSize). */
const MAX_EXTENSION = 1 << 20;

/** Why an archive is not read. */
export interface TarFault {
  /** It is larger than what is read here; else no reader should take it, or readers of it would not agree. */
  readonly tooLarge: boolean;
  readonly what: string;
}

/**
 * The files of a tar archive, in their order, by the names that Go's reader gives them (archive/tar/reader.go; ustar, pax and
 * the long names of GNU tar). Folders are passed over; links, devices and everything else make it unreadable, and so does
 * what readers take in different ways, for what is judged here must be what is installed elsewhere.
 */
export function readTar(bytes: Uint8Array, most: number): readonly ArchiveFile[] | TarFault {
  const files: ArchiveFile[] = [];
  let said: Extension = {};
  let at = 0;
  for (;;) {
    const entry = entryAt(bytes, at, said.size);
    if (entry === undefined) return files;
    if (typeof entry === "string") return fault(entry);
    at = entry.end;
    if (says.has(entry.type)) {
      const extension = extended(said, entry);
      if (typeof extension === "string") return fault(extension);
      said = extension;
      continue;
    }
    const file = fileOf(entry, said.longName ?? said.path ?? entry.name);
    said = {};
    if (typeof file === "string") return fault(file);
    if (file === undefined) continue;
    if (files.length >= most) return { tooLarge: true, what: `it holds more than ${most} files` };
    files.push(file);
  }
}

function fault(what: string): TarFault {
  return { tooLarge: false, what };
}

const kinds: Readonly<Record<string, string>> = {
  "1": "a link",
  "2": "a link",
  "3": "a device",
  "4": "a device",
  "5": "a folder with content",
  "6": "a pipe",
  S: "a file with holes",
};

function kindName(type: string): string {
  return kinds[type] ?? `an entry of type ${JSON.stringify(printable(type))}`;
}

/** What the entries before a file say of it. */
interface Extension {
  readonly path?: string;
  readonly size?: number;
  /** Of GNU tar; it stands above the others. */
  readonly longName?: string;
}

/** Entries that say something of those behind them. */
const says: ReadonlySet<string> = new Set(["x", "g", "L"]);

/**
 * What is said of the next file. A header takes the place of one of its kind, a long name of GNU tar stands above the other,
 * and one for all files ends what was said (archive/tar/reader.go, next).
 */
function extended({ longName, path, size }: Extension, { type, content }: Entry): Extension | string {
  if (type === "g") return {};
  if (content.length > MAX_EXTENSION) return "an extended header is too long";
  if (type === "x") {
    const pax = paxExtension(content);
    return typeof pax === "string" || longName === undefined ? pax : { ...pax, longName };
  }
  const name = cString(content, 0, content.length);
  if (name === undefined) return NO_UTF8;
  return {
    ...(path === undefined ? {} : { path }),
    ...(size === undefined ? {} : { size }),
    ...(name === "" ? {} : { longName: name }),
  };
}

const NO_UTF8 = "a name is no UTF-8";

/** A file; undefined for a folder. */
function fileOf({ type, content }: Entry, name: string | undefined): ArchiveFile | string | undefined {
  if (name === undefined) return NO_UTF8;
  if (new TextEncoder().encode(name).length > MAX_NAME) return `a name has more than ${MAX_NAME} bytes`;
  if (type === "5" && content.length === 0) return undefined;
  if (type !== "0" && type !== "\0") return `it holds ${kindName(type)}: ${printable(name)}`;
  return { path: name, bytes: content };
}

interface Entry {
  readonly type: string;
  /** Undefined when it is no UTF-8. */
  readonly name: string | undefined;
  readonly content: Uint8Array;
  /** Where the next one begins. */
  readonly end: number;
}

/** The entry that begins at a place; undefined at the end of the archive. */
function entryAt(bytes: Uint8Array, at: number, paxSize: number | undefined): Entry | string | undefined {
  if (at >= bytes.length) return undefined;
  const header = bytes.subarray(at, at + BLOCK);
  if (header.length < BLOCK) return "it ends in the middle of a header";
  if (isZero(header))
    return isZero(bytes.subarray(at + BLOCK, at + 2 * BLOCK))
      ? undefined
      : "a header is empty, and more follows";
  if (octal(header, 148, 8) !== headerSum(header)) return "a header has a wrong sum";
  const type = String.fromCodePoint(header[156] ?? 0);
  const own = octal(header, 124, 12);
  const size = says.has(type) ? own : (paxSize ?? own);
  if (size === undefined) return "a header has no size";
  const odd = oddity(header, type);
  if (odd !== undefined) return odd;
  const from = at + BLOCK;
  if (from + size > bytes.length) return "it ends in the middle of a file";
  const end = from + Math.ceil(size / BLOCK) * BLOCK;
  return { type, name: nameIn(header), content: bytes.subarray(from, from + size), end };
}

/** What readers take in different ways. */
function oddity(header: Uint8Array, type: string): string | undefined {
  const mode = octal(header, 100, 8) ?? 0;
  // Go takes the mode's word for it that a file is a folder (archive/tar/common.go, headerFileInfo.Mode).
  if ((type === "0" || type === "\0") && mode >= 0o10000 && mode >> 12 !== 0o10)
    return "the mode of a file says that it is something else";
  // Where GNU tar has times, some writers put a part of the name.
  if (isGnu(header) && header[345] !== 0 && octal(header, 345, 12) === undefined)
    return "a header of GNU tar holds no time";
  return undefined;
}

function isGnu(header: Uint8Array): boolean {
  return latin(header, 257, 6) === "ustar ";
}

/** The name by the format of the header (archive/tar/format.go, getFormat). */
function nameIn(header: Uint8Array): string | undefined {
  const name = cString(header, 0, 100);
  if (latin(header, 257, 6) !== "ustar\0") return name;
  const isStar = latin(header, 508, 4) === "tar\0";
  const prefix = cString(header, 345, isStar ? 131 : 155);
  if (prefix === undefined || name === undefined) return undefined;
  return prefix === "" ? name : `${prefix}/${name}`;
}

function octal(block: Uint8Array, at: number, length: number): number | undefined {
  const text = latin(block, at, length).replaceAll(/^[ \0]+|[ \0]+$/g, "");
  return /^[0-7]{1,11}$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

function latin(block: Uint8Array, at: number, length: number): string {
  return String.fromCodePoint(...block.subarray(at, at + length));
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text up to the first NUL; undefined when it is no UTF-8. */
function cString(bytes: Uint8Array, at: number, length: number): string | undefined {
  const part = bytes.subarray(at, at + length);
  const end = part.indexOf(0);
  try {
    return utf8.decode(end < 0 ? part : part.subarray(0, end));
  } catch {
    return undefined;
  }
}

function isZero(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** Records `<length> <key>=<value>\n`, the length that of the whole record (archive/tar/strconv.go, parsePAXRecord). */
function paxExtension(content: Uint8Array): Extension | string {
  const broken = "an extended header cannot be read";
  const found = new Map<string, Uint8Array>();
  for (let at = 0; at < content.length; ) {
    const digits = /^([1-9]\d{0,7}) /.exec(latin(content, at, 9))?.[1] ?? "";
    const record = content.subarray(at, at + Number(digits));
    const equals = record.indexOf(0x3d);
    if (digits === "" || equals <= digits.length + 1 || record.length < Number(digits)) return broken;
    if (record.at(-1) !== 0x0a) return broken;
    found.set(
      latin(record, digits.length + 1, Math.min(equals - digits.length - 1, 100)),
      record.subarray(equals + 1, -1),
    );
    at += record.length;
  }
  if ([...found.keys()].some((key) => key.startsWith("GNU.sparse."))) return "it holds a file with holes";
  const [path, size] = [found.get("path"), found.get("size")];
  const text = size === undefined ? "" : latin(size, 0, 20);
  if (path?.includes(0) === true || !/^\d{0,12}$/.test(text)) return broken;
  const name = path === undefined ? "" : cString(path, 0, path.length);
  if (name === undefined) return NO_UTF8;
  return { ...(name === "" ? {} : { path: name }), ...(text === "" ? {} : { size: Number(text) }) };
}
