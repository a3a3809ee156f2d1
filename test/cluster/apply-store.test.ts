import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { halfWayOf } from "../../src/apply/cluster/run/half-way.ts";
import type { ClusterStep } from "../../src/apply/cluster/run/ports.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { OpsError } from "../../src/kube/ops-error.ts";
import { clusterWorld, type ClusterWorld, INVENTORY } from "../support/cluster/cluster-world.ts";
import { refused } from "../support/cluster/refused.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";

const missing =
  controlPlaneMissing !== undefined &&
  leftOut("a cluster that goes away or is restored", controlPlaneMissing);
const core = "/api/v1/namespaces";

describe.skipIf(missing)("a cluster that", () => {
  let plane: ControlPlane;
  const worlds: ClusterWorld[] = [];
  beforeAll(async () => {
    plane = await controlPlane({ components: "api" });
    for (const name of ["shop", INVENTORY])
      await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  });
  afterAll(() => plane?.stop());
  afterEach(() => {
    for (const world of worlds.splice(0)) world.remove();
  });
  const makeWorld = async (): Promise<ClusterWorld> => {
    const world = await clusterWorld(plane);
    worlds.push(world);
    return world;
  };
  const at = (step: string, act: () => Promise<unknown>) => ({
    onStep: async ({ step: is, key }: ClusterStep): Promise<void> => {
      if ((key === undefined ? is : `${is} ${key.name}`) === step) await act();
    },
    clientOptions: { wait: async (): Promise<void> => {} },
  });
  const status = async (name: string): Promise<number> =>
    (await plane.admin("GET", `${core}/shop/configmaps/${name}`)).status;

  it("goes away in the middle is finished when it is back", async () => {
    const world = await makeWorld();
    const plan = await world.plan({ objects: [configMap("a"), configMap("b")] });
    await world.approve(plan);
    const error = await refused(
      world.apply(
        plan,
        at("writing b", () => plane.pause()),
      ),
    );
    expect([error.code, error.exit]).toEqual(["APPLY_PARTIAL", 3]);
    expect(halfWayOf(error)).toMatchObject({ resumable: true, written: [{ name: "a" }] });
    expect(error.message).toContain("written: ConfigMap shop/a; ");
    const away = await refused(
      world.apply(
        plan,
        at("-", async () => {}),
      ),
    );
    expect(away.code).toBe("CLUSTER_UNREACHABLE");
    await plane.resume();
    expect(await world.apply(plan)).toMatchObject({
      resumed: true,
      written: [{ operation: "create" }, { operation: "create" }],
    });
    expect([await status("a"), await status("b")]).toEqual([200, 200]);
  });

  it("K11 took the marker, with nobody to record it, wants a new approval", async () => {
    const world = await makeWorld();
    const plan = await world.plan({ objects: [configMap("c")] });
    await world.approve(plan);
    const ports = world.ports();
    const begin: typeof ports.journal.begin = (...args) => {
      const run = ports.journal.begin(...args);
      return {
        ...run,
        record: (step, detail) => {
          if (step === "consumed") throw new OpsError("INTERRUPTED", "the process ended");
          run.record(step, detail);
        },
      };
    };
    await refused(world.apply(plan, { journal: { ...ports.journal, begin } }));
    expect((await refused(world.apply(plan))).code).toBe("APPROVAL_USED");
    expect(await status("c")).toBe(404);
    await world.approve(plan);
    expect(await world.apply(plan)).toMatchObject({ resumed: false, alreadyDone: false });
  });

  it("K11 was restored from a backup is refused until its owner signs the charter anew", async () => {
    const world = await makeWorld();
    await plane.pause();
    const store = await plane.copyStore();
    await plane.resume();
    const plan = await world.plan({ objects: [configMap("late")] });
    await world.approve(plan);
    await world.apply(plan);
    await plane.pause();
    await plane.resume(store);
    // The marker of the used approval is gone with the object.
    expect(await status("late")).toBe(404);
    const error = await refused(world.apply(plan));
    expect(error.code).toBe("CLUSTER_SET_BACK");
    expect(error.message).toMatch(
      /^the cluster's store stands at version \d+; the audit log has seen \d+: it was restored from a backup/,
    );
    const other = await world.plan({ objects: [configMap("other")] });
    await world.approve(other);
    expect((await refused(world.apply(other))).code).toBe("CLUSTER_SET_BACK");
    await world.charter((spec) => spec);
    const anew = await world.plan({ objects: [configMap("other")] });
    await world.approve(anew);
    expect(await world.apply(anew)).toMatchObject({ alreadyDone: false });
    // What was approved under the old charter is void.
    expect((await refused(world.apply(plan))).code).toBe("CHARTER_CHANGED");
  });
});

function configMap(name: string, value = "1"): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data: { key: value } };
}
