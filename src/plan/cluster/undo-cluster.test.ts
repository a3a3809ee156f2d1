import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../kube/json.ts";
import { identity, objectKey } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { buildPlan, reproducePlan } from "../build-plan.ts";
import { APPLYSET } from "../change/applyset.ts";
import type { Plan } from "../plan.ts";
import {
  alive,
  applied,
  clusterCharter,
  clusterInput,
  clusterOf,
  creating,
  observed,
  owning,
  setId,
} from "../testing/cluster-fixtures.ts";
import { configMap, deployment, inputFor, serviceAccount } from "../testing/fixtures.ts";
import { undoClusterRequest } from "../undo.ts";

function one(object: JsonObject): JsonObject {
  return applied([object])[0]!;
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
function images(...lives: readonly JsonObject[]): ReadonlyMap<string, JsonObject> {
  return new Map(lives.map((live) => [identity(objectKey(live)), live]));
}

const a = configMap("a", { a: "1" });
const next = configMap("a", { a: "2", b: "3" });

describe("K12 undoing a plan for a cluster is another plan", () => {
  const live = alive(one(a), [owning(one(a))]);
  const update = buildPlan(
    clusterInput([next], clusterOf([observed(one(next), live, { ...live, data: { a: "2", b: "3" } })])),
  );

  it("deletes what was created, by the UID that lives now", () => {
    const input = creating([a, deployment("web"), serviceAccount("web")]);
    const plan = buildPlan(input);
    const undo = undoClusterRequest(plan, new Map(plan.changes.map(({ key }) => [identity(key), null])));
    expect(undo.objects).toEqual([]);
    expect(undo.request).toEqual({ text: `undo ${plan.digest}`, inputs: [], undoes: plan.digest });
    const lives = plan.changes.map(({ object }) => alive(object!, [owning(object!)]));
    const after = clusterInput([], clusterOf(lives.map((l) => observed(l, l, null))), {
      ...undo,
      charter: clusterCharter({}, { ownDeletions: true }),
    });
    const undoing = buildPlan(after);
    expect(undoing.changes.map(({ operation, live: found }) => [operation, found?.uid])).toEqual(
      undoing.changes.map(({ key }) => [
        "delete",
        (lives.find((l) => identity(objectKey(l)) === identity(key))!["metadata"] as JsonObject)["uid"],
      ]),
    );
    expect(undoing.request.undoes).toBe(plan.digest);
    expect(undoing.verdict.decision).toBe("needs-approval");
    expect(undoing.facts.irreversible.map(({ reason }) => reason)).toContain(
      "made again it is another object, with another UID",
    );
    expect(() => reproducePlan(undoing, { ...after, minor: 37 })).not.toThrow();
  });

  it("applies again what we had applied, and nothing that others own", () => {
    const others = { ...(live["metadata"] as JsonObject), annotations: { theirs: "x" } };
    const undo = undoClusterRequest(update, images({ ...live, metadata: others, immutable: false }));
    expect(undo.objects).toEqual([one(a)]);
    expect(undo.deletions).toEqual([]);
    const now = alive(one(next), [owning(one(next))]);
    const input = clusterInput([], clusterOf([observed(one(a), now, { ...now, data: { a: "1" } })]), undo);
    const plan = buildPlan(input);
    expect(plan.changes[0]).toMatchObject({ operation: "update", object: one(a) });
    expect(plan.changes[0]?.diff.map(({ path, operation }) => `${operation} ${path}`)).toEqual([
      "replace data.a",
      "remove data.b",
    ]);
    expect(() => reproducePlan(plan, { ...input, minor: 37 })).not.toThrow();
  });

  it("gives an object back that we had no part in: the mark of our inventory goes with our fields", () => {
    const foreign = alive(a, [owning(a, "kubectl")]);
    const undo = undoClusterRequest(update, images(foreign));
    expect(undo.objects).toEqual([
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "shop" } },
    ]);
    const plan = buildPlan(
      clusterInput([], clusterOf([observed(undo.objects[0]!, alive(one(next)), alive(a))]), undo),
    );
    expect(JSON.stringify(plan.changes[0]?.object)).not.toContain(APPLYSET.partOf);
  });

  it("takes a pre-image whole that does not say who owned what, without what the server wrote", () => {
    const service: JsonObject = {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "s",
        namespace: "shop",
        labels: { [APPLYSET.partOf]: setId },
        annotations: { x: "y" },
      },
      spec: {
        type: "NodePort",
        clusterIP: "10.96.7.7",
        clusterIPs: ["10.96.7.7"],
        ports: [{ port: 80, nodePort: 30123 }],
        selector: { app: "web" },
      },
    };
    const was: JsonObject = {
      ...alive(service, [], {
        deletionTimestamp: "2026-01-01T00:00:00Z",
        deletionGracePeriodSeconds: 0,
        annotations: { x: "y", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
        ownerReferences: [],
        selfLink: "/x",
      }),
      status: { loadBalancer: {} },
    };
    const deleting = buildPlan(
      clusterInput([], clusterOf([observed(service, was, null)]), { deletions: [objectKey(service)] }),
    );
    const undo = undoClusterRequest(deleting, images(was));
    expect(undo.objects).toEqual([
      {
        ...service,
        spec: { type: "NodePort", ports: [{ port: 80 }], selector: { app: "web" } },
      },
    ]);
    expect(undo.intent).toMatchObject({ source: "objects", objects: [{ key: objectKey(service) }] });
  });

  it("refuses without the pre-image of a change, and a plan for a repository", () => {
    const missing = "JOURNAL_INVALID: there is no pre-image of ConfigMap shop/a";
    expect(refusal(() => undoClusterRequest(update, new Map()))).toBe(missing);
    expect(refusal(() => undoClusterRequest(update, new Map([[identity(objectKey(a)), null]])))).toBe(
      missing,
    );
    expect(
      refusal(() => undoClusterRequest(update, new Map([[identity(objectKey(a)), alive(configMap("b"))]]))),
    ).toBe(missing);
    expect(refusal(() => undoClusterRequest(buildPlan(inputFor([a])), new Map()))).toBe(
      "TARGET_INVALID: the plan is for the repository /srv/gitops, not for a cluster",
    );
  });

  it("says when what it deletes is no longer marked as ours", () => {
    const created = buildPlan(creating([a]));
    const undo = undoClusterRequest(created, new Map());
    const plan: Plan = buildPlan(clusterInput([], clusterOf([observed(a, alive(a), null)]), undo));
    expect(plan.findings.map(({ code }) => code)).toEqual(["cluster/not-ours"]);
  });

  it("puts no Secret's values into a plan", () => {
    const secret: JsonObject = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "shop" },
      data: { p: "czNjcmV0" },
    };
    const was = alive(one(secret));
    const deleting = buildPlan(
      clusterInput([], clusterOf([observed(secret, was, null)]), { deletions: [objectKey(secret)] }),
    );
    const undo = undoClusterRequest(deleting, images(was));
    expect(
      refusal(() => buildPlan(clusterInput([], clusterOf([observed(secret, null, was)]), undo))),
    ).toContain("INPUT_SECRET_DATA");
  });
});
