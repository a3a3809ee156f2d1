import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  goldenFlows,
  goldens,
  isThere,
  lacking,
  networkOf,
  ourFlows,
} from "../../support/network/netpol-analyzer.ts";
import { conformanceData, leftOut } from "../../support/suites.ts";

const data = conformanceData("network/netpol-analyzer");
const skip =
  data === undefined &&
  leftOut("netpol-analyzer's lists", "KUBEOPS_CONFORMANCE_DATA (network/netpol-analyzer)");

/** Further networks beside the pod network (UserDefinedNetwork, NetworkAttachmentDefinition) are not modelled, and said to be so. */
const furtherNetworks = /^(?:c?udn_|nad_)/;

describe.skipIf(skip)("netpol-analyzer e54a334, list", () => {
  const folder = data ?? "";
  const lists = (): readonly { readonly name: string; readonly text: string }[] =>
    goldens(join(folder, "test_outputs/connlist"), "_connlist_output.txt").filter(
      ({ name }) => !name.includes("focus") && isThere(join(folder, "tests", name)),
    );

  test("every list agrees", () => {
    const wrong: Record<string, unknown> = {};
    let compared = 0;
    for (const { name, text } of lists()) {
      if (furtherNetworks.test(name)) continue;
      const net = networkOf(join(folder, "tests", name));
      const golden = goldenFlows(net.space, text);
      const ours = ourFlows(net);
      compared++;
      const differences = { missing: lacking(golden, ours), added: lacking(ours, golden) };
      if (differences.missing.length + differences.added.length > 0) wrong[name] = differences;
    }
    expect(wrong).toEqual({});
    expect(compared).toBeGreaterThan(100);
  });

  test("where there are further networks, the answer says that it is incomplete", () => {
    const names = lists().filter(({ name }) => furtherNetworks.test(name));
    expect(names.length).toBeGreaterThan(25);
    // nad_test_2 names a group that does not exist (k8s.cni.cnf.io): no cluster would make a network of it.
    const silent = names.filter(({ name }) =>
      networkOf(join(folder, "tests", name)).problems.every(({ kind }) => kind !== "unmodelled"),
    );
    expect(silent.map(({ name }) => name)).toEqual(["nad_test_2"]);
  });
});
