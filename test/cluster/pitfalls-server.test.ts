import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { planText } from "../../src/plan/build-plan.ts";
import type { ClusterPlan } from "../../src/apply/run/git-plan.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { objectKey } from "../../src/kube/object-key.ts";
import { clusterWorld, type ClusterWorld, INVENTORY } from "../support/cluster/cluster-world.ts";
import { refused } from "../support/cluster/refused.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";

const core = "/api/v1/namespaces";
const merge = "application/merge-patch+json";

/** Pitfalls of applying (facts: apply.md section 3) that only a real API server can show. */
describe.skipIf(controlPlaneMissing !== undefined && leftOut("pitfalls of applying", controlPlaneMissing))(
  "pitfalls of applying",
  () => {
    let plane: ControlPlane;
    const worlds: ClusterWorld[] = [];
    beforeAll(async () => {
      plane = await controlPlane({ components: "api", admissionOff: ["ServiceAccount"] });
      for (const name of ["shop", INVENTORY])
        await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    });
    afterAll(() => plane?.stop());
    afterEach(async () => {
      for (const world of worlds.splice(0)) world.remove();
      for (const path of ["configmaps", "services", "secrets"])
        await plane.admin("DELETE", `${core}/shop/${path}`);
      for (const path of ["deployments", "statefulsets"])
        await plane.admin("DELETE", `/apis/apps/v1/namespaces/shop/${path}`);
    });
    const makeWorld = async (change?: Parameters<typeof clusterWorld>[1]): Promise<ClusterWorld> => {
      const world = await clusterWorld(plane, change);
      worlds.push(world);
      return world;
    };
    const carryOut = async (
      world: ClusterWorld,
      asked: Parameters<ClusterWorld["plan"]>[0],
    ): Promise<ClusterPlan> => {
      const plan = await world.plan(asked);
      expect(plan.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
      await world.approve(plan);
      await world.apply(plan);
      return plan;
    };
    const read = async (path: string): Promise<JsonObject> => (await plane.admin("GET", path)).body;
    const findings = (plan: ClusterPlan): readonly string[] =>
      plan.findings
        .filter(({ code }) => code.startsWith("cluster/"))
        .map(({ code, path }) => `${code} ${path ?? ""}`.trimEnd());
    const shared =
      (...managers: string[]): Parameters<typeof clusterWorld>[1] =>
      (spec) => ({
        ...spec,
        targets: spec.targets.map((target) =>
          "cluster" in target ? { ...target, cluster: { ...target.cluster, sharedWith: managers } } : target,
        ),
      });

    it("pitfall 2: a field that is left out goes where we are its only owner, and stays where another one owns it too", async () => {
      const world = await makeWorld(shared("tool-a"));
      await carryOut(world, { objects: [configMap("a", { x: "1", y: "1", z: "1" })] });
      await plane.admin("PATCH", `${core}/shop/configmaps/a?fieldManager=tool-a`, configMap("a", { y: "1" }));
      const plan = await carryOut(world, { objects: [configMap("a", { x: "1" })] });
      expect(plan.changes[0]?.diff.map(({ path, operation }) => `${operation} ${path}`)).toEqual([
        "remove data.z",
      ]);
      expect(await read(`${core}/shop/configmaps/a`)).toMatchObject({ data: { x: "1", y: "1" } });
    });

    it("pitfall 3: what kubectl apply set stays and is told; handed over by kubectl's own migration, it goes", async () => {
      const world = await makeWorld(shared("kubectl-client-side-apply"));
      const file = join(world.path, "object.json");
      writeFileSync(file, JSON.stringify(configMap("a", { x: "1", y: "1" })));
      const kubectl = (...args: string[]): void => {
        const ran = spawnSync(plane.kubectl, ["--kubeconfig", plane.kubeconfigFile("admin"), ...args], {
          encoding: "utf8",
        });
        expect(ran.status, ran.stderr).toBe(0);
      };
      kubectl("apply", "-f", file);
      const first = await carryOut(world, { objects: [configMap("a", { x: "1" })] });
      expect(findings(first)).toEqual(["cluster/kept-field data.y"]);
      expect(await read(`${core}/shop/configmaps/a`)).toMatchObject({ data: { x: "1", y: "1" } });
      kubectl("apply", "--server-side", "--field-manager=kubeops", "-f", file);
      const second = await carryOut(world, { objects: [configMap("a", { x: "1" })] });
      expect(findings(second)).toEqual([]);
      expect((await read(`${core}/shop/configmaps/a`))["data"]).toEqual({ x: "1" });
    });

    it("pitfall 6: an item of a keyed list or a set takes no other along; a list that is one value is told as one", async () => {
      const world = await makeWorld(shared("tool-b"));
      const web = (
        image: string,
        args: readonly string[],
        finalizers: readonly string[] = ["example.org/a"],
      ): JsonObject => deployment("web", { image, args: [...args] }, [...finalizers]);
      await carryOut(world, { objects: [web("nginx:1", ["a", "b"])] });
      const path = "/apis/apps/v1/namespaces/shop/deployments/web";
      await plane.admin("PATCH", `${path}?fieldManager=tool-b`, {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web", finalizers: ["example.org/b"] },
        spec: { template: { spec: { containers: [{ name: "side", image: "busybox" }] } } },
      });
      const plan = await carryOut(world, { objects: [web("nginx:2", ["a", "b"])] });
      expect(plan.changes[0]?.diff.map((part) => part.path)).toEqual([
        "spec.template.spec.containers[name=web].image",
      ]);
      expect(await read(path)).toMatchObject({
        metadata: { finalizers: ["example.org/a", "example.org/b"] },
        spec: {
          template: {
            spec: {
              containers: [
                { name: "web", image: "nginx:2" },
                { name: "side", image: "busybox" },
              ],
            },
          },
        },
      });
      const args = (list: readonly string[]): JsonObject => ({
        spec: { template: { spec: { containers: [{ name: "web", args: [...list] }] } } },
      });
      await plane.admin(
        "PATCH",
        `${path}?fieldManager=tool-c`,
        args(["a", "x"]),
        "application/strategic-merge-patch+json",
      );
      const conflict = await world.plan({ objects: [web("nginx:2", ["a", "b", "c"])] });
      expect(findings(conflict)).toEqual(["cluster/conflict spec.template.spec.containers[name=web].args"]);
      await plane.admin("PATCH", path, { metadata: { finalizers: null } }, merge);
    });

    it("pitfall 7: K17 no value of a Secret, nor its copy in an annotation, gets into plan, state or log", async () => {
      const canary = "CANARY-value-7";
      const encoded = Buffer.from(canary).toString("base64");
      const applied = JSON.stringify({ data: { password: encoded } });
      await plane.admin("POST", `${core}/shop/secrets`, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: {
          name: "db",
          namespace: "shop",
          annotations: { "kubectl.kubernetes.io/last-applied-configuration": applied },
        },
        data: { password: encoded },
      });
      await plane.admin("POST", `${core}/shop/configmaps`, {
        ...configMap("a", { key: canary }),
        metadata: {
          name: "a",
          namespace: "shop",
          annotations: { "kubectl.kubernetes.io/last-applied-configuration": applied },
        },
      });
      const world = await makeWorld();
      const secret = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "db", namespace: "shop", labels: { tier: "db" } },
      };
      const plan = await carryOut(world, { objects: [secret, configMap("a", { other: "1" })] });
      const undo = await world.undo(plan);
      const inputs = [planText(plan), planText(undo), ...filesBelow(world.statePath)];
      expect(inputs.length).toBeGreaterThan(5);
      for (const text of inputs)
        for (const value of [canary, encoded]) expect(text.includes(value)).toBe(false);
      // A value that a change replaces is shown by its MAC alone.
      await plane.admin(
        "PATCH",
        `${core}/shop/configmaps/c?fieldManager=kubeops`,
        configMap("c", { key: canary }),
      );
      const other = await makeWorld();
      const change = await carryOut(other, { objects: [configMap("c", { key: "new" })] });
      expect(change.changes[0]?.diff).toContainEqual({
        path: "data.key",
        operation: "replace",
        before: { mac: expect.any(String) as string },
        after: { value: "new" },
      });
      for (const text of filesBelow(other.statePath)) expect(text.includes(canary)).toBe(false);
      expect((await read(`${core}/shop/secrets/db`))["data"]).toEqual({ password: encoded });
    });

    it("pitfall 12: each request is reviewed by verb, resource, namespace and name; a creation by create and by patch", async () => {
      const world = await makeWorld();
      await carryOut(world, { objects: [configMap("b", { x: "1" }), configMap("c", { x: "1" })] });
      const before = plane.auditLog().length;
      await world.plan({
        objects: [configMap("a", { x: "1" }), configMap("b", { x: "2" })],
        deletions: [objectKey(configMap("c", {}))],
      });
      const asked = (
        plane.auditLog().slice(before) as {
          requestURI: string;
          requestObject?: { spec: { resourceAttributes: Record<string, string> } };
        }[]
      )
        .filter(({ requestURI }) => requestURI.includes("selfsubjectaccessreviews"))
        .map(({ requestObject }) => requestObject?.spec.resourceAttributes ?? {})
        .map(({ verb, resource, namespace, name }) => `${verb} ${resource} ${namespace}/${name}`);
      expect(asked.toSorted()).toEqual([
        "create configmaps shop/a",
        "delete configmaps shop/c",
        "patch configmaps shop/a",
        "patch configmaps shop/b",
      ]);
    });

    it("pitfall 24: what is only invalid is never deleted to be made again, also where the charter would allow it", async () => {
      const world = await makeWorld((spec) => ({
        ...spec,
        deletions: [{ group: "apps", kind: "Deployment", namespace: "shop", name: "web" }],
      }));
      await carryOut(world, { objects: [deployment("web")] });
      const path = "/apis/apps/v1/namespaces/shop/deployments/web";
      const uid = (await read(path))["metadata"] as { uid: string };
      const valid = deployment("web");
      const wrong = { ...valid, spec: { ...(valid["spec"] as JsonObject), replicas: -1 } };
      const plan = await world.plan({ objects: [wrong] });
      expect(findings(plan)).toEqual(["cluster/refused"]);
      expect(plan.changes[0]?.reversibility).toEqual({ kind: "reversible" });
      expect(plan.verdict.decision).toBe("denied");
      expect((await refused(world.apply(plan))).code).toBe("PLAN_DENIED");
      expect(await read(path)).toMatchObject({ metadata: { uid: uid.uid } });
    });

    const labels = { app: "x" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "nginx" }] } };
    const job = (image: string): JsonObject => ({
      template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image }] } },
    });
    const volume = (path: string): JsonObject => ({
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      hostPath: { path },
    });
    const claim = (mode: string): JsonObject => ({
      accessModes: [mode],
      resources: { requests: { storage: "1Gi" } },
    });
    const definition = (scope: string): JsonObject => ({
      group: "pitfalls.example.org",
      scope,
      names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
      versions: [
        { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
      ],
    });
    const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding" };
    const roleRef = (name: string): JsonObject => ({
      subjects: [],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    });
    const none = { provisioner: "kubernetes.io/no-provisioner" };
    const rows: readonly (readonly [
      string,
      string,
      JsonObject,
      JsonObject,
      string,
      "new-identity" | "irreversible",
    ])[] = [
      [
        "a Deployment's selector",
        "/apis/apps/v1/namespaces/shop/deployments",
        { apiVersion: "apps/v1", kind: "Deployment", spec: { selector: { matchLabels: labels }, template } },
        {
          spec: {
            selector: { matchLabels: { app: "y" } },
            template: { ...template, metadata: { labels: { app: "y" } } },
          },
        },
        "spec.selector",
        "new-identity",
      ],
      [
        "a DaemonSet's selector",
        "/apis/apps/v1/namespaces/shop/daemonsets",
        { apiVersion: "apps/v1", kind: "DaemonSet", spec: { selector: { matchLabels: labels }, template } },
        {
          spec: {
            selector: { matchLabels: { app: "y" } },
            template: { ...template, metadata: { labels: { app: "y" } } },
          },
        },
        "spec.selector",
        "new-identity",
      ],
      [
        "a StatefulSet's spec",
        "/apis/apps/v1/namespaces/shop/statefulsets",
        {
          apiVersion: "apps/v1",
          kind: "StatefulSet",
          spec: { serviceName: "one", selector: { matchLabels: labels }, template },
        },
        { spec: { serviceName: "two", selector: { matchLabels: labels }, template } },
        "spec.serviceName",
        "new-identity",
      ],
      [
        "a Service's address",
        `${core}/shop/services`,
        { apiVersion: "v1", kind: "Service", spec: { clusterIP: "None", ports: [{ name: "a", port: 80 }] } },
        { spec: { clusterIP: "10.96.0.77", ports: [{ name: "a", port: 80 }] } },
        "spec.clusterIP",
        "new-identity",
      ],
      [
        "a Job's template",
        "/apis/batch/v1/namespaces/shop/jobs",
        { apiVersion: "batch/v1", kind: "Job", spec: job("nginx:1") },
        { spec: job("nginx:2") },
        "spec.template",
        "new-identity",
      ],
      [
        "a claim's spec",
        `${core}/shop/persistentvolumeclaims`,
        { apiVersion: "v1", kind: "PersistentVolumeClaim", spec: claim("ReadWriteOnce") },
        { spec: claim("ReadWriteMany") },
        "spec.accessModes",
        "irreversible",
      ],
      [
        "a volume's source",
        "/api/v1/persistentvolumes",
        { apiVersion: "v1", kind: "PersistentVolume", spec: volume("/a") },
        { spec: volume("/b") },
        "spec.hostPath",
        "irreversible",
      ],
      [
        "a StorageClass' parameters",
        "/apis/storage.k8s.io/v1/storageclasses",
        { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", ...none, parameters: { a: "1" } },
        { ...none, parameters: { a: "2" } },
        "parameters",
        "new-identity",
      ],
      [
        "an immutable ConfigMap",
        `${core}/shop/configmaps`,
        { apiVersion: "v1", kind: "ConfigMap", immutable: true, data: { a: "1" } },
        { immutable: true, data: { a: "2" } },
        "data",
        "new-identity",
      ],
      [
        "a CRD's scope",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        {
          apiVersion: "apiextensions.k8s.io/v1",
          kind: "CustomResourceDefinition",
          spec: definition("Namespaced"),
        },
        { spec: definition("Cluster") },
        "spec.scope",
        "irreversible",
      ],
      [
        "a binding's role (pitfall 26)",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings",
        { ...rbac, ...roleRef("one") },
        roleRef("two"),
        "roleRef",
        "new-identity",
      ],
    ];
    it.each(rows)(
      "pitfall 25: %s cannot be changed: found beforehand, told what is lost, denied",
      async (...[, collection, object, change, field, kind]) => {
        const namespaced = collection.includes("/namespaces/");
        const name = object["kind"] === "CustomResourceDefinition" ? "things.pitfalls.example.org" : "fixed";
        const metadata = { name, ...(namespaced ? { namespace: "shop" } : {}) };
        const made = await plane.admin("POST", `${collection}?fieldManager=kubeops`, { ...object, metadata });
        expect(made.status, made.text).toBe(201);
        const { uid } = made.body["metadata"] as { uid: string };
        const world = await makeWorld();
        const plan = await world.plan({ objects: [{ ...object, ...change, metadata }] });
        expect(findings(plan)).toContain(`cluster/immutable-field ${field}`);
        expect(plan.changes[0]?.reversibility).toMatchObject({
          kind,
          reason: expect.stringContaining(
            "cannot be changed: the object has to be deleted and made again",
          ) as string,
        });
        expect(plan.verdict.reasons.map(({ rule }) => rule)).toContain("charter/recreation");
        expect(plan.verdict.decision).toBe("denied");
        if (field === "roleRef") expect(plan.facts.widening.map(({ id }) => id)).toContain("binding");
        expect((await read(`${collection}/${name}`))["metadata"]).toMatchObject({ uid });
        await plane.admin("DELETE", `${collection}/${name}`);
      },
    );

    it("pitfall 30: an undo gives back what was, leaves others' fields alone, deletes by UID, and makes anew under a new identity", async () => {
      const world = await makeWorld(shared("tool-a"));
      await carryOut(world, { objects: [configMap("a", { x: "1" }), configMap("b", { x: "1" })] });
      await plane.admin(
        "PATCH",
        `${core}/shop/configmaps/a?fieldManager=tool-a`,
        configMap("a", { theirs: "1" }),
      );
      const old = (await read(`${core}/shop/configmaps/b`))["metadata"] as { uid: string };
      const service = {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "s", namespace: "shop" },
        spec: { clusterIP: "None", ports: [{ name: "a", port: 80 }], selector: { app: "none" } },
      };
      const plan = await carryOut(world, {
        objects: [configMap("a", { x: "2" }), service],
        deletions: [objectKey(configMap("b", {}))],
      });
      expect(plan.changes.find(({ key }) => key.name === "b")?.reversibility).toEqual({
        kind: "new-identity",
        reason: "made again it is another object, with another UID",
      });
      const made = (await read(`${core}/shop/services/s`))["metadata"] as { uid: string };
      await world.charter((spec) => ({
        ...spec,
        deletions: [{ group: "", kind: "Service", namespace: "shop", name: "s" }],
      }));
      const back = await world.undo(plan);
      await world.approve(back);
      const before = plane.auditLog().length;
      await world.apply(back);
      expect((await read(`${core}/shop/configmaps/a`))["data"]).toEqual({ x: "1", theirs: "1" });
      expect((await read(`${core}/shop/configmaps/b`))["data"]).toEqual({ x: "1" });
      expect(((await read(`${core}/shop/configmaps/b`))["metadata"] as { uid: string }).uid).not.toBe(
        old.uid,
      );
      const deletion = (
        plane.auditLog().slice(before) as { verb: string; requestURI: string; requestObject?: unknown }[]
      ).find(({ verb, requestURI }) => verb === "delete" && requestURI === `${core}/shop/services/s`);
      expect(deletion?.requestObject).toMatchObject({ preconditions: { uid: made.uid } });
      expect((await plane.admin("GET", `${core}/shop/services/s`)).status).toBe(404);
    });

    it("pitfall 31: an undo over what a third party changed since shows the conflict and overwrites nothing", async () => {
      const world = await makeWorld();
      await carryOut(world, { objects: [configMap("a", { x: "1" })] });
      const plan = await carryOut(world, { objects: [configMap("a", { x: "2" })] });
      await plane.admin("PATCH", `${core}/shop/configmaps/a?fieldManager=them`, { data: { x: "3" } }, merge);
      const back = await world.undo(plan);
      expect(findings(back)).toEqual(["cluster/conflict data.x"]);
      expect(back.verdict.decision).toBe("denied");
      expect((await refused(world.apply(back))).code).toBe("PLAN_DENIED");
      expect((await read(`${core}/shop/configmaps/a`))["data"]).toEqual({ x: "3" });
    });
  },
);

function configMap(name: string, data: JsonObject): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data };
}

function deployment(
  name: string,
  container: JsonObject = {},
  finalizers: readonly string[] = [],
): JsonObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name,
      namespace: "shop",
      ...(finalizers.length === 0 ? {} : { finalizers: [...finalizers] }),
    },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "web",
              image: "nginx:1",
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
              ...container,
            },
          ],
        },
      },
    },
  };
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
}
