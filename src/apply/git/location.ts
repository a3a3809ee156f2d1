import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";

/** A repository of this machine. Only files of it are read here; no program runs in it. */
export interface LocalRepository {
  readonly kind: "local";
  /** Real path of the working tree's root, or of the bare repository. */
  readonly url: string;
  /** The folder with HEAD, objects and refs. */
  readonly gitFolder: string;
}
export interface RemoteRepository {
  readonly kind: "https";
  readonly url: string;
}
export type Repository = LocalRepository | RemoteRepository;

/**
 * What a target's URL names: a local path (made absolute and real) or an https URL without credentials, query and
 * fragment. One repository has one canonical name, since the charter pins it and approvals are bound to it.
 * @throws {OpsError} TARGET_INVALID, TARGET_UNREACHABLE, TARGET_UNSAFE
 */
export function locate(url: string): Repository {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(url)) return { kind: "https", url: httpsUrl(url) };
  if (url.includes("\0") || url === "")
    throw new OpsError("TARGET_INVALID", `"${printable(url)}" is no path of a repository`);
  let path: string;
  try {
    path = realpathSync(resolve(url));
  } catch (cause) {
    throw new OpsError("TARGET_INVALID", `there is no repository at ${printable(url)}`, {
      hint: "make one: git init <folder>",
      cause,
    });
  }
  if (basename(path) === ".git" && isGitFolder(path)) path = dirname(path);
  const dotGit = lstatSync(join(path, ".git"), { throwIfNoEntry: false });
  if (dotGit !== undefined && !dotGit.isDirectory()) {
    throw new OpsError(
      "TARGET_INVALID",
      `${printable(path)} is a linked working tree or a submodule: its .git is no folder`,
      { hint: "name the main repository, so that it has one name only" },
    );
  }
  const gitFolder = dotGit === undefined ? path : join(path, ".git");
  if (!isGitFolder(gitFolder)) {
    throw new OpsError("TARGET_INVALID", `${printable(path)} is no Git repository`, {
      hint: "name the root of a repository; a folder inside it goes behind #",
    });
  }
  checkOwner(gitFolder);
  return { kind: "local", url: path, gitFolder };
}

function httpsUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new OpsError("TARGET_INVALID", `"${printable(text)}" is no URL`, { cause });
  }
  if (url.protocol !== "https:") {
    throw new OpsError("TARGET_INVALID", `${printable(url.protocol)} is no transport that kubeops uses`, {
      hint: "name a local path or an https URL",
    });
  }
  if (url.username !== "" || url.password !== "")
    throw new OpsError("TARGET_INVALID", "the URL of a target must hold no credentials");
  if (url.search !== "" || url.hash !== "")
    throw new OpsError("TARGET_INVALID", "the URL of a target must hold no query and no fragment");
  return url.href.replace(/\/$/, "");
}

function isGitFolder(path: string): boolean {
  const head = lstatSync(join(path, "HEAD"), { throwIfNoEntry: false });
  return (
    head !== undefined &&
    (statSync(join(path, "objects"), { throwIfNoEntry: false })?.isDirectory() ?? false) &&
    (statSync(join(path, "refs"), { throwIfNoEntry: false })?.isDirectory() ?? false)
  );
}

/** Somebody else's repository is not entered, as git itself does not (safe.directory). */
function checkOwner(gitFolder: string): void {
  const me = process.getuid?.();
  if (me === undefined) return;
  for (const path of [gitFolder, join(gitFolder, "config")]) {
    const owner = lstatSync(path, { throwIfNoEntry: false })?.uid;
    if (owner !== undefined && owner !== me) {
      throw new OpsError("TARGET_UNSAFE", `${printable(path)} belongs to another user (${owner})`, {
        hint: "own the repository, or reach it over https",
      });
    }
  }
}

/** Short text of a small file of the repository; undefined when it is not there. */
function smallText(path: string): string | undefined {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry === undefined || !entry.isFile() || entry.size > 65_536) return undefined;
  return readFileSync(path, "utf8");
}

/** The reference that a HEAD names: `refs/heads/…`; undefined when it names a commit. */
function headReference(gitFolder: string): string | undefined {
  const path = join(gitFolder, "HEAD");
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry?.isSymbolicLink()) return readlinkSync(path);
  return /^ref:[ \t]*(\S+)\s*$/.exec(smallText(path) ?? "")?.[1];
}

/** The branch that HEAD of a local repository names, born or not; undefined when HEAD names a commit. */
export function headBranch(repository: LocalRepository): string | undefined {
  const reference = headReference(repository.gitFolder);
  return reference?.startsWith("refs/heads/") ? reference.slice("refs/heads/".length) : undefined;
}

/**
 * References that a working tree stands on: HEAD, and what a rebase or a bisection will come back to. The files are the
 * ones that git's worktree.c and wt-status.c read. For a bare repository only its linked working trees count.
 */
export function checkedOutReferences(repository: LocalRepository, bare: boolean): ReadonlySet<string> {
  const references = new Set<string>();
  const visit = (folder: string): void => {
    const head = headReference(folder);
    if (head !== undefined) references.add(head);
    for (const file of ["rebase-merge/head-name", "rebase-apply/head-name"]) {
      const name = smallText(join(folder, file))?.trim();
      if (name !== undefined) references.add(name);
    }
    const start = smallText(join(folder, "BISECT_START"))?.trim();
    if (start !== undefined) references.add(`refs/heads/${start}`);
  };
  if (!bare) visit(repository.gitFolder);
  const linked = join(repository.gitFolder, "worktrees");
  if (statSync(linked, { throwIfNoEntry: false })?.isDirectory())
    for (const name of readdirSync(linked)) visit(join(linked, name));
  return references;
}

/** Hooks that decide whether a push is taken. */
const decidingHooks = ["pre-receive", "update", "proc-receive", "reference-transaction"] as const;

/**
 * Name of a hook of the repository that would decide about a push; undefined when there is none. `hooksPath` is what its
 * configuration says, if it says something.
 */
export function decidingHook(repository: LocalRepository, hooksPath: string | undefined): string | undefined {
  const folders =
    hooksPath === undefined
      ? [join(repository.gitFolder, "hooks")]
      : isAbsolute(hooksPath)
        ? [hooksPath]
        : [join(repository.gitFolder, hooksPath), join(repository.url, hooksPath)];
  for (const folder of folders) {
    for (const name of decidingHooks) {
      const entry = statSync(join(folder, name), { throwIfNoEntry: false });
      if (entry?.isFile() && (entry.mode & 0o111) !== 0) return name;
    }
  }
  return undefined;
}
