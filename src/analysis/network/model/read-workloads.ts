import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { containersOf, podTemplateOf, serviceAccountOf } from "../../../kube/pod-template.ts";
import type { Labels } from "../../../kube/selector.ts";
import { MAX_PORT, type Protocol } from "../sets/port-space.ts";
import type { ContainerPort, NamespaceModel, Workload } from "./workload.ts";

export const NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name";

/** Namespace of an object; what is applied without one goes to `default`. */
export function namespaceOf(object: JsonObject): string {
  return objectKey(object).namespace || "default";
}

/**
 * The workloads of the objects, sorted. A Pod that a controller owns counts for its controller: Pods of one controller
 * with equal labels and ports are one workload, and a template whose Pods are there too is left out in favour of them.
 */
export function readWorkloads(objects: readonly JsonObject[]): readonly Workload[] {
  const owners = ownerIndex(objects);
  const found = new Map<string, Workload[]>();
  for (const object of objects) {
    const workload = workloadOf(object, owners);
    if (workload === undefined) continue;
    const id = `${workload.namespace}/${workload.kind}/${workload.name}`;
    const alike = found.get(id);
    if (alike === undefined) found.set(id, [workload]);
    else addVariant(alike, workload);
  }
  return [...found.values()].flat().toSorted(byName);
}

function byName(left: Workload, right: Workload): number {
  return (
    compare(left.namespace, right.namespace) ||
    compare(left.name, right.name) ||
    compare(left.kind, right.kind)
  );
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function addVariant(alike: Workload[], workload: Workload): void {
  const key = variantKey(workload);
  const at = alike.findIndex((other) => variantKey(other) === key);
  const same = alike[at];
  if (same === undefined) alike.push(workload);
  else alike[at] = { ...same, ips: [...same.ips, ...workload.ips] };
}

/** What policies can tell Pods of one controller apart by; labels that controllers add to each Pod do not count. */
function variantKey({ labels, ports, hostNetwork, serviceAccount }: Workload): string {
  const kept = Object.entries(labels)
    .filter(([key]) => !perPodLabels.has(key))
    .sort(([left], [right]) => compare(left, right));
  return JSON.stringify([kept, ports, hostNetwork, serviceAccount]);
}

const perPodLabels: ReadonlySet<string> = new Set([
  "pod-template-hash",
  "controller-revision-hash",
  "pod-template-generation",
  "statefulset.kubernetes.io/pod-name",
  "apps.kubernetes.io/pod-index",
  "batch.kubernetes.io/job-completion-index",
  "batch.kubernetes.io/controller-uid",
  "controller-uid",
]);

interface Owner {
  readonly kind: string;
  readonly name: string;
}

/** Controllers of objects that have one and are there themselves, by `namespace/kind/name`. */
function ownerIndex(objects: readonly JsonObject[]): ReadonlyMap<string, Owner | undefined> {
  const index = new Map<string, Owner | undefined>();
  for (const object of objects) {
    const key = objectKey(object);
    if (ownedKinds.has(key.kind))
      index.set(`${namespaceOf(object)}/${key.kind}/${key.name}`, ownerOf(object));
  }
  return index;
}

const ownedKinds: ReadonlySet<string> = new Set(["ReplicaSet", "Job", "ReplicationController"]);

function ownerOf(object: JsonObject): Owner | undefined {
  const references = valueAt(object, ["metadata", "ownerReferences"]);
  if (!isArray(references)) return undefined;
  const owners = references.filter(isObject);
  const controller = owners.find((owner) => owner["controller"] === true) ?? owners[0];
  const kind = controller?.["kind"] ?? "Pod";
  const name = controller?.["name"];
  // A Pod that a Node owns is the mirror of a static Pod: it stands for itself.
  return typeof kind === "string" && typeof name === "string" && kind !== "Node" ? { kind, name } : undefined;
}

/** Kinds of other API groups that become Pods, and where their template stands. */
const otherTemplates: ReadonlyMap<string, readonly string[]> = new Map([
  ["kubevirt.io/VirtualMachine", ["spec", "template"]],
  ["kubevirt.io/VirtualMachineInstance", []],
  ["argoproj.io/Rollout", ["spec", "template"]],
  ["apps.openshift.io/DeploymentConfig", ["spec", "template"]],
]);

function workloadOf(
  object: JsonObject,
  owners: ReadonlyMap<string, Owner | undefined>,
): Workload | undefined {
  const key = objectKey(object);
  const template = key.kind === "PodTemplate" ? undefined : (podTemplateOf(object) ?? otherTemplate(object));
  if (template === undefined) return undefined;
  const namespace = namespaceOf(object);
  let top: Owner = { kind: key.kind, name: key.name };
  const owner = ownerOf(object);
  // What a controller of the same inputs owns is that controller's: its template says the same.
  if (owner !== undefined && key.kind !== "Pod" && ownedKinds.has(key.kind)) top = owner;
  if (owner !== undefined && key.kind === "Pod")
    top = owners.get(`${namespace}/${owner.kind}/${owner.name}`) ?? owner;
  return {
    namespace,
    kind: top.kind,
    name: top.name,
    labels: template.labels,
    ports: portsOf(template.spec),
    hostNetwork: template.spec["hostNetwork"] === true,
    serviceAccount: serviceAccountOf(template.spec).name,
    ips: key.kind === "Pod" ? podIps(object) : [],
    object,
  };
}

function otherTemplate(
  object: JsonObject,
): { readonly spec: JsonObject; readonly labels: Labels } | undefined {
  const key = objectKey(object);
  const path = otherTemplates.get(`${key.group}/${key.kind}`);
  if (path === undefined) return undefined;
  const template = valueAt(object, path);
  const spec = valueAt(template, ["spec"]);
  if (!isObject(spec)) return undefined;
  return { spec, labels: labelsOf(valueAt(template, ["metadata", "labels"])) };
}

/** A map of texts without prototype. */
export function labelsOf(value: Json | undefined): Labels {
  const labels = Object.create(null) as Record<string, string>;
  if (isObject(value))
    for (const [key, text] of Object.entries(value)) if (typeof text === "string") labels[key] = text;
  return labels;
}

function portsOf(spec: JsonObject): readonly ContainerPort[] {
  return containersOf(spec).flatMap(({ container, role }) => {
    // Init containers end before traffic comes, unless they are sidecars.
    if (role === "init" && container["restartPolicy"] !== "Always") return [];
    const ports = valueAt(container, ["ports"]);
    return isArray(ports) ? ports.flatMap(portOf) : [];
  });
}

function portOf(value: Json): readonly ContainerPort[] {
  if (!isObject(value)) return [];
  const port = value["containerPort"];
  const { protocol = "TCP", name = "", hostPort } = value;
  if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > MAX_PORT) return [];
  if (!isProtocol(protocol) || typeof name !== "string") return [];
  return [
    { protocol, port, name, hostPort: typeof hostPort === "number" && hostPort > 0 ? hostPort : undefined },
  ];
}

export function isProtocol(value: Json | undefined): value is Protocol {
  return value === "TCP" || value === "UDP" || value === "SCTP";
}

function podIps(pod: JsonObject): readonly string[] {
  const listed = valueAt(pod, ["status", "podIPs"]);
  const one = valueAt(pod, ["status", "podIP"]);
  const ips = isArray(listed) ? listed.map((row) => valueAt(row, ["ip"])) : [];
  return [...new Set([one, ...ips].filter((ip) => typeof ip === "string" && ip !== ""))] as string[];
}

/** The namespaces that are declared, and those that objects use without one. */
export function readNamespaces(
  objects: readonly JsonObject[],
  used: Iterable<string>,
): ReadonlyMap<string, NamespaceModel> {
  const namespaces = new Map<string, NamespaceModel>();
  for (const object of objects) {
    const key = objectKey(object);
    if (key.group !== "" || key.kind !== "Namespace") continue;
    const labels = labelsOf(valueAt(object, ["metadata", "labels"])) as Record<string, string>;
    // The API server sets it, whatever is written (it cannot be another).
    labels[NAMESPACE_NAME_LABEL] = key.name;
    namespaces.set(key.name, { name: key.name, labels, declared: true });
  }
  for (const name of used) {
    if (namespaces.has(name)) continue;
    const labels = Object.create(null) as Record<string, string>;
    labels[NAMESPACE_NAME_LABEL] = name;
    namespaces.set(name, { name, labels, declared: false });
  }
  return new Map([...namespaces].toSorted(([left], [right]) => compare(left, right)));
}

/** The same with namespaces that somebody else knows: they count where the objects do not declare them. */
export function knownNamespaces(
  objects: readonly JsonObject[],
  used: Iterable<string>,
  others: ReadonlyMap<string, NamespaceModel> = new Map(),
): ReadonlyMap<string, NamespaceModel> {
  const own = readNamespaces(objects, used);
  return others.size === 0
    ? own
    : new Map([...own, ...[...others].filter(([name]) => own.get(name)?.declared !== true)]);
}
