import type { JsonPath } from "../../kube/json.ts";
import type { Charter } from "../charter.ts";
import { branchNameFault, folderNameFault, isClusterRow, isGitRow, repositoryFault } from "../target.ts";

export interface CharterFault {
  readonly path: JsonPath;
  readonly message: string;
}

/** What a charter must be beyond its shape: what a JSON Schema cannot say. One row a rule; the first fault in row order is told. */
export const charterRules: readonly {
  readonly id: string;
  readonly rule: string;
  readonly fault: (charter: Charter) => CharterFault | undefined;
}[] = [
  {
    id: "target-once",
    rule: "A target's name, and its repository or cluster, stand once, so that one row decides.",
    fault: ({ spec }) =>
      twice(
        spec.targets,
        (target) => target.name,
        (index) => ["spec", "targets", index, "name"],
      ) ??
      twice(
        spec.targets,
        (target) => (isGitRow(target) ? target.git.url : undefined),
        (index) => ["spec", "targets", index, "git", "url"],
      ) ??
      twice(
        spec.targets,
        (target) => (isClusterRow(target) ? target.cluster.url : undefined),
        (index) => ["spec", "targets", index, "cluster", "url"],
      ),
  },
  {
    id: "target-names",
    rule: "Repositories, branches and folders follow the rules that targets follow.",
    fault: ({ spec }) => {
      for (const [index, target] of spec.targets.entries()) {
        if (!isGitRow(target)) continue;
        const { git } = target;
        const at: JsonPath = ["spec", "targets", index, "git"];
        const url = repositoryFault(git.url);
        if (url !== undefined) return { path: [...at, "url"], message: url };
        const branch = firstFault(git.branches, branchNameFault);
        if (branch !== undefined) return { path: [...at, "branches", branch.index], message: branch.message };
        const folder = firstFault(git.folders, (name) => folderNameFault(name.replace(/\/?\*$/u, "")));
        if (folder !== undefined) return { path: [...at, "folders", folder.index], message: folder.message };
        const root = git.root === undefined ? undefined : folderNameFault(git.root);
        if (root !== undefined) return { path: [...at, "root"], message: root };
      }
      return undefined;
    },
  },
  {
    id: "cluster-url",
    rule: "A cluster's URL is https, without credentials, query or fragment, written as URLs are normalised (kernel K14).",
    fault: ({ spec }) => {
      for (const [index, target] of spec.targets.entries()) {
        const fault = isClusterRow(target) ? clusterUrlFault(target.cluster.url) : undefined;
        if (fault !== undefined)
          return { path: ["spec", "targets", index, "cluster", "url"], message: fault };
      }
      return undefined;
    },
  },
  {
    id: "approver-once",
    rule: "A principal and a key stand once: a quorum counts persons (kernel K9).",
    fault: ({ spec }) =>
      twice(
        spec.approvals.approvers,
        (approver) => approver.principal,
        (index) => ["spec", "approvals", "approvers", index, "principal"],
      ) ??
      twice(
        spec.approvals.approvers,
        (approver) => approver.key,
        (index) => ["spec", "approvals", "approvers", index, "key"],
      ),
  },
  {
    id: "key-blob",
    rule: "The base64 of a key is written in the one canonical way and names the type that stands before it.",
    fault: ({ spec }) => {
      const wrong = firstFault(spec.approvals.approvers, (approver) =>
        keyBlobHolds(approver.key)
          ? undefined
          : "is no OpenSSH public key: its base64 does not hold a key of its type",
      );
      return wrong === undefined
        ? undefined
        : { path: ["spec", "approvals", "approvers", wrong.index, "key"], message: wrong.message };
    },
  },
  {
    id: "quorum",
    rule: "There are as many approvers as a plan needs.",
    fault: ({ spec: { approvals } }) =>
      approvals.required > approvals.approvers.length
        ? {
            path: ["spec", "approvals", "required"],
            message: `asks for ${approvals.required} approvals and lists ${approvals.approvers.length} approvers`,
          }
        : undefined,
  },
  {
    id: "software-keys",
    rule: "softwareKeysFor names targets of this charter.",
    fault: ({ spec }) => {
      const wrong = firstFault(spec.approvals.softwareKeysFor ?? [], (name) =>
        spec.targets.some((target) => target.name === name) ? undefined : "names no target of this charter",
      );
      return wrong === undefined
        ? undefined
        : { path: ["spec", "approvals", "softwareKeysFor", wrong.index], message: wrong.message };
    },
  },
];

function firstFault<T>(
  items: readonly T[],
  faultOf: (item: T) => string | undefined,
): { readonly index: number; readonly message: string } | undefined {
  for (const [index, item] of items.entries()) {
    const message = faultOf(item);
    if (message !== undefined) return { index, message };
  }
  return undefined;
}

function twice<T>(
  items: readonly T[],
  textOf: (item: T) => string | undefined,
  pathOf: (index: number) => JsonPath,
): CharterFault | undefined {
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const text = textOf(item);
    if (text === undefined) continue;
    if (seen.has(text)) return { path: pathOf(index), message: "stands twice" };
    seen.add(text);
  }
  return undefined;
}

function clusterUrlFault(url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || parsed.protocol !== "https:") return "is no https URL of an API server";
  if (parsed.username !== "" || parsed.password !== "") return "holds credentials";
  if (parsed.search !== "" || parsed.hash !== "" || /[?#]/u.test(url)) return "holds a query or a fragment";
  // What is compared as text has to have one form.
  const normal = parsed.href.replace(/\/$/u, "");
  return url === normal ? undefined : `is not written as ${normal}`;
}

/**
 * A public key's blob starts with its type as an SSH string (RFC 4253 6.6). Written in canonical base64 the same key is
 * always the same text, so that texts may be compared.
 */
function keyBlobHolds(line: string): boolean {
  const [type = "", base64 = ""] = line.split(" ");
  let blob: string;
  try {
    blob = atob(base64);
  } catch {
    return false;
  }
  if (btoa(blob) !== base64) return false;
  const length = [0, 1, 2, 3].reduce((sum, index) => sum * 256 + blob.charCodeAt(index), 0);
  return blob.length > 4 + length && blob.slice(4, 4 + length) === type;
}
