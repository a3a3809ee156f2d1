import { withFresh } from "../engine/fresh.ts";
import type { Network } from "../engine/network.ts";
import { type IpCell, policiesFor, type Table, tableWithout, type Without } from "../engine/tables.ts";
import { type Direction, directions, meansNobody } from "../policies/policy.ts";
import { ipKey } from "../sets/ip-set.ts";

/** What becomes of who reaches whom if something goes. */
export type Effect =
  /** Something changes for a workload that is there. */
  | "active"
  /** Only pods that do not exist yet would notice. */
  | "waiting"
  /** It selects nobody, and never will: its selectors contradict each other, or its rules are for no port. */
  | "vacuous"
  /** Others say the same, or were asked before it: nobody would notice. */
  | "redundant";

export interface PolicyEffect {
  readonly policy: number;
  readonly effect: Effect;
  /** Rules without effect of their own, of a policy that has one. */
  readonly rules: readonly RuleEffect[];
}

export interface RuleEffect {
  readonly rule: number;
  /** `shadowed`: rules before it decide all that it could. */
  readonly effect: "vacuous" | "redundant" | "shadowed" | "waiting";
}

export interface Effects {
  readonly net: Network;
  readonly policies: readonly PolicyEffect[];
  /** Policies with more rules than are asked about one by one. */
  readonly unasked: readonly number[];
  /** See `FreshNetworks.cut`. */
  readonly cut: readonly string[];
}

/** Rules of a policy up to which each is asked about. */
const MOST_RULES = 100;
/** Tables that may be made for rules. */
const MOST_TABLES = 20_000;

/**
 * Which policies and rules could go without any pod, of those that exist and of those that could come, or any address
 * noticing on its side. All that are called redundant can go together: of two that say the same, the later is. A policy is
 * judged by what it allows and denies on its own side, whatever the other side of a flow says.
 */
export function effects(own: Network): Effects {
  const { networks, cut } = withFresh([own]);
  const net = networks[0] ?? own;
  const selected = classesOf(net);
  const gone = new Set<number>();
  const goneRules = new Set<number>();
  const found: PolicyEffect[] = [];
  const unasked: number[] = [];
  let tables = 0;
  const judged = new Map<number, Effect>();
  // From the last to the first, so that of equals the first stays; again and again, since what stood for a policy can go, too.
  for (let changed = true; changed; ) {
    changed = false;
    for (let policy = net.policies.length - 1; policy >= 0; policy--) {
      if (gone.has(policy)) continue;
      const classes = selected[policy] ?? [];
      const effect = classes.length === 0 ? "vacuous" : noticed(net, classes, gone, goneRules, { policy });
      judged.set(policy, effect);
      if (effect !== "redundant" && effect !== "vacuous") continue;
      gone.add(policy);
      // What was judged before this one rested on it.
      changed ||= effect === "redundant";
    }
  }
  for (let policy = net.policies.length - 1; policy >= 0; policy--) {
    const effect = judged.get(policy) ?? "active";
    const classes = selected[policy] ?? [];
    const numbers = gone.has(policy)
      ? []
      : directions.flatMap((direction) => net.rulesOf[policy]?.[direction] ?? []);
    const rules: RuleEffect[] = [];
    tables += numbers.length * classes.length;
    if (numbers.length > MOST_RULES || tables > MOST_TABLES) unasked.push(policy);
    else {
      for (const rule of numbers.toReversed()) {
        const alone = noticed(net, classes, gone, goneRules, { rule });
        if (alone === "active") continue;
        const why =
          alone === "redundant"
            ? reasonOf(net, rule, classes, { policies: gone, rules: new Set(goneRules) })
            : alone;
        rules.push({ rule, effect: why });
        if (alone !== "waiting") goneRules.add(rule);
      }
    }
    found.push({ policy, effect, rules: rules.reverse() });
  }
  return { net, policies: found.reverse(), unasked: unasked.reverse(), cut };
}

/** The classes that each policy selects; those in the network of their node do not count. */
function classesOf(net: Network): readonly (readonly number[])[] {
  const found: number[][] = net.policies.map(() => []);
  for (const pods of net.classes) {
    if (pods.node) continue;
    const numbers = new Set(directions.flatMap((direction) => policiesFor(net, pods, direction)));
    for (const number of numbers) found[number]?.push(pods.id);
  }
  return found;
}

type Left = { readonly policy: number } | { readonly rule: number };

function noticed(
  net: Network,
  classes: readonly number[],
  gone: ReadonlySet<number>,
  goneRules: ReadonlySet<number>,
  left: Left,
): "active" | "waiting" | "redundant" {
  let waiting = false;
  const policies = "policy" in left ? new Set([...gone, left.policy]) : gone;
  const rules = "rule" in left ? new Set([...goneRules, left.rule]) : goneRules;
  const sides: readonly Direction[] =
    "rule" in left ? [net.rules[left.rule]?.direction ?? "ingress"] : directions;
  for (const id of classes) {
    for (const direction of sides) {
      const before = tableWithout(net, id, direction, { policies: gone, rules: goneRules });
      const after = tableWithout(net, id, direction, { policies, rules });
      if (before === after) continue;
      const change = difference(net, id, before, after);
      if (change === "active") return "active";
      waiting ||= change === "waiting";
    }
  }
  return waiting ? "waiting" : "redundant";
}

function difference(net: Network, id: number, before: Table, after: Table): "active" | "waiting" | "none" {
  const exists = net.classes[id]?.fresh === undefined;
  const addresses = cellsKey(before.ips) !== cellsKey(after.ips);
  if (addresses && exists) return "active";
  let waiting = addresses;
  for (const { id: peer, fresh, workloads } of net.classes) {
    if (before.pods[peer] === after.pods[peer]) continue;
    // What a workload says to itself is never asked.
    if (peer === id && workloads.length === 1) continue;
    if (exists && fresh === undefined) return "active";
    waiting = true;
  }
  return waiting ? "waiting" : "none";
}

function cellsKey(cells: readonly IpCell[]): string {
  return cells
    .map(({ ips, ports }) => `${ports}:${ipKey(ips)}`)
    .sort()
    .join(" ");
}

/** Why a rule that nobody would miss has no effect. `without`: the policies and rules that are gone already. */
function reasonOf(
  net: Network,
  number: number,
  classes: readonly number[],
  without: Without,
): "vacuous" | "redundant" | "shadowed" {
  const rule = net.rules[number];
  const policy = net.policies[rule?.policy ?? -1];
  if (rule === undefined || policy === undefined) return "redundant";
  const { ports, peers } = rule.rule;
  const noPort = !ports.all && ports.ranges.length + ports.names.length === 0;
  if (noPort || meansNobody(peers)) return "vacuous";
  const ordered = net.policies.some(
    ({ stage, rules }) =>
      stage === policy.stage && rules[rule.direction].some(({ action }) => action !== "allow"),
  );
  return ordered && isShadowed(net, number, classes, without) ? "shadowed" : "redundant";
}

/** Does nothing come as far as this rule? Then it makes no difference whether it allows or denies. */
function isShadowed(net: Network, number: number, classes: readonly number[], without: Without): boolean {
  const allows = withAction(net, number, "allow");
  const denies = withAction(net, number, "deny");
  const direction = net.rules[number]?.direction ?? "ingress";
  return classes.every((id) => {
    const left = tableWithout(allows, id, direction, without);
    const right = tableWithout(denies, id, direction, without);
    return difference(net, id, left, right) === "none";
  });
}

function withAction(net: Network, number: number, action: "allow" | "deny"): Network {
  return {
    ...net,
    rules: net.rules.map((rule, at) => (at === number ? { ...rule, rule: { ...rule.rule, action } } : rule)),
  };
}
