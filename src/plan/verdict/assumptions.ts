import type { CharterTarget } from "../charter.ts";
import type { Assumption, Facts } from "../plan.ts";

interface AssumptionRow extends Assumption {
  readonly holds: (given: { readonly row: CharterTarget | undefined; readonly facts: Facts }) => boolean;
}

const always = (): boolean => true;

/** What a plan for a Git target takes for given or does not prove; every row that applies is printed (promise 8). */
const rows: readonly AssumptionRow[] = [
  {
    id: "git/effect-not-proved",
    text: "Cluster effect not proved: what applies this repository is not modelled, so that other files, other repositories or the controller's settings may change what the cluster gets (K18).",
    holds: always,
  },
  {
    id: "git/no-dry-run",
    text: "No server dry run: the difference is against the files of the branch, not against a cluster; defaults and admission are not seen (K2).",
    holds: always,
  },
  {
    id: "git/reconciler-pruning",
    text: "A controller is taken to prune: a deleted file is taken for a deleted object (K8).",
    holds: ({ row }) => (row?.git.reconciler ?? "pruning") === "pruning",
  },
  {
    id: "git/reconciler-absent",
    text: "The charter says that nothing follows this repository: deleted files are taken to have no effect on a cluster.",
    holds: ({ row }) => row?.git.reconciler === "none",
  },
  {
    id: "git/reconciler-keeping",
    text: "The charter says that what follows this repository keeps objects whose files are deleted: they stay in the cluster.",
    holds: ({ row }) => row?.git.reconciler === "keeping",
  },
  {
    id: "facts/folder-only",
    text: "Selectors, ServiceAccounts and namespaces are looked up in the target folder; objects elsewhere that select, bind or use these are not seen.",
    holds: always,
  },
  {
    id: "facts/not-computed",
    text: "Permissions and reachability are not computed: who gains which permission and who can newly reach whom is not known beyond the rows listed as widening.",
    holds: always,
  },
  {
    id: "credentials/push",
    text: "Promise 5 not enforced: whoever can push to the repository can push anything; the credentials are Git's, not minted for this plan (K15).",
    holds: always,
  },
  {
    id: "approval/requester",
    text: "Requester and approver may be one person: it is not enforced that they differ (K21).",
    holds: always,
  },
  {
    id: "executor/same-user",
    text: "Plan, approval and apply may run as one user; a process of that user can use git or kubectl by itself (K21).",
    holds: always,
  },
  {
    id: "image/tags",
    text: "Images named by tags: what a tag names can change after the approval (K21).",
    holds: ({ facts }) => facts.images.some(({ digest, change }) => digest === null && change !== "removed"),
  },
];

export function assumptionsOf(given: {
  readonly row: CharterTarget | undefined;
  readonly facts: Facts;
}): readonly Assumption[] {
  return rows.filter((row) => row.holds(given)).map(({ id, text }) => ({ id, text }));
}
