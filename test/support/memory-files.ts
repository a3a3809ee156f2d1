import type { Files } from "../../src/kube/files.ts";
import { OpsError } from "../../src/kube/ops-error.ts";

/** Files of a project that exists in memory only: path to content. */
export function memoryFiles(content: Readonly<Record<string, string | Uint8Array>>): Files {
  const files = new Map(Object.entries(content));
  const inside = (path: string): void => {
    if (path.startsWith("/") || path.split("/").includes(".."))
      throw new OpsError("INPUT_OUTSIDE", `${path} lies outside the project folder`);
  };
  const bytesOf = (path: string): Uint8Array => {
    inside(path);
    const found = files.get(path);
    if (found === undefined) throw new OpsError("INPUT_NOT_FOUND", `${path} does not exist`);
    return typeof found === "string" ? new TextEncoder().encode(found) : found;
  };
  return {
    kind(path) {
      inside(path);
      if (files.has(path)) return "file";
      return [...files.keys()].some((name) => path === "" || name.startsWith(`${path}/`))
        ? "folder"
        : undefined;
    },
    size: (path) => bytesOf(path).length,
    read(path, limit) {
      const bytes = bytesOf(path);
      if (limit !== undefined && bytes.length > limit)
        throw new OpsError("INPUT_TOO_LARGE", `${path} is larger than ${limit} bytes`);
      return bytes;
    },
    list(path) {
      const names = [...files.keys()].filter((name) => path === "" || name.startsWith(`${path}/`));
      return [
        ...new Set(names.map((name) => name.slice(path === "" ? 0 : path.length + 1).split("/")[0] ?? "")),
      ].toSorted();
    },
    display: (path) => path,
  };
}
