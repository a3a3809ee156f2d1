import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../kube/json.ts";
import { withoutOthers } from "./without-others.ts";

const entry = (manager: string, operation: string, fieldsV1: JsonObject): JsonObject => ({
  manager,
  operation,
  apiVersion: "apps/v1",
  fieldsType: "FieldsV1",
  fieldsV1,
});
const object = (annotations: JsonObject | undefined, managedFields: readonly JsonObject[]): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", ...(annotations === undefined ? {} : { annotations }), managedFields },
  spec: { replicas: 1 },
});
const strip = (live: JsonObject, before: JsonObject | null): JsonObject => {
  const { metadata, ...rest } = withoutOthers(live, before, "kubeops");
  const { managedFields: _, ...kept } = metadata as JsonObject;
  return { metadata: kept, ...rest };
};
const ours = entry("kubeops", "Apply", { "f:spec": { "f:replicas": {} } });
const controller = entry("kube-controller-manager", "Update", {
  "f:metadata": { "f:annotations": { ".": {}, "f:deployment.kubernetes.io/revision": {} } },
});

describe("an object without what other managers did to it", () => {
  it("loses what they added, and has again what they changed", () => {
    const live = object({ "deployment.kubernetes.io/revision": "2" }, [ours, controller]);
    expect(strip(live, null)).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: { replicas: 1 },
    });
    const before = object({ "deployment.kubernetes.io/revision": "1" }, []);
    expect(strip(live, before)).toMatchObject({
      metadata: { annotations: { "deployment.kubernetes.io/revision": "1" } },
    });
  });

  it("keeps what is ours, shared or nobody's", () => {
    const shared = entry("hpa", "Update", { "f:spec": { "f:replicas": {} } });
    const live = object({ free: "1", "deployment.kubernetes.io/revision": "2" }, [ours, shared]);
    expect(strip(live, null)).toMatchObject({
      metadata: { annotations: { free: "1" } },
      spec: { replicas: 1 },
    });
  });

  it("keeps our annotations beside theirs", () => {
    const mine = entry("kubeops", "Apply", { "f:metadata": { "f:annotations": { "f:mine": {} } } });
    const live = object({ mine: "1", "deployment.kubernetes.io/revision": "2" }, [mine, controller]);
    expect(strip(live, null)).toMatchObject({ metadata: { annotations: { mine: "1" } } });
    expect(strip(live, null)).not.toHaveProperty([
      "metadata",
      "annotations",
      "deployment.kubernetes.io/revision",
    ]);
  });

  it("keeps what admission added to our own write", () => {
    const injected = entry("kubeops", "Update", {
      "f:metadata": { "f:annotations": { ".": {}, "f:sly": {} } },
    });
    expect(strip(object({ sly: "1" }, [ours, injected]), null)).toMatchObject({
      metadata: { annotations: { sly: "1" } },
    });
  });
});
