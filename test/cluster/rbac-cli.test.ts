import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, type World } from "../support/cli.ts";
import { clusterCli } from "../support/cluster/cluster-cli.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";
import { untilAllowed } from "../support/cluster/allowed.ts";

const skip =
  controlPlaneMissing !== undefined && leftOut("kubeops can on a live cluster", controlPlaneMissing);
const rbac = "/apis/rbac.authorization.k8s.io/v1";

describe.skipIf(skip)("kubeops can on a live cluster", () => {
  let plane: ControlPlane;
  let world: World;
  beforeAll(async () => {
    plane = await controlPlane({ components: "api" });
    world = makeWorld();
    world.write("admin.kubeconfig", plane.kubeconfig("admin"));
    world.write("alice.kubeconfig", plane.kubeconfig("alice"));
    for (const name of ["shop", "ci"])
      await plane.admin("POST", "/api/v1/namespaces", { metadata: { name } });
    await plane.admin("POST", "/api/v1/namespaces/shop/secrets", {
      metadata: { name: "s" },
      stringData: { password: "s3cr3t-marker" },
    });
    await plane.admin("POST", `${rbac}/namespaces/shop/roles`, {
      metadata: { name: "deployer" },
      rules: [{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch", "create"] }],
    });
    await plane.admin("POST", `${rbac}/namespaces/shop/rolebindings`, {
      metadata: { name: "ci" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "deployer" },
      subjects: [{ kind: "ServiceAccount", name: "deployer", namespace: "ci" }],
    });
    await untilAllowed(plane, "system:serviceaccount:ci:deployer", {
      verb: "patch",
      group: "apps",
      resource: "deployments",
      namespace: "shop",
    });
  });
  afterAll(async () => {
    world?.remove();
    await plane?.stop();
  });

  const ask = (...args: string[]): ReturnType<World["kubeops"]> =>
    world.kubeops(["can", ...args, "-q", "--kubeconfig", "admin.kubeconfig"]);

  test("answers by the live roles, and the server answers the same", () => {
    const yes = ask("sa:ci/deployer", "patch", "deployments", "-n", "shop", "--verify");
    expect([yes.status, yes.stdout, yes.stderr]).toEqual([
      0,
      "yes: sa:ci/deployer can patch deployments.apps in namespace shop\n  RoleBinding shop/ci gives Role shop/deployer: patch,create deployments (apps)\nthe API server answers the same\n",
      "",
    ]);
    const no = ask("sa:ci/deployer", "get", "secrets", "-n", "shop", "--verify");
    expect([no.status, no.stdout]).toEqual([
      1,
      "no: sa:ci/deployer cannot get secrets in namespace shop\nthe API server answers the same\n",
    ]);
  });

  test("a cross-check needs a right of its own", () => {
    const ran = world.kubeops(["can", "user:x", "get", "pods", "--kubeconfig", "alice.kubeconfig"]);
    expect([ran.status, ran.stdout]).toEqual([3, ""]);
    expect(ran.stderr).toContain("[CLUSTER_FORBIDDEN]");
  });

  test("who, list, paths and least read the same roles; no value of a Secret is shown", () => {
    const who = ask("--who", "patch", "deployments", "-n", "shop");
    expect(who.stdout).toContain("ServiceAccount ci/deployer  ");
    const list = ask("--list", "sa:ci/deployer", "-n", "shop");
    expect(list.stdout).toContain(
      "  patch,create  deployments (apps)  RoleBinding shop/ci, Role shop/deployer\n",
    );
    const paths = ask("--paths", "sa:ci/deployer", "--to", "node");
    expect([paths.status, paths.stdout.split("\n")[0]]).toEqual([
      0,
      "sa:ci/deployer reaches node in 1 step; 1 minimal path",
    ]);
    const least = ask("--least", "scales web in shop", "--subject", "sa:ci/deployer");
    expect([least.status, least.stdout.includes("deployments/scale")]).toEqual([0, true]);
    for (const { stdout, stderr } of [who, list, paths, least])
      expect(stdout + stderr).not.toContain("s3cr3t-marker");
  });

  test("nothing was written", () => {
    const writes = plane
      .auditLog()
      .filter(
        ({ verb, user }) =>
          JSON.stringify(user).includes("kubeops-test-admin") &&
          !["get", "list", "watch"].includes(verb as string),
      )
      .map(({ requestURI }) => requestURI as string)
      .filter((uri) => !uri.includes("subjectaccessreviews"));
    // Only those of this test's own preparation.
    expect(writes.every((uri) => /namespaces$|secrets$|roles$|rolebindings$/.test(uri))).toBe(true);
  });

  test("files and a cluster are two worlds", () => {
    world.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    const ran = ask("user:x", "get", "pods", "-f", "a.yaml");
    expect([ran.status, ran.stderr]).toEqual([
      2,
      "error: files and a live cluster are two worlds [USAGE]\n  hint: ask about one at a time: leave -f out, or --kubeconfig and --context\n",
    ]);
  });
});

describe.skipIf(skip)("a plan that changes a role of a live cluster", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await controlPlane({ components: "api", fresh: true });
    for (const name of ["shop", "kubeops"])
      await plane.admin("POST", "/api/v1/namespaces", { metadata: { name } });
    const metadata = { name: "readers" };
    await plane.admin("POST", `${rbac}/namespaces/shop/rolebindings`, {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "readers" },
      subjects: [{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "interns" }],
    });
  });
  afterAll(async () => plane?.stop());

  test("sees who is bound to it, and reads what it relies on", async () => {
    const cli = await clusterCli(
      plane,
      (text) =>
        text
          .replace(
            /^ {2}kinds:\n/m,
            "  kinds:\n    - group: rbac.authorization.k8s.io\n      kinds: [Role]\n      operations: [create, update]\n",
          )
          .replace(/^ {2}widening:\n/m, "  widening:\n    - {id: role, decision: allow}\n"),
      ["shop"],
    );
    try {
      cli.objects("role.json", {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name: "readers", namespace: "shop" },
        rules: [{ apiGroups: [""], resources: ["secrets"], verbs: ["get"] }],
      });
      const ran = cli.kubeops("plan", "-f", "role.json", "--target", "cluster:dev", "--out", "plan.json");
      expect(ran.status).toBe(1);
      expect(ran.stdout + ran.stderr).toContain(
        "group interns gains in namespace shop: read the values of Secrets; the charter allows no permission to be gained",
      );
      const plan = JSON.parse(readFileSync(cli.world.path("plan.json"), "utf8")) as {
        readSet: { what: string }[];
      };
      expect(
        plan.readSet.map(({ what }) => what).filter((what) => what.includes("RoleBinding")),
      ).toHaveLength(1);
    } finally {
      cli.world.remove();
    }
  }, 60_000);
});
