import { identity } from "../../../kube/object-key.ts";
import type { WideningFact } from "../../plan.ts";
import { wideningIds } from "../widening-ids.ts";
import { clusterRows } from "./cluster-rows.ts";
import { controllerRows } from "./controller-rows.ts";
import { gitopsRows } from "./gitops-rows.ts";
import { identityRows } from "./identity-rows.ts";
import { namespaceRows, podSecurityRows } from "./namespace-rows.ts";
import { networkRows } from "./network-rows.ts";
import { rbacRows } from "./rbac-rows.ts";
import type { ChangedObject, FolderView, WideningRow } from "./row.ts";

/** The one table of kernel K7: fields that widen something elsewhere. `minor` chooses the Pod Security Standards. */
export function wideningTable(minor: number): readonly WideningRow[] {
  const rows = [
    ...rbacRows,
    ...identityRows,
    ...podSecurityRows(minor),
    ...namespaceRows,
    ...networkRows,
    ...clusterRows,
    ...gitopsRows,
    ...controllerRows,
  ];
  return [...rows].sort((left, right) => wideningIds.indexOf(left.id) - wideningIds.indexOf(right.id));
}

/** What the changes widen, in the order of the table, then of the objects. */
export function wideningFacts(
  changes: readonly ChangedObject[],
  folder: FolderView,
  minor: number,
): readonly WideningFact[] {
  const facts: WideningFact[] = [];
  for (const row of wideningTable(minor)) {
    for (const change of [...changes].sort(byIdentity)) {
      const seen = new Set<string>();
      for (const { path, detail, subject } of row.detect(change, folder)) {
        if (seen.has(`${path}\0${detail}`)) continue;
        seen.add(`${path}\0${detail}`);
        const { key, operation } = change;
        facts.push({ id: row.id, key, path, detail, subject: subject ?? key.name, operation });
      }
    }
  }
  return facts;
}

function byIdentity(left: ChangedObject, right: ChangedObject): number {
  const [a, b] = [identity(left.key), identity(right.key)];
  return a < b ? -1 : a > b ? 1 : 0;
}
