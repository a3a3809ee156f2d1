import { printable } from "../../../kube/printable.ts";
import type { Coverage, Isolation, WorkloadCoverage } from "../ask/coverage.ts";
import { isCovered } from "../ask/coverage.ts";
import type { Network } from "../engine/network.ts";
import type { Direction } from "../policies/policy.ts";
import { count } from "./matrix.ts";
import { Names, policyTexts } from "./names.ts";
import { standingOf, standingText, type Standing } from "./standing.ts";

/** Policies that are named beside a workload. */
const NAMED = 3;

export function coverageText(coverage: Coverage, options: { readonly quiet?: boolean } = {}): string {
  const { net, workloads, namespaces, cut } = coverage;
  const names = new Names(net.workloads);
  const asked = workloads.filter(({ node }) => !node);
  const isolated = (direction: Direction): number =>
    asked.filter(({ isolation }) => isolation[direction].length > 0).length;
  const out = [
    `${isCovered(coverage) ? "yes" : "no"}: of ${count(asked.length, "workload", "workloads")}, policies isolate ${isolated("ingress")} for ingress and ${isolated("egress")} for egress\n`,
    // Workloads with the same answer stand together.
    ...groups(workloads, (row) => sideText(net, row)).map(
      ([text, rows]) =>
        `  ${names
          .group(
            rows.map(({ workload }) => workload),
            6,
          )
          .join(", ")}: ${text}\n`,
    ),
    "new pods\n",
    ...groups(namespaces, ({ future }) => futureText(future)).map(
      ([text, rows]) => `  in ${rows.map(({ namespace }) => printable(namespace)).join(", ")}: ${text}\n`,
    ),
  ];
  return out.join("") + standingText(standingOf(net, cut), options.quiet);
}

function groups<T>(
  rows: readonly T[],
  text: (row: T) => string,
): readonly (readonly [string, readonly T[]])[] {
  return [...Map.groupBy(rows, text)];
}

function sideText(net: Network, { node, isolation }: WorkloadCoverage): string {
  if (node) return "in the network of its node, where no policy holds";
  return (["ingress", "egress"] as const)
    .map((direction) => {
      const by = policyTexts(net, isolation[direction]);
      if (by.length === 0) return `${direction} open`;
      const more = by.length > NAMED ? ` and ${by.length - NAMED} more` : "";
      return `${direction} isolated by ${by.slice(0, NAMED).join(", ")}${more}`;
    })
    .join("; ");
}

function futureText(future: Readonly<Record<Direction, "all" | "some" | "none">>): string {
  const words = { all: "isolated", some: "isolated or open, by their labels", none: "open" } as const;
  return (["ingress", "egress"] as const)
    .map((direction) => `${direction} ${words[future[direction]]}`)
    .join("; ");
}

export interface CoverageJson extends Standing {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "ReachabilityCoverage";
  readonly networkPlugin: string;
  readonly covered: boolean;
  readonly workloads: readonly {
    readonly workload: string;
    readonly hostNetwork: boolean;
    readonly ingress: readonly string[];
    readonly egress: readonly string[];
  }[];
  readonly newPods: readonly {
    readonly namespace: string;
    readonly ingress: "all" | "some" | "none";
    readonly egress: "all" | "some" | "none";
  }[];
}

export function coverageJson(coverage: Coverage): CoverageJson {
  const { net, workloads, namespaces, cut } = coverage;
  const names = new Names(net.workloads);
  const sides = (isolation: Isolation): Readonly<Record<Direction, readonly string[]>> => ({
    ingress: policyTexts(net, isolation.ingress),
    egress: policyTexts(net, isolation.egress),
  });
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "ReachabilityCoverage",
    networkPlugin: net.profile.name,
    covered: isCovered(coverage),
    workloads: workloads.map(({ workload, node, isolation }) => ({
      workload: names.of(workload),
      hostNetwork: node,
      ...sides(isolation),
    })),
    newPods: namespaces.map(({ namespace, future }) => ({ namespace: printable(namespace), ...future })),
    ...standingOf(net, cut),
  };
}
