import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { ClusterOutcome } from "../../../src/apply/cluster/run/ports.ts";
import type { ClusterPlan } from "../../../src/apply/run/git-plan.ts";
import type { ControlPlane } from "../control-plane.ts";
import { temporaryFolder } from "../git-repository.ts";
import { type ClusterWorld, storedPlan, VERSION } from "./cluster-world.ts";

/** What a process printed that applied a plan, and how it ended. */
export interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly answer:
    | (Partial<ClusterOutcome> & { readonly code?: string; readonly message?: string })
    | undefined;
}

/** Applies plans in processes of their own (test/cluster/apply-cluster-child.ts) that die by SIGKILL right after a step. */
export interface ApplyChild {
  run(plane: ControlPlane, world: ClusterWorld, plan: ClusterPlan, dieAt?: string): Promise<Ended>;
  remove(): void;
}

export async function applyChild(): Promise<ApplyChild> {
  const bundles = temporaryFolder();
  const child = join(bundles.path, "child.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("../../cluster/apply-cluster-child.ts", import.meta.url))],
    outfile: child,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    banner: { js: 'import { createRequire as r } from "node:module"; const require = r(import.meta.url);' },
  });
  return {
    run: (plane, world, plan, dieAt = "-") => {
      const { promise, resolve } = Promise.withResolvers<Ended>();
      const { name } = storedPlan(world, plan);
      const args = [
        child,
        name,
        world.statePath,
        world.trustRootPath,
        plane.kubeconfigFile("admin"),
        VERSION,
        dieAt,
      ];
      const started = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
      let stdout = "";
      let stderr = "";
      started.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString("utf8")));
      started.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
      started.on("close", (_, signal) =>
        resolve({
          signal,
          stderr,
          answer: stdout === "" ? undefined : (JSON.parse(stdout) as Ended["answer"]),
        }),
      );
      return promise;
    },
    remove: () => bundles.remove(),
  };
}
