import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";
import { buildPlan } from "../build-plan.ts";
import { APPLYSET } from "../change/applyset.ts";
import { alive, clusterInput, clusterOf, observed, owning, setId } from "../testing/cluster-fixtures.ts";
import { configMap } from "../testing/fixtures.ts";
import type { Plan } from "../plan.ts";

const found = (plan: Plan, code: string): readonly string[] =>
  plan.findings.filter((each) => each.code === code).map(({ severity, path }) => `${severity} ${path ?? ""}`);

describe("what only a cluster knows", () => {
  const next = configMap("a", { a: "1", c: "3" });
  const over = (entries: readonly JsonObject[]): Plan => {
    const live = alive(configMap("a", { a: "1", b: "2" }), entries);
    return buildPlan(
      clusterInput([next], clusterOf([observed(next, live, { ...live, data: { a: "1", b: "2", c: "3" } })])),
    );
  };

  it("pitfall 3: a field of a client-side apply that the request leaves out stays, and that is told", () => {
    const clientSide = owning(configMap("a", { a: "1", b: "2" }), "kubectl-client-side-apply", "Update");
    expect(found(over([clientSide]), "cluster/kept-field")).toEqual(["warning data.b"]);
    // Another manager's own fields are nobody's surprise, and what it shares with us is told as its part.
    expect(found(over([owning(configMap("a", { b: "2" }), "tool-a")]), "cluster/kept-field")).toEqual([]);
    const both = owning(configMap("a", { a: "1" }), "kubectl-client-side-apply", "Update");
    expect(found(over([both]), "cluster/kept-field")).toEqual([]);
  });

  it("K17 a path in a kind that nobody knows names the keys of an item, not their values", () => {
    const widget = (spec: JsonObject): JsonObject => ({
      apiVersion: "example.org/v1",
      kind: "Widget",
      metadata: { name: "w", namespace: "shop" },
      spec,
    });
    const was = widget({ size: "1", tokens: [{ token: "live-secret", use: "a" }] });
    const fieldsV1 = {
      "f:spec": { "f:tokens": { 'k:{"token":"live-secret"}': { ".": {}, "f:token": {}, "f:use": {} } } },
    };
    const entry = { manager: "kubectl-client-side-apply", operation: "Update", apiVersion: "v1", fieldsV1 };
    const desired = widget({ size: "2" });
    const live = alive(was, [entry]);
    const plan = buildPlan(
      clusterInput([desired], clusterOf([observed(desired, live, { ...live, spec: { size: "2" } })])),
    );
    expect(found(plan, "cluster/kept-field")).toEqual(["warning spec.tokens[token=?].use"]);
    expect(JSON.stringify(plan)).not.toContain("live-secret");
  });

  it("K7 an object of another set is not taken over, although its writer has our name", () => {
    const desired = configMap("a", { a: "1" });
    const plan = (set: string): Plan => {
      const was = configMap("a", { a: "0" }, { labels: { [APPLYSET.partOf]: set } });
      const live = alive(was, [owning(was)]);
      return buildPlan(
        clusterInput([desired], clusterOf([observed(desired, live, { ...live, data: { a: "1" } })])),
      );
    };
    expect(found(plan(setId), "cluster/other-set")).toEqual([]);
    const taken = plan("applyset-of-another-team-v1");
    expect(found(taken, "cluster/other-set")).toEqual([
      'error metadata.labels["applyset.kubernetes.io/part-of"]',
    ]);
    expect(taken.verdict.reasons.map(({ message }) => message)).toContain(
      "ConfigMap shop/a: is a member of another set, which another inventory or tool keeps: it is not taken over [cluster/other-set]",
    );
  });

  it.each([
    [33, ["warning "]],
    [34, []],
  ])(
    "pitfall 29: a Namespace that goes on Kubernetes 1.%d may lose its policies before its Pods",
    (minor, told) => {
      const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
      const plan = buildPlan(
        clusterInput([], clusterOf([observed(namespace, alive(namespace), null)], [], { minor }), {
          deletions: [objectKey(namespace)],
          minor,
          request: { text: "undo", inputs: [], undoes: `sha256:${"0".repeat(64)}` as Plan["digest"] },
        }),
      );
      expect(found(plan, "cluster/namespace-order")).toEqual(told);
    },
  );
});
