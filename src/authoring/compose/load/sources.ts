import { canonicalJson } from "../../../kube/canonical-json.ts";
import { sha256Hex } from "../../../kube/digest.ts";
import type { Files } from "../../../kube/files.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { Place } from "../../../kube/place.ts";

export interface InputDigest {
  readonly path: string;
  readonly sha256: string;
}

/** The files of the project as the Compose reader opens them: inside the project folder only, each one recorded. */
export interface Sources {
  /** Path relative to the project; INPUT_OUTSIDE when it leaves it. `field` names the place in messages. */
  resolve(folder: string, path: string, field: string, place: Place | undefined): string;
  /** As `resolve`, but undefined for a path that leaves the project. */
  inside(folder: string, path: string): string | undefined;
  kind(path: string, place: Place | undefined): "file" | "folder" | undefined;
  size(path: string): number;
  list(path: string): readonly string[];
  bytes(path: string, place: Place | undefined, limit?: number): Uint8Array;
  /** Bytes of a compose file or config: its content is part of the plan's inputs. */
  record(path: string, bytes: Uint8Array): void;
  /** A file that holds secrets: its digest covers what the intent took from it and no value, so nothing can be guessed from it (K17). */
  recordShape(path: string, shape: unknown): void;
  display(path: string): string;
  inputs(): readonly InputDigest[];
}

/** `a/./b/../c` as `a/c`; a leading `..` is kept, for it leaves the project. */
export function joinPath(folder: string, path: string): string {
  const steps: string[] = [];
  for (const step of `${folder}/${path}`.split("/")) {
    if (step === "" || step === ".") continue;
    if (step === ".." && steps.length > 0 && steps.at(-1) !== "..") steps.pop();
    else steps.push(step);
  }
  return steps.join("/");
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** A local path; `git:`, `oci:` and https addresses are not, nor are absolute paths, `~` and Windows drives. */
function isRelative(path: string): boolean {
  return (
    !/^(?:[/\\~]|[A-Za-z][A-Za-z0-9+.-]*:|[^/]*@[^/]*:)/.test(path) &&
    !path.includes("\\") &&
    !path.includes("\0")
  );
}

function atPlace<T>(place: Place | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!OpsError.is(error) || error.place !== undefined || place === undefined) throw error;
    throw new OpsError(error.code, error.message, {
      place,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}

export function createSources(files: Files): Sources {
  const digests = new Map<string, string>();
  function inside(folder: string, path: string): string | undefined {
    if (!isRelative(path)) return undefined;
    const joined = joinPath(folder, path);
    return joined === ".." || joined.startsWith("../") ? undefined : joined;
  }
  return {
    inside,
    resolve(folder, path, field, place) {
      const resolved = inside(folder, path);
      if (resolved !== undefined) return resolved;
      throw new OpsError("INPUT_OUTSIDE", `${field} names a file outside the project folder`, {
        ...(place === undefined ? {} : { place }),
        hint: "copy the file into the project folder, or run kubeops in a folder that holds both",
      });
    },
    kind: (path, place) => atPlace(place, () => files.kind(path)),
    size: (path) => files.size(path),
    list: (path) => files.list(path),
    bytes: (path, place, limit) => atPlace(place, () => files.read(path, limit)),
    record(path, bytes) {
      digests.set(path, sha256Hex(bytes));
    },
    recordShape(path, shape) {
      if (!digests.has(path)) digests.set(path, sha256Hex(canonicalJson(shape)));
    },
    display: (path) => files.display(path),
    inputs: () =>
      [...digests.entries()]
        .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
        .map(([path, sha256]) => ({ path, sha256 })),
  };
}

/** Bytes as text. Errors: INPUT_ENCODING for what is not UTF-8 or holds a NUL. */
export function decodeUtf8(bytes: Uint8Array, file: string): string {
  const text = utf8(bytes);
  if (text !== undefined) return text;
  throw new OpsError("INPUT_ENCODING", `${file} is not UTF-8 text`, { place: { file, line: 1, column: 1 } });
}

/** Bytes as text; undefined for what is no UTF-8 or holds a NUL. */
export function utf8(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
