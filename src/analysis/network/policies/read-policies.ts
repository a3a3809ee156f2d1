import type { JsonObject } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import type { Profile } from "../engine/profiles.ts";
import type { NamespaceModel } from "../model/workload.ts";
import {
  readAdminNetworkPolicy,
  readBaselineAdminNetworkPolicy,
  readClusterNetworkPolicy,
} from "./admin-policy.ts";
import { readCalico } from "./calico/read-calico.ts";
import { readCilium } from "./cilium/read-cilium.ts";
import { readNetworkPolicy } from "./network-policy.ts";
import type { PoliciesRead } from "./policies-read.ts";
import type { Policy } from "./policy.ts";
import { type NetworkProblem, PolicyReader } from "./reading.ts";

/** A kind of policy: who reads it. */
interface PolicyKind {
  readonly group: string;
  readonly kind: string;
  /** Undefined: every version. */
  readonly versions?: readonly string[];
  readonly read: (reader: PolicyReader) => readonly Policy[];
}

const admin = "policy.networking.k8s.io";

const policyKinds: readonly PolicyKind[] = [
  { group: "networking.k8s.io", kind: "NetworkPolicy", read: readNetworkPolicy },
  // Served until Kubernetes 1.16, with the same fields.
  { group: "extensions", kind: "NetworkPolicy", read: readNetworkPolicy },
  { group: admin, kind: "AdminNetworkPolicy", read: readAdminNetworkPolicy },
  { group: admin, kind: "BaselineAdminNetworkPolicy", read: readBaselineAdminNetworkPolicy },
  { group: admin, kind: "ClusterNetworkPolicy", read: readClusterNetworkPolicy },
];

/** Kinds that change who reaches whom and are not modelled: with one of them an answer is incomplete. */
const unmodelledKinds: readonly { readonly group: string; readonly kind?: string; readonly what: string }[] =
  [
    {
      group: "security.istio.io",
      kind: "AuthorizationPolicy",
      what: "authorization of the mesh is not modelled",
    },
    {
      group: "cilium.io",
      kind: "CiliumLocalRedirectPolicy",
      what: "traffic that is led to a pod of its own node is not modelled",
    },
    { group: "cilium.io", kind: "CiliumEnvoyConfig", what: "listeners of Envoy are not modelled" },
    { group: "cilium.io", kind: "CiliumClusterwideEnvoyConfig", what: "listeners of Envoy are not modelled" },
    { group: "crd.antrea.io", kind: "NetworkPolicy", what: "policies of Antrea are not modelled" },
    { group: "crd.antrea.io", kind: "ClusterNetworkPolicy", what: "policies of Antrea are not modelled" },
    { group: "k8s.ovn.org", kind: "EgressFirewall", what: "egress firewalls are not modelled" },
    { group: "k8s.ovn.org", kind: "UserDefinedNetwork", what: "further networks are not modelled" },
    { group: "k8s.ovn.org", kind: "ClusterUserDefinedNetwork", what: "further networks are not modelled" },
    { group: "k8s.cni.cncf.io", kind: "MultiNetworkPolicy", what: "further networks are not modelled" },
    {
      group: "k8s.cni.cncf.io",
      kind: "NetworkAttachmentDefinition",
      what: "further networks are not modelled",
    },
  ];

/**
 * The policies of all known kinds among the objects, sorted by namespace, name and kind, and what is wrong with them. `namespaces`: those that count as
 * existing beside those of the objects.
 */
export function readPolicies(
  objects: readonly JsonObject[],
  profile: Pick<Profile, "endPorts" | "rulesBeatTypes">,
  namespaces?: ReadonlyMap<string, NamespaceModel>,
): PoliciesRead {
  const policies: Policy[] = [];
  const problems: NetworkProblem[] = [];
  for (const object of objects) {
    const key = objectKey(object);
    const row = policyKinds.find((kind) => kind.group === key.group && kind.kind === key.kind);
    if (row === undefined) {
      const lost = unmodelledKinds.find(
        (kind) => kind.group === key.group && (kind.kind ?? key.kind) === key.kind,
      );
      if (lost !== undefined) {
        const reader = new PolicyReader(object);
        reader.problem("unmodelled", [], lost.what);
        problems.push(...reader.problems);
      }
      continue;
    }
    const reader = new PolicyReader(object, profile.endPorts, profile.rulesBeatTypes);
    policies.push(...row.read(reader));
    problems.push(...reader.problems);
  }
  const cilium = readCilium(objects);
  policies.push(...(cilium?.policies ?? []));
  const calico = readCalico(objects, policies, namespaces);
  const sortKey = (policy: Policy): string => `${policy.namespace}/${policy.name}/${policy.kind}`;
  const sorted = (calico?.policies ?? policies)
    .map((policy) => ({ policy, key: sortKey(policy) }))
    .sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0));
  return {
    policies: sorted.map(({ policy }) => policy),
    problems: [...problems, ...(cilium?.problems ?? []), ...(calico?.problems ?? [])],
    assumptions: [...(cilium?.assumptions ?? []), ...(calico?.assumptions ?? [])],
    labels: (workload) => {
      const labels = calico?.labels(workload) ?? workload.labels;
      return cilium === undefined ? labels : { ...labels, ...cilium.labels(workload) };
    },
  };
}
