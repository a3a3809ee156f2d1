import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withFresh } from "../../../src/analysis/network/engine/fresh.ts";
import type { FreshPods, Network } from "../../../src/analysis/network/engine/network.ts";
import { tableOf } from "../../../src/analysis/network/engine/tables.ts";
import { PortSpace, type PortSetId } from "../../../src/analysis/network/sets/port-space.ts";
import { matchesSelector, type Requirement, type Selector } from "../../../src/kube/selector.ts";
import {
  goldens,
  isThere,
  networkOf,
  parsePorts,
  workloadName,
} from "../../support/network/netpol-analyzer.ts";
import { conformanceData, leftOut } from "../../support/suites.ts";

const data = conformanceData("network/netpol-analyzer");
const skip =
  data === undefined &&
  leftOut("netpol-analyzer's exposures", "KUBEOPS_CONFORMANCE_DATA (network/netpol-analyzer)");

/** A line of a golden exposure: a workload, and pods that may not exist, with the ports between them. */
interface Line {
  readonly workload: string;
  readonly direction: "ingress" | "egress";
  readonly who: Representative | "everybody";
  readonly ports: string;
}

interface Representative {
  readonly namespace: string | undefined;
  readonly namespaceLabels: Selector;
  readonly podLabels: Selector;
}

const LINE = /^(\S+)\s+(=>|<=)\s+(.*?)(?: : (.*))?$/;

function parseLine(text: string): Line | undefined {
  const match = LINE.exec(text);
  const [, workload = "", arrow, who = "", ports = ""] = match ?? [];
  if (match === null || !text.includes("\t") || who.includes("[External]")) return undefined;
  const direction = arrow === "=>" ? "egress" : "ingress";
  return { workload, direction, who: who === "entire-cluster" ? "everybody" : representative(who), ports };
}

function representative(text: string): Representative {
  const slash = text.startsWith("[") ? text.indexOf("]/") + 1 : text.indexOf("/");
  const namespace = text.slice(0, slash);
  return {
    namespace: namespace.startsWith("[") ? undefined : namespace,
    namespaceLabels: namespace.startsWith("[") ? requirements(namespace) : [],
    podLabels: requirements(text.slice(slash + 1)),
  };
}

function requirements(text: string): Selector {
  const found: Requirement[] = [];
  const rest = text.replaceAll(
    /\{Key:([^,]+),Operator:(\w+),Values:\[([^\]]*)\],\}/g,
    (_all, key, operator, values) => {
      found.push({ key, operator, values: values === "" ? [] : values.split(" ") });
      return "";
    },
  );
  for (const [, key = "", value = ""] of rest.matchAll(/([\w./-]+)=([\w.-]*)/g))
    found.push({ key, operator: "In", values: [value] });
  return found;
}

describe.skipIf(skip)("netpol-analyzer e54a334, exposure", () => {
  test("every exposure agrees: what is said about pods that may not exist, and nothing is left out", () => {
    const folder = data ?? "";
    const wrong: Record<string, readonly string[]> = {};
    let compared = 0;
    for (const { name, text } of goldens(join(folder, "test_outputs/connlist"), "_exposure_output.txt")) {
      const tests = join(folder, "tests", name.replace(/_explain$/, ""));
      if (name.includes("focus") || /^(?:c?udn_|nad_)/.test(name) || !isThere(tests)) continue;
      const lines = text.split("\n").flatMap((line) => parseLine(line) ?? []);
      const faults = differences(networkOf(tests), lines);
      compared++;
      if (faults.length > 0) wrong[name] = faults;
    }
    expect(wrong).toEqual({});
    expect(compared).toBeGreaterThan(60);
  });
});

function differences(own: Network, lines: readonly Line[]): readonly string[] {
  const { networks, classes, cut } = withFresh([own]);
  const net = networks[0] ?? own;
  const kinds = classes.flatMap(([id = -1]) => {
    const fresh = net.classes[id]?.fresh;
    return fresh === undefined ? [] : [{ id, fresh }];
  });
  const faults: string[] = cut.map((name) => `cut: ${name}`);
  for (const [number, id] of net.classOf.entries()) {
    for (const direction of ["ingress", "egress"] as const) {
      const name = workloadName(net, number);
      const mine = lines.filter((line) => line.workload === name && line.direction === direction);
      const table = tableOf(net, id, direction).pods;
      faults.push(...sideFaults(net, mine, kinds, table).map((fault) => `${direction} of ${name}: ${fault}`));
    }
  }
  return faults;
}

/**
 * netpol-analyzer has one representative for each rule that finds no pod of the input, with the labels of that rule alone.
 * Ours are all kinds of pods. They agree where a line says what ours say of a kind that it represents (with what other
 * lines say of the same kind), and every other kind is open only as the line for the entire cluster says, or as a pod of
 * the input that a rule of the kind finds is.
 */
function sideFaults(
  net: Network,
  lines: readonly Line[],
  kinds: readonly { readonly id: number; readonly fresh: FreshPods }[],
  table: Uint32Array,
): readonly string[] {
  const { space } = net;
  const golden = (text: string): PortSetId => parsePorts(space, text);
  const ours = (id: number): PortSetId => table[id] ?? PortSpace.none;
  // Names of ports that pods which do not exist may give to theirs stand beside the ports that exist.
  const same = (left: PortSetId, right: PortSetId): boolean => space.text(left) === space.text(right);
  const everybody = lines.filter(({ who }) => who === "everybody").map((line) => golden(line.ports));
  const base = everybody[0] ?? PortSpace.none;
  const special = lines.flatMap((line) =>
    line.who === "everybody" ? [] : [{ who: line.who, ports: golden(line.ports) }],
  );
  const covering = (fresh: FreshPods): readonly PortSetId[] =>
    special.filter((line) => represents(net, line.who, fresh)).map((line) => line.ports);
  const faults: string[] = [];
  for (const line of special) {
    const among = kinds.filter(({ fresh }) => represents(net, line.who, fresh));
    const agrees = among.some(
      ({ id, fresh }) =>
        same(ours(id), line.ports) || same(ours(id), space.unionAll([base, ...covering(fresh)])),
    );
    if (!agrees)
      faults.push(
        `${JSON.stringify(line.who)}: ${space.text(line.ports)}, ours ${among.map(({ id }) => space.text(ours(id))).join(" or ")}`,
      );
  }
  const existing = net.classes.filter(({ fresh }) => fresh === undefined);
  for (const { id, fresh } of kinds) {
    if (covering(fresh).length > 0 || same(space.real(ours(id)), space.real(base))) continue;
    const terms = new Set(net.classes[id]?.terms);
    const like = existing.some(
      (pods) =>
        pods.terms.some((term) => terms.has(term)) && space.covers(ours(pods.id), space.real(ours(id))),
    );
    if (!like)
      faults.push(`${JSON.stringify(fresh)}: ours ${space.text(ours(id))}, golden ${space.text(base)}`);
  }
  return faults;
}

function represents(net: Network, who: Representative, fresh: FreshPods): boolean {
  const namespaceLabels =
    fresh.namespace === undefined
      ? fresh.namespaceLabels
      : (net.namespaces.get(fresh.namespace)?.labels ?? {});
  if (who.namespace !== undefined) {
    const name = fresh.namespace ?? fresh.namespaceLabels["kubernetes.io/metadata.name"];
    if (name !== who.namespace) return false;
  }
  return (
    matchesSelector(who.namespaceLabels, namespaceLabels) && matchesSelector(who.podLabels, fresh.podLabels)
  );
}
