import { describe, expect, test } from "vitest";
import type { JsonObject } from "./json.ts";
import { mayMake, podMakerOf } from "./pod-maker.ts";
import { selectorOf } from "./selector.ts";

const alertmanager: JsonObject = {
  apiVersion: "monitoring.coreos.com/v1",
  kind: "Alertmanager",
  metadata: { name: "main", labels: { "app.kubernetes.io/part-of": "monitoring" } },
  spec: { replicas: 3, podMetadata: { labels: { "app.kubernetes.io/name": "alertmanager", n: 1 } } },
};

describe("podMakerOf", () => {
  test("a custom resource with copies or with a template of Pods is one", () => {
    expect(podMakerOf(alertmanager)).toEqual({
      name: "main",
      labels: { "app.kubernetes.io/part-of": "monitoring", "app.kubernetes.io/name": "alertmanager" },
    });
    const rollout = {
      ...alertmanager,
      kind: "Rollout",
      spec: { template: { metadata: { labels: { app: "a" } } } },
    };
    expect(podMakerOf(rollout)?.labels).toMatchObject({ app: "a" });
  });

  test("kinds of Kubernetes itself, and custom resources that only describe, are none", () => {
    expect(podMakerOf({ ...alertmanager, apiVersion: "apps/v1", kind: "Deployment" })).toBeUndefined();
    expect(podMakerOf({ ...alertmanager, kind: "ServiceMonitor", spec: { endpoints: [] } })).toBeUndefined();
    expect(podMakerOf({ ...alertmanager, spec: "x" })).toBeUndefined();
  });
});

test.each([
  [{ matchLabels: { alertmanager: "main" } }, true],
  [{ matchLabels: { "app.kubernetes.io/name": "alertmanager", other: "x" } }, true],
  [{ matchLabels: { "app.kubernetes.io/part-of": "monitoring" } }, false],
  [{ matchLabels: { "app.kubernetes.io/name": "grafana" } }, false],
  [{ matchExpressions: [{ key: "app.kubernetes.io/name", operator: "NotIn", values: ["main"] }] }, false],
  [{}, false],
])("%j may come of it: %s", (selector, expected) => {
  const maker = podMakerOf(alertmanager);
  expect(mayMake(maker === undefined ? [] : [maker], selectorOf(selector) ?? [])).toBe(expected);
});
