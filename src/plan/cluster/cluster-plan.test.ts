import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { buildPlan, parsePlan, planText, reproducePlan } from "../build-plan.ts";
import { APPLYSET, FIELD_MANAGER } from "../change/applyset.ts";
import { maskLive } from "../change/mask.ts";
import type { ClusterState, LiveObject } from "../cluster-state.ts";
import type { Plan } from "../plan.ts";
import type { ClusterPlanInput } from "../plan-input.ts";
import {
  alive,
  applied,
  clusterCharter,
  clusterInput,
  clusterOf,
  creating,
  observed,
  owning,
  pin,
  setId,
} from "../testing/cluster-fixtures.ts";
import {
  application,
  configMap,
  deployment,
  inputFor,
  inputForApplication,
  macKey,
  serviceAccount,
  stateWith,
  workload,
} from "../testing/fixtures.ts";

function one(object: JsonObject): JsonObject {
  return applied([object])[0]!;
}

/** A plan that writes one object over what stands there. */
function over(
  object: JsonObject,
  live: JsonObject | null,
  merged: JsonObject | null,
  more: Partial<LiveObject> = {},
  input: Partial<ClusterPlanInput> = {},
): Plan {
  return buildPlan(clusterInput([object], clusterOf([observed(one(object), live, merged, more)]), input));
}

function denials(plan: Plan): readonly string[] {
  return plan.verdict.reasons
    .filter(({ decision }) => decision === "denied")
    .map(({ rule, message }) => `${rule}: ${message}`);
}

function findings(plan: Plan): readonly string[] {
  return plan.findings.map(({ code, severity, message, path }) =>
    [severity, code, path ?? "", message].join(" | "),
  );
}

function world(input: ClusterPlanInput): Parameters<typeof reproducePlan>[1] {
  return {
    cluster: input.cluster,
    charter: input.charter,
    charterOwner: input.charterOwner,
    macKey: input.macKey,
    toolVersion: input.toolVersion,
    minor: 37,
  };
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (!OpsError.is(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
  return "";
}

const a = configMap("a");

describe("a plan for a cluster", () => {
  it("names the cluster by its pin, writes no file and makes members of our inventory", () => {
    const plan = buildPlan(creating([a]));
    expect(plan.target).toEqual({ kind: "cluster", name: "dev", pin, serverVersion: "v1.34.0" });
    expect(plan.request.target).toEqual({ cluster: "dev" });
    expect(plan.files).toEqual([]);
    expect(plan.verdict.decision).toBe("needs-approval");
    expect(plan.verdict.approvals.presence).toBe(true);
    const [change] = plan.changes;
    expect(change).toMatchObject({
      operation: "create",
      file: "",
      object: configMap("a", { a: "1" }, { labels: { [APPLYSET.partOf]: setId } }),
      beforeMac: null,
      live: {
        resource: "configmaps",
        namespaced: true,
        uid: null,
        notDryRun: null,
        owners: [],
        warnings: [],
      },
    });
    expect(change?.live?.mergedMac).toMatch(/^[0-9a-f]{64}$/u);
    expect(plan.readSet).toEqual([{ what: "cluster:/ConfigMap/shop/a", version: "absent" }]);
    expect(parsePlan(planText(plan), "x")).toEqual(plan);
  });

  it("is the same whatever the order of objects and of the state", () => {
    const objects = [a, configMap("b"), deployment("web"), serviceAccount("web")];
    const input = creating(objects);
    const turned: ClusterState = {
      ...input.cluster,
      objects: new Map([...input.cluster.objects].reverse()),
      surroundings: [...input.cluster.surroundings].reverse(),
    };
    expect(planText(buildPlan({ ...input, objects: [...objects].reverse(), cluster: turned }))).toBe(
      planText(
        buildPlan({
          ...input,
          intent: input.intent,
        }),
      ),
    );
  });

  it("K1 names the same of two objects that would do, whatever the order: approve reads them in another one", () => {
    const scaler = (name: string): JsonObject => ({
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name, namespace: "shop" },
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" } },
    });
    const objects = [scaler("second"), scaler("first"), deployment("web", { replicas: 2 })];
    const [given, turned] = [objects, [...objects].reverse()].map(
      (order) => buildPlan(creating(order)).findings,
    );
    expect(given?.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^HorizontalPodAutoscaler first scales/),
    );
    expect(turned).toEqual(given);
  });

  it("says what is not enforced or not seen, and nothing about Git", () => {
    const ids = buildPlan(creating([a])).assumptions.map(({ id }) => id);
    expect(ids).toEqual([
      "cluster/dry-run",
      "cluster/authorization",
      "cluster/network-plugin",
      "cluster/generated",
      "cluster/surroundings",
      "facts/permissions",
      "facts/reachability",
      "credentials/cluster",
      "approval/requester",
      "executor/same-user",
    ]);
    expect(
      buildPlan(creating([a])).assumptions.find(({ id }) => id === "credentials/cluster")?.text,
    ).toContain("Promise 5 not enforced");
    expect(buildPlan(inputFor([a])).assumptions.some(({ id }) => /cluster\//u.test(id))).toBe(false);
  });

  it("refuses a state that was gathered for another request or another version", () => {
    const input = creating([a]);
    expect(refusal(() => buildPlan({ ...input, cluster: clusterOf([]) }))).toBe(
      "TARGET_DRIFT: nothing was read from the cluster about ConfigMap shop/a",
    );
    expect(refusal(() => buildPlan({ ...input, minor: 33 }))).toBe(
      "TARGET_DRIFT: the request is for Kubernetes 1.33, and the cluster serves 1.34",
    );
  });

  it("is made from an application's intent as well", () => {
    const intent = application([workload("web")]);
    const { objects, authored } = inputForApplication(intent);
    const input = creating(objects, (object) => object, { intent, authored });
    const plan = buildPlan(input);
    expect(plan.changes.length).toBe(objects.length);
    expect(() => reproducePlan(plan, world(input))).not.toThrow();
  });
});

describe("K1 a plan for a cluster is a claim", () => {
  const live = alive(one(configMap("b")), [owning(one(configMap("b")))]);
  const input = clusterInput(
    [a, configMap("b", { a: "2" }), configMap("c")],
    clusterOf(
      [
        observed(one(a), null, alive(one(a))),
        observed(
          one(configMap("b")),
          live,
          { ...live, data: { a: "2" } },
          { conflicts: [], warnings: ["w"] },
        ),
        observed(one(configMap("c")), alive(one(configMap("c"))), alive(one(configMap("c")))),
      ],
      [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", uid: "u" } }],
    ),
  );
  const plan = buildPlan(input);

  it("comes out again, unchanged objects included", () => {
    expect(plan.changes.map(({ operation }) => operation)).toEqual(["create", "update", "unchanged"]);
    expect(() => reproducePlan(plan, world(input))).not.toThrow();
  });

  it.each<readonly [string, (plan: Plan) => unknown, string]>([
    [
      "the pin",
      (p) => ({ target: { ...p.target, pin: { ...pin, url: "https://evil.example" } } }),
      "target.pin.url",
    ],
    ["the version", (p) => ({ target: { ...p.target, serverVersion: "v9" } }), "target.serverVersion"],
    ["the read set", (p) => ({ readSet: p.readSet.slice(1) }), "readSet"],
    ["a UID", changed(1, (c) => ({ live: { ...c.live!, uid: "other" } })), "changes[1].live.uid"],
    [
      "a promise",
      changed(1, (c) => ({ live: { ...c.live!, mergedMac: "0".repeat(64) } })),
      "changes[1].live.mergedMac",
    ],
    [
      "the owners",
      changed(1, (c) => ({ live: { ...c.live!, owners: [{ manager: "x", path: "y" }] } })),
      "changes[1].live.owners[0]",
    ],
    [
      "the warnings",
      changed(1, (c) => ({ live: { ...c.live!, warnings: [] } })),
      "changes[1].live.warnings[0]",
    ],
    [
      "a resource",
      changed(1, (c) => ({ live: { ...c.live!, resource: "secrets" } })),
      "changes[1].live.resource",
    ],
    [
      "a dry run",
      changed(1, (c) => ({ live: { ...c.live!, notDryRun: "why not" } })),
      "changes[1].live.notDryRun",
    ],
    ["what stood before", changed(1, () => ({ beforeMac: "0".repeat(64) })), "changes[1].beforeMac"],
    ["a difference", changed(1, () => ({ diff: [] })), "changes[1].diff[0]"],
    ["the operation", changed(1, () => ({ operation: "unchanged" as const })), "changes[1].operation"],
    [
      "a reversibility",
      changed(1, () => ({ reversibility: { kind: "irreversible" as const, reason: "x" } })),
      "changes[1].reversibility",
    ],
    [
      "the resets",
      (p) => ({ facts: { ...p.facts, resets: [{ key: p.changes[0]!.key, path: "x" }] } }),
      "facts.resets[0]",
    ],
    ["the findings", () => ({ findings: [] }), "findings[0]"],
    ["an assumption", (p) => ({ assumptions: p.assumptions.slice(1) }), "assumptions"],
    ["the files", () => ({ files: [{ path: "x", operation: "create", sha256: null }] }), "files[0]"],
  ])("is refused with %s altered", (_, alter, path) => {
    const altered = { ...plan, ...(alter(plan) as Partial<Plan>) } as Plan;
    expect(refusal(() => reproducePlan(altered, world(input)))).toContain(
      `PLAN_NOT_REPRODUCED: the plan cannot be made again: ${path}`,
    );
  });

  it("is refused with an object that was not asked for, or for another target", () => {
    const object = configMap("a", { a: "9" }, { labels: { [APPLYSET.partOf]: setId } });
    expect(
      refusal(() => reproducePlan({ ...plan, ...changed(0, () => ({ object }))(plan) }, world(input))),
    ).toContain("an object is not one that was asked for");
    const outside = { ...plan, request: { ...plan.request, target: { cluster: "prod" } } };
    expect(refusal(() => reproducePlan(outside, world(input)))).toContain("request.mac");
    const free = { ...input, macKey: null };
    const unbound = buildPlan(free);
    const other = { ...unbound, request: { ...unbound.request, target: { cluster: "prod" } } };
    expect(refusal(() => reproducePlan(other, world(free)))).toContain("it is for another cluster");
    const git = {
      state: stateWith({}),
      charter: input.charter,
      charterOwner: input.charterOwner,
      macKey,
      toolVersion: input.toolVersion,
      minor: 37,
    };
    expect(refusal(() => reproducePlan(plan, git))).toContain(
      "it is for a cluster, and the world is a repository",
    );
    const gitPlan = buildPlan(inputFor([a]));
    expect(refusal(() => reproducePlan(gitPlan, world(input)))).toContain(
      "it is for a repository, and the world is a cluster",
    );
  });

  function changed(
    index: number,
    alter: (change: Plan["changes"][number]) => Partial<Plan["changes"][number]>,
  ): (plan: Plan) => Partial<Plan> {
    return (p) => ({ changes: p.changes.map((c, at) => (at === index ? { ...c, ...alter(c) } : c)) });
  }
});

describe("K3 what a plan for a cluster relied on is looked at again", () => {
  const live = alive(one(a));
  const near = alive({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "shop" },
    spec: { selector: { app: "web" } },
  });
  const state = (l: JsonObject, n: readonly JsonObject[]): ClusterState =>
    clusterOf([observed(one(configMap("a", { a: "2" })), l, { ...live, data: { a: "2" } })], n);
  const input = clusterInput([configMap("a", { a: "2" })], state(live, [near]));
  const plan = buildPlan(input);
  const again = (l: JsonObject, n: readonly JsonObject[]): string =>
    refusal(() => reproducePlan(plan, world({ ...input, cluster: state(l, n) })));

  it("holds every object that was read, by UID and state", () => {
    expect(plan.readSet.map(({ what }) => what)).toEqual([
      "cluster:/ConfigMap/shop/a",
      "cluster:/Service/shop/web",
    ]);
    for (const { version } of plan.readSet) expect(version).toMatch(/^[0-9a-f-]{36} [0-9a-f]{64}$/u);
  });
  it("bears what moves without meaning: status, versions, times", () => {
    const moved = (object: JsonObject): JsonObject => ({
      ...object,
      status: { x: 1 },
      metadata: {
        ...(object["metadata"] as JsonObject),
        resourceVersion: "9999",
        generation: 7,
        managedFields: [],
      },
    });
    expect(again(moved(live), [moved(near)])).toBe("");
  });
  it.each<readonly [string, JsonObject, readonly JsonObject[]]>([
    ["an object changed", { ...live, data: { a: "1", b: "2" } }, [near]],
    ["an object made anew", alive(one(a)), [near]],
    ["a neighbour changed", live, [{ ...near, spec: { selector: { app: "other" } } }]],
    ["a neighbour gone", live, []],
    ["a neighbour more", live, [near, alive({ ...near, metadata: { name: "b", namespace: "shop" } })]],
  ])("refuses %s", (_, l, n) => {
    expect(again(l, n)).toMatch(
      /^PLAN_NOT_REPRODUCED: the plan cannot be made again: readSet.* \(an object that the plan relied on is not what the plan saw\)$/u,
    );
  });
});

describe("K2 difference and facts come from what the server makes of the object", () => {
  const web = deployment("web");
  const standing = one(web);
  const sidecar = { name: "sidecar", image: "quay.io/other/mesh:1" };
  const withSidecar = (object: JsonObject): JsonObject => {
    const copy = structuredClone(object) as { spec: { template: { spec: { containers: unknown[] } } } };
    copy.spec.template.spec.containers.push(sidecar);
    return copy as unknown as JsonObject;
  };

  it("keeps the container that another manager added", () => {
    const live = alive(withSidecar(standing));
    const scaled = { ...web, spec: { ...(web["spec"] as JsonObject), replicas: 3 } };
    const merged = withSidecar({ ...alive(one(scaled)) });
    const plan = over(scaled, live, merged);
    expect(plan.changes[0]?.diff).toEqual([
      { path: "spec.replicas", operation: "replace", before: { value: 1 }, after: { value: 3 } },
    ]);
    expect(plan.changes[0]?.object).toEqual(one(scaled));
    expect(plan.facts.images.map(({ image, change }) => `${change} ${image}`)).toContain(
      "kept quay.io/other/mesh:1",
    );
  });
  it("shows what admission adds to a new object, and judges it", () => {
    const plan = buildPlan(
      creating(
        [web, serviceAccount("web")],
        (object) => (object["kind"] === "Deployment" ? withSidecar(object) : object),
        {
          charter: clusterCharter({ images: { allowed: ["ghcr.io/acme"] } }),
        },
      ),
    );
    expect(plan.facts.images.map(({ image }) => image)).toContain("quay.io/other/mesh:1");
    expect(denials(plan)).toContain(
      "charter/image: Deployment.apps shop/web: the charter allows no image of quay.io/other/mesh",
    );
    expect(JSON.stringify(plan.changes.map(({ object }) => object))).not.toContain("sidecar");
  });
  it("takes an object for unchanged when the server would change nothing", () => {
    const live: JsonObject = { ...alive(standing), status: { replicas: 1 } };
    const plan = over(web, live, {
      ...live,
      metadata: { ...(live["metadata"] as JsonObject), generation: 9 },
    });
    expect(plan.changes[0]).toMatchObject({ operation: "unchanged", object: standing, diff: [] });
    expect(plan.facts.counts).toEqual({ create: 0, update: 0, delete: 0, unchanged: 1 });
  });
  it("shows what the server changes although the object says nothing about it", () => {
    const live = alive(one(a));
    const plan = over(a, live, { ...live, immutable: false });
    expect(plan.changes[0]?.operation).toBe("update");
    expect(plan.changes[0]?.diff).toEqual([{ path: "immutable", operation: "add", after: { value: false } }]);
  });
  it("takes the object itself where there was no dry run, and says so", () => {
    const plan = over(a, null, null, { notDryRun: "its namespace shop comes with this plan" });
    expect(plan.changes[0]?.live).toMatchObject({
      mergedMac: null,
      notDryRun: "its namespace shop comes with this plan",
    });
    expect(plan.assumptions.at(-1)).toEqual({
      id: "cluster/not-dry-run",
      text: "No server dry run, so that the object itself stands for its result and neither defaults nor admission are seen: ConfigMap shop/a (its namespace shop comes with this plan) (K2).",
    });
  });
  it("denies a change of which nothing is known", () => {
    const plan = over(a, null, null);
    expect(denials(plan)).toEqual([
      "finding/error: ConfigMap shop/a: nothing says what the server would make of it [cluster/no-result]",
    ]);
  });
  it("binds what stood there and what was promised", () => {
    const live = alive(one(a));
    const update = (l: JsonObject, m: JsonObject): Plan => over(configMap("a", { a: "2" }), l, m);
    const merged = { ...live, data: { a: "2" } };
    const [change] = update(live, merged).changes;
    expect(change?.live?.uid).toBe((live["metadata"] as JsonObject)["uid"]);
    const [other] = update({ ...live, data: { a: "0" } }, { ...merged, data: { a: "2", b: "3" } }).changes;
    expect(other?.beforeMac).not.toBe(change?.beforeMac);
    expect(other?.live?.mergedMac).not.toBe(change?.live?.mergedMac);
    expect(maskLive(live)).toEqual(one(a));
  });
});

describe("K8 resets and recreations are said beforehand", () => {
  const web = deployment("web");
  const without = {
    ...web,
    spec: Object.fromEntries(
      Object.entries(web["spec"] as JsonObject).filter(([name]) => name !== "replicas"),
    ),
  };
  const four = { ...web, spec: { ...(web["spec"] as JsonObject), replicas: 4 } };

  it("a field that only we owned takes its default again", () => {
    const live = alive(one(four), [owning(one(four))]);
    const plan = over(without, live, alive(one(web)));
    expect(plan.facts.resets).toEqual([{ key: plan.changes[0]?.key, path: "spec.replicas" }]);
    expect(plan.changes[0]?.diff).toEqual([
      { path: "spec.replicas", operation: "replace", before: { value: 4 }, after: { value: 1 } },
    ]);
  });
  it("a field that is set anew, or that another manager keeps, does not", () => {
    const live = alive(one(four), [owning(one(four))]);
    expect(over(web, live, alive(one(web))).facts.resets).toEqual([]);
    const kept = over(
      { ...without, metadata: { ...(web["metadata"] as JsonObject), labels: { x: "y" } } },
      live,
      {
        ...live,
        metadata: { ...(live["metadata"] as JsonObject), labels: { [APPLYSET.partOf]: setId, x: "y" } },
      },
    );
    expect(kept.facts.resets).toEqual([]);
    const both = one(configMap("a", { a: "1", b: "2" }));
    const dropped = over(a, alive(both, [owning(both)]), alive(one(a)));
    expect(dropped.changes[0]?.diff.map(({ operation, path }) => `${operation} ${path}`)).toEqual([
      "remove data.b",
    ]);
    expect(dropped.facts.resets).toEqual([]);
    expect(buildPlan(inputFor([a])).facts.resets).toBeUndefined();
  });

  const otherSelector = {
    ...web,
    spec: { ...(web["spec"] as JsonObject), selector: { matchLabels: { app: "other" } } },
  };
  const refused = {
    refusal: "spec.selector is immutable",
    refusedFields: [{ path: "spec.selector", immutable: true }],
  };
  it("an immutable field is found, and denied unless the charter names the object", () => {
    const live = alive(one(web));
    const plan = over(otherSelector, live, null, refused);
    expect(plan.changes[0]?.reversibility).toEqual({
      kind: "new-identity",
      reason:
        "spec.selector cannot be changed: the object has to be deleted and made again, with another UID; all its Pods end before new ones start, and its rollout history is gone",
    });
    expect(findings(plan)).toContain(
      "error | cluster/immutable-field | spec.selector | cannot be changed: the object would have to be deleted and made again; --recreate plans that (as kubectl replace --force does it), where the charter names the object under deletions",
    );
    expect(denials(plan)).toContain(
      "charter/recreation: Deployment.apps shop/web: spec.selector cannot be changed: the object has to be deleted and made again, with another UID; all its Pods end before new ones start, and its rollout history is gone; the charter does not name it under deletions",
    );
    const named = over(otherSelector, live, null, refused, {
      charter: clusterCharter({
        deletions: [{ group: "apps", kind: "Deployment", namespace: "shop", name: "web" }],
      }),
    });
    // Named or not: what nobody asked for is not done.
    expect(denials(named).filter((text) => /recreation|refused/u.test(text))).toEqual([]);
    expect(named.changes[0]?.operation).toBe("update");
    expect(named.verdict.decision).toBe("denied");
  });
  it("a refusal with any other cause is never taken for one", () => {
    const live = alive(one(web));
    const charter = clusterCharter({
      deletions: [{ group: "apps", kind: "Deployment", namespace: "shop", name: "web" }],
    });
    for (const refusedFields of [
      undefined,
      [],
      [...refused.refusedFields, { path: "spec.replicas", immutable: false }],
    ]) {
      const plan = over(
        otherSelector,
        live,
        null,
        { refusal: "no", ...(refusedFields === undefined ? {} : { refusedFields }) },
        { charter },
      );
      expect(denials(plan)).toContain(
        "finding/error: Deployment.apps shop/web: the server refuses it: no [cluster/refused]",
      );
    }
  });
  it("defaults beside what is asked for contradict nothing, and what the server takes is possible", () => {
    const stateful = (spec: JsonObject): JsonObject => ({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "db", namespace: "shop" },
      spec,
    });
    const asked = stateful({ serviceName: "db", template: { spec: { serviceAccountName: "db" } } });
    const live = alive(
      one(
        stateful({
          serviceName: "db",
          podManagementPolicy: "OrderedReady",
          template: { spec: { serviceAccountName: "db" } },
        }),
      ),
    );
    expect(over(asked, live, null, { notDryRun: "x" }).changes[0]?.reversibility).toEqual({
      kind: "reversible",
    });
    const moved = stateful({ serviceName: "other", template: { spec: { serviceAccountName: "db" } } });
    expect(over(moved, live, null, { notDryRun: "x" }).changes[0]?.reversibility.kind).toBe("new-identity");
    expect(over(moved, live, alive(one(moved))).changes[0]?.reversibility).toEqual({ kind: "reversible" });
  });
});

describe("K8 deletions in a cluster", () => {
  const ours = alive(one(a), [owning(one(a))]);
  const gone = (
    live: JsonObject | null,
    input: Partial<ClusterPlanInput> = {},
    object: JsonObject = a,
  ): Plan => {
    const found = observed(object, live, null);
    return buildPlan(clusterInput([], clusterOf([found]), { deletions: [found.key], ...input }));
  };

  it("are denied unless the charter names the object", () => {
    const plan = gone(ours);
    expect(plan.changes[0]).toMatchObject({
      operation: "delete",
      object: null,
      digest: null,
      live: { uid: (ours["metadata"] as JsonObject)["uid"], mergedMac: null },
    });
    expect(denials(plan)).toEqual([
      "charter/deletion: ConfigMap shop/a: the object is deleted; the charter does not name it under deletions",
    ]);
    expect(
      denials(
        gone(ours, {
          charter: clusterCharter({
            deletions: [{ group: "", kind: "ConfigMap", namespace: "shop", name: "a" }],
          }),
        }),
      ),
    ).toEqual([]);
  });
  it("of our own objects may be allowed by kind, and never those that take data or other objects along", () => {
    const charter = clusterCharter({}, { ownDeletions: true });
    expect(denials(gone(ours, { charter }))).toEqual([]);
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data", namespace: "shop" },
      spec: {},
    };
    expect(denials(gone(alive(one(claim)), { charter }, claim))).toEqual([
      "charter/deletion: PersistentVolumeClaim shop/data: the object is deleted, and the data of the volume is lost, unless its class keeps it; the charter does not name it under deletions",
    ]);
  });
  it("K8 of kinds that nobody knows may lose data, so that the charter has to name them", () => {
    const charter = clusterCharter({}, { ownDeletions: true });
    const database = {
      apiVersion: "db.example.org/v1",
      kind: "Database",
      metadata: { name: "orders", namespace: "shop" },
      spec: {},
    };
    const plan = gone(alive(one(database)), { charter }, database);
    expect(denials(plan)).toContain(
      "charter/deletion: Database.db.example.org shop/orders: the object is deleted, and its kind is not known, so neither is what its controller deletes with it; the charter does not name it under deletions",
    );
    expect(plan.changes[0]?.reversibility.kind).toBe("irreversible");
  });
  it("K8 of what is somebody else's by now are denied, although our own may go", () => {
    const charter = clusterCharter({}, { ownDeletions: true });
    const request = { text: "undo", inputs: [], undoes: `sha256:${"0".repeat(64)}` as Plan["digest"] };
    const undo = (live: JsonObject): Plan => gone(live, { charter, request });
    expect(denials(undo(ours))).toEqual([]);
    // The same name, without our label and without a word of who owns it.
    expect(denials(undo(alive(a)))).toEqual([
      "charter/deletion: ConfigMap shop/a: the object is deleted; the charter does not name it under deletions",
    ]);
  });
  it("are of members of our inventory only", () => {
    for (const live of [alive(a), alive(configMap("a", {}, { labels: { [APPLYSET.partOf]: "other" } }))]) {
      expect(refusal(() => gone(live))).toBe(
        "TARGET_UNSAFE: ConfigMap shop/a is no member of our inventory: it is not deleted",
      );
    }
    expect(refusal(() => gone(ours, { charter: null, charterOwner: null }))).toContain("TARGET_UNSAFE");
  });
  it("of what is not there do nothing", () => {
    const plan = gone(null);
    expect(plan.changes).toEqual([]);
    expect(findings(plan)).toEqual(["info | plan/nothing-to-delete |  | was to be deleted and is not there"]);
  });
  it("of what is to be written are refused", () => {
    const found = observed(one(a), ours, ours);
    expect(refusal(() => buildPlan(clusterInput([a], clusterOf([found]), { deletions: [found.key] })))).toBe(
      "INPUT_DUPLICATE: ConfigMap shop/a is to be written and to be deleted",
    );
  });
  it("never take a policy to go with all its Pods: there may be Pods that were not read", () => {
    const policy = {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "p", namespace: "shop" },
      spec: { podSelector: {} },
    };
    const web = deployment("web");
    const found = [observed(policy, alive(one(policy)), null), observed(web, alive(one(web)), null)];
    const plan = buildPlan(clusterInput([], clusterOf(found), { deletions: found.map(({ key }) => key) }));
    expect(plan.facts.widening.map(({ id }) => id)).toContain("networkpolicy-removed");
  });
});

describe("what the server says against a change", () => {
  it("is a finding: refused, conflicting, forbidden, warned of", () => {
    const live = alive(one(a), [owning({ data: { a: "1" } }, "helm")]);
    const plan = over(configMap("a", { a: "2" }), live, null, {
      conflicts: [{ manager: "helm", path: ".data.a" }],
      access: [
        { verb: "create", allowed: true },
        { verb: "patch", allowed: false },
      ],
      warnings: ["deprecated"],
      refusal: "admission policy max3",
    });
    expect(findings(plan)).toEqual([
      "error | cluster/forbidden |  | the credentials may not patch configmaps here",
      "error | cluster/refused |  | the server refuses it: admission policy max3",
      "info | cluster/warning |  | the server warns: deprecated",
      "error | cluster/conflict | data.a | helm owns the field and wants another value; nothing is forced: leave the field out, set its value, or have helm give it up",
    ]);
    expect(plan.verdict.decision).toBe("denied");
  });
  it("is no finding of an object that stays as it is", () => {
    const live = alive(one(a));
    expect(findings(over(a, live, live, { access: [{ verb: "patch", allowed: false }] }))).toEqual([]);
  });
});

describe("K7 what other managers own", () => {
  const live = (entries: readonly JsonObject[], metadata: JsonObject = {}): JsonObject =>
    alive(configMap("a", { a: "1", b: "2" }, { labels: { [APPLYSET.partOf]: setId }, ...metadata }), entries);
  const next = configMap("a", { a: "1", c: "3" });
  const plan = (l: JsonObject, sharedWith?: readonly string[]): Plan =>
    over(
      next,
      l,
      { ...l, data: { a: "1", b: "2", c: "3" } },
      {},
      {
        charter: clusterCharter({}, sharedWith === undefined ? {} : { sharedWith }),
      },
    );
  const ownership = (p: Plan): readonly string[] =>
    p.facts.widening
      .filter(({ id }) => id === "field-ownership")
      .map(({ subject, path, detail }) => `${subject} ${path}: ${detail}`);

  it("is denied where the change touches it, unless the charter shares objects with the manager", () => {
    const helm = live([owning({ data: { a: "1", b: "2" } }, "helm")]);
    expect(ownership(plan(helm))).toEqual(["helm data.a: helm (Helm) owns the field as well"]);
    expect(plan(helm).changes[0]?.live?.owners).toEqual([{ manager: "helm", path: "data.a" }]);
    expect(denials(plan(helm))).toEqual([
      "charter/ownership: ConfigMap shop/a: helm (Helm) owns the field as well; the charter does not share objects with helm",
    ]);
    const shared = plan(helm, ["helm"]);
    expect(shared.verdict.decision).toBe("needs-approval");
    expect(shared.verdict.reasons.map(({ rule }) => rule)).toContain("charter/ownership");
    expect(denials(plan(helm, ["kubectl"]))).toHaveLength(1);
  });
  it("is not asked about where the change leaves it alone, of our own fields, or of the control plane", () => {
    expect(ownership(plan(live([owning({ data: { b: "2" } }, "kubectl")])))).toEqual([]);
    expect(ownership(plan(live([owning({ data: { a: "1" } }, FIELD_MANAGER)])))).toEqual([]);
    expect(
      ownership(plan(live([owning({ data: { a: "1" } }, "kube-controller-manager", "Update")]))),
    ).toEqual([]);
    expect(ownership(plan(live([{ ...owning({ data: { a: "1" } }, "x"), subresource: "status" }])))).toEqual(
      [],
    );
    expect(
      ownership(
        plan(live([{ ...owning({ data: { a: "1" } }, "kube-controller-manager"), subresource: "scale" }])),
      ),
    ).toHaveLength(1);
  });
  it.each<readonly [string, JsonObject, string]>([
    ["Argo CD", { annotations: { "argocd.argoproj.io/tracking-id": "CANARY" } }, "argocd-controller"],
    ["Argo CD", { labels: { "argocd.argoproj.io/instance": "CANARY" } }, "argocd-controller"],
    ["Flux (Kustomization)", { labels: { "kustomize.toolkit.fluxcd.io/name": "x" } }, "kustomize-controller"],
    ["Flux (HelmRelease)", { labels: { "helm.toolkit.fluxcd.io/name": "x" } }, "helm-controller"],
    ["Helm", { annotations: { "meta.helm.sh/release-name": "x" } }, "helm"],
    ["Helm", { labels: { "app.kubernetes.io/managed-by": "Helm" } }, "helm"],
    ["Operator Lifecycle Manager", { labels: { "olm.owner": "x" } }, "olm"],
  ])("is known by its marks: %s", (tool, metadata, manager) => {
    const p = plan(live([], metadata));
    expect(ownership(p)[0]).toContain(`is managed by ${tool}`);
    expect(denials(p)).toHaveLength(1);
    expect(denials(plan(live([], metadata), [manager]))).toEqual([]);
    expect(JSON.stringify(p.facts)).not.toContain("CANARY");
  });
  it("is known by a controlling owner", () => {
    const owned = live([], {
      ownerReferences: [
        { apiVersion: "cert-manager.io/v1", kind: "Certificate", name: "tls", uid: "u-1", controller: true },
      ],
    });
    expect(ownership(plan(owned))).toEqual([
      "Certificate.cert-manager.io metadata.ownerReferences: belongs to Certificate.cert-manager.io tls, whose controller makes it what it wants",
    ]);
    expect(denials(plan(owned, ["Certificate.cert-manager.io"]))).toEqual([]);
    const plainOwner = live([], {
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u-2" }],
    });
    expect(ownership(plan(plainOwner))).toEqual([]);
  });
  it("is every field of an object that goes", () => {
    const l = live([owning({ data: { b: "2" } }, "kubectl-edit", "Update")]);
    const found = observed(a, l, null);
    const p = buildPlan(clusterInput([], clusterOf([found]), { deletions: [found.key] }));
    expect(ownership(p)).toEqual(["kubectl-edit : kubectl-edit owns fields of it"]);
  });
  it("is decided by sharedWith alone, not by a row of widening", () => {
    const helm = live([owning({ data: { a: "1" } }, "helm")]);
    const p = over(
      next,
      helm,
      { ...helm, data: { a: "1", c: "3" } },
      {},
      {
        charter: clusterCharter({ widening: [{ id: "field-ownership", decision: "allow" }] }),
      },
    );
    expect(denials(p)).toHaveLength(1);
  });
});

describe("K14 the charter decides by the pin", () => {
  it.each<readonly [string, Partial<typeof pin>, string]>([
    ["url", { url: "https://192.0.2.66:6443" }, "URL https://192.0.2.66:6443"],
    ["CA", { caKeySha256: "d".repeat(64) }, `CA key ${"d".repeat(64)}`],
    [
      "UID",
      { kubeSystemUid: "99999999-2222-3333-4444-555555555555" },
      "UID of kube-system 99999999-2222-3333-4444-555555555555",
    ],
  ])("denies another %s behind the same name", (_, other, text) => {
    const input = creating([a]);
    const plan = buildPlan({ ...input, cluster: { ...input.cluster, pin: { ...pin, ...other } } });
    expect(denials(plan)[0]).toContain(
      `charter/target: the plan was made against a cluster with the ${text}; the charter pins`,
    );
    expect(denials(plan)).toHaveLength(1);
  });
  it("denies a cluster that it does not name, and a repository's name is no cluster's", () => {
    const input = creating([a]);
    expect(denials(buildPlan({ ...input, cluster: { ...input.cluster, name: "prod" } }))).toContain(
      "charter/target: the charter names no target cluster:prod; it names cluster:dev",
    );
    const git = { ...clusterCharter(), spec: { ...clusterCharter().spec, targets: [] } };
    expect(denials(buildPlan({ ...input, charter: git }))).toContain(
      "charter/target: the charter names no target cluster:dev",
    );
    expect(denials(buildPlan(inputFor([a], { charter: clusterCharter() })))).toContain(
      "charter/target: the charter names no target /srv/gitops",
    );
  });
  it("lets software keys approve only where it says so", () => {
    const approvals = { ...clusterCharter().spec.approvals, softwareKeysFor: ["dev"] };
    expect(buildPlan(creating([a])).verdict.approvals.presence).toBe(true);
    expect(
      buildPlan(creating([a], (object) => object, { charter: clusterCharter({ approvals }) })).verdict
        .approvals.presence,
    ).toBe(false);
  });
  it("denies kinds, namespaces and what widens, as for a repository", () => {
    const plan = buildPlan(
      creating([
        { ...a, metadata: { name: "a", namespace: "other" } },
        {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "Role",
          metadata: { name: "r", namespace: "shop" },
          rules: [],
        },
      ]),
    );
    expect(denials(plan)).toEqual([
      "charter/namespace: ConfigMap other/a: the charter names no namespace other",
      "charter/kind: Role.rbac.authorization.k8s.io shop/r: the charter does not let Role be created",
      "charter/widening/role: Role.rbac.authorization.k8s.io shop/r: Role r is created; the charter does not name role for it",
    ]);
  });
  it("looks at live neighbours: a Service that selects the new Pods", () => {
    const input = creating([deployment("web"), serviceAccount("web")]);
    const service = alive({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "s", namespace: "shop" },
      spec: { selector: { app: "web" } },
    });
    const plan = buildPlan({ ...input, cluster: { ...input.cluster, surroundings: [service] } });
    expect(plan.facts.widening.find(({ id }) => id === "pod-labels-selected")?.subject).toBe("s");
  });
  it("takes our mark of membership for no label of a namespace", () => {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
    const plan = buildPlan(
      creating([namespace], (object) => object, { charter: clusterCharter({ podSecurity: "privileged" }) }),
    );
    expect(plan.facts.widening).toEqual([]);
  });
});
