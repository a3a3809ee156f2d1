import { type JsonObject, textMap } from "../../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../../kube/object-key.ts";
import { printable } from "../../../../kube/printable.ts";
import type { Labels } from "../../../../kube/selector.ts";
import { readServices } from "../../entry/services.ts";
import { knownNamespaces } from "../../model/read-workloads.ts";
import type { NamespaceModel, Workload } from "../../model/workload.ts";
import type { PoliciesRead } from "../policies-read.ts";
import type { Policy } from "../policy.ts";
import { type NetworkProblem, PolicyReader } from "../reading.ts";
import { valueAt } from "../../../../kube/json.ts";
import { calicoMetadata, readNetworkSet } from "./network-sets.ts";
import { type CalicoPolicy, readCalicoPolicy } from "./policy.ts";
import { NAMESPACE_PREFIX, SERVICE_ACCOUNT_LABEL, SERVICE_ACCOUNT_PREFIX } from "./selector-terms.ts";
import { type CalicoTier, inTiers, readTier } from "./tiers.ts";

const groups: ReadonlySet<string> = new Set(["projectcalico.org", "crd.projectcalico.org"]);

const staged: ReadonlySet<string> = new Set([
  "StagedNetworkPolicy",
  "StagedGlobalNetworkPolicy",
  "StagedKubernetesNetworkPolicy",
]);

/** Is there a policy that only Calico reads? */
export function hasCalicoPolicy(objects: readonly JsonObject[]): boolean {
  return objects.some((object) => {
    const { group, kind } = objectKey(object);
    return groups.has(group) && (kind === "NetworkPolicy" || kind === "GlobalNetworkPolicy");
  });
}

/**
 * The policies, tiers and sets of Calico among the objects, in both of its API groups: all policies, those of Kubernetes
 * among those of Calico, and the labels that Calico gives to pods. Undefined where there is none: then
 * nothing of Calico counts.
 */
export function readCalico(
  objects: readonly JsonObject[],
  others: readonly Policy[],
  namespaces?: ReadonlyMap<string, NamespaceModel>,
): PoliciesRead | undefined {
  const own = distinct(objects.filter((object) => groups.has(objectKey(object).group)));
  if (own.length === 0) return undefined;
  const problems: NetworkProblem[] = [];
  const read = <T>(object: JsonObject, work: (reader: PolicyReader) => T): T => {
    const reader = new PolicyReader(object);
    const made = work(reader);
    problems.push(...reader.problems);
    return made;
  };
  const of = (...kinds: readonly string[]): readonly JsonObject[] =>
    own.filter((object) => kinds.includes(objectKey(object).kind));
  const known = knownNamespaces(objects, of("NetworkSet").map(namespaceOf), namespaces);
  const sets = of("NetworkSet", "GlobalNetworkSet").map((object) =>
    read(object, (reader) => readNetworkSet(reader, known)),
  );
  const tiers = of("Tier").flatMap(
    (object): CalicoTier | readonly CalicoTier[] => read(object, readTier) ?? [],
  );
  const services = readServices(objects);
  const policies = of("NetworkPolicy", "GlobalNetworkPolicy").flatMap(
    (object): CalicoPolicy | readonly CalicoPolicy[] =>
      read(object, (reader) => readCalicoPolicy(reader, { sets, services })) ?? [],
  );
  for (const object of of("HostEndpoint"))
    read(object, (reader) =>
      reader.problem(
        "unmodelled",
        [],
        "host endpoints are not modelled: traffic with nodes counts as allowed",
      ),
    );
  const waiting = own.filter((object) => staged.has(objectKey(object).kind)).length;
  if (policies.length === 0)
    return {
      policies: others,
      problems,
      assumptions: stagedText(waiting),
      labels: (workload) => workload.labels,
    };
  if (others.some(({ kind }) => kind === "ClusterNetworkPolicy"))
    for (const object of of("NetworkSet", "GlobalNetworkSet"))
      read(object, (reader) =>
        reader.problem(
          "unmodelled",
          [],
          "for Calico, namespaces as peers of a ClusterNetworkPolicy also mean the addresses of sets that their selector finds: that is not modelled",
        ),
      );
  const accounts = serviceAccounts(objects);
  const placed = inTiers(others, policies, tiers, ({ policy, tier }) =>
    read(policy.object, (reader) =>
      reader.problem(
        "unmodelled",
        ["spec", "tier"],
        `tier ${printable(tier)} is not in the input: it counts as the last one, which denies by default`,
      ),
    ),
  );
  return {
    policies: placed,
    problems: [...problems, ...spoofed(objects)],
    assumptions: [...assumptions, ...stagedText(waiting)],
    labels: (workload) => ({ ...workload.labels, ...accountLabels(workload, accounts) }),
  };
}

const assumptions: readonly string[] = [
  "policies of Calico are in the input, so Calico is taken to enforce all policies, in the order of its tiers, NetworkPolicy in tier default at order 1000; where no tier decides, the profile of the namespace allows",
  "Calico policies are looked at for TCP, UDP and SCTP: rules for other protocols change nothing here",
  "no pod carries labels that begin with pcns. or pcsa., with which it would pass for one of another namespace or ServiceAccount",
];

function stagedText(count: number): readonly string[] {
  return count === 0 ? [] : [`staged policies of Calico (${count} in the input) are not enforced`];
}

/** One object has two representations, in the two groups; a list of a cluster can hold both. */
function distinct(objects: readonly JsonObject[]): readonly JsonObject[] {
  const found = new Map<string, JsonObject>();
  for (const object of objects) {
    const { group, kind, namespace } = objectKey(object);
    const key = `${kind}/${namespace}/${calicoMetadata(object).name}`;
    const other = found.get(key);
    if (other === undefined || (group === "projectcalico.org" && objectKey(other).group !== group))
      found.set(key, object);
  }
  return [...found.values()];
}

/** The labels of ServiceAccounts, by `namespace/name`. */
function serviceAccounts(objects: readonly JsonObject[]): ReadonlyMap<string, Labels> {
  const found = new Map<string, Labels>();
  for (const object of objects) {
    const { group, kind, name } = objectKey(object);
    if (group === "" && kind === "ServiceAccount")
      found.set(`${namespaceOf(object)}/${name}`, textMap(valueAt(object, ["metadata", "labels"])));
  }
  return found;
}

/** Names of that length and more have no label of their own (workload_endpoint_default.go). */
const LONG_NAME = 63;

function accountLabels(workload: Workload, accounts: ReadonlyMap<string, Labels>): Labels {
  const name = workload.serviceAccount;
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries(accounts.get(`${workload.namespace}/${name}`) ?? {}))
    labels[SERVICE_ACCOUNT_PREFIX + key] = value;
  if (name.length < LONG_NAME) labels[SERVICE_ACCOUNT_LABEL] = name;
  return labels;
}

/** What a pod has itself counts before what it inherits (felix/labelindex): such labels decide who it passes for. */
function spoofed(objects: readonly JsonObject[]): readonly NetworkProblem[] {
  return objects.flatMap((object) => {
    const paths = [
      ["metadata", "labels"],
      ["spec", "template", "metadata", "labels"],
      ["spec", "jobTemplate", "spec", "template", "metadata", "labels"],
    ].slice(objectKey(object).kind === "Pod" ? 0 : 1);
    return paths.flatMap((path) => {
      const labels = Object.keys(textMap(valueAt(object, path)));
      const label = labels.find(
        (key) => key.startsWith(NAMESPACE_PREFIX) || key.startsWith(SERVICE_ACCOUNT_PREFIX),
      );
      if (label === undefined) return [];
      const reader = new PolicyReader(object);
      reader.problem(
        "unmodelled",
        [...path, label],
        "Calico takes such a label of a pod for one of its namespace or ServiceAccount, which is not modelled",
      );
      return reader.problems;
    });
  });
}
