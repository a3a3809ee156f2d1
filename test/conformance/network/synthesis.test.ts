import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildNetwork } from "../../../src/analysis/network/engine/network.ts";
import { portsBetween } from "../../../src/analysis/network/engine/reach.ts";
import { synthesisePolicies } from "../../../src/analysis/network/synthesis/synthesise.ts";
import type { JsonObject } from "../../../src/kube/json.ts";
import { readDocuments } from "../../../src/kube/yaml/read-documents.ts";
import { readObjects } from "../../../src/kube/read-objects.ts";
import { readFolder, workloadName } from "../../support/network/netpol-analyzer.ts";
import { conformanceData, leftOut } from "../../support/suites.ts";

const data = conformanceData("network/cluster-topology-analyzer/tests");
const skip =
  data === undefined &&
  leftOut(
    "cluster-topology-analyzer's policies",
    "KUBEOPS_CONFORMANCE_DATA (network/cluster-topology-analyzer)",
  );

const folders = [
  "acs-security-demos",
  "bookinfo",
  "k8s_guestbook",
  "k8s_wordpress_example",
  "onlineboutique",
  "onlineboutique-pods",
  "qotd",
  "score-demo",
  "sockshop",
];

function flows(objects: readonly JsonObject[], policies: readonly JsonObject[]): readonly string[] {
  const net = buildNetwork([...objects.filter(({ kind }) => kind !== "NetworkPolicy"), ...policies]);
  const found: string[] = [];
  for (const [from, source] of net.classOf.entries()) {
    for (const [to, target] of net.classOf.entries()) {
      if (from === to) continue;
      const text = net.space.text(portsBetween(net, source, target));
      if (text !== "none") found.push(`${workloadName(net, from)} => ${workloadName(net, to)} : ${text}`);
    }
  }
  return found;
}

function expected(folder: string): readonly JsonObject[] {
  for (const ending of ["yaml", "json"]) {
    const file = join(folder, `expected_netpol_output.${ending}`);
    if (existsSync(file))
      return readObjects(readDocuments(file, readFileSync(file))).objects.map(({ object }) => object);
  }
  return [];
}

describe.skipIf(skip)("cluster-topology-analyzer 77de93a", () => {
  test("the flows that we declare are those that its policies allow", () => {
    const differences: Record<string, unknown> = {};
    for (const name of folders) {
      const folder = join(data ?? "", name);
      const objects = readFolder(folder);
      const made = synthesisePolicies(objects);
      expect(made.differences).toEqual([]);
      const ours = new Set(flows(objects, made.policies));
      const theirs = new Set(flows(objects, expected(folder)));
      const missing = [...theirs].filter((flow) => !ours.has(flow));
      const added = [...ours].filter((flow) => !theirs.has(flow));
      if (missing.length + added.length > 0) differences[name] = { missing, added };
    }
    expect(differences).toEqual({});
  });

  test("rules carry evidence; DNS is opened over UDP and TCP", () => {
    const made = synthesisePolicies(readFolder(join(data ?? "", "onlineboutique")));
    const text = JSON.stringify(made.policies);
    expect(text).toContain("env REDIS_ADDR of container server names Service default/redis-cart");
    expect(text).toContain('"ports":[{"protocol":"UDP","port":53},{"protocol":"TCP","port":53}]');
    expect(made.policies.at(-1)?.["metadata"]).toEqual({ name: "default-deny", namespace: "default" });
  });
});
