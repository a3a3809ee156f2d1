import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { inventoryManifest } from "../../src/apply/cluster/inventory/applyset-parent.ts";
import { loadTrustRoot } from "../../src/apply/trust-root/trust-root.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { objectKey } from "../../src/kube/object-key.ts";
import { APPLYSET, applySetId } from "../../src/plan/change/applyset.ts";
import { charterClusterTarget } from "../../src/plan/target.ts";
import {
  clusterWorld,
  type ClusterWorld,
  INVENTORY,
  TARGET,
  VERSION,
} from "../support/cluster/cluster-world.ts";
import { refused } from "../support/cluster/refused.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";

const missing =
  controlPlaneMissing !== undefined && leftOut("the inventory in a cluster", controlPlaneMissing);
const core = "/api/v1/namespaces";

describe.skipIf(missing)("the inventory in a cluster", () => {
  let plane: ControlPlane;
  const worlds: ClusterWorld[] = [];
  beforeAll(async () => {
    plane = await controlPlane({ components: "api" });
    await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  });
  afterAll(() => plane?.stop());
  afterEach(async () => {
    for (const world of worlds.splice(0)) world.remove();
    await plane.admin("DELETE", `${core}/${INVENTORY}/configmaps`);
  });
  const makeWorld = async (): Promise<ClusterWorld> => {
    const world = await clusterWorld(plane);
    worlds.push(world);
    return world;
  };
  const manifest = (world: ClusterWorld): readonly JsonObject[] => {
    const { charter } = loadTrustRoot({ path: world.trustRootPath, named: true });
    const row = charterClusterTarget(charter, TARGET);
    if (row === undefined) throw new Error("the charter has the target");
    return inventoryManifest(charter, row, VERSION);
  };
  /** The real kubectl, with ApplySets switched on. */
  const kubectl = (...args: string[]): { code: number | null; out: string } => {
    const ran = spawnSync(plane.kubectl, ["--kubeconfig", plane.kubeconfigFile("admin"), ...args], {
      encoding: "utf8",
      env: { ...process.env, KUBECTL_APPLYSET: "true" },
    });
    return { code: ran.status, out: `${ran.stdout}${ran.stderr}` };
  };

  it("is what kubectl finds members by, and takes for another tool's set", async () => {
    const world = await makeWorld();
    const file = join(world.path, "inventory.json");
    writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: manifest(world) }));
    expect(kubectl("apply", "--server-side", "-f", file).code).toBe(0);
    const plan = await world.plan({ objects: [configMap("a"), configMap("b")] });
    await world.approve(plan);
    await world.apply(plan);
    const id = applySetId({ name: "kubeops-inventory", namespace: INVENTORY, kind: "ConfigMap", group: "" });
    const members = kubectl("get", "configmaps", "-A", "-l", `${APPLYSET.partOf}=${id}`, "-o", "name");
    expect(members).toEqual({ code: 0, out: "configmap/a\nconfigmap/b\n" });
    const object = join(world.path, "object.json");
    writeFileSync(
      object,
      JSON.stringify({ ...configMap("k"), metadata: { name: "k", namespace: INVENTORY } }),
    );
    const theirs = kubectl(
      "apply",
      "-n",
      INVENTORY,
      "--prune",
      "--applyset=configmap/kubeops-inventory",
      "-f",
      object,
    );
    expect(theirs.code).toBe(1);
    expect(theirs.out).toContain("already exists and is managed by tooling");
  });

  it("is not shared with a set that kubectl made", async () => {
    const world = await makeWorld();
    await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name: INVENTORY } });
    const object = join(world.path, "object.json");
    writeFileSync(
      object,
      JSON.stringify({ ...configMap("k"), metadata: { name: "k", namespace: INVENTORY } }),
    );
    const made = kubectl(
      "apply",
      "-n",
      INVENTORY,
      "--prune",
      "--applyset=configmap/kubeops-inventory",
      "-f",
      object,
    );
    expect(made.code, made.out).toBe(0);
    const plan = await world.plan({ objects: [configMap("c")] });
    await world.approve(plan);
    const error = await refused(world.apply(plan));
    expect([error.code, error.message]).toEqual([
      "TARGET_UNSAFE",
      `ConfigMap ${INVENTORY}/kubeops-inventory belongs to another tool: "kubectl/v1.37.2"`,
    ]);
  });

  it("refuses a parent whose id is not that of its name", async () => {
    const world = await makeWorld();
    const [, parent] = manifest(world);
    const labels = { [APPLYSET.id]: applySetId({ name: "x", namespace: "y", kind: "Secret", group: "" }) };
    const metadata = { ...(parent?.["metadata"] as JsonObject), labels };
    await plane.admin("POST", `${core}/${INVENTORY}/configmaps`, { ...parent, metadata });
    const plan = await world.plan({ objects: [configMap("d")] });
    await world.approve(plan);
    expect((await refused(world.apply(plan))).message).toBe(
      `ConfigMap ${INVENTORY}/kubeops-inventory is not the parent of the set that its name makes it`,
    );
  });

  it("deletes nothing that is no member", async () => {
    const world = await makeWorld();
    await plane.admin("POST", `${core}/shop/configmaps`, configMap("stranger"));
    const error = await refused(world.plan({ deletions: [objectKey(configMap("stranger"))] }));
    expect(error.message).toBe("ConfigMap shop/stranger is no member of our inventory: it is not deleted");
  });
});

function configMap(name: string, value = "1"): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data: { key: value } };
}
