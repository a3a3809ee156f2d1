import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { projectFiles } from "../../src/apply/files/node-files.ts";
import { halfWayOf } from "../../src/apply/cluster/run/half-way.ts";
import type { ClusterStep } from "../../src/apply/cluster/run/ports.ts";
import { readCompose } from "../../src/authoring/compose/read-compose.ts";
import type { Intent } from "../../src/authoring/intent/intent.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { identity, objectKey } from "../../src/kube/object-key.ts";
import { OpsError } from "../../src/kube/ops-error.ts";
import type { ClusterPlan } from "../../src/apply/run/git-plan.ts";
import { customDefinition } from "../support/custom-definition.ts";
import { checkLog } from "../support/git-log-check.ts";
import { connectionOf } from "../support/cluster/connect.ts";
import { fillQuota, liftQuotas } from "../support/cluster/quota.ts";
import { refused } from "../support/cluster/refused.ts";
import {
  clusterWorld,
  type ApplyOptions,
  type ClusterWorld,
  INVENTORY,
} from "../support/cluster/cluster-world.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";
import { until } from "../support/until.ts";
import { untilAllowed } from "../support/cluster/allowed.ts";

const missing = controlPlaneMissing !== undefined && leftOut("applying to a cluster", controlPlaneMissing);
const core = "/api/v1/namespaces";

describe.skipIf(missing)("applying to a cluster", () => {
  let plane: ControlPlane;
  const worlds: ClusterWorld[] = [];
  /** What the next check of the logs may find open; nothing unless a test says so. */
  let open = 0;
  beforeAll(async () => {
    plane = await controlPlane({ components: "api", admissionOff: ["ServiceAccount"] });
    for (const name of ["shop", "other", INVENTORY]) await plane.admin("POST", core, namespace(name));
  });
  afterAll(() => plane?.stop());
  afterEach(async () => {
    try {
      for (const world of worlds) {
        const checked = checkLog(join(world.statePath, "log"));
        expect([checked.problems, checked.open.length]).toEqual([[], open]);
      }
    } finally {
      open = 0;
      for (const world of worlds.splice(0)) world.remove();
      for (const path of ["shop/configmaps", "shop/services", "shop/limitranges"])
        await plane.admin("DELETE", `${core}/${path}`);
      await liftQuotas(plane, "shop");
      await plane.admin("DELETE", "/apis/apps/v1/namespaces/shop/deployments");
    }
  });
  type Change = Parameters<typeof clusterWorld>[1];
  const makeWorld = async (change?: Change): Promise<ClusterWorld> => {
    const world = await clusterWorld(plane, change);
    worlds.push(world);
    return world;
  };
  const approved = async (
    objects: readonly JsonObject[],
    world?: ClusterWorld,
  ): Promise<{ world: ClusterWorld; plan: ClusterPlan }> => {
    const made = world ?? (await makeWorld());
    const plan = await made.plan({ objects });
    expect(plan.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
    await made.approve(plan);
    return { world: made, plan };
  };
  const read = async (name: string, kind = "configmaps"): Promise<JsonObject> =>
    (await plane.admin("GET", `${core}/shop/${kind}/${name}`)).body;
  const status = async (name: string): Promise<number> =>
    (await plane.admin("GET", `${core}/shop/configmaps/${name}`)).status;
  /** Somebody else, at a step of the run, which waits for it. */
  const meanwhile = (step: string, act: () => Promise<unknown>): ApplyOptions => ({
    onStep: async (told: ClusterStep) => {
      if (named(told) === step) await act();
    },
  });
  /** What stands there already, as an earlier plan of ours would have left it. */
  const ours = (object: JsonObject): Promise<unknown> =>
    plane.admin("PATCH", `${core}/shop/configmaps/${objectKey(object).name}?fieldManager=kubeops`, object);
  const types = (world: ClusterWorld): string[] =>
    world.events().map((event) => (event.code === undefined ? event.type : `${event.type} ${event.code}`));

  describe("the happy way", () => {
    it("creates, updates and deletes exactly what was approved, marks the approval and logs it", async () => {
      const world = await makeWorld();
      const { plan: first } = await approved([configMap("a"), configMap("b")], world);
      const steps: string[] = [];
      const outcome = await world.apply(first, { onStep: (step) => void steps.push(named(step)) });
      expect(outcome).toMatchObject({
        plan: first.digest,
        cluster: "dev",
        resumed: false,
        alreadyDone: false,
        presence: [{ approver: "alice", presence: "not proved" }],
        health: null,
      });
      expect(operations(outcome)).toEqual(["create a", "create b"]);
      expect(steps).toEqual([
        "verified",
        "intent-logged",
        "preimages-saved",
        "approvals-used",
        "writing a",
        "answered a",
        "written a",
        "writing b",
        "answered b",
        "written b",
        "outcome-logged",
        "done",
      ]);
      expect(types(world)).toEqual(["log-created", "apply-intent", "apply-outcome"]);
      expect(world.events().at(-1)?.result).toMatch(/^cluster [0-9a-f-]{36} at \d+$/);
      const steps2: string[] = [];
      expect(await world.apply(first, { onStep: (step) => void steps2.push(named(step)) })).toMatchObject({
        alreadyDone: true,
      });
      expect(steps2).toEqual([]);
      const second = await world.plan({
        objects: [configMap("a", "2")],
        deletions: [objectKey(configMap("b"))],
      });
      await world.approve(second);
      const uid = (await read("a")) as { metadata: { uid: string } };
      expect(operations(await world.apply(second))).toEqual(["update a", "delete b"]);
      expect(await read("a")).toMatchObject({ data: { key: "2" }, metadata: { uid: uid.metadata.uid } });
      expect(await status("b")).toBe(404);
    });

    it("applies the shop: every object as the server promised, and the way back restores what was there", async () => {
      const world = await makeWorld();
      const intent = shop();
      const plan = await world.plan({ intent });
      expect(plan.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
      expect(plan.changes.length).toBeGreaterThanOrEqual(25);
      await world.approve(plan);
      const outcome = await world.apply(plan);
      expect(outcome.written.length).toBe(plan.changes.length);
      for (const change of plan.changes) {
        const live = await liveOf(plane, change);
        expect(live, identity(change.key)).toMatchObject({ metadata: { name: change.key.name } });
      }
      // Nothing is left to do: what was asked for is there.
      const again = await world.plan({ intent });
      expect(again.changes.filter(({ operation }) => operation !== "unchanged")).toEqual([]);
    });
  });

  describe("K3 a second writer", () => {
    it.each([
      [
        "changes an object",
        () => plane.admin("PUT", `${core}/shop/configmaps/a`, configMap("a", "theirs")),
        'ConfigMap shop/a was changed since the plan was made (last written by "unknown")',
      ],
      [
        "deletes an object",
        () => plane.admin("DELETE", `${core}/shop/configmaps/a`),
        "ConfigMap shop/a was deleted since the plan was made",
      ],
      [
        "deletes an object and makes it anew",
        async () => {
          await plane.admin("DELETE", `${core}/shop/configmaps/a`);
          await plane.admin("POST", `${core}/shop/configmaps?fieldManager=them`, configMap("a"));
        },
        'ConfigMap shop/a was deleted and made anew since the plan was made (last written by "them")',
      ],
      [
        "makes an object that was to be created",
        () => plane.admin("POST", `${core}/shop/configmaps?fieldManager=them`, configMap("new")),
        'ConfigMap shop/new has appeared since the plan was made (last written by "them")',
      ],
    ])("who %s between plan and apply stops everything before it begins", async (_, act, message) => {
      await ours(configMap("a"));
      const { world, plan } = await approved([configMap("a", "2"), configMap("new")]);
      await act();
      const error = await refused(world.apply(plan));
      expect([error.code, error.message]).toEqual(["TARGET_DRIFT", message]);
      expect(types(world)).toEqual(["log-created", "refusal TARGET_DRIFT"]);
      expect(await markers()).not.toContain(plan.digest);
    });

    it("who relabels the namespace, or adds a quota, makes the plan another one", async () => {
      const { world, plan } = await approved([configMap("a")]);
      await plane.admin("POST", `${core}/shop/resourcequotas`, quota("few", { configmaps: "5" }));
      const error = await refused(world.apply(plan));
      expect(error.code).toBe("PLAN_NOT_REPRODUCED");
      expect(error.message).toContain("readSet");
      expect(await status("a")).toBe(404);
    });

    it.each(["intent-logged", "preimages-saved", "approvals-used", "written a", "writing b"])(
      "who changes an object at %s is not written over",
      async (step) => {
        await ours(configMap("b"));
        const { world, plan } = await approved([configMap("a"), configMap("b", "2")]);
        const theirs = { ...configMap("b", "theirs"), metadata: { name: "b", namespace: "shop" } };
        const error = await refused(
          world.apply(
            plan,
            meanwhile(step, () => plane.admin("PUT", `${core}/shop/configmaps/b?fieldManager=them`, theirs)),
          ),
        );
        expect(await read("b")).toMatchObject({ data: { key: "theirs" } });
        const half = halfWayOf(error);
        if (half === undefined) expect(error.code).toMatch(/^(TARGET_DRIFT|CLUSTER_CONFLICT)$/);
        else {
          expect(error.code).toBe("APPLY_PARTIAL");
          expect(half).toMatchObject({ uncertain: null, resumable: true });
          expect([half.written.map(({ name }) => name), half.missing.map(({ name }) => name)]).toEqual([
            ["a"],
            ["b"],
          ]);
          expect(error.message).toMatch(
            /^the plan stands half-way: .*; written: ConfigMap shop\/a; not written: ConfigMap shop\/b$/,
          );
        }
      },
    );

    it("who only takes part in an object, and changes nothing that counts, does not stop the run", async () => {
      await ours(configMap("b"));
      const { world, plan } = await approved([configMap("a"), configMap("b", "2")]);
      const same = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "b", namespace: "shop" },
        data: {},
      };
      await world.apply(
        plan,
        meanwhile("written a", () =>
          plane.admin("PATCH", `${core}/shop/configmaps/b?fieldManager=them`, same),
        ),
      );
      expect(await read("b")).toMatchObject({ data: { key: "2" } });
    });

    it("K2 every write is preceded by a dry run for the very version that it names", async () => {
      await ours(configMap("b"));
      const { world, plan } = await approved([configMap("a"), configMap("b", "2")]);
      const begun = plane.auditLog().length;
      await world.apply(plan);
      const sent = plane
        .auditLog()
        .slice(begun)
        .filter(({ verb }) => verb === "patch")
        .map(({ requestURI }) => (typeof requestURI === "string" ? requestURI : ""));
      const ofB = sent
        .filter((uri) => uri.includes("/configmaps/b"))
        .map((uri) => uri.includes("dryRun=All"));
      expect(ofB.slice(-2)).toEqual([true, false]);
    });

    it("who changes an object that is to be deleted keeps it", async () => {
      const world = await makeWorld();
      const { plan: first } = await approved([configMap("a")], world);
      await world.apply(first);
      const plan = await world.plan({ deletions: [objectKey(configMap("a"))] });
      await world.approve(plan);
      const theirs = { data: { theirs: "1" } };
      const error = await refused(
        world.apply(
          plan,
          meanwhile("approvals-used", () =>
            plane.admin(
              "PATCH",
              `${core}/shop/configmaps/a?fieldManager=them`,
              theirs,
              "application/merge-patch+json",
            ),
          ),
        ),
      );
      expect([error.code, error.message]).toEqual([
        "TARGET_DRIFT",
        'ConfigMap shop/a was changed in data.theirs while the plan was carried out (last written by "them")',
      ]);
      expect(await read("a")).toMatchObject({ data: { key: "1", theirs: "1" } });
    });

    it("K3 who changes the charter in the last moment, or lets the approval run out, stops the run", async () => {
      const { world, plan } = await approved([configMap("a")]);
      const changed = await refused(
        world.apply(
          plan,
          meanwhile("approvals-used", () => world.charter((spec) => ({ ...spec, maxChanges: 50 }))),
        ),
      );
      expect([changed.code, await status("a")]).toEqual(["CHARTER_CHANGED", 404]);
      const again = await approved([configMap("a")], world);
      let late = 0;
      const expired = await refused(
        again.world.apply(again.plan, {
          clock: { now: () => Date.now() + late },
          ...meanwhile("approvals-used", async () => {
            late = 7_200_000;
          }),
        }),
      );
      expect([expired.code, await status("a")]).toEqual(["APPROVAL_EXPIRED", 404]);
    });

    it.each([
      [
        "that opens a way in",
        "services",
        "Service shop/lure",
        { selector: { app: "a" }, ports: [{ port: 80 }] },
      ],
      ["that bounds the namespace", "resourcequotas", "ResourceQuota shop/lure", { hard: { pods: "9" } }],
    ])("K3 who makes something %s in the last moment stops the run", async (_what, plural, told, spec) => {
      const { world, plan } = await approved([configMap("a")]);
      const kind = told.replace(/ .*/, "");
      const error = await refused(
        world.apply(
          plan,
          meanwhile("preimages-saved", () =>
            plane.admin("POST", `${core}/shop/${plural}`, {
              apiVersion: "v1",
              kind,
              metadata: { name: "lure", namespace: "shop" },
              spec,
            }),
          ),
        ),
      );
      expect([error.code, error.message, await status("a")]).toEqual([
        "TARGET_DRIFT",
        `${told}, which the plan relies on, has appeared while the plan was carried out`,
        404,
      ]);
    });

    it("K3 who relabels the namespace in the last moment stops the run", async () => {
      const { world, plan } = await approved([configMap("a")]);
      const labelled = (value: string | null): Promise<unknown> =>
        plane.admin(
          "PATCH",
          `${core}/shop`,
          { metadata: { labels: { "pod-security.kubernetes.io/enforce": value } } },
          "application/merge-patch+json",
        );
      const error = await refused(
        world.apply(
          plan,
          meanwhile("preimages-saved", () => labelled("privileged")),
        ),
      );
      await labelled(null);
      expect([error.message, await status("a")]).toEqual([
        "Namespace shop, which the plan relies on, was changed while the plan was carried out",
        404,
      ]);
    });

    it("who makes an object at the last moment answers 409, and is not taken over", async () => {
      const { world, plan } = await approved([configMap("late")]);
      const error = await refused(
        world.apply(
          plan,
          meanwhile("writing late", () =>
            plane.admin("POST", `${core}/shop/configmaps`, configMap("late", "theirs")),
          ),
        ),
      );
      expect(error.code).toBe("CLUSTER_CONFLICT");
      expect(await read("late")).toMatchObject({ data: { key: "theirs" } });
    });
  });

  describe("K2 what the server promises", () => {
    const policy = (name: string, condition: string): JsonObject => ({
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingAdmissionPolicy",
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [""],
              apiVersions: ["v1"],
              operations: ["CREATE", "UPDATE"],
              resources: ["configmaps"],
            },
          ],
        },
        matchConditions: [
          { name: "when", expression: condition },
          { name: "ours", expression: 'object.metadata.namespace == "shop"' },
        ],
        failurePolicy: "Fail",
        reinvocationPolicy: "Never",
        mutations: [
          {
            patchType: "ApplyConfiguration",
            applyConfiguration: { expression: 'Object{data: {"injected": "by-policy"}}' },
          },
        ],
      },
    });
    const root = "/apis/admissionregistration.k8s.io/v1";
    /** A policy is in force a moment after it was made. */
    const inForce = async (name: string, condition: string, probe: () => Promise<boolean>): Promise<void> => {
      await plane.admin("POST", `${root}/mutatingadmissionpolicies`, policy(name, condition));
      await plane.admin("POST", `${root}/mutatingadmissionpolicybindings`, {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "MutatingAdmissionPolicyBinding",
        metadata: { name },
        spec: { policyName: name },
      });
      await until(`the policy ${name} is in force`, probe);
    };
    const gone = async (name: string, probe: () => Promise<boolean>): Promise<void> => {
      await plane.admin("DELETE", `${root}/mutatingadmissionpolicybindings/${name}`);
      await plane.admin("DELETE", `${root}/mutatingadmissionpolicies/${name}`);
      await until(`the policy ${name} is in force no more`, async () => !(await probe()));
    };
    let probes = 0;
    const isChanged = async (query: string): Promise<boolean> => {
      const name = `probe-${++probes}`;
      const { body } = await plane.admin("POST", `${core}/shop/configmaps${query}`, configMap(name));
      if (query === "") await plane.admin("DELETE", `${core}/shop/configmaps/${name}`);
      return (body as { data?: JsonObject }).data?.["injected"] !== undefined;
    };

    it("a rule that changes what is created is in the plan, with no value of it", async () => {
      const world = await makeWorld();
      const tried = (): Promise<boolean> => isChanged("?dryRun=All");
      expect((await world.plan({ objects: [configMap("a")] })).changes[0]?.diff).toEqual([]);
      await inForce("open", "true", tried);
      try {
        const { plan } = await approved([configMap("a")], world);
        expect(plan.changes[0]?.diff).toEqual([
          {
            path: "data.injected",
            operation: "add",
            after: { mac: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
          },
        ]);
        await world.apply(plan);
        expect(await read("a")).toMatchObject({ data: { key: "1", injected: "by-policy" } });
      } finally {
        await gone("open", tried);
      }
    });

    it("a rule that spares dry runs is caught by the answer of the first write, and the run is over", async () => {
      const { world, plan } = await approved([configMap("a"), configMap("b")]);
      const real = (): Promise<boolean> => isChanged("");
      await inForce("sly", "!has(request.dryRun) || request.dryRun != true", real);
      try {
        const error = await refused(world.apply(plan));
        expect(error.code).toBe("APPLY_PARTIAL");
        expect(error.message).toBe(
          "the plan stands half-way: the server made something else of ConfigMap shop/a than its dry run promised a moment before (data.injected): it was written so; written: ConfigMap shop/a; not written: ConfigMap shop/b",
        );
        expect(error.exit).toBe(3);
        expect(halfWayOf(error)?.resumable).toBe(false);
        expect(types(world)).toEqual(["log-created", "apply-intent", "apply-failure RESULT_DIFFERS"]);
        expect(await status("b")).toBe(404);
        expect((await refused(world.apply(plan))).code).toBe("TARGET_DRIFT");
      } finally {
        await gone("sly", real);
      }
    });

    it.each(["answered a", "wrote"])(
      "a rule that spares dry runs is caught by the second run, when the first was cut off before it looked (%s)",
      async (cut) => {
        const { world, plan } = await approved([configMap("a"), configMap("b")]);
        const real = (): Promise<boolean> => isChanged("");
        await inForce("sly", "!has(request.dryRun) || request.dryRun != true", real);
        try {
          const { journal } = world.ports();
          const stop = (): never => {
            throw new OpsError("INTERRUPTED", "cut off");
          };
          await refused(
            world.apply(plan, {
              ...meanwhile(cut, async () => stop()),
              journal: {
                ...journal,
                begin: (...args) => {
                  const run = journal.begin(...args);
                  return {
                    ...run,
                    record: (step, detail) => {
                      run.record(step, detail);
                      if (step === cut) stop();
                    },
                  };
                },
              },
            }),
          );
          const error = await refused(world.apply(plan));
          expect(error.code).toBe(cut === "wrote" ? "RESULT_DIFFERS" : "TARGET_DRIFT");
          expect(await status("b")).toBe(404);
        } finally {
          await gone("sly", real);
        }
      },
    );

    it("a rule that came after the plan is caught by the dry run before the first write", async () => {
      const { world, plan } = await approved([configMap("a")]);
      const dry = (): Promise<boolean> => isChanged("?dryRun=All");
      await inForce("late", "true", dry);
      try {
        const error = await refused(world.apply(plan));
        expect(error.code).toBe("PLAN_NOT_REPRODUCED");
        expect(await status("a")).toBe(404);
      } finally {
        await gone("late", dry);
      }
    });

    it("a rule that comes in the middle of a run stops it before the object is written", async () => {
      const { world, plan } = await approved([configMap("a"), configMap("b")]);
      const dry = (): Promise<boolean> => isChanged("?dryRun=All");
      try {
        const error = await refused(
          world.apply(
            plan,
            meanwhile("written a", () => inForce("middle", "true", dry)),
          ),
        );
        expect(error.message).toBe(
          "the plan stands half-way: the server would make something else of ConfigMap shop/b than it promised when the plan was made (data.injected); nothing of it was written; written: ConfigMap shop/a; not written: ConfigMap shop/b",
        );
        expect(await status("b")).toBe(404);
      } finally {
        await gone("middle", dry);
      }
    });
  });

  describe("a run that stops half-way", () => {
    /** A quota lets one ConfigMap in and no second one: dry runs do not count, so only the real write finds it. */
    const stopped = async (): Promise<{ world: ClusterWorld; plan: ClusterPlan; error: OpsError }> => {
      const { world, plan } = await approved([configMap("a"), configMap("b"), configMap("c")]);
      const blocked = meanwhile("writing b", () => fillQuota(plane, "shop"));
      const error = await refused(world.apply(plan, { ...blocked }));
      return { world, plan, error };
    };

    it("says what is written and what is not, and goes on where it stopped", async () => {
      const { world, plan, error } = await stopped();
      expect(error.code).toBe("APPLY_PARTIAL");
      expect(error.message).toContain(
        "; written: ConfigMap shop/a; not written: ConfigMap shop/b, ConfigMap shop/c",
      );
      expect(error.message).toContain("it exceeds ResourceQuota none");
      expect(error.hint).toContain(`kubeops apply ${plan.digest.slice(7, 19)} goes on from here`);
      expect(types(world)).toEqual(["log-created", "apply-intent", "apply-failure CLUSTER_REFUSED"]);
      await liftQuotas(plane, "shop");
      const uid = ((await read("a")) as { metadata: { uid: string } }).metadata.uid;
      const outcome = await world.apply(plan);
      expect(outcome).toMatchObject({ resumed: true, alreadyDone: false });
      expect(operations(outcome)).toEqual(["create a", "create b", "create c"]);
      expect(await read("a")).toMatchObject({ metadata: { uid } });
      expect(types(world)).toEqual([
        "log-created",
        "apply-intent",
        "apply-failure CLUSTER_REFUSED",
        "apply-intent",
        "apply-outcome",
      ]);
    });

    it("is taken back by a plan of its own", async () => {
      const { world, plan } = await stopped();
      await liftQuotas(plane, "shop");
      const back = await world.undo(plan);
      expect(back.changes.map(({ operation, key }) => `${operation} ${key.name}`)).toEqual(["delete a"]);
      await world.approve(back);
      await world.apply(back);
      expect(await status("a")).toBe(404);
    });

    it("K3 is not finished by approvals that are over: it says what stands half-way", async () => {
      const { world, plan } = await stopped();
      await liftQuotas(plane, "shop");
      const error = await refused(world.apply(plan, { clock: { now: () => Date.now() + 7_200_000 } }));
      expect(error.code).toBe("APPLY_PARTIAL");
      expect(error.message).toContain("it was valid until");
      expect(error.message).toContain(
        "written: ConfigMap shop/a; not written: ConfigMap shop/b, ConfigMap shop/c",
      );
      expect(await status("b")).toBe(404);
      // A new approval, by another person or the same, is asked for no more than the rest.
      await world.approve(plan, { approver: "bob" });
      expect(operations(await world.apply(plan))).toEqual(["create a", "create b", "create c"]);
    });

    it("K3 is not finished under another charter", async () => {
      const { world, plan } = await stopped();
      await liftQuotas(plane, "shop");
      await world.charter((spec) => ({ ...spec, maxChanges: 50 }));
      const error = await refused(world.apply(plan));
      expect(error.message).toContain("the trust root holds test serial 2");
      expect(await status("b")).toBe(404);
    });

    it("is not finished over what somebody changed meanwhile", async () => {
      const { world, plan } = await stopped();
      await liftQuotas(plane, "shop");
      const made = await plane.admin(
        "POST",
        `${core}/shop/configmaps?fieldManager=them`,
        configMap("c", "theirs"),
      );
      expect(made.status, made.text).toBe(201);
      const error = await refused(world.apply(plan));
      expect(error.message).toContain("ConfigMap shop/c has appeared since the plan was made");
      expect(await read("c")).toMatchObject({ data: { key: "theirs" } });
      expect(await status("b")).toBe(404);
    });

    it("is not finished when what it wrote was deleted meanwhile", async () => {
      const { world, plan } = await stopped();
      await liftQuotas(plane, "shop");
      await plane.admin("DELETE", `${core}/shop/configmaps/a`);
      const error = await refused(world.apply(plan));
      expect(error.message).toContain(
        "ConfigMap shop/a was written by this run, and was deleted or made anew since",
      );
    });
  });

  describe("a plan that makes its own ground", () => {
    const cut = (): Promise<never> => Promise.reject(new OpsError("INTERRUPTED", "cut off"));

    it("is resumed wherever it was cut off, in the namespace that it made", async () => {
      const world = await makeWorld();
      const objects = ["one", "two", "three"].map((name) => ({
        ...configMap(name),
        metadata: { name, namespace: "fresh" },
      }));
      const service = {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web", namespace: "fresh" },
        spec: { ports: [{ port: 80 }], selector: { app: "web" } },
      };
      const account = {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "web", namespace: "fresh" },
      };
      const plan = await world.plan({ objects: [namespace("fresh"), account, service, ...objects] });
      expect(plan.verdict.reasons.filter(({ decision }) => decision === "denied")).toEqual([]);
      await world.approve(plan);
      for (const step of ["answered fresh", "written web", "writing one", "answered three", "written two"]) {
        const error = await refused(world.apply(plan, meanwhile(step, cut)));
        expect([step, error.message.includes("cut off"), error.code]).toEqual([
          step,
          true,
          step === "answered fresh" ? "INTERRUPTED" : "APPLY_PARTIAL",
        ]);
      }
      expect(await world.apply(plan)).toMatchObject({ resumed: true });
      const { body } = await plane.admin("GET", `${core}/fresh/configmaps`);
      expect((body as { items: unknown[] }).items.length).toBe(3);
    });

    it("writes a kind and objects of it", async () => {
      const widget = {
        apiVersion: "example.org/v1",
        kind: "Widget",
        metadata: { name: "w", namespace: "shop" },
        spec: { size: 1 },
      };
      const { world, plan } = await approved([widget, widgets]);
      const outcome = await world.apply(plan);
      expect(operations(outcome)).toEqual(["create widgets.example.org", "create w"]);
      const { body } = await plane.admin("GET", "/apis/example.org/v1/namespaces/shop/widgets/w");
      expect(body).toMatchObject({ spec: { size: 1 } });
    });

    it("takes nothing over of another manager, also when it comes in the middle", async () => {
      await plane.admin("PATCH", `${core}/shop/configmaps/c?fieldManager=tool-a`, {
        ...configMap("c"),
        data: { other: "theirs" },
      });
      const { world, plan } = await approved([configMap("c")]);
      const theirs = { ...configMap("c", "theirs"), data: { other: "theirs", key: "theirs" } };
      const error = await refused(
        world.apply(
          plan,
          meanwhile("writing c", () =>
            plane.admin("PATCH", `${core}/shop/configmaps/c?fieldManager=tool-a`, theirs),
          ),
        ),
      );
      expect(error.code).toBe("CLUSTER_CONFLICT");
      expect(error.message).toBe(
        'other managers own fields of the apply of configmaps shop/c: .data.key ("tool-a" by Apply)',
      );
      expect(await read("c")).toMatchObject({ data: { key: "theirs", other: "theirs" } });
    });

    it("names the finalizer that a deleted object waits for, and does not strip it", async () => {
      const finalizers = ["example.org/wait"];
      const held = { ...configMap("c"), metadata: { name: "c", namespace: "shop", finalizers } };
      const { world, plan: first } = await approved([held]);
      await world.apply(first);
      const plan = await world.plan({ deletions: [objectKey(configMap("c"))] });
      await world.approve(plan);
      expect(await world.apply(plan)).toMatchObject({
        written: [{ operation: "delete", waitsFor: ["example.org/wait"] }],
      });
      expect(await read("c")).toMatchObject({ metadata: { finalizers: ["example.org/wait"] } });
      await plane.admin(
        "PATCH",
        `${core}/shop/configmaps/c`,
        { metadata: { finalizers: null } },
        "application/merge-patch+json",
      );
    });
  });

  describe("K11 an approval is used once", () => {
    it("not by a second state folder, which knows nothing of the first", async () => {
      const { world, plan } = await approved([configMap("a")]);
      // Logs, plans and approvals are copied; the journal is not.
      const other = join(world.path, "other");
      await world.apply(
        plan,
        meanwhile("verified", async () => {
          mkdirSync(other, { mode: 0o700 });
          for (const part of ["log", "plans", "approvals"])
            cpSync(join(world.statePath, part), join(other, part), { recursive: true });
        }),
      );
      await plane.admin("DELETE", `${core}/shop/configmaps/a`);
      const error = await refused(world.apply(plan, { statePath: other }));
      expect([error.code, await status("a")]).toEqual(["APPROVAL_USED", 404]);
    });

    it("not when the marker comes in the last moment", async () => {
      const { world, plan } = await approved([configMap("a")]);
      const nonce = readdirSync(join(world.statePath, "approvals", plan.digest.slice(7)))[0]?.replace(
        ".json",
        "",
      );
      const error = await refused(
        world.apply(
          plan,
          meanwhile("preimages-saved", () =>
            plane.admin("POST", `${core}/${INVENTORY}/configmaps`, {
              apiVersion: "v1",
              kind: "ConfigMap",
              metadata: { name: `kubeops-approval-${nonce}`, namespace: INVENTORY },
            }),
          ),
        ),
      );
      expect([error.code, await status("a")]).toEqual(["APPROVAL_USED", 404]);
      expect((await refused(world.apply(plan))).code).toBe("APPROVAL_USED");
    });

    it("not by a run whose marker was taken away", async () => {
      const { world, plan } = await approved([configMap("a"), configMap("b")]);
      const nonce = readdirSync(join(world.statePath, "approvals", plan.digest.slice(7)))[0]?.replace(
        ".json",
        "",
      );
      await refused(
        world.apply(
          plan,
          meanwhile("approvals-used", () => Promise.reject(new OpsError("INTERRUPTED", "cut off"))),
        ),
      );
      await plane.admin("DELETE", `${core}/${INVENTORY}/configmaps/kubeops-approval-${nonce}`);
      expect((await refused(world.apply(plan))).code).toBe("APPROVAL_USED");
    });

    it("needs a place for the marker", async () => {
      const world = await makeWorld((spec) => ({
        ...spec,
        targets: spec.targets.map((target) =>
          "cluster" in target ? { ...target, cluster: { ...target.cluster, inventory: "nowhere" } } : target,
        ),
      }));
      const { plan } = await approved([configMap("a")], world);
      const error = await refused(world.apply(plan));
      expect([error.code, error.hint]).toEqual([
        "TARGET_REFUSED",
        "its owner creates it once: kubeops charter inventory <cluster> | kubectl apply -f -",
      ]);
    });
  });

  it("K13 nothing but the planned requests reaches the server", async () => {
    const { world, plan } = await approved([configMap("a"), configMap("b")]);
    const before = plane.auditLog().length;
    await world.apply(plan);
    const events = plane.auditLog().slice(before) as { verb: string; requestURI: string }[];
    const writing = events.filter(({ verb }) => !["get", "list", "watch"].includes(verb));
    const real = writing.filter(
      ({ requestURI }) =>
        !requestURI.includes("dryRun=All") && !requestURI.includes("selfsubjectaccessreviews"),
    );
    expect(real.map(({ verb, requestURI }) => `${verb} ${requestURI.replace(/\?.*/, "")}`)).toEqual([
      `create ${core}/${INVENTORY}/configmaps`,
      `patch ${core}/shop/configmaps/a`,
      `patch ${core}/shop/configmaps/b`,
    ]);
    for (const { requestURI } of real)
      expect(requestURI).toContain("fieldManager=kubeops&fieldValidation=Strict");
    for (const { requestURI } of writing) expect(requestURI).not.toContain("force");
  });

  it("K14 goes to no other cluster than the charter's, whatever the kubeconfig says", async () => {
    const { world, plan } = await approved([configMap("a")]);
    const error = await refused(
      world.apply(plan, {
        openCluster: () => ({ ...connectionOf(plane), server: "https://127.0.0.1:1" }),
      }),
    );
    expect(error.code).toBe("CLUSTER_PIN");
  });

  it("K20 without a log there is no effect", async () => {
    const { world, plan } = await approved([configMap("a")]);
    const ports = world.ports();
    ports.log.append({ type: "refusal", code: "USAGE" });
    const error = await refused(
      world.apply(plan, {
        log: {
          ...ports.log,
          origin: ports.log.origin,
          verifierKey: ports.log.verifierKey,
          append: () => {
            throw new OpsError("LOG_UNWRITABLE", "the disk is full");
          },
        },
      }),
    );
    expect([error.code, await status("a")]).toEqual(["LOG_UNWRITABLE", 404]);
    expect(await markers()).not.toContain(plan.digest);
  });

  it("begins nothing that the credentials cannot finish", async () => {
    await plane.admin("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "most" },
      rules: [
        { apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "create"] },
        { apiGroups: [""], resources: ["configmaps"], verbs: ["patch"], resourceNames: ["a"] },
      ],
    });
    await plane.admin("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "most" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "most" },
      subjects: [{ kind: "User", name: "agent", apiGroup: "rbac.authorization.k8s.io" }],
    });
    await untilAllowed(plane, "agent", { verb: "create", resource: "configmaps", namespace: "shop" });
    const { world, plan } = await approved([configMap("a"), configMap("b")]);
    const error = await refused(world.apply(plan, { user: "agent" }));
    expect([error.code, error.message]).toEqual([
      "CLUSTER_FORBIDDEN",
      "the credentials do not allow 1 of the plan's requests: patch ConfigMap shop/b",
    ]);
    expect(await status("a")).toBe(404);
  });

  async function markers(): Promise<readonly string[]> {
    const { body } = await plane.admin("GET", `${core}/${INVENTORY}/configmaps`);
    return (body as { items: { data?: { plan?: string } }[] }).items.flatMap(({ data }) => data?.plan ?? []);
  }
});

function named({ step, key }: ClusterStep): string {
  return key === undefined ? step : `${step} ${key.name}`;
}

function operations(outcome: { written: readonly { key: { name: string }; operation: string }[] }): string[] {
  return outcome.written.map(({ key, operation }) => `${operation} ${key.name}`);
}

async function liveOf(
  plane: ControlPlane,
  { key, live }: ClusterPlan["changes"][number],
): Promise<JsonObject> {
  const root = key.group === "" ? `/api/${key.version}` : `/apis/${key.group}/${key.version}`;
  const inner = live?.namespaced === true ? `/namespaces/${key.namespace}` : "";
  return (await plane.admin("GET", `${root}${inner}/${live?.resource ?? ""}/${key.name}`)).body;
}

function shop(): Intent {
  const folder = fileURLToPath(new URL("../../examples/shop", import.meta.url));
  return readCompose(projectFiles(folder), {
    files: ["compose.yaml"],
    namespace: "store",
    folderName: "shop",
    profiles: [],
    environment: {},
  }).intent;
}

const widgets = customDefinition("example.org", "Widget", { properties: { size: { type: "integer" } } });

function namespace(name: string): JsonObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}
function configMap(name: string, value = "1"): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data: { key: value } };
}
function quota(name: string, hard: JsonObject): JsonObject {
  return { apiVersion: "v1", kind: "ResourceQuota", metadata: { name, namespace: "shop" }, spec: { hard } };
}
