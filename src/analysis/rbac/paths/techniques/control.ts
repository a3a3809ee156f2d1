import { groupIdentity, userIdentity } from "../../model/subject.ts";
import type { Evidence, Held } from "../held.ts";
import { type Found, goodPractices, type Technique } from "../technique.ts";
import { asIdentity, askOne, type AttackWorld, want } from "../world.ts";

const admission = "admissionregistration.k8s.io";

function* webhooks(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind === "cluster-admin") return;
  for (const plural of ["mutatingwebhookconfigurations", "mutatingadmissionpolicies"]) {
    if (world.rbac.served.of(admission, plural) === undefined) continue;
    const evidence = writeOf(world, from, plural, admission);
    if (evidence !== undefined)
      yield {
        to: { kind: "cluster-admin" },
        evidence: [evidence],
        detail: "changes what others create: pods of controllers, roles and bindings of administrators",
      };
  }
  const validating = writeOf(world, from, "validatingwebhookconfigurations", admission);
  if (validating !== undefined)
    yield {
      to: { kind: "secrets", namespace: "" },
      evidence: [validating],
      detail: "is shown every Secret that is written",
    };
}

function writeOf(world: AttackWorld, from: Held, plural: string, group: string): ReturnType<typeof askOne> {
  return askOne(
    world,
    from,
    ["create", "update", "patch"].map((verb) => want(verb, plural, { group })),
  );
}

function* nodeProxy(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind === "cluster-admin") return;
  const names = world.around.nodes.length === 0 ? [""] : world.around.nodes;
  for (const name of names) {
    const evidence = askOne(
      world,
      from,
      ["get", "create"].map((verb) => want(verb, "nodes/proxy", { name })),
    );
    if (evidence !== undefined)
      yield {
        to: { kind: "node", name: name === "" ? "*" : name },
        evidence: [evidence],
        detail:
          "has the kubelet run commands in every pod of the node, privileged ones of the system too; nothing of it is in the audit log",
      };
  }
}

function* fromNode(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind !== "node") return;
  const users = new Set<string>();
  for (const pod of world.around.workloads)
    if ((from.name === "*" || pod.node === from.name || pod.node === "") && pod.hasToken)
      users.add(pod.account);
  for (const user of [...users].sort())
    yield {
      to: asIdentity(userIdentity(user)),
      evidence: [],
      detail: "takes its token from a pod of the node",
    };
  if (!world.around.knowsWorkloads)
    for (const namespace of world.reaches(""))
      if (world.podAccountsIn(namespace).length > 0)
        yield {
          to: { kind: "accounts", namespace, running: true },
          evidence: [],
          detail: "takes its token from a pod of the node (the input has no pods: one is taken to run there)",
        };
  const node = from.name === "*" ? groupIdentity("system:nodes") : userIdentity(`system:node:${from.name}`);
  yield { to: asIdentity(node), evidence: [], detail: "takes the kubelet's certificate" };
}

function* controlPlane(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind !== "node") return;
  const [node] = world.around.controlPlaneNodes.filter((name) => from.name === "*" || from.name === name);
  if (node !== undefined)
    yield {
      to: { kind: "cluster-admin" },
      evidence: [],
      detail: `takes the keys of the API server and of etcd on node ${node}`,
    };
}

function* awsAuth(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind === "cluster-admin" || !world.around.configMaps.has("kube-system/aws-auth")) return;
  const evidence = askOne(
    world,
    from,
    ["update", "patch"].map((verb) =>
      want(verb, "configmaps", { namespace: "kube-system", name: "aws-auth" }),
    ),
  );
  if (evidence !== undefined)
    yield {
      to: { kind: "cluster-admin" },
      evidence: [evidence],
      detail: "maps its own AWS identity to system:masters in ConfigMap kube-system/aws-auth",
    };
}

/** Controllers that apply what an object says, with the account that they run as. */
const appliers: readonly { readonly group: string; readonly plural: string; readonly account: RegExp }[] = [
  { group: "argoproj.io", plural: "applications", account: /:argocd-application-controller$/ },
  { group: "kustomize.toolkit.fluxcd.io", plural: "kustomizations", account: /:kustomize-controller$/ },
  { group: "helm.toolkit.fluxcd.io", plural: "helmreleases", account: /:helm-controller$/ },
];

function* gitops(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind === "cluster-admin") return;
  for (const { group, plural, account } of appliers) {
    const users = [...world.around.accounts.values()].flat().filter((user) => account.test(user));
    if (users.length === 0) continue;
    for (const scope of world.scopes(from)) {
      const evidence = askOne(
        world,
        from,
        ["create", "update", "patch"].map((verb) => want(verb, plural, { group, namespace: scope })),
      );
      if (evidence === undefined) continue;
      for (const user of users)
        yield {
          to: asIdentity(userIdentity(user)),
          evidence: [evidence],
          detail: `has ${plural}.${group} applied by the controller, as it`,
        };
    }
  }
}

function* hijack(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind === "cluster-admin") return;
  for (const scope of world.scopes(from)) {
    const at = { namespace: scope };
    const evidence = askOne(world, from, [
      ...["create", "update", "patch"].flatMap((verb) => [
        want(verb, "endpoints", at),
        want(verb, "endpointslices", { ...at, group: "discovery.k8s.io" }),
      ]),
      ...["update", "patch"].flatMap((verb) => [
        want(verb, "services", at),
        want(verb, "services/status", at),
        want(verb, "pods/status", at),
      ]),
    ]);
    if (evidence !== undefined)
      yield {
        to: { kind: "traffic", namespace: scope },
        evidence: [evidence],
        detail: "turns the traffic of Services to itself",
      };
  }
}

function* stealPods(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind !== "node") return;
  const first = (requests: readonly ReturnType<typeof want>[]): Evidence | undefined => {
    for (const request of requests) {
      const found = world.askAll(from, request);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const away = first([
    want("delete", "pods"),
    want("deletecollection", "pods"),
    want("create", "pods/eviction"),
  ]);
  if (away === undefined) return;
  const close = first([
    ...["update", "patch"].flatMap((verb) => [want(verb, "nodes"), want(verb, "nodes/status")]),
    want("delete", "nodes"),
  ]);
  if (close === undefined) return;
  for (const namespace of world.reaches(""))
    if (world.podAccountsIn(namespace).length > 0)
      yield {
        to: { kind: "accounts", namespace, running: true },
        evidence: [away, close],
        detail: "drives its pods off other nodes, closes those, and takes the token on its own",
      };
}

const bound = (name: string, account: string): string =>
  `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: ${name}}\nroleRef: {kind: ClusterRole, name: cluster-admin, apiGroup: rbac.authorization.k8s.io}\nsubjects: [{kind: ServiceAccount, name: ${account}, namespace: shop}]`;
const crd =
  "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: applications.argoproj.io}\nspec: {group: argoproj.io, scope: Namespaced, names: {plural: applications, kind: Application}, versions: []}";
const nodeObject = (role: string): string =>
  `apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {node-role.kubernetes.io/${role}: ""}}`;
const awsMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}";
const core = [""];
const asTarget = "u:system:serviceaccount:shop:target";

export const controlTechniques: readonly Technique[] = [
  {
    id: "webhook",
    title: "Reads and changes objects by admission",
    severity: "critical",
    needs: "write webhook configurations, or mutating admission policies where they are served",
    sources: [goodPractices, "rbac-police control_webhooks"],
    cut: "take the right away",
    from: "rights",
    resources: [
      "mutatingwebhookconfigurations",
      "validatingwebhookconfigurations",
      "mutatingadmissionpolicies",
    ],
    joint: false,
    find: webhooks,
    positive: {
      rules: [{ verbs: ["patch"], apiGroups: [admission], resources: ["mutatingwebhookconfigurations"] }],
    },
    counter: {
      rules: [
        { verbs: ["get", "delete"], apiGroups: [admission], resources: ["mutatingwebhookconfigurations"] },
      ],
    },
    leadsTo: "cluster-admin",
  },
  {
    id: "node-proxy",
    title: "Runs commands through the kubelet",
    severity: "critical",
    needs: "get or create on nodes/proxy",
    sources: [goodPractices, "IceKube CAN_EXEC_THROUGH_KUBELET", "rbac-police nodes_proxy", "KEP-2862"],
    cut: "give nodes/metrics, nodes/stats, nodes/log, nodes/healthz, nodes/pods or nodes/configz instead",
    from: "rights",
    resources: ["nodes/proxy"],
    joint: false,
    find: nodeProxy,
    positive: { rules: [{ verbs: ["get"], apiGroups: core, resources: ["nodes/proxy"] }] },
    counter: {
      rules: [{ verbs: ["get"], apiGroups: core, resources: ["nodes/metrics", "nodes/stats", "nodes/pods"] }],
    },
    leadsTo: "node *",
  },
  {
    id: "node-to-identities",
    title: "Takes the tokens on a node",
    severity: "critical",
    needs: "root on a node",
    sources: [
      "KubeHound POD_ATTACH, IDENTITY_ASSUME, VOLUME_ACCESS, TOKEN_STEAL, CONTAINER_ATTACH",
      "IceKube ACCESS_POD",
    ],
    cut: "keep pods with strong accounts on nodes of their own",
    from: "node",
    resources: [],
    joint: false,
    find: fromNode,
    positive: {
      rules: [{ verbs: ["get"], apiGroups: core, resources: ["nodes/proxy"] }],
      objects: bound("t", "target"),
    },
    counter: {
      rules: [{ verbs: ["get"], apiGroups: core, resources: ["nodes/metrics"] }],
      objects: bound("t", "target"),
    },
    leadsTo: asTarget,
  },
  {
    id: "control-plane-node",
    title: "Takes the keys on a control-plane node",
    severity: "critical",
    needs:
      "root on a node with the role control-plane; a node that is not known can be chosen to be that one",
    sources: [goodPractices, "kubernetes/website node-role.kubernetes.io/control-plane"],
    cut: "admit pods to control-plane nodes only from kube-system",
    from: "node",
    resources: [],
    joint: false,
    find: controlPlane,
    positive: {
      rules: [{ verbs: ["get"], apiGroups: core, resources: ["nodes/proxy"] }],
      objects: nodeObject("control-plane"),
    },
    counter: {
      rules: [{ verbs: ["get"], apiGroups: core, resources: ["nodes/proxy"] }],
      objects: nodeObject("worker"),
    },
    leadsTo: "cluster-admin",
  },
  {
    id: "aws-auth",
    title: "Maps itself to an administrator in EKS",
    severity: "critical",
    needs: "update or patch on ConfigMap kube-system/aws-auth, where it is there",
    sources: ["IceKube UPDATE_AWS_AUTH", "rbac-police eks_modify_aws_auth"],
    cut: "take the right on this ConfigMap away, or use EKS access entries",
    from: "rights",
    resources: ["configmaps"],
    joint: false,
    find: awsAuth,
    positive: { rules: [{ verbs: ["patch"], apiGroups: core, resources: ["configmaps"] }], objects: awsMap },
    counter: {
      rules: [{ verbs: ["patch"], apiGroups: core, resources: ["configmaps"], resourceNames: ["other"] }],
      objects: awsMap,
    },
    leadsTo: "cluster-admin",
  },
  {
    id: "gitops-controller",
    title: "Has a GitOps controller apply something",
    severity: "high",
    needs: "write Applications, Kustomizations or HelmReleases whose controller has more rights",
    sources: ["argo-cd docs/operator-manual/security.md", "fluxcd multi-tenancy lockdown"],
    cut: "give each tenant an account of its own, and refuse others by admission",
    from: "rights",
    resources: appliers.map(({ plural }) => plural),
    joint: false,
    find: gitops,
    positive: {
      rules: [{ verbs: ["create"], apiGroups: ["argoproj.io"], resources: ["applications"] }],
      objects: `${crd}\n---\n${bound("argo", "argocd-application-controller")}`,
    },
    counter: {
      rules: [{ verbs: ["get"], apiGroups: ["argoproj.io"], resources: ["applications"] }],
      objects: `${crd}\n---\n${bound("argo", "argocd-application-controller")}`,
    },
    leadsTo: "u:system:serviceaccount:shop:argocd-application-controller",
  },
  {
    id: "hijack-traffic",
    title: "Turns traffic to itself",
    severity: "medium",
    needs: "write endpoints, endpointslices, services, or the status of services or pods",
    sources: [
      "rbac-police modify_service_status_cve_2020_8554, modify_pod_status",
      "KubeHound ENDPOINT_EXPLOIT",
    ],
    cut: "take the right away: Services and their endpoints are made by controllers",
    from: "rights",
    resources: ["endpoints", "endpointslices", "services", "services/status", "pods/status"],
    joint: false,
    find: hijack,
    positive: {
      rules: [{ verbs: ["patch"], apiGroups: core, resources: ["services/status"] }],
      namespace: "shop",
    },
    counter: {
      rules: [{ verbs: ["get"], apiGroups: core, resources: ["services/status"] }],
      namespace: "shop",
    },
    leadsTo: "traffic shop",
  },
  {
    id: "steal-pods",
    title: "Draws pods onto its own node",
    severity: "high",
    needs: "root on a node, delete or evict pods, and update or delete nodes",
    sources: ["rbac-police steal_pods, modify_node_status"],
    cut: "take delete on pods or update on nodes away",
    from: "node",
    resources: [],
    joint: true,
    find: stealPods,
    positive: {
      rules: [
        { verbs: ["get"], apiGroups: core, resources: ["nodes/proxy"] },
        { verbs: ["delete"], apiGroups: core, resources: ["pods", "nodes"] },
      ],
      objects: `${bound("t", "target")}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {serviceAccountName: other, containers: [{name: c, image: i}]}`,
    },
    counter: {
      rules: [
        { verbs: ["get"], apiGroups: core, resources: ["nodes/proxy"] },
        { verbs: ["delete"], apiGroups: core, resources: ["pods"] },
      ],
      objects: `${bound("t", "target")}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {serviceAccountName: other, containers: [{name: c, image: i}]}`,
    },
    leadsTo: asTarget,
  },
];
