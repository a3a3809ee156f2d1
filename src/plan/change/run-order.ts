import { canonicalJson } from "../../kube/canonical-json.ts";
import { isArray, type Json, type JsonObject, valueAt } from "../../kube/json.ts";
import { identity } from "../../kube/object-key.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import { podTemplateOf, serviceAccountOf } from "../../kube/pod-template.ts";
import type { Change } from "../plan.ts";
import { takesAway } from "./shrinking.ts";

/**
 * The parts of a run (house.md, Order): what restricts comes first, so that nothing is open that was not before while the
 * run lasts; what grants comes last; what goes, goes after what takes its place, in reverse.
 */
const phases = [
  "restrict",
  "found",
  "identify",
  "configure",
  "work",
  "expose",
  "remove",
  "loosen",
  "unfound",
  "grant",
] as const;
type Phase = (typeof phases)[number];

interface OrderRow {
  /** `group/kind`, or `group/*`. */
  readonly kinds: readonly string[];
  /** Where a write of it belongs, and where its deletion. */
  readonly write: Phase;
  readonly remove: Phase;
}

const rbac = "rbac.authorization.k8s.io";
const admission = "admissionregistration.k8s.io";

/**
 * Kinds in the order in which they are written inside a phase; deletions run the other way. Compared with Flux (fluxcd/pkg
 * ssa/sort.go), Helm (pkg/release/v1/util/kind_sorter.go) and kapp (pkg/kapp/config/default.go), what restricts is earlier
 * and what grants is later.
 */
const table: readonly OrderRow[] = [
  { kinds: ["apiextensions.k8s.io/CustomResourceDefinition"], write: "found", remove: "unfound" },
  { kinds: ["/Namespace"], write: "found", remove: "unfound" },
  {
    kinds: [
      "scheduling.k8s.io/PriorityClass",
      "node.k8s.io/RuntimeClass",
      "storage.k8s.io/StorageClass",
      "storage.k8s.io/VolumeAttributesClass",
      "snapshot.storage.k8s.io/VolumeSnapshotClass",
      "networking.k8s.io/IngressClass",
      "gateway.networking.k8s.io/GatewayClass",
      "resource.k8s.io/DeviceClass",
    ],
    write: "found",
    remove: "unfound",
  },
  { kinds: [`${admission}/ValidatingAdmissionPolicy`], write: "restrict", remove: "loosen" },
  { kinds: [`${admission}/ValidatingAdmissionPolicyBinding`], write: "restrict", remove: "loosen" },
  { kinds: ["/ResourceQuota", "/LimitRange"], write: "restrict", remove: "loosen" },
  { kinds: ["networking.k8s.io/NetworkPolicy"], write: "restrict", remove: "loosen" },
  { kinds: ["policy/PodDisruptionBudget"], write: "restrict", remove: "loosen" },
  { kinds: ["/ServiceAccount"], write: "identify", remove: "remove" },
  { kinds: [`${rbac}/ClusterRole`, `${rbac}/Role`], write: "grant", remove: "restrict" },
  { kinds: [`${rbac}/ClusterRoleBinding`, `${rbac}/RoleBinding`], write: "grant", remove: "restrict" },
  { kinds: ["/ConfigMap", "/Secret"], write: "configure", remove: "remove" },
  { kinds: ["/PersistentVolume"], write: "configure", remove: "remove" },
  { kinds: ["/PersistentVolumeClaim"], write: "configure", remove: "remove" },
  {
    kinds: ["/Service", "/Endpoints", "discovery.k8s.io/EndpointSlice"],
    write: "configure",
    remove: "remove",
  },
  {
    kinds: ["/Pod", "/ReplicationController", "apps/*", "batch/*"],
    write: "work",
    remove: "remove",
  },
  { kinds: ["autoscaling/*", "autoscaling.k8s.io/*"], write: "work", remove: "remove" },
  { kinds: ["gateway.networking.k8s.io/Gateway"], write: "expose", remove: "restrict" },
  {
    kinds: [
      "networking.k8s.io/Ingress",
      "gateway.networking.k8s.io/*",
      "networking.istio.io/*",
      "traefik.io/*",
    ],
    write: "expose",
    remove: "restrict",
  },
  { kinds: ["apiregistration.k8s.io/APIService"], write: "grant", remove: "remove" },
  {
    kinds: ["argoproj.io/*", "kustomize.toolkit.fluxcd.io/*", "helm.toolkit.fluxcd.io/*"],
    write: "grant",
    remove: "restrict",
  },
  // What changes or refuses the other objects of the run would make them other than what was approved.
  { kinds: [`${admission}/*`], write: "grant", remove: "loosen" },
];

/** Kinds of others: what workloads rely on, as far as anybody knows. */
const unknown: OrderRow = { kinds: [], write: "configure", remove: "remove" };

interface Node<T extends Change> {
  readonly change: T;
  readonly id: string;
  readonly rank: Rank;
}

/** The smaller, the earlier: compared part by part. */
type Rank = readonly (number | string)[];

/**
 * The changes in the order in which a run makes them: restrictions; namespaces, kinds and classes; accounts, roles and
 * bindings that workloads of these changes use; configuration; workloads; exposure; what goes, in reverse; what loosens;
 * all other grants. A namespace stands before what lies in it, a kind before its objects, a role before its bindings, a
 * NetworkPolicy that allows before one that denies everything. The order does not depend on the order of the input.
 */
export function runOrder<T extends Change>(changes: readonly T[]): readonly T[] {
  const used = usedGrants(changes);
  const nodes = changes
    .map((change): Node<T> => ({ change, id: identity(change.key), rank: rankOf(change, used) }))
    .sort((left, right) => compare(left.rank, right.rank));
  return sortedByNeed(nodes).map(({ change }) => change);
}

function rankOf(change: Change, used: ReadonlySet<string>): Rank {
  const { key, operation } = change;
  const index = table.findIndex(({ kinds }) => names(kinds, key));
  const row = table[index] ?? unknown;
  const kind = index < 0 ? table.length : index;
  if (operation === "delete") {
    const phase = key.kind === "Service" && isExposed(change) ? "restrict" : row.remove;
    return [phases.indexOf(phase), -kind, 0, identity(key)];
  }
  return [phases.indexOf(writePhase(change, row, used)), kind, denies(change) ? 1 : 0, identity(key)];
}

function names(kinds: readonly string[], key: ObjectKey): boolean {
  return kinds.includes(`${key.group}/${key.kind}`) || (key.group !== "" && kinds.includes(`${key.group}/*`));
}

function writePhase(change: Change, row: OrderRow, used: ReadonlySet<string>): Phase {
  const { key } = change;
  if (key.group === "" && key.kind === "Service") return isExposed(change) ? "expose" : row.write;
  if (key.group !== rbac) return row.write;
  if (takesAway(change)) return "restrict";
  return used.has(identity(key)) ? "identify" : row.write;
}

/** A Service that is reached from outside of the cluster. Of a deletion nothing is known but its name: it closes early. */
function isExposed({ object }: Change): boolean {
  if (object === null) return true;
  const type = valueAt(object, ["spec", "type"]);
  const addresses = valueAt(object, ["spec", "externalIPs"]);
  return type === "NodePort" || type === "LoadBalancer" || (isArray(addresses) && addresses.length > 0);
}

/** A NetworkPolicy without a rule: it only denies. */
function denies({ key, object }: Change): boolean {
  if (key.group !== "networking.k8s.io" || key.kind !== "NetworkPolicy" || object === null) return false;
  return ["ingress", "egress"].every((direction) => {
    const rules = valueAt(object, ["spec", direction]);
    return !isArray(rules) || rules.length === 0;
  });
}

/** Roles and bindings, by identity, that ServiceAccounts hold as which workloads of these changes run. */
function usedGrants(changes: readonly Change[]): ReadonlySet<string> {
  const accounts = new Set<string>();
  for (const { object } of changes) {
    const template = object === null ? undefined : podTemplateOf(object);
    if (object === null || template === undefined) continue;
    const { name } = serviceAccountOf(template.spec);
    accounts.add(canonicalJson([valueAt(object, ["metadata", "namespace"]) ?? "", name]));
  }
  const used = new Set<string>();
  for (const { key, object } of changes) {
    if (object === null || !isBinding(key)) continue;
    const subjects = valueAt(object, ["subjects"]);
    const near = (isArray(subjects) ? subjects : []).some(
      (subject) =>
        valueAt(subject, ["kind"]) === "ServiceAccount" &&
        accounts.has(
          canonicalJson([valueAt(subject, ["namespace"]) ?? key.namespace, valueAt(subject, ["name"]) ?? ""]),
        ),
    );
    if (!near) continue;
    used.add(identity(key));
    used.add(identity(roleOf(key, object)));
  }
  return used;
}

function isBinding(key: ObjectKey): boolean {
  return key.group === rbac && key.kind.endsWith("RoleBinding");
}

function roleOf(key: ObjectKey, binding: JsonObject): ObjectKey {
  const kind = text(valueAt(binding, ["roleRef", "kind"]));
  return {
    group: rbac,
    version: key.version,
    kind,
    namespace: kind === "Role" ? key.namespace : "",
    name: text(valueAt(binding, ["roleRef", "name"])),
  };
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** What has to be done before a change, by name: `identity` of an object, or the kind that a CRD brings. */
function needsOf({ key, object }: Change): readonly string[] {
  const needs = key.kind === "CustomResourceDefinition" ? [] : [kindName(key.group, key.kind)];
  if (key.namespace !== "")
    needs.push(identity({ group: "", version: "v1", kind: "Namespace", namespace: "", name: key.namespace }));
  if (object !== null && isBinding(key)) needs.push(identity(roleOf(key, object)));
  return needs;
}

function kindName(group: string, kind: string): string {
  return `kind:${group}/${kind}`;
}

function bringsOf({ key, object }: Change): readonly string[] {
  if (object === null || key.kind !== "CustomResourceDefinition") return [identity(key)];
  const kind = text(valueAt(object, ["spec", "names", "kind"]));
  return [identity(key), kindName(text(valueAt(object, ["spec", "group"])), kind)];
}

/**
 * Ranked nodes, each after what it needs (Kahn's algorithm, the first in rank among those that are ready). Deletions need
 * nothing: their phases keep what is needed until the last. Needs lead from kind to kind without a way back, so that
 * there is no cycle; were there one, rank alone would order it.
 */
function sortedByNeed<T extends Change>(ranked: readonly Node<T>[]): readonly Node<T>[] {
  const brings = new Map<string, number[]>();
  const writes = ranked.map(({ change }) => change.operation !== "delete");
  for (const [index, { change }] of ranked.entries()) {
    if (writes[index] !== true) continue;
    for (const name of bringsOf(change)) brings.set(name, [...(brings.get(name) ?? []), index]);
  }
  const waits = ranked.map(({ change }, index): ReadonlySet<number> => {
    if (writes[index] !== true) return new Set();
    return new Set(
      needsOf(change)
        .flatMap((name) => brings.get(name) ?? [])
        .filter((other) => other !== index),
    );
  });
  const done = new Set<number>();
  const result: Node<T>[] = [];
  const take = (index: number, path: ReadonlySet<number>): void => {
    const node = ranked[index];
    if (node === undefined || done.has(index) || path.has(index)) return;
    for (const need of [...(waits[index] ?? [])].sort((left, right) => left - right))
      take(need, new Set([...path, index]));
    if (done.has(index)) return;
    done.add(index);
    result.push(node);
  };
  for (const index of ranked.keys()) take(index, new Set());
  return result;
}

function compare(left: Rank, right: Rank): number {
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined || part === other) continue;
    return part < other ? -1 : 1;
  }
  return 0;
}
