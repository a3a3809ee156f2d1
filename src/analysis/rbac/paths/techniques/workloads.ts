import { userIdentity } from "../../model/subject.ts";
import type { Evidence, Held } from "../held.ts";
import { type Found, goodPractices, type Technique } from "../technique.ts";
import type { ResourceRequest } from "../../model/policy-rule.ts";
import { asIdentity, askOne, type AttackWorld, execVerbs, type Reached, want } from "../world.ts";

/** What makes pods: of Kubernetes, and of kinds that carry a pod's template. */
const makers: readonly { readonly group: string; readonly plural: string }[] = [
  { group: "", plural: "pods" },
  { group: "", plural: "replicationcontrollers" },
  { group: "apps", plural: "deployments" },
  { group: "apps", plural: "daemonsets" },
  { group: "apps", plural: "statefulsets" },
  { group: "apps", plural: "replicasets" },
  { group: "batch", plural: "jobs" },
  { group: "batch", plural: "cronjobs" },
  { group: "argoproj.io", plural: "workflows" },
  { group: "argoproj.io", plural: "cronworkflows" },
  { group: "tekton.dev", plural: "taskruns" },
  { group: "tekton.dev", plural: "pipelineruns" },
];

function isServed(world: AttackWorld, { group, plural }: (typeof makers)[number]): boolean {
  return world.rbac.served.of(group, plural) !== undefined;
}

const rightsOf = new WeakMap<AttackWorld, Map<string, readonly ResourceRequest[]>>();

/** Rights that bring a new pod template into a namespace: create one, or rewrite one that is there. */
function templateRights(world: AttackWorld, scope: string): readonly ResourceRequest[] {
  const known = rightsOf.get(world) ?? new Map<string, readonly ResourceRequest[]>();
  rightsOf.set(world, known);
  const before = known.get(scope);
  if (before !== undefined) return before;
  const rights = makers
    .filter((maker) => isServed(world, maker))
    .flatMap(({ group, plural }) => {
      const at = { group, namespace: scope };
      const create = want("create", plural, at);
      // The template of a pod or job cannot be changed, that of what makes pods can.
      if (plural === "pods" || plural === "jobs") return [create];
      // Where workloads are known, what is not there cannot be rewritten.
      if (world.around.knowsWorkloads && !world.around.has(scope, group, plural)) return [create];
      return [create, want("update", plural, at), want("patch", plural, at)];
    });
  known.set(scope, rights);
  return rights;
}

/** Namespaces into which a holder can bring a pod template, with the right. */
function* templateNamespaces(world: AttackWorld, from: Held): Generator<Reached> {
  const whole = new Set<string>();
  for (const reached of world.spread(from, (scope) => templateRights(world, scope))) {
    whole.add(reached.namespace);
    yield reached;
  }
  // Rights that name a workload.
  for (const scope of world.scopes(from))
    for (const namespace of world.reaches(scope)) {
      if (whole.has(namespace)) continue;
      for (const { group, plural, name } of world.around.workloadsIn(namespace)) {
        if (plural === "pods" || plural === "jobs") continue;
        const at = { group, namespace, name };
        const evidence = askOne(world, from, [want("update", plural, at), want("patch", plural, at)]);
        if (evidence === undefined) continue;
        whole.add(namespace);
        yield { namespace, evidence };
        break;
      }
    }
}

function* podWithAccount(world: AttackWorld, from: Held): Generator<Found> {
  for (const { namespace, evidence } of templateNamespaces(world, from)) {
    yield {
      to: { kind: "accounts", namespace, running: false },
      evidence: [evidence],
      detail: `starts a pod in ${namespace} that runs as it`,
    };
    yield {
      to: { kind: "secrets", namespace },
      evidence: [evidence],
      detail: `starts a pod in ${namespace} that mounts them (their names must be known)`,
    };
  }
}

function isOpen(level: string | undefined): boolean {
  return level !== "baseline" && level !== "restricted";
}

function* privilegedPod(world: AttackWorld, from: Held): Generator<Found> {
  for (const { namespace, evidence } of templateNamespaces(world, from)) {
    const level = world.around.levelOf(namespace);
    if (!isOpen(level)) continue;
    yield {
      to: { kind: "node", name: "*" },
      evidence: [evidence],
      detail: `starts a privileged pod in ${namespace}, which enforces ${level === undefined ? "no Pod Security level" : "privileged"}`,
    };
    // One namespace is enough.
    return;
  }
}

function* openNamespace(world: AttackWorld, from: Held): Generator<Found> {
  for (const { namespace, evidence } of templateNamespaces(world, from)) {
    const level = world.around.levelOf(namespace);
    if (isOpen(level)) continue;
    for (const verb of ["patch", "update"]) {
      // The server asks about a Namespace with its name, and with itself as the namespace.
      const label = world.askAll(from, want(verb, "namespaces", { namespace, name: namespace }));
      if (label === undefined) continue;
      yield {
        to: { kind: "node", name: "*" },
        evidence: [label, evidence],
        detail: `takes the Pod Security level ${level ?? ""} off namespace ${namespace} and starts a privileged pod there`,
      };
      return;
    }
  }
}

function* hostPathVolume(world: AttackWorld, from: Held): Generator<Found> {
  for (const { namespace, evidence } of templateNamespaces(world, from)) {
    let volume: Evidence | undefined;
    for (const verb of ["create", "update", "patch"])
      volume ??= world.askAll(from, want(verb, "persistentvolumes"));
    if (volume === undefined) return;
    const claim = world.askAll(from, want("create", "persistentvolumeclaims", { namespace }));
    if (claim === undefined) continue;
    yield {
      to: { kind: "node", name: "*" },
      evidence: [volume, claim, evidence],
      detail: `makes a PersistentVolume of the node's disk, claims it and mounts it in ${namespace}: Pod Security does not look into volumes`,
    };
    return;
  }
}

/** What running code in a pod gives: the pod where pods are known, else every account that pods of the namespace run as. */
function* intoPods(
  world: AttackWorld,
  from: Held,
  given: {
    readonly verbs: readonly string[];
    readonly resources: readonly string[];
    readonly detail: string;
  },
): Generator<Found> {
  const { verbs, resources, detail } = given;
  const rights = (namespace: string, name = ""): readonly ResourceRequest[] =>
    verbs.flatMap((verb) => resources.map((resource) => want(verb, resource, { namespace, name })));
  const whole = new Set<string>();
  for (const { namespace, evidence } of world.spread(from, (scope) => rights(scope))) {
    whole.add(namespace);
    for (const { name } of world.around.workloadsIn(namespace))
      yield { to: { kind: "pod", namespace, name }, evidence: [evidence], detail };
    if (!world.around.knowsWorkloads && world.podAccountsIn(namespace).length > 0)
      yield {
        to: { kind: "accounts", namespace, running: true },
        evidence: [evidence],
        detail: `${detail} of ${namespace} that runs as it (the input has no pods: one is taken to be there)`,
      };
  }
  for (const scope of world.scopes(from))
    for (const namespace of world.reaches(scope)) {
      if (whole.has(namespace)) continue;
      for (const { kind, name } of world.around.workloadsIn(namespace)) {
        const evidence = kind === "Pod" ? askOne(world, from, rights(namespace, name)) : undefined;
        if (evidence !== undefined)
          yield { to: { kind: "pod", namespace, name }, evidence: [evidence], detail };
      }
    }
}

function execInto(world: AttackWorld, from: Held): Generator<Found> {
  return intoPods(world, from, {
    verbs: execVerbs(world),
    resources: ["pods/exec", "pods/attach"],
    detail: "runs a command in a pod",
  });
}

function debugPod(world: AttackWorld, from: Held): Generator<Found> {
  return intoPods(world, from, {
    verbs: ["patch", "update"],
    resources: ["pods/ephemeralcontainers"],
    detail: "puts a debug container, with the pod's volumes, into a pod",
  });
}

function replaceImage(world: AttackWorld, from: Held): Generator<Found> {
  return intoPods(world, from, {
    verbs: ["patch", "update"],
    resources: ["pods"],
    detail: "replaces the image of a pod",
  });
}

function* beAccount(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind !== "accounts") return;
  const { namespace, running } = from;
  for (const identity of running ? world.podAccountsIn(namespace) : world.accountsIn(namespace))
    yield { to: asIdentity(identity), evidence: [], detail: "is it" };
}

function* fromPod(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind !== "pod") return;
  const pod = world.around.workloads.find(
    (one) => one.namespace === from.namespace && one.name === from.name,
  );
  if (pod === undefined) return;
  if (pod.hasToken)
    yield { to: asIdentity(userIdentity(pod.account)), evidence: [], detail: "finds its token in the pod" };
}

function* escape(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind !== "pod") return;
  const pods = world.around.workloads.filter(
    (one) => one.namespace === from.namespace && one.name === from.name,
  );
  for (const pod of pods) {
    const [first] = pod.escapes;
    if (first === undefined) continue;
    const ids = pod.escapes.map(({ id }) => id).join(", ");
    yield {
      to: { kind: "node", name: pod.node === "" ? "*" : pod.node },
      evidence: [],
      detail: `breaks out of the pod: ${first.why} (${ids})`,
    };
  }
}

const cluster =
  "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: target}\nroleRef: {kind: ClusterRole, name: cluster-admin, apiGroup: rbac.authorization.k8s.io}\nsubjects: [{kind: ServiceAccount, name: target, namespace: shop}]";
const namespace = (level: string): string =>
  `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: ${level}}}`;
const pod = (spec: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {serviceAccountName: target, ${spec}containers: [{name: c, image: i}]}`;
const asTarget = "u:system:serviceaccount:shop:target";
const core = [""];

export const workloadTechniques: readonly Technique[] = [
  {
    id: "pod-as-account",
    title: "Starts a pod as any ServiceAccount of the namespace",
    severity: "critical",
    needs: "create on pods or on what makes pods, or update on what makes pods",
    sources: [
      goodPractices,
      "KubeHound POD_CREATE, IDENTITY_ASSUME",
      "IceKube CREATE_POD_WITH_SA, UPDATE_WORKLOAD_WITH_SA, USES_ACCOUNT",
      "rbac-police assign_sa, modify_pods",
    ],
    cut: "take the right away, or keep accounts with rights in namespaces where nobody else starts pods",
    from: "rights",
    resources: makers.map(({ plural }) => plural),
    joint: false,
    find: podWithAccount,
    positive: {
      rules: [{ verbs: ["create"], apiGroups: ["apps"], resources: ["deployments"] }],
      objects: cluster,
    },
    counter: {
      rules: [{ verbs: ["create"], apiGroups: core, resources: ["deployments"] }],
      objects: cluster,
    },
    leadsTo: asTarget,
  },
  {
    id: "be-account",
    title: "Takes one of the ServiceAccounts of the namespace",
    severity: "critical",
    needs: "a way to any ServiceAccount of a namespace",
    sources: ["IceKube USES_ACCOUNT, BOUND_TO, GRANTS_PERMISSION", "KubeHound PERMISSION_DISCOVER"],
    cut: "give the namespace no ServiceAccount with more rights",
    from: "accounts",
    resources: [],
    joint: false,
    find: beAccount,
    positive: { rules: [{ verbs: ["create"], apiGroups: core, resources: ["pods"] }], objects: cluster },
    counter: { rules: [{ verbs: ["get"], apiGroups: core, resources: ["pods"] }], objects: cluster },
    leadsTo: asTarget,
  },
  {
    id: "privileged-pod",
    title: "Starts a privileged pod",
    severity: "critical",
    needs:
      "create on pods or on what makes pods, in a namespace that does not enforce baseline or restricted",
    sources: [
      goodPractices,
      "KubeHound POD_CREATE",
      "IceKube CREATE_PRIVILEGED_WORKLOAD",
      "rbac-police rce_weak_ns",
    ],
    cut: "enforce the Pod Security level baseline in the namespace",
    from: "rights",
    resources: makers.map(({ plural }) => plural),
    joint: false,
    find: privilegedPod,
    positive: { rules: [{ verbs: ["create"], apiGroups: core, resources: ["pods"] }], namespace: "shop" },
    counter: {
      rules: [{ verbs: ["create"], apiGroups: core, resources: ["pods"] }],
      namespace: "shop",
      objects: namespace("baseline"),
    },
    leadsTo: "node *",
  },
  {
    id: "open-namespace",
    title: "Takes the Pod Security level off a namespace",
    severity: "critical",
    needs: "patch or update on the namespace, and create on pods in it",
    sources: [goodPractices, "IceKube PATCH_NAMESPACE_TO_BYPASS_PSA"],
    cut: "take patch and update on namespaces away",
    from: "rights",
    resources: makers.map(({ plural }) => plural),
    joint: true,
    find: openNamespace,
    positive: {
      rules: [{ verbs: ["create", "patch"], apiGroups: core, resources: ["pods", "namespaces"] }],
      objects: namespace("restricted"),
    },
    counter: {
      rules: [{ verbs: ["create"], apiGroups: core, resources: ["pods", "namespaces"] }],
      objects: namespace("restricted"),
      namespace: "shop",
    },
    leadsTo: "node *",
  },
  {
    id: "host-path-volume",
    title: "Makes a PersistentVolume of the node's disk",
    severity: "critical",
    needs: "create on persistentvolumes, on persistentvolumeclaims and on pods",
    sources: [goodPractices],
    cut: "take create on persistentvolumes away",
    from: "rights",
    resources: makers.map(({ plural }) => plural),
    joint: true,
    find: hostPathVolume,
    positive: {
      rules: [
        {
          verbs: ["create"],
          apiGroups: core,
          resources: ["persistentvolumes", "persistentvolumeclaims", "pods"],
        },
      ],
      objects: namespace("restricted"),
    },
    counter: {
      rules: [{ verbs: ["create"], apiGroups: core, resources: ["persistentvolumeclaims", "pods"] }],
      objects: namespace("restricted"),
      namespace: "shop",
    },
    leadsTo: "node *",
  },
  {
    id: "exec",
    title: "Runs a command in a pod",
    severity: "high",
    needs: "create on pods/exec or pods/attach; until Kubernetes 1.34 get is enough",
    sources: [
      goodPractices,
      "KubeHound POD_EXEC, CONTAINER_ATTACH",
      "IceKube EXEC_INTO",
      "rbac-police pods_exec",
      "KEP-4006",
    ],
    cut: "take pods/exec and pods/attach away",
    from: "rights",
    resources: ["pods/exec", "pods/attach"],
    joint: false,
    find: execInto,
    positive: {
      rules: [{ verbs: ["get"], apiGroups: core, resources: ["pods/exec"] }],
      objects: cluster,
      minor: 34,
    },
    counter: {
      rules: [{ verbs: ["get"], apiGroups: core, resources: ["pods/exec"] }],
      objects: cluster,
      minor: 35,
    },
    leadsTo: asTarget,
  },
  {
    id: "debug-container",
    title: "Puts a debug container into a running pod",
    severity: "high",
    needs: "patch or update on pods/ephemeralcontainers",
    sources: ["IceKube DEBUG_POD", "rbac-police pods_ephemeral_ctrs"],
    cut: "take pods/ephemeralcontainers away",
    from: "rights",
    resources: ["pods/ephemeralcontainers"],
    joint: false,
    find: debugPod,
    positive: {
      rules: [{ verbs: ["patch"], apiGroups: core, resources: ["pods/ephemeralcontainers"] }],
      objects: `${cluster}\n---\n${pod("")}`,
    },
    counter: {
      rules: [{ verbs: ["get"], apiGroups: core, resources: ["pods/ephemeralcontainers"] }],
      objects: `${cluster}\n---\n${pod("")}`,
    },
    leadsTo: asTarget,
  },
  {
    id: "replace-image",
    title: "Replaces the image of a pod",
    severity: "high",
    needs: "patch or update on pods",
    sources: ["KubeHound POD_PATCH", "IceKube REPLACE_IMAGE", "rbac-police modify_pods"],
    cut: "take patch and update on pods away",
    from: "rights",
    resources: ["pods"],
    joint: false,
    find: replaceImage,
    positive: {
      rules: [{ verbs: ["patch"], apiGroups: core, resources: ["pods"] }],
      objects: `${cluster}\n---\n${pod("")}`,
    },
    counter: {
      rules: [{ verbs: ["delete"], apiGroups: core, resources: ["pods"] }],
      objects: `${cluster}\n---\n${pod("")}`,
    },
    leadsTo: asTarget,
  },
  {
    id: "token-in-pod",
    title: "Finds the ServiceAccount's token in a pod",
    severity: "high",
    needs: "code in a pod that mounts a token",
    sources: [
      "KubeHound IDENTITY_ASSUME, TOKEN_STEAL, VOLUME_DISCOVER",
      "IceKube USES_ACCOUNT, ACCESS_POD",
      "rbac-police obtain_token_weak_ns",
    ],
    cut: "set automountServiceAccountToken: false",
    from: "pod",
    resources: [],
    joint: false,
    find: fromPod,
    positive: {
      rules: [{ verbs: ["create"], apiGroups: core, resources: ["pods/exec"] }],
      objects: `${cluster}\n---\n${pod("")}`,
    },
    counter: {
      rules: [{ verbs: ["create"], apiGroups: core, resources: ["pods/exec"] }],
      objects: `${cluster}\n---\n${pod("automountServiceAccountToken: false, ")}`,
    },
    leadsTo: asTarget,
  },
  {
    id: "break-out",
    title: "Breaks out of a pod to its node",
    severity: "critical",
    needs:
      "code in a pod that is privileged, has a dangerous capability, sees the node's processes, or mounts its disk",
    sources: [
      "KubeHound CE_PRIV_MOUNT, CE_NSENTER, CE_MODULE_LOAD, CE_SYS_PTRACE, CE_UMH_CORE_PATTERN, CE_VAR_LOG_SYMLINK, EXPLOIT_CONTAINERD_SOCK, EXPLOIT_HOST_READ, EXPLOIT_HOST_WRITE, EXPLOIT_HOST_TRAVERSE, SHARE_PS_NAMESPACE",
      "IceKube IS_PRIVILEGED, CAN_CGROUP_BREAKOUT, CAN_LOAD_KERNEL_MODULES, CAN_ACCESS_DANGEROUS_HOST_PATH, CAN_NSENTER_HOST, CAN_ACCESS_HOST_FD",
    ],
    cut: "give the pod the Pod Security level baseline",
    from: "pod",
    resources: [],
    joint: false,
    find: escape,
    positive: {
      rules: [{ verbs: ["create"], apiGroups: core, resources: ["pods/exec"] }],
      objects: pod("volumes: [{name: h, hostPath: {path: /}}], nodeName: n1, "),
    },
    counter: {
      rules: [{ verbs: ["create"], apiGroups: core, resources: ["pods/exec"] }],
      objects: pod("nodeName: n1, "),
    },
    leadsTo: "node n1",
  },
];
