import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../kube/json.ts";
import { alive, owning } from "../testing/cluster-fixtures.ts";
import { configMap } from "../testing/fixtures.ts";
import { merged, pruned, union } from "./field-sets.ts";
import { appliedAfter, clientSideManagers, handedOver, takeOverOf, takesOver } from "./take-over.ts";

const clientSide = "kubectl-client-side-apply";
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
const update = (object: JsonObject, manager = clientSide): JsonObject => owning(object, manager, "Update");

describe("a take-over", () => {
  it("finds who applied from the client's side by kubectl's copy, and by kubectl's own name", () => {
    const copied = configMap("a", { x: "1" }, { annotations: { [lastApplied]: "{}" } });
    expect(
      clientSideManagers(alive(copied, [update(copied, "my-tool"), update(configMap("a", {}))])),
    ).toEqual([clientSide, "my-tool"]);
    // An apply from the server's side, a status, and whoever only changed something.
    expect(
      clientSideManagers(
        alive(copied, [
          owning(copied, "kubectl"),
          { ...update(copied, "a"), subresource: "status" },
          update(configMap("a", { x: "1" }), "kubectl-edit"),
        ]),
      ),
    ).toEqual([]);
  });

  it("unites what both own, and leaves everybody else's entry as it is", () => {
    const theirs = update(configMap("a", { x: "1", y: "1" }));
    const other = owning(configMap("a", { z: "1" }), "tool");
    const ours = owning(configMap("a", { x: "1" }, { labels: { l: "1" } }));
    expect(handedOver([ours, other, theirs], [clientSide])).toEqual([
      {
        ...ours,
        fieldsV1: { "f:data": { "f:x": {}, "f:y": {} }, "f:metadata": { "f:labels": { "f:l": {} } } },
      },
      other,
    ]);
    expect(handedOver([theirs, other], [clientSide])).toEqual([
      { ...theirs, manager: "kubeops", operation: "Apply" },
      other,
    ]);
    expect(handedOver([other], [clientSide])).toEqual([other]);
    // Of another version nothing can be united: it is given up.
    expect(handedOver([ours, { ...theirs, apiVersion: "v2" }], [clientSide])).toEqual([ours]);
  });

  it("never touches a Secret: the request cannot hold what it would have to keep", () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "shop" },
      data: { k: "dg==" },
    };
    const live = alive(secret, [update(secret)]);
    expect([takeOverOf(live), takesOver(live, null)]).toEqual([undefined, undefined]);
  });

  it("K17 is bound to what passes by a MAC that no controller's time moves", () => {
    const object = configMap("a", { x: "1" });
    const key = new Uint8Array(32).fill(7);
    const one = takesOver(alive(object, [update(object)]), key);
    const touched = { ...update(object), time: "2027-01-01T00:00:00Z" };
    const later = alive(object, [
      touched,
      { ...owning(configMap("a", {}), "kubelet", "Update"), subresource: "status" },
    ]);
    expect(one).toEqual({
      from: [clientSide],
      paths: ["data.x"],
      mac: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(takesOver(later, key)).toEqual(one);
    expect(takesOver(alive(object, [update(configMap("a", { x: "1", y: "1" }))]), key)?.mac).not.toBe(
      one?.mac,
    );
  });
});

describe("what an apply makes of an object afterwards", () => {
  const after = (live: JsonObject, desired: JsonObject): JsonObject => {
    const found = takeOverOf(live);
    if (found === undefined) throw new Error("nothing passes");
    return appliedAfter(live, desired, found);
  };
  it("takes away what was theirs and is asked for no more, and nothing that others own", () => {
    const was = configMap("a", { x: "1", y: "1", z: "1" });
    const live = alive(was, [update(was), owning(configMap("a", { y: "1" }), "tool")]);
    expect(after(live, configMap("a", { x: "2" }))["data"]).toEqual({ x: "2", y: "1" });
    const alone = alive(configMap("a", { x: "1" }), [update(configMap("a", { x: "1" }))]);
    expect("data" in after(alone, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } })).toBe(
      false,
    );
  });

  it("merges lists by the keys that their managers wrote down, in the order of the server", () => {
    const sets = [{ 'k:{"name":"a"}': { ".": {}, "f:name": {} } }];
    const items = (...names: readonly string[]): Json => names.map((name) => ({ name }));
    for (const [live, wanted, out] of [
      [
        ["a", "b", "c"],
        ["c", "a"],
        ["b", "c", "a"],
      ],
      [
        ["a", "b"],
        ["b", "n"],
        ["a", "b", "n"],
      ],
      [
        ["a", "b"],
        ["n", "a"],
        ["b", "n", "a"],
      ],
      [[], ["n"], ["n"]],
      [["a"], [], ["a"]],
    ] as const) {
      const result = merged(items(...live), items(...wanted), sets) as readonly JsonObject[];
      expect([live, wanted, new Set(result.map(({ name }) => name))]).toEqual([live, wanted, new Set(out)]);
      // What is applied keeps its order.
      expect(result.map(({ name }) => name).filter((name) => wanted.includes(name as never))).toEqual([
        ...wanted,
      ]);
    }
  });

  it("replaces what a manager owns as one value, and sets item by item", () => {
    expect(merged({ a: "1" }, { b: "2" }, [{}])).toEqual({ b: "2" });
    expect(merged(["a"], ["b"], [])).toEqual(["b"]);
    expect(merged(["a"], ["b"], [{ 'v:"a"': {} }])).toEqual(["a", "b"]);
    expect(
      pruned(["a", "b", "c"], { last: { 'v:"a"': {}, 'v:"b"': {} }, wanted: ["b"], others: [] }),
    ).toEqual(["b", "c"]);
    expect(
      pruned([{ name: "a" }, { name: "b" }], {
        last: { 'k:{"name":"a"}': { ".": {} }, 'k:{"name":"b"}': { ".": {} } },
        wanted: [{ name: "b" }],
        others: [],
      }),
    ).toEqual([{ name: "b" }]);
  });

  it("unites sets without losing a member that has members below", () => {
    expect(union({ "f:a": {} }, { "f:a": { "f:b": {} } })).toEqual({ "f:a": { ".": {}, "f:b": {} } });
    expect(union({ "f:a": {} }, { "f:a": {} })).toEqual({ "f:a": {} });
    // The whole set is no field: an empty one adds nothing.
    expect(union({}, { "f:a": {} })).toEqual({ "f:a": {} });
  });

  it("takes hostile names for names", () => {
    const hostile = JSON.parse('{"__proto__": {"x": "1"}, "constructor": "1"}') as JsonObject;
    const live = { ...configMap("a", {}), data: hostile };
    const set = JSON.parse('{"f:data": {"f:__proto__": {}, "f:constructor": {}}}') as JsonObject;
    const result = pruned(merged(live, configMap("a", {}), [set]), {
      last: set,
      wanted: configMap("a", {}),
      others: [],
    });
    expect(Object.keys((result as JsonObject)["data"] as JsonObject)).toEqual([]);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });
});
