import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { observeCluster } from "../../src/apply/cluster/observe/observe-cluster.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { identity, objectKey } from "../../src/kube/object-key.ts";
import type { ClusterState, LiveObject } from "../../src/plan/cluster-state.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { pinOfPlane, plannerOf } from "../support/cluster/connect.ts";
import { customDefinition } from "../support/custom-definition.ts";
import { leftOut } from "../support/suites.ts";
import { untilAllowed } from "../support/cluster/allowed.ts";
import { until } from "../support/until.ts";

const missing = controlPlaneMissing !== undefined && leftOut("observing a cluster", controlPlaneMissing);

describe.skipIf(missing)("observing a cluster", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await controlPlane({ components: "api" });
    await plane.admin("POST", "/api/v1/namespaces", namespace("shop"));
  });
  afterAll(() => plane?.stop());

  const observe = async (
    objects: readonly JsonObject[],
    options: { deletions?: Parameters<typeof observeCluster>[0]["deletions"]; user?: string } = {},
  ): Promise<ClusterState> => {
    const reader = await plannerOf(plane, options.user);
    try {
      return await observeCluster({
        reader,
        name: "dev",
        pin: await pinOfPlane(plane),
        objects,
        deletions: options.deletions ?? [],
      });
    } finally {
      reader.close();
    }
  };
  const one = async (object: JsonObject, user?: string): Promise<LiveObject> => {
    const state = await observe([object], user === undefined ? {} : { user });
    const found = state.objects.get(identity(objectKey(object)));
    if (found === undefined) throw new Error("it was not observed");
    return found;
  };

  it("gives the version, the merged result of a create, and what lies around", async () => {
    const state = await observe([configMap("web")]);
    expect(state.serverVersion).toMatch(/^v1\.37\./);
    expect(state.minor).toBe(37);
    const found = state.objects.get("/ConfigMap/shop/web");
    expect(found).toMatchObject({
      resource: "configmaps",
      namespaced: true,
      live: null,
      merged: { kind: "ConfigMap", data: { key: "1" } },
      notDryRun: null,
      refusal: null,
      conflicts: [],
      access: [
        { verb: "create", allowed: true },
        { verb: "patch", allowed: true },
      ],
    });
    expect(state.surroundings.map(({ kind }) => kind)).toContain("Namespace");
    expect((await plane.admin("GET", "/api/v1/namespaces/shop/configmaps/web")).status).toBe(404);
  });

  it("sees nothing change where nothing changes, and stores nothing", async () => {
    await plane.admin(
      "PATCH",
      "/api/v1/namespaces/shop/configmaps/kept?fieldManager=kubeops",
      configMap("kept"),
    );
    const first = await observe([configMap("kept", "2"), configMap("new")]);
    const second = await observe([configMap("kept", "2"), configMap("new")]);
    expect([...second.objects.values()].map(({ live }) => live)).toEqual(
      [...first.objects.values()].map(({ live }) => live),
    );
    expect(second.surroundings).toEqual(first.surroundings);
    expect(first.objects.get("/ConfigMap/shop/kept")).toMatchObject({
      live: { data: { key: "1" } },
      merged: { data: { key: "2" } },
      access: [{ verb: "patch", allowed: true }],
    });
  });

  it("leaves the dry run of what comes with the plan to apply, and says why", async () => {
    const objects = [
      namespace("fresh"),
      { ...configMap("inner"), metadata: { name: "inner", namespace: "fresh" } },
      widgets,
      { apiVersion: "example.org/v1", kind: "Widget", metadata: { name: "w", namespace: "shop" }, spec: {} },
    ];
    const state = await observe(objects);
    expect(state.objects.get("/ConfigMap/fresh/inner")).toMatchObject({
      live: null,
      merged: null,
      refusal: null,
      notDryRun: "its namespace fresh comes with this plan",
    });
    expect(state.objects.get("example.org/Widget/shop/w")).toMatchObject({
      resource: "widgets",
      namespaced: true,
      notDryRun: "its kind Widget.example.org comes with this plan",
    });
    expect(state.objects.get("/Namespace//fresh")?.merged).not.toBeNull();
  });

  it("says which kinds are not served, and what is served instead", async () => {
    const unknown = {
      apiVersion: "example.com/v1",
      kind: "Nothing",
      metadata: { name: "n", namespace: "shop" },
    };
    expect((await one(unknown)).refusal).toBe(
      "the API server does not serve example.com/v1 Nothing: its CustomResourceDefinition is not there, or the server is too old or too new for it",
    );
    const old = {
      apiVersion: "apps/v1beta1",
      kind: "Deployment",
      metadata: { name: "n", namespace: "shop" },
    };
    expect((await one(old)).refusal).toBe(
      "the API server does not serve apps/v1beta1 Deployment; it serves v1 of it",
    );
    expect((await one({ ...configMap("x"), metadata: { name: "x" } })).refusal).toBe(
      "ConfigMap x lies in a namespace, and names none",
    );
    expect((await one({ ...namespace("x"), metadata: { name: "x", namespace: "shop" } })).refusal).toBe(
      "Namespace x lies in no namespace, and names shop",
    );
    expect((await one({ ...configMap("x"), metadata: { name: "..", namespace: "shop" } })).refusal).toBe(
      'this is no name of an object: ".."',
    );
    expect(
      (await one({ ...configMap("x"), metadata: { name: "x", namespace: "shop", uid: "1" } })).refusal,
    ).toBe("metadata.uid is not a planner's to set");
  });

  it("names the other manager and the field of a conflict, and forces nothing", async () => {
    await plane.admin(
      "PATCH",
      "/api/v1/namespaces/shop/configmaps/theirs?fieldManager=tool-a",
      configMap("theirs"),
    );
    const found = await one(configMap("theirs", "2"));
    expect(found).toMatchObject({
      merged: null,
      refusal: null,
      conflicts: [{ manager: "tool-a", path: ".data.key" }],
    });
    // The same value makes us a co-owner: no conflict.
    expect(await one(configMap("theirs"))).toMatchObject({ conflicts: [], merged: { data: { key: "1" } } });
  });

  it("takes a refusal of the server for a fact about the object, without its values", async () => {
    const found = await one(deployment({ replicas: "many-secret" }));
    expect(found.refusal).toContain("spec.replicas must be a number");
    expect(found.refusal).not.toContain("many-secret");
    expect((await one({ ...configMap("x"), metadata: { name: "x", namespace: "nowhere" } })).refusal).toBe(
      "the namespace of the dry run of the apply of configmaps nowhere/x does not exist",
    );
  });

  it("does not dry-run what the credentials may not write, and says for each verb what they may", async () => {
    await plane.admin("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "look" },
      rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "create"] }],
    });
    await plane.admin("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "look" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "look" },
      subjects: [{ kind: "User", name: "planner", apiGroup: "rbac.authorization.k8s.io" }],
    });
    await untilAllowed(plane, "planner", { verb: "create", resource: "configmaps", namespace: "shop" });
    // Server-side apply creates with patch and create together: either alone is too little.
    expect(await one(configMap("web"), "planner")).toMatchObject({
      merged: null,
      refusal: null,
      notDryRun: "the planner may not write it, so the server's dry run waits for apply",
      access: [
        { verb: "create", allowed: true },
        { verb: "patch", allowed: false },
      ],
    });
  });

  it("looks at deletions: what stands there, whether it may be deleted, what is gone already", async () => {
    await plane.admin("POST", "/api/v1/namespaces/shop/configmaps", {
      ...configMap("old"),
      metadata: { name: "old", namespace: "shop", finalizers: ["example.org/wait"] },
    });
    const key = objectKey(configMap("old"));
    const deletions = [key, { ...key, name: "never" }];
    const before = await observe([], { deletions });
    expect(before.objects.get("/ConfigMap/shop/old")).toMatchObject({
      live: { data: { key: "1" } },
      merged: null,
      access: [{ verb: "delete", allowed: true }],
    });
    expect(before.objects.get("/ConfigMap/shop/never")).toMatchObject({ live: null, refusal: null });
    await plane.admin("DELETE", "/api/v1/namespaces/shop/configmaps/old");
    const after = await observe([configMap("old")]);
    expect(after.objects.get("/ConfigMap/shop/old")?.refusal).toBe("it is being deleted");
  });

  it("shows what an admission policy denies, and that a namespace goes away, before anybody approves", async () => {
    await plane.admin("POST", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "no-forbidden" },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] },
          ],
        },
        validations: [
          {
            expression: 'object.metadata.name != "forbidden"',
            messageExpression: '"value " + object.data.key',
          },
        ],
      },
    });
    await plane.admin("POST", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings", {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: "no-forbidden" },
      spec: { policyName: "no-forbidden", validationActions: ["Deny"] },
    });
    const refusal = await until("the policy is in force", async () => {
      return (await one(configMap("forbidden", "hunter2"))).refusal ?? false;
    });
    expect(refusal).toBe(
      "the API server refuses the dry run of the apply of configmaps shop/forbidden: ValidatingAdmissionPolicy no-forbidden (binding no-forbidden) denies it",
    );
    await plane.admin("POST", "/api/v1/namespaces", namespace("going"));
    await plane.admin("DELETE", "/api/v1/namespaces/going");
    const inner = { ...configMap("x"), metadata: { name: "x", namespace: "going" } };
    expect((await one(inner)).refusal).toBe(
      "the API server refuses the dry run of the apply of configmaps going/x: its namespace is being deleted",
    );
  });

  it("never reads a Secret or a ConfigMap that the plan does not touch", async () => {
    const before = plane.auditLog().length;
    await observe([
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "s", namespace: "shop" },
        spec: { ports: [{ port: 80 }] },
      },
    ]);
    const seen = plane.auditLog().slice(before) as { requestURI?: string }[];
    expect(seen.filter(({ requestURI }) => /secrets|configmaps/.test(requestURI ?? ""))).toEqual([]);
  });
});

const widgets = customDefinition("example.org", "Widget", {});

function deployment(spec: JsonObject): JsonObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop" },
    spec: {
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: { containers: [{ name: "c", image: "nginx" }] },
      },
      ...spec,
    },
  };
}

function namespace(name: string): JsonObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}
function configMap(name: string, value = "1"): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data: { key: value } };
}
