import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isObject, type JsonObject } from "../../kube/json.ts";
import { configMap } from "../testing/fixtures.ts";
import { alive } from "../testing/cluster-fixtures.ts";
import { bookkeeping, generated, maskLive, maskResult } from "./mask.ts";

function service(spec: JsonObject): JsonObject {
  return { apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace: "shop" }, spec };
}
const unknown = { live: null, desired: null };

describe("K2 what is no state of an object", () => {
  it("is taken out of a live object, and nothing else", () => {
    const object = configMap("a", { b: "1" }, { labels: { uid: "x" }, annotations: { status: "y" } });
    const live: JsonObject = { ...alive(object), status: { x: 1 } };
    expect(maskLive({ ...live, metadata: { ...(live["metadata"] as JsonObject), selfLink: "/x" } })).toEqual(
      object,
    );
    expect(maskLive(object)).toBe(object);
  });
  it("does not change the object it is given", () => {
    const live = alive(configMap("a"));
    const copy = structuredClone(live);
    maskLive(live);
    maskResult(live, unknown);
    expect(live).toEqual(copy);
  });
  it("is the same whatever the server counts", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const object = configMap("a");
        const with_ = (value: unknown): JsonObject => ({
          ...object,
          status: value as JsonObject,
          metadata: {
            ...(object["metadata"] as JsonObject),
            managedFields: value as JsonObject,
            resourceVersion: value as JsonObject,
            generation: value as JsonObject,
            uid: value as JsonObject,
            creationTimestamp: value as JsonObject,
            selfLink: value as JsonObject,
          },
        });
        expect(maskLive(with_(one))).toEqual(maskLive(with_(other)));
      }),
    );
  });
  it("has a source for every row", () => {
    for (const row of [...bookkeeping, ...generated]) expect(row.source).not.toBe("");
  });
});

describe("K2 what a server makes up for one request", () => {
  it.each<readonly [string, JsonObject, JsonObject]>([
    [
      "addresses and ports of a Service",
      service({
        clusterIP: "10.96.0.0",
        clusterIPs: ["10.96.0.0"],
        healthCheckNodePort: 30000,
        ports: [{ port: 80, nodePort: 32769 }],
      }),
      service({
        clusterIP: "10.96.7.7",
        clusterIPs: ["10.96.7.7"],
        healthCheckNodePort: 31111,
        ports: [{ port: 80, nodePort: 30123 }],
      }),
    ],
    [
      "labels of a Job",
      {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: "j", labels: { "controller-uid": "a", x: "y" } },
        spec: {
          selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "a" } },
          template: { metadata: { labels: { "controller-uid": "a", app: "x" } } },
        },
      },
      {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: "j", labels: { "controller-uid": "b", x: "y" } },
        spec: {
          selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "b" } },
          template: { metadata: { labels: { "controller-uid": "b", app: "x" } } },
        },
      },
    ],
    ["the volume of a Pod's token", pod("kube-api-access-abcde"), pod("kube-api-access-vwxyz")],
  ])("is masked: %s", (_, one, other) => {
    expect(maskResult(one, unknown)).toEqual(maskResult(other, unknown));
    expect(maskResult(one, unknown)).not.toEqual(one);
  });

  it("is kept where the live object or the request says it: a change of it shows", () => {
    const live = service({ clusterIP: "10.96.7.7", ports: [{ port: 80, nodePort: 30123 }] });
    const desired = service({ ports: [{ port: 80, nodePort: 30500 }] });
    expect(maskResult(live, { live, desired: null })).toEqual(live);
    const result = service({ clusterIP: "10.96.7.7", ports: [{ port: 80, nodePort: 30500 }] });
    expect(maskResult(result, { live, desired })).toEqual(result);
  });
  it("is not what somebody chose: a Service without an address, an own volume", () => {
    const headless = service({ clusterIP: "None", clusterIPs: ["None"] });
    expect(maskResult(headless, unknown)).toEqual(headless);
    expect(maskResult(pod("data"), unknown)).toEqual(pod("data"));
  });
  it("is masked in its own kind only", () => {
    const other = { ...service({ clusterIP: "10.96.0.1" }), apiVersion: "example.org/v1" };
    expect(maskResult(other, unknown)).toEqual(other);
  });
  it("leaves what is no list or mapping where one is expected", () => {
    for (const spec of ["x", null, 1, [], { ports: "x", clusterIPs: {} }]) {
      expect(isObject(maskResult(service(spec as JsonObject), unknown))).toBe(true);
    }
  });
});

function pod(volume: string): JsonObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "shop" },
    spec: {
      volumes: [{ name: volume }],
      containers: [{ name: "c", volumeMounts: [{ name: volume, mountPath: "/x" }] }],
    },
  };
}
