import { describe, expect, test } from "vitest";
import { buildNetwork } from "../../../src/analysis/network/engine/network.ts";
import { profiles } from "../../../src/analysis/network/engine/profiles.ts";
import { askOracle, buildOracle } from "../../support/oracle.ts";
import { ciliumWorld } from "../../support/network/cilium-world.ts";
import { packetAnswers, packetPeers, packetsBetween } from "../../support/network/packets.ts";
import { worldObjects } from "../../support/network/random-world.ts";
import { deep, leftOut, strict } from "../../support/suites.ts";

const oracle = buildOracle("cilium", !deep && !strict);
const program = "program" in oracle ? oracle.program : undefined;
const skip =
  program === undefined &&
  leftOut("policies of Cilium against its engine", "reason" in oracle ? oracle.reason : "");
const profile = profiles.get("cilium");

describe.skipIf(skip)("the policy engine of Cilium v1.20.2", () => {
  const worlds = deep ? 20_000 : 1000;
  const first = 20_261_126;

  test(`${worlds} random worlds of CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy and NetworkPolicy`, {
    timeout: 900_000,
  }, () => {
    const wrong: string[] = [];
    const counts = new Map<string, number>();
    let packets = 0;
    for (let start = first; start < first + worlds; start += 250) {
      const asked = Array.from({ length: Math.min(250, first + worlds - start) }, (_, at) =>
        question(start + at),
      );
      const answers = askOracle(
        program ?? "",
        asked.map(({ asked: line }) => line),
      ) as string[];
      for (const [at, answer] of answers.entries()) {
        const ours = asked[at]?.ours ?? "";
        packets += answer.length;
        for (const sign of answer) counts.set(sign, (counts.get(sign) ?? 0) + 1);
        if (ours !== answer) wrong.push(`seed ${start + at}`);
      }
    }
    expect(wrong.slice(0, 10)).toEqual([]);
    // Each kind of answer occurs often: the worlds are neither all open nor all closed.
    for (const sign of "+ei-") expect((counts.get(sign) ?? 0) / packets).toBeGreaterThan(0.02);
  });
});

function question(seed: number): { readonly asked: unknown; readonly ours: string } {
  const world = ciliumWorld(seed);
  const net = buildNetwork(
    [...worldObjects(world), ...world.cidrGroups],
    profile === undefined ? {} : { profile },
  );
  const refused = net.problems.filter(({ kind }) => kind === "invalid");
  if (refused.length > 0) throw new Error(`seed ${seed}: ${refused[0]?.message}`);
  const peers = packetPeers(world.pods);
  const packets = packetsBetween(peers);
  const { namespaces, policies, cidrGroups } = world;
  return {
    asked: { namespaces, policies, cidrGroups, peers, packets },
    ours: packetAnswers(net, peers, packets),
  };
}
