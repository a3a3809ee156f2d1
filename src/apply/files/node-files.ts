import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { type Files, MAX_INPUT_BYTES } from "../../kube/files.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";

export interface ProjectFilesOptions {
  /** Folder from which paths are named to people; by default the root itself. */
  readonly displayFrom?: string;
}

/**
 * Files of the folder `root` (kernel K16). A path is refused when it is absolute, leaves the folder by `..`, or reaches
 * out of it through a link; only regular files are read, never a pipe or device.
 * @throws {OpsError} INPUT_NOT_FOUND when there is no such folder, INPUT_UNREADABLE when it cannot be entered.
 */
export function projectFiles(root: string, options: ProjectFilesOptions = {}): Files {
  const base = resolve(root);
  const from = resolve(options.displayFrom ?? base);
  const home = rootFolder(base);

  const display = (path: string): string => toPosix(relative(from, join(base, path))) || ".";

  /** The real path behind `path`, inside the folder; undefined when nothing is there. */
  function locate(path: string): string | undefined {
    const clean = posix.normalize(path);
    if (isAbsolute(path) || clean === ".." || clean.startsWith("../")) {
      throw new OpsError("INPUT_OUTSIDE", `${printable(path)} lies outside the project folder`, {
        hint: "name files inside the folder, relative to it",
      });
    }
    if (path.includes("\0")) throw new OpsError("INPUT_NOT_FOUND", `${printable(path)} does not exist`);
    const real = realPath(join(base, clean), () => printable(display(path)));
    if (real !== undefined && real !== home && !real.startsWith(home.endsWith(sep) ? home : home + sep)) {
      throw new OpsError("INPUT_OUTSIDE", `${printable(display(path))} is a link out of the project folder`, {
        hint: "copy the file into the folder",
      });
    }
    return real;
  }

  function existing(path: string): string {
    const real = locate(path);
    if (real === undefined) throw notFound(path);
    return real;
  }

  function notFound(path: string): OpsError {
    return new OpsError("INPUT_NOT_FOUND", `${printable(display(path))} does not exist`);
  }

  function attempt<T>(path: string, action: (real: string) => T): T {
    const real = existing(path);
    try {
      return action(real);
    } catch (error) {
      if (OpsError.is(error)) throw error;
      throw readFailure(error, printable(display(path))) ?? notFound(path);
    }
  }

  /** Opens a regular file and makes sure that what was opened is what the path names inside the folder. */
  function withFile<T>(path: string, action: (descriptor: number, stats: Stats) => T): T {
    return attempt(path, (real) => {
      // Without O_NONBLOCK the opening of a pipe would wait for a writer.
      const descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const stats = fstatSync(descriptor);
        const name = printable(display(path));
        if (!stats.isFile())
          throw new OpsError("INPUT_UNREADABLE", `${name} is ${typeName(stats)}, not a file`);
        // Between finding and opening, a folder on the way may have become a link: look again, and compare.
        const again = statSync(existing(path));
        if (again.dev !== stats.dev || again.ino !== stats.ino)
          throw new OpsError("INPUT_UNREADABLE", `${name} was exchanged while it was read`);
        return action(descriptor, stats);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  return {
    kind: (path) => {
      if (locate(path) === undefined) return undefined;
      return attempt(path, (real) => (statSync(real).isDirectory() ? "folder" : "file"));
    },
    size: (path) => withFile(path, (_, stats) => stats.size),
    read: (path, limit = MAX_INPUT_BYTES) =>
      withFile(path, (descriptor, stats) => {
        const tooLarge = (size: string): OpsError =>
          new OpsError(
            "INPUT_TOO_LARGE",
            `${printable(display(path))} has ${size} bytes; at most ${limit} are read`,
          );
        if (stats.size > limit) throw tooLarge(String(stats.size));
        const bytes = readAll(descriptor, stats.size, limit);
        if (bytes === undefined) throw tooLarge(`more than ${limit}`);
        return bytes;
      }),
    list: (path) =>
      attempt(path, (real) => {
        if (!statSync(real).isDirectory())
          throw new OpsError("INPUT_UNREADABLE", `${printable(display(path))} is a file, not a folder`);
        return readdirSync(real).sort();
      }),
    real: (path) => toPosix(relative(home, existing(path))) || ".",
    display,
  };
}

function rootFolder(base: string): string {
  const name = printable(base);
  const real = realPath(base, () => name);
  if (real === undefined || !statSync(real).isDirectory()) {
    throw new OpsError("INPUT_NOT_FOUND", `${name} is not a folder`);
  }
  return real;
}

function realPath(path: string, name: () => string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch (error) {
    const failure = readFailure(error, name());
    if (failure === undefined) return undefined;
    throw failure;
  }
}

/** Why something that exists cannot be read; undefined when nothing exists. */
function readFailure(error: unknown, name: string): OpsError | undefined {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return undefined;
    case "ELOOP":
      return new OpsError("INPUT_UNREADABLE", `${name} is a link that leads back to itself`, {
        cause: error,
      });
    case "EACCES":
    case "EPERM":
      return new OpsError("INPUT_UNREADABLE", `${name} may not be read: permission denied`, { cause: error });
    case undefined:
      throw error;
    default:
      return new OpsError("INPUT_UNREADABLE", `${name} cannot be read (${code})`, { cause: error });
  }
}

/** The whole file; undefined when it is larger than `limit` after all. */
function readAll(descriptor: number, size: number, limit: number): Uint8Array | undefined {
  // One byte more than it had shows whether it has grown.
  let buffer = Buffer.allocUnsafe(size + 1);
  let length = 0;
  for (;;) {
    const read = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (read === 0) return new Uint8Array(buffer.buffer, buffer.byteOffset, length);
    length += read;
    if (length > limit) return undefined;
    if (length === buffer.length)
      buffer = Buffer.concat([buffer, Buffer.allocUnsafe(Math.max(65_536, length))]);
  }
}

function typeName(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  return stats.isSocket() ? "a socket" : "a device";
}

function toPosix(path: string): string {
  return sep === "/" ? path : path.split(sep).join("/");
}
