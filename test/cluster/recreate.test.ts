import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { halfWayOf } from "../../src/apply/cluster/run/half-way.ts";
import type { ClusterStep } from "../../src/apply/cluster/run/ports.ts";
import type { ClusterPlan } from "../../src/apply/run/git-plan.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { objectKey } from "../../src/kube/object-key.ts";
import { planText } from "../../src/plan/build-plan.ts";
import type { CharterSpec } from "../../src/plan/charter.ts";
import {
  type ApplyOptions,
  clusterWorld,
  type ClusterWorld,
  INVENTORY,
} from "../support/cluster/cluster-world.ts";
import { type ApplyChild, applyChild, type Ended } from "../support/cluster/apply-child.ts";
import { refused } from "../support/cluster/refused.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { checkLog } from "../support/git-log-check.ts";
import { deep, leftOut } from "../support/suites.ts";
import { until } from "../support/until.ts";

const core = "/api/v1/namespaces";
const apps = "/apis/apps/v1/namespaces/shop";
const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop";
const merge = "application/merge-patch+json";

/** Deleting an object and making it again, on a real API server with its controllers. */
describe.skipIf(controlPlaneMissing !== undefined && leftOut("recreations", controlPlaneMissing))(
  "an object whose fields cannot be changed",
  () => {
    let child: ApplyChild;
    let plane: ControlPlane;
    const worlds: ClusterWorld[] = [];
    let open = 0;
    beforeAll(async () => {
      child = await applyChild();
      plane = await controlPlane({ components: "all" });
      for (const name of ["shop", INVENTORY])
        await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
      // Its controller makes one in every namespace; one that comes later is drift.
      await until("the namespace has its account", async () => {
        return (await plane.admin("GET", `${core}/shop/serviceaccounts/default`)).status === 200;
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
          expect([checked.problems, checked.open.length]).toEqual([[], open]);
        }
      } finally {
        open = 0;
        for (const world of worlds.splice(0)) world.remove();
        for (const path of ["configmaps", "services", "secrets"]) {
          for (const { metadata } of await items(`${core}/shop/${path}`))
            if (metadata.finalizers !== undefined)
              await plane.admin(
                "PATCH",
                `${core}/shop/${path}/${metadata.name}`,
                { metadata: { finalizers: null } },
                merge,
              );
          await plane.admin("DELETE", `${core}/shop/${path}`);
        }
        for (const kind of ["deployments", "statefulsets"]) await plane.admin("DELETE", `${apps}/${kind}`);
        await plane.admin("DELETE", "/apis/batch/v1/namespaces/shop/jobs?propagationPolicy=Background");
        await plane.admin("DELETE", `${rbac}/rolebindings`);
      }
    });

    interface Item {
      readonly metadata: {
        readonly name: string;
        readonly finalizers?: readonly string[];
        readonly uid: string;
      };
    }
    const items = async (path: string): Promise<readonly Item[]> =>
      ((await plane.admin("GET", path)).body as unknown as { items: readonly Item[] }).items;
    const naming =
      (object: JsonObject): Parameters<typeof clusterWorld>[1] =>
      (spec: CharterSpec) => {
        const { group, kind, namespace, name } = objectKey(object);
        return {
          ...spec,
          kinds: [
            ...spec.kinds,
            { group: "storage.k8s.io", kinds: ["StorageClass"], operations: ["create", "update", "delete"] },
          ],
          deletions: [{ group, kind, ...(namespace === "" ? {} : { namespace }), name }],
        };
      };
    const worldNaming = async (object: JsonObject): Promise<ClusterWorld> => {
      const world = await clusterWorld(plane, naming(object));
      worlds.push(world);
      return world;
    };
    const carryOut = async (world: ClusterWorld, object: JsonObject): Promise<void> => {
      const plan = await world.plan({ objects: [object] });
      expect(plan.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
      await world.approve(plan);
      await world.apply(plan);
    };
    /** `before` stands there by a plan of ours, and a plan makes it again as `after`. */
    const approved = async (
      before: JsonObject,
      after: JsonObject,
    ): Promise<{ world: ClusterWorld; plan: ClusterPlan }> => {
      const world = await worldNaming(before);
      await carryOut(world, before);
      const plan = await world.plan({ objects: [after], recreate: true });
      expect(plan.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
      await world.approve(plan);
      return { world, plan };
    };
    const read = async (path: string): Promise<JsonObject> => (await plane.admin("GET", path)).body;
    const uid = async (path: string): Promise<unknown> =>
      ((await read(path))["metadata"] as JsonObject | undefined)?.["uid"];
    /** Controllers have had their first look: a Deployment has its revision. */
    const settled = async (where: string): Promise<void> => {
      if (!where.includes("/deployments/")) return;
      await until("the Deployment has its revision", async () =>
        JSON.stringify(await read(where)).includes('"deployment.kubernetes.io/revision":'),
      );
    };
    const meanwhile = (step: string, act: () => Promise<unknown>): ApplyOptions => ({
      onStep: async (told: ClusterStep) => {
        if (told.step === step) await act();
      },
    });

    const labels = (app: string): JsonObject => ({ app });
    const template = (app: string, image = "nginx:1"): JsonObject => ({
      metadata: { labels: labels(app) },
      spec: {
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name: "c",
            image,
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          },
        ],
      },
    });
    const at = (
      apiVersion: string,
      kind: string,
      rest: JsonObject,
      namespace: string | null = "shop",
    ): JsonObject => ({
      apiVersion,
      kind,
      metadata: { name: "fixed", ...(namespace === null ? {} : { namespace }) },
      ...rest,
    });
    const deployment = (app: string): JsonObject =>
      at("apps/v1", "Deployment", {
        spec: { selector: { matchLabels: labels(app) }, template: template(app) },
      });
    const job = (image: string): JsonObject => {
      const { spec } = template("x", image);
      return at("batch/v1", "Job", {
        spec: { template: { spec: { ...(spec as JsonObject), restartPolicy: "Never" } } },
      });
    };
    const service = (clusterIP: string): JsonObject =>
      at("v1", "Service", {
        spec: { clusterIP, ports: [{ name: "a", port: 80 }], selector: { app: "none" } },
      });
    const stateful = (storage: string): JsonObject =>
      at("apps/v1", "StatefulSet", {
        spec: {
          serviceName: "s",
          replicas: 0,
          selector: { matchLabels: labels("st") },
          template: template("st"),
          volumeClaimTemplates: [
            {
              metadata: { name: "data" },
              spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
            },
          ],
        },
      });
    const binding = (role: string): JsonObject =>
      at("rbac.authorization.k8s.io/v1", "RoleBinding", {
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role },
        subjects: [{ kind: "ServiceAccount", name: "x", namespace: "shop" }],
      });
    const fixed = (value: string): JsonObject =>
      at("v1", "ConfigMap", { immutable: true, data: { a: value } });
    const secret = (type: string): JsonObject => at("v1", "Secret", { type });
    const storageClass = (value: string): JsonObject =>
      at(
        "storage.k8s.io/v1",
        "StorageClass",
        { provisioner: "kubernetes.io/no-provisioner", parameters: { a: value } },
        null,
      );
    const path = `${core}/shop/configmaps/fixed`;

    const rows: readonly (readonly [string, string, JsonObject, JsonObject, string])[] = [
      [
        "a Deployment's selector",
        `${apps}/deployments/fixed`,
        deployment("x"),
        deployment("y"),
        "new-identity",
      ],
      [
        "a Job's template",
        "/apis/batch/v1/namespaces/shop/jobs/fixed",
        job("nginx:1"),
        job("nginx:2"),
        "new-identity",
      ],
      [
        "a Service's address",
        `${core}/shop/services/fixed`,
        service("None"),
        service("10.96.0.77"),
        "new-identity",
      ],
      [
        "a StatefulSet's claims",
        `${apps}/statefulsets/fixed`,
        stateful("1Gi"),
        stateful("2Gi"),
        "irreversible",
      ],
      ["a binding's role", `${rbac}/rolebindings/fixed`, binding("one"), binding("two"), "new-identity"],
      ["an immutable ConfigMap", path, fixed("1"), fixed("2"), "new-identity"],
      [
        "a Secret's type",
        `${core}/shop/secrets/fixed`,
        secret("example.org/a"),
        secret("example.org/b"),
        "irreversible",
      ],
      [
        "a StorageClass' parameters",
        "/apis/storage.k8s.io/v1/storageclasses/fixed",
        storageClass("1"),
        storageClass("2"),
        "new-identity",
      ],
    ];
    it.each(rows)(
      "%s: planned, deleted and made again as promised, and undone the same way",
      async (...[, where, before, after, kind]) => {
        const world = await worldNaming(before);
        await carryOut(world, before);
        await settled(where);
        const plan = await world.plan({ objects: [after], recreate: true });
        expect(plan.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
        await world.approve(plan);
        const old = await uid(where);
        expect(plan.changes[0]).toMatchObject({ operation: "recreate", reversibility: { kind } });
        expect([plan.changes[0]?.live?.notDryRun, plan.changes[0]?.live?.mergedMac !== null]).toEqual([
          null,
          true,
        ]);
        const outcome = await world.apply(plan);
        expect(outcome.written.map(({ operation }) => operation)).toEqual(["recreate"]);
        const made = await uid(where);
        expect(made).not.toBe(old);
        expect(await read(where)).toMatchObject(after);
        await settled(where);
        // Nothing is left to do, and nothing would be deleted for it.
        const again = await world.plan({ objects: [after], recreate: true });
        expect(again.changes.map(({ operation }) => operation)).toEqual(["unchanged"]);
        const back = await world.undo(plan);
        expect(back.changes[0]).toMatchObject({ operation: "recreate", reversibility: { kind } });
        expect(back.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
        await world.approve(back);
        await world.apply(back);
        expect(await read(where)).toMatchObject(before);
        expect(await uid(where)).not.toBe(made);
        if (where.includes("/storageclasses/")) await plane.admin("DELETE", where);
      },
    );

    it("K8 is denied where the charter does not name it, and not planned where nobody asked", async () => {
      const world = await worldNaming(at("v1", "ConfigMap", {}));
      await carryOut(world, fixed("1"));
      expect((await world.plan({ objects: [fixed("2")] })).changes[0]?.operation).toBe("update");
      await world.charter((spec) => ({ ...spec, deletions: [] }));
      const plan = await world.plan({ objects: [fixed("2")], recreate: true });
      expect(plan.verdict.reasons.map(({ rule }) => rule)).toContain("charter/recreation");
      await world.approve(plan);
      expect((await refused(world.apply(plan))).code).toBe("PLAN_DENIED");
      expect((await read(path))["data"]).toEqual({ a: "1" });
    });

    it("K8 what names it as its owner is told, goes with it, and needs the charter's word for itself", async () => {
      const world = await worldNaming(fixed("1"));
      await carryOut(world, fixed("1"));
      const owned = (name: string, ...owners: readonly (readonly [string, unknown])[]): JsonObject => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name,
          namespace: "shop",
          ownerReferences: owners.map(([of, id]) => ({
            apiVersion: "v1",
            kind: "ConfigMap",
            name: of,
            uid: id as string,
          })),
        },
      });
      const make = async (object: JsonObject): Promise<unknown> => {
        const made = await plane.admin("POST", `${core}/shop/configmaps`, object);
        expect(made.status, made.text).toBe(201);
        return ((made.body["metadata"] ?? {}) as JsonObject)["uid"];
      };
      const root = await uid(path);
      const other = await make({ ...owned("other"), metadata: { name: "other", namespace: "shop" } });
      const one = await make(owned("child", ["fixed", root]));
      await make(owned("grandchild", ["child", one]));
      await make(owned("shared", ["fixed", root], ["other", other]));
      const plan = await world.plan({ objects: [fixed("2")], recreate: true });
      expect(plan.changes[0]?.live?.dependents?.map(({ name }) => name)).toEqual(["child", "grandchild"]);
      expect(
        plan.verdict.reasons.filter(({ rule }) => rule === "charter/deletion").map(({ message }) => message),
      ).toEqual([
        "ConfigMap shop/child: the object is deleted with ConfigMap shop/fixed, which it names as its owner; the charter does not name it under deletions",
        "ConfigMap shop/grandchild: the object is deleted with ConfigMap shop/fixed, which it names as its owner; the charter does not name it under deletions",
      ]);
      await world.charter((spec) => ({
        ...spec,
        deletions: ["fixed", "child", "grandchild"].map((name) => ({
          group: "",
          kind: "ConfigMap",
          namespace: "shop",
          name,
        })),
      }));
      const named = await world.plan({ objects: [fixed("2")], recreate: true });
      await world.approve(named);
      // What comes to name it after the approval would go unseen: the plan is another one then.
      await make(owned("late", ["fixed", root]));
      expect((await refused(world.apply(named))).code).toBe("PLAN_NOT_REPRODUCED");
      await plane.admin("DELETE", `${core}/shop/configmaps/late`);
      await world.apply(named);
      await until("what it owns is gone", async () => {
        const standing = await items(`${core}/shop/configmaps`);
        return standing.every(({ metadata }) => !metadata.name.endsWith("child"));
      });
      const left = (await items(`${core}/shop/configmaps`)).map(({ metadata }) => metadata.name);
      expect(left.filter((name) => name !== "kube-root-ca.crt").toSorted()).toEqual([
        "fixed",
        "other",
        "shared",
      ]);
    });

    it("K8 what admission says is no reason to delete, and admission is asked about the deletion", async () => {
      const policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
      const bindings = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";
      const deny = async (name: string, operation: "UPDATE" | "DELETE"): Promise<void> => {
        const made = await plane.admin("POST", policies, {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingAdmissionPolicy",
          metadata: { name },
          spec: {
            failurePolicy: "Fail",
            matchConstraints: {
              resourceRules: [
                { apiGroups: [""], apiVersions: ["v1"], operations: [operation], resources: ["configmaps"] },
              ],
            },
            matchConditions: [{ name: "it", expression: 'request.name == "fixed"' }],
            validations: [{ expression: "false", message: "data: Invalid value: field is immutable" }],
          },
        });
        expect(made.status, made.text).toBe(201);
        await plane.admin("POST", bindings, {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingAdmissionPolicyBinding",
          metadata: { name },
          spec: { policyName: name, validationActions: ["Deny"] },
        });
      };
      const refusals = (world: ClusterWorld, object: JsonObject, wanted: string): Promise<ClusterPlan> =>
        until(`${wanted} is in force`, async () => {
          const plan = await world.plan({ objects: [object], recreate: true });
          return plan.findings.some(({ message }) => message.includes(wanted)) && plan;
        });
      const world = await worldNaming(fixed("1"));
      const plain = (value: string): JsonObject => at("v1", "ConfigMap", { data: { a: value } });
      try {
        await carryOut(world, plain("1"));
        await deny("no-update", "UPDATE");
        const plan = await refusals(world, plain("2"), "no-update");
        expect(plan.changes[0]?.operation).toBe("update");
        expect(plan.findings.map(({ code, message }) => `${code} ${message}`)).toContain(
          "cluster/refused the server refuses it: the API server refuses the dry run of the apply of configmaps shop/fixed: ValidatingAdmissionPolicy no-update (binding no-update) denies it",
        );
        await plane.admin("DELETE", path);
        await carryOut(world, fixed("1"));
        await deny("no-deletion", "DELETE");
        const kept = await refusals(world, fixed("2"), "no-deletion");
        expect(
          kept.verdict.reasons.filter(({ decision }) => decision === "denied").map(({ message }) => message),
        ).toEqual([
          "ConfigMap shop/fixed: the server refuses that it is deleted and made again: the API server refuses the dry run of the deletion of configmaps shop/fixed: ValidatingAdmissionPolicy no-deletion (binding no-deletion) denies it [cluster/refused]",
        ]);
      } finally {
        for (const name of ["no-update", "no-deletion"]) {
          await plane.admin("DELETE", `${bindings}/${name}`);
          await plane.admin("DELETE", `${policies}/${name}`);
        }
        // Policies end a moment after they are gone.
        await until("no policy is in force", async () => {
          return (await plane.admin("DELETE", `${path}?dryRun=All`)).status !== 422;
        });
      }
    });

    it("pitfall 24: with everything allowed and asked for, what is only invalid stays as it is", async () => {
      const world = await worldNaming(deployment("x"));
      await carryOut(world, deployment("x"));
      const wrong = deployment("y");
      const spec = wrong["spec"] as JsonObject;
      const plan = await world.plan({
        objects: [{ ...wrong, spec: { ...spec, replicas: -1 } }],
        recreate: true,
      });
      expect(plan.changes[0]?.operation).toBe("update");
      expect(plan.verdict.decision).toBe("denied");
    });

    it("K13 K11 sends the deletion of exactly that object and one creation, each permitted by the plan, and the marker first", async () => {
      const where = `${core}/shop/services/fixed`;
      const { world, plan } = await approved(service("None"), service("10.96.0.78"));
      const old = await uid(where);
      const before = plane.auditLog().length;
      await world.apply(plan);
      const writes = (
        plane.auditLog().slice(before) as {
          verb: string;
          requestURI: string;
          requestObject?: JsonObject;
          user: { username: string };
        }[]
      ).filter(
        ({ verb, requestURI, user }) =>
          ["create", "patch", "delete", "update"].includes(verb) &&
          !/dryRun|selfsubject/.test(requestURI) &&
          !user.username.startsWith("system:"),
      );
      expect(writes.map(({ verb, requestURI }) => `${verb} ${requestURI.replace(/\?.*/, "")}`)).toEqual([
        `create ${core}/${INVENTORY}/configmaps`,
        `delete ${where}`,
        `patch ${where}`,
      ]);
      expect(writes[1]?.requestObject).toMatchObject({
        preconditions: { uid: old, resourceVersion: expect.stringMatching(/^\d+$/) as string },
      });
      expect(writes[2]?.requestObject).toMatchObject({ metadata: { resourceVersion: "1" } });
      expect(planText(plan)).not.toContain("dry-run-");
    });

    it("who changes it between plan and deletion keeps it", async () => {
      const { world, plan } = await approved(fixed("1"), fixed("2"));
      const error = await refused(
        world.apply(
          plan,
          meanwhile("approvals-used", () =>
            plane.admin("PATCH", path, { metadata: { labels: { theirs: "1" } } }, merge),
          ),
        ),
      );
      expect([error.code, error.message]).toEqual([
        "TARGET_DRIFT",
        expect.stringMatching(
          /^ConfigMap shop\/fixed was changed in metadata\.labels\.theirs while/,
        ) as string,
      ]);
      expect(await read(path)).toMatchObject({ data: { a: "1" }, metadata: { labels: { theirs: "1" } } });
    });

    it("who changes it in the last moment before the deletion keeps it as well", async () => {
      const { world, plan } = await approved(fixed("1"), fixed("2"));
      const error = await refused(
        world.apply(
          plan,
          meanwhile("removing", () =>
            plane.admin("PATCH", path, { metadata: { labels: { theirs: "1" } } }, merge),
          ),
        ),
      );
      expect(error.code).toBe("CLUSTER_CONFLICT");
      expect(await read(path)).toMatchObject({ data: { a: "1" }, metadata: { labels: { theirs: "1" } } });
      expect(await read(path)).not.toMatchObject({
        metadata: { deletionTimestamp: expect.anything() as string },
      });
    });

    it.each(["removed", "gone", "writing"])(
      "who makes one of the name themselves at %s keeps theirs, and the run says where it stands",
      async (step) => {
        const { world, plan } = await approved(fixed("1"), fixed("2"));
        const theirs = at("v1", "ConfigMap", { data: { theirs: "1" } });
        const error = await refused(
          world.apply(
            plan,
            meanwhile(step, async () => {
              if ((await plane.admin("GET", path)).status === 404)
                await plane.admin("POST", `${core}/shop/configmaps?fieldManager=them`, theirs);
            }),
          ),
        );
        expect(error.code).toBe("APPLY_PARTIAL");
        expect(error.message).toMatch(
          step === "writing"
            ? /^the plan stands half-way: .*; written: nothing; deleted and not made again: ConfigMap shop\/fixed; not written: nothing$/
            : /^the plan stands half-way: ConfigMap shop\/fixed was made by somebody else after this run deleted it to make it again \(last written by "them"\); written: nothing; deleted and not made again: ConfigMap shop\/fixed; not written: nothing$/,
        );
        expect(halfWayOf(error)).toMatchObject({ uncertain: null, resumable: true });
        const again = await refused(world.apply(plan));
        expect([again.code, (await read(path))["data"]]).toEqual(["TARGET_DRIFT", { theirs: "1" }]);
        open = 0;
      },
    );

    it("a finalizer that nobody takes away stops the run after a while; when it goes, the run goes on", async () => {
      const { world, plan } = await approved(fixed("1"), fixed("2"));
      await plane.admin("PATCH", path, { metadata: { finalizers: ["example.org/hold"] } }, merge);
      // The finalizer is drift: a new plan sees it.
      expect((await refused(world.apply(plan))).code).toBe("TARGET_DRIFT");
      await world.charter((spec) => ({
        ...spec,
        targets: spec.targets.map((target) =>
          "cluster" in target
            ? { ...target, cluster: { ...target.cluster, sharedWith: ["unknown", "node"] } }
            : target,
        ),
      }));
      const held = await world.plan({ objects: [fixed("2")], recreate: true });
      expect(held.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
      await world.approve(held);
      const told: (readonly string[])[] = [];
      const error = await refused(
        world.apply(held, {
          removalTimeoutMs: 1000,
          onStep: ({ step, waitsFor }) => void (step === "removed" && told.push(waitsFor ?? [])),
        }),
      );
      expect(told).toEqual([["example.org/hold"]]);
      expect([error.code, error.message]).toEqual([
        "APPLY_PARTIAL",
        "the plan stands half-way: ConfigMap shop/fixed was deleted to be made again, and is not gone after 1 s: it waits for the finalizer example.org/hold; written: nothing; deleted and not made again: ConfigMap shop/fixed; not written: nothing",
      ]);
      // The same run waits again, and deletes nothing twice.
      const before = plane.auditLog().length;
      expect((await refused(world.apply(held, { removalTimeoutMs: 200 }))).message).toContain(
        "it waits for the finalizer example.org/hold",
      );
      const verbs = (plane.auditLog().slice(before) as { verb: string; requestURI: string }[])
        .filter(({ requestURI }) => requestURI.startsWith(path))
        .map(({ verb }) => verb);
      expect(verbs).not.toContain("delete");
      await plane.admin("PATCH", path, { metadata: { finalizers: null } }, merge);
      const outcome = await world.apply(held);
      expect([outcome.resumed, (await read(path))["data"]]).toEqual([true, { a: "2" }]);
    });

    /** Waits until the server's admission adds its field to objects of the name, or does no more. */
    const admission = (adds: boolean): Promise<boolean> =>
      until(`admission ${adds ? "adds its field" : "adds no field"}`, async () => {
        const { body } = await plane.admin("POST", `${core}/${INVENTORY}/configmaps?dryRun=All`, {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "fixed" },
        });
        return JSON.stringify(body).includes("by-admission") === adds;
      });

    it("K2 what the server makes of the new object only after the deletion stops the run, and undo brings the old one back", async () => {
      const { world, plan } = await approved(fixed("1"), fixed("2"));
      const policies = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies";
      const policy = {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingAdmissionPolicy",
        metadata: { name: "late" },
        spec: {
          failurePolicy: "Fail",
          reinvocationPolicy: "Never",
          matchConstraints: {
            resourceRules: [
              { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] },
            ],
          },
          matchConditions: [{ name: "it", expression: 'object.metadata.name == "fixed"' }],
          mutations: [
            {
              patchType: "ApplyConfiguration",
              applyConfiguration: { expression: 'Object{data: {"added": "by-admission"}}' },
            },
          ],
        },
      };
      const bindings = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings";
      const made = await plane.admin("POST", policies, policy);
      expect(made.status, made.text).toBe(201);
      await plane.admin("POST", bindings, {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingAdmissionPolicyBinding",
        metadata: { name: "late" },
        spec: { policyName: "late" },
      });
      try {
        // The policy tells the stand-in from the object by its name: only the last dry run can see it.
        await admission(true);
        const error = await refused(world.apply(plan));
        expect([error.code, error.message]).toEqual([
          "APPLY_PARTIAL",
          "the plan stands half-way: the server would make something else of ConfigMap shop/fixed than it promised when the plan was made (data.added); nothing of it was written; written: nothing; deleted and not made again: ConfigMap shop/fixed; not written: nothing",
        ]);
        expect((await plane.admin("GET", path)).status).toBe(404);
      } finally {
        await plane.admin("DELETE", `${bindings}/late`);
        await plane.admin("DELETE", `${policies}/late`);
        await admission(false);
      }
      const back = await world.undo(plan);
      expect(back.changes.map(({ operation }) => operation)).toEqual(["create"]);
    });

    const all = [
      "preimages-saved",
      "approvals-used",
      "removing fixed",
      "removed fixed",
      "gone fixed",
      "writing fixed",
      "answered fixed",
      "written fixed",
      "outcome-logged",
    ];
    const sample = ["removing fixed", "removed fixed", "gone fixed", "writing fixed", "answered fixed"];
    it.each(deep ? all : sample)("killed at %s: the second run ends in the same state", async (step) => {
      const { world, plan } = await approved(fixed("1"), fixed("2"));
      const old = await uid(path);
      expect((await run(world, plan, step)).signal).toBe("SIGKILL");
      const second = await run(world, plan);
      expect(second.answer).toMatchObject({ plan: plan.digest, resumed: true });
      expect([(await read(path))["data"], (await uid(path)) === old]).toEqual([{ a: "2" }, false]);
      expect(checkLog(join(world.statePath, "log"))).toEqual({ problems: [], open: [] });
      expect((await run(world, plan)).answer).toMatchObject({ alreadyDone: true });
    });

    it("killed between deletion and creation, the way back makes the former object again", async () => {
      const { world, plan } = await approved(fixed("1"), fixed("2"));
      await run(world, plan, "gone fixed");
      const back = await world.undo(plan);
      expect(back.changes.map(({ operation }) => operation)).toEqual(["create"]);
      await world.approve(back);
      await world.apply(back);
      expect((await read(path))["data"]).toEqual({ a: "1" });
      // The run that was cut off does not come back over it.
      const late = await run(world, plan);
      expect(late.answer?.code).toBe("TARGET_DRIFT");
      expect((await read(path))["data"]).toEqual({ a: "1" });
      open = 1;
    });

    const run = (world: ClusterWorld, plan: ClusterPlan, dieAt = "-"): Promise<Ended> =>
      child.run(plane, world, plan, dieAt);
  },
);
