import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ClusterPlan } from "../../src/apply/run/git-plan.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { objectKey } from "../../src/kube/object-key.ts";
import { type ApplyChild, applyChild, type Ended } from "../support/cluster/apply-child.ts";
import { clusterWorld, type ClusterWorld, INVENTORY } from "../support/cluster/cluster-world.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { checkLog } from "../support/git-log-check.ts";
import { deep, leftOut } from "../support/suites.ts";

const missing = controlPlaneMissing !== undefined && leftOut("a killed apply", controlPlaneMissing);
const core = "/api/v1/namespaces";

/** An update, two creations and a deletion: `a` is changed, `b` and `c` are made, `d` goes. */
const all = [
  "verified",
  "intent-logged",
  "preimages-saved",
  "approvals-used",
  ...["b", "c", "a", "d"].flatMap((name) => [`writing ${name}`, `answered ${name}`, `written ${name}`]),
  "outcome-logged",
  "done",
];
const sample = [
  "intent-logged",
  "approvals-used",
  "answered a",
  "writing b",
  "answered b",
  "written c",
  "answered d",
  "outcome-logged",
];

describe.skipIf(missing)("an apply that is killed", () => {
  let child: ApplyChild;
  let plane: ControlPlane;
  const worlds: ClusterWorld[] = [];
  beforeAll(async () => {
    child = await applyChild();
    plane = await controlPlane({ components: "api" });
    for (const name of ["shop", INVENTORY])
      await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  });
  afterAll(async () => {
    child?.remove();
    await plane?.stop();
  });
  afterEach(async () => {
    for (const world of worlds.splice(0)) world.remove();
    await plane.admin("DELETE", `${core}/shop/configmaps`);
  });

  const approved = async (): Promise<{ world: ClusterWorld; plan: ClusterPlan }> => {
    const world = await clusterWorld(plane, (spec) => ({
      ...spec,
      deletions: [{ group: "", kind: "ConfigMap", namespace: "shop", name: "d" }],
    }));
    worlds.push(world);
    const first = await world.plan({ objects: [configMap("a"), configMap("d")] });
    await world.approve(first);
    await world.apply(first);
    const plan = await world.plan({
      objects: [configMap("a", "2"), configMap("b"), configMap("c")],
      deletions: [objectKey(configMap("d"))],
    });
    await world.approve(plan);
    return { world, plan };
  };

  const run = (world: ClusterWorld, plan: ClusterPlan, dieAt = "-"): Promise<Ended> =>
    child.run(plane, world, plan, dieAt);

  const stands = async (): Promise<Record<string, unknown>> => {
    const { body } = await plane.admin("GET", `${core}/shop/configmaps`);
    const { items } = body as {
      items: { metadata: { name: string; resourceVersion: string }; data: JsonObject }[];
    };
    return Object.fromEntries(
      items
        .filter(({ metadata }) => metadata.name !== "kube-root-ca.crt")
        .map(({ metadata, data }) => [metadata.name, data["key"]]),
    );
  };

  const writesOf = (events: readonly JsonObject[]): string[] =>
    (events as readonly { verb: string; requestURI: string; responseStatus?: { code: number } }[])
      .filter(
        ({ verb, requestURI }) =>
          ["create", "patch", "delete"].includes(verb) && !/dryRun|selfsubject/.test(requestURI),
      )
      .map(({ verb, requestURI }) => `${verb} ${requestURI.replace(/\?.*/, "").replace(/.*\//, "")}`);

  it.each(deep ? all : sample)(
    "at %s: the second run ends in the same state, and nothing is written twice",
    async (step) => {
      const { world, plan } = await approved();
      const before = plane.auditLog().length;
      const first = await run(world, plan, step);
      expect([first.signal, first.stderr]).toEqual(["SIGKILL", ""]);
      const second = await run(world, plan);
      expect(second.answer).toMatchObject({
        plan: plan.digest,
        resumed: !["verified", "done"].includes(step),
        alreadyDone: step === "done",
      });
      expect(await stands()).toEqual({ a: "2", b: "1", c: "1" });
      // One marker, and each object once.
      expect(writesOf(plane.auditLog().slice(before)).toSorted()).toEqual(
        ["create configmaps", "delete d", "patch a", "patch b", "patch c"].toSorted(),
      );
      expect(checkLog(join(world.statePath, "log"))).toEqual({ problems: [], open: [] });
      const outcomes = world
        .events()
        .filter(({ type, plan: of }) => type === "apply-outcome" && of === plan.digest);
      expect(outcomes.length).toBe(1);
      expect((await run(world, plan)).answer).toMatchObject({ alreadyDone: true });
    },
  );

  it("at every step, one after the other, ends in the same state", async () => {
    const { world, plan } = await approved();
    const before = plane.auditLog().length;
    for (const step of deep
      ? all
      : ["intent-logged", "approvals-used", "answered b", "written c", "answered a"])
      await run(world, plan, step);
    expect((await run(world, plan)).answer).toMatchObject({ plan: plan.digest });
    expect(await stands()).toEqual({ a: "2", b: "1", c: "1" });
    expect(writesOf(plane.auditLog().slice(before)).toSorted()).toEqual(
      ["create configmaps", "delete d", "patch a", "patch b", "patch c"].toSorted(),
    );
    expect(checkLog(join(world.statePath, "log"))).toEqual({ problems: [], open: [] });
  });

  it("two at once carry it out once", async () => {
    const { world, plan } = await approved();
    const both = await Promise.all([run(world, plan), run(world, plan)]);
    expect(both.map(({ answer }) => answer?.alreadyDone).toSorted()).toEqual([false, true]);
    expect(await stands()).toEqual({ a: "2", b: "1", c: "1" });
  });
});

function configMap(name: string, value = "1"): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data: { key: value } };
}
