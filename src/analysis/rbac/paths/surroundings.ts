import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { containersOf, podTemplateOf, serviceAccountOf } from "../../../kube/pod-template.ts";
import { accountOf, accountUser } from "../model/subject.ts";
import type { Rbac } from "../evaluate/rbac.ts";

/** A pod, or what makes pods, in the input. */
export interface Workload {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Resource in roles: `deployments`. */
  readonly plural: string;
  readonly account: string;
  /** Its ServiceAccount's token is in the pod. */
  readonly hasToken: boolean;
  readonly node: string;
  /** Ways from the pod to its node, by what the pod may do. */
  readonly escapes: readonly Escape[];
}

export interface Escape {
  readonly id: string;
  readonly why: string;
}

/** What paths look at beside roles. Where the input has none of a kind, nothing is known about that kind. */
export interface Surroundings {
  readonly workloads: readonly Workload[];
  workloadsIn(namespace: string): readonly Workload[];
  /** Whether a workload of a kind is in a namespace (empty: in any). */
  has(namespace: string, group: string, plural: string): boolean;
  /** Pods and workloads are in the input: then those that are not there are taken not to exist. */
  readonly knowsWorkloads: boolean;
  /** Pod Security level that a namespace enforces; undefined: it says none. */
  levelOf(namespace: string): string | undefined;
  readonly knownNamespaces: ReadonlySet<string>;
  readonly nodes: readonly string[];
  readonly controlPlaneNodes: readonly string[];
  /** Secrets that hold a token of a ServiceAccount, with its user name. */
  readonly tokenSecrets: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly user: string;
  }[];
  readonly configMaps: ReadonlySet<string>;
  /** ServiceAccounts with rights of their own, by namespace, as user names. */
  readonly accounts: ReadonlyMap<string, readonly string[]>;
}

const plurals: Readonly<Record<string, string>> = {
  Pod: "pods",
  ReplicationController: "replicationcontrollers",
  ReplicaSet: "replicasets",
  Deployment: "deployments",
  StatefulSet: "statefulsets",
  DaemonSet: "daemonsets",
  Job: "jobs",
  CronJob: "cronjobs",
};

/** One kind of object that paths look at, and what is noted of it. */
type Reader = (found: Found, object: JsonObject, name: string, namespace: string) => void;

interface Found {
  readonly levels: Map<string, string | undefined>;
  readonly nodes: Set<string>;
  readonly controlPlaneNodes: Set<string>;
  readonly tokenSecrets: { namespace: string; name: string; user: string }[];
  readonly configMaps: Set<string>;
  readonly noToken: Set<string>;
}

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    "Namespace",
    ({ levels }, object, name) => void levels.set(name, text(object, ["metadata", "labels", LEVEL])),
  ],
  [
    "Node",
    ({ nodes, controlPlaneNodes }, object, name) => {
      nodes.add(name);
      const roles = ["control-plane", "master"].map((role) => `node-role.kubernetes.io/${role}`);
      if (roles.some((label) => text(object, ["metadata", "labels", label]) !== undefined))
        controlPlaneNodes.add(name);
    },
  ],
  ["ConfigMap", ({ configMaps }, _object, name, namespace) => void configMaps.add(`${namespace}/${name}`)],
  [
    "Secret",
    ({ tokenSecrets }, object, name, namespace) => {
      const account = text(object, ["metadata", "annotations", "kubernetes.io/service-account.name"]);
      // Lists of metadata have no type; the annotation says as much.
      const isToken =
        object["type"] === undefined || object["type"] === "kubernetes.io/service-account-token";
      if (account !== undefined && isToken)
        tokenSecrets.push({ namespace, name, user: accountUser(namespace, account) });
    },
  ],
  [
    "ServiceAccount",
    ({ noToken }, object, name, namespace) => {
      if (object["automountServiceAccountToken"] === false) noToken.add(accountUser(namespace, name));
    },
  ],
]);

export function readSurroundings(rbac: Rbac): Surroundings {
  const found: Found = {
    levels: new Map(),
    nodes: new Set(),
    controlPlaneNodes: new Set(),
    tokenSecrets: [],
    configMaps: new Set(),
    noToken: new Set(),
  };
  for (const { object } of rbac.inputs) {
    const { group, kind, name, namespace } = objectKey(object);
    if (group === "") readers.get(kind)?.(found, object, name, namespace === "" ? "default" : namespace);
  }
  const workloads = rbac.inputs.flatMap(({ object }) => workloadOf(object, found.noToken) ?? []);
  for (const { node } of workloads) if (node !== "") found.nodes.add(node);
  const byNamespace = new Map<string, Workload[]>();
  const kinds = new Set<string>();
  for (const workload of workloads) {
    const there = byNamespace.get(workload.namespace);
    if (there === undefined) byNamespace.set(workload.namespace, [workload]);
    else there.push(workload);
    for (const namespace of ["", workload.namespace])
      kinds.add(`${namespace} ${workload.group} ${workload.plural}`);
  }
  return {
    workloads,
    workloadsIn: (namespace) => byNamespace.get(namespace) ?? [],
    has: (namespace, group, plural) => kinds.has(`${namespace} ${group} ${plural}`),
    knowsWorkloads: workloads.length > 0,
    levelOf: (namespace) => found.levels.get(namespace),
    knownNamespaces: new Set([...found.levels.keys(), ...rbac.namespaces]),
    nodes: [...found.nodes].sort(),
    controlPlaneNodes: [...found.controlPlaneNodes].sort(),
    tokenSecrets: found.tokenSecrets,
    configMaps: found.configMaps,
    accounts: accountsByNamespace(rbac),
  };
}

const LEVEL = "pod-security.kubernetes.io/enforce";

function text(object: Json | undefined, path: readonly string[]): string | undefined {
  const value = valueAt(object, path);
  return typeof value === "string" ? value : undefined;
}

/** Accounts that a binding names; those without one have nothing but what every account has. */
function accountsByNamespace(rbac: Rbac): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { principal } of rbac.holdings.values()) {
    const account = principal.kind === "user" ? accountOf(principal.name) : undefined;
    if (account === undefined) continue;
    const same = found.get(account.namespace);
    if (same === undefined) found.set(account.namespace, [principal.name]);
    else same.push(principal.name);
  }
  return found;
}

function workloadOf(object: JsonObject, noToken: ReadonlySet<string>): Workload | undefined {
  const { group, kind, name, namespace: written } = objectKey(object);
  const template = podTemplateOf(object);
  const plural = Object.hasOwn(plurals, kind) ? plurals[kind] : undefined;
  if (template === undefined || plural === undefined) return undefined;
  const namespace = written === "" ? "default" : written;
  const account = accountUser(namespace, serviceAccountOf(template.spec).name);
  const mounts = template.spec["automountServiceAccountToken"];
  return {
    group,
    kind,
    namespace,
    name,
    plural,
    account,
    hasToken: mounts === true || (mounts !== false && !noToken.has(account)),
    node: kind === "Pod" ? (text(template.spec, ["nodeName"]) ?? "") : "",
    escapes: escapesOf(template.spec),
  };
}

/** Host paths from which a node is taken over, with the name under which the attack is known (KubeHound). */
const hostPaths: readonly { readonly path: RegExp; readonly id: string; readonly why: string }[] = [
  {
    path: /^\/(?:proc(?:\/sys(?:\/kernel)?)?)?\/*$/,
    id: "CE_UMH_CORE_PATTERN",
    why: "a hostPath reaches /proc/sys/kernel",
  },
  {
    path: /^\/(?:var(?:\/run(?:\/containerd|\/docker|\/crio)?)?|run(?:\/containerd|\/crio)?)?\/*$|\.sock$/,
    id: "EXPLOIT_CONTAINERD_SOCK",
    why: "a hostPath reaches the socket of the container runtime",
  },
  { path: /^\/var\/log\/*$/, id: "CE_VAR_LOG_SYMLINK", why: "a hostPath reaches /var/log" },
  {
    path: /^\/var\/lib(?:\/kubelet(?:\/pods)?)?\/*$/,
    id: "EXPLOIT_HOST_TRAVERSE",
    why: "a hostPath reaches the tokens of other pods",
  },
  {
    path: /^\/(?:home|root|etc|usr|bin|sbin|opt|lib|boot|dev)(?:\/|$)/,
    id: "EXPLOIT_HOST_WRITE",
    why: "a hostPath reaches files of the node",
  },
];

function escapesOf(spec: JsonObject): readonly Escape[] {
  const found = new Map<string, Escape>();
  const add = (id: string, why: string): void => {
    if (!found.has(id)) found.set(id, { id, why });
  };
  for (const { container } of containersOf(spec)) {
    const context = valueAt(container, ["securityContext"]);
    const added = valueAt(context, ["capabilities", "add"]);
    const capabilities = new Set(
      (isArray(added) ? added : []).flatMap((one) =>
        typeof one === "string" ? [one.toUpperCase().replace(/^CAP_/, "")] : [],
      ),
    );
    const has = (name: string): boolean => capabilities.has(name) || capabilities.has("ALL");
    const privileged = isObject(context) && context["privileged"] === true;
    if (privileged) add("CE_PRIV_MOUNT", "a container is privileged");
    if (privileged && spec["hostPID"] === true)
      add("CE_NSENTER", "a container is privileged and sees the processes of the node");
    if (has("SYS_MODULE")) add("CE_MODULE_LOAD", "a container may load kernel modules");
    if (spec["hostPID"] === true && has("SYS_PTRACE") && has("SYS_ADMIN"))
      add("CE_SYS_PTRACE", "a container may trace the processes of the node");
    if (has("SYS_ADMIN")) add("CAN_CGROUP_BREAKOUT", "a container has SYS_ADMIN");
    if (has("DAC_READ_SEARCH")) add("CAN_ACCESS_HOST_FD", "a container has DAC_READ_SEARCH");
  }
  const volumes = valueAt(spec, ["volumes"]);
  for (const volume of isArray(volumes) ? volumes : []) {
    const path = text(volume, ["hostPath", "path"]);
    const row = path === undefined ? undefined : hostPaths.find((one) => one.path.test(path));
    if (row !== undefined) add(row.id, row.why);
  }
  return [...found.values()];
}
