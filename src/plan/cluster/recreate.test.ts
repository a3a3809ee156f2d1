import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../kube/json.ts";
import { identity, objectKey } from "../../kube/object-key.ts";
import { buildPlan, reproducePlan } from "../build-plan.ts";
import { recreationLoss } from "../change/recreation-loss.ts";
import type { CharterSpec } from "../charter.ts";
import type { LiveObject, Recreation } from "../cluster-state.ts";
import type { Plan } from "../plan.ts";
import type { ClusterPlanInput } from "../plan-input.ts";
import {
  alive,
  applied,
  clusterCharter,
  clusterInput,
  clusterOf,
  observed,
  owning,
} from "../testing/cluster-fixtures.ts";
import { inputFor } from "../testing/fixtures.ts";
import { undoClusterRequest } from "../undo.ts";

const service = (clusterIP: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "s", namespace: "shop" },
  spec: { clusterIP, ports: [{ name: "a", port: 80 }], selector: { app: "none" } },
});
const one = (object: JsonObject): JsonObject => applied([object])[0]!;
const was = one(service("None"));
const wanted = one(service("10.96.0.77"));
const live = alive(was, [owning(was)]);
const says = (more: Partial<Recreation> = {}): Recreation => ({
  merged: alive(wanted),
  notDryRun: null,
  refusal: null,
  warnings: [],
  ...more,
});
const refused: Partial<LiveObject> = {
  refusal: "spec.clusterIPs[0] may not change once set",
  refusedFields: [{ path: "spec.clusterIPs[0]", immutable: true }],
};
const named: Partial<CharterSpec> = {
  deletions: [{ group: "", kind: "Service", namespace: "shop", name: "s" }],
};

function inputOf(
  found: Partial<LiveObject>,
  given: { readonly spec?: Partial<CharterSpec>; readonly asked?: boolean; readonly live?: JsonObject } = {},
): ClusterPlanInput {
  const { request } = inputFor([]);
  return clusterInput(
    [service("10.96.0.77")],
    clusterOf([observed(wanted, given.live ?? live, null, { ...refused, ...found })]),
    {
      charter: clusterCharter(given.spec ?? named),
      request: given.asked === false ? request : { ...request, recreate: true },
    },
  );
}
const denials = (plan: Plan): readonly string[] =>
  plan.verdict.reasons
    .filter(({ decision }) => decision === "denied")
    .map(({ rule, message }) => `${rule}: ${message}`);
const findings = (plan: Plan): readonly string[] =>
  plan.findings
    .filter(({ code }) => code.startsWith("cluster/"))
    .map(({ severity, code }) => `${severity} ${code}`);

describe("K8 deleting an object and making it again", () => {
  it("is planned where it was asked for and the charter names the object: one change, with a new identity", () => {
    const input = inputOf({ recreation: says() });
    const plan = buildPlan(input);
    expect(plan.changes[0]).toMatchObject({
      operation: "recreate",
      object: wanted,
      reversibility: {
        kind: "new-identity",
        reason:
          "spec.clusterIP, spec.clusterIPs[0] cannot be changed: the object has to be deleted and made again, with another UID; its address, node ports and load balancer are given up, and others may take their place",
      },
      live: { uid: (live["metadata"] as JsonObject)["uid"], notDryRun: null },
    });
    expect(plan.changes[0]?.live?.mergedMac).toMatch(/^[0-9a-f]{64}$/);
    expect(plan.facts.counts).toEqual({ create: 0, update: 0, delete: 0, unchanged: 0, recreate: 1 });
    expect(plan.facts.irreversible.map(({ key }) => key.name)).toEqual(["s"]);
    expect(findings(plan)).toEqual(["warning cluster/recreated"]);
    expect(plan.assumptions.map(({ id }) => id)).toContain("cluster/recreation-dry-run");
    expect(denials(plan)).toEqual([]);
    expect(plan.request.recreate).toBe(true);
    expect(() => reproducePlan(plan, { ...input, minor: 37 })).not.toThrow();
  });

  it("is denied unless the charter names the object, whatever else it allows", () => {
    const own = buildPlan({
      ...inputOf({ recreation: says() }),
      charter: clusterCharter({}, { ownDeletions: true }),
    });
    const reversibility = own.changes[0]?.reversibility;
    const reason = reversibility !== undefined && "reason" in reversibility ? reversibility.reason : "";
    expect(denials(own)).toEqual([
      `charter/recreation: Service shop/s: ${reason}; the charter does not name it under deletions`,
    ]);
  });

  it("needs both a deletion and a creation of the kind", () => {
    const charter = clusterCharter(named);
    for (const missing of ["create", "delete"] as const) {
      const kinds = charter.spec.kinds.map((row) => ({
        ...row,
        operations: row.operations.filter((operation) => operation !== missing),
      }));
      const plan = buildPlan(inputOf({ recreation: says() }, { spec: { ...named, kinds } }));
      expect(denials(plan)).toEqual([
        `charter/kind: Service shop/s: the charter does not let Service be ${missing}d`,
      ]);
    }
  });

  it("is never planned unasked, nor where anything but an immutable field is refused", () => {
    for (const [found, given] of [
      [{ recreation: says() }, { asked: false }],
      [{}, {}],
      [
        {
          recreation: says(),
          refusedFields: [...(refused.refusedFields ?? []), { path: "spec.ports", immutable: false }],
        },
        {},
      ],
      [{ recreation: says(), refusedFields: [] }, {}],
    ] as const) {
      const plan = buildPlan(inputOf(found, given));
      expect(plan.changes[0]?.operation).toBe("update");
      expect(plan.verdict.decision).toBe("denied");
      expect(findings(plan)).toContain("error cluster/immutable-field");
    }
  });

  it("is denied where the server refuses the deletion or the new object", () => {
    const plan = buildPlan(
      inputOf({ recreation: says({ merged: null, refusal: "admission webhook w denies it" }) }),
    );
    expect(denials(plan)).toEqual([
      "finding/error: Service shop/s: the server refuses that it is deleted and made again: admission webhook w denies it [cluster/refused]",
    ]);
  });

  it("K2 says it where the creation has no dry run before the old one is gone", () => {
    const plan = buildPlan(
      inputOf({ recreation: says({ merged: null, notDryRun: "the old one still holds its address" }) }),
    );
    expect(plan.changes[0]?.live).toMatchObject({
      mergedMac: null,
      notDryRun: "the old one still holds its address",
    });
    expect(plan.assumptions.find(({ id }) => id === "cluster/not-dry-run")?.text).toContain(
      "Service shop/s (the old one still holds its address)",
    );
  });

  it("K7 takes the whole object from everybody who owns a field of it", () => {
    const theirs = owning({ ...service("None"), data: { theirs: "1" } }, "helm");
    const plan = buildPlan(inputOf({ recreation: says() }, { live: alive(was, [owning(was), theirs], {}) }));
    expect(denials(plan)).toEqual([
      "charter/ownership: Service shop/s: helm (Helm) owns fields of it; the charter does not share objects with helm",
    ]);
  });

  it("K1 cannot be written into a plan that nobody asked it of", () => {
    const input = inputOf({ recreation: says() });
    const plan = buildPlan(input);
    const { recreate: _, ...request } = plan.request;
    expect(() => reproducePlan({ ...plan, request }, { ...input, minor: 37 })).toThrow(/request\.mac/);
    const unasked = buildPlan(inputOf({ recreation: says() }, { asked: false }));
    const forged = { ...unasked, request: { ...unasked.request, recreate: true as const } };
    expect(() => reproducePlan(forged, { ...input, minor: 37 })).toThrow(/request\.mac/);
  });

  it("K12 is undone by another recreation, of the former object", () => {
    const plan = buildPlan(inputOf({ recreation: says() }));
    const undo = undoClusterRequest(plan, new Map([[identity(objectKey(live)), live]]));
    expect(undo.request).toEqual({
      text: `undo ${plan.digest}`,
      inputs: [],
      undoes: plan.digest,
      recreate: true,
    });
    expect(undo.objects).toEqual([was]);
    expect(undo.deletions).toEqual([]);
  });

  it("what names it as its owner goes with it, and that needs the charter's word too", () => {
    const dependents = [objectKey({ ...was, kind: "ConfigMap", metadata: { name: "c", namespace: "shop" } })];
    const plan = buildPlan(inputOf({ recreation: says(), dependents }));
    expect(plan.changes[0]?.live?.dependents).toEqual(dependents);
    expect(findings(plan)).toContain("warning cluster/goes-along");
    expect(denials(plan)).toEqual([
      "charter/deletion: ConfigMap shop/c: the object is deleted with Service shop/s, which it names as its owner; the charter does not name it under deletions",
    ]);
    const both = {
      deletions: [...(named.deletions ?? []), { group: "", kind: "ConfigMap", namespace: "shop", name: "c" }],
    };
    expect(denials(buildPlan(inputOf({ recreation: says(), dependents }, { spec: both })))).toEqual([]);
  });
});

describe("what a recreation loses", () => {
  const of = (apiVersion: string, kind: string, spec: JsonObject = {}): string => {
    const object = { apiVersion, kind, metadata: { name: "x", namespace: "shop" }, spec };
    const { kind: how, reason } = recreationLoss(objectKey(object), object, ["f"]);
    return `${how}: ${reason.replace(/^f cannot be changed: [^;]*;? ?/u, "")}`;
  };
  it.each([
    [
      "apps/v1",
      "Deployment",
      {},
      "new-identity: all its Pods end before new ones start, and its rollout history is gone",
    ],
    [
      "batch/v1",
      "Job",
      {},
      "new-identity: its Pods, their logs and its history are gone, and it runs again from the start",
    ],
    ["apps/v1", "StatefulSet", {}, "new-identity: all its Pods end before new ones start"],
    [
      "apps/v1",
      "StatefulSet",
      { volumeClaimTemplates: [{}] },
      "irreversible: all its Pods end before new ones start; it holds data in volumes of its own",
    ],
    [
      "apps/v1",
      "StatefulSet",
      { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" }, volumeClaimTemplates: [{}] },
      "irreversible: all its Pods end before new ones start; its claims and the data in them are deleted with it",
    ],
    [
      "v1",
      "PersistentVolumeClaim",
      {},
      "irreversible: the data of the volume is lost, unless its class keeps it",
    ],
    [
      "v1",
      "Secret",
      {},
      "irreversible: its values are lost: no plan holds any, so its owner has to put them in again",
    ],
    ["v1", "ConfigMap", {}, "new-identity: Pods that start in between do not find it"],
    [
      "rbac.authorization.k8s.io/v1",
      "RoleBinding",
      {},
      "new-identity: its subjects have no rights by it in between",
    ],
    [
      "storage.k8s.io/v1",
      "StorageClass",
      {},
      "new-identity: what is created in between does not find the class; what stands keeps what it got",
    ],
    [
      "example.org/v1",
      "Widget",
      {},
      "irreversible: its kind is not known, so neither is what its controller deletes with it",
    ],
  ])("%s %s", (apiVersion, kind, spec, told) => {
    expect(of(apiVersion, kind, spec as JsonObject)).toBe(told);
  });
});
