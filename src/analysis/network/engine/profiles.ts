/** What a network plugin does where the NetworkPolicy documents leave it open. */
export interface Profile {
  readonly name: string;
  /** Do blocks of addresses match pods that have such an address? */
  readonly ipBlocksMeanPods: boolean;
  /** Is `endPort` known? Where it is not, only the first port of a range is opened. */
  readonly endPorts: boolean;
  /** Does a NetworkPolicy apply in a direction in which it has rules, whatever its policyTypes say? */
  readonly rulesBeatTypes: boolean;
  /** `node`: pods in the network of their node are outside of every policy, and traffic with them counts as allowed. `pod`: like every pod. */
  readonly hostNetwork: "node" | "pod";
  /** Does anything enforce NetworkPolicy at all? */
  readonly enforces: boolean;
  /** Said with every answer. */
  readonly assumptions: readonly string[];
  readonly source: string;
}

const nodes =
  "pods with hostNetwork are outside of every policy; traffic between them and pods counts as allowed (a pod's own node can never be blocked)";
const base: Profile = {
  name: "generic",
  ipBlocksMeanPods: false,
  endPorts: true,
  rulesBeatTypes: false,
  hostNetwork: "node",
  enforces: true,
  assumptions: [
    "the network plugin enforces NetworkPolicy; enforcement is eventual, and no status says when",
    "an ipBlock means addresses outside of the cluster, not pods",
    nodes,
  ],
  source: "kubernetes/website content/en/docs/concepts/services-networking/network-policies.md",
};

const rows: readonly Profile[] = [
  base,
  {
    ...base,
    name: "calico",
    ipBlocksMeanPods: true,
    assumptions: [
      "Calico enforces NetworkPolicy; enforcement is eventual",
      "an ipBlock also matches pods whose address lies in it; a pod whose address is not known is matched only by a block for everything",
      nodes,
    ],
    source: "docs.tigera.io reference/resources/networkpolicy (nets)",
  },
  {
    ...base,
    name: "cilium",
    rulesBeatTypes: true,
    assumptions: [
      "Cilium enforces NetworkPolicy; enforcement is eventual",
      "Cilium matches pods by identity: an ipBlock never means a pod of the cluster",
      "Cilium applies a NetworkPolicy in every direction in which it has rules, whatever its policyTypes say",
      nodes,
    ],
    source: "docs.cilium.io network/kubernetes/policy; cilium/cilium v1.20.2 pkg/k8s/network_policy.go",
  },
  {
    ...base,
    name: "ovn-kubernetes",
    ipBlocksMeanPods: true,
    assumptions: [
      "OVN-Kubernetes enforces NetworkPolicy; enforcement is eventual",
      "an ipBlock also matches pods whose address lies in it; a pod whose address is not known is matched only by a block for everything",
      nodes,
    ],
    source: "docs.redhat.com network_security/network-policy",
  },
  {
    ...base,
    name: "no-end-port",
    endPorts: false,
    assumptions: [
      "the network plugin enforces NetworkPolicy but does not know endPort: only the first port of a range is opened",
      "an ipBlock means addresses outside of the cluster, not pods",
      nodes,
    ],
  },
  {
    ...base,
    name: "none",
    enforces: false,
    assumptions: ["nothing enforces NetworkPolicy (flannel alone, for example): every policy is inert"],
    source: "kubernetes/website network-policies.md, Prerequisites",
  },
];

export const profiles: ReadonlyMap<string, Profile> = new Map(rows.map((row) => [row.name, row]));
export const genericProfile: Profile = base;
