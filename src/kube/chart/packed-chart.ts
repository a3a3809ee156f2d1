import { printable } from "../printable.ts";
import { readTar, type TarFault } from "./read-tar.ts";
import { type ArchiveFile, writeTar } from "./write-tar.ts";

/** gzip, which the pure rooms do not have. */
export interface Gzip {
  /** The content, at most `limit` bytes, or why there is none. */
  readonly unpack: (bytes: Uint8Array, limit: number) => Uint8Array | GzipFault;
  readonly pack: (bytes: Uint8Array) => Uint8Array;
}

export type GzipFault = "no-gzip" | "damaged" | "too-large";

/** A chart as `helm package` makes it: files in one folder. */
export interface PackedChart {
  readonly folder: string;
  /** By their paths in the folder, in their order. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Bytes of the archive without its compression. */
  readonly size: number;
}

/** What may still be unpacked. */
export interface UnpackLimits {
  readonly bytes: number;
  readonly files: number;
}

const gzipFaults: Readonly<Record<GzipFault, TarFault>> = {
  "no-gzip": { tooLarge: false, what: "it is no gzip archive" },
  damaged: { tooLarge: false, what: "it is damaged, or its end is missing" },
  "too-large": { tooLarge: true, what: "its content is larger than what is rendered here" },
};

/**
 * Takes a packed chart apart, in memory. What Helm refuses is refused (helm.sh/helm pkg/chart/loader/archive/archive.go), and
 * besides what no packer makes: more than one folder, a name that occurs twice or holds a control character.
 */
export function unpackChart(bytes: Uint8Array, gzip: Gzip, limits: UnpackLimits): PackedChart | TarFault {
  const tar = gzip.unpack(bytes, limits.bytes);
  if (typeof tar === "string") return gzipFaults[tar];
  const read = readTar(tar, limits.files);
  if ("what" in read) return read;
  const files = new Map<string, Uint8Array>();
  let folder: string | undefined;
  const refuse = (what: string, path: string): TarFault => ({
    tooLarge: false,
    what: `it holds ${what}: ${printable(path)}`,
  });
  for (const { path, bytes: content } of read) {
    // One that was made on Windows.
    const parts = path.split(path.includes("\\") ? "\\" : "/");
    const [top = "", ...rest] = parts;
    const inner = rest.join("/");
    if (/\p{Cc}/u.test(path)) return refuse("a name with a control character", path);
    if (rest.length === 0 || parts.some(isNoName) || inner.includes("\\") || /^[A-Za-z]:/.test(inner))
      return refuse("a file outside of its folder", path);
    if (folder !== undefined && folder !== top) return refuse(`a file outside of ${printable(folder)}`, path);
    if (files.has(inner)) return refuse("two files of one name", path);
    folder = top;
    files.set(inner, content);
  }
  if (folder === undefined) return { tooLarge: false, what: "it holds no file" };
  return { folder, files, size: tar.length };
}

function isNoName(part: string): boolean {
  return part === "" || part === "." || part === ".." || part.includes("/");
}

/** The files as an archive, the same bytes for the same files. */
export function packChart({ folder, files }: Pick<PackedChart, "folder" | "files">, gzip: Gzip): Uint8Array {
  const all: ArchiveFile[] = [...files].map(([path, bytes]) => ({ path: `${folder}/${path}`, bytes }));
  return gzip.pack(writeTar(all));
}
