import { withFresh } from "../engine/fresh.ts";
import type { Network } from "../engine/network.ts";
import { policiesFor } from "../engine/tables.ts";
import { type Direction, directions } from "../policies/policy.ts";

/** One side of a workload: the policies because of which everything is denied that no rule allows. None: it is open. */
export type Isolation = Readonly<Record<Direction, readonly number[]>>;

export interface WorkloadCoverage {
  readonly workload: number;
  /** In the network of its node: no policy can hold for it. */
  readonly node: boolean;
  readonly isolation: Isolation;
}

export interface NamespaceCoverage {
  readonly namespace: string;
  /** Of the kinds of pods that could come there: does a policy isolate all of them, some or none? */
  readonly future: Readonly<Record<Direction, "all" | "some" | "none">>;
}

export interface Coverage {
  readonly net: Network;
  readonly workloads: readonly WorkloadCoverage[];
  readonly namespaces: readonly NamespaceCoverage[];
  readonly cut: readonly string[];
}

/** Is every pod, of those that exist and of those that could come, isolated by some policy? */
export function coverage(own: Network): Coverage {
  const { networks, cut } = withFresh([own]);
  const net = networks[0] ?? own;
  const byClass = net.classes.map((pods): Isolation => {
    const of = (direction: Direction): readonly number[] =>
      pods.node
        ? []
        : policiesFor(net, pods, direction).filter(
            (number) => net.policies[number]?.isolates[direction] === true,
          );
    return { ingress: of("ingress"), egress: of("egress") };
  });
  const open: Isolation = { ingress: [], egress: [] };
  return {
    net,
    cut,
    workloads: net.workloads.map((_, workload) => {
      const id = net.classOf[workload] ?? -1;
      return {
        workload,
        node: net.classes[id]?.node === true,
        isolation: byClass[id] ?? open,
      };
    }),
    namespaces: [...net.namespaces.keys()].map((namespace) => {
      const kinds = net.classes.filter(({ fresh }) => fresh?.namespace === namespace);
      const of = (direction: Direction): "all" | "some" | "none" => {
        const isolated = kinds.filter(({ id }) => (byClass[id]?.[direction].length ?? 0) > 0).length;
        return isolated === 0 ? "none" : isolated === kinds.length ? "all" : "some";
      };
      return { namespace, future: { ingress: of("ingress"), egress: of("egress") } };
    }),
  };
}

/** Is every workload isolated in both directions? Those in the network of their node do not count. */
export function isCovered({ workloads }: Coverage): boolean {
  return workloads.every(
    ({ node, isolation }) => node || directions.every((direction) => isolation[direction].length > 0),
  );
}
