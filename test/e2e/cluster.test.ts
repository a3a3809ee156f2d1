import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, must, repository, type World } from "../support/cli.ts";
import { exampleFor } from "../../src/cli/examples.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { deep, leftOut } from "../support/suites.ts";

/** The deep run goes the same way on older servers. */
const servers = [
  { server: "1.37", emulated: undefined },
  ...(deep
    ? ([
        { server: "1.35 (emulated)", emulated: "1.35" },
        { server: "1.34 (emulated)", emulated: "1.34" },
      ] as const)
    : []),
];

/** The main job to a cluster, from the command line, on a real API server with controllers, scheduler and a KWOK node. */
describe
  .skipIf(controlPlaneMissing !== undefined && leftOut("the main job to a cluster", controlPlaneMissing))
  .each(servers)("to a cluster of $server", ({ emulated }) => {
  let world: World;
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await controlPlane({ components: "all", ...(emulated !== undefined && { emulated }) });
    world = makeWorld().prepare();
    world.copy(join(repository, "examples/shop"), "shop");
    world.write("dev.kubeconfig", plane.kubeconfig("admin").replaceAll('"test"', '"dev"'));
    await plane.admin("POST", "/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "kubeops" },
    });
    must(
      world.kubeops([
        "charter",
        "init",
        "--name",
        "test",
        "--owner",
        "id_ed25519.pub",
        "--principal",
        "anna",
        "-n",
        "shop",
      ]),
    );
  });
  afterAll(async () => {
    world.remove();
    await plane.stop();
  });

  const access = ["--kubeconfig", "dev.kubeconfig"];
  const get = async (
    path: string,
  ): Promise<{ readonly status: number; readonly body: Record<string, never> }> =>
    (await plane.admin("GET", path)) as never;

  test("charter pin shows what it pins, and the owner signs it", () => {
    const example = exampleFor(["charter", "pin"])?.split(" ").slice(1) ?? [];
    const ran = world.kubeops([...example, "--software-keys"]);
    expect(ran.stderr).toContain("next: compare this");
    expect(ran.stdout).toContain(plane.apiUrl);
    expect(ran.stdout).toContain(plane.caKeySha256);
    expect(ran.stdout).toContain("serial 2, not signed yet");
    const unsigned = world.kubeops([
      "plan",
      "-f",
      "shop/compose.yaml",
      "-n",
      "shop",
      "--target",
      "cluster:dev",
      ...access,
    ]);
    expect(unsigned.stderr).toMatch(/\[CHARTER_(UNSIGNED|FOREIGN)\]/);
    must(world.kubeops(["charter", "sign", "--key", "id_ed25519"]));
  });

  test("a plan says what the server would make of it, and changes nothing", async () => {
    const ran = world.kubeops([
      "plan",
      "-f",
      "shop/compose.yaml",
      "-n",
      "shop",
      "--target",
      "cluster:dev",
      "--out",
      "plan.json",
      ...access,
    ]);
    expect(ran.stderr).toContain("next: kubeops show plan.json");
    expect(ran.stdout).toContain(`cluster:dev at ${plane.apiUrl}`);
    expect(ran.stdout).toMatch(
      emulated === undefined ? /Kubernetes v1\.37\.\d+$/m : new RegExp(`\\(emulates ${emulated}\\)$`, "m"),
    );
    expect(ran.stdout).toContain("its namespace shop comes with this plan");
    expect(ran.status).toBe(0);
    expect((await get("/api/v1/namespaces/shop")).status).toBe(404);
    must(
      world.kubeops([
        "plan",
        "-f",
        "shop/compose.yaml",
        "-n",
        "shop",
        "--target",
        "cluster:dev",
        "--out",
        "again.json",
        ...access,
      ]),
    );
    expect(readFileSync(world.path("again.json"), "utf8")).toBe(
      readFileSync(world.path("plan.json"), "utf8"),
    );
  });

  test("approved and applied, every object is there, and the workloads become healthy once their Secrets exist", async () => {
    must(world.kubeops(["approve", "plan.json", "--key", "id_ed25519", "--yes", ...access]));
    const applied = world.kubeops(["apply", "plan.json", ...access]);
    expect(applied.stderr).toContain("26/26 created");
    expect(applied.status).toBe(0);
    expect((await get("/apis/apps/v1/namespaces/shop/deployments/web")).status).toBe(200);
    const again = world.kubeops(["apply", "plan.json", ...access]);
    expect(again.stdout).toContain("was applied already");
    expect(again.status).toBe(0);
  });

  test("diff and a second plan see nothing to do", () => {
    const ran = world.kubeops([
      "diff",
      "-f",
      "shop/compose.yaml",
      "-n",
      "shop",
      "--target",
      "cluster:dev",
      ...access,
    ]);
    expect({ stdout: ran.stdout, stderr: ran.stderr, status: ran.status }).toMatchObject({ status: 0 });
    expect(ran.stdout).toContain("0 to create, 0 to update, 0 to delete, 26 unchanged");
  });

  test("a change is planned against what lives, applied with a wait, and undone", async () => {
    const compose = readFileSync(world.path("shop/compose.yaml"), "utf8");
    world.write("shop/compose.yaml", compose.replace("replicas: 3", "replicas: 4"));
    const planned = must(
      world.kubeops([
        "plan",
        "-f",
        "shop/compose.yaml",
        "-n",
        "shop",
        "--target",
        "cluster:dev",
        "--out",
        "scale.json",
        ...access,
      ]),
    );
    expect(planned.stdout).toContain("0 to create, 1 to update, 0 to delete, 25 unchanged");
    expect(planned.stdout).toMatch(/spec\.replicas +changed +3 -> 4/);
    must(world.kubeops(["approve", "scale.json", "--key", "id_ed25519", "--yes", ...access]));
    const applied = world.kubeops(["apply", "scale.json", "--wait", "1m", ...access]);
    expect(applied.stderr).not.toContain("error:");
    expect(applied.stdout).toContain("all healthy");
    const undo = must(world.kubeops(["undo", "scale.json", "--out", "undo.json", ...access]));
    expect(undo.stdout).toMatch(/spec\.replicas +changed +4 -> 3/);
    must(world.kubeops(["approve", "undo.json", "--key", "id_ed25519", "--yes", ...access]));
    must(world.kubeops(["apply", "undo.json", ...access]));
    const { body } = await get("/apis/apps/v1/namespaces/shop/deployments/web");
    expect((body as { spec?: { replicas?: number } }).spec?.replicas).toBe(3);
  });

  test("drift between plan and apply is refused, and says what changed", async () => {
    world.write(
      "shop/compose.yaml",
      readFileSync(world.path("shop/compose.yaml"), "utf8").replace("replicas: 4", "replicas: 5"),
    );
    must(
      world.kubeops([
        "plan",
        "-f",
        "shop/compose.yaml",
        "-n",
        "shop",
        "--target",
        "cluster:dev",
        "--out",
        "drift.json",
        ...access,
      ]),
    );
    must(world.kubeops(["approve", "drift.json", "--key", "id_ed25519", "--yes", ...access]));
    await plane.admin(
      "PATCH",
      "/apis/apps/v1/namespaces/shop/deployments/web",
      { spec: { template: { spec: { hostNetwork: true } } } },
      "application/merge-patch+json",
    );
    const ran = world.kubeops(["apply", "drift.json", ...access]);
    expect(ran.stderr).toContain("[TARGET_DRIFT]");
    expect(ran.stderr).toContain("Deployment.apps shop/web");
    expect(ran.status).toBe(3);
  });

  test("another cluster, a name that is not pinned, and a broken kubeconfig are clear ends", async () => {
    const unknown = world.kubeops(["plan", "-f", "shop/compose.yaml", "--target", "cluster:prod", ...access]);
    expect(unknown.stderr).toContain("the charter pins no cluster named prod");
    expect(unknown.status).toBe(2);
    world.write(
      "broken.kubeconfig",
      plane
        .kubeconfig("admin")
        .replace(/"certificate-authority-data": "[^"]*"/, '"insecure-skip-tls-verify": true'),
    );
    const broken = world.kubeops([
      "plan",
      "-f",
      "shop/compose.yaml",
      "--target",
      "cluster:dev",
      "--kubeconfig",
      "broken.kubeconfig",
    ]);
    expect(broken.stderr).toContain("[KUBECONFIG_INVALID]");
    expect(broken.status).toBe(2);
  });

  test("the same program answers as a kubectl plug-in", () => {
    world.write(
      "bin/kubectl-ops",
      `#!/bin/sh\nexec ${process.execPath} ${join(repository, "bin/kubeops.cjs")} "$@"\n`,
    );
    must(world.run("chmod", ["+x", "bin/kubectl-ops"]));
    const ran = must(world.run("sh", ["-c", `PATH="$PWD/bin:$PATH" ${plane.kubectl} ops version`]));
    expect(ran.stdout).toMatch(/^kubeops \d/);
  });

  test("the log tells it all and verifies", () => {
    expect(must(world.kubeops(["audit", "verify"])).stdout).toMatch(/^valid: /);
    expect(must(world.kubeops(["audit", "list"])).stdout).toContain("TARGET_DRIFT");
  });
});
