import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { APPLYSET, applySetId } from "../../src/plan/change/applyset.ts";
import { must } from "../support/cli.ts";
import { type ClusterCli, clusterCli } from "../support/cluster/cluster-cli.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";

const core = "/api/v1/namespaces";

describe.skipIf(controlPlaneMissing !== undefined && leftOut("pruning a cluster", controlPlaneMissing))(
  "--prune in a cluster",
  () => {
    let plane: ControlPlane;
    let cli: ClusterCli;
    beforeAll(async () => {
      plane = await controlPlane({ components: "api" });
      for (const name of ["shop", "other"]) await plane.admin("POST", core, namespace(name));
      cli = await clusterCli(plane);
      // The owner sets the inventory up as the program says, with the real kubectl.
      const printed = must(cli.kubeops("charter", "inventory", "dev")).stdout;
      expect(kubectl(["apply", "-f", "-"], printed)).toMatchObject({ code: 0 });
    });
    afterAll(async () => {
      cli?.world.remove();
      await plane?.stop();
    });
    const kubectl = (args: readonly string[], input = ""): { code: number | null; out: string } => {
      const ran = spawnSync(plane.kubectl, ["--kubeconfig", plane.kubeconfigFile("admin"), ...args], {
        encoding: "utf8",
        input,
        env: { ...process.env, KUBECTL_APPLYSET: "true" },
      });
      return { code: ran.status, out: `${ran.stdout}${ran.stderr}` };
    };
    const status = async (path: string): Promise<number> =>
      (await plane.admin("GET", `${core}/${path}`)).status;
    const id = applySetId({ name: "kubeops-inventory", namespace: "kubeops", kind: "ConfigMap", group: "" });
    const member = (set: string, name: string, namespaceName = "shop"): object => ({
      ...configMap(name, namespaceName),
      metadata: { name, namespace: namespaceName, labels: { [APPLYSET.partOf]: set } },
    });

    test("the inventory is printed for the owner: YAML, JSON, and only of a cluster that is pinned", () => {
      expect(must(cli.kubeops("charter", "inventory", "dev")).stdout).toContain(`${APPLYSET.id}: ${id}`);
      const list: unknown = JSON.parse(must(cli.kubeops("charter", "inventory", "dev", "-o", "json")).stdout);
      expect(list).toMatchObject({ kind: "List", items: [{ kind: "Namespace" }, { kind: "ConfigMap" }] });
      const unknown = cli.kubeops("charter", "inventory", "prod");
      expect([unknown.status, unknown.stderr.split("\n")[0]]).toEqual([
        2,
        "error: the charter pins no cluster named prod [TARGET_INVALID]",
      ]);
    });

    test("deletes what earlier plans wrote there and the request lacks, and nothing else", async () => {
      cli.objects(
        "in-first.json",
        configMap("keep"),
        configMap("gone"),
        service("web"),
        configMap("far", "other"),
      );
      cli.plan("first", "-f", "in-first.json", "-n", "shop");
      cli.approve("first");
      must(cli.apply("first"));
      // Another set's, nobody's, a controller's copy of a label of ours, and what goes away already.
      const foreign = applySetId({ name: "x", namespace: "shop", kind: "Secret", group: "" });
      await plane.admin("POST", `${core}/shop/configmaps`, member(foreign, "theirs"));
      await plane.admin("POST", `${core}/shop/configmaps`, configMap("nobodys"));
      const owner = { apiVersion: "v1", kind: "ConfigMap", name: "keep", uid: "1", controller: true };
      await plane.admin("POST", `${core}/shop/configmaps`, {
        ...configMap("copy"),
        metadata: { name: "copy", labels: { [APPLYSET.partOf]: id }, ownerReferences: [owner] },
      });
      await plane.admin("POST", `${core}/shop/configmaps`, {
        ...configMap("going"),
        metadata: { name: "going", labels: { [APPLYSET.partOf]: id }, finalizers: ["example.org/wait"] },
      });
      await plane.admin("DELETE", `${core}/shop/configmaps/going`);

      cli.objects("in-second.json", configMap("keep"));
      const before = plane.auditLog().length;
      const denied = cli.kubeops(
        "plan",
        "-f",
        "in-second.json",
        "-n",
        "shop",
        "--prune",
        "--target",
        "cluster:dev",
      );
      expect(denied.status).toBe(1);
      expect(denied.stdout).toContain("0 to create, 0 to update, 2 to delete, 1 unchanged");
      expect(denied.stdout).toContain(
        "ConfigMap shop/gone: the object is deleted; the charter does not name it under deletions",
      );
      const lists = (plane.auditLog().slice(before) as { verb: string; requestURI: string }[]).filter(
        ({ verb, requestURI }) => verb === "list" && requestURI.includes("/configmaps"),
      );
      expect(lists.map(({ requestURI }) => requestURI)).toEqual([
        `${core}/shop/configmaps?labelSelector=${encodeURIComponent(`${APPLYSET.partOf}=${id}`)}&limit=500`,
        // Of what is deleted, who names it as an owner: metadata alone.
        `${core}/shop/configmaps?limit=500`,
      ]);

      // The charter decides.
      cli.charter((text) =>
        text.replace(/^( +)inventory: kubeops$/m, "$1inventory: kubeops\n$1ownDeletions: true"),
      );
      const planned = cli.plan("second", "-f", "in-second.json", "-n", "shop", "--prune");
      expect(planned.stdout).toContain("0 to create, 0 to update, 2 to delete, 1 unchanged");
      cli.approve("second");
      expect(must(cli.apply("second")).stderr).toContain("2/2 deleted");
      expect(
        await Promise.all(
          ["gone", "keep", "theirs", "nobodys", "copy"].map((name) => status(`shop/configmaps/${name}`)),
        ),
      ).toEqual([404, 200, 200, 200, 200]);
      expect(await status("shop/services/web")).toBe(404);
      // What another request put into another namespace is not this request's.
      expect(await status("other/configmaps/far")).toBe(200);
      expect(
        must(cli.kubeops("diff", "-f", "in-second.json", "-n", "shop", "--prune", "--target", "cluster:dev"))
          .stdout,
      ).toContain("0 to delete, 1 unchanged");

      // And the way back makes them anew.
      must(cli.kubeops("undo", "second.json", "--out", "undo.json"));
      cli.approve("undo");
      must(cli.apply("undo"));
      expect(await status("shop/configmaps/gone")).toBe(200);
    });

    test("pitfall 25: what cannot be changed goes with one plan and comes again with the next", async () => {
      const fixed = (value: string): object => ({
        ...configMap("fixed"),
        immutable: true,
        data: { a: value },
      });
      const kept = [configMap("keep"), configMap("gone"), service("web")];
      const carryOut = (name: string, ...more: string[]): void => {
        cli.plan(name, "-f", `in-${name}.json`, "-n", "shop", ...more);
        cli.approve(name);
        must(cli.apply(name));
      };
      cli.objects("in-fixed.json", ...kept, fixed("1"));
      carryOut("fixed");
      cli.objects("in-changed.json", ...kept, fixed("2"));
      const change = ["plan", "-f", "in-changed.json", "-n", "shop", "--target", "cluster:dev"];
      const denied = cli.kubeops(...change);
      expect(denied.status).toBe(1);
      expect(denied.stdout.replace(/\n\s+/g, " ")).toContain(
        "ConfigMap shop/fixed: data cannot be changed: the object has to be deleted and made again, with another UID; Pods that start in between do not find it; the charter does not name it under deletions",
      );
      cli.objects("in-without.json", ...kept);
      carryOut("without", "--prune");
      expect(await status("shop/configmaps/fixed")).toBe(404);
      carryOut("changed");
      const { body } = await plane.admin("GET", `${core}/shop/configmaps/fixed`);
      expect(body).toMatchObject({ immutable: true, data: { a: "2" } });
    });

    test("a member that is relabelled between plan and apply is kept", async () => {
      cli.plan("third", "-f", "in-second.json", "-n", "shop", "--prune");
      cli.approve("third");
      await plane.admin(
        "PATCH",
        `${core}/shop/configmaps/gone`,
        { metadata: { labels: { [APPLYSET.partOf]: "applyset-other-v1" } } },
        "application/merge-patch+json",
      );
      const ran = cli.apply("third");
      expect([ran.status, ran.stderr]).toEqual([3, expect.stringContaining("[TARGET_DRIFT]")]);
      expect(await status("shop/configmaps/gone")).toBe(200);
    });

    test("pitfall 14: a parent of another tool is nobody to prune by", async () => {
      await plane.admin(
        "PATCH",
        `${core}/kubeops/configmaps/kubeops-inventory`,
        { metadata: { annotations: { [APPLYSET.tooling]: "kubectl/v1.37.2" } } },
        "application/merge-patch+json",
      );
      const ran = cli.kubeops(
        "plan",
        "-f",
        "in-second.json",
        "-n",
        "shop",
        "--prune",
        "--target",
        "cluster:dev",
      );
      expect([ran.status, ran.stderr.split("\n")[0]]).toEqual([
        3,
        'error: ConfigMap kubeops/kubeops-inventory belongs to another tool: "kubectl/v1.37.2" [TARGET_UNSAFE]',
      ]);
    });
  },
);

function namespace(name: string): object {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}
function configMap(name: string, namespaceName = "shop"): object {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: namespaceName },
    data: { a: "1" },
  };
}
function service(name: string): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "shop" },
    spec: { clusterIP: "None", ports: [{ name: "http", port: 80 }], selector: { app: "web" } },
  };
}
