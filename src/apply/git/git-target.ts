import { lstatSync } from "node:fs";
import { join } from "node:path";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { GitState } from "../../plan/git-state.ts";
import { signMessage } from "../approval/sign.ts";
import { branchReference, checkBranchName } from "./branch-name.ts";
import { buildTree } from "./build-tree.ts";
import { commitText, withoutSignature, withSignature } from "./commit-object.ts";
import { type GitRunner, type GitTransport, openRunner, uploadPack } from "./git-runner.ts";
import { checkedOutReferences, decidingHook, headBranch, locate, type Repository } from "./location.ts";
import { readCommit, treeOf, writeCommit, writeTree } from "./object-store.ts";
import { checkedOut, pushCommit } from "./push.ts";
import { findTree, readFiles } from "./read-state.ts";

export interface GitLocation {
  /** Path of a local repository, or an https URL. */
  readonly url: string;
  /** The repository's default branch (HEAD) when null. */
  readonly branch: string | null;
}

export interface GitTargetOptions {
  /** For an https target only; sent to its URL alone. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** File of PEM certificates that alone are trusted for an https target. There is no way to skip the check. */
  readonly caFile?: string;
  /** The user's environment, of which signing a commit keeps what an agent and a prompt need (see signMessage). Default: the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * One Git repository, read and written through a private bare repository. No file of it is checked out, no hook, filter
 * or configuration of it runs on this machine, and no other process's view of git (configuration, environment,
 * credentials, proxies) has a say. What a method answers about the target is read from the target when it is asked.
 *
 * Hooks of a local target would run as the user who applies. Those that decide about pushes (pre-receive, update,
 * proc-receive, reference-transaction) are their owner's rule, so they are not gone round either: the push is refused.
 * Those that only report (post-receive, post-update) do not run. Over https the server runs its own, as its own user.
 */
export interface GitTargetPort {
  /** Canonical: real path of the local repository (root of the working tree, or bare), or the https URL. */
  readonly url: string;
  readonly branch: string;
  /** The state at the branch's head, only below `root` (empty: all of it). `base` is null for an unborn branch. */
  readState(root: string): Promise<GitState>;
  /** The state at a commit that some branch of the target leads to. */
  readStateAt(commit: string, root: string): Promise<GitState>;
  /** Commit that a branch names; null when there is no such branch. */
  head(branch: string): Promise<string | null>;
  /**
   * Makes a commit and gives its id. The same arguments give the same id, a signature by ECDSA or a security key aside.
   * `time` is in milliseconds since 1970 and kept to the second.
   */
  buildCommit(input: {
    readonly base: string | null;
    readonly files: ReadonlyMap<string, string | null>;
    readonly message: string;
    readonly time: number;
    readonly signWith?: string;
  }): Promise<string>;
  /** Throws when a push to the branch would be refused or must not be tried: checked out, or a hook decides there. */
  checkPushable(branch: string): Promise<void>;
  /**
   * Moves the branch from `expected` (null: it must not exist) to `commit`, or nothing.
   * @throws {OpsError} TARGET_DRIFT with what is there now; BRANCH_CHECKED_OUT, TARGET_REFUSED, TARGET_UNREACHABLE
   */
  push(commit: string, branch: string, expected: string | null): Promise<void>;
  /**
   * A commit that some branch leads to and whose message holds the nonce (kernel K11): one that is the same change as
   * `own` when there is one, else the oldest; null when there is none.
   */
  findNonce(nonce: string, own?: string): Promise<string | null>;
  /** Does any branch lead to the commit? */
  isReachable(commit: string): Promise<boolean>;
  /** Message of a commit, and when it was committed (milliseconds since 1970 UTC); null when it is not there. */
  commitFacts(commit: string): Promise<{ readonly message: string; readonly time: number } | null>;
  /** Are two commits the same but for their signatures? False when one is not there. */
  sameChange(one: string, other: string): Promise<boolean>;
  /** Does a working tree of a local repository, the main one or a linked one, stand on the branch? */
  isCheckedOut(branch: string): Promise<boolean>;
  /** Does the branch lead to the commit? */
  contains(branch: string, commit: string): Promise<boolean>;
  /** Removes the private repository. */
  close(): Promise<void>;
}

/** Trailer that marks an approval as used in the target's history (kernel K11). */
export const NONCE_TRAILER = "Kubeops-Nonce";

/**
 * Opens a target: finds its canonical name and its branch. Nothing of its content is read yet.
 * @throws {OpsError} TARGET_INVALID, TARGET_UNREACHABLE, TARGET_UNSAFE
 */
export async function openGitTarget(
  location: GitLocation,
  options: GitTargetOptions = {},
): Promise<GitTargetPort> {
  const repository = locate(location.url);
  if (location.branch !== null) checkBranchName(location.branch);
  const transport: GitTransport =
    repository.kind === "local"
      ? { protocol: "file" }
      : {
          protocol: "https",
          ...(options.caFile === undefined ? {} : { caFile: options.caFile }),
          ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
        };
  const git = openRunner(transport);
  try {
    const announced = await announcedReferences(git, transport, repository.url);
    await git.create(await objectFormat(git, repository, announced));
    const branch = location.branch ?? defaultBranch(repository, announced);
    checkBranchName(branch);
    return new GitTargetClient(git, transport, repository, branch, options.environment ?? process.env);
  } catch (error) {
    git.close();
    throw error;
  }
}

interface Announced {
  readonly ids: ReadonlyMap<string, string>;
  /** What HEAD names. */
  readonly head: string | undefined;
}

/** The references of the target as it announces them now. Needs no repository of ours. */
async function announcedReferences(git: GitRunner, transport: GitTransport, url: string): Promise<Announced> {
  const { stdout } = await git.reach([
    "ls-remote",
    "--symref",
    ...uploadPack(transport),
    "--end-of-options",
    url,
  ]);
  const ids = new Map<string, string>();
  let head: string | undefined;
  for (const line of stdout.toString("latin1").split("\n")) {
    const [value = "", name = ""] = line.split("\t");
    if (value.startsWith("ref: ") && name === "HEAD") head = value.slice("ref: ".length);
    else if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value)) ids.set(name, value);
  }
  return { ids, head };
}

async function objectFormat(
  git: GitRunner,
  repository: Repository,
  announced: Announced,
): Promise<"sha1" | "sha256"> {
  for (const id of announced.ids.values()) return id.length === 64 ? "sha256" : "sha1";
  // Nothing announced: an empty repository. A local one says its format in a file; https ones are taken for SHA-1.
  const said =
    repository.kind === "local"
      ? await setting(git, repository.gitFolder, "extensions.objectFormat")
      : undefined;
  return said === "sha256" ? "sha256" : "sha1";
}

/** One setting from a repository's configuration files, read as files: the repository is not entered. */
async function setting(git: GitRunner, gitFolder: string, name: string): Promise<string | undefined> {
  let value: string | undefined;
  for (const file of ["config", "config.worktree"]) {
    const path = join(gitFolder, file);
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) continue;
    const { status, stdout } = await git.run(["config", "--file", path, "--includes", "--get", name], {
      accept: [1],
    });
    if (status === 0) value = stdout.toString("utf8").replace(/\n$/, "");
  }
  return value;
}

function defaultBranch(repository: Repository, announced: Announced): string {
  const head =
    repository.kind === "local" ? headBranch(repository) : announced.head?.replace(/^refs\/heads\//, "");
  if (head === undefined || head.startsWith("refs/")) {
    throw new OpsError("TARGET_INVALID", `${printable(repository.url)} has no default branch`, {
      hint: "name the branch: git:<url>@<branch>#<folder>",
    });
  }
  return head;
}

class GitTargetClient implements GitTargetPort {
  readonly url: string;
  readonly branch: string;
  readonly #git: GitRunner;
  readonly #transport: GitTransport;
  readonly #repository: Repository;
  readonly #environment: NonNullable<GitTargetOptions["environment"]>;

  constructor(
    git: GitRunner,
    transport: GitTransport,
    repository: Repository,
    branch: string,
    environment: NonNullable<GitTargetOptions["environment"]>,
  ) {
    this.#git = git;
    this.#transport = transport;
    this.#repository = repository;
    this.#environment = environment;
    this.url = repository.url;
    this.branch = branch;
  }

  async readState(root: string): Promise<GitState> {
    await this.#fetch();
    return this.#state(await this.#fetched(this.branch), root);
  }

  async readStateAt(commit: string, root: string): Promise<GitState> {
    await this.#fetch();
    await this.#needCommit(commit);
    return this.#state(commit, root);
  }

  async head(branch: string): Promise<string | null> {
    const { ids } = await announcedReferences(this.#git, this.#transport, this.url);
    return ids.get(branchReference(branch)) ?? null;
  }

  async buildCommit(input: {
    readonly base: string | null;
    readonly files: ReadonlyMap<string, string | null>;
    readonly message: string;
    readonly time: number;
    readonly signWith?: string;
  }): Promise<string> {
    const { base } = input;
    if (base !== null && (await readCommit(this.#git, checkId(base))) === undefined) {
      await this.#fetch();
      await this.#needCommit(base);
    }
    const before = base === null ? null : await treeOf(this.#git, base);
    // A commit needs a tree: the empty one when nothing is left.
    const tree = (await buildTree(this.#git, before, input.files)) ?? (await writeTree(this.#git, []));
    const text = commitText({ tree, parent: base, message: input.message, time: input.time });
    if (input.signWith === undefined) return writeCommit(this.#git, text);
    const armoured = await signMessage({
      keyFile: input.signWith,
      // The namespace that git asks for (gpg-interface.c).
      namespace: "git",
      message: Buffer.from(text, "utf8"),
      environment: this.#environment,
    });
    return writeCommit(this.#git, withSignature(text, armoured));
  }

  async checkPushable(branch: string): Promise<void> {
    if (await this.isCheckedOut(branch)) throw checkedOut(branch);
    if (this.#repository.kind !== "local") return;
    const hooksPath = await setting(this.#git, this.#repository.gitFolder, "core.hooksPath");
    const hook = decidingHook(this.#repository, hooksPath);
    if (hook !== undefined) {
      throw new OpsError(
        "TARGET_REFUSED",
        `the target's ${hook} hook decides about pushes; kubeops runs no code of a target and does not go round it`,
        { hint: "push over https, where the hook runs as its owner, or remove it" },
      );
    }
  }

  async push(commit: string, branch: string, expected: string | null): Promise<void> {
    checkId(commit);
    if (expected !== null) checkId(expected);
    await this.checkPushable(branch);
    await pushCommit(this.#git, {
      url: this.url,
      transport: this.#transport,
      commit,
      branch,
      expected,
      head: () => this.head(branch),
    });
  }

  async findNonce(nonce: string, own?: string): Promise<string | null> {
    if (!/^[0-9a-f]{32}$/.test(nonce))
      throw new OpsError("APPROVAL_INVALID", "a nonce is 32 hexadecimal digits");
    await this.#fetch();
    // Marks before the trailer: a squashed or quoted commit keeps the line, indented or as an item of a list.
    const { stdout } = await this.#git.run([
      "rev-list",
      "--reverse",
      "--topo-order",
      "--extended-regexp",
      `--grep=^[[:space:]>*-]*${NONCE_TRAILER}:[[:space:]]*${nonce}[[:space:]]*$`,
      "--glob=refs/kubeops/heads/*",
    ]);
    const found = stdout
      .toString("latin1")
      .split("\n")
      .filter((line) => line !== "");
    if (own !== undefined) {
      for (const commit of found) if (await this.sameChange(commit, own)) return commit;
    }
    return found[0] ?? null;
  }

  async sameChange(one: string, other: string): Promise<boolean> {
    if (one === other) return true;
    const first = await readCommit(this.#git, checkId(one));
    const second = await readCommit(this.#git, checkId(other));
    return (
      first !== undefined && second !== undefined && withoutSignature(first) === withoutSignature(second)
    );
  }

  async isCheckedOut(branch: string): Promise<boolean> {
    const reference = branchReference(branch);
    if (this.#repository.kind !== "local") return false;
    const bare =
      this.#repository.url === this.#repository.gitFolder &&
      (await setting(this.#git, this.#repository.gitFolder, "core.bare")) === "true";
    return checkedOutReferences(this.#repository, bare).has(reference);
  }

  async contains(branch: string, commit: string): Promise<boolean> {
    await this.#fetch();
    const head = await this.#fetched(branch);
    if (head === null || (await readCommit(this.#git, checkId(commit))) === undefined) return false;
    const { status } = await this.#git.run(["merge-base", "--is-ancestor", commit, head], { accept: [1] });
    return status === 0;
  }

  async isReachable(commit: string): Promise<boolean> {
    await this.#fetch();
    if ((await readCommit(this.#git, checkId(commit))) === undefined) return false;
    const { stdout } = await this.#git.run([
      "for-each-ref",
      "--count=1",
      "--format=%(refname)",
      `--contains=${commit}`,
      "refs/kubeops/heads/",
    ]);
    return stdout.length > 0;
  }

  async commitFacts(commit: string): Promise<{ readonly message: string; readonly time: number } | null> {
    const read = (): Promise<string | undefined> => readCommit(this.#git, checkId(commit));
    let text = await read();
    if (text === undefined) {
      await this.#fetch();
      text = await read();
    }
    if (text === undefined) return null;
    const time = /^committer [^\n]* (\d{1,12}) [+-]\d{4}$/m.exec(text)?.[1];
    return {
      message: Buffer.from(text.slice(text.indexOf("\n\n") + 2), "latin1").toString("utf8"),
      time: time === undefined ? 0 : Number(time) * 1000,
    };
  }

  close(): Promise<void> {
    this.#git.close();
    return Promise.resolve();
  }

  /** Brings every branch of the target, with its whole history, into the private repository. */
  async #fetch(): Promise<void> {
    await this.#git.reach([
      "fetch",
      "--quiet",
      "--atomic",
      "--prune",
      "--no-tags",
      "--no-write-fetch-head",
      "--no-recurse-submodules",
      "--no-auto-maintenance",
      "--refmap=",
      "--update-shallow",
      ...uploadPack(this.#transport),
      "--end-of-options",
      this.url,
      "+refs/heads/*:refs/kubeops/heads/*",
    ]);
    if (lstatSync(join(this.#git.repository, "shallow"), { throwIfNoEntry: false }) !== undefined) {
      throw new OpsError(
        "TARGET_UNSAFE",
        "the target is a shallow clone: its history is cut off, and a used approval could hide there",
        { hint: "fetch the whole history there: git fetch --unshallow" },
      );
    }
  }

  async #fetched(branch: string): Promise<string | null> {
    const name = branchReference(branch).replace(/^refs\/heads\//, "refs/kubeops/heads/");
    const { stdout } = await this.#git.run(["for-each-ref", "--format=%(refname) %(objectname)", name]);
    for (const line of stdout.toString("latin1").split("\n")) {
      const [reference, id] = line.split(" ");
      if (reference === name && id !== undefined) return id;
    }
    return null;
  }

  async #needCommit(commit: string): Promise<void> {
    if ((await readCommit(this.#git, checkId(commit))) === undefined) {
      throw new OpsError("TARGET_DRIFT", `no branch of the target leads to commit ${commit} any more`, {
        hint: "make a new plan",
      });
    }
  }

  async #state(commit: string | null, root: string): Promise<GitState> {
    const { url, branch } = this;
    if (commit === null) return { url, branch, base: null, root, rootTree: null, files: [] };
    const rootTree = await findTree(this.#git, await treeOf(this.#git, commit), root);
    const files = rootTree === null ? [] : await readFiles(this.#git, rootTree, root);
    return { url, branch, base: commit, root, rootTree, files };
  }
}

function checkId(id: string): string {
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(id))
    throw new OpsError("TARGET_INVALID", `"${printable(id)}" is no commit id`);
  return id;
}
