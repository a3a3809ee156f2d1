import {
  addressesOfEnd,
  ANY_NEW_POD,
  INTERNET,
  isAddressEnd,
  isNewPodEnd,
  namespaceOfEnd,
} from "../../analysis/network/render/flow-end.ts";
import { addressSet, cidrSet, intersectIps, isNoIps } from "../../analysis/network/sets/ip-set.ts";
import type { ReachabilityCeiling } from "../charter.ts";
import type { Facts, ReachabilityFact } from "../plan.ts";

export interface CeilingReason {
  readonly decision: "denied" | "needs-approval";
  readonly message: string;
}

/**
 * A ceiling on reachability, applied to what a plan newly opens. What the ceiling does not name is zero (kernel K7): then
 * an opened flow is denied. What cannot be computed as a whole cannot be kept below a ceiling, so it is denied.
 */
export function reachabilityReasons(
  ceiling: ReachabilityCeiling,
  reachability: Facts["reachability"],
): readonly CeilingReason[] {
  const opened = reachability.flows.filter(({ what }) => what !== "closed");
  return [
    ...reachability.incomplete.map((why) =>
      denied(`reachability is not known as a whole, so the charter's ceiling cannot be decided: ${why}`),
    ),
    ...opened.flatMap((flow) => flowReasons(ceiling, flow)),
  ];
}

function denied(message: string): CeilingReason {
  return { decision: "denied", message };
}

function flowReasons(ceiling: ReachabilityCeiling, flow: ReachabilityFact): readonly CeilingReason[] {
  const text = flowText(flow);
  const reasons: CeilingReason[] = [];
  for (const { from, to } of ceiling.forbidden ?? []) {
    if (flow.from.some((end) => overlaps(from, end)) && flow.to.some((end) => overlaps(to, end)))
      reasons.push(denied(`${text}: the charter forbids ${from} -> ${to}`));
  }
  for (const namespace of ceiling.isolated ?? []) {
    if (crosses(flow, namespace))
      reasons.push(denied(`${text}: the charter keeps namespace ${namespace} isolated`));
  }
  const outside = [...flow.from, ...flow.to].some(isAddressEnd);
  const decision = outside ? (ceiling.internet ?? "deny") : (ceiling.opened ?? "deny");
  if (decision === "deny")
    reasons.push(
      denied(
        `${text}: the charter lets no plan open ${outside ? "flows with addresses outside of the cluster" : "flows"}`,
      ),
    );
  if (decision === "approval") reasons.push({ decision: "needs-approval", message: text });
  return reasons;
}

export function flowText({ what, from, to, gained, lost }: ReachabilityFact): string {
  const pair = `${from.join(", ")} -> ${to.join(", ")}`;
  if (what === "closed") return `closes ${pair}: ${lost}`;
  return what === "opened" ? `opens ${pair}: ${gained}` : `opens ${pair}: ${gained}; closes ${lost}`;
}

/** Could the end of a flow be one that the charter's words mean? In doubt, yes. */
function overlaps(words: string, end: string): boolean {
  if (words === "internet") return isAddressEnd(end);
  const block = cidrSet(words) ?? addressSet(words);
  if (block !== undefined) {
    const own = addressesOfEnd(end);
    return end === INTERNET || (own !== undefined && !isNoIps(intersectIps(own, block)));
  }
  if (isAddressEnd(end)) return false;
  const namespace = words.slice(0, words.indexOf("/"));
  const name = words.slice(words.lastIndexOf("/") + 1);
  const of = namespaceOfEnd(end);
  if (of !== undefined && namespace !== "*" && namespace !== of) return false;
  // A pod of a namespace that does not exist is in none that is named, unless the flow is for any new pod.
  if (of === undefined && namespace !== "*") return end === ANY_NEW_POD;
  return (
    name === "*" ||
    isNewPodEnd(end) ||
    end.endsWith("/*") ||
    end.slice(end.lastIndexOf("/") + 1).replace(/#\d+$/, "") === name
  );
}

/** Does a flow lead over the border of a namespace? */
function crosses(flow: ReachabilityFact, namespace: string): boolean {
  const inside = (end: string): boolean => namespaceOfEnd(end) === namespace || end === ANY_NEW_POD;
  const outside = (end: string): boolean => namespaceOfEnd(end) !== namespace;
  return (
    (flow.from.some(inside) && flow.to.some(outside)) || (flow.to.some(inside) && flow.from.some(outside))
  );
}
