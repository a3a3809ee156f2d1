import { valueAt } from "../../../src/kube/json.ts";
import type { ControlPlane } from "../control-plane.ts";
import { until } from "../until.ts";

const core = "/api/v1/namespaces";

/** Whether one more ConfigMap is let into the namespace: what the server says to a dry run. */
async function probe(plane: ControlPlane, namespace: string): Promise<string> {
  const { status, body } = await plane.admin("POST", `${core}/${namespace}/configmaps?dryRun=All`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "quota-probe", namespace },
  });
  return `${status} ${status < 300 ? "" : JSON.stringify(valueAt(body, ["message"]))}`;
}

/**
 * A quota `none` that lets no more ConfigMaps into the namespace; in force when this returns. Its count is ours: for a
 * control plane without controllers.
 */
export async function fillQuota(plane: ControlPlane, namespace: string): Promise<void> {
  const quota = {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "none", namespace },
    spec: { hard: { configmaps: "1" } },
  };
  const { body } = await plane.admin("POST", `${core}/${namespace}/resourcequotas`, quota);
  const status = { hard: { configmaps: "1" }, used: { configmaps: "1" } };
  await plane.admin("PUT", `${core}/${namespace}/resourcequotas/none/status`, { ...body, status });
  // Admission sees the quota late, and its count later still: until then it refuses, too, but for another reason.
  let told = "";
  await until(
    () => `the quota is in force (${told})`,
    async () => {
      told = await probe(plane, namespace);
      return told.includes("exceeded quota: none");
    },
  );
}

/**
 * Removes the quotas of the namespace; none is in force when this returns. The server's admission looks them up in a cache,
 * which may hold a removed one for half a minute (apiserver, quota accessor).
 */
export async function liftQuotas(plane: ControlPlane, namespace: string): Promise<void> {
  await plane.admin("DELETE", `${core}/${namespace}/resourcequotas`);
  let told = "";
  await until(
    () => `no quota is in force (${told})`,
    async () => {
      told = await probe(plane, namespace);
      return told.startsWith("201");
    },
  );
}
