import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valueAt } from "../../src/kube/json.ts";
import { controlPlane, type ControlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";
import { processesOf } from "../support/processes.ts";
import { until } from "../support/until.ts";

const missing = controlPlaneMissing !== undefined && leftOut("the test control plane", controlPlaneMissing);

describe.skipIf(missing)("the test control plane", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await controlPlane({ components: "all" });
  });
  afterAll(() => plane?.stop());
  const ready = (): Promise<boolean> =>
    until("the Deployment is ready", async () => {
      const { body } = await plane.admin("GET", "/apis/apps/v1/namespaces/default/deployments/web");
      return valueAt(body, ["status", "readyReplicas"]) === 3;
    });

  it("runs pods: a Deployment becomes ready, and a namespace gets its account", async () => {
    await plane.admin("POST", "/apis/apps/v1/namespaces/default/deployments", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: "web" } },
        template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "x" }] } },
      },
    });
    await ready();
  });

  it("goes back to an earlier store on the same address, and its node runs pods again", async () => {
    await plane.pause();
    const store = await plane.copyStore();
    await plane.resume();
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "later" } };
    await plane.admin("POST", "/api/v1/namespaces/default/configmaps", map);
    await plane.pause();
    await plane.resume(store);
    expect((await plane.admin("GET", "/api/v1/namespaces/default/configmaps/later")).status).toBe(404);
    await plane.admin("DELETE", "/api/v1/namespaces/default/pods");
    await ready();
  });

  it.skipIf(!existsSync("/proc"))("dies with its test process, however that ends", async () => {
    const support = join(import.meta.dirname, "../support/control-plane.ts");
    const script = `
      import { controlPlane } from ${JSON.stringify(support)};
      const plane = await controlPlane();
      process.stdout.write(plane.folder + "\\n");
      setInterval(() => {}, 1000);
    `;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let folder = "";
    for await (const chunk of child.stdout) {
      folder += String(chunk);
      if (folder.endsWith("\n")) break;
    }
    folder = folder.trim();
    expect(processesOf(folder).length).toBeGreaterThanOrEqual(2);
    child.kill("SIGKILL");
    await until("they are gone", () => processesOf(folder).length === 0);
    rmSync(folder, { recursive: true, force: true });
  });
});
