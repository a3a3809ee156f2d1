import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitHealthy } from "../../src/apply/cluster/health/wait-healthy.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { objectKey } from "../../src/kube/object-key.ts";
import { plannerOf } from "../support/cluster/connect.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";
import { untilAllowed } from "../support/cluster/allowed.ts";
import { until } from "../support/until.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const path = "/apis/apps/v1/namespaces/shop/deployments";

describe.skipIf(controlPlaneMissing !== undefined && leftOut("waiting with a watch", controlPlaneMissing))(
  "waiting for health",
  () => {
    let plane: ControlPlane;
    beforeAll(async () => {
      plane = await controlPlane({ components: "api" });
      await plane.admin("POST", "/api/v1/namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "shop" },
      });
      await plane.admin("POST", `${rbac}/clusterroles`, {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: "look" },
        rules: [
          { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"] },
          { apiGroups: [""], resources: ["namespaces"], verbs: ["get"] },
        ],
      });
      await plane.admin("POST", `${rbac}/clusterrolebindings`, {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "look" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "look" },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "bob" }],
      });
      await untilAllowed(plane, "bob", { verb: "get", group: "apps", resource: "deployments" });
    });
    afterAll(() => plane?.stop());

    const looks = (from: number): { readonly reads: number; readonly watches: number } => {
      const seen = plane.auditLog().slice(from) as unknown as readonly {
        verb: string;
        requestURI: string;
      }[];
      const of = (verb: string): number =>
        seen.filter((event) => event.verb === verb && event.requestURI.startsWith(path)).length;
      return { reads: of("get"), watches: of("watch") };
    };
    /** Waits as a user for a Deployment that another one reports healthy after that. */
    const waited = async (user: string, name: string, that: (from: number) => Promise<unknown>) => {
      await plane.admin("POST", path, deployment(name));
      const reader = await plannerOf(plane, user);
      const from = plane.auditLog().length;
      try {
        const [report] = await Promise.all([
          waitHealthy(reader, [objectKey(deployment(name))], { timeoutMs: 50_000 }),
          that(from).then(() =>
            plane.admin("PATCH", `${path}/${name}/status`, healthy, "application/merge-patch+json"),
          ),
        ]);
        return { report, ...looks(from) };
      } finally {
        reader.close();
      }
    };

    it("looks when the watch says that something moved, and not before", async () => {
      const { report, reads, watches } = await waited("admin", "watched", () => sleep(3000));
      expect(report).toMatchObject({ healthy: true, end: "healthy" });
      // Before, and after the change; polling would have looked seven times by then.
      expect(reads).toBeLessThanOrEqual(3);
      expect(watches).toBeGreaterThanOrEqual(1);
    });

    it("looks by the clock where the credentials may not watch", async () => {
      const { report, reads } = await waited("bob", "polled", (from) =>
        until("it has looked some times", () => looks(from).reads > 3),
      );
      expect(report).toMatchObject({ healthy: true, end: "healthy" });
      expect(reads).toBeGreaterThanOrEqual(4);
    });
  },
);

const healthy = {
  status: {
    observedGeneration: 1,
    replicas: 1,
    updatedReplicas: 1,
    readyReplicas: 1,
    availableReplicas: 1,
    conditions: [
      { type: "Available", status: "True", reason: "x", message: "x" },
      { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable", message: "x" },
    ],
  },
};

function deployment(name: string): JsonObject {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "shop" },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "nginx" }] } },
    },
  };
}
