import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../support/cli.ts";
import { type ClusterCli, clusterCli } from "../support/cluster/cluster-cli.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";
import { until } from "../support/until.ts";

const core = "/api/v1/namespaces";
const path = "/apis/apps/v1/namespaces/shop/deployments/web";

describe.skipIf(
  controlPlaneMissing !== undefined && leftOut("recreations and take-overs", controlPlaneMissing),
)("what an update cannot do, from the command line", () => {
  let plane: ControlPlane;
  let cli: ClusterCli;
  beforeAll(async () => {
    plane = await controlPlane({ components: "all" });
    for (const name of ["shop", "kubeops"])
      await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    await until("the namespace has its account", async () => {
      return (await plane.admin("GET", `${core}/shop/serviceaccounts/default`)).status === 200;
    });
    cli = await clusterCli(plane, (text) =>
      text.replace("  widening:\n", "  widening:\n    - {id: service-account-use, decision: approval}\n"),
    );
  });
  afterAll(async () => {
    cli?.world.remove();
    await plane?.stop();
  });
  const read = async (): Promise<Record<string, never>> => (await plane.admin("GET", path)).body as never;
  const uid = async (): Promise<string> =>
    ((await read()) as { metadata?: { uid?: string } }).metadata?.uid ?? "";
  const plan = (file: string, name: string, ...more: string[]): ReturnType<ClusterCli["kubeops"]> =>
    cli.kubeops(
      "plan",
      "-f",
      file,
      "-n",
      "shop",
      "--target",
      "cluster:dev",
      "--out",
      `${name}.json`,
      ...more,
    );
  const settled = (): Promise<boolean> =>
    until("the Deployment has its revision", async () =>
      JSON.stringify(await read()).includes('"deployment.kubernetes.io/revision":'),
    );

  test("a selector cannot change: the plan is denied, and says what the way round is", async () => {
    cli.objects("one.json", deployment("one"));
    cli.objects("two.json", deployment("two"));
    cli.plan("first", "-f", "one.json", "-n", "shop");
    cli.approve("first");
    must(cli.apply("first"));
    await settled();
    const ran = plan("two.json", "denied");
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain(
      "spec.selector: cannot be changed: the object would have to be deleted and made again; --recreate plans that (as kubectl replace --force does it), where the charter names the object under deletions",
    );
    const asked = plan("two.json", "denied", "--recreate");
    expect(asked.status).toBe(1);
    expect(asked.stdout).toContain("charter/recreation");
    expect(asked.stdout).toContain("the charter does not name it under deletions");
  });

  test("named in the charter and asked for, it is planned: what is lost stands first", async () => {
    cli.charter((text) =>
      text.replace(
        "  deletions: []",
        "  deletions:\n    - {group: apps, kind: Deployment, namespace: shop, name: web}",
      ),
    );
    const ran = must(plan("two.json", "again", "--recreate"));
    expect(ran.stdout).toContain(
      "0 to create, 0 to update, 1 to delete and make again, 0 to delete, 0 unchanged",
    );
    expect(ran.stdout.indexOf("Deletes and makes again")).toBeGreaterThan(0);
    expect(ran.stdout.indexOf("Deletes and makes again")).toBeLessThan(ran.stdout.indexOf("\nImages"));
    expect(ran.stdout).toContain(
      "-/+  Deployment.apps shop/web    spec.selector cannot be changed: the object has to be deleted and made again, with another UID; all its Pods end before new ones start, and its rollout history is gone",
    );
    expect(ran.stdout).toContain("request  plan -f two.json -n shop --recreate");
    const shown = must(cli.world.kubeops(["show", "again.json"]));
    expect(shown.stdout).toContain("Deletes and makes again");
    const diff = cli.kubeops("diff", "-f", "two.json", "-n", "shop", "--target", "cluster:dev", "--recreate");
    expect([diff.status, diff.stdout]).toEqual([
      1,
      expect.stringContaining("-/+  Deployment.apps shop/web") as string,
    ]);
    const old = await uid();
    const approved = must(cli.kubeops("approve", "again.json", "--key", "id_ed25519", "--yes"));
    expect(approved.stdout).toContain("Deletes and makes again");
    const applied = must(cli.apply("again", "--wait", "1m"));
    expect(applied.stderr).toContain("Deployment.apps shop/web is gone, and is made again");
    expect(applied.stderr).toContain("1/1 made again Deployment.apps shop/web");
    expect(applied.stdout).toContain("all healthy");
    expect(await uid()).not.toBe(old);
    expect(await read()).toMatchObject({ spec: { selector: { matchLabels: { app: "two" } } } });
  });

  test("undone, the former object is made again, and the log tells it", async () => {
    await settled();
    const made = await uid();
    const ran = must(cli.kubeops("undo", "again.json", "--out", "back.json"));
    expect(ran.stdout).toContain("1 to delete and make again");
    cli.approve("back");
    must(cli.apply("back"));
    expect(await read()).toMatchObject({ spec: { selector: { matchLabels: { app: "one" } } } });
    expect(await uid()).not.toBe(made);
    expect(must(cli.kubeops("audit", "verify")).stdout).toMatch(/^valid: /);
    const list = must(cli.kubeops("audit", "list")).stdout;
    expect(list.match(/apply-outcome/g)?.length).toBe(3);
  });

  test("both flags are for clusters", () => {
    for (const flag of ["--recreate", "--take-over"]) {
      const ran = cli.world.kubeops(["plan", "-f", "one.json", "--target", "git:./gitops#apps", flag]);
      expect([ran.status, ran.stderr.split("\n")[0]]).toEqual([
        2,
        `error: ${flag} is for clusters: what follows a repository decides for itself [USAGE]`,
      ]);
    }
  });

  test("what kubectl apply owns is taken over where the charter says so, and then goes", async () => {
    const kubectl = (...args: string[]): string => {
      const ran = spawnSync(plane.kubectl, ["--kubeconfig", plane.kubeconfigFile("admin"), ...args], {
        encoding: "utf8",
      });
      expect(ran.status, ran.stderr).toBe(0);
      return ran.stdout + ran.stderr;
    };
    writeFileSync(cli.world.path("theirs.json"), JSON.stringify(configMap({ x: "1", y: "1" })));
    kubectl("apply", "-f", cli.world.path("theirs.json"));
    cli.objects("ours.json", configMap({ x: "2" }));
    expect(plan("ours.json", "conflict").stdout).toContain(
      "kubectl-client-side-apply owns the field and wants another value",
    );
    const denied = plan("ours.json", "denied", "--take-over");
    expect(denied.status).toBe(1);
    expect(denied.stdout).toContain("charter/widening/ownership-takeover");
    cli.charter((text) =>
      text.replace(
        "  widening:\n",
        "  widening:\n    - {id: ownership-takeover, decision: approval, names: [kubectl-client-side-apply]}\n",
      ),
    );
    const ran = must(plan("ours.json", "over", "--take-over"));
    expect(ran.stdout).toContain("takes over from kubectl-client-side-apply: data.x, data.y");
    expect(ran.stdout).toMatch(/data\.y +removed/);
    cli.approve("over");
    const applied = must(cli.apply("over"));
    expect(applied.stderr).toContain("ConfigMap shop/theirs: fields taken over");
    expect((await plane.admin("GET", `${core}/shop/configmaps/theirs`)).body).toMatchObject({
      data: { x: "2" },
    });
    expect(
      ((await plane.admin("GET", `${core}/shop/configmaps/theirs`)).body as { data: object }).data,
    ).toEqual({
      x: "2",
    });
    expect(must(plan("ours.json", "same", "--take-over")).stdout).toContain("1 unchanged");
    expect(kubectl("apply", "-f", cli.world.path("theirs.json"))).toContain("configmap/theirs configured");
  });
});

function configMap(data: object): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "theirs", namespace: "shop" }, data };
}

function deployment(app: string): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop" },
    spec: {
      selector: { matchLabels: { app } },
      template: {
        metadata: { labels: { app } },
        spec: {
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "web",
              image: "nginx:1.29",
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            },
          ],
        },
      },
    },
  };
}
