import type { ConfigIntent, MountIntent } from "../../../intent/intent.ts";
import { holdsSecret, type ServiceContext } from "../../context.ts";
import { isCredentialFile } from "../../../../analysis/checks/secrets/credentials.ts";
import { joinPath, utf8 } from "../../load/sources.ts";
import { dataKey, objectName } from "../../names.ts";
import type { Node } from "../../tree/node.ts";

/** A ConfigMap may hold 1 MiB in all (k8s.io/api core/v1 ConfigMap); these limits leave room for several in one workload. */
const largestFile = 256 * 1024;
const largestFolder = 512 * 1024;
const mostFiles = 30;
const deepestFolder = 4;

export interface BindMount {
  /** Path inside the project. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly node: Node;
  readonly built: boolean;
}
interface Found {
  readonly path: string;
  /** Path below the mounted folder; empty for a file that is mounted itself. */
  readonly below: string;
  readonly text: string;
  readonly secret: boolean;
}

const configTargets =
  /^\/etc(?:\/|$)|\/(?:conf|config|configs|configuration|conf\.d|provisioning|templates|docker-entrypoint-initdb\.d|initdb\.d)(?:\/|$)|\.(?:conf|config|cnf|cfg|ini|toml|ya?ml|properties|xml|tmpl|template|rules|lua|vcl|hcl|sql|crt|pem|cer)$/i;

/** The target is where programs look for configuration, not where an image keeps its code. */
export function isConfigTarget(target: string): boolean {
  return configTargets.test(target);
}

/**
 * A bind mount of text files of the project becomes a ConfigMap; a file that holds credentials becomes a reference to a
 * Secret. Gives the reason when it becomes neither.
 */
export function bindFiles(
  service: ServiceContext,
  bind: BindMount,
): { readonly mounts: readonly MountIntent[]; readonly secret: boolean } | { readonly reason: string } {
  const { sources } = service.project;
  const kind = sources.kind(bind.source, bind.node.place);
  if (kind === undefined) return { reason: "there is no such file or folder in the project" };
  const configLike = isConfigTarget(bind.target);
  if (bind.built && !configLike)
    return { reason: "it replaces a part of the image that is built: the image must contain it" };
  if (kind === "folder" && !bind.readOnly && !configLike)
    return {
      reason:
        "a folder of the host that the container may write to: add :ro to carry its text files as a ConfigMap, or use a named volume",
    };
  const found = kind === "file" ? fileOf(service, bind.source, "") : folderOf(service, bind.source);
  if ("reason" in found) return found;
  return carry(service, bind, found.files, kind === "folder");
}

type Gathered = { readonly files: readonly Found[] } | { readonly reason: string };

function fileOf(service: ServiceContext, path: string, below: string): Gathered {
  const { sources } = service.project;
  if (sources.size(path) > largestFile)
    return { reason: `a file larger than ${largestFile / 1024} KiB does not fit a ConfigMap` };
  const bytes = sources.bytes(path, undefined);
  const text = utf8(bytes);
  const named = isCredentialFile(path);
  if (text === undefined && !named)
    return { reason: "a file that is not UTF-8 text: put it into the image or a volume" };
  const secret = named || holdsSecret(service.project, text ?? "");
  if (secret) sources.recordShape(path, { secretFile: path });
  else sources.record(path, bytes);
  return { files: [{ path, below, text: text ?? "", secret }] };
}

function folderOf(service: ServiceContext, root: string): Gathered {
  const { sources } = service.project;
  const files: Found[] = [];
  let total = 0;
  const queue: { path: string; below: string; depth: number }[] = [{ path: root, below: "", depth: 0 }];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (next.depth > deepestFolder) return { reason: `a folder deeper than ${deepestFolder} levels` };
    for (const name of sources.list(next.path)) {
      const path = joinPath(next.path, name);
      const below = next.below === "" ? name : `${next.below}/${name}`;
      const kind = sources.kind(path, undefined);
      if (kind === "folder") queue.push({ path, below, depth: next.depth + 1 });
      else if (kind === "file") {
        if (files.length >= mostFiles) return { reason: `a folder of more than ${mostFiles} files` };
        const gathered = fileOf(service, path, below);
        if ("reason" in gathered) return gathered;
        files.push(...gathered.files);
        total += sources.size(path);
        if (total > largestFolder) return { reason: `a folder of more than ${largestFolder / 1024} KiB` };
      }
    }
  }
  return files.length === 0 ? { reason: "an empty folder" } : { files };
}

function carry(
  service: ServiceContext,
  bind: BindMount,
  files: readonly Found[],
  folder: boolean,
): { readonly mounts: readonly MountIntent[]; readonly secret: boolean } {
  const { project } = service;
  const last = bind.target.split("/").findLast((step) => step !== "") ?? "files";
  const name = freeName(service, objectName(service.name, last));
  const data = new Map<string, string>();
  const mounts: MountIntent[] = [];
  const secretName = objectName(service.name, last, "files");
  for (const file of files) {
    const path = folder ? joinAbsolute(bind.target, file.below) : bind.target;
    const key = dataKey(file.below === "" ? (file.path.split("/").at(-1) ?? "file") : file.below);
    if (file.secret) {
      project.book.add(secretName, {
        key,
        reason: `file ${file.path} holds credentials`,
        place: bind.node.place,
        file: file.path,
      });
      mounts.push({ kind: "secret", secret: secretName, key, path });
    } else {
      data.set(key, file.text);
      mounts.push({ kind: "config", config: name, key, path });
      service.evidence.push({
        text: file.text,
        reason: file.path,
        place: bind.node.place,
        mayBeHost: false,
      });
    }
  }
  if (data.size > 0) {
    const config: ConfigIntent = { name, data: Object.fromEntries(data) };
    project.configIntents.set(name, config);
  }
  return { mounts, secret: files.some((file) => file.secret) };
}

function joinAbsolute(folder: string, below: string): string {
  return `${folder.replace(/\/+$/, "")}/${below}`;
}

function freeName(service: ServiceContext, name: string): string {
  const taken = service.project.configIntents;
  if (!taken.has(name)) return name;
  for (let i = 2; ; i++) {
    const next = objectName(name, String(i));
    if (!taken.has(next)) return next;
  }
}
