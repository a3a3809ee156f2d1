import { pathDelta, type PathChange } from "../../analysis/rbac/delta/path-delta.ts";
import { permissionDelta, type ScopeGain } from "../../analysis/rbac/delta/permission-delta.ts";
import { sentencesOf } from "../../analysis/rbac/delta/plain-words.ts";
import type { Atom } from "../../analysis/rbac/evaluate/covers.ts";
import { buildRbac, type Rbac, rbacInputs } from "../../analysis/rbac/evaluate/rbac.ts";
import { principalWords } from "../../analysis/rbac/model/subject.ts";
import type { JsonObject } from "../../kube/json.ts";
import type { Facts } from "../plan.ts";
import type { FolderView } from "./widening/row.ts";

type Permissions = Facts["permissions"];

/** Subjects from which attack paths are followed for one plan. */
const MOST_STARTS = 100;

/**
 * Who gains and loses which permission, and which attack paths open and close, between the objects before and after. The
 * roles and bindings that Kubernetes makes itself are taken to be there. Where the view is partial, roles may be bound by
 * what was not read: then the rows of the widening table say so, and this adds to them.
 */
export function permissionFacts(view: FolderView, minor: number): Permissions {
  const read = (objects: readonly JsonObject[]): Rbac =>
    buildRbac(rbacInputs(objects), { minor, builtin: true });
  const [before, after] = [read(view.before), read(view.after)];
  const delta = permissionDelta(before, after);
  const changed = [...delta.gained, ...delta.lost].map(({ principal }) => principal);
  const paths = pathDelta(before, after, changed, { most: MOST_STARTS });
  return {
    state: "computed",
    partial: view.partial === true,
    gained: delta.gained.map(gainFact),
    lost: delta.lost.map(gainFact),
    opened: paths.opened.map(pathFact),
    closed: paths.closed.map(pathFact),
    pathsComplete: paths.complete,
  };
}

function gainFact(gain: ScopeGain): Permissions["gained"][number] {
  return {
    subject: `${gain.principal.kind}:${gain.principal.name}`,
    who: principalWords(gain.principal),
    namespace: gain.namespace,
    sentences: sentencesOf(gain.atoms),
    atoms: [...gain.atoms, ...gain.inert].map(atomFact),
    bindings: gain.bindings,
    truncated: gain.truncated,
  };
}

function atomFact(atom: Atom): Permissions["gained"][number]["atoms"][number] {
  return atom.kind === "url"
    ? { verb: atom.verb, path: atom.path }
    : {
        verb: atom.verb,
        group: atom.group,
        resource: atom.resource,
        ...(atom.name === undefined ? {} : { name: atom.name }),
      };
}

function pathFact({ principal, goal, words, path }: PathChange): Permissions["opened"][number] {
  return {
    subject: `${principal.kind}:${principal.name}`,
    who: principalWords(principal),
    goal: goal.split(" ")[0] ?? goal,
    reaches: words,
    steps: path.hops.flatMap(({ ways }) => (ways[0] === undefined ? [] : [ways[0].detail])),
  };
}
