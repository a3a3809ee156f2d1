import {
  addressParts,
  type Answer,
  type End,
  explain,
  ruleText,
  type SideAnswer,
} from "../engine/explain.ts";
import { freshText, withFresh } from "../engine/fresh.ts";
import type { Network } from "../engine/network.ts";
import { printable, printableRest } from "../../../kube/printable.ts";
import { Names, policyTexts } from "../render/names.ts";
import { count } from "../render/matrix.ts";
import { policyText } from "../policies/policy.ts";
import { ipText } from "../sets/ip-set.ts";
import { PortSpace, type PortSetId } from "../sets/port-space.ts";
import { type NamedEnd, type NamedTarget, parseEnd, parseTarget } from "./ends.ts";

/** The answer for one pair of kinds of pods, or of pods and addresses. */
export interface PairAnswer {
  readonly from: string;
  readonly to: string;
  readonly answer: Answer;
}

export interface Reply {
  readonly net: Network;
  readonly from: string;
  readonly to: string;
  readonly ports: string;
  readonly note: string | undefined;
  /** Every pair may use every port that was asked about; where no port was named, some port. */
  readonly yes: boolean;
  /** Some of it is allowed, some is not. */
  readonly partly: boolean;
  readonly pairs: readonly PairAnswer[];
  /** See `FreshNetworks.cut`. */
  readonly cut: readonly string[];
}

interface Member {
  readonly text: string;
  readonly end: End;
  /** A workload of it, where it has one. */
  readonly workload: number | undefined;
}

/**
 * May `from` reach `to`? The words are those of `parseEnd` and `parseTarget`.
 * @throws {OpsError} USAGE
 */
export function ask(own: Network, from: string, to: string): Reply {
  const first = parseEnd(own, from);
  const second = parseTarget(own, to);
  const needsFresh = first.kind === "fresh" || second.end.kind === "fresh";
  const { networks, cut } = needsFresh ? withFresh([own]) : { networks: [own], cut: [] };
  return reply(networks[0] ?? own, first, second, cut);
}

/** The same for ends that are read already. The network must hold the kinds of pods that do not exist yet, where they are asked about. */
export function reply(
  net: Network,
  first: NamedEnd,
  second: NamedTarget,
  cut: readonly string[] = [],
): Reply {
  const pairs: PairAnswer[] = [];
  const seen = new Set<string>();
  for (const source of members(net, first)) {
    for (const target of members(net, second.end)) {
      if (source.workload !== undefined && source.workload === target.workload) continue;
      const asked = second.ports(target.workload);
      const key = `${endKey(source.end)} ${endKey(target.end)} ${asked}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const [left, right] of uniform(net, source.end, target.end)) {
        pairs.push({
          from: "ips" in left ? ipText(left.ips) : source.text,
          to: "ips" in right ? ipText(right.ips) : target.text,
          answer: explain(net, left, right, asked),
        });
      }
    }
  }
  const anyPort = second.portText === "any port";
  const allowed = pairs.map(({ answer }) => answer.allowed !== PortSpace.none);
  const whole = pairs.map(({ answer }) => answer.allowed === answer.asked && answer.asked !== PortSpace.none);
  const yes = pairs.length > 0 && (anyPort ? allowed : whole).every(Boolean);
  return {
    net,
    from: first.text,
    to: second.end.text,
    ports: second.portText,
    note: second.note,
    yes,
    partly: !yes && allowed.some(Boolean),
    pairs,
    cut,
  };
}

function endKey(end: End): string {
  return "pods" in end ? String(end.pods) : "outside";
}

function members(net: Network, end: NamedEnd): readonly Member[] {
  if (end.kind === "addresses") return [{ text: end.text, end: { ips: end.ips }, workload: undefined }];
  if (end.kind === "workloads") {
    const names = new Names(net.workloads);
    return end.numbers.map((number) => ({
      text: names.of(number),
      end: { pods: net.classOf[number] ?? -1 },
      workload: number,
    }));
  }
  return net.classes.flatMap(({ fresh, id }) =>
    fresh === undefined || fresh.namespace !== end.namespace
      ? []
      : [{ text: freshText(fresh), end: { pods: id }, workload: undefined }],
  );
}

/** Addresses in parts that no rule tells apart. */
function uniform(net: Network, from: End, to: End): readonly (readonly [End, End])[] {
  if ("ips" in from && "ips" in to) return [];
  if ("ips" in from && "pods" in to)
    return addressParts(net, to.pods, "ingress", from.ips).map((ips) => [{ ips }, to] as const);
  if ("ips" in to && "pods" in from)
    return addressParts(net, from.pods, "egress", to.ips).map((ips) => [from, { ips }] as const);
  return [[from, to]];
}

// --- for people

const SHOWN = 8;

export function replyText(reply: Reply): string {
  const { net, pairs } = reply;
  const head = `${printableRest(reply.from)} to ${printableRest(reply.to)}, ${reply.ports}`;
  const out: string[] = [];
  if (pairs.length === 0) out.push(`no: ${head}: there is nobody to ask about\n`);
  else if (reply.yes) out.push(`yes: ${head}\n`);
  else out.push(`${reply.partly ? "partly" : "no"}: ${head}\n`);
  if (reply.note !== undefined) out.push(`  ${reply.note}\n`);
  for (const { from, to, answer } of pairs.slice(0, SHOWN)) {
    const open = answer.allowed === answer.asked ? "" : `: ${net.space.text(answer.allowed)}`;
    if (pairs.length > 1 || (open !== "" && reply.partly)) out.push(`\n${from} to ${to}${open}\n`);
    out.push(sideText(net, answer, answer.egress, from), sideText(net, answer, answer.ingress, to));
  }
  if (pairs.length > SHOWN) out.push(`\nand ${pairs.length - SHOWN} more pairs\n`);
  out.push(changeText(reply));
  return out.join("");
}

function sideText(net: Network, answer: Answer, side: SideAnswer, who: string): string {
  const { space } = net;
  const state =
    side.allowed === answer.asked ? "allowed" : side.allowed === PortSpace.none ? "denied" : "partly allowed";
  const lines = [`  ${side.direction} of ${who}: ${state}`];
  if (side.because === "no policy") lines.push("    no policy selects it in this direction");
  if (side.because === "outside") lines.push("    it is outside of the cluster, where no policy holds");
  if (side.because === "node")
    lines.push("    one of the ends is in the network of its node: no policy decides");
  const also = (list: SideAnswer["allows"], word: string): void => {
    for (const reason of list.slice(0, SHOWN))
      lines.push(`    ${ruleText(net, reason)} ${word} ${space.text(reason.ports)}`);
    if (list.length > SHOWN) lines.push(`    and ${list.length - SHOWN} more`);
  };
  also(side.passes, "passes to the next tier");
  also(side.allows, "allows");
  also(side.denies, "denies");
  const closed = space.minus(answer.asked, side.allowed);
  if (closed !== PortSpace.none && side.isolating.length > 0) {
    for (const number of side.isolating.slice(0, SHOWN)) {
      const policy = net.policies[number];
      if (policy !== undefined)
        lines.push(
          `    ${policyText(policy)} selects it, and no rule${policy.tier === undefined ? "" : ` of tier ${printable(policy.tier)}`} allows ${space.text(closed)}`,
        );
    }
    if (side.isolating.length > SHOWN) lines.push(`    and ${side.isolating.length - SHOWN} more policies`);
  }
  return `${lines.join("\n")}\n`;
}

/** What would have to change for the other answer. */
export function changeText(reply: Reply): string {
  const steps = new Set(reply.pairs.flatMap((pair) => changesFor(reply.net, pair, !reply.yes)));
  if (steps.size === 0) return "";
  const shown = [...steps].slice(0, SHOWN);
  const more = steps.size > SHOWN ? [`and ${count(steps.size - SHOWN, "more step", "more steps")}`] : [];
  const title = reply.yes
    ? "to deny it, one of these would have to change:"
    : "to allow it, all of this would have to change:";
  return `\n${title}\n${[...shown, ...more].map((step) => `  - ${step}\n`).join("")}`;
}

function changesFor(net: Network, { from, to, answer }: PairAnswer, allow: boolean): readonly string[] {
  const { space } = net;
  if (!allow) {
    return [answer.egress, answer.ingress].flatMap((side) => {
      const who = side.direction === "egress" ? from : to;
      if (side.because === "no policy")
        return [`a policy must select ${who} for ${side.direction} and not allow it (default deny)`];
      if (side.because !== "rules") return [];
      if (side.allows.length === 0) return [`a policy must deny it for ${side.direction} of ${who}`];
      return [`${side.allows.map((reason) => ruleText(net, reason)).join(" and ")} must go`];
    });
  }
  return [answer.egress, answer.ingress].flatMap((side) => {
    const missing = space.minus(answer.asked, side.allowed);
    if (missing === PortSpace.none) return [];
    const who = side.direction === "egress" ? from : to;
    const other = side.direction === "egress" ? `to ${to}` : `from ${from}`;
    const denied = side.denies.filter((reason) => space.intersect(reason.ports, missing) !== PortSpace.none);
    return [
      ...denied.map((reason) => `${ruleText(net, reason)} must not deny ${space.text(missing)}`),
      ...(side.isolating.length > 0
        ? [`a policy that selects ${who} needs an ${side.direction} rule ${other} on ${space.text(missing)}`]
        : []),
    ];
  });
}

// --- for programs

export interface ReplyJson {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "ReachabilityAnswer";
  readonly from: string;
  readonly to: string;
  readonly ports: string;
  readonly answer: "yes" | "no" | "partly";
  readonly note?: string;
  readonly pairs: readonly {
    readonly from: string;
    readonly to: string;
    readonly allowed: string;
    readonly egress: SideJson;
    readonly ingress: SideJson;
  }[];
}

interface SideJson {
  readonly allowed: string;
  readonly because: SideAnswer["because"];
  readonly rules: readonly {
    readonly rule: string;
    readonly action: "allow" | "deny" | "pass";
    readonly ports: string;
  }[];
  readonly isolating: readonly string[];
}

export function replyJson(reply: Reply): ReplyJson {
  const { net } = reply;
  const text = (ports: PortSetId): string => net.space.text(ports);
  const side = (answer: SideAnswer): SideJson => ({
    allowed: text(answer.allowed),
    because: answer.because,
    rules: (
      [
        ["pass", answer.passes],
        ["allow", answer.allows],
        ["deny", answer.denies],
      ] as const
    ).flatMap(([action, list]) =>
      list.map((reason) => ({ rule: ruleText(net, reason), action, ports: text(reason.ports) })),
    ),
    isolating: policyTexts(net, answer.isolating),
  });
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "ReachabilityAnswer",
    from: reply.from,
    to: reply.to,
    ports: reply.ports,
    answer: reply.yes ? "yes" : reply.partly ? "partly" : "no",
    ...(reply.note === undefined ? {} : { note: reply.note }),
    pairs: reply.pairs.map(({ from, to, answer }) => ({
      from,
      to,
      allowed: text(answer.allowed),
      egress: side(answer.egress),
      ingress: side(answer.ingress),
    })),
  };
}
