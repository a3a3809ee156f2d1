import { valueAt } from "../../../../kube/json.ts";
import type { FixRow } from "../fix-row.ts";

/** Budgets that would stop every drain of a node. */
export const availabilityRows: readonly FixRow[] = [
  {
    id: "reliability/budget-blocks-drain",
    describe: "let one Pod go at a time: maxUnavailable: 1",
    effect: "behaviour",
    edits: ({ object, path }) => {
      const value = valueAt(object, path);
      if (path.at(-1) === "maxUnavailable") return [{ op: "set", path, value: 1 }];
      // One Pod that must stay is one replica: whether it may be away is for a person.
      const several = value === "100%" || (typeof value === "number" && value > 1);
      if (path.at(-1) !== "minAvailable" || !several) return undefined;
      // The server refuses both; which one is meant only a person knows.
      if (valueAt(object, ["spec", "maxUnavailable"]) !== undefined) return undefined;
      return [
        { op: "rename", path, key: "maxUnavailable" },
        { op: "set", path, value: 1 },
      ];
    },
  },
  {
    id: "reliability/budget-keeps-unhealthy",
    describe: "let Pods go that are not ready: unhealthyPodEvictionPolicy: AlwaysAllow",
    effect: "behaviour",
    edits: ({ path }) => [{ op: "set", path: [...path, "unhealthyPodEvictionPolicy"], value: "AlwaysAllow" }],
  },
];
