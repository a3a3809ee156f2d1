import { matchesLabels } from "../../../kube/selector.ts";
import { none } from "./helpers.ts";
import type { Hit, PracticeRow, Profile } from "./practice.ts";
import { get, mappingsAt, membersAt, textAt, textsAt } from "./subjects.ts";
import { podExample } from "./helpers.ts";

const everywhere: readonly Profile[] = ["default", "baseline", "restricted", "production", "nsa", "cis"];
const service = (fields: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\nspec: {${fields}}`;
const ingress = (fields: string, annotations = ""): string =>
  `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, namespace: shop${annotations}}\nspec: {${fields}}`;
const rule =
  "{host: shop.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}";
const namespace = (labels: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop${labels}}`;
const policy = (spec: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {${spec}}`;

/** Annotations through which an Ingress author writes the proxy's own configuration (CVE-2021-25742, CVE-2025-1974). */
const snippet =
  /^nginx\.(?:ingress\.kubernetes\.io|org)\/(?:.*-snippets?|auth-url|auth-tls-match-cn|mirror-target|mirror-host)$/;

/** What is open to the outside, and what a namespace lacks as a whole. */
export const exposureRows: readonly PracticeRow[] = [
  {
    id: "exposure/external-ips",
    severity: "warning",
    profiles: everywhere,
    title: "Services take over no addresses",
    why: "externalIPs redirect traffic for any address inside the cluster (CVE-2020-8554).",
    fix: "use a LoadBalancer or a Gateway",
    source: "https://github.com/kubernetes/kubernetes/issues/97076",
    same: [
      "trivy:KSV-0108",
      "gatekeeper:externalip",
      "kyverno:restrict-service-external-ips",
      "kubescape:C-0058",
    ],
    frameworks: ["MITRE T1557"],
    positive: service("externalIPs: [203.0.113.1], ports: [{port: 80}], selector: {app: a}"),
    negative: service("ports: [{port: 80}], selector: {app: a}"),
    object: (subject) =>
      subject.key.kind === "Service" && textsAt(subject.object, "spec", "externalIPs").length > 0
        ? [{ path: ["spec", "externalIPs"], message: "the Service takes over addresses outside the cluster" }]
        : none,
  },
  {
    id: "exposure/node-port",
    severity: "info",
    profiles: ["production", "nsa", "cis"],
    title: "Services open no port on every node",
    why: "A NodePort is open on each node, past Ingress, TLS and most firewalls.",
    fix: "use type ClusterIP behind an Ingress or Gateway",
    source: "kube-linter exposed-services",
    same: [
      "kube-linter:exposed-services",
      "kube-score:service-type",
      "gatekeeper:block-nodeport-services",
      "kyverno:restrict-node-port",
    ],
    frameworks: ["MITRE T1133"],
    positive: service("type: NodePort, ports: [{port: 80}], selector: {app: a}"),
    negative: service("type: ClusterIP, ports: [{port: 80}], selector: {app: a}"),
    object: (subject) =>
      subject.key.kind === "Service" && textAt(subject.object, "spec", "type") === "NodePort"
        ? [{ path: ["spec", "type"], message: "the Service opens a port on every node" }]
        : none,
  },
  {
    id: "exposure/load-balancer",
    severity: "info",
    profiles: ["nsa"],
    title: "A public LoadBalancer says who may use it",
    why: "Without loadBalancerSourceRanges it is open to everybody unless the cloud says otherwise.",
    fix: "set loadBalancerSourceRanges, or the annotation for an internal one",
    source: "kube-linter exposed-services",
    same: ["kube-linter:exposed-services", "gatekeeper:block-loadbalancer-services", "kubescape:C-0256"],
    frameworks: ["MITRE T1133"],
    positive: service("type: LoadBalancer, ports: [{port: 80}], selector: {app: a}"),
    negative: service(
      "type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8], ports: [{port: 80}], selector: {app: a}",
    ),
    object: (subject) =>
      subject.key.kind === "Service" &&
      textAt(subject.object, "spec", "type") === "LoadBalancer" &&
      textsAt(subject.object, "spec", "loadBalancerSourceRanges").length === 0 &&
      !membersAt(subject.object, "metadata", "annotations").some(([key]) => /internal/i.test(key))
        ? [{ path: ["spec", "type"], message: "the LoadBalancer does not say who may use it" }]
        : none,
  },
  {
    id: "exposure/ingress-without-tls",
    severity: "info",
    profiles: ["production", "nsa"],
    title: "Ingresses end TLS",
    why: "Passwords and cookies are readable on the way otherwise.",
    fix: "add spec.tls with a Secret, or end TLS before it on purpose",
    source: "polaris tlsSettingsMissing",
    same: ["polaris:tlsSettingsMissing", "kubescape:C-0263", "gatekeeper:httpsonly"],
    frameworks: [],
    positive: ingress(`rules: [${rule}]`),
    negative: ingress(`tls: [{hosts: [shop.example.com], secretName: tls}], rules: [${rule}]`),
    object: (subject) =>
      subject.key.kind === "Ingress" && mappingsAt(subject.object, "spec", "tls").length === 0
        ? [{ path: ["spec"], message: "the Ingress ends no TLS" }]
        : none,
  },
  {
    id: "exposure/ingress-any-host",
    severity: "info",
    profiles: ["production", "nsa"],
    title: "Ingress rules name their host",
    why: "A rule without a host, or with a wildcard, also answers for the names of others.",
    fix: "name the host",
    source: "kyverno disallow-empty-ingress-host",
    same: ["kyverno:disallow-empty-ingress-host", "gatekeeper:block-wildcard-ingress"],
    frameworks: [],
    positive: ingress("rules: [{http: {paths: []}}]"),
    negative: ingress(`rules: [${rule}]`),
    object: (subject) =>
      subject.key.kind !== "Ingress"
        ? none
        : mappingsAt(subject.object, "spec", "rules").flatMap(([index, one]): readonly Hit[] => {
            const host = textAt(one, "host") ?? "";
            return host === "" || host.startsWith("*")
              ? [
                  {
                    path: ["spec", "rules", index],
                    message: host === "" ? "the rule names no host" : `the rule answers for ${host}`,
                  },
                ]
              : none;
          }),
  },
  {
    id: "exposure/ingress-snippet",
    severity: "warning",
    profiles: everywhere,
    title: "Ingresses carry no configuration of the proxy",
    why: "A snippet is code in the ingress controller, whose token reads every Secret (CVE-2021-25742, CVE-2025-1974).",
    fix: "use annotations without free text, or a Gateway",
    source: "https://github.com/kubernetes/kubernetes/issues/126811",
    same: ["checkov:CKV_K8S_152", "checkov:CKV_K8S_153", "checkov:CKV_K8S_154", "kubescape:C-0059"],
    frameworks: [],
    positive: ingress(
      `rules: [${rule}]`,
      ", annotations: {nginx.ingress.kubernetes.io/configuration-snippet: 'lua'}",
    ),
    negative: ingress(
      `rules: [${rule}]`,
      ", annotations: {nginx.ingress.kubernetes.io/ssl-redirect: 'true'}",
    ),
    object: (subject) =>
      subject.key.kind !== "Ingress"
        ? none
        : membersAt(subject.object, "metadata", "annotations").flatMap(([key]): readonly Hit[] =>
            snippet.test(key)
              ? [
                  {
                    path: ["metadata", "annotations", key],
                    key: true,
                    message: `annotation ${key} writes the proxy's configuration`,
                  },
                ]
              : none,
          ),
  },
  {
    id: "exposure/pod-without-policy",
    severity: "info",
    profiles: ["production", "nsa", "cis"],
    title: "Every Pod is covered by a NetworkPolicy",
    why: "A Pod that no policy selects may talk to everything, and everything to it.",
    fix: "add a policy that denies by default, and allow what is needed",
    source: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    same: [
      "kube-linter:non-isolated-pod",
      "kube-score:pod-networkpolicy",
      "polaris:missingNetworkPolicy",
      "checkov:CKV2_K8S_6",
      "kubescape:C-0260",
      "kubeaudit:netpols",
      "kyverno:add-network-policy",
    ],
    frameworks: ["CIS 5.3.2", "NSA network policies"],
    positive: podExample("containers: [{name: a}]"),
    negative: `${podExample("containers: [{name: a}]")}\n---\n${policy("podSelector: {}, policyTypes: [Ingress]")}`,
    pod: (subject, index) =>
      get(subject.spec, "hostNetwork") === true ||
      index
        .of("NetworkPolicy", subject.namespace)
        .some((one) => matchesLabels(get(one.object, "spec", "podSelector"), subject.labels))
        ? none
        : [{ path: ["kind"], message: "no NetworkPolicy of the input selects its Pods" }],
  },
  {
    id: "namespace/no-default-deny",
    severity: "info",
    profiles: ["nsa", "cis"],
    title: "Namespaces deny traffic by default",
    why: "What is added later is open until somebody thinks of it.",
    fix: "add a NetworkPolicy with podSelector: {} and both policyTypes",
    source: "NSA/CISA Kubernetes Hardening Guide 1.2, network policies",
    same: ["kubescape:C-0054", "kubescape:C-0206", "kyverno:add-network-policy"],
    frameworks: ["NSA network policies"],
    positive: `${namespace("")}\n---\n${policy("podSelector: {}, policyTypes: [Ingress]")}`,
    negative: `${namespace("")}\n---\n${policy("podSelector: {}, policyTypes: [Ingress, Egress]")}`,
    object: (subject, index) => {
      if (subject.key.kind !== "Namespace" || subject.key.group !== "") return none;
      const whole = index
        .of("NetworkPolicy", subject.key.name)
        .filter(
          ({ object }) =>
            membersAt(object, "spec", "podSelector").length === 0 &&
            get(object, "spec", "podSelector") !== undefined,
        );
      const missing = (["Ingress", "Egress"] as const).filter(
        (type) => !whole.some(({ object }) => typesOf(object).includes(type)),
      );
      return missing.length === 0
        ? none
        : [
            {
              path: ["metadata", "name"],
              message: `namespace ${subject.key.name} denies no ${missing.map((one) => one.toLowerCase()).join(" and no ")} by default`,
            },
          ];
    },
  },
  {
    id: "namespace/no-pod-security-label",
    severity: "info",
    profiles: ["production", "nsa", "cis"],
    title: "Namespaces enforce a Pod Security level",
    why: "Without the label privileged Pods are taken.",
    fix: "label it pod-security.kubernetes.io/enforce: baseline, better restricted",
    source: "https://kubernetes.io/docs/concepts/security/pod-security-admission/",
    same: ["kubescape:C-0192", "kyverno:require-psa-labels"],
    frameworks: ["CIS 5.2.1"],
    positive: namespace(""),
    negative: namespace(", labels: {pod-security.kubernetes.io/enforce: restricted}"),
    object: (subject) =>
      subject.key.kind === "Namespace" &&
      subject.key.group === "" &&
      textAt(subject.object, "metadata", "labels", "pod-security.kubernetes.io/enforce") === undefined
        ? [
            {
              path: ["metadata", "name"],
              message: `namespace ${subject.key.name} enforces no Pod Security level`,
            },
          ]
        : none,
  },
  {
    id: "namespace/no-quota",
    severity: "info",
    profiles: ["nsa", "cis"],
    title: "Namespaces have a quota",
    why: "One namespace can take the whole cluster.",
    fix: "add a ResourceQuota",
    source: "NSA/CISA Kubernetes Hardening Guide 1.2, resource policies",
    same: ["trivy:KSV-0040", "kyverno:add-ns-quota", "kubescape:C-0009"],
    frameworks: ["NSA resource policies"],
    positive: namespace(""),
    negative: `${namespace("")}\n---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: shop}\nspec: {hard: {pods: '10'}}`,
    object: (subject, index) =>
      subject.key.kind === "Namespace" &&
      subject.key.group === "" &&
      index.of("ResourceQuota", subject.key.name).length === 0
        ? [
            {
              path: ["metadata", "name"],
              message: `namespace ${subject.key.name} has no ResourceQuota in the input`,
            },
          ]
        : none,
  },
  {
    id: "namespace/default-namespace",
    severity: "info",
    profiles: ["production", "cis"],
    title: "Nothing is put into the namespace default",
    why: "Policies, quotas and permissions for it are for everything that has no place of its own.",
    fix: "name a namespace",
    source: "CIS Kubernetes Benchmark 5.7.4",
    same: [
      "kube-linter:use-namespace",
      "trivy:KSV-0110",
      "checkov:CKV_K8S_21",
      "kubescape:C-0061",
      "marvin:M-500",
      "kyverno:disallow-default-namespace",
    ],
    frameworks: ["CIS 5.7.4"],
    positive:
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: default}\nspec: {containers: [{name: a}]}",
    negative: podExample("containers: [{name: a}]"),
    object: (subject) =>
      subject.key.namespace === "default" &&
      // A Role must be where it gives something: it is about what is in the namespace, not put into it.
      subject.key.kind !== "Role" &&
      subject.key.kind !== "RoleBinding" &&
      !(subject.key.kind === "Service" && subject.key.name === "kubernetes")
        ? [
            {
              path: ["metadata", "namespace"],
              message: `${subject.key.kind} ${subject.key.name} is put into the namespace default`,
            },
          ]
        : none,
  },
  {
    id: "namespace/system-namespace",
    severity: "info",
    profiles: ["nsa", "cis"],
    title: "Applications stay out of kube-system",
    why: "Policies leave it out, and whoever runs there is trusted like the control plane.",
    fix: "use a namespace of its own",
    source: "trivy-checks KSV-0037",
    same: ["trivy:KSV-0037", "kubescape:C-0061"],
    frameworks: [],
    positive:
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: kube-system}\nspec: {containers: [{name: a}]}",
    negative: podExample("containers: [{name: a}]"),
    pod: (subject) =>
      subject.key.namespace === "kube-system"
        ? [{ path: ["metadata", "namespace"], message: "the Pods run in kube-system" }]
        : none,
  },
];

/** Directions of a policy; without policyTypes Ingress, and Egress where rules for it stand (networking/v1 defaults.go). */
function typesOf(object: Parameters<typeof get>[0]): readonly string[] {
  const given = textsAt(object, "spec", "policyTypes").map(([, type]) => type);
  if (given.length > 0) return given;
  return get(object, "spec", "egress") === undefined ? ["Ingress"] : ["Ingress", "Egress"];
}
