import type { JsonObject } from "../../../../kube/json.ts";
import { objectKey } from "../../../../kube/object-key.ts";
import type { PoliciesRead } from "../policies-read.ts";
import { type NetworkProblem, PolicyReader } from "../reading.ts";
import { SERVICE_ACCOUNT_LABEL } from "./identity-labels.ts";
import { readCidrGroups } from "./outside.ts";
import type { Known } from "./peers.ts";
import { readCiliumPolicy } from "./policy.ts";
import { readKnownServices } from "./services.ts";

export const CILIUM_GROUP = "cilium.io";

export const ciliumPolicyKinds: ReadonlySet<string> = new Set([
  "CiliumNetworkPolicy",
  "CiliumClusterwideNetworkPolicy",
]);

/** The policies of Cilium among the objects, and the labels that Cilium gives to pods beside their own. Undefined where there is none: then nothing of Cilium counts. */
export function readCilium(objects: readonly JsonObject[]): PoliciesRead | undefined {
  const own = objects.filter((object) => {
    const { group, kind } = objectKey(object);
    return group === CILIUM_GROUP && ciliumPolicyKinds.has(kind);
  });
  if (own.length === 0) return undefined;
  const known: Known = { groups: readCidrGroups(objects), services: readKnownServices(objects) };
  const problems: NetworkProblem[] = [];
  const policies = own.flatMap((object) => {
    const reader = new PolicyReader(object);
    const read = readCiliumPolicy(reader, known);
    problems.push(...reader.problems);
    return read;
  });
  return {
    policies,
    problems,
    assumptions: policies.length === 0 ? [] : assumptions,
    labels: ({ serviceAccount }) => ({ [SERVICE_ACCOUNT_LABEL]: serviceAccount }),
  };
}

const assumptions: readonly string[] = [
  "policies of Cilium are in the input, so Cilium is taken to enforce all policies, in its mode `default`: what any policy allows is allowed, NetworkPolicy included, and what a rule of Cilium denies is denied",
  "a CIDR of a policy of Cilium means addresses outside of the cluster, never pods or nodes (policy-cidr-match-mode is not set)",
  "Cilium's default filter decides which labels of pods count, and selectors of peers mean pods of this cluster (policy-default-local-cluster)",
  "nodes, the API server on them and health checks of Cilium count as allowed to reach pods and to be reached",
  "policies of Cilium are looked at for TCP, UDP and SCTP: rules for ICMP and for protocols without ports change nothing here",
];
