import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, must, repository, type World } from "../support/cli.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";

/** The rights that the guide names are enough, and each identity goes as far as the guide says. */
describe.skipIf(controlPlaneMissing !== undefined && leftOut("the rights of the guide", controlPlaneMissing))(
  "the guide to clusters",
  () => {
    let plane: ControlPlane;
    let world: World;

    beforeAll(async () => {
      plane = await controlPlane({ components: "api" });
      world = makeWorld().prepare();
      world.write("admin.kubeconfig", plane.kubeconfig("admin"));
      world.write("plan.kubeconfig", plane.kubeconfig("paul", ["planning"]));
      world.write("apply.kubeconfig", plane.kubeconfig("ada", ["applying"]));
      const guide = readFileSync(join(repository, "docs/guide/cluster.md"), "utf8");
      const rights = /```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? "";
      must(kubectl("create", "namespace", "shop"));
      must(kubectl("create", "namespace", "kubeops"));
      must(
        world.run(plane.kubectl, ["--kubeconfig", "admin.kubeconfig", "apply", "-f", "-"], { input: rights }),
      );
      const groups = ["--group=planning", "--group=applying"];
      must(kubectl("create", "clusterrolebinding", "look", "--clusterrole=kubeops-look", ...groups));
      must(kubectl("create", "rolebinding", "work", "-n", "shop", "--role=kubeops-work", ...groups));
      must(
        kubectl(
          "create",
          "rolebinding",
          "marks",
          "-n",
          "kubeops",
          "--role=kubeops-marks",
          "--group=applying",
        ),
      );
      must(kubeops("charter", "init", "--owner", "id_ed25519.pub", "--principal", "anna", "-n", "shop"));
      must(kubeops("charter", "pin", "--name", "dev", "--software-keys", "--kubeconfig", "plan.kubeconfig"));
      must(kubeops("charter", "sign", "--key", "id_ed25519"));
      world.write(
        "k8s/config.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: greeting, namespace: shop}\ndata: {hello: world}\n",
      );
    });
    afterAll(async () => {
      world.remove();
      await plane.stop();
    });

    const kubectl = (...args: string[]): ReturnType<World["run"]> =>
      world.run(plane.kubectl, ["--kubeconfig", "admin.kubeconfig", ...args]);
    const kubeops = (...args: string[]): ReturnType<World["kubeops"]> => world.kubeops(args);
    const as = (name: string): readonly string[] => ["--kubeconfig", `${name}.kubeconfig`];

    test("these rights are enough to plan with a dry run, to approve and to apply", () => {
      const planned = must(
        kubeops(
          "plan",
          "-f",
          "k8s",
          "-n",
          "shop",
          "--target",
          "cluster:dev",
          "--out",
          "plan.json",
          ...as("plan"),
        ),
      );
      expect(planned.stdout).not.toContain("No server dry run");
      must(kubeops("approve", "plan.json", "--key", "id_ed25519", "--yes", ...as("plan")));
      const early = kubeops("apply", "plan.json", ...as("plan"));
      expect(early.stderr).toContain("[CLUSTER_FORBIDDEN]");
      expect(early.status).toBe(3);
      expect(kubectl("get", "configmap", "greeting", "-n", "shop").status).toBe(1);
      must(kubeops("apply", "plan.json", ...as("apply")));
      expect(kubectl("get", "configmap", "greeting", "-n", "shop").status).toBe(0);
    });
  },
);
