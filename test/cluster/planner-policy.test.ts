import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, must, repository, type World } from "../support/cli.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";
import { until } from "../support/until.ts";

/** The policy that we ship: planners dry-run everything and change nothing (kernel K2). */
describe.skipIf(controlPlaneMissing !== undefined && leftOut("the policy for planners", controlPlaneMissing))(
  "planners",
  () => {
    let plane: ControlPlane;
    let world: World;

    beforeAll(async () => {
      plane = await controlPlane({ components: "api" });
      world = makeWorld().prepare();
      world.write("admin.kubeconfig", plane.kubeconfig("admin"));
      world.write("planner.kubeconfig", plane.kubeconfig("peter", ["kubeops:planners"]));
      must(kubectl("admin", "create", "namespace", "kubeops"));
      must(kubectl("admin", "create", "namespace", "shop"));
      must(kubectl("admin", "create", "clusterrole", "planner", "--verb=*", "--resource=*.*"));
      must(
        kubectl(
          "admin",
          "create",
          "clusterrolebinding",
          "planners",
          "--clusterrole=planner",
          "--group=kubeops:planners",
        ),
      );
      must(
        kubectl(
          "admin",
          "apply",
          "--server-side",
          "-f",
          join(repository, "deploy/planner-dry-run-only.yaml"),
        ),
      );
      // A policy takes effect within a second: a write that must fail says when.
      let tried = 0;
      await until("the policy is in force", () => {
        return kubectl("planner", "create", "configmap", `early-${tried++}`, "-n", "default").status !== 0;
      });
      must(
        world.kubeops(["charter", "init", "--owner", "id_ed25519.pub", "--principal", "anna", "-n", "shop"]),
      );
      must(
        world.kubeops([
          "charter",
          "pin",
          "--name",
          "dev",
          "--software-keys",
          "--kubeconfig",
          "admin.kubeconfig",
        ]),
      );
      must(world.kubeops(["charter", "sign", "--key", "id_ed25519"]));
      world.write(
        "k8s/config.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: greeting, namespace: shop}\ndata: {hello: world}\n",
      );
    });
    afterAll(async () => {
      world.remove();
      await plane.stop();
    });

    const kubectl = (user: "admin" | "planner", ...args: string[]): ReturnType<World["run"]> =>
      world.run(plane.kubectl, ["--kubeconfig", `${user}.kubeconfig`, ...args]);

    test("may dry-run, and may neither create, change nor delete", () => {
      expect(kubectl("planner", "create", "configmap", "a", "-n", "shop", "--dry-run=server").status).toBe(0);
      const created = kubectl("planner", "create", "configmap", "a", "-n", "shop");
      expect(created.stderr).toContain("planners may only dry-run");
      must(kubectl("admin", "create", "configmap", "there", "-n", "shop"));
      expect(kubectl("planner", "label", "configmap", "there", "-n", "shop", "x=y").status).toBe(1);
      expect(kubectl("planner", "delete", "configmap", "there", "-n", "shop").status).toBe(1);
      expect(kubectl("admin", "get", "configmap", "there", "-n", "shop").status).toBe(0);
    });

    test("K2: a planner makes the plan with the server's dry run; only another identity applies it", () => {
      const planned = world.kubeops([
        "plan",
        "-f",
        "k8s",
        "-n",
        "shop",
        "--target",
        "cluster:dev",
        "--out",
        "plan.json",
        "--kubeconfig",
        "planner.kubeconfig",
      ]);
      expect({ stderr: planned.stderr, status: planned.status }).toMatchObject({ status: 0 });
      const [change] = JSON.parse(readFileSync(world.path("plan.json"), "utf8")).changes;
      expect(change.live.mergedMac).toMatch(/^[0-9a-f]{64}$/);
      must(
        world.kubeops([
          "approve",
          "plan.json",
          "--key",
          "id_ed25519",
          "--yes",
          "--kubeconfig",
          "planner.kubeconfig",
        ]),
      );
      const refused = world.kubeops(["apply", "plan.json", "--kubeconfig", "planner.kubeconfig"]);
      expect(refused.status).toBe(3);
      expect(kubectl("admin", "get", "configmap", "greeting", "-n", "shop").status).toBe(1);
      must(
        world.kubeops([
          "approve",
          "plan.json",
          "--key",
          "id_ed25519",
          "--yes",
          "--kubeconfig",
          "planner.kubeconfig",
        ]),
      );
      must(world.kubeops(["apply", "plan.json", "--kubeconfig", "admin.kubeconfig"]));
      expect(kubectl("admin", "get", "configmap", "greeting", "-n", "shop").status).toBe(0);
    });
  },
);
