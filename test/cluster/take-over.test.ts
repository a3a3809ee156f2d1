import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { halfWayOf } from "../../src/apply/cluster/run/half-way.ts";
import type { ClusterStep } from "../../src/apply/cluster/run/ports.ts";
import type { ClusterPlan } from "../../src/apply/run/git-plan.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { managedEntries } from "../../src/plan/cluster/managed-fields.ts";
import {
  type ApplyOptions,
  clusterWorld,
  type ClusterWorld,
  INVENTORY,
} from "../support/cluster/cluster-world.ts";
import { type ApplyChild, applyChild } from "../support/cluster/apply-child.ts";
import { refused } from "../support/cluster/refused.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { checkLog } from "../support/git-log-check.ts";
import { leftOut } from "../support/suites.ts";

const core = "/api/v1/namespaces/shop";
const apps = "/apis/apps/v1/namespaces/shop";
const clientSide = "kubectl-client-side-apply";
const annotation = "kubectl.kubernetes.io/last-applied-configuration";

/** Fields that pass from kubectl's client-side apply to us, on a real API server with the real kubectl (pitfall 3). */
describe.skipIf(controlPlaneMissing !== undefined && leftOut("take-overs", controlPlaneMissing))(
  "what kubectl apply owns",
  () => {
    let child: ApplyChild;
    let plane: ControlPlane;
    const worlds: ClusterWorld[] = [];
    beforeAll(async () => {
      child = await applyChild();
      plane = await controlPlane({ components: "api", admissionOff: ["ServiceAccount"] });
      for (const name of ["shop", "other", INVENTORY])
        await plane.admin("POST", "/api/v1/namespaces", {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name },
        });
    });
    afterAll(async () => {
      child?.remove();
      await plane?.stop();
    });
    afterEach(async () => {
      try {
        for (const world of worlds) {
          const checked = checkLog(join(world.statePath, "log"));
          expect([checked.problems, checked.open.length]).toEqual([[], 0]);
        }
      } finally {
        for (const world of worlds.splice(0)) world.remove();
        for (const path of ["configmaps", "services", "secrets"])
          await plane.admin("DELETE", `${core}/${path}`);
        await plane.admin("DELETE", `${apps}/deployments`);
        await plane.admin("DELETE", "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies");
      }
    });

    const makeWorld = async (change?: Parameters<typeof clusterWorld>[1]): Promise<ClusterWorld> => {
      const world = await clusterWorld(plane, change);
      worlds.push(world);
      return world;
    };
    const kubectl = (world: ClusterWorld, object: JsonObject, ...args: string[]): string => {
      const file = join(world.path, "object.json");
      writeFileSync(file, JSON.stringify(object));
      const ran = spawnSync(
        plane.kubectl,
        ["--kubeconfig", plane.kubeconfigFile("admin"), "apply", ...args, "-f", file],
        { encoding: "utf8" },
      );
      expect(ran.status, ran.stderr).toBe(0);
      return `${ran.stdout}${ran.stderr}`;
    };
    const approved = async (world: ClusterWorld, object: JsonObject): Promise<ClusterPlan> => {
      const plan = await world.plan({ objects: [object], takeOver: true });
      expect(plan.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
      await world.approve(plan);
      return plan;
    };
    const read = async (path: string): Promise<JsonObject> => (await plane.admin("GET", path)).body;
    /** Everything but what the server counts and dates, and who owns what. */
    const said = (object: JsonObject): JsonObject => {
      const { status: _, metadata, ...rest } = object;
      const {
        managedFields: __,
        uid: ___,
        resourceVersion: ____,
        generation: _____,
        creationTimestamp: ______,
        ...named
      } = metadata as JsonObject;
      return { ...rest, metadata: named };
    };
    const owners = (object: JsonObject): readonly string[] =>
      managedEntries(object).map(({ manager, operation }) => `${manager} ${operation}`);
    const fieldsOf = (object: JsonObject, manager: string): JsonObject | undefined =>
      managedEntries(object).find((entry) => entry.manager === manager)?.fields;
    const meanwhile = (step: string, act: () => Promise<unknown>): ApplyOptions => ({
      onStep: async (told: ClusterStep) => {
        if (told.step === step) await act();
      },
    });

    it("passes to us in the plan that is approved, and what the request leaves out goes", async () => {
      const world = await makeWorld();
      kubectl(world, configMap({ x: "1", y: "1" }));
      const denied = await world.plan({ objects: [configMap({ x: "2" })] });
      expect(denied.verdict.decision).toBe("denied");
      const plan = await approved(world, configMap({ x: "2" }));
      const change = plan.changes[0];
      expect(change?.live?.takesOver).toEqual({
        from: [clientSide],
        paths: ["data.x", "data.y", `metadata.annotations["${annotation}"]`],
        mac: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      });
      expect(change?.diff.map(({ path, operation }) => `${operation} ${path}`)).toEqual([
        "replace data.x",
        "remove data.y",
        "remove metadata.annotations",
        "add metadata.labels",
      ]);
      expect(plan.facts.widening.map(({ id, subject }) => `${id} ${subject}`)).toContain(
        `ownership-takeover ${clientSide}`,
      );
      expect(plan.findings.map(({ code }) => code)).not.toContain("cluster/kept-field");
      const steps: string[] = [];
      await world.apply(plan, { onStep: ({ step, key }) => void (key !== undefined && steps.push(step)) });
      expect(steps).toEqual(["handing", "handed", "writing", "answered", "written"]);
      const live = await read(`${core}/configmaps/a`);
      expect([live["data"], owners(live)]).toEqual([{ x: "2" }, ["kubeops Apply"]]);
      // Nothing is left to do, with and without the flag.
      for (const takeOver of [true, false]) {
        const again = await world.plan({ objects: [configMap({ x: "2" })], takeOver });
        expect(again.changes.map(({ operation }) => operation)).toEqual(["unchanged"]);
      }
    });

    it("ends where kubectl apply --server-side ends, and a later kubectl apply works", async () => {
      const world = await makeWorld();
      const first = deployment({ env: ["A", "B"], image: "nginx:1" });
      const next = deployment({ env: ["B", "C"], image: "nginx:2" });
      kubectl(world, first);
      const plan = await approved(world, next);
      await world.apply(plan);
      const ours = await read(`${apps}/deployments/web`);
      // kubectl's own way, on an object of the same name elsewhere.
      const elsewhere = (object: JsonObject): JsonObject => ({
        ...object,
        metadata: { ...(object["metadata"] as JsonObject), namespace: "other" },
      });
      kubectl(world, elsewhere(first));
      const applied = elsewhere(plan.changes[0]?.object ?? {});
      kubectl(world, applied, "--server-side", "--field-manager=kubeops", "--force-conflicts");
      const theirs = await read("/apis/apps/v1/namespaces/other/deployments/web");
      expect(said(ours)).toEqual({
        ...said(theirs),
        metadata: { ...(said(theirs)["metadata"] as JsonObject), namespace: "shop" },
      });
      expect(fieldsOf(ours, "kubeops")).toEqual(fieldsOf(theirs, "kubeops"));
      expect(owners(ours)).toEqual(owners(theirs));
      await plane.admin("DELETE", "/apis/apps/v1/namespaces/other/deployments");
      const later = kubectl(world, deployment({ env: ["B", "C"], image: "nginx:3" }));
      expect(later).toContain("deployment.apps/web configured");
      expect(await read(`${apps}/deployments/web`)).toMatchObject({
        spec: { template: { spec: { containers: [{ image: "nginx:3" }] } } },
      });
    });

    const service = (...ports: readonly (readonly [string, number])[]): JsonObject => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "s", namespace: "shop" },
      spec: {
        selector: { app: "none" },
        ports: ports.map(([name, port]) => ({ name, port })),
      },
    });
    const policy = (...apps2: readonly string[]): JsonObject => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "p", namespace: "shop" },
      spec: {
        podSelector: { matchLabels: { app: "none" } },
        ingress: apps2.map((app) => ({ from: [{ podSelector: { matchLabels: { app } } }] })),
      },
    });
    it.each([
      [
        "a Service's ports",
        `${core}/services/s`,
        service(["a", 80], ["b", 81]),
        service(["c", 82], ["b", 81]),
      ],
      [
        "a policy's rules, which are one value",
        "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/p",
        policy("x", "y"),
        policy("z", "x"),
      ],
      [
        "a Deployment's containers, volumes and security context",
        `${apps}/deployments/web`,
        deployment({ env: ["A"], image: "nginx:1", side: true, volumes: ["one", "two"], user: 1000 }),
        deployment({ env: ["Z", "A", "Y"], image: "nginx:1", volumes: ["two", "three"] }),
      ],
    ])("%s become what the plan promised", async (_, path, before, after) => {
      const world = await makeWorld();
      kubectl(world, before);
      const plan = await approved(world, after);
      expect(plan.changes[0]?.live?.takesOver?.from).toEqual([clientSide]);
      await world.apply(plan);
      const live = await read(path);
      expect(owners(live).filter((owner) => owner.startsWith("kubectl"))).toEqual([]);
      // As if it had been ours from the beginning.
      const desired = plan.changes[0]?.object ?? {};
      await plane.admin("DELETE", path);
      await plane.admin("PATCH", `${path}?fieldManager=kubeops`, desired);
      const generated = /"(clusterIPs?|nodePort)":(\[[^\]]*\]|[^,}]*),?/g;
      const bare = (object: JsonObject): unknown =>
        JSON.parse(JSON.stringify(said(object)).replaceAll(generated, "").replaceAll(",}", "}"));
      expect(bare(live)).toEqual(bare(await read(path)));
    });

    it("what others own stays, also in a list; a field that another one wants otherwise is a conflict", async () => {
      const world = await makeWorld((spec) => ({
        ...spec,
        targets: spec.targets.map((target) =>
          "cluster" in target
            ? { ...target, cluster: { ...target.cluster, sharedWith: ["tool-a"] } }
            : target,
        ),
      }));
      kubectl(world, configMap({ x: "1", y: "1", z: "1" }));
      await plane.admin(
        "PATCH",
        `${core}/configmaps/a?fieldManager=tool-a`,
        configMap({ y: "1", theirs: "1" }),
      );
      const plan = await approved(world, configMap({ x: "1" }));
      await world.apply(plan);
      expect((await read(`${core}/configmaps/a`))["data"]).toEqual({ x: "1", y: "1", theirs: "1" });
      kubectl(world, { ...configMap({ k: "1" }), metadata: { name: "b", namespace: "shop" } });
      await plane.admin(
        "PATCH",
        `${core}/configmaps/b?fieldManager=tool-b`,
        { data: { k: "2" } },
        "application/merge-patch+json",
      );
      const wanted = { ...configMap({ k: "3" }), metadata: { name: "b", namespace: "shop" } };
      const conflict = await world.plan({ objects: [wanted], takeOver: true });
      expect(conflict.findings.map(({ code, path }) => `${code} ${path ?? ""}`)).toContain(
        "cluster/conflict data.k",
      );
      expect(conflict.verdict.decision).toBe("denied");
    });

    it("K7 is denied unless the charter names the row and the manager", async () => {
      const world = await makeWorld((spec) => ({
        ...spec,
        widening: spec.widening.map((row) =>
          row.id === "ownership-takeover" ? { ...row, names: ["another-tool"] } : row,
        ),
      }));
      kubectl(world, configMap({ x: "1" }));
      const plan = await world.plan({ objects: [configMap({ x: "2" })], takeOver: true });
      expect(
        plan.verdict.reasons.filter(({ decision }) => decision === "denied").map(({ rule }) => rule),
      ).toEqual(["charter/widening/ownership-takeover"]);
      expect((await refused(world.apply(plan))).code).toBe("PLAN_DENIED");
    });

    it("together with --recreate, what kubectl applied and nobody can change is made again, with everybody's word", async () => {
      const world = await makeWorld((spec) => ({
        ...spec,
        deletions: [{ group: "", kind: "Service", namespace: "shop", name: "s" }],
      }));
      const at = (clusterIP: string): JsonObject => {
        const object = service(["a", 80]);
        return { ...object, spec: { ...(object["spec"] as JsonObject), clusterIP } };
      };
      kubectl(world, at("None"));
      const asked = { objects: [at("10.96.0.99")], takeOver: true, recreate: true };
      const denied = await world.plan(asked);
      expect(denied.changes[0]?.operation).toBe("recreate");
      expect(
        denied.verdict.reasons.filter(({ decision }) => decision === "denied").map(({ message }) => message),
      ).toEqual([
        `Service shop/s: ${clientSide} owns fields of it; the charter does not share objects with ${clientSide}`,
      ]);
      await world.charter((spec) => ({
        ...spec,
        targets: spec.targets.map((target) =>
          "cluster" in target
            ? { ...target, cluster: { ...target.cluster, sharedWith: [clientSide] } }
            : target,
        ),
      }));
      const plan = await world.plan(asked);
      expect(plan.verdict.decision).toBe("needs-approval");
      await world.approve(plan);
      await world.apply(plan);
      const live = await read(`${core}/services/s`);
      expect([live["spec"], owners(live)]).toMatchObject([{ clusterIP: "10.96.0.99" }, ["kubeops Apply"]]);
    });

    it("a Secret's values are nobody's to take away: it is left alone", async () => {
      const world = await makeWorld((spec) => ({
        ...spec,
        targets: spec.targets.map((target) =>
          "cluster" in target
            ? { ...target, cluster: { ...target.cluster, sharedWith: [clientSide] } }
            : target,
        ),
      }));
      const secret: JsonObject = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "s", namespace: "shop" },
      };
      kubectl(world, { ...secret, data: { k: "djE=" } });
      const plan = await approved(world, secret);
      expect(plan.changes[0]?.live?.takesOver).toBeUndefined();
      await world.apply(plan);
      expect((await read(`${core}/secrets/s`))["data"]).toEqual({ k: "djE=" });
    });

    it("K12 an undo gives back what was said, and takes nothing else away", async () => {
      const world = await makeWorld();
      kubectl(world, configMap({ x: "1", y: "1" }));
      const plan = await approved(world, configMap({ x: "2", n: "1" }));
      await world.apply(plan);
      const back = await world.undo(plan);
      expect(back.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
      await world.approve(back);
      await world.apply(back);
      expect((await read(`${core}/configmaps/a`))["data"]).toEqual({ x: "1", y: "1" });
    });

    it.each(["approvals-used", "handing"])(
      "K13 a controller that writes its own fields at %s is no drift",
      async (step) => {
        const world = await makeWorld();
        kubectl(world, deployment({ env: ["A"], image: "nginx:1" }));
        const plan = await approved(world, deployment({ env: [], image: "nginx:1" }));
        const status = { status: { observedGeneration: 1, replicas: 0 } };
        const run = world.apply(
          plan,
          meanwhile(step, () =>
            plane.admin(
              "PATCH",
              `${apps}/deployments/web/status?fieldManager=kube-controller-manager`,
              status,
              "application/merge-patch+json",
            ),
          ),
        );
        if (step === "handing") {
          // In the very last moment the version tells; nothing has happened, and the same run goes on.
          expect((await refused(run)).code).toBe("CLUSTER_CONFLICT");
          await world.apply(plan);
        } else await run;
        const live = await read(`${apps}/deployments/web`);
        expect(owners(live).toSorted()).toEqual(["kube-controller-manager Update", "kubeops Apply"]);
        expect(JSON.stringify(live["spec"])).not.toContain('"env"');
      },
    );

    it("K3 no more passes than the plan says, also where the object says the same", async () => {
      const world = await makeWorld();
      kubectl(world, configMap({ x: "1" }));
      const set = (manager: string, y: string): Promise<unknown> =>
        plane.admin(
          "PATCH",
          `${core}/configmaps/a?fieldManager=${manager}`,
          { data: { y } },
          "application/merge-patch+json",
        );
      await set("them", "1");
      const plan = await approved(world, configMap({ x: "2" }));
      const error = await refused(
        world.apply(
          plan,
          meanwhile("approvals-used", async () => {
            await set(clientSide, "2");
            await set(clientSide, "1");
          }),
        ),
      );
      expect([error.code, error.message]).toEqual([
        "TARGET_DRIFT",
        "other fields of ConfigMap shop/a are owned by client-side appliers than when the plan was made",
      ]);
      expect((await read(`${core}/configmaps/a`))["data"]).toEqual({ x: "1", y: "1" });
    });

    it.each([
      ["approvals-used", "TARGET_DRIFT"],
      ["handing", "CLUSTER_CONFLICT"],
      ["handed", "APPLY_PARTIAL"],
    ])("who changes the object at %s is not written over", async (step, code) => {
      const world = await makeWorld();
      kubectl(world, configMap({ x: "1", y: "1" }));
      const plan = await approved(world, configMap({ x: "2" }));
      const error = await refused(
        world.apply(
          plan,
          meanwhile(step, () =>
            plane.admin(
              "PATCH",
              `${core}/configmaps/a?fieldManager=them`,
              { data: { theirs: "1" } },
              "application/merge-patch+json",
            ),
          ),
        ),
      );
      expect(error.code).toBe(code);
      if (step === "handed") {
        expect(error.message).toMatch(
          /; written: nothing; taken over and not changed: ConfigMap shop\/a; not written: nothing$/,
        );
        expect(halfWayOf(error)).toMatchObject({ handed: [{ name: "a" }], resumable: true });
      }
      expect((await read(`${core}/configmaps/a`))["data"]).toEqual({ x: "1", y: "1", theirs: "1" });
    });

    it.each(["handing a", "handed a", "writing a", "answered a"])(
      "a run that is killed at %s is finished by the next one",
      async (step) => {
        const world = await makeWorld();
        kubectl(world, configMap({ x: "1", y: "1" }));
        const plan = await approved(world, configMap({ x: "2" }));
        expect((await child.run(plane, world, plan, step)).signal).toBe("SIGKILL");
        const { answer } = await child.run(plane, world, plan);
        expect([answer?.resumed, answer?.written?.length]).toEqual([true, 1]);
        const live = await read(`${core}/configmaps/a`);
        expect([live["data"], owners(live)]).toEqual([{ x: "2" }, ["kubeops Apply"]]);
      },
    );
  },
);

function configMap(data: JsonObject): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "shop" }, data };
}

function deployment(given: {
  readonly env: readonly string[];
  readonly image: string;
  readonly side?: boolean;
  readonly volumes?: readonly string[];
  readonly user?: number;
}): JsonObject {
  const { env, image, side = false, volumes = [], user } = given;
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop" },
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: {
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            seccompProfile: { type: "RuntimeDefault" },
            ...(user === undefined ? {} : { runAsUser: user }),
          },
          containers: [
            {
              name: "web",
              image,
              securityContext,
              ...(env.length === 0 ? {} : { env: env.map((name) => ({ name, value: `value of ${name}` })) }),
              ...(volumes.length === 0
                ? {}
                : { volumeMounts: volumes.map((name) => ({ name, mountPath: `/${name}` })) }),
            },
            ...(side ? [{ name: "side", image: "busybox", securityContext }] : []),
          ],
          ...(volumes.length === 0 ? {} : { volumes: volumes.map((name) => ({ name, emptyDir: {} })) }),
        },
      },
    },
  };
}
