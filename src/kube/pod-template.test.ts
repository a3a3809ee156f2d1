import { assert, constantFrom, jsonValue, property } from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "./json.ts";
import { containersOf, podTemplateOf, serviceAccountOf } from "./pod-template.ts";

const pod = {
  metadata: { labels: { app: "web" }, annotations: { note: "x" } },
  spec: { containers: [{ name: "a" }] },
};

function wrap(apiVersion: string, kind: string, path: readonly string[]): JsonObject {
  let value: JsonObject = pod;
  for (const step of path.toReversed()) value = { [step]: value };
  return { ...value, apiVersion, kind };
}

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ["v1", "Pod", []],
  ["v1", "PodTemplate", ["template"]],
  ["v1", "ReplicationController", ["spec", "template"]],
  ["apps/v1", "ReplicaSet", ["spec", "template"]],
  ["apps/v1", "Deployment", ["spec", "template"]],
  ["apps/v1beta2", "Deployment", ["spec", "template"]],
  ["apps/v1", "StatefulSet", ["spec", "template"]],
  ["apps/v1", "DaemonSet", ["spec", "template"]],
  ["batch/v1", "Job", ["spec", "template"]],
  ["batch/v1", "CronJob", ["spec", "jobTemplate", "spec", "template"]],
];

describe("podTemplateOf", () => {
  test.each(cases)("%s %s", (apiVersion, kind, path) => {
    const template = podTemplateOf(wrap(apiVersion, kind, path));
    expect(template?.path).toEqual(path);
    expect(template?.spec).toEqual(pod.spec);
    expect({ ...template?.labels }).toEqual({ app: "web" });
    expect({ ...template?.annotations }).toEqual({ note: "x" });
  });

  test("kinds of other groups and kinds without Pods have none", () => {
    expect(podTemplateOf(wrap("example.com/v1", "Deployment", ["spec", "template"]))).toBeUndefined();
    expect(podTemplateOf({ apiVersion: "v1", kind: "ConfigMap", spec: {} })).toBeUndefined();
    expect(podTemplateOf({ apiVersion: "v1", kind: "__proto__" })).toBeUndefined();
    expect(podTemplateOf({})).toBeUndefined();
  });

  test("labels and annotations that are no text are left out, and no key reaches a prototype", () => {
    const metadata = JSON.parse(
      '{"labels":{"a":1,"b":"x","__proto__":"y"},"annotations":["z"]}',
    ) as JsonObject;
    const template = podTemplateOf({ apiVersion: "v1", kind: "Pod", metadata, spec: {} });
    expect(Object.entries(template?.labels ?? {})).toEqual([
      ["b", "x"],
      ["__proto__", "y"],
    ]);
    expect(template?.labels["constructor"]).toBeUndefined();
    expect(Object.keys(template?.annotations ?? {})).toEqual([]);
  });

  test("no shape of object throws", () => {
    const kinds = cases.map(([apiVersion, kind]) => ({ apiVersion, kind }));
    assert(
      property(constantFrom(...kinds), jsonValue(), jsonValue(), (kind, spec, metadata) => {
        const template = podTemplateOf({ ...kind, spec, template: spec, metadata } as JsonObject);
        if (template !== undefined) containersOf(template.spec);
      }),
    );
  });
});

describe("containersOf", () => {
  test("gives all three lists in the order of admission, with paths", () => {
    expect(
      containersOf({
        ephemeralContainers: [{ name: "c" }],
        containers: [{ name: "b" }, "no mapping"],
        initContainers: [null, { name: "a" }],
      }),
    ).toEqual([
      { role: "init", path: ["initContainers", 1], container: { name: "a" } },
      { role: "container", path: ["containers", 0], container: { name: "b" } },
      { role: "ephemeral", path: ["ephemeralContainers", 0], container: { name: "c" } },
    ]);
    expect(containersOf({ containers: { 0: { name: "a" } } })).toEqual([]);
  });
});

describe("serviceAccountOf", () => {
  test.each([
    [{}, "default", "serviceAccountName"],
    [{ serviceAccountName: "a", serviceAccount: "b" }, "a", "serviceAccountName"],
    [{ serviceAccount: "b" }, "b", "serviceAccount"],
    [{ serviceAccountName: "", serviceAccount: "b" }, "b", "serviceAccount"],
    [{ serviceAccountName: null, serviceAccount: "b" }, "b", "serviceAccount"],
    [{ serviceAccount: "" }, "default", "serviceAccountName"],
    [{ serviceAccountName: 5 }, "default", "serviceAccountName"],
  ])("%j is %s by %s", (spec, name, field) => {
    expect(serviceAccountOf(spec as JsonObject)).toEqual({ name, field });
  });
});
