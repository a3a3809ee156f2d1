import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valueAt } from "../../src/kube/json.ts";
import { controlPlane, type ControlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { leftOut } from "../support/suites.ts";

const missing = controlPlaneMissing !== undefined && leftOut("the test control plane", controlPlaneMissing);

/** Whether a process runs; a zombie does not. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

async function until(ask: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await ask()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

describe.skipIf(missing)("the test control plane", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await controlPlane({ components: "all" });
  });
  afterAll(() => plane?.stop());

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
    const ready = await until(async () => {
      const { body } = await plane.admin("GET", "/apis/apps/v1/namespaces/default/deployments/web");
      return valueAt(body, ["status", "readyReplicas"]) === 3;
    });
    expect(ready).toBe(true);
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
    const again = await until(async () => {
      const { body } = await plane.admin("GET", "/apis/apps/v1/namespaces/default/deployments/web");
      return valueAt(body, ["status", "readyReplicas"]) === 3;
    });
    expect(again).toBe(true);
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
    const pids = processesOf(folder);
    expect(pids.length).toBeGreaterThanOrEqual(2);
    child.kill("SIGKILL");
    expect(await until(() => pids.every((pid) => !runs(pid)))).toBe(true);
    rmSync(folder, { recursive: true, force: true });
  });
});

/** Processes whose command line names the folder. */
function processesOf(folder: string): number[] {
  if (!existsSync("/proc")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder);
      } catch {
        return false;
      }
    })
    .map(Number);
}
