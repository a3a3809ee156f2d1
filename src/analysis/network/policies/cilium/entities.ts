import type { Action } from "../policy.ts";
import { allIps, type IpSet, noIps } from "../../sets/ip-set.ts";

/** Who is neither a pod nor an address, but has an identity of its own in Cilium (pkg/identity/reserved). */
export type Reserved =
  | "host"
  | "remote-node"
  | "kube-apiserver"
  | "ingress"
  | "health"
  | "init"
  | "unmanaged"
  | "none"
  | "other-clusters";

export interface Entity {
  /** Every pod of the cluster. */
  readonly pods: boolean;
  readonly ips: IpSet;
  /** Everything there is. */
  readonly everybody?: boolean;
  readonly reserved: readonly Reserved[];
}

const only = (...reserved: readonly Reserved[]): Entity => ({ pods: false, ips: noIps, reserved });

/**
 * What the CRD lets `fromEntities` and `toEntities` name (pkg/policy/api/entity.go, Enum and EntitySelectorMapping). The
 * identities that `cluster` means beside pods are said once, as an assumption.
 */
export const entities: ReadonlyMap<string, Entity> = new Map<string, Entity>([
  ["all", { pods: true, ips: allIps, everybody: true, reserved: [] }],
  ["world", { pods: false, ips: allIps, reserved: [] }],
  ["cluster", { pods: true, ips: noIps, reserved: ["host", "remote-node"] }],
  ["cluster-mesh", { pods: true, ips: noIps, reserved: ["host", "remote-node", "other-clusters"] }],
  ["host", only("host")],
  ["remote-node", only("remote-node")],
  ["kube-apiserver", only("kube-apiserver")],
  ["ingress", only("ingress")],
  ["health", only("health")],
  ["init", only("init")],
  ["unmanaged", only("unmanaged")],
  ["none", only("none")],
]);

const nodes = "nodes are not modelled: traffic with them counts as allowed, whatever this denies";
const server =
  "the addresses of the API server are not known: where it is no node of the cluster, traffic with it is not shown";
const proxy = "the proxy of Cilium's own Ingress and Gateway (entity ingress) is not modelled";
const strangers = "pods that Cilium does not manage, or not yet, are not modelled";

/** What is left unsaid where a rule means one of them; nothing where what is said holds without it. */
const unsaid: Readonly<Record<Reserved, Partial<Record<Action, string>>>> = {
  // Traffic with nodes counts as allowed anyway.
  host: { deny: nodes },
  "remote-node": { deny: nodes },
  "kube-apiserver": { allow: server, deny: server },
  ingress: { allow: proxy, deny: proxy },
  init: { allow: strangers, deny: strangers },
  unmanaged: { allow: strangers, deny: strangers },
  // Endpoints of Cilium's own health checks, and nobody.
  health: {},
  none: {},
  "other-clusters": {
    allow: "pods of other clusters of the mesh are not modelled",
    deny: "pods of other clusters of the mesh are not modelled",
  },
};

export function unsaidAbout(reserved: Iterable<Reserved>, action: Action): readonly string[] {
  return [...new Set([...reserved].flatMap((each) => unsaid[each][action] ?? []))];
}
