import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeConnection } from "../../src/apply/cluster/client/connection.ts";
import { openPlanner } from "../../src/apply/cluster/client/writer.ts";
import { halfWayOf } from "../../src/apply/cluster/run/half-way.ts";
import { errorTable } from "../../src/kube/error-table.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { OpsError } from "../../src/kube/ops-error.ts";
import { clusterWorld, INVENTORY } from "../support/cluster/cluster-world.ts";
import { connectionOf, pinOfPlane } from "../support/cluster/connect.ts";
import { refused } from "../support/cluster/refused.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { checkLog } from "../support/git-log-check.ts";
import { leftOut } from "../support/suites.ts";
import { untilAllowed } from "../support/cluster/allowed.ts";
import { until } from "../support/until.ts";

const core = "/api/v1/namespaces";

describe.skipIf(controlPlaneMissing !== undefined && leftOut("an expired token", controlPlaneMissing))(
  "a token that expires",
  () => {
    let plane: ControlPlane;
    beforeAll(async () => {
      plane = await controlPlane({ components: "api" });
      for (const name of ["shop", INVENTORY])
        await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
      await plane.admin("POST", `${core}/shop/serviceaccounts`, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "robot", namespace: "shop" },
      });
      await plane.admin("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "robot" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
        subjects: [{ kind: "ServiceAccount", name: "robot", namespace: "shop" }],
      });
      await untilAllowed(plane, "system:serviceaccount:shop:robot", { verb: "*", group: "*", resource: "*" });
    });
    afterAll(() => plane?.stop());

    /**
     * A real token of the account, signed anew with the server's own key, that is over in so many seconds. The server adds a
     * minute of leeway (go-jose), and remembers a good token for ten seconds (apiserver, authenticator cache).
     */
    const expiring = async (seconds: number): Promise<string> => {
      const { body } = await plane.admin("POST", `${core}/shop/serviceaccounts/robot/token`, {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: 600 },
      });
      const { token } = body["status"] as { token: string };
      const [header = "", payload = ""] = token.split(".");
      const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as JsonObject;
      const exp = Math.floor(Date.now() / 1000) - 60 + seconds;
      const next = Buffer.from(JSON.stringify({ ...claims, exp })).toString("base64url");
      const key = createPrivateKey(readFileSync(join(plane.folder, "sa.key")));
      const signature = sign("sha256", Buffer.from(`${header}.${next}`), { key, dsaEncoding: "ieee-p1363" });
      return `${header}.${next}.${signature.toString("base64url")}`;
    };

    it("in the middle of a run ends it clearly, with exit code 3, and nothing is lost: a fresh one goes on", async () => {
      const world = await clusterWorld(plane);
      try {
        const begun = performance.now();
        const plan = await world.plan({ objects: [configMap("a"), configMap("b")] });
        await world.approve(plan);
        // Long enough for the first write, which comes sooner after this than the plan took ten times.
        const token = await expiring(Math.max(5, Math.ceil((performance.now() - begun) / 100)));
        const connection: KubeConnection = { ...connectionOf(plane), credentials: { kind: "token", token } };
        const untilOver = async (): Promise<void> => {
          const reader = openPlanner(connection, await pinOfPlane(plane));
          const isOver = (error: unknown): boolean => {
            if (!OpsError.is(error) || error.code !== "CLUSTER_AUTH") throw error;
            return true;
          };
          try {
            await until("the token is over", () => reader.selfSubjectReview().then(() => false, isOver), {
              pause: 500,
            });
          } finally {
            reader.close();
          }
        };
        const error = await refused(
          world.apply(plan, {
            openCluster: () => connection,
            onStep: async ({ step }) => {
              if (step === "written") await untilOver();
            },
          }),
        );
        expect([error.code, error.message]).toEqual([
          "APPLY_PARTIAL",
          "the plan stands half-way: the API server does not accept the credentials (dry run of the apply of configmaps shop/b); written: ConfigMap shop/a; not written: ConfigMap shop/b",
        ]);
        expect(error.hint).toContain(
          "the token or certificate is unknown, expired or revoked: get new credentials",
        );
        expect(errorTable[error.code].exit).toBe(3);
        expect(halfWayOf(error)).toMatchObject({ uncertain: null, resumable: true });
        // The same token is no better the second time, and says so before anything is touched.
        expect((await refused(world.apply(plan, { openCluster: () => connection }))).code).toMatch(
          /^CLUSTER_(AUTH|PIN)$/,
        );
        const outcome = await world.apply(plan);
        expect([outcome.resumed, outcome.written.length]).toEqual([true, 2]);
        expect((await plane.admin("GET", `${core}/shop/configmaps/b`)).status).toBe(200);
        expect(checkLog(join(world.statePath, "log"))).toEqual({ problems: [], open: [] });
      } finally {
        world.remove();
      }
    }, 60_000);
  },
);

function configMap(name: string): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data: { key: "1" } };
}
