import { printable } from "../../../kube/printable.ts";
import { policyText, type Direction } from "../policies/policy.ts";
import { coversIps, cutIps, type IpSet, intersectIps, isNoIps, unionIps } from "../sets/ip-set.ts";
import { type Protocol, PortSpace, type PortSetId } from "../sets/port-space.ts";
import type { CompiledRule, Network } from "./network.ts";
import { isPeer, policiesFor, portsAt, stagesOf, tableOf } from "./tables.ts";

/** One end of a question: a class of pods, or addresses outside of the cluster. */
export type End = { readonly pods: number } | { readonly ips: IpSet };

export interface PortAsked {
  readonly protocol: Protocol;
  readonly port: number;
}

/** What a rule did to the ports asked about. */
export interface RuleReason {
  readonly policy: number;
  readonly rule: CompiledRule;
  readonly ports: PortSetId;
}

export interface SideAnswer {
  readonly direction: Direction;
  readonly allowed: PortSetId;
  /** Policies that take part on this side. */
  readonly policies: readonly number[];
  /** Policies because of which everything is denied that no rule allows. */
  readonly isolating: readonly number[];
  /** Rules that decide: those that allow what is allowed, and those that deny what is denied. */
  readonly allows: readonly RuleReason[];
  readonly denies: readonly RuleReason[];
  readonly passes: readonly RuleReason[];
  /** Nothing decides here: no policy selects the pods, they are outside of the cluster, or in the network of their node. */
  readonly because: "rules" | "no policy" | "outside" | "node";
}

export interface Answer {
  readonly asked: PortSetId;
  readonly allowed: PortSetId;
  readonly egress: SideAnswer;
  readonly ingress: SideAnswer;
}

/** May one end reach the other on these ports, and which rules of which policies decide that on each side. */
export function explain(net: Network, from: End, to: End, asked: PortSetId = PortSpace.all): Answer {
  const egress = side(net, "egress", from, to, asked);
  const ingress = side(net, "ingress", to, from, asked);
  return { asked, allowed: net.space.intersect(egress.allowed, ingress.allowed), egress, ingress };
}

function side(net: Network, direction: Direction, subject: End, peer: End, asked: PortSetId): SideAnswer {
  const { space } = net;
  const nothing = { direction, policies: [], isolating: [], allows: [], denies: [], passes: [] };
  if ("ips" in subject) return { ...nothing, allowed: asked, because: "outside" };
  const pods = net.classes[subject.pods];
  const peerPods = "pods" in peer ? net.classes[peer.pods] : undefined;
  if (pods?.node === true || peerPods?.node === true) return { ...nothing, allowed: asked, because: "node" };
  const numbers = pods === undefined ? [] : policiesFor(net, pods, direction);
  if (numbers.length === 0) return { ...nothing, allowed: asked, because: "no policy" };
  const target = direction === "ingress" ? pods : peerPods;
  const reasons: Reasons = { allow: [], deny: [], pass: [] };
  const isolating = new Set<number>();
  let open = asked;
  let allowed: PortSetId = PortSpace.none;
  for (const stage of pods === undefined ? [] : stagesOf(net, numbers, direction, pods)) {
    const matching = stage.rules
      .filter((rule) => matchesPeer(net, rule, peer))
      .map((rule) => ({ policy: rule.policy, rule, ports: portsAt(net, rule.rule.ports, target) }));
    const done = walk(net, matching, open, reasons);
    allowed = space.union(allowed, done.allowed);
    if (stage.isolates && done.open !== PortSpace.none)
      for (const number of stage.policies)
        if (net.policies[number]?.isolates[direction] === true) isolating.add(number);
    open = stage.isolates ? done.passed : space.union(done.open, done.passed);
  }
  return {
    direction,
    allowed: space.union(allowed, open),
    policies: numbers,
    isolating: [...isolating],
    allows: reasons.allow,
    denies: reasons.deny,
    passes: reasons.pass,
    because: "rules",
  };
}

type Reasons = Readonly<Record<"allow" | "deny" | "pass", RuleReason[]>>;

/** The rules of one stage in their order. Where all of them allow, each names everything that it allows: order means nothing. */
function walk(
  net: Network,
  matching: readonly RuleReason[],
  asked: PortSetId,
  reasons: Reasons,
): { readonly open: PortSetId; readonly allowed: PortSetId; readonly passed: PortSetId } {
  const { space } = net;
  const ordered = matching.some(({ rule }) => rule.rule.action !== "allow");
  let open = asked;
  const taken: Record<"allow" | "deny" | "pass", PortSetId> = { allow: 0, deny: 0, pass: 0 };
  for (const { policy, rule, ports } of matching) {
    const meets = space.intersect(ordered ? open : asked, ports);
    if (meets === PortSpace.none) continue;
    const { action } = rule.rule;
    reasons[action].push({ policy, rule, ports: meets });
    taken[action] = space.union(taken[action], meets);
    open = space.minus(open, meets);
  }
  return { open, allowed: taken.allow, passed: taken.pass };
}

function matchesPeer(net: Network, rule: CompiledRule, peer: End): boolean {
  if (rule.rule.peers.everybody) return true;
  if ("pods" in peer) return isPeer(net, rule, peer.pods);
  // Addresses that only partly match are asked about in parts; see `partsOf`.
  return coversIps(rule.rule.peers.ips, peer.ips) && !isNoIps(intersectIps(rule.rule.peers.ips, peer.ips));
}

/**
 * The addresses in parts within which no rule of the pods' policies tells two addresses apart: those for which some port is
 * open, or all of them where none is.
 */
export function addressParts(net: Network, pods: number, direction: Direction, ips: IpSet): readonly IpSet[] {
  const subject = net.classes[pods];
  const rules =
    subject === undefined
      ? []
      : stagesOf(net, policiesFor(net, subject, direction), direction, subject).flatMap(
          (stage) => stage.rules,
        );
  const blocks = rules.filter(({ peers }) => !peers.everybody && !isNoIps(peers.ips));
  const parts = new Map<string, IpSet[]>();
  for (const { ips: part, inside } of cutIps(blocks.map(({ peers }) => peers.ips))) {
    const asked = intersectIps(part, ips);
    if (isNoIps(asked)) continue;
    const key = inside.join();
    parts.set(key, [...(parts.get(key) ?? []), asked]);
  }
  const all = [...parts.values()].map(unionIps);
  const cells = tableOf(net, pods, direction).ips;
  const open = all.filter((part) => cells.some((cell) => !isNoIps(intersectIps(cell.ips, part))));
  return open.length > 0 ? open : all;
}

/** `NetworkPolicy shop/web, ingress rule 2`, rules counted from 1; with its name where it has one. */
export function ruleText(net: Network, { policy, rule }: RuleReason): string {
  const of = net.policies[policy];
  return `${of === undefined ? "" : policyText(of)}, ${rulePlace(rule)}`;
}

/** The same within its policy. */
export function rulePlace({ rule, direction, index }: CompiledRule): string {
  const { name, said = `${direction} rule ${index + 1}`, abstracted } = rule;
  const named = name === "" ? "" : ` "${printable(name)}"`;
  return `${said}${named}${abstracted === undefined ? "" : ` (${abstracted})`}`;
}
