import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { applyToCluster } from "../../src/apply/cluster/run/apply-to-cluster.ts";
import type { ClusterPlan } from "../../src/apply/run/git-plan.ts";
import { canonicalJson } from "../../src/kube/canonical-json.ts";
import { jsonDigest } from "../../src/kube/digest.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { objectKey } from "../../src/kube/object-key.ts";
import { clusterWorld, type ClusterWorld, INVENTORY, storedPlan } from "../support/cluster/cluster-world.ts";
import { refused } from "../support/cluster/refused.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";

const core = "/api/v1/namespaces";

/** The rules of the kernel on the way to a cluster that no other suite holds there: each at the last door, the run itself. */
describe.skipIf(
  controlPlaneMissing !== undefined && leftOut("the kernel's rules on a cluster", controlPlaneMissing),
)("the kernel's rules on a cluster", () => {
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
    await plane.admin("DELETE", `${core}/shop/configmaps`);
  });
  const makeWorld = async (change?: Parameters<typeof clusterWorld>[1]): Promise<ClusterWorld> => {
    const world = await clusterWorld(plane, change);
    worlds.push(world);
    return world;
  };
  const status = async (name: string): Promise<number> =>
    (await plane.admin("GET", `${core}/shop/configmaps/${name}`)).status;
  const run = async (world: ClusterWorld, forged: ClusterPlan, end: string): Promise<string> =>
    (await refused(applyToCluster(`${canonicalJson(forged)}${end}`, "forged.json", world.ports()))).code;
  const ours = (name: string): Promise<unknown> =>
    plane.admin("PATCH", `${core}/shop/configmaps/${name}?fieldManager=kubeops`, configMap(name));

  it("K1 a plan of which any part was changed is refused, though its digest fits and it is approved", async () => {
    const world = await makeWorld();
    await ours("a");
    const plan = await world.plan({ objects: [configMap("a", "2"), configMap("b")] });
    const { text } = storedPlan(world, plan);
    const end = text.slice(canonicalJson(plan).length);
    const first = plan.changes[0];
    if (first?.live === undefined || first.object === null) throw new Error("it has a change");
    const withFirst = (part: object): unknown => [{ ...first, ...part }, ...plan.changes.slice(1)];
    const changes: Record<string, readonly [keyof ClusterPlan, unknown]> = {
      tool: ["tool", { ...plan.tool, version: "9.9.9" }],
      request: ["request", { ...plan.request, text: "plan -f other.yaml" }],
      intent: ["intent", { ...plan.intent, namespace: "other" }],
      readSet: ["readSet", []],
      findings: ["findings", [...plan.findings, { code: "x/y", severity: "info", message: "fine" }]],
      facts: ["facts", { ...plan.facts, counts: { ...plan.facts.counts, create: 0 } }],
      assumptions: ["assumptions", plan.assumptions.slice(1)],
      verdict: ["verdict", { ...plan.verdict, reasons: [] }],
      "the object": ["changes", withFirst({ object: { ...first.object, data: { key: "3" } } })],
      "the operation": ["changes", withFirst({ operation: "unchanged" })],
      "the promise": ["changes", withFirst({ live: { ...first.live, mergedMac: null } })],
      "the owners": [
        "changes",
        withFirst({ live: { ...first.live, owners: [{ manager: "x", path: "data" }] } }),
      ],
      "the way back": ["changes", withFirst({ reversibility: { kind: "irreversible", reason: "x" } })],
      "the difference": ["changes", withFirst({ diff: [] })],
      "one change less": ["changes", plan.changes.slice(1)],
      "the server": ["target", { ...plan.target, serverVersion: "v9" }],
    };
    const codes: Record<string, string> = {};
    for (const [name, [part, value]] of Object.entries(changes)) {
      const { digest: _, ...rest } = { ...plan, [part]: value };
      const forged = { ...rest, digest: jsonDigest(rest) } as ClusterPlan;
      await world.approve(forged);
      codes[name] = await run(world, forged, end);
    }
    for (const [name, code] of Object.entries(codes))
      expect([name, code]).toEqual([name, expect.stringMatching(/^PLAN_(?:NOT_REPRODUCED|MALFORMED)$/)]);
    expect(await status("b")).toBe(404);
  });

  it("K4 one identity stands once, whatever its version or form", async () => {
    const world = await makeWorld();
    const twice = await refused(world.plan({ objects: [configMap("a"), configMap("a", "2")] }));
    expect([twice.code, twice.message]).toEqual([
      "INPUT_DUPLICATE",
      "ConfigMap shop/a stands twice in the request",
    ]);
    const scaler = (version: string): JsonObject => ({
      apiVersion: `autoscaling/${version}`,
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "s", namespace: "shop" },
      spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "x" } },
    });
    expect((await refused(world.plan({ objects: [scaler("v1"), scaler("v2")] }))).code).toBe(
      "INPUT_DUPLICATE",
    );
    await ours("a");
    const both = await refused(
      world.plan({ objects: [configMap("a")], deletions: [objectKey(configMap("a"))] }),
    );
    expect(both.message).toBe("ConfigMap shop/a is to be written and to be deleted");
  });

  it("K5 more changes than a person looks through are not carried out, approved or not", async () => {
    const world = await makeWorld((spec) => ({ ...spec, maxChanges: 1 }));
    const plan = await world.plan({ objects: [configMap("a"), configMap("b")] });
    expect(plan.verdict.reasons.map(({ rule }) => rule)).toContain("charter/max-changes");
    await expectDenied(world, plan);
  });

  it("K6 another charter than the plan's stops the run before a connection", async () => {
    const world = await makeWorld();
    const plan = await world.plan({ objects: [configMap("a")] });
    await world.approve(plan);
    await world.charter((spec) => ({ ...spec, maxChanges: 50 }));
    let opened = 0;
    const error = await refused(
      world.apply(plan, {
        openCluster: () => {
          opened++;
          throw new Error("no connection is opened");
        },
      }),
    );
    expect([error.code, opened]).toEqual(["CHARTER_CHANGED", 0]);
  });

  it("K7 K8 what the charter does not name is not carried out: a kind, a namespace, a deletion, what widens", async () => {
    const ground = await makeWorld();
    const first = await ground.plan({ objects: [configMap("a")] });
    await ground.approve(first);
    await ground.apply(first);
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "x", namespace: "shop" } };
    const role = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "r", namespace: "shop" },
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
    };
    type Row = readonly [string, Parameters<typeof clusterWorld>[1], Parameters<ClusterWorld["plan"]>[0]];
    const rows: readonly Row[] = [
      [
        "charter/kind",
        (spec) => ({ ...spec, kinds: [{ group: "", kinds: ["ConfigMap"], operations: ["create"] }] }),
        { objects: [account] },
      ],
      ["charter/namespace", (spec) => ({ ...spec, namespaces: ["other"] }), { objects: [configMap("b")] }],
      [
        "charter/deletion",
        (spec) => ({ ...spec, deletions: [] }),
        { deletions: [objectKey(configMap("a"))] },
      ],
      ["charter/widening", (spec) => ({ ...spec, widening: [] }), { objects: [role] }],
    ];
    for (const [rule, change, asked] of rows) {
      const world = await makeWorld(change);
      const plan = await world.plan(asked);
      expect(
        plan.verdict.reasons
          .filter(({ decision }) => decision === "denied")
          .map((reason) => reason.rule)
          .join(),
      ).toContain(rule);
      await expectDenied(world, plan);
    }
    expect(await status("a")).toBe(200);
  });

  it("K9 no approval, an old one, one of another plan, one edited: nothing is written", async () => {
    const world = await makeWorld();
    const other = await world.plan({ objects: [configMap("other")] });
    const plan = await world.plan({ objects: [configMap("a")] });
    const code = async (options = {}): Promise<string> => (await refused(world.apply(plan, options))).code;
    expect(await code()).toBe("APPROVAL_MISSING");
    await world.approve(other);
    const { state } = world.ports();
    const [foreign] = state.approvals(other.digest);
    if (foreign === undefined) throw new Error("there is one");
    state.saveApproval(plan.digest, "f".repeat(32), readFileSync(foreign.path, "utf8"));
    expect(await code()).toBe("APPROVAL_INVALID");
    await world.approve(plan, { now: Date.now() - 7_200_000 });
    expect(await code()).toMatch(/^APPROVAL_/);
    // The local clock is set back: the server's says that it is over.
    expect(await code({ clock: { now: () => Date.now() - 7_100_000 } })).toMatch(/^APPROVAL_/);
    expect(await status("a")).toBe(404);
  });

  it("K9 two are two persons: one who approves twice is one", async () => {
    const world = await makeWorld((spec) => ({ ...spec, approvals: { ...spec.approvals, required: 2 } }));
    const plan = await world.plan({ objects: [configMap("a")] });
    await world.approve(plan);
    await world.approve(plan);
    expect((await refused(world.apply(plan))).code).toBe("APPROVAL_INVALID");
    await world.approve(plan, { approver: "bob" });
    expect((await world.apply(plan)).presence.map(({ approver }) => approver).toSorted()).toEqual([
      "alice",
      "bob",
    ]);
  });

  it("K10 a key that proves nobody's presence approves only where the charter names the target", async () => {
    const world = await makeWorld((spec) => ({
      ...spec,
      approvals: { ...spec.approvals, softwareKeysFor: [] },
    }));
    const plan = await world.plan({ objects: [configMap("a")] });
    expect(plan.verdict.approvals.presence).toBe(true);
    await world.approve(plan);
    expect((await refused(world.apply(plan))).code).toBe("APPROVER_PRESENCE");
    expect(await status("a")).toBe(404);
  });

  it("K14 a plan for another cluster than the charter pins under its name opens no connection", async () => {
    const world = await makeWorld();
    const plan = await world.plan({ objects: [configMap("a")] });
    const end = storedPlan(world, plan).text.slice(canonicalJson(plan).length);
    for (const part of [
      { url: "https://127.0.0.1:1" },
      { caKeySha256: "0".repeat(64) },
      { kubeSystemUid: "00000000-0000-0000-0000-000000000000" },
    ]) {
      const { digest: _, ...rest } = {
        ...plan,
        target: { ...plan.target, pin: { ...plan.target.pin, ...part } },
      };
      const forged = { ...rest, digest: jsonDigest(rest) } as ClusterPlan;
      await world.approve(forged);
      let opened = 0;
      const ports = world.ports({
        openCluster: () => {
          opened++;
          throw new Error("no connection is opened");
        },
      });
      const error = await refused(applyToCluster(`${canonicalJson(forged)}${end}`, "forged.json", ports));
      expect([error.code, error.message, opened]).toEqual([
        "TARGET_DRIFT",
        "the charter pins another cluster under the name dev than the plan was made for",
        0,
      ]);
    }
  });

  it("K12 an undo is a plan: without its own approval nothing is taken back, and drift stops it", async () => {
    const world = await makeWorld();
    const plan = await world.plan({ objects: [configMap("a")] });
    await world.approve(plan);
    await world.apply(plan);
    const back = await world.undo(plan);
    expect((await refused(world.apply(back))).code).toBe("APPROVAL_MISSING");
    await world.approve(back);
    await plane.admin(
      "PATCH",
      `${core}/shop/configmaps/a?fieldManager=them`,
      { data: { x: "3" } },
      "application/merge-patch+json",
    );
    expect((await refused(world.apply(back))).code).toBe("TARGET_DRIFT");
    expect(await status("a")).toBe(200);
  });

  async function expectDenied(world: ClusterWorld, plan: ClusterPlan): Promise<void> {
    expect(plan.verdict.decision).toBe("denied");
    const before = plane.auditLog().length;
    await world.approve(plan);
    expect((await refused(world.apply(plan))).code).toBe("PLAN_DENIED");
    const real = (plane.auditLog().slice(before) as { verb: string; requestURI: string }[]).filter(
      ({ verb, requestURI }) =>
        !["get", "list", "watch"].includes(verb) &&
        !requestURI.includes("dryRun=All") &&
        !requestURI.includes("selfsubject"),
    );
    expect(real).toEqual([]);
  }
});

function configMap(name: string, value = "1"): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data: { key: value } };
}
