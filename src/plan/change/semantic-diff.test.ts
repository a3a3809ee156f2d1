import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deep } from "../../../test/support/suites.ts";
import { canonicalJson } from "../../kube/canonical-json.ts";
import { macHex } from "../../kube/digest.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../kube/json.ts";
import { listShape } from "../../kube/list-keys/list-keys.ts";
import { identity, objectKey } from "../../kube/object-key.ts";
import { deployment, macKey } from "../testing/fixtures.ts";
import { semanticDiff } from "./semantic-diff.ts";

const mac = (of: JsonObject, path: string, value: Json): { readonly mac: string } => ({
  mac: macHex(macKey, "value", canonicalJson([identity(objectKey(of)), path, value])),
});

function pod(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "shop", ...metadata }, spec };
}

describe("semanticDiff", () => {
  it("matches items of keyed lists by their keys, and shows the deepest path", () => {
    const before = pod({
      containers: [
        { name: "web", image: "a:1" },
        { name: "log", image: "b:1" },
      ],
    });
    const after = pod({
      containers: [
        { name: "log", image: "b:1" },
        { name: "web", image: "a:2" },
      ],
    });
    expect(semanticDiff(before, after, macKey)).toEqual([
      {
        path: "spec.containers[name=web].image",
        operation: "replace",
        before: { value: "a:1" },
        after: { value: "a:2" },
      },
    ]);
  });

  it("names several keys, and takes a key that is left out for its default", () => {
    const ports = (...list: JsonObject[]): JsonObject => pod({ containers: [{ name: "web", ports: list }] });
    expect(
      semanticDiff(ports({ containerPort: 80 }), ports({ containerPort: 80, protocol: "UDP" }), macKey).map(
        (change) => [change.operation, change.path],
      ),
    ).toEqual([
      ["remove", "spec.containers[name=web].ports[containerPort=80,protocol=TCP]"],
      ["add", "spec.containers[name=web].ports[containerPort=80,protocol=UDP]"],
    ]);
  });

  it("takes the order of keyed and set items for nothing, where it means nothing", () => {
    const list = (volumes: JsonObject[], finalizers: string[]): JsonObject =>
      pod({ volumes }, { finalizers });
    const a = { name: "a", emptyDir: {} };
    const b = { name: "b", emptyDir: {} };
    expect(semanticDiff(list([a, b], ["x", "y"]), list([b, a], ["y", "x"]), macKey)).toEqual([]);
  });

  it("shows the order where it means something: init containers and environment", () => {
    const init = (...names: string[]): JsonObject =>
      pod({ initContainers: names.map((name) => ({ name, image: "a" })) });
    expect(semanticDiff(init("a", "b"), init("b", "a"), macKey)).toEqual([
      {
        path: "spec.initContainers{order}",
        operation: "replace",
        before: { value: ["name=a", "name=b"] },
        after: { value: ["name=b", "name=a"] },
      },
    ]);
    const env = (...names: string[]): JsonObject =>
      pod({ containers: [{ name: "w", env: names.map((name) => ({ name, value: "x" })) }] });
    expect(semanticDiff(env("A", "B"), env("B", "A"), macKey).map((change) => change.path)).toEqual([
      "spec.containers[name=w].env{order}",
    ]);
    expect(semanticDiff(env("A", "B"), env("A", "B", "C"), macKey).map((change) => change.path)).toEqual([
      "spec.containers[name=w].env[name=C]",
    ]);
  });

  it("compares lists that are replaced whole item by item where they pair, and shows them whole where not", () => {
    const policy = (ingress: Json[]): JsonObject => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "p", namespace: "n" },
      spec: { podSelector: {}, ingress },
    });
    const from = (app: string): JsonObject => ({ from: [{ podSelector: { matchLabels: { app } } }] });
    expect(
      semanticDiff(policy([from("a"), from("b")]), policy([from("a"), from("c")]), macKey).map(
        (change) => change.path,
      ),
    ).toEqual(["spec.ingress[1].from[0].podSelector.matchLabels.app"]);
    expect(semanticDiff(policy([from("a")]), policy([from("a"), {}]), macKey)).toEqual([
      {
        path: "spec.ingress",
        operation: "replace",
        before: { value: [from("a")] },
        after: { value: [from("a"), {}] },
      },
    ]);
  });

  it("falls back to pairs when two items have one key", () => {
    const before = pod({
      containers: [
        { name: "a", image: "1" },
        { name: "a", image: "2" },
      ],
    });
    const after = pod({
      containers: [
        { name: "a", image: "2" },
        { name: "a", image: "1" },
      ],
    });
    expect(semanticDiff(before, after, macKey).map((change) => change.path)).toEqual([
      "spec.containers[0].image",
      "spec.containers[1].image",
    ]);
  });

  it("quotes keys that are no identifiers, and is not led astray by names of Object's own members", () => {
    const labels = (value: JsonObject): JsonObject => pod({}, { labels: value });
    const hostile = JSON.parse('{"__proto__":"a","constructor":"b","a/b":"1"}') as JsonObject;
    expect(
      semanticDiff(labels({}), labels(hostile), macKey).map((change) => [change.operation, change.path]),
    ).toEqual([
      ["add", "metadata.labels.__proto__"],
      ["add", 'metadata.labels["a/b"]'],
      ["add", "metadata.labels.constructor"],
    ]);
  });
});

describe("K17 what stood before is never shown where it may be a value", () => {
  const cases: readonly (readonly [string, JsonObject, JsonObject, string, Json])[] = [
    [
      "Secret data",
      { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { p: "c2VjcmV0" } },
      { apiVersion: "v1", kind: "Secret", metadata: { name: "s" } },
      "data",
      { p: "c2VjcmV0" },
    ],
    [
      "Secret stringData",
      { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { p: "x" } },
      { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { p: "y" } },
      "stringData.p",
      "x",
    ],
    [
      "ConfigMap data",
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "s" }, data: { p: "old" } },
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "s" }, data: { p: "new" } },
      "data.p",
      "old",
    ],
    [
      "ConfigMap binaryData",
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "s" }, binaryData: { p: "b2xk" } },
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "s" } },
      "binaryData",
      { p: "b2xk" },
    ],
    [
      "env",
      pod({ containers: [{ name: "w", env: [{ name: "A", value: "hunter2" }] }] }),
      pod({ containers: [{ name: "w", env: [{ name: "A", value: "" }] }] }),
      "spec.containers[name=w].env[name=A].value",
      "hunter2",
    ],
    [
      "args",
      pod({ containers: [{ name: "w", args: ["--password=x"] }] }),
      pod({ containers: [{ name: "w" }] }),
      "spec.containers[name=w].args",
      ["--password=x"],
    ],
    [
      "command",
      pod({ containers: [{ name: "w", command: ["a"] }] }),
      pod({ containers: [{ name: "w", command: ["b"] }] }),
      "spec.containers[name=w].command",
      ["a"],
    ],
    [
      "probe command",
      pod({ containers: [{ name: "w", livenessProbe: { exec: { command: ["pg", "pw"] } } }] }),
      pod({ containers: [{ name: "w", livenessProbe: { exec: { command: [] } } }] }),
      "spec.containers[name=w].livenessProbe.exec.command",
      ["pg", "pw"],
    ],
    [
      "probe headers",
      pod({
        containers: [
          { name: "w", livenessProbe: { httpGet: { httpHeaders: [{ name: "Authorization", value: "t" }] } } },
        ],
      }),
      pod({
        containers: [
          { name: "w", livenessProbe: { httpGet: { httpHeaders: [{ name: "Authorization", value: "u" }] } } },
        ],
      }),
      "spec.containers[name=w].livenessProbe.httpGet.httpHeaders[0].value",
      "t",
    ],
    [
      "an annotation that no table lists",
      pod({}, { annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" } }),
      pod({}, { annotations: {} }),
      'metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]',
      "{}",
    ],
    [
      "an annotation of a Pod template",
      { ...deployment("w"), spec: { template: { metadata: { annotations: { x: "old" } } } } },
      { ...deployment("w"), spec: { template: { metadata: { annotations: { x: "new" } } } } },
      "spec.template.metadata.annotations.x",
      "old",
    ],
    [
      "any field of a kind that is not known",
      { apiVersion: "example.org/v1", kind: "Widget", metadata: { name: "w" }, spec: { token: "old" } },
      { apiVersion: "example.org/v1", kind: "Widget", metadata: { name: "w" }, spec: { token: "new" } },
      "spec.token",
      "old",
    ],
    [
      "a class's parameters",
      {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "s" },
        parameters: { secret: "old" },
      },
      {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "s" },
        parameters: { secret: "new" },
      },
      "parameters.secret",
      "old",
    ],
  ];
  it.each(cases)("%s", (_name, before, after, path, value) => {
    const [change, ...rest] = semanticDiff(before, after, macKey);
    expect(rest).toEqual([]);
    expect(change?.path).toBe(path);
    expect(change?.before).toEqual(mac(after, path, value));
    const [bare] = semanticDiff(before, after, null);
    expect(bare?.before).toEqual({ mac: null });
  });

  it("shows structure, and annotations that the table lists", () => {
    const before = pod(
      { nodeName: "n1", containers: [{ name: "w", image: "a:1" }] },
      { annotations: { "argocd.argoproj.io/sync-wave": "1" }, labels: { a: "b" } },
    );
    const after = pod(
      { nodeName: "n2", containers: [{ name: "w", image: "a:2" }] },
      { annotations: { "argocd.argoproj.io/sync-wave": "2" }, labels: { a: "c" } },
    );
    expect(semanticDiff(before, after, macKey).map((change) => change.before)).toEqual([
      { value: "1" },
      { value: "b" },
      { value: "a:1" },
      { value: "n1" },
    ]);
  });

  it("takes a part apart in which values stand among structure", () => {
    const before = pod({
      containers: [{ name: "w", image: "a:1", env: [{ name: "A", value: "hunter2" }], args: ["x"] }],
    });
    const after = pod({ containers: [] });
    expect(semanticDiff(before, after, macKey)).toEqual([
      {
        path: "spec.containers[name=w].args",
        operation: "remove",
        before: mac(after, "spec.containers[name=w].args", ["x"]),
      },
      {
        path: "spec.containers[name=w].env",
        operation: "remove",
        before: mac(after, "spec.containers[name=w].env", [{ name: "A", value: "hunter2" }]),
      },
      { path: "spec.containers[name=w].image", operation: "remove", before: { value: "a:1" } },
      { path: "spec.containers[name=w].name", operation: "remove", before: { value: "w" } },
    ]);
  });

  it("no difference of anything shows a marked value that stood in a live place", () => {
    const secret = "s3cr3t-marker";
    const holder = (value: string, more: JsonObject): JsonObject =>
      pod(
        {
          containers: [
            { name: "w", image: "a", args: [value], command: [value], env: [{ name: "A", value }], ...more },
          ],
        },
        { annotations: { note: value } },
      );
    fc.assert(
      fc.property(fc.subarray(["args", "command", "env", "image"]), fc.boolean(), (kept, annotated) => {
        const before = holder(secret, {});
        const full = holder("new", {});
        const spec = full["spec"] as { containers: JsonObject[] };
        const container = Object.fromEntries(
          Object.entries(spec.containers[0] ?? {}).filter(([name]) => name === "name" || kept.includes(name)),
        );
        const after = pod(
          { containers: kept.length === 0 ? [] : [container] },
          annotated ? { annotations: { note: "new" } } : {},
        );
        expect(JSON.stringify(semanticDiff(before, after, macKey))).not.toContain(secret);
      }),
      { numRuns: 64 },
    );
  });
});

/** The object with every list whose order means nothing in one order. */
function inOrder(object: JsonObject): string {
  const key = objectKey(object);
  const walk = (value: Json, path: readonly (string | number)[]): Json => {
    if (isArray(value)) {
      const items = value.map((item, index) => walk(item, [...path, index]));
      const shape = listShape(key, path);
      const last = path.at(-1);
      if (shape === undefined || shape.type === "atomic" || last === "initContainers" || last === "env")
        return items;
      const defaults = shape.type === "map" ? (shape.defaults ?? {}) : {};
      const full = items.map((item) => (isObject(item) ? { ...defaults, ...item } : item)).map(canonicalJson);
      const keys = items.map((item) =>
        shape.type === "map" && isObject(item)
          ? canonicalJson(shape.keys.map((name) => item[name] ?? defaults[name] ?? null))
          : canonicalJson(item),
      );
      if (new Set(keys).size !== keys.length) return items;
      return items
        .map((item, index) => ({ item, at: full[index] ?? "" }))
        .sort((left, right) => (left.at < right.at ? -1 : 1))
        .map(({ item }) => item);
    }
    if (isObject(value))
      return Object.fromEntries(
        Object.entries(value).map(([name, part]) => [name, walk(part, [...path, name])]),
      );
    return value;
  };
  return canonicalJson(walk(object, []));
}

describe("properties", () => {
  const name = fc.constantFrom("a", "b", "c");
  const container = fc.record(
    {
      name,
      image: fc.constantFrom("x:1", "x:2"),
      env: fc.uniqueArray(fc.record({ name, value: fc.constantFrom("1", "2") }), {
        selector: (row) => row.name,
        maxLength: 3,
      }),
      args: fc.array(fc.constantFrom("p", "q"), { maxLength: 2 }),
      ports: fc.array(
        fc.record({ containerPort: fc.constantFrom(80, 81), protocol: fc.constantFrom("TCP", "UDP") }),
        { maxLength: 2 },
      ),
    },
    { requiredKeys: ["name"] },
  );
  const containers = fc.uniqueArray(container, { selector: (row) => row.name, maxLength: 3 });
  const object = fc
    .record({ containers, initContainers: containers, labels: fc.dictionary(name, name) })
    .map(({ labels, ...spec }) => pod(spec as unknown as JsonObject, { labels }));

  it("the difference is empty exactly when the two say the same", () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        expect(semanticDiff(before, after, macKey).length === 0).toBe(inOrder(before) === inOrder(after));
      }),
      { numRuns: deep ? 20_000 : 800 },
    );
  });

  it("is empty for an object and itself, whatever the order of its lists", () => {
    fc.assert(
      fc.property(object, fc.nat(), (before, turn) => {
        const spec = before["spec"] as { containers: Json[] };
        const turned = spec.containers.map(
          (_, index) => spec.containers[(index + turn) % spec.containers.length] ?? null,
        );
        expect(semanticDiff(before, { ...before, spec: { ...spec, containers: turned } }, macKey)).toEqual(
          [],
        );
      }),
      { numRuns: 200 },
    );
  });
});
