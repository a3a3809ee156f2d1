import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openJournal, type Run } from "../../src/apply/journal/journal.ts";
import type { ClusterPlan } from "../../src/apply/run/git-plan.ts";
import { jsonDigest } from "../../src/kube/digest.ts";
import { type JsonObject, valueAt } from "../../src/kube/json.ts";
import { identity, objectKey } from "../../src/kube/object-key.ts";
import { OpsError } from "../../src/kube/ops-error.ts";
import { clusterWorld, type ClusterWorld, INVENTORY } from "../support/cluster/cluster-world.ts";
import { refused } from "../support/cluster/refused.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";

const missing = controlPlaneMissing !== undefined && leftOut("a forged state folder", controlPlaneMissing);
const core = "/api/v1/namespaces";

/** Somebody who writes in the state folder, and in the namespace, but has neither the trust root nor an approver's key. */
describe.skipIf(missing)("a journal that somebody else wrote", () => {
  let plane: ControlPlane;
  const worlds: ClusterWorld[] = [];
  beforeAll(async () => {
    plane = await controlPlane({ components: "api" });
    for (const name of ["shop", INVENTORY])
      await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  });
  afterAll(() => plane?.stop());
  afterEach(async () => {
    for (const world of worlds.splice(0)) world.remove();
    await plane.admin("DELETE", `${core}/shop/configmaps`);
  });
  const makeWorld = async (): Promise<ClusterWorld> => {
    const world = await clusterWorld(plane);
    worlds.push(world);
    return world;
  };
  const applied = async (world: ClusterWorld, objects: readonly JsonObject[]): Promise<ClusterPlan> => {
    const plan = await world.plan({ objects });
    await world.approve(plan);
    await world.apply(plan);
    return plan;
  };
  /** A run that ends with its approvals used and nothing written. */
  const cutOff = (world: ClusterWorld, plan: ClusterPlan): Promise<unknown> =>
    refused(
      world.apply(plan, {
        onStep: ({ step }) =>
          step === "approvals-used"
            ? Promise.reject(new OpsError("INTERRUPTED", "cut off"))
            : Promise.resolve(),
      }),
    );
  const forge = (world: ClusterWorld, plan: ClusterPlan, write: (run: Run) => void): void => {
    const clock = { now: () => Date.now() };
    const journal = openJournal(world.ports().state.journalFile, clock);
    try {
      write(journal.begin(plan.digest, jsonDigest(plan.target)));
    } finally {
      journal.close();
    }
  };
  const value = async (name: string): Promise<unknown> =>
    valueAt((await plane.admin("GET", `${core}/shop/configmaps/${name}`)).body, ["data", "key"]);
  const uidOf = async (path: string): Promise<string> =>
    JSON.stringify(valueAt((await plane.admin("GET", path)).body, ["metadata", "uid"]) ?? null).slice(1, -1);
  const nonceOf = (world: ClusterWorld, plan: ClusterPlan): string =>
    String(readdirSync(join(world.statePath, "approvals", plan.digest.slice(7)))[0]).replace(".json", "");

  it("K11 makes no used approval good again: not with the marker of the run that used it", async () => {
    const world = await makeWorld();
    await applied(world, [configMap("a", "1")]);
    const plan = await applied(world, [configMap("a", "2")]);
    // The way back; the cluster stands as the plan saw it.
    const back = await world.undo(plan);
    await world.approve(back);
    await world.apply(back);
    expect(await value("a")).toBe("1");
    const nonce = nonceOf(world, plan);
    const uid = await uidOf(`${core}/${INVENTORY}/configmaps/kubeops-approval-${nonce}`);
    for (const name of readdirSync(world.statePath).filter((file) => /journal/.test(file)))
      rmSync(join(world.statePath, name));
    forge(world, plan, (run) => {
      run.record("consuming", { nonce });
      run.record("consumed", { nonce, uid });
    });
    const error = await refused(world.apply(plan));
    expect([error.code, await value("a")]).toEqual(["JOURNAL_INVALID", "1"]);
  });

  it("K11 nor with a journal of the run's own that was set back", async () => {
    const world = await makeWorld();
    await applied(world, [configMap("a", "1")]);
    const plan = await world.plan({ objects: [configMap("a", "2")] });
    await world.approve(plan);
    const copy = join(world.path, "copy");
    await cutOff(world, plan);
    const files = readdirSync(world.statePath).filter((file) => /journal/.test(file));
    for (const name of files) cpSync(join(world.statePath, name), join(copy, name));
    await world.apply(plan);
    const back = await world.undo(plan);
    await world.approve(back);
    await world.apply(back);
    for (const name of files) cpSync(join(copy, name), join(world.statePath, name));
    const error = await refused(world.apply(plan));
    expect([error.code, await value("a")]).toEqual(["APPROVAL_USED", "1"]);
  });

  it("K3 does not say what was written: an object of somebody else stays theirs, and the run stops", async () => {
    const world = await makeWorld();
    const plan = await world.plan({ objects: [configMap("a", "1"), configMap("b", "1")] });
    await world.approve(plan);
    await cutOff(world, plan);
    const theirs = configMap("a", "theirs");
    await plane.admin("POST", `${core}/shop/configmaps`, theirs);
    const uid = await uidOf(`${core}/shop/configmaps/a`);
    const object = identity(objectKey(theirs));
    forge(world, plan, (run) => {
      run.record("writing", { object, operation: "create", expected: "x" });
      run.record("wrote", { object, uid, version: "1", answer: "x" });
    });
    const error = await refused(world.apply(plan));
    expect([error.code, await value("a"), await value("b")]).toEqual([
      "JOURNAL_INVALID",
      "theirs",
      undefined,
    ]);
    expect(error.message).toMatch(/^a step of run \d+ was not written by a run with this trust root's key$/);
  });
});

function configMap(name: string, value: string): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data: { key: value } };
}
