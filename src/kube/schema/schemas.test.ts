import { describe, expect, it } from "vitest";
import { findResources } from "../catalogue/find-resource.ts";
import { nearestName } from "../nearest-name.ts";
import { descriptions } from "./descriptions.generated.ts";
import { explainNative } from "./explain-native.ts";
import { explainOpenApi } from "./explain-openapi.ts";
import { badBase64, isDuration, isTime } from "./scalar-text.ts";
import { goText, type StructType } from "./schema-type.ts";
import { componentFileKinds, componentSchemaOf, minorsOfField, schemaOf } from "./schemas.ts";

const pod = (minor: number): StructType => {
  const schema = schemaOf({ group: "", version: "v1", kind: "Pod" }, minor);
  if (schema === undefined) throw new Error("no schema of Pod");
  return schema;
};
function inner(type: StructType, name: string): StructType {
  const field = type.fields.get(name)?.type();
  const found = field?.shape === "list" ? field.item : field;
  if (found?.shape !== "struct") throw new Error(`${name} is no struct`);
  return found;
}

describe("schemaOf", () => {
  it("gives the fields of the minor, once each", () => {
    expect(inner(pod(33), "spec").fields.has("hostnameOverride")).toBe(false);
    expect(inner(pod(34), "spec").fields.has("hostnameOverride")).toBe(true);
    expect(minorsOfField(inner(pod(37), "spec").definition, "hostnameOverride")).toEqual([34, 35, 36, 37]);
    expect(minorsOfField(inner(pod(37), "spec").definition, "noSuchField")).toEqual([]);
    expect(schemaOf({ group: "", version: "v1", kind: "Pod" }, 34)).toBe(pod(34));
  });

  it("knows nothing of custom resources and of names of every object", () => {
    expect(schemaOf({ group: "example.com", version: "v1", kind: "Thing" }, 37)).toBeUndefined();
    expect(schemaOf({ group: "", version: "v1", kind: "__proto__" }, 37)).toBeUndefined();
  });

  it("takes the nearest minor for a version that is not served", () => {
    const key = { group: "networking.k8s.io", version: "v1beta1", kind: "IPAddress" };
    expect([...(schemaOf(key, 37)?.fields.keys() ?? [])]).toContain("spec");
  });

  it("has gates that are off, and Go's names of types", () => {
    const spec = inner(pod(34), "spec");
    expect(spec.fields.get("hostnameOverride")?.offGates).toEqual(["HostnameOverride"]);
    expect(inner(pod(35), "spec").fields.get("hostnameOverride")?.offGates).toEqual([]);
    const containers = spec.fields.get("containers")?.type();
    expect(containers && goText(containers)).toBe("[]v1.Container");
    const limits = inner(inner(spec, "containers"), "resources").fields.get("limits")?.type();
    expect(limits && goText(limits)).toBe("v1.ResourceList");
  });

  it("has the files of components", () => {
    expect(componentFileKinds()).toContain("kubelet.config.k8s.io/v1beta1/KubeletConfiguration");
    expect(
      componentSchemaOf({ group: "audit.k8s.io", version: "v1", kind: "Policy" }, 37)?.fields.has("rules"),
    ).toBe(true);
  });
});

describe("findResources", () => {
  const found = (word: string) =>
    findResources(word).map(([type]) => `${type?.group}/${type?.version}/${type?.kind}`);
  it.each([
    ["deploy", ["apps/v1/Deployment"]],
    ["Deployments", ["apps/v1/Deployment"]],
    ["deployments.apps", ["apps/v1/Deployment"]],
    ["deployments.v1.apps", ["apps/v1/Deployment"]],
    ["deployments.v2.apps", []],
    ["events", ["/v1/Event", "events.k8s.io/v1/Event"]],
    ["events.events.k8s.io", ["events.k8s.io/v1/Event"]],
    ["constructor", []],
    ["", []],
  ])("%s", (word, kinds) => {
    expect(found(word)).toEqual(kinds);
  });
});

describe("nearestName", () => {
  it.each([
    ["Replicas", "replicas"],
    ["replica", "replicas"],
    ["repilcas", "replicas"],
    ["image-pull-policy", "imagePullPolicy"],
    ["x", undefined],
    ["", undefined],
    ["somethingElse", undefined],
  ])("%s", (name, meant) => {
    expect(nearestName(name, ["replicas", "imagePullPolicy", "selector"])).toBe(meant);
  });

  it("does not compare long names", () => {
    expect(nearestName("a".repeat(100_000), ["a".repeat(99_999)])).toBeUndefined();
  });
});

describe("scalar texts", () => {
  it.each([
    ["2026-02-28T12:00:00Z", true],
    ["2026-02-29T12:00:00Z", false],
    ["2024-02-29T12:00:00+02:00", true],
    ["2026-04-31T12:00:00Z", false],
    ["2026-01-01T24:00:00Z", false],
    ["2026-01-01T9:00:00Z", true],
    ["2026-01-01T09:00:00.123456789Z", true],
    ["2026-01-01 09:00:00Z", false],
    ["2026-01-01T09:00:00", false],
    ["", false],
  ])("time %s: %s", (text, good) => {
    expect(isTime(text)).toBe(good);
  });

  it("a MicroTime has six digits", () => {
    expect(isTime("2026-01-01T09:00:00.123456Z", true)).toBe(true);
    expect(isTime("2026-01-01T09:00:00.123Z", true)).toBe(false);
    expect(isTime("2026-01-01T09:00:00Z", true)).toBe(false);
  });

  it.each([
    ["1h30m", true],
    ["0", true],
    ["-1.5s", true],
    [".5ms", true],
    ["1", false],
    ["", false],
    ["1d", false],
    [".s", false],
  ])("duration %s: %s", (text, good) => {
    expect(isDuration(text)).toBe(good);
  });

  it.each([
    ["", undefined],
    ["YQ==", undefined],
    ["YWI=", undefined],
    ["YWJj", undefined],
    ["YW\nJj", undefined],
    ["YQ", 2],
    ["YQ=", 2],
    ["Y===", 1],
    ["YWJj%", 4],
    ["YW=Jj", 2],
  ])("base64 %j: %s", (text, at) => {
    expect(badBase64(text)).toBe(at);
  });
});

describe("explaining", () => {
  it("a native field", () => {
    const spec = explainNative(pod(34), descriptions)
      .fields()
      .find(({ name }) => name === "spec");
    const field = spec?.is.fields().find(({ name }) => name === "dnsPolicy");
    expect(field?.is.type).toBe("string");
    expect(field?.is.values).toEqual(["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]);
    expect(field?.is.description).toMatch(/^Set DNS policy for the pod\. /);
    const containers = spec?.is.fields().find(({ name }) => name === "containers");
    expect([containers?.required, containers?.is.type, containers?.is.facts]).toEqual([
      true,
      "[]Container",
      ["items are told apart by name"],
    ]);
  });

  it("the schema of a custom resource, also a hostile one", () => {
    const explained = explainOpenApi({
      type: "object",
      required: ["size"],
      properties: {
        size: { type: "integer", format: "int32", minimum: 1, default: 3 },
        kind: { enum: ["a", 1] },
        parts: { type: "array", items: { type: "object", properties: { name: { type: "string" } } } },
        odd: 7,
      },
    });
    expect(
      explained.fields().map(({ name, required, is }) => [name, required, is.type, is.facts, is.values]),
    ).toEqual([
      ["kind", false, "anything", [], ["a", "1"]],
      ["parts", false, "[]object", [], []],
      ["size", true, "int32", ["default: 3", "at least: 1", "format: int32"], []],
    ]);
    const parts = explained.fields().find(({ name }) => name === "parts");
    expect(parts?.is.fields().map(({ name }) => name)).toEqual(["name"]);
    expect(explainOpenApi({ properties: [], items: 3, enum: "x" }).fields()).toEqual([]);
  });
});
