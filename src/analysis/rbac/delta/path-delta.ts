import type { Rbac } from "../evaluate/rbac.ts";
import { identityOf, MASTERS, type Principal, principalKey } from "../model/subject.ts";
import { attackGraph, type AttackGraph } from "../paths/graph.ts";
import { type Held, heldKey, heldText } from "../paths/held.ts";
import { type AttackPath, pathsTo } from "../paths/paths.ts";
import { attackResources } from "../paths/techniques.ts";
import { attackWorld } from "../paths/world.ts";

/** Somebody who newly reaches something, or no longer. */
export interface PathChange {
  readonly principal: Principal;
  /** Key of what is reached: `cluster-admin`, `node *`, `secrets shop`, `namespace shop`, `traffic shop`. */
  readonly goal: string;
  readonly words: string;
  /** The shortest way, where it is open. */
  readonly path: AttackPath;
}

export interface PathDelta {
  readonly opened: readonly PathChange[];
  readonly closed: readonly PathChange[];
  /** Subjects from which paths were followed, and whether that was all that could matter. */
  readonly examined: number;
  readonly complete: boolean;
}

/** What is worth reaching; identities and pods are on the way. */
const worth: ReadonlySet<Held["kind"]> = new Set([
  "cluster-admin",
  "namespace",
  "node",
  "secrets",
  "traffic",
]);

export interface PathDeltaOptions {
  /** Most subjects that are examined; those that gained come first. Default: 300. */
  readonly most?: number;
}

/**
 * Attack paths that a change opens and closes, for every subject with rights that some technique uses: those whose rights
 * changed first. Subjects that Kubernetes makes itself are left out as starts: whoever is one of them has the cluster.
 */
export function pathDelta(
  before: Rbac,
  after: Rbac,
  changed: readonly Principal[],
  options: PathDeltaOptions = {},
): PathDelta {
  const starts = startsOf(before, after, changed);
  const taken = starts.slice(0, options.most ?? 300);
  const opened: PathChange[] = [];
  const closed: PathChange[] = [];
  let examined = 0;
  let work = 0;
  for (const principal of taken) {
    if (work > MOST_HELD) break;
    examined++;
    const [old, fresh] = [before, after].map((rbac) => attackGraph(rbac, identityOf(principal)));
    if (old === undefined || fresh === undefined) continue;
    work += old.held.size + fresh.held.size;
    opened.push(...changes(principal, old, fresh));
    closed.push(...changes(principal, fresh, old));
  }
  return { opened, closed, examined, complete: examined === starts.length };
}

/** Things that are looked at in all; a count, so that the same input gives the same answer on every machine. */
const MOST_HELD = 100_000;

function startsOf(before: Rbac, after: Rbac, changed: readonly Principal[]): readonly Principal[] {
  const found = new Map<string, Principal>();
  for (const principal of changed) found.set(principalKey(principal.kind, principal.name), principal);
  const others: Principal[] = [];
  for (const rbac of [before, after]) {
    const own = new Set(
      rbac.bindings.flatMap(({ builtin, subjects }) => (builtin ? [] : subjects.map(({ name }) => name))),
    );
    for (const principal of attackWorld(rbac, attackResources).principals) {
      const short = principal.name.split(":").at(-1) ?? "";
      if (own.has(principal.name) || own.has(short)) others.push(principal);
    }
  }
  for (const principal of others) found.set(principalKey(principal.kind, principal.name), principal);
  return [...found.values()].filter(({ kind, name }) => kind !== "group" || name !== MASTERS);
}

/** What the second graph reaches and the first does not. */
function changes(principal: Principal, old: AttackGraph, fresh: AttackGraph): readonly PathChange[] {
  if (old.held.has("cluster-admin")) return [];
  const gained = [...fresh.held].filter(([key, held]) => worth.has(held.kind) && !old.held.has(key));
  const admin = gained.filter(([key]) => key === "cluster-admin");
  // Who has the cluster has the rest.
  return (admin.length > 0 ? admin : gained).flatMap(([key, held]) => {
    const goal = { text: key, reached: (one: Held) => heldKey(one) === key };
    const [path] = pathsTo(fresh, goal, { most: 1, longest: 12 }).paths;
    return path === undefined ? [] : [{ principal, goal: key, words: heldText(held), path }];
  });
}
