import { expect, test } from "vitest";
import type { JsonObject } from "../../kube/json.ts";
import { policiesOn } from "./given-objects.ts";

const web = { object: {}, name: "web", namespace: "shop", labels: { app: "web" }, selector: {}, ports: [] };
const policy = (spec: JsonObject): JsonObject => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "p", namespace: "shop" },
  spec: { podSelector: {}, ...spec },
});

// As the API server defaults policyTypes (pkg/apis/networking/v1/defaults.go).
test.each<[JsonObject, boolean, boolean]>([
  [{}, true, false],
  [{ egress: [] }, true, false],
  [{ egress: [{}] }, true, true],
  [{ policyTypes: [] }, true, false],
  [{ policyTypes: ["Egress"] }, false, true],
  [{ policyTypes: ["Ingress"], egress: [{}] }, true, false],
])("%j is for ingress: %s, for egress: %s", (spec, ingress, egress) => {
  expect(policiesOn([policy(spec)], web, "Ingress").length > 0).toBe(ingress);
  expect(policiesOn([policy(spec)], web, "Egress").length > 0).toBe(egress);
});
