import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../kube/json.ts";
import { configMap } from "../testing/fixtures.ts";
import { conflictPath } from "./conflict-path.ts";
import { appliedBy, extracted, managedEntries, sharedPaths } from "./managed-fields.ts";

const fields: JsonObject = {
  "f:metadata": { "f:annotations": { ".": {}, "f:a.b/c": {} }, "f:finalizers": { ".": {}, 'v:"x/y"': {} } },
  "f:spec": {
    "f:replicas": {},
    "f:selector": {},
    "f:template": {
      "f:spec": {
        "f:containers": {
          'k:{"name":"web"}': {
            ".": {},
            "f:name": {},
            "f:image": {},
            "f:ports": {
              ".": {},
              'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} },
            },
          },
        },
      },
    },
  },
};
const live: JsonObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name: "web",
    namespace: "shop",
    labels: { other: "1" },
    annotations: { "a.b/c": "1", d: "2" },
    finalizers: ["x/y", "z/z"],
    managedFields: [{ manager: "m", operation: "Apply", fieldsType: "FieldsV1", fieldsV1: fields }],
  },
  spec: {
    replicas: 3,
    paused: true,
    selector: { matchLabels: { app: "web" } },
    template: {
      spec: {
        containers: [
          { name: "side", image: "s:1" },
          {
            name: "web",
            image: "w:1",
            imagePullPolicy: "Always",
            ports: [
              { containerPort: 80, protocol: "TCP" },
              { containerPort: 81, protocol: "TCP" },
            ],
          },
        ],
      },
    },
  },
};

describe("the fields of a manager", () => {
  it("are those that an object says as well, without keys of items and values of sets", () => {
    expect(sharedPaths(fields, live)).toEqual([
      'metadata.annotations["a.b/c"]',
      "metadata.finalizers",
      "spec.replicas",
      "spec.selector",
      "spec.template.spec.containers[name=web].image",
    ]);
    expect(
      sharedPaths(fields, { spec: { template: { spec: { containers: [{ name: "other", image: "x" }] } } } }),
    ).toEqual([]);
    expect(sharedPaths(fields, { spec: "x", metadata: [] })).toEqual([]);
  });
  it("are extracted as what the manager applied", () => {
    expect(appliedBy("m", live)).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "shop", annotations: { "a.b/c": "1" }, finalizers: ["x/y"] },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: "web" } },
        template: {
          spec: {
            containers: [{ name: "web", image: "w:1", ports: [{ containerPort: 80 }] }],
          },
        },
      },
    });
    expect(appliedBy("other", live)).toBeNull();
    expect(extracted({ "f:a": {} }, { b: 1 })).toBeUndefined();
    expect(extracted({ 'k:{"name":"x"}': { ".": {} } }, [{ name: "x", image: "i" }])).toEqual([
      { name: "x" },
    ]);
  });
  it("are of an Apply on the object itself, not of an Update or a subresource", () => {
    const entry = (more: JsonObject): JsonObject => ({
      ...live,
      metadata: {
        ...(live["metadata"] as JsonObject),
        managedFields: [{ manager: "m", operation: "Apply", fieldsV1: fields, ...more }],
      },
    });
    expect(appliedBy("m", entry({ operation: "Update" }))).toBeNull();
    expect(appliedBy("m", entry({ subresource: "status" }))).toBeNull();
  });
  it("bear what is no entry at all", () => {
    for (const managedFields of [
      null,
      "x",
      {},
      [
        null,
        1,
        {},
        { fieldsV1: [] },
        { manager: 1, fieldsV1: { "k:{": {}, "q:x": {}, "f:data": 1, "v:[": {} } },
      ],
    ]) {
      const object = configMap("a", { a: "1" }, { managedFields: managedFields as JsonObject });
      for (const entry of managedEntries(object)) {
        expect(sharedPaths(entry.fields, object)).toEqual([]);
        expect(extracted(entry.fields, object)).toBeUndefined();
      }
    }
  });
  it("never follow the prototype", () => {
    expect(sharedPaths({ "f:constructor": {}, "f:__proto__": {}, "f:toString": {} }, {})).toEqual([]);
    expect(extracted({ "f:constructor": {}, "f:__proto__": {} }, {})).toBeUndefined();
  });
});

describe("a path as the server writes it", () => {
  it.each([
    [".spec.replicas", "spec.replicas"],
    ['.spec.template.spec.containers[name="c"].image', "spec.template.spec.containers[name=c].image"],
    ['.spec.ports[port=80,protocol="TCP"].nodePort', "spec.ports[port=80,protocol=TCP].nodePort"],
    ['.spec.tokens[="s3cr]et"]', "spec.tokens[=?]"],
    [".spec.numbers[=42]", "spec.numbers[=?]"],
    ["spec.a", "spec.a"],
  ])("%s is %s: values of sets are left out (K17)", (path, text) => {
    expect(conflictPath(path)).toBe(text);
  });
});
