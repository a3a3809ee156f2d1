import { compare } from "../../analysis/network/engine/compare.ts";
import { deltaLines } from "../../analysis/network/render/delta.ts";
import { standingOfChange } from "../../analysis/network/render/standing.ts";
import { readWorkloads } from "../../analysis/network/model/read-workloads.ts";
import type { Facts, ReachabilityFact } from "../plan.ts";
import type { FolderView } from "./widening/row.ts";

/** Flows that a plan tells; more would overwhelm who has to read them, and nothing may be left out (kernel K5). */
const MOST_FLOWS = 500;
/** Workloads of the folder up to which pods that do not exist yet are looked at. */
const MOST_WORKLOADS = 5000;

/**
 * Who can newly reach whom, and who can no more: pods that are there, addresses outside, and pods that do not exist yet,
 * which stand for all that was not read. Refused policies count as absent.
 */
export function reachabilityFacts(folder: FolderView): Facts["reachability"] {
  const many = readWorkloads(folder.after).length > MOST_WORKLOADS;
  const comparison = compare(folder.before, folder.after, { fresh: !many });
  const lines = deltaLines(comparison);
  const { incomplete } = standingOfChange(comparison);
  const flows = lines.slice(0, MOST_FLOWS).map(
    ({ what, from, to, gained, lost, future }): ReachabilityFact => ({
      what,
      from,
      to,
      gained,
      lost,
      future,
    }),
  );
  return {
    state: "computed",
    flows,
    incomplete: [
      ...incomplete,
      ...(many
        ? [`more than ${MOST_WORKLOADS} workloads: pods that do not exist yet are not looked at`]
        : []),
      ...(lines.length > MOST_FLOWS
        ? [`${lines.length - MOST_FLOWS} more kinds of flows change than are listed`]
        : []),
    ],
  };
}
