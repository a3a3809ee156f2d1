import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type Answer,
  type End,
  explain,
  type RuleReason,
} from "../../../src/analysis/network/engine/explain.ts";
import type { Network } from "../../../src/analysis/network/engine/network.ts";
import {
  type PortRange,
  type PortSetId,
  PortSpace,
  type Protocol,
} from "../../../src/analysis/network/sets/port-space.ts";
import {
  goldens,
  isThere,
  networkOf,
  parseAddresses,
  workloadName,
} from "../../support/network/netpol-analyzer.ts";
import { conformanceData, leftOut } from "../../support/suites.ts";

const data = conformanceData("network/netpol-analyzer");
const skip =
  data === undefined &&
  leftOut("netpol-analyzer's explanations", "KUBEOPS_CONFORMANCE_DATA (network/netpol-analyzer)");

/** Where ours differ, and why: the golden names the first rule of a policy that allows, ours each of them. */
const known: ReadonlySet<string> = new Set([
  "default/loadgenerator[Deployment] => default/frontend[Deployment] TCP:[8080]: ingress: ours NetworkPolicy default/frontend-netpol allows #1; NetworkPolicy default/frontend-netpol allows #2 | golden NetworkPolicy default/frontend-netpol allows #1",
]);

/** Some ports of a pair, with what each side says about them. */
interface Piece {
  readonly from: string;
  readonly to: string;
  readonly ports: string;
  readonly allowed: boolean;
  readonly sides: readonly {
    readonly direction: "egress" | "ingress";
    readonly allowed: boolean;
    readonly reasons: readonly string[];
  }[];
}

describe.skipIf(skip)("netpol-analyzer e54a334, explain", () => {
  test("every piece of every explanation has the same policies and rules", () => {
    const folder = data ?? "";
    const wrong: Record<string, readonly string[]> = {};
    let pieces = 0;
    for (const { name, text } of goldens(join(folder, "test_outputs/connlist"), "_explain_output.txt")) {
      const tests = join(folder, "tests", name);
      if (name.includes("focus") || /^(?:c?udn_|nad_)/.test(name) || !isThere(tests)) continue;
      const net = networkOf(tests);
      const faults = parse(text).flatMap((piece) => {
        pieces++;
        return faultsOf(net, piece).filter((fault) => !known.has(fault));
      });
      if (faults.length > 0) wrong[name] = faults.slice(0, 3);
    }
    expect(wrong).toEqual({});
    expect(pieces).toBeGreaterThan(1000);
  });
});

function parse(text: string): readonly Piece[] {
  interface Side {
    readonly direction: "egress" | "ingress";
    readonly allowed: boolean;
    readonly reasons: string[];
  }
  const pieces: (Omit<Piece, "sides"> & { readonly sides: Side[] })[] = [];
  let ends: readonly [string, string] | undefined;
  for (const line of text.split("\n")) {
    const between = /^Connections between (.*) => (.*):$/.exec(line);
    if (between !== null) ends = [between[1] ?? "", between[2] ?? ""];
    if (line.startsWith("####") || line.startsWith("Exposure")) ends = undefined;
    const head = /^\t(Allowed|Denied) (.*?) due to (.*)$/.exec(line);
    if (head !== null && ends !== undefined) {
      pieces.push({
        from: ends[0],
        to: ends[1],
        ports: head[2] ?? "",
        allowed: head[1] === "Allowed",
        sides: [],
      });
      continue;
    }
    const piece = ends === undefined ? undefined : pieces.at(-1);
    const side = /^\t\t(Egress|Ingress) \((Allowed|Denied)\)/.exec(line);
    if (side !== null && piece !== undefined)
      piece.sides.push({
        direction: side[1] === "Egress" ? "egress" : "ingress",
        allowed: side[2] === "Allowed",
        reasons: [],
      });
    const reason = reasonOf(line);
    if (reason !== undefined) piece?.sides.at(-1)?.reasons.push(reason);
  }
  return pieces;
}

function reasonOf(line: string): string | undefined {
  const rule =
    /^\t+(?:- )?(\w+) '([^']*)' (allows|denies|passes) connections by (?:Egress|Ingress) rule (.*)$/.exec(
      line,
    );
  if (rule !== null) return `${rule[1]} ${rule[2]} ${rule[3]} ${(rule[4] ?? "").trim()}`;
  const selects = /^\t+(?:- )?(\w+) '([^']*)' selects /.exec(line);
  return selects === null ? undefined : `${selects[1]} ${selects[2]} isolates`;
}

function parseExplained(space: PortSpace, text: string): PortSetId {
  const ranges: PortRange[] = [];
  for (const [, protocol = "", ports] of text.matchAll(/(TCP|UDP|SCTP)(?::\[([^\]]*)\])?/g)) {
    for (const part of (ports ?? "1-65535").split(",")) {
      const [from = "", to = from] = part.split("-");
      ranges.push({ protocol: protocol as Protocol, from: Number(from), to: Number(to) });
    }
  }
  return space.of(ranges);
}

function faultsOf(net: Network, piece: Piece): readonly string[] {
  const asked = /All Connections/i.test(piece.ports) ? PortSpace.all : parseExplained(net.space, piece.ports);
  const from = endOf(net, piece.from);
  const to = endOf(net, piece.to);
  if (from === undefined || to === undefined || asked === PortSpace.none) return [];
  const where = `${piece.from} => ${piece.to} ${piece.ports}`;
  const answer = explain(net, from, to, asked);
  if (answer.allowed !== (piece.allowed ? asked : PortSpace.none))
    return [`${where}: ours ${net.space.text(answer.allowed)}`];
  return piece.sides.flatMap((side) => {
    const ours = answer[side.direction];
    // A denied side may let some of it through where the other side denies the rest.
    const state = side.allowed ? ours.allowed === asked : ours.allowed === PortSpace.none;
    if (!state) return [`${where}: ${side.direction} ours ${net.space.text(ours.allowed)}`];
    const reasons = [...reasonsOf(net, answer, side.direction)].toSorted().join("; ");
    const golden = [...new Set(side.reasons)].toSorted().join("; ");
    return reasons === golden ? [] : [`${where}: ${side.direction}: ours ${reasons} | golden ${golden}`];
  });
}

function endOf(net: Network, text: string): End | undefined {
  const ips = parseAddresses(text);
  if (ips !== undefined) return { ips };
  const number = net.workloads.findIndex((_, at) => workloadName(net, at) === text);
  const pods = net.classOf[number];
  return pods === undefined ? undefined : { pods };
}

function reasonsOf(net: Network, answer: Answer, direction: "egress" | "ingress"): ReadonlySet<string> {
  const side = answer[direction];
  const text =
    (word: string) =>
    (reason: RuleReason): string => {
      const policy = net.policies[reason.policy];
      const name = policy?.namespace === "" ? policy.name : `${policy?.namespace}/${policy?.name}`;
      const rule = policy?.kind === "NetworkPolicy" ? `#${reason.rule.index + 1}` : reason.rule.rule.name;
      return `${policy?.kind} ${name} ${word} ${rule}`;
    };
  const closed = net.space.minus(answer.asked, side.allowed);
  return new Set([
    ...side.allows.map(text("allows")),
    ...side.denies.map(text("denies")),
    ...side.passes.map(text("passes")),
    ...(closed === PortSpace.none
      ? []
      : side.isolating.map((number) => {
          const policy = net.policies[number];
          return `${policy?.kind} ${policy?.namespace}/${policy?.name} isolates`;
        })),
  ]);
}
