import { OpsError } from "../kube/ops-error.ts";
import { printable } from "../kube/printable.ts";
import type { Charter, CharterClusterTarget, CharterGitTarget, CharterTarget } from "./charter.ts";
import type { ClusterTarget, GitTarget, Plan } from "./plan.ts";

/** A target as a person names it. */
export type TargetSpec = GitTargetSpec | ClusterTargetSpec;

export interface ClusterTargetSpec {
  readonly kind: "cluster";
  /** Name of a pin in the charter. */
  readonly name: string;
}

export interface GitTargetSpec {
  readonly kind: "git";
  /** https URL without credentials, or a path of this machine as it was written. */
  readonly url: string;
  /** Null: the branch that the repository's HEAD names. */
  readonly branch: string | null;
  /** Relative, normalised; empty for the root of the tree. */
  readonly folder: string;
}

const FORM = "git:<path or https URL>[@branch]#folder";
const CLUSTER_FORM = "cluster:<name>, a name that the charter pins";

/**
 * Reads `git:<path or https URL>[@branch]#folder` or `cluster:<name>`. A path that holds an `@` is written with one more at its end
 * (`git:/home/me@work/repo@#apps`): the branch stands after the last one, and an empty branch is none.
 * @throws {OpsError} TARGET_INVALID
 */
export function parseTargetSpec(text: string): TargetSpec {
  if (!text.startsWith("git:") && !text.startsWith("cluster:")) {
    throw invalid(text, `a target starts with "git:" or "cluster:"`, `${FORM}, or ${CLUSTER_FORM}`);
  }
  if (hasControl(text)) throw invalid(text, "it holds a control character");
  if (text.startsWith("cluster:")) {
    const name = text.slice("cluster:".length);
    if (!clusterName.test(name)) {
      throw invalid(text, "a cluster is named by lower-case letters, digits, dots and dashes", CLUSTER_FORM);
    }
    return { kind: "cluster", name };
  }
  const body = text.slice("git:".length);
  const hash = body.indexOf("#");
  if (hash < 0)
    throw invalid(text, "it names no folder: #folder is missing (# alone is the root of the tree)");
  const place = body.slice(0, hash);
  // Told before the branch is split off: the part after the @ of a user name would look like one.
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]*@/u.test(place)) {
    throw invalid(
      "git:https://...",
      "credentials in a URL end up in logs and plans",
      "let Git's credential helper give them",
    );
  }
  const at = place.lastIndexOf("@");
  const url = at < 0 ? place : place.slice(0, at);
  const branch = at < 0 || at === place.length - 1 ? null : place.slice(at + 1);
  const urlFault = repositoryFault(url);
  if (urlFault !== undefined) throw invalid(text, urlFault);
  const branchFault = branch === null ? undefined : branchNameFault(branch);
  if (branchFault !== undefined) throw invalid(text, branchFault);
  const folder = body
    .slice(hash + 1)
    .replace(/^\.\/(?!\/)|^\.$/u, "")
    .replace(/\/$/u, "");
  // Git would take it for the branch refs/heads/refs/heads/…: never what is meant.
  if (branch?.startsWith("refs/") === true)
    throw invalid(text, "leave refs/heads/ out: the name of the branch is enough");
  const folderFault = folderNameFault(folder);
  if (folderFault !== undefined) throw invalid(text, folderFault);
  return {
    kind: "git",
    url: url.startsWith("https:") ? new URL(url).href.replace(/\/$/u, "") : url,
    branch,
    folder,
  };
}

/** As names of targets are written in a charter. */
const clusterName = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/u;

function invalid(text: string, reason: string, hint: string = FORM): OpsError {
  return new OpsError("TARGET_INVALID", `${printable(JSON.stringify(text))}: ${reason}`, { hint });
}

function hasControl(text: string): boolean {
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text);
}

/** Why a text is no repository that a target may name: https, or a path of this machine. */
export function repositoryFault(url: string): string | undefined {
  if (url === "") return "it names no repository";
  if (hasControl(url)) return "the repository's name holds a control character";
  if (url.startsWith("-"))
    return "a repository's path may not start with -, which programs read as an option";
  if (!/^https:/iu.test(url)) {
    const scheme = /^([^/]*):/u.exec(url);
    return scheme === null
      ? undefined
      : `${printable(JSON.stringify(scheme[1] ?? ""))} is no way to a repository: https or a path (./ before a path with a colon)`;
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !url.startsWith("https://")) return "the URL cannot be read";
  if (parsed.username !== "" || parsed.password !== "")
    return "credentials in a URL end up in logs and plans";
  if (parsed.search !== "" || parsed.hash !== "" || url.includes("?"))
    return "a URL of a repository has no query";
  return parsed.pathname === "/" ? "the URL names no repository on the host" : undefined;
}

/** Why a text is no name of a branch, by the rules of `git check-ref-format --branch` (git: refs.c, Documentation/git-check-ref-format). */
export function branchNameFault(name: string): string | undefined {
  const fault = (reason: string): string => `${printable(JSON.stringify(name))} is no branch: ${reason}`;
  if (name === "" || name === "@" || name === "HEAD") return fault("the name is not free");
  if (name.startsWith("-")) return fault("it starts with -");
  // oxlint-disable-next-line no-control-regex -- Control characters are what is looked for.
  if (/[\u0000-\u0020\u007f~^:?*[\\]/u.test(name))
    return fault("it holds a space, a control character or one of ~ ^ : ? * [ \\");
  if (name.includes("..") || name.includes("@{")) return fault("it holds .. or @{");
  if (name.endsWith(".")) return fault("it ends with a dot");
  for (const part of name.split("/")) {
    if (part === "") return fault("it has an empty part between slashes");
    if (part.startsWith(".") || part.endsWith(".lock"))
      return fault("a part starts with a dot or ends with .lock");
  }
  return undefined;
}

/** First parts of paths that continuous integration runs as programs: a plan of objects has nothing to write there. */
const ciNames: readonly string[] = [
  ".azure-pipelines",
  ".bitbucket",
  ".buildkite",
  ".builds",
  ".circleci",
  ".concourse",
  ".drone",
  ".forgejo",
  ".gitea",
  ".github",
  ".gitlab",
  ".semaphore",
  ".tekton",
  ".woodpecker",
  ".appveyor.yml",
  ".appveyor.yaml",
  ".cirrus.yml",
  ".drone.yml",
  ".drone.yaml",
  ".gitlab-ci.yml",
  ".gitlab-ci.yaml",
  ".travis.yml",
  ".woodpecker.yml",
  ".woodpecker.yaml",
  "appveyor.yml",
  "azure-pipelines.yml",
  "azure-pipelines.yaml",
  "bitbucket-pipelines.yml",
  "cloudbuild.yaml",
  "jenkinsfile",
];

/** Whether a path lies in a folder, or is a file, that continuous integration reads (kernel K18). */
export function isCiPath(path: string): boolean {
  return path.split("/").some((part) => ciNames.includes(part.toLowerCase()));
}

/** Why a folder of a repository may not be written to; undefined for one that may. The empty text is the root. */
export function folderNameFault(folder: string): string | undefined {
  if (folder === "") return undefined;
  const fault = (reason: string): string =>
    `${printable(JSON.stringify(folder))} is no folder for objects: ${reason}`;
  if (folder.startsWith("/")) return fault("it is relative to the repository, without a leading slash");
  if (!/^[A-Za-z0-9._+@=,~/ -]*$/u.test(folder)) {
    return fault("names are letters, digits, space and . _ + @ = , ~ -, the same in every file system");
  }
  for (const part of folder.split("/")) {
    if (part === "") return fault("it has an empty part between slashes");
    if (part === "." || part === "..") return fault("it holds . or .. as a part");
    if (part.startsWith("-")) return fault("a part starts with -");
    if (/[. ]$/u.test(part)) return fault("a part ends with a dot or a space");
    // NTFS gives .git the short name git~1, and file systems without case find .GIT: both are the repository itself.
    if (/^\.git$|^git~\d+$/iu.test(part)) return fault("it is Git's own");
    if (isCiPath(part)) return fault("continuous integration runs what lies there");
    if (/^\.git/iu.test(part)) return fault("names that start with .git are Git's own");
  }
  return undefined;
}

/**
 * The charter's row for a target: of a repository by its URL, compared literally, of a cluster by its name. A charter
 * names each once.
 */
export function charterTargetFor(
  charter: Charter,
  target: Pick<GitTarget, "kind" | "url"> | Pick<ClusterTarget, "kind" | "name">,
): CharterTarget | undefined {
  return target.kind === "git"
    ? charterGitTarget(charter, target.url)
    : charterClusterTarget(charter, target.name);
}

export function charterGitTarget(charter: Charter, url: string): CharterGitTarget | undefined {
  return charter.spec.targets.filter(isGitRow).find((row) => row.git.url === url);
}

export function charterClusterTarget(charter: Charter, name: string): CharterClusterTarget | undefined {
  return charter.spec.targets.filter(isClusterRow).find((row) => row.name === name);
}

export function isGitRow(row: CharterTarget | undefined): row is CharterGitTarget {
  return row !== undefined && Object.hasOwn(row, "git");
}

export function isClusterRow(row: CharterTarget | undefined): row is CharterClusterTarget {
  return row !== undefined && Object.hasOwn(row, "cluster");
}

/**
 * The target of a plan for a repository.
 * @throws {OpsError} TARGET_INVALID for a plan for a cluster.
 */
export function gitTargetOf({ target }: Pick<Plan, "target">): GitTarget {
  if (target.kind === "git") return target;
  throw new OpsError(
    "TARGET_INVALID",
    `the plan is for the cluster ${printable(target.name)}, not for a repository`,
  );
}

/**
 * The target of a plan for a cluster.
 * @throws {OpsError} TARGET_INVALID for a plan for a repository.
 */
export function clusterTargetOf({ target }: Pick<Plan, "target">): ClusterTarget {
  if (target.kind === "cluster") return target;
  throw new OpsError(
    "TARGET_INVALID",
    `the plan is for the repository ${printable(target.url)}, not for a cluster`,
  );
}

/** Whether a folder of the charter (`apps/shop`, or `apps/*` for one level) holds this folder. */
export function folderAllowed(patterns: readonly string[], folder: string): boolean {
  return patterns.some((pattern) => {
    if (pattern === folder) return true;
    if (pattern !== "*" && !pattern.endsWith("/*")) return false;
    const parent = pattern === "*" ? "" : pattern.slice(0, -1);
    return (
      folder.startsWith(parent) && folder.length > parent.length && !folder.slice(parent.length).includes("/")
    );
  });
}

/** Whether `path` is `folder` or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}
