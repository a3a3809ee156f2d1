import { describe, expect, test } from "vitest";
import { listShape } from "./list-keys.ts";

const deployment = { group: "apps", version: "v1", kind: "Deployment" };
const pod = ["spec", "template", "spec"] as const;

describe("structured-merge keys", () => {
  test("lists matched by name", () => {
    const named = { type: "map", keys: ["name"] };
    expect(listShape(deployment, [...pod, "containers"])).toEqual(named);
    expect(listShape(deployment, [...pod, "containers", 0, "env"])).toEqual(named);
    expect(listShape(deployment, [...pod, "ephemeralContainers", 3, "env"])).toEqual(named);
    expect(listShape(deployment, [...pod, "volumes"])).toEqual(named);
  });

  test("indices are ignored, also when the path leaves them out", () => {
    expect(listShape(deployment, [...pod, "containers", "env"])).toEqual({ type: "map", keys: ["name"] });
  });

  test("several keys, with the default of a key that may be left out", () => {
    const protocol = { protocol: "TCP" };
    expect(listShape(deployment, [...pod, "containers", 0, "ports"])).toEqual({
      type: "map",
      keys: ["containerPort", "protocol"],
      defaults: protocol,
    });
    expect(listShape({ group: "", version: "v1", kind: "Service" }, ["spec", "ports"])).toEqual({
      type: "map",
      keys: ["port", "protocol"],
      defaults: protocol,
    });
  });

  test("the older marks count: patch-strategy without a key is a set", () => {
    expect(listShape(deployment, ["metadata", "finalizers"])).toEqual({ type: "set" });
    expect(listShape(deployment, ["metadata", "ownerReferences"])).toEqual({ type: "map", keys: ["uid"] });
  });

  test("everything else is atomic", () => {
    expect(listShape(deployment, [...pod, "containers", 0, "args"])).toEqual({ type: "atomic" });
    expect(
      listShape({ group: "networking.k8s.io", version: "v1", kind: "Ingress" }, ["spec", "rules"]),
    ).toEqual({
      type: "atomic",
    });
    expect(
      listShape({ group: "rbac.authorization.k8s.io", version: "v1", kind: "Role" }, ["rules", 0, "verbs"]),
    ).toEqual({ type: "atomic" });
  });

  test("a shape that changed is told by minor", () => {
    const claim = { group: "resource.k8s.io", version: "v1beta1", kind: "ResourceClaim" };
    const old = { type: "map", keys: ["driver", "device", "pool"] };
    const now = { type: "map", keys: ["driver", "device", "pool", "shareID"] };
    expect(listShape(claim, ["status", "devices"])).toEqual(now);
    expect(listShape(claim, ["status", "devices"], 34)).toEqual(now);
    expect(listShape(claim, ["status", "devices"], 33)).toEqual(old);
  });

  test("types that hold themselves end where the path ends", () => {
    const crd = { group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition" };
    const schema = ["spec", "versions", 0, "schema", "openAPIV3Schema"];
    expect(listShape(crd, [...schema, "properties", "a", "properties", "b", "required"])).toEqual({
      type: "atomic",
    });
  });

  test("unknown kinds, unknown fields and what is no list have no shape", () => {
    expect(
      listShape({ group: "argoproj.io", version: "v1alpha1", kind: "Application" }, ["spec"]),
    ).toBeUndefined();
    expect(listShape(deployment, ["spec"])).toBeUndefined();
    expect(listShape(deployment, [])).toBeUndefined();
    expect(listShape(deployment, [...pod, "containers", 0])).toBeUndefined();
    expect(listShape(deployment, [...pod, "containers", 0, "args", 0])).toBeUndefined();
    expect(listShape(deployment, ["spec", "nothing"])).toBeUndefined();
    expect(listShape(deployment, ["constructor"])).toBeUndefined();
    expect(listShape(deployment, ["__proto__", "containers"])).toBeUndefined();
    expect(listShape({ group: "", version: "", kind: "__proto__" }, ["spec"])).toBeUndefined();
  });
});
