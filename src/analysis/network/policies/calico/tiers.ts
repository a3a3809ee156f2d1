import type { JsonObject } from "../../../../kube/json.ts";
import { objectKey } from "../../../../kube/object-key.ts";
import { byText } from "../../../../kube/by-text.ts";
import { PLACES } from "../admin-policy.ts";
import { type Policy, type Rule, stages } from "../policy.ts";
import { type PolicyReader, shown } from "../reading.ts";
import type { CalicoPolicy } from "./policy.ts";
import { orderOf } from "./policy.ts";

export interface CalicoTier {
  readonly name: string;
  readonly order: number;
  /** What no policy of it decides goes on to the next tier; else it is denied. */
  readonly passes: boolean;
  /** Undefined for one that Calico makes itself. */
  readonly object: JsonObject | undefined;
}

/** The tiers that always exist (api v3 tier.go): ClusterNetworkPolicy, NetworkPolicy and baseline have their places there. */
const builtIn: readonly CalicoTier[] = [
  { name: "kube-admin", order: 1000, passes: true, object: undefined },
  { name: "default", order: 1_000_000, passes: false, object: undefined },
  { name: "kube-baseline", order: 10_000_000, passes: true, object: undefined },
];

/** Calico 3.29 to 3.31 called the first and the last so. */
const olderNames: ReadonlyMap<string, string> = new Map([
  ["adminnetworkpolicy", "kube-admin"],
  ["baselineadminnetworkpolicy", "kube-baseline"],
]);

const stageOf: ReadonlyMap<string, number> = new Map([
  ["kube-admin", stages.admin],
  ["default", stages.policies],
  ["kube-baseline", stages.baseline],
]);

/** Reads a Tier (api v3 tier.go, its CEL rules). */
export function readTier(reader: PolicyReader): CalicoTier | undefined {
  const { name } = objectKey(reader.object);
  const order = orderOf(reader);
  const action = reader.at(["spec", "defaultAction"]) ?? "Deny";
  if (action !== "Deny" && action !== "Pass")
    reader.problem("invalid", ["spec", "defaultAction"], `${shown(action)} must be Deny or Pass`);
  const given = builtIn.find((tier) => tier.name === name);
  if (given !== undefined && (given.order !== order || given.passes !== (action === "Pass")))
    reader.problem(
      "invalid",
      ["spec"],
      `tier ${name} must have order ${given.order} and defaultAction ${given.passes ? "Pass" : "Deny"}`,
    );
  return reader.invalid ? undefined : { name, order, passes: action === "Pass", object: reader.object };
}

/** Lower orders first, then those without, then those that do not exist; by name among equals (felix/calc/policy_sorter.go TierLess). */
function before(left: CalicoTier & Known, right: CalicoTier & Known): number {
  return (
    Number(right.known) - Number(left.known) ||
    (left.order === right.order ? 0 : left.order - right.order) ||
    byText(left.name, right.name)
  );
}

interface Known {
  readonly known: boolean;
}

/**
 * Gives each policy its stage, and its rules their place in it. The tier `default` is that of NetworkPolicy, which stands
 * there at order 1000 (libcalico-go conversion.go, K8sNetworkPolicyToCalico).
 */
export function inTiers(
  others: readonly Policy[],
  own: readonly CalicoPolicy[],
  tiers: readonly CalicoTier[],
  missing: (policy: CalicoPolicy) => void,
): readonly Policy[] {
  const known = new Map([...builtIn, ...tiers].map((tier) => [tier.name, { ...tier, known: true }]));
  for (const policy of own) {
    const name = olderNames.get(policy.tier) ?? policy.tier;
    if (known.has(name)) continue;
    missing(policy);
  }
  const absent = [...new Set(own.map(({ tier }) => olderNames.get(tier) ?? tier))].filter(
    (name) => !known.has(name),
  );
  const sorted = [
    ...known.values(),
    ...absent.map((name) => ({
      name,
      order: Number.POSITIVE_INFINITY,
      passes: false,
      object: undefined,
      known: false,
    })),
  ]
    .filter(({ name }) => !olderNames.has(name))
    .sort(before);
  const stageByName = spread(sorted.map(({ name }) => name));
  const passes = new Map(sorted.map((tier) => [tier.name, tier.passes]));
  const placed = own.map((each): Placed => {
    const name = olderNames.get(each.tier) ?? each.tier;
    const { policy } = each;
    const stage = stageByName.get(name) ?? stages.policies;
    const open = { ingress: false, egress: false };
    return {
      policy: { ...policy, stage, isolates: passes.get(name) === true ? open : policy.isolates },
      order: each.order,
      tie: `${each.name}/${policy.namespace}/${policy.kind.replace("Calico ", "")}`,
    };
  });
  const touched = new Set(placed.map(({ policy }) => policy.stage));
  const beside = others.filter(({ stage }) => touched.has(stage)).map(besides);
  return [
    ...others.filter(({ stage }) => !touched.has(stage)),
    ...[...touched].flatMap((stage) =>
      ranked([...placed, ...beside].filter(({ policy }) => policy.stage === stage)),
    ),
  ];
}

interface Placed {
  readonly policy: Policy;
  readonly order: number;
  readonly tie: string;
}

/** Where a policy of Kubernetes stands among those of Calico. */
function besides(policy: Policy): Placed {
  const first = policy.rules.ingress[0] ?? policy.rules.egress[0];
  return {
    policy,
    order: policy.kind === "NetworkPolicy" ? 1000 : Math.floor((first?.order ?? 0) / PLACES),
    tie: `${policy.name}/${policy.namespace}/Kubernetes${policy.kind}`,
  };
}

/** Policies one after the other, and their rules in the order in which they are written. */
function ranked(policies: readonly Placed[]): readonly Policy[] {
  const sorted = policies.toSorted(
    (left, right) =>
      (left.order === right.order ? 0 : left.order - right.order) || byText(left.tie, right.tie),
  );
  let place = 0;
  return sorted.map(({ policy }) => {
    const numbered = (rules: readonly Rule[]): readonly Rule[] =>
      rules.map((rule) => ({ ...rule, order: place++ }));
    return {
      ...policy,
      rules: { ingress: numbered(policy.rules.ingress), egress: numbered(policy.rules.egress) },
    };
  });
}

/** Stages for tiers in their order: those of Kubernetes keep theirs, the others lie evenly between. */
function spread(names: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  let group: string[] = [];
  let low = -1;
  const place = (high: number): void => {
    for (const [at, name] of group.entries())
      found.set(name, low + ((high - low) * (at + 1)) / (group.length + 1));
    group = [];
  };
  for (const name of names) {
    const fixed = stageOf.get(name);
    if (fixed === undefined) group.push(name);
    else {
      place(fixed);
      found.set(name, fixed);
      low = fixed;
    }
  }
  place(low + 1);
  return found;
}
