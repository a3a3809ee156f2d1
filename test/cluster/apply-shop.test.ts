import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitHealthy } from "../../src/apply/cluster/health/wait-healthy.ts";
import { projectFiles } from "../../src/apply/files/node-files.ts";
import { readCompose } from "../../src/authoring/compose/read-compose.ts";
import { type JsonObject, valueAt } from "../../src/kube/json.ts";
import { OpsError } from "../../src/kube/ops-error.ts";
import { maskLive } from "../../src/plan/change/mask.ts";
import { clusterWorld, type ClusterWorld, INVENTORY } from "../support/cluster/cluster-world.ts";
import { plannerOf } from "../support/cluster/connect.ts";
import { refused } from "../support/cluster/refused.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";
import { until } from "../support/until.ts";

const missing = controlPlaneMissing !== undefined && leftOut("the shop in a cluster", controlPlaneMissing);
const core = "/api/v1/namespaces";

describe.skipIf(missing)("the shop in a cluster with controllers", () => {
  let plane: ControlPlane;
  let world: ClusterWorld;
  beforeAll(async () => {
    plane = await controlPlane({ components: "all" });
    await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name: INVENTORY } });
    // KWOK provisions nothing.
    for (let index = 0; index < 6; index++)
      await plane.admin("POST", "/api/v1/persistentvolumes", volume(index));
    // Nor does its node have room for the temporary files that authoring asks for.
    const room = { "ephemeral-storage": "100Gi" };
    await plane.admin(
      "PATCH",
      "/api/v1/nodes/kwok-0/status",
      { status: { capacity: room, allocatable: room } },
      "application/merge-patch+json",
    );
    world = await clusterWorld(plane);
  });
  afterAll(async () => {
    world?.remove();
    await plane?.stop();
  });

  it("is applied, becomes healthy, is changed, and an undo restores it object by object", async () => {
    const folder = fileURLToPath(new URL("../../examples/shop", import.meta.url));
    const { intent } = readCompose(projectFiles(folder), {
      files: ["compose.yaml"],
      namespace: "store",
      folderName: "shop",
      profiles: [],
      environment: {},
    });
    const plan = await world.plan({ intent });
    await world.approve(plan);
    const progress: number[] = [];
    // Cut off before the answer was recorded, and controllers work on the object meanwhile.
    for (const name of ["web", "db"]) {
      const cut = await refused(
        world.apply(plan, {
          onStep: async ({ step, key }) => {
            if (step !== "answered" || key?.name !== name || key.group !== "apps") return;
            const where = `/apis/apps/v1/namespaces/store/${key.kind.toLowerCase()}s/${name}`;
            await until(`a controller works on ${name}`, async () => {
              const count = valueAt((await plane.admin("GET", where)).body, ["status", "replicas"]);
              return Number(count ?? 0) > 0;
            });
            throw new OpsError("INTERRUPTED", "cut off");
          },
        }),
      );
      expect(cut.message).toContain("cut off");
    }
    const outcome = await world.apply(plan, {
      wait: { timeoutMs: 30_000, onProgress: ({ healthy }) => progress.push(healthy) },
    });
    expect(outcome.health?.objects.filter(({ health }) => health?.state !== "healthy")).toEqual([]);
    expect(outcome.health).toMatchObject({ healthy: true, end: "healthy" });
    expect(progress.at(-1)).toBe(outcome.written.length);

    const before = await storeObjects(plane);
    const deployments = before.filter(({ kind }) => kind === "Deployment");
    expect(deployments.length).toBeGreaterThan(0);
    const changed = deployments.map((object) => withReplicas(applied(plan.changes, object), 4));
    const second = await world.plan({ objects: changed });
    expect(second.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
    await world.approve(second);
    await world.apply(second, { wait: { timeoutMs: 30_000 } });
    const back = await world.undo(second);
    expect(back.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
    expect(back.changes.map(({ operation }) => operation)).toEqual(deployments.map(() => "update"));
    await world.approve(back);
    await world.apply(back, { wait: { timeoutMs: 30_000 } });
    expect((await storeObjects(plane)).map(maskLive)).toEqual(before.map(maskLive));
  });

  it("waits no longer for what has failed, and says which object it is", async () => {
    const key = { group: "", version: "v1", kind: "Pod", namespace: "store", name: "huge" };
    await plane.admin("POST", `${core}/store/pods`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "huge", namespace: "store" },
      spec: {
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name: "c",
            image: "nginx",
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          },
        ],
        nodeSelector: { nowhere: "true" },
      },
    });
    const reader = await plannerOf(plane);
    let now = Date.now();
    try {
      const report = await waitHealthy(reader, [key], {
        timeoutMs: 60_000,
        clock: { now: () => (now += 2_000) },
        pause: () => new Promise((resolve) => setTimeout(resolve, 50)),
      });
      expect(report).toMatchObject({
        healthy: false,
        end: "failed",
        objects: [{ key: { name: "huge" }, health: { state: "failed", message: "fits on no node" } }],
      });
    } finally {
      reader.close();
    }
  });
});

type Item = JsonObject & { readonly kind: string; readonly metadata: { readonly name: string } };

/** Everything that a plan may write in the namespace, in a fixed order. */
async function storeObjects(plane: ControlPlane): Promise<readonly Item[]> {
  const lists = [
    ["/api/v1", "services", "Service"],
    ["/api/v1", "serviceaccounts", "ServiceAccount"],
    ["/api/v1", "persistentvolumeclaims", "PersistentVolumeClaim"],
    ["/api/v1", "configmaps", "ConfigMap"],
    ["/apis/apps/v1", "deployments", "Deployment"],
    ["/apis/apps/v1", "statefulsets", "StatefulSet"],
    ["/apis/networking.k8s.io/v1", "networkpolicies", "NetworkPolicy"],
    ["/apis/policy/v1", "poddisruptionbudgets", "PodDisruptionBudget"],
  ] as const;
  const found: Item[] = [];
  for (const [root, plural, kind] of lists) {
    const { body } = await plane.admin("GET", `${root}/namespaces/store/${plural}`);
    const items = (body as { items: Item[] }).items;
    found.push(...items.map((item) => ({ ...item, kind })));
  }
  return found.toSorted((left, right) =>
    `${left.kind}/${left.metadata.name}` < `${right.kind}/${right.metadata.name}` ? -1 : 1,
  );
}

/** The object as the plan applied it. */
function applied(
  changes: readonly { readonly key: { kind: string; name: string }; readonly object: JsonObject | null }[],
  { kind, metadata }: Item,
): JsonObject {
  const found = changes.find(({ key }) => key.kind === kind && key.name === metadata.name)?.object;
  if (found === undefined || found === null) throw new Error("it is not in the plan");
  return found;
}

function withReplicas(object: JsonObject, replicas: number): JsonObject {
  return { ...object, spec: { ...(object["spec"] as JsonObject), replicas } };
}

function volume(index: number): JsonObject {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `pv-${index}` },
    spec: {
      capacity: { storage: "100Gi" },
      accessModes: ["ReadWriteOnce", "ReadWriteMany"],
      persistentVolumeReclaimPolicy: "Delete",
      hostPath: { path: "/nowhere" },
    },
  };
}
