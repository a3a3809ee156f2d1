import { userIdentity } from "../../model/subject.ts";
import type { Evidence, Held } from "../held.ts";
import type { Workload } from "../surroundings.ts";
import { type Found, goodPractices, type Technique } from "../technique.ts";
import { asIdentity, askOne, type AttackWorld, execVerbs, want } from "../world.ts";

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

/** A right to bring a new pod template into a namespace: create one, or rewrite one that is there. */
function templateRight(world: AttackWorld, from: Held, namespace: string): Evidence | undefined {
  for (const maker of makers) {
    if (!isServed(world, maker)) continue;
    const at = { group: maker.group, namespace };
    const create = world.ask(from, want("create", maker.plural, at));
    if (create !== undefined) return create;
    // The template of a pod cannot be changed, that of what makes pods can.
    if (maker.plural === "pods" || maker.plural === "jobs") continue;
    const there = world.around.workloads.filter(
      (one) => one.namespace === namespace && one.plural === maker.plural && one.group === maker.group,
    );
    for (const verb of ["update", "patch"]) {
      const any = world.around.knowsWorkloads && there.length === 0 ? undefined : world.ask(from, want(verb, maker.plural, at));
      if (any !== undefined) return any;
      for (const { name } of there) {
        const named = world.ask(from, want(verb, maker.plural, { ...at, name }));
        if (named !== undefined) return named;
      }
    }
  }
  return undefined;
}

/** Namespaces into which a holder can bring a pod template, with the right. */
function* templateNamespaces(world: AttackWorld, from: Held): Generator<{ namespace: string; right: Evidence }> {
  if (from.kind === "cluster-admin") return;
  for (const scope of world.scopes(from))
    for (const namespace of world.reaches(scope)) {
      const right = templateRight(world, from, namespace);
      if (right !== undefined) yield { namespace, right };
    }
}

function* podWithAccount(world: AttackWorld, from: Held): Generator<Found> {
  for (const { namespace, right } of templateNamespaces(world, from)) {
    for (const identity of world.accountsIn(namespace))
      yield { to: asIdentity(identity), evidence: [right], detail: `starts a pod in ${namespace} that runs as it` };
    yield {
      to: { kind: "secrets", namespace },
      evidence: [right],
      detail: `starts a pod in ${namespace} that mounts them (their names must be known)`,
    };
  }
}

function isOpen(level: string | undefined): boolean {
  return level !== "baseline" && level !== "restricted";
}

function* privilegedPod(world: AttackWorld, from: Held): Generator<Found> {
  for (const { namespace, right } of templateNamespaces(world, from)) {
    const level = world.around.levelOf(namespace);
    if (isOpen(level))
      yield {
        to: { kind: "node", name: "*" },
        evidence: [right],
        detail: `starts a privileged pod in ${namespace}, which enforces ${level === undefined ? "no Pod Security level" : "privileged"}`,
      };
  }
}

function* openNamespace(world: AttackWorld, from: Held): Generator<Found> {
  for (const { namespace, right } of templateNamespaces(world, from)) {
    const level = world.around.levelOf(namespace);
    if (isOpen(level)) continue;
    for (const verb of ["patch", "update"]) {
      const label = world.askAll(from, want(verb, "namespaces", { namespace, name: namespace })) ??
        world.askAll(from, want(verb, "namespaces", { name: namespace }));
      if (label === undefined) continue;
      yield {
        to: { kind: "node", name: "*" },
        evidence: [label, right],
        detail: `takes the Pod Security level ${level ?? ""} off namespace ${namespace} and starts a privileged pod there`,
      };
      break;
    }
  }
}

function* hostPathVolume(world: AttackWorld, from: Held): Generator<Found> {
  const volume = askOne(
    world,
    from,
    ["create", "update", "patch"].map((verb) => want(verb, "persistentvolumes")),
  );
  if (volume === undefined || from.kind === "cluster-admin") return;
  for (const held of [from, ...world.held.values()]) {
    for (const { namespace, right } of templateNamespaces(world, held)) {
      const claim = world.askAll(held, want("create", "persistentvolumeclaims", { namespace }));
      if (claim === undefined) continue;
      yield {
        to: { kind: "node", name: "*" },
        evidence: [volume, claim, right],
        detail: `makes a PersistentVolume of the node's disk, claims it and mounts it in ${namespace}: Pod Security does not look into volumes`,
      };
      return;
    }
  }
}

/** What running code in a pod of a namespace gives: the pod where pods are known, else every account there. */
function* intoPods(
  world: AttackWorld,
  namespace: string,
  right: (pod?: Workload) => Evidence | undefined,
  detail: string,
): Generator<Found> {
  const there = world.around.workloads.filter((one) => one.namespace === namespace);
  for (const pod of there) {
    const evidence = right(pod);
    if (evidence !== undefined)
      yield { to: { kind: "pod", namespace, name: pod.name }, evidence: [evidence], detail };
  }
  if (world.around.knowsWorkloads) return;
  const evidence = right();
  if (evidence === undefined) return;
  for (const identity of world.podAccountsIn(namespace))
    yield {
      to: asIdentity(identity),
      evidence: [evidence],
      detail: `${detail} of ${namespace} that runs as it (the input has no pods: one is taken to be there)`,
    };
}

function podName(pod: Workload | undefined): { readonly name?: string } {
  return pod?.kind === "Pod" ? { name: pod.name } : {};
}

function* execInto(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind === "cluster-admin") return;
  for (const scope of world.scopes(from))
    for (const namespace of world.reaches(scope))
      yield* intoPods(
        world,
        namespace,
        (pod) =>
          askOne(
            world,
            from,
            execVerbs(world).flatMap((verb) =>
              ["pods/exec", "pods/attach"].map((resource) => want(verb, resource, { namespace, ...podName(pod) })),
            ),
          ),
        "runs a command in a pod",
      );
}

function* debugPod(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind === "cluster-admin") return;
  for (const scope of world.scopes(from))
    for (const namespace of world.reaches(scope))
      yield* intoPods(
        world,
        namespace,
        (pod) =>
          askOne(
            world,
            from,
            ["patch", "update"].map((verb) =>
              want(verb, "pods/ephemeralcontainers", { namespace, ...podName(pod) }),
            ),
          ),
        "puts a debug container, with the pod's volumes, into a pod",
      );
}

function* replaceImage(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind === "cluster-admin") return;
  for (const scope of world.scopes(from))
    for (const namespace of world.reaches(scope))
      yield* intoPods(
        world,
        namespace,
        (pod) =>
          askOne(
            world,
            from,
            ["patch", "update"].map((verb) => want(verb, "pods", { namespace, ...podName(pod) })),
          ),
        "replaces the image of a pod",
      );
}

function* fromPod(world: AttackWorld, from: Held): Generator<Found> {
  if (from.kind !== "pod") return;
  const pod = world.around.workloads.find(
    (one) => one.namespace === from.namespace && one.name === from.name,
  );
  if (pod === undefined) return;
  if (pod.hasToken) yield { to: asIdentity(userIdentity(pod.account)), evidence: [], detail: "finds its token in the pod" };
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

const cluster = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: target}\nroleRef: {kind: ClusterRole, name: cluster-admin, apiGroup: rbac.authorization.k8s.io}\nsubjects: [{kind: ServiceAccount, name: target, namespace: shop}]";
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
    sources: [goodPractices, "KubeHound POD_CREATE, IDENTITY_ASSUME", "IceKube CREATE_POD_WITH_SA, UPDATE_WORKLOAD_WITH_SA, USES_ACCOUNT", "rbac-police assign_sa, modify_pods"],
    cut: "take the right away, or keep accounts with rights in namespaces where nobody else starts pods",
    from: "rights",
    joint: false,
    find: podWithAccount,
    positive: { rules: [{ verbs: ["create"], apiGroups: ["apps"], resources: ["deployments"] }], objects: cluster },
    counter: { rules: [{ verbs: ["create"], apiGroups: core, resources: ["deployments"] }], objects: cluster },
    leadsTo: asTarget,
  },
  {
    id: "privileged-pod",
    title: "Starts a privileged pod",
    severity: "critical",
    needs: "create on pods or on what makes pods, in a namespace that does not enforce baseline or restricted",
    sources: [goodPractices, "KubeHound POD_CREATE", "IceKube CREATE_PRIVILEGED_WORKLOAD", "rbac-police rce_weak_ns"],
    cut: "enforce the Pod Security level baseline in the namespace",
    from: "rights",
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
    joint: true,
    find: openNamespace,
    positive: { rules: [{ verbs: ["create", "patch"], apiGroups: core, resources: ["pods", "namespaces"] }], objects: namespace("restricted") },
    counter: { rules: [{ verbs: ["create"], apiGroups: core, resources: ["pods", "namespaces"] }], objects: namespace("restricted"), namespace: "shop" },
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
    joint: true,
    find: hostPathVolume,
    positive: {
      rules: [{ verbs: ["create"], apiGroups: core, resources: ["persistentvolumes", "persistentvolumeclaims", "pods"] }],
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
    sources: [goodPractices, "KubeHound POD_EXEC, CONTAINER_ATTACH", "IceKube EXEC_INTO", "rbac-police pods_exec", "KEP-4006"],
    cut: "take pods/exec and pods/attach away",
    from: "rights",
    joint: false,
    find: execInto,
    positive: { rules: [{ verbs: ["get"], apiGroups: core, resources: ["pods/exec"] }], objects: cluster, minor: 34 },
    counter: { rules: [{ verbs: ["get"], apiGroups: core, resources: ["pods/exec"] }], objects: cluster, minor: 35 },
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
    joint: false,
    find: replaceImage,
    positive: { rules: [{ verbs: ["patch"], apiGroups: core, resources: ["pods"] }], objects: `${cluster}\n---\n${pod("")}` },
    counter: { rules: [{ verbs: ["delete"], apiGroups: core, resources: ["pods"] }], objects: `${cluster}\n---\n${pod("")}` },
    leadsTo: asTarget,
  },
  {
    id: "token-in-pod",
    title: "Finds the ServiceAccount's token in a pod",
    severity: "high",
    needs: "code in a pod that mounts a token",
    sources: ["KubeHound IDENTITY_ASSUME, TOKEN_STEAL, VOLUME_DISCOVER", "IceKube USES_ACCOUNT, ACCESS_POD", "rbac-police obtain_token_weak_ns"],
    cut: "set automountServiceAccountToken: false",
    from: "pod",
    joint: false,
    find: fromPod,
    positive: { rules: [{ verbs: ["create"], apiGroups: core, resources: ["pods/exec"] }], objects: `${cluster}\n---\n${pod("")}` },
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
    needs: "code in a pod that is privileged, has a dangerous capability, sees the node's processes, or mounts its disk",
    sources: [
      "KubeHound CE_PRIV_MOUNT, CE_NSENTER, CE_MODULE_LOAD, CE_SYS_PTRACE, CE_UMH_CORE_PATTERN, CE_VAR_LOG_SYMLINK, EXPLOIT_CONTAINERD_SOCK, EXPLOIT_HOST_READ, EXPLOIT_HOST_WRITE, EXPLOIT_HOST_TRAVERSE, SHARE_PS_NAMESPACE",
      "IceKube IS_PRIVILEGED, CAN_CGROUP_BREAKOUT, CAN_LOAD_KERNEL_MODULES, CAN_ACCESS_DANGEROUS_HOST_PATH, CAN_NSENTER_HOST, CAN_ACCESS_HOST_FD",
    ],
    cut: "give the pod the Pod Security level baseline",
    from: "pod",
    joint: false,
    find: escape,
    positive: {
      rules: [{ verbs: ["create"], apiGroups: core, resources: ["pods/exec"] }],
      objects: pod("volumes: [{name: h, hostPath: {path: /}}], nodeName: n1, "),
    },
    counter: { rules: [{ verbs: ["create"], apiGroups: core, resources: ["pods/exec"] }], objects: pod("nodeName: n1, ") },
    leadsTo: "node n1",
  },
];

