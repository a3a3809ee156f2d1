import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must, type World } from "../support/cli.ts";
import { clusterCli } from "../support/cluster/cluster-cli.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";
import { type Connected, connect } from "./connect.ts";

const operations = [
  {
    kind: "deploy",
    name: "api",
    image: "ghcr.io/acme/api:1.4.2",
    replicas: 2,
    ports: [{ port: 8080 }],
  },
  { kind: "restrict", workload: "api", allowFrom: [] },
];

/** The same tools with a cluster as the target: a real API server, pinned in the charter. */
describe.skipIf(
  controlPlaneMissing !== undefined && leftOut("the MCP tools with a cluster", controlPlaneMissing),
)("kubeops mcp with a cluster", () => {
  let world: World;
  let plane: ControlPlane;
  let server: Connected;
  beforeAll(async () => {
    plane = await controlPlane({});
    await plane.admin("POST", "/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "kubeops" },
    });
    ({ world } = await clusterCli(plane, undefined, ["shop"]));
    server = await connect(world, { args: ["--kubeconfig", "dev.kubeconfig"] });
  });
  afterAll(async () => {
    await server.close();
    world.remove();
    await plane.stop();
  });

  const deployment = async (): Promise<number> =>
    (await plane.admin("GET", "/apis/apps/v1/namespaces/shop/deployments/api")).status;

  test("plans, is refused without a signature, and applies with one; nothing of the cluster's address is shown", async () => {
    expect((await server.call("explain", { id: "setup" })).value.targets).toEqual([
      { name: "dev", kind: "cluster" },
    ]);
    const planned = await server.call("plan_change", { target: "dev", namespace: "shop", operations });
    expect(planned.value.error).toBeUndefined();
    expect(planned.value.decision).toBe("needs-approval");
    const { plan } = planned.value;
    const refused = await server.call("apply_plan", { plan });
    expect(refused.value.error.code).toBe("APPROVAL_MISSING");
    expect(await deployment()).toBe(404);
    must(world.kubeops(["approve", plan, "--key", "id_ed25519", "--yes", "--kubeconfig", "dev.kubeconfig"]));
    const applied = await server.call("apply_plan", { plan });
    expect(applied.value).toMatchObject({ plan, done: true, alreadyDone: false });
    expect(applied.value.objectsWritten).toBe(planned.value.counts.create);
    expect(await deployment()).toBe(200);
    const said = JSON.stringify([planned, refused, applied]);
    for (const word of [plane.apiUrl, plane.caKeySha256, world.folder]) expect(said).not.toContain(word);
  });

  test("an operation for Git is a question where the target is a cluster", async () => {
    const { value } = await server.call("plan_change", {
      target: "dev",
      namespace: "shop",
      operations: [...operations, { kind: "commit_to_git" }],
    });
    expect(value.plan).toBeNull();
    expect(value.questions).toEqual([
      { code: "agent/needs-git", text: expect.stringContaining("the target is a cluster") },
    ]);
  });
});
