import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ClusterPlan } from "../../src/apply/run/git-plan.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { clusterWorld, type ClusterWorld, INVENTORY } from "../support/cluster/cluster-world.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { customDefinition } from "../support/custom-definition.ts";
import { deep, leftOut } from "../support/suites.ts";
import { until } from "../support/until.ts";

const core = "/api/v1/namespaces";

/** Ratcheting of CRDs (KEP-4008) is stable since 1.33: the oldest and the newest server of ours have it. */
const servers = [
  { server: "1.37", emulated: undefined },
  { server: "1.34 (emulated)", emulated: "1.34" },
  ...(deep ? ([{ server: "1.35 (emulated)", emulated: "1.35" }] as const) : []),
] as const;

describe
  .skipIf(controlPlaneMissing !== undefined && leftOut("ratcheting of CRDs", controlPlaneMissing))
  .each(servers)("a rule that comes to a CRD of $server", ({ emulated }) => {
  let plane: ControlPlane;
  const worlds: ClusterWorld[] = [];
  beforeAll(async () => {
    plane = await controlPlane({ components: "api", ...(emulated !== undefined && { emulated }) });
    for (const name of ["shop", INVENTORY])
      await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  });
  afterAll(() => plane?.stop());
  afterEach(() => {
    for (const world of worlds.splice(0)) world.remove();
  });
  const findings = (plan: ClusterPlan): readonly string[] =>
    plan.findings
      .filter(({ code }) => code.startsWith("cluster/"))
      .map(({ code, path }) => `${code} ${path ?? ""}`.trimEnd());
  const carryOut = async (world: ClusterWorld, asked: Parameters<ClusterWorld["plan"]>[0]): Promise<void> => {
    const plan = await world.plan(asked);
    expect(plan.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
    await world.approve(plan);
    await world.apply(plan);
  };

  it("pitfall 27: what was wrong before a rule came passes unchanged, and not changed", async () => {
    const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const size = (more: JsonObject): JsonObject =>
      customDefinition("example.org", "Widget", {
        properties: { size: { type: "integer", ...more }, note: { type: "string" } },
      });
    const widget = (spec: JsonObject): JsonObject => ({
      apiVersion: "example.org/v1",
      kind: "Widget",
      metadata: { name: "w", namespace: "shop" },
      spec,
    });
    const world = await clusterWorld(plane);
    worlds.push(world);
    await carryOut(world, { objects: [size({}), widget({ size: 10 })] });
    await plane.admin(
      "PATCH",
      `${definitions}/widgets.example.org?fieldManager=kubeops`,
      size({ maximum: 5 }),
    );
    const refusals = await until("the new rule is in force", async () => {
      const found = findings(await world.plan({ objects: [widget({ size: 11 })] }));
      return found.length > 0 && found;
    });
    expect(refusals).toEqual(["cluster/refused"]);
    const plan = await world.plan({ objects: [widget({ size: 10, note: "x" })] });
    expect(findings(plan)).toEqual([]);
    expect(plan.changes[0]?.operation).toBe("update");
    await world.approve(plan);
    await world.apply(plan);
    const path = "/apis/example.org/v1/namespaces/shop/widgets/w";
    expect((await plane.admin("GET", path)).body["spec"]).toEqual({ size: 10, note: "x" });
    await plane.admin("DELETE", `${definitions}/widgets.example.org`);
  });
});
