import type { Files } from "../../kube/files.ts";
import { OpsError } from "../../kube/ops-error.ts";

export interface FileLimits {
  /** Folders that are listed. */
  readonly folders: number;
  /** Files that are read. */
  readonly files: number;
  /** Bytes of them together. */
  readonly bytes: number;
}

/** A project, not a disk: a server that a host starts in `/` or in a home folder does not read for minutes. */
export const projectLimits: FileLimits = { folders: 5_000, files: 5_000, bytes: 64 * 1024 * 1024 };

/** The same files, up to a limit. What goes on is refused: OpsError AGENT_LIMIT. */
export function boundedFiles(files: Files, limits: FileLimits = projectLimits): Files {
  let folders = 0;
  let read = 0;
  let bytes = 0;
  const refuse = (what: string): OpsError =>
    new OpsError("AGENT_LIMIT", `the project folder has more than ${what}`, {
      hint: "the operator names a smaller folder with --project",
    });
  return {
    ...files,
    list: (path) => {
      folders++;
      if (folders > limits.folders) throw refuse(`${limits.folders} folders`);
      return files.list(path);
    },
    read: (path, limit) => {
      read++;
      if (read > limits.files) throw refuse(`${limits.files} manifests`);
      const content = files.read(path, limit);
      bytes += content.length;
      if (bytes > limits.bytes) throw refuse(`${limits.bytes} bytes of manifests`);
      return content;
    },
  };
}
