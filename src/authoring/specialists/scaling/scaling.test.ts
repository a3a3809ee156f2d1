import { describe, expect, test } from "vitest";
import { find, kinds, notes, one } from "../../../../test/support/authored.ts";
import { valueAt } from "../../../kube/json.ts";
import type { WorkloadIntent } from "../../intent/intent.ts";

describe("scaling", () => {
  test("one Pod gets no budget, several do, and an autoscaler's least count decides", () => {
    const has = (changes: Partial<WorkloadIntent>): boolean =>
      kinds(one(changes)).includes("PodDisruptionBudget web");
    expect(has({})).toBe(false);
    expect(has({ replicas: 2 })).toBe(true);
    expect(has({ autoscale: { min: 1, max: 5 }, replicas: 4 })).toBe(false);
    expect(has({ autoscale: { min: 2, max: 5 } })).toBe(true);
    expect(has({ mode: "global", replicas: 2 })).toBe(false);
  });

  test("an autoscaled workload names no number of Pods", () => {
    const authored = one({ autoscale: { min: 0, max: 0 }, replicas: 3 });
    expect(valueAt(find(authored, "Deployment", "web"), ["spec", "replicas"])).toBeUndefined();
    expect(find(authored, "HorizontalPodAutoscaler", "web")["spec"]).toMatchObject({
      minReplicas: 1,
      maxReplicas: 1,
    });
    expect(notes(authored, "workload/replicas")).toEqual([
      "replicas: 3 is left out: the autoscaler sets the number of Pods.",
    ]);
  });
});
