import type { Atom } from "../evaluate/covers.ts";
import { ALL } from "../model/policy-rule.ts";

/** A sentence about what some atoms mean to somebody who does not know RBAC by heart. */
interface WordsRow {
  readonly id: string;
  readonly words: string;
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  readonly resources: readonly string[];
}

const core = [""];
const rbacGroup = ["rbac.authorization.k8s.io"];
const write = ["create", "update", "patch"];

/** Rights with a meaning of their own; the first row that fits an atom takes it. */
export const plainWords: readonly WordsRow[] = [
  { id: "everything", words: "do everything", verbs: [ALL], groups: [ALL], resources: [ALL] },
  {
    id: "read-secrets",
    words: "read the values of Secrets",
    verbs: ["get", "list", "watch"],
    groups: core,
    resources: ["secrets"],
  },
  {
    id: "exec",
    words: "run commands in pods",
    verbs: ["get", "create"],
    groups: core,
    resources: ["pods/exec", "pods/attach"],
  },
  {
    id: "debug",
    words: "put debug containers into running pods",
    verbs: ["patch", "update"],
    groups: core,
    resources: ["pods/ephemeralcontainers"],
  },
  {
    id: "forward",
    words: "connect to pods and services past NetworkPolicies",
    verbs: ["get", "create", "update", "patch", "delete"],
    groups: core,
    resources: ["pods/portforward", "pods/proxy", "services/proxy"],
  },
  {
    id: "node-proxy",
    words: "run commands in every pod of a node, unlogged",
    verbs: ["get", "create", "update", "patch", "delete"],
    groups: core,
    resources: ["nodes/proxy"],
  },
  {
    id: "token",
    words: "get tokens of ServiceAccounts",
    verbs: ["create"],
    groups: core,
    resources: ["serviceaccounts/token"],
  },
  {
    id: "impersonate",
    words: "act as somebody else",
    verbs: ["impersonate"],
    groups: ["", "authentication.k8s.io"],
    resources: ["users", "groups", "serviceaccounts", "uids"],
  },
  {
    id: "escalate",
    words: "give roles more rights than it has",
    verbs: ["escalate"],
    groups: rbacGroup,
    resources: ["roles", "clusterroles"],
  },
  {
    id: "bind",
    words: "bind roles with more rights than it has",
    verbs: ["bind"],
    groups: rbacGroup,
    resources: ["roles", "clusterroles"],
  },
  {
    id: "roles",
    words: "change roles and bindings, within what it has",
    verbs: write,
    groups: rbacGroup,
    resources: ["roles", "clusterroles", "rolebindings", "clusterrolebindings"],
  },
  {
    id: "pods",
    words: "start pods, with every ServiceAccount and Secret of the namespace",
    verbs: ["create"],
    groups: core,
    resources: ["pods"],
  },
  {
    id: "webhooks",
    words: "read and change every object that passes through an admission webhook",
    verbs: write,
    groups: ["admissionregistration.k8s.io"],
    resources: ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
  },
  {
    id: "approve",
    words: "approve certificates of users",
    verbs: ["approve", "update", "patch"],
    groups: ["certificates.k8s.io"],
    resources: ["signers", "certificatesigningrequests/approval"],
  },
];

function fits(row: WordsRow, atom: Extract<Atom, { kind: "resource" }>): boolean {
  return (
    (row.verbs.includes(atom.verb) || atom.verb === ALL) &&
    row.groups.includes(atom.group) &&
    row.resources.includes(atom.resource)
  );
}

const reads: ReadonlySet<string> = new Set(["get", "list", "watch"]);
const writes: ReadonlySet<string> = new Set(["create", "update", "patch"]);
const deletes: ReadonlySet<string> = new Set(["delete", "deletecollection"]);

/** What atoms mean, dangerous things first, each once: `read the values of Secrets`, `read and change deployments.apps`. */
export function sentencesOf(atoms: readonly Atom[]): readonly string[] {
  const told = new Map<string, { readonly words: string; readonly names: Set<string>; unnamed: boolean }>();
  const rest = new Map<string, Set<string>>();
  const paths = new Map<string, Set<string>>();
  for (const atom of atoms) {
    if (atom.kind === "url") {
      const verbs = paths.get(atom.path) ?? new Set<string>();
      paths.set(atom.path, verbs.add(atom.verb));
      continue;
    }
    const row = plainWords.find((one) => fits(one, atom));
    if (row !== undefined) {
      const entry = told.get(row.id) ?? { words: row.words, names: new Set<string>(), unnamed: false };
      if (atom.name === undefined) entry.unnamed = true;
      else entry.names.add(atom.name);
      told.set(row.id, entry);
      if (row.id === "everything" || row.verbs.includes(atom.verb)) continue;
    }
    const group = atom.group === "" || atom.resource === ALL ? "" : `.${atom.group}`;
    const what =
      atom.resource === ALL
        ? atom.group === ALL
          ? "everything"
          : `everything of ${atom.group === "" ? "the core group" : atom.group}`
        : `${atom.resource}${group}`;
    const key = atom.name === undefined ? what : `${what} named ${atom.name}`;
    rest.set(key, (rest.get(key) ?? new Set<string>()).add(atom.verb));
  }
  const order = plainWords.flatMap(({ id }) => {
    const entry = told.get(id);
    if (entry === undefined) return [];
    const names = entry.unnamed ? "" : ` (only ${[...entry.names].sort().join(", ")})`;
    return [`${entry.words}${names}`];
  });
  const byVerbs = new Map<string, string[]>();
  for (const [what, verbs] of [...rest].sort(byFirst)) {
    const words = verbWords(verbs);
    byVerbs.set(words, [...(byVerbs.get(words) ?? []), what]);
  }
  return [
    ...order,
    ...[...byVerbs].map(([words, whats]) => `${words} ${shortList(whats)}`),
    ...[...paths].sort(byFirst).map(([path, verbs]) => `${[...verbs].sort().join(", ")} ${path}`),
  ];
}

function byFirst(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0;
}

/** `read, change and delete`; verbs that are none of these stand as they are. */
function verbWords(verbs: ReadonlySet<string>): string {
  if (verbs.has(ALL)) return "do everything with";
  const words: string[] = [];
  if ([...verbs].some((verb) => reads.has(verb))) words.push("read");
  if (verbs.has("create") && !verbs.has("update") && !verbs.has("patch")) words.push("create");
  else if ([...verbs].some((verb) => writes.has(verb)))
    words.push(verbs.has("create") ? "create and change" : "change");
  if ([...verbs].some((verb) => deletes.has(verb))) words.push("delete");
  words.push(
    ...[...verbs].filter((verb) => !reads.has(verb) && !writes.has(verb) && !deletes.has(verb)).sort(),
  );
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

const SHOWN = 8;

/** The first names of a list, and how many more there are. */
export function shortList(names: readonly string[]): string {
  return names.length <= SHOWN
    ? names.join(", ")
    : `${names.slice(0, SHOWN).join(", ")} and ${names.length - SHOWN} more`;
}
