import type { ProblemRow } from "../../../kube/problem.ts";

export type NetworkFindingCode =
  | "network/refused"
  | "network/not-modelled"
  | "network/order-undefined"
  | "network/selects-nothing"
  | "network/peer-selects-nothing"
  | "network/namespace-name-label"
  | "network/two-entries"
  | "network/dns-udp-only"
  | "network/no-dns"
  | "network/service-port"
  | "network/no-effect"
  | "network/rule-ignored"
  | "network/host-network"
  | "network/entry-closed"
  | "network/block-covered"
  | "network/cilium-label-unseen"
  | "network/cilium-empty-list"
  | "network/cilium-services-everybody"
  | "network/cilium-names-unlearned";

const documents = "kubernetes/website content/en/docs/concepts/services-networking/network-policies.md";

const workload = (name: string, labels: string, rest = ""): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  template:\n    metadata: {labels: ${labels}}\n    spec: {${rest}containers: [{name: c, image: c, ports: [{containerPort: 8080}]}]}\n---\n`;
const policy = (spec: string, name = "p"): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  ${spec.replaceAll("\n", "\n  ")}\n---\n`;
const web = workload("web", "{app: web}");
const service = (port: number): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}, ports: [{port: ${port}, targetPort: 8080}]}\n---\n`;
const ingress =
  "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\nspec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n---\n";
const cluster = (name: string, priority: number): string =>
  `apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: ${name}}\nspec: {tier: Admin, priority: ${priority}, subject: {namespaces: {}}}\n---\n`;

const cilium = (spec: string): string =>
  `apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec:\n  ${spec.replaceAll("\n", "\n  ")}\n---\n`;

/** What network policies do that their authors may not mean: one row, one id. */
export const networkFindings: Readonly<Record<NetworkFindingCode, ProblemRow>> = {
  "network/refused": {
    severity: "error",
    message: (what, other) => `${other === "" ? "the API server" : other} refuses it: ${what}`,
    source:
      "k8s.io/kubernetes pkg/apis/networking/validation; sigs.k8s.io/network-policy-api apis; cilium/cilium v1.20.2 pkg/policy/api (its agent)",
    positive: policy("podSelector: {}\ningress: [{ports: [{port: 90, endPort: 80}]}]"),
    negative: policy("podSelector: {}\ningress: [{ports: [{port: 80, endPort: 90}]}]"),
  },
  "network/not-modelled": {
    severity: "info",
    message: (what) => `what is said about reachability is incomplete: ${what}`,
    source: "src/analysis/network/policies",
    positive:
      "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: b}",
    negative: "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a, namespace: b}",
  },
  "network/order-undefined": {
    severity: "warning",
    message: (what) => what,
    hint: "give each policy of a tier its own priority",
    source: "sigs.k8s.io/network-policy-api apis/v1alpha2 ClusterNetworkPolicySpec.Priority",
    positive: cluster("a", 5) + cluster("b", 5),
    negative: cluster("a", 5) + cluster("b", 6),
  },
  "network/selects-nothing": {
    severity: "warning",
    message: (what, other) =>
      `${what} selects none of the workloads ${other === "" ? "" : `of namespace ${other} `}that are in the input`,
    hint: "compare its podSelector with the labels of the Pod templates",
    source: documents,
    positive: web + policy("podSelector: {matchLabels: {app: wbe}}"),
    negative: web + policy("podSelector: {matchLabels: {app: web}}"),
  },
  "network/peer-selects-nothing": {
    severity: "info",
    message: (what, other) =>
      `a peer of ${what} selects none of the workloads of namespace ${other} that are in the input`,
    hint: "compare its podSelector with the labels of the Pod templates",
    source: documents,
    positive: web + policy("podSelector: {}\ningress: [{from: [{podSelector: {matchLabels: {app: ap}}}]}]"),
    negative: web + policy("podSelector: {}\ningress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]"),
  },
  "network/namespace-name-label": {
    severity: "warning",
    message: (what, other) =>
      `${what} looks for namespaces with the label name=${other}, which the API server does not set and no namespace of the input has`,
    hint: "use kubernetes.io/metadata.name, which the API server sets and nobody can change",
    source: `${documents}, Targeting a Namespace by its name`,
    positive: policy("podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {name: ops}}}]}]"),
    negative: policy(
      "podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}]",
    ),
  },
  "network/two-entries": {
    severity: "warning",
    message: (what) =>
      `${what}: these are two entries, so either is enough: all pods of the namespaces, or those pods of its own namespace`,
    hint: "for pods that fit both, write podSelector and namespaceSelector in one entry (without the second dash)",
    source: `${documents}, Behavior of to and from selectors`,
    positive: policy(
      "podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}, {podSelector: {matchLabels: {app: b}}}]}]",
    ),
    negative: policy(
      "podSelector: {}\ningress: [{from: [{namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {app: b}}}]}]",
    ),
  },
  "network/dns-udp-only": {
    severity: "warning",
    message: (what) => `${what} opens UDP 53 and not TCP 53: long answers of DNS do not arrive`,
    hint: "add {protocol: TCP, port: 53} to the rule",
    source: "RFC 7766; facts of NetworkPolicy egress for DNS",
    positive: policy(
      "podSelector: {}\npolicyTypes: [Egress]\negress: [{ports: [{protocol: UDP, port: 53}]}]",
    ),
    negative: policy(
      "podSelector: {}\npolicyTypes: [Egress]\negress: [{ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]}]",
    ),
  },
  "network/no-dns": {
    severity: "warning",
    message: (what, other) => `${what} closes egress, and no policy lets ${other} ask DNS (port 53)`,
    hint: "allow UDP and TCP 53 to the DNS of the cluster; with NodeLocal DNS to its link-local address, too",
    source: documents,
    positive:
      web +
      policy(
        "podSelector: {}\npolicyTypes: [Egress]\negress: [{to: [{podSelector: {}}], ports: [{port: 8080}]}]",
      ),
    negative:
      web +
      policy(
        "podSelector: {}\npolicyTypes: [Egress]\negress: [{ports: [{protocol: UDP, port: 53}, {port: 53}]}]",
      ),
  },
  "network/service-port": {
    severity: "warning",
    message: (what, other) =>
      `${what} opens a port of a Service, but policies see the port of the container: ${other}`,
    hint: "name the targetPort",
    source: `${documents}; kubernetes/kubernetes test/e2e/network/netpol`,
    positive:
      web + service(80) + policy("podSelector: {matchLabels: {app: web}}\ningress: [{ports: [{port: 80}]}]"),
    negative:
      web +
      service(80) +
      policy("podSelector: {matchLabels: {app: web}}\ningress: [{ports: [{port: 8080}]}]"),
  },
  "network/no-effect": {
    severity: "info",
    message: (what, other) =>
      `${what} adds nothing: ${other} selects at least the same pods and allows at least as much`,
    hint: "policies only add to each other: remove it, or narrow the other one",
    source: `${documents}, Network policies do not conflict; they are additive`,
    positive:
      policy("podSelector: {}\ningress: [{}]", "wide") +
      policy("podSelector: {matchLabels: {app: web}}\ningress: [{ports: [{port: 80}]}]", "narrow"),
    negative:
      policy("podSelector: {}\ningress: [{ports: [{port: 81}]}]", "wide") +
      policy("podSelector: {matchLabels: {app: web}}\ningress: [{ports: [{port: 80}]}]", "narrow"),
  },
  "network/rule-ignored": {
    severity: "warning",
    message: (what, other) =>
      `${what} has ${other} rules, and policyTypes does not name this direction: they have no effect`,
    hint: "add the direction to policyTypes, or remove the rules",
    source: "k8s.io/api networking/v1 NetworkPolicySpec.PolicyTypes",
    positive: policy("podSelector: {}\npolicyTypes: [Ingress]\negress: [{}]"),
    negative: policy("podSelector: {}\npolicyTypes: [Ingress, Egress]\negress: [{}]"),
  },
  "network/host-network": {
    severity: "warning",
    message: (what, other) =>
      `${what} selects ${other}, whose pods use the network of their node: most network plugins apply no policy to them`,
    hint: "remove hostNetwork, or do not count on the policy",
    source: `${documents}, NetworkPolicy and hostNetwork pods`,
    positive:
      workload("web", "{app: web}", "hostNetwork: true, ") + policy("podSelector: {matchLabels: {app: web}}"),
    negative: web + policy("podSelector: {matchLabels: {app: web}}"),
  },
  "network/entry-closed": {
    severity: "warning",
    message: (what, other) => `${what} leads to ${other}, and policies let nobody in there`,
    hint: "allow the pods of the controller (its namespace); opening the client's address does nothing, it is not what arrives",
    source: documents,
    positive: web + service(80) + ingress + policy("podSelector: {}\npolicyTypes: [Ingress]"),
    negative: web + service(80) + ingress + policy("podSelector: {}\ningress: [{ports: [{port: 8080}]}]"),
  },
  "network/block-covered": {
    severity: "info",
    message: (what, other) => `${what} adds nothing: ${other} of the same rule holds all of it`,
    source: "src/analysis/network/sets",
    positive: policy(
      "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}, {ipBlock: {cidr: 10.1.0.0/16}}]}]",
    ),
    negative: policy(
      "podSelector: {}\ningress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}, {ipBlock: {cidr: 11.1.0.0/16}}]}]",
    ),
  },
  "network/cilium-label-unseen": {
    severity: "warning",
    message: (what, other) =>
      `${what} looks at the label ${other}, which Cilium leaves out of the identity of pods by default: no pod counts as having it`,
    hint: "select by a label of the application, such as app.kubernetes.io/name",
    source: "cilium/cilium v1.20.2 pkg/labelsfilter/filter.go defaultLabelPrefixCfg",
    positive: cilium('endpointSelector: {matchLabels: {pod-template-hash: "5f"}}\ningress: [{}]'),
    negative: cilium("endpointSelector: {matchLabels: {app.kubernetes.io/name: web}}\ningress: [{}]"),
  },
  "network/cilium-empty-list": {
    severity: "warning",
    message: (what, other) => `${what} has an empty list under ${other}, which closes nothing`,
    hint: "for default deny write one empty rule: - {}",
    source: "cilium/cilium v1.20.2 pkg/policy/api/rule.go: if omitted or empty, this rule does not apply",
    positive: cilium("endpointSelector: {}\ningress: [{}]\negress: []"),
    negative: cilium("endpointSelector: {}\ningress: [{}]\negress: [{}]"),
  },
  "network/cilium-services-everybody": {
    severity: "warning",
    message: (what) =>
      `${what}: toServices means no Service of the input, and Cilium takes a rule with toPorts and without peers for one for everybody`,
    hint: "name a Service that exists, or select its pods with toEndpoints",
    source: "cilium/cilium v1.20.2 pkg/policy/k8s/service.go processRule, pkg/policy/rule.go mergeL4Filter",
    positive: cilium(
      'endpointSelector: {}\negress: [{toServices: [{k8sService: {serviceName: gone}}], toPorts: [{ports: [{port: "80"}]}]}]',
    ),
    negative:
      service(80) +
      cilium(
        'endpointSelector: {}\negress: [{toServices: [{k8sService: {serviceName: web}}], toPorts: [{ports: [{port: "80"}]}]}]',
      ),
  },
  "network/cilium-names-unlearned": {
    severity: "warning",
    message: (what, other) =>
      `${what} allows names (toFQDNs), and no policy leads what ${other} asks of DNS through Cilium's proxy: their addresses stay unknown and closed`,
    hint: "add a rule to the DNS of the cluster on port 53 with rules: {dns: [{matchPattern: '*'}]}",
    source: "docs.cilium.io security/policy/language, DNS based",
    positive: web + cilium("endpointSelector: {}\negress: [{toFQDNs: [{matchName: api.example}]}]"),
    negative:
      web +
      cilium(
        'endpointSelector: {}\negress: [{toFQDNs: [{matchName: api.example}]}, {toEntities: [cluster], toPorts: [{ports: [{port: "53"}], rules: {dns: [{matchPattern: "*"}]}}]}]',
      ),
  },
};
