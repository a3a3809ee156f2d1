import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { changes, compare, type Comparison } from "../../../src/analysis/network/engine/compare.ts";
import { PortSpace, type PortSetId } from "../../../src/analysis/network/sets/port-space.ts";
import {
  analyzerProfile,
  controllerPorts,
  Flows,
  goldens,
  isThere,
  lacking,
  parseAddresses,
  parsePorts,
  readFolder,
  workloadName,
} from "../../support/network/netpol-analyzer.ts";
import { conformanceData, leftOut } from "../../support/suites.ts";

const data = conformanceData("network/netpol-analyzer");
const skip =
  data === undefined &&
  leftOut("netpol-analyzer's diffs", "KUBEOPS_CONFORMANCE_DATA (network/netpol-analyzer)");

/** Where ours differ, and why. */
const known: Readonly<Record<string, readonly string[]>> = {
  // The Ingress names port 8080, the Service's port is 5000: an Ingress names the port of the Service, not its target.
  diff_between_k8s_ingress_test_new_and_k8s_ingress_test: [
    "{ingress-controller} => default/unicorn[Deployment] : none to TCP 8080",
  ],
  // UserDefinedNetworks part the pods; further networks are not modelled, and the answer says that it is incomplete.
  diff_between_udn_test_1_and_only_pods_test: [
    "blue/webserver[Pod] => green/webserver[Pod] : all to none",
    "green/webserver[Pod] => blue/webserver[Pod] : all to none",
  ],
};

const LINE =
  /^diff-type: (?:added|removed|changed), source: (.*?), destination: (.*?), (?:dir1|ref1|[^:]+): (.*?), (?:dir2|ref2|[^:,]+): ((?:[^,]|,(?! workloads-diff-info))*)/;

/** Each pair of folders that a golden compares; the name says which. */
function foldersOf(folder: string, name: string): readonly [string, string] | undefined {
  const bare = name.replace(/^.*?diff_between_/, "");
  for (let at = bare.indexOf("_and_"); at >= 0; at = bare.indexOf("_and_", at + 1)) {
    const after = join(folder, "tests", bare.slice(0, at));
    const before = join(folder, "tests", bare.slice(at + 5));
    if (isThere(after) && isThere(before)) return [before, after];
  }
  return undefined;
}

describe.skipIf(skip)("netpol-analyzer e54a334, diff", () => {
  test("every diff agrees", () => {
    const folder = data ?? "";
    const wrong: Record<string, unknown> = {};
    let compared = 0;
    for (const { name, text } of goldens(join(folder, "test_outputs/diff"), ".txt")) {
      const folders = foldersOf(folder, name);
      if (folders === undefined) continue;
      const comparison = compare(readFolder(folders[0]), readFolder(folders[1]), {
        profile: analyzerProfile,
      });
      const golden = goldenChanges(comparison.before.space, text);
      const ours = ourChanges(comparison);
      compared++;
      const differences = {
        missing: lacking(golden, [...ours, ...(known[name] ?? [])]),
        added: lacking(ours, golden),
      };
      if (differences.missing.length + differences.added.length > 0) wrong[name] = differences;
    }
    expect(wrong).toEqual({});
    expect(compared).toBeGreaterThan(40);
  });
});

function goldenChanges(space: PortSpace, text: string): readonly string[] {
  const flows = new Flows();
  for (const line of text.split("\n")) {
    const match = LINE.exec(line.trim());
    if (match === null) continue;
    const [, from = "", to = "", before = "", after = ""] = match;
    const what = `${space.text(parsePorts(space, before))} to ${space.text(parsePorts(space, after))}`;
    flows.add(parseAddresses(from) ?? from, parseAddresses(to) ?? to, what);
  }
  return flows.texts();
}

function ourChanges(comparison: Comparison): readonly string[] {
  const flows = new Flows();
  const { space } = comparison.before;
  const real = (ports: PortSetId): string => space.text(space.real(ports));
  const each = (end: number | object): readonly (number | object)[] =>
    typeof end === "number" ? (comparison.classes[end]?.workloads ?? []) : [end];
  for (const { from, to, before, after } of changes(comparison)) {
    for (const source of each(from)) {
      for (const target of each(to)) {
        const names = [source, target].map((end) =>
          typeof end === "number" ? workloadName(comparison, end) : end,
        );
        if (names[0] !== names[1])
          flows.add(names[0] as string, names[1] as string, `${real(before)} to ${real(after)}`);
      }
    }
  }
  // Pods of the controller of Ingresses and Routes are not in the input: they stand beside the workloads.
  const left = controllerPorts(comparison.before);
  const right = controllerPorts(comparison.after);
  const there = (name: string, side: "inBefore" | "inAfter"): boolean =>
    comparison.classes.some(
      (joint) => joint[side] && joint.workloads.some((number) => workloadName(comparison, number) === name),
    );
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const before = there(name, "inBefore") ? (left.get(name) ?? PortSpace.none) : PortSpace.none;
    const after = there(name, "inAfter") ? (right.get(name) ?? PortSpace.none) : PortSpace.none;
    if (before !== after) flows.add("{ingress-controller}", name, `${real(before)} to ${real(after)}`);
  }
  return flows.texts();
}
