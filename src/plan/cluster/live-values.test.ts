import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deep } from "../../../test/support/suites.ts";
import type { Json, JsonObject } from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";
import { requestMac } from "../assemble-plan.ts";
import { buildPlan, planText } from "../build-plan.ts";
import { maskLive } from "../change/mask.ts";
import {
  alive,
  applied,
  clusterCharter,
  clusterInput,
  clusterOf,
  observed,
  owning,
} from "../testing/cluster-fixtures.ts";
import { configMap, deployment, macKey, serviceAccount } from "../testing/fixtures.ts";
import { desiredObjects } from "../assemble/desired-objects.ts";
import { clusterSide } from "./cluster-side.ts";
import { ownValues, projected } from "./projection.ts";

const CANARY = "CANARY";
let count = 0;
function canary(): string {
  count++;
  return `${CANARY}${count}`;
}

/** A live Deployment that carries a value in every place that may hold one. */
function full(name: string): JsonObject {
  const base = structuredClone(deployment(name)) as Record<string, unknown> & {
    spec: { template: { metadata: Record<string, unknown>; spec: Record<string, unknown> } };
  };
  const container = (of: string): JsonObject => ({
    name: of,
    image: `ghcr.io/acme/${of}:1`,
    command: ["sh", "-c", canary()],
    args: [canary(), canary()],
    env: [
      { name: "A", value: canary() },
      { name: "B", valueFrom: { secretKeyRef: { name: "db", key: "p" } } },
    ],
    livenessProbe: {
      httpGet: { path: "/", port: 80, httpHeaders: [{ name: "Authorization", value: canary() }] },
    },
    lifecycle: { preStop: { exec: { command: [canary()] } } },
  });
  const { template } = base.spec;
  template.metadata["annotations"] = { "example.org/token": canary() };
  template.spec["containers"] = [container("web"), container("sidecar")];
  template.spec["initContainers"] = [container("init")];
  template.spec["volumes"] = [
    { name: "f", flexVolume: { driver: "x/y", options: { password: canary() } } },
    { name: "c", csi: { driver: "d", volumeAttributes: { token: canary() } } },
  ];
  return {
    ...(base as unknown as JsonObject),
    metadata: {
      name,
      namespace: "shop",
      annotations: {
        "kubectl.kubernetes.io/last-applied-configuration": canary(),
        "example.org/x": canary(),
        "argocd.argoproj.io/tracking-id": canary(),
        "meta.helm.sh/release-name": canary(),
      },
    },
  };
}

const secret = (): JsonObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "db", namespace: "shop", annotations: { a: canary() } },
  type: "Opaque",
  data: { password: canary() },
});
const wanted: readonly JsonObject[] = [
  configMap("cfg", { mine: "1" }),
  configMap("same", {}),
  deployment("web", { replicas: 2 }),
  serviceAccount("web"),
  { apiVersion: "v1", kind: "Secret", metadata: { name: "db", namespace: "shop", labels: { x: "y" } } },
  {
    apiVersion: "example.org/v1",
    kind: "Widget",
    metadata: { name: "w", namespace: "shop" },
    spec: { size: 1 },
  },
];
function living(object: JsonObject): JsonObject {
  const { kind } = object;
  if (kind === "Secret") return secret();
  if (kind === "Deployment") return full("web");
  if (kind === "ConfigMap")
    return {
      ...configMap(
        objectKey(object).name,
        { theirs: canary(), mine: canary() },
        { annotations: { n: canary() } },
      ),
      binaryData: { b: canary() },
    };
  if (kind === "Widget")
    return {
      ...object,
      spec: {
        password: canary(),
        tls: { secretName: canary() },
        ref: { secretRef: { name: canary() } },
        size: 0,
        list: [canary(), { deep: canary() }],
      },
    };
  return { ...object, metadata: { ...(object["metadata"] as JsonObject), annotations: { z: canary() } } };
}

describe("MACs of live values", () => {
  /** Objects of a kind that nobody knows hold whatever their writers like. */
  const widget = (name: string, free: Json): JsonObject => ({
    apiVersion: "example.org/v1",
    kind: "Widget",
    metadata: { name, namespace: "shop" },
    spec: { free, size: 1 },
  });
  const macsOf = (name: string, free: Json): readonly string[] => {
    const desired = { ...widget(name, null), spec: { size: 2 } };
    const live = alive(widget(name, free));
    const plan = buildPlan(
      clusterInput([desired], clusterOf([observed(desired, live, { ...live, spec: { size: 2 } })])),
    );
    const rows = plan.changes.flatMap(({ diff }) => diff).filter(({ path }) => path.startsWith("spec.free"));
    return rows.flatMap(({ before }) => (before !== undefined && "mac" in before ? [before.mac ?? ""] : []));
  };

  it("K1 K17 stand for nothing else: a live value makes nobody's request genuine, and no step of a journal", () => {
    const asked = buildPlan(
      clusterInput([configMap("a", {})], clusterOf([observed(configMap("a", {}), null, configMap("a", {}))])),
    );
    const { mac, ...request } = asked.request;
    const forged = macsOf("w", { request, intent: asked.intent } as unknown as Json);
    expect(forged.length).toBe(1);
    expect(forged).not.toContain(mac);
    expect(mac).toBe(requestMac(macKey, request, asked.intent));
    const object = alive(configMap("a", { a: "1" }));
    const { beforeMac } = buildPlan(
      clusterInput([configMap("a", {})], clusterOf([observed(configMap("a", {}), object, object)])),
    ).changes[0]!;
    expect(macsOf("w", maskLive(object))).not.toContain(beforeMac);
  });

  it("K17 are of one place in one object, so that nobody finds out a value by a guess elsewhere", () => {
    expect(macsOf("v", "hunter2")).not.toEqual(macsOf("w", "hunter2"));
    expect(macsOf("w", "hunter2")).toEqual(macsOf("w", "hunter2"));
  });
});

describe("K17 live values never enter a plan", () => {
  const objects = applied(wanted);
  const gone = [secret(), full("old"), configMap("old", { x: canary() })].map((object) =>
    alive(applied([object])[0]!),
  );
  const found = objects.map((object) => {
    const key = objectKey(object);
    const live = alive(living(object), [owning(living(object), "helm"), owning(object)]);
    // What the server makes of it keeps what others set, and a mutating admission rule adds values of its own.
    const merged: JsonObject = {
      ...live,
      ...living(object),
      metadata: {
        ...(live["metadata"] as JsonObject),
        annotations: {
          added: canary(),
          "argocd.argoproj.io/refresh": canary(),
          "argocd.argoproj.io/sync-options": "Prune=false",
        },
        labels: { x: "y" },
      },
    };
    return observed(object, live, key.name === "same" ? live : merged);
  });
  const input = (macKey: Uint8Array | null): ReturnType<typeof clusterInput> => {
    const deletions = gone.map((live) => observed({ ...live }, live, null));
    return clusterInput(wanted, clusterOf([...found, ...deletions], [alive(living(serviceAccount("x")))]), {
      deletions: deletions.map(({ key }) => ({ ...key })),
      charter: clusterCharter({}, { sharedWith: ["helm"] }),
      macKey,
      // Two objects of one identity are no request.
    });
  };
  const keys = new Set(found.map(({ key }) => `${key.kind}/${key.name}`));
  const distinct = (macKey: Uint8Array | null): ReturnType<typeof clusterInput> => {
    const all = input(macKey);
    return { ...all, deletions: all.deletions.filter(({ kind, name }) => !keys.has(`${kind}/${name}`)) };
  };

  it.each([
    ["with a key", new Uint8Array(32).fill(9)],
    ["without a key", null],
  ])("%s: not in differences, facts, findings, reasons or anything else", (_, macKey) => {
    const plan = buildPlan(distinct(macKey));
    const text = planText(plan);
    expect(text).not.toContain(CANARY);
    // What is structure is shown, and so is what the request itself says.
    expect(plan.changes.flatMap(({ diff }) => diff).length).toBeGreaterThan(20);
    expect(text).toContain("ghcr.io/acme/sidecar:1");
    expect(JSON.stringify(plan.changes.find(({ key }) => key.kind === "ConfigMap")?.object)).toContain(
      '"mine":"1"',
    );
  });
  it("does not reach what facts and rules are made from", () => {
    const given = distinct(new Uint8Array(32).fill(9));
    const side = clusterSide(given, desiredObjects(given.objects, { literals: "known" }));
    expect(side.changed.length).toBeGreaterThan(5);
    expect(JSON.stringify([side.changed, side.view])).not.toContain(CANARY);
  });
  it("shows of a value that goes or comes only its MAC", () => {
    const cfg = configMap("cfg", { mine: "1" });
    const live = alive(configMap("cfg", { mine: "old", theirs: "a" }));
    const merged = alive(
      configMap(
        "cfg",
        { mine: "1", theirs: "b", admitted: "c" },
        { labels: (applied([cfg])[0]!["metadata"] as JsonObject)["labels"]! },
      ),
    );
    const plan = buildPlan(clusterInput([cfg], clusterOf([observed(applied([cfg])[0]!, live, merged)])));
    const mac = { mac: expect.stringMatching(/^[0-9a-f]{64}$/u) as unknown };
    expect(plan.changes[0]?.diff).toEqual([
      { path: "data.admitted", operation: "add", after: mac },
      { path: "data.mine", operation: "replace", before: mac, after: { value: "1" } },
      { path: "data.theirs", operation: "replace", before: mac, after: mac },
      expect.objectContaining({ path: "metadata.labels", operation: "add" }),
    ]);
  });
  it("hides every value of a kind that no table knows, and keeps names and structure", () => {
    const widget: JsonObject = {
      apiVersion: "example.org/v1",
      kind: "Widget",
      metadata: { name: "w" },
      spec: { a: [1, { b: "x" }], c: null },
    };
    const shown = JSON.stringify(projected(widget, ownValues(null), null));
    expect(shown).toBe(
      '{"apiVersion":"example.org/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"a":["live",{"b":"live"}],"c":"live"}}',
    );
  });
  it("keeps equal values equal, and what the request says in clear", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/u), fc.string()),
        fc.string(),
        (data, own) => {
          const key = new Uint8Array(32).fill(3);
          const live = configMap("a", { ...data, own });
          const view = projected(live, ownValues(configMap("a", { own })), key);
          expect(view).toEqual(projected(structuredClone(live), ownValues(configMap("a", { own })), key));
          expect((view["data"] as JsonObject)["own"]).toBe(own);
          for (const [name, value] of Object.entries(data)) {
            if (name !== "own") expect((view["data"] as JsonObject)[name]).not.toBe(value);
          }
          expect(objectKey(view)).toEqual(objectKey(live));
        },
      ),
      { numRuns: deep ? 1000 : 100 },
    );
  });
});
