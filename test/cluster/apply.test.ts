import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { halfWayOf } from "../../src/apply/cluster/run/half-way.ts";
import type { ClusterStep } from "../../src/apply/cluster/run/ports.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { OpsError } from "../../src/kube/ops-error.ts";
import { type ClusterWorld, clusterWorld, INVENTORY } from "../support/cluster/cluster-world.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";

const missing = controlPlaneMissing !== undefined && leftOut("applying to a cluster", controlPlaneMissing);

describe.skipIf(missing)("applying to a cluster", () => {
  let plane: ControlPlane;
  const worlds: ClusterWorld[] = [];
  beforeAll(async () => {
    plane = await controlPlane({ components: "api" });
    for (const name of ["shop", INVENTORY]) await plane.admin("POST", "/api/v1/namespaces", namespace(name));
  });
  afterAll(() => plane?.stop());
  afterEach(() => {
    for (const world of worlds.splice(0)) world.remove();
  });
  const makeWorld = async (
    ...args: Parameters<typeof clusterWorld> extends [unknown, ...infer R] ? R : never
  ) => {
    const world = await clusterWorld(plane, ...args);
    worlds.push(world);
    return world;
  };

  it("creates, updates and deletes exactly what was approved, marks the approval and logs it", async () => {
    const world = await makeWorld();
    const first = await world.plan({ objects: [configMap("a"), configMap("b")] });
    expect(first.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
    const nonce = await world.approve(first);
    const steps: string[] = [];
    const outcome = await world.apply(first, {
      onStep: ({ step, key }: ClusterStep) => steps.push(key === undefined ? step : `${step} ${key.name}`),
    });
    expect(outcome).toMatchObject({ plan: first.digest, cluster: "dev", resumed: false, alreadyDone: false });
    expect(outcome.written.map(({ key, operation }) => `${operation} ${key.name}`)).toEqual([
      "create a",
      "create b",
    ]);
    expect(steps).toEqual([
      "verified",
      "intent-logged",
      "preimages-saved",
      "approvals-used",
      "writing a",
      "answered a",
      "written a",
      "writing b",
      "answered b",
      "written b",
      "outcome-logged",
      "done",
    ]);
    const marker = await plane.admin(
      "GET",
      `/api/v1/namespaces/${INVENTORY}/configmaps/kubeops-approval-${nonce}`,
    );
    expect(marker.body).toMatchObject({ immutable: true, data: { plan: first.digest, approver: "alice" } });
    expect(world.events().map(({ type }) => type)).toEqual(["log-created", "apply-intent", "apply-outcome"]);
    expect(await world.apply(first)).toMatchObject({ alreadyDone: true });
  });
});

export async function refused(work: Promise<unknown>): Promise<OpsError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof OpsError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
function namespace(name: string): JsonObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}
function configMap(name: string, value = "1"): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data: { key: value } };
}
