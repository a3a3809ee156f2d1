import { describe, expect, test } from "vitest";
import { rows } from "./catalogue.generated.ts";
import { LATEST_MINOR, resourceOf, SUPPORTED_MINORS, scopeOf, versionsOf } from "./catalogue.ts";

describe("the API catalogue", () => {
  test("covers 1.31 to 1.37", () => {
    expect(SUPPORTED_MINORS).toEqual([31, 32, 33, 34, 35, 36, 37]);
    expect(LATEST_MINOR).toBe(37);
  });

  test("gives name, scope and minors of a stable resource", () => {
    expect(resourceOf({ group: "apps", version: "v1", kind: "Deployment" })).toEqual({
      group: "apps",
      version: "v1",
      kind: "Deployment",
      plural: "deployments",
      namespaced: true,
      minors: [31, 32, 33, 34, 35, 36, 37],
      offByDefault: [],
      verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    });
    expect(resourceOf({ group: "", version: "v1", kind: "Namespace" })?.namespaced).toBe(false);
  });

  test("a beta version is off by default, but for the ones that came before KEP-3136", () => {
    const beta = resourceOf({ group: "networking.k8s.io", version: "v1beta1", kind: "ServiceCIDR" });
    expect([beta?.minors, beta?.offByDefault]).toEqual([[], [31, 32, 33, 34, 35, 36]]);
    const legacy = resourceOf({
      group: "flowcontrol.apiserver.k8s.io",
      version: "v1beta3",
      kind: "FlowSchema",
    });
    expect([legacy?.minors, legacy?.offByDefault]).toEqual([[31], []]);
  });

  test("a version that came later is not served before", () => {
    const policy = resourceOf({
      group: "admissionregistration.k8s.io",
      version: "v1",
      kind: "MutatingAdmissionPolicy",
    });
    expect(policy?.minors).toEqual([36, 37]);
  });

  test("lists versions in Kubernetes' order", () => {
    expect(versionsOf("resource.k8s.io", "ResourceClaim").map((type) => type.version)).toEqual([
      "v1",
      "v1beta2",
      "v1beta1",
      "v1alpha3",
    ]);
    expect(versionsOf("autoscaling", "HorizontalPodAutoscaler").map((type) => type.version)).toEqual([
      "v2",
      "v1",
    ]);
  });

  test("knows nothing of foreign, removed and hostile names", () => {
    expect(resourceOf({ group: "extensions", version: "v1beta1", kind: "Ingress" })).toBeUndefined();
    expect(resourceOf({ group: "apps", version: "v1", kind: "deployment" })).toBeUndefined();
    expect(resourceOf({ group: "", version: "v1", kind: "__proto__" })).toBeUndefined();
    expect(versionsOf("cert-manager.io", "Certificate")).toEqual([]);
    expect(scopeOf("__proto__", "constructor")).toBeUndefined();
  });

  test("scope depends on the kind alone, and every row is served by some minor", () => {
    for (const [group, version, kind, , namespaced, served, optional] of rows) {
      expect(scopeOf(group, kind), `${group}/${version} ${kind}`).toBe(namespaced ? "namespaced" : "cluster");
      expect(served | optional, `${group}/${version} ${kind}`).toBeGreaterThan(0);
    }
    expect(scopeOf("", "Pod")).toBe("namespaced");
    expect(scopeOf("rbac.authorization.k8s.io", "ClusterRole")).toBe("cluster");
  });
});
