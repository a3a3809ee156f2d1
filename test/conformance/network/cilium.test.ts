import { describe, expect, test } from "vitest";
import { withFresh } from "../../../src/analysis/network/engine/fresh.ts";
import { buildNetwork, type Network } from "../../../src/analysis/network/engine/network.ts";
import { profiles } from "../../../src/analysis/network/engine/profiles.ts";
import { askOracle, buildOracle } from "../../support/oracle.ts";
import { SERVICE_ACCOUNT_LABEL } from "../../../src/analysis/network/policies/cilium/identity-labels.ts";
import { ciliumPod, type CiliumWorld, ciliumWorld } from "../../support/network/cilium-world.ts";
import {
  type PacketPeer,
  packetAnswers,
  packetPeers,
  packetsBetween,
} from "../../support/network/packets.ts";
import { Dice, worldObjects } from "../../support/network/random-world.ts";
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

/** All packets of a world, with some pods that do not exist yet: its engine is shown them as if they did. */
function question(seed: number): { readonly asked: unknown; readonly ours: string } {
  const world = ciliumWorld(seed);
  const own = buildNetwork(
    [...worldObjects(world), ...world.cidrGroups],
    profile === undefined ? {} : { profile },
  );
  const refused = own.problems.filter(({ kind }) => kind === "invalid");
  if (refused.length > 0) throw new Error(`seed ${seed}: ${refused[0]?.message}`);
  const { networks, cut } = withFresh([own]);
  const net = networks[0] ?? own;
  if (cut.length > 0) throw new Error(`seed ${seed}: too many kinds of pods could come`);
  const dice = new Dice(seed);
  const coming = Array.from({ length: 3 }, (_, at) => freshPeer(net, world, dice, at));
  const peers = [...packetPeers(world.pods), ...coming];
  const packets = packetsBetween(peers);
  const { policies, cidrGroups } = world;
  const namespaces = { ...world.namespaces, [NEW]: newLabels };
  return {
    asked: { namespaces, policies, cidrGroups, peers, packets },
    ours: packetAnswers(net, peers, packets),
  };
}

const NEW = "new";
const newLabels = { tier: "a", "kubernetes.io/metadata.name": NEW };
/** A port that no rule names by its number. */
const OTHER_PORT = 12_345;

function freshPeer(net: Network, world: CiliumWorld, dice: Dice, at: number): PacketPeer {
  const pod = ciliumPod(dice, [...Object.keys(world.namespaces), NEW], 100 + at);
  const labels = { ...pod.labels, [SERVICE_ACCOUNT_LABEL]: pod.serviceAccount };
  const model = net.namespaces.get(pod.namespace) ?? { name: NEW, labels: newLabels, declared: true };
  const terms = net.terms.matching(model, labels).join();
  const namespace = pod.namespace === NEW ? undefined : pod.namespace;
  const kind = net.classes.find(
    (each) =>
      each.fresh !== undefined &&
      each.fresh.namespace === namespace &&
      each.terms.toSorted((left, right) => left - right).join() === terms,
  );
  if (kind === undefined) throw new Error(`no class for ${JSON.stringify(pod)}`);
  const ports = [{ port: OTHER_PORT, name: dice.pick(["web", "dns"]), protocol: dice.pick(["TCP", "UDP"]) }];
  return { ...pod, ports, external: false, fresh: kind.id };
}
