import type { CharterTarget } from "../charter.ts";
import type { Assumption, Facts, Plan } from "../plan.ts";
import { isGitRow } from "../target.ts";

interface Given {
  readonly target: Plan["target"];
  readonly row: CharterTarget | undefined;
  readonly facts: Facts;
}

interface AssumptionRow extends Assumption {
  readonly holds: (given: Given) => boolean;
}

const always = (): boolean => true;
const git = ({ target }: Given): boolean => target.kind === "git";
const cluster = ({ target }: Given): boolean => target.kind === "cluster";
/** What the charter says that follows the repository; undefined for a cluster. */
const reconciler = ({ target, row }: Given): string | undefined =>
  target.kind === "git" ? ((isGitRow(row) ? row.git.reconciler : undefined) ?? "pruning") : undefined;

/** What a plan takes for given or does not prove; every row that applies is printed (promise 8). */
const rows: readonly AssumptionRow[] = [
  {
    id: "git/effect-not-proved",
    text: "Cluster effect not proved: what applies this repository is not modelled, so that other files, other repositories or the controller's settings may change what the cluster gets (K18).",
    holds: git,
  },
  {
    id: "git/no-dry-run",
    text: "No server dry run: the difference is against the files of the branch, not against a cluster; defaults and admission are not seen (K2).",
    holds: git,
  },
  {
    id: "git/reconciler-pruning",
    text: "A controller is taken to prune: a deleted file is taken for a deleted object (K8).",
    holds: (given) => reconciler(given) === "pruning",
  },
  {
    id: "git/reconciler-absent",
    text: "The charter says that nothing follows this repository: deleted files are taken to have no effect on a cluster.",
    holds: (given) => reconciler(given) === "none",
  },
  {
    id: "git/reconciler-keeping",
    text: "The charter says that what follows this repository keeps objects whose files are deleted: they stay in the cluster.",
    holds: (given) => reconciler(given) === "keeping",
  },
  {
    id: "cluster/dry-run",
    text: "The difference is what the server's dry run says. A mutating admission rule can tell a dry run from the write, and quotas and controllers act later: apply repeats the dry run, and stops when the write answers something else (K2).",
    holds: cluster,
  },
  {
    id: "cluster/authorization",
    text: "Authorization is taken to be RBAC and what access reviews answered; a webhook, or a rule made in between, may decide otherwise.",
    holds: cluster,
  },
  {
    id: "cluster/network-plugin",
    text: "NetworkPolicies are taken to be enforced by the cluster's network plugin.",
    holds: cluster,
  },
  {
    id: "cluster/generated",
    text: "Values that the server makes up for each request (addresses and node ports of Services, names of token volumes, labels of Jobs) are not compared.",
    holds: cluster,
  },
  {
    id: "cluster/surroundings",
    text: "Of other objects only Namespaces, Services, NetworkPolicies, ServiceAccounts, PodDisruptionBudgets, ResourceQuotas and LimitRanges of the namespaces of this plan were read; what else selects, binds or uses these objects is not seen.",
    holds: cluster,
  },
  {
    id: "cluster/dependents",
    text: "What goes with a deleted object, because it names it as its owner, was looked for among the kinds that the credentials may list; what comes to name it later goes as well.",
    holds: ({ target, facts }) =>
      target.kind === "cluster" && (facts.deletions.length > 0 || facts.counts.recreate !== undefined),
  },
  {
    id: "facts/folder-only",
    text: "Selectors, ServiceAccounts and namespaces are looked up in the target folder; objects elsewhere that select, bind or use these are not seen.",
    holds: git,
  },
  {
    id: "facts/not-computed",
    text: "Permissions and reachability are not computed: who gains which permission and who can newly reach whom is not known beyond the rows listed as widening.",
    holds: always,
  },
  {
    id: "credentials/push",
    text: "Promise 5 not enforced: whoever can push to the repository can push anything; the credentials are Git's, not minted for this plan (K15).",
    holds: git,
  },
  {
    id: "credentials/cluster",
    text: "Promise 5 not enforced: the credentials are those of the kubeconfig, not minted for this plan; whatever they may do beyond it exceeds the plan (K15).",
    holds: cluster,
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

/** The rows that hold, and what only this plan's changes give reason to. */
export function assumptionsOf(
  given: Given & { readonly ofTarget: readonly Assumption[] },
): readonly Assumption[] {
  return [...rows.filter((row) => row.holds(given)).map(({ id, text }) => ({ id, text })), ...given.ofTarget];
}
