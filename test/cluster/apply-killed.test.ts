import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ClusterOutcome } from "../../src/apply/cluster/run/ports.ts";
import type { ClusterPlan } from "../../src/apply/run/git-plan.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { objectKey } from "../../src/kube/object-key.ts";
import {
  clusterWorld,
  type ClusterWorld,
  INVENTORY,
  storedPlan,
  VERSION,
} from "../support/cluster/cluster-world.ts";
import { type ControlPlane, controlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { checkLog } from "../support/git-log-check.ts";
import { temporaryFolder } from "../support/git-repository.ts";
import { deep, leftOut } from "../support/suites.ts";

const missing = controlPlaneMissing !== undefined && leftOut("a killed apply", controlPlaneMissing);
const core = "/api/v1/namespaces";

/** An update, two creations and a deletion: `a` is changed, `b` and `c` are made, `d` goes. */
const all = [
  "verified",
  "intent-logged",
  "preimages-saved",
  "approvals-used",
  ...["b", "c", "a", "d"].flatMap((name) => [`writing ${name}`, `answered ${name}`, `written ${name}`]),
  "outcome-logged",
  "done",
];
const sample = [
  "intent-logged",
  "approvals-used",
  "answered a",
  "writing b",
  "answered b",
  "written c",
  "answered d",
  "outcome-logged",
];

describe.skipIf(missing)("an apply that is killed", () => {
  const bundles = temporaryFolder();
  const child = join(bundles.path, "child.mjs");
  let plane: ControlPlane;
  const worlds: ClusterWorld[] = [];
  beforeAll(async () => {
    await build({
      entryPoints: [fileURLToPath(new URL("apply-cluster-child.ts", import.meta.url))],
      outfile: child,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
      banner: { js: 'import { createRequire as r } from "node:module"; const require = r(import.meta.url);' },
    });
    plane = await controlPlane({ components: "api" });
    for (const name of ["shop", INVENTORY])
      await plane.admin("POST", core, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  });
  afterAll(async () => {
    bundles.remove();
    await plane?.stop();
  });
  afterEach(async () => {
    for (const world of worlds.splice(0)) world.remove();
    await plane.admin("DELETE", `${core}/shop/configmaps`);
  });

  const approved = async (): Promise<{ world: ClusterWorld; plan: ClusterPlan }> => {
    const world = await clusterWorld(plane, (spec) => ({
      ...spec,
      deletions: [{ group: "", kind: "ConfigMap", namespace: "shop", name: "d" }],
    }));
    worlds.push(world);
    const first = await world.plan({ objects: [configMap("a"), configMap("d")] });
    await world.approve(first);
    await world.apply(first);
    const plan = await world.plan({
      objects: [configMap("a", "2"), configMap("b"), configMap("c")],
      deletions: [objectKey(configMap("d"))],
    });
    await world.approve(plan);
    return { world, plan };
  };

  const run = (world: ClusterWorld, plan: ClusterPlan, dieAt = "-"): Promise<Ended> => {
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
      resolve({ signal, stderr, answer: stdout === "" ? undefined : (JSON.parse(stdout) as Answer) }),
    );
    return promise;
  };

  const stands = async (): Promise<Record<string, unknown>> => {
    const { body } = await plane.admin("GET", `${core}/shop/configmaps`);
    const { items } = body as {
      items: { metadata: { name: string; resourceVersion: string }; data: JsonObject }[];
    };
    return Object.fromEntries(
      items
        .filter(({ metadata }) => metadata.name !== "kube-root-ca.crt")
        .map(({ metadata, data }) => [metadata.name, data["key"]]),
    );
  };

  const writesOf = (events: readonly JsonObject[]): string[] =>
    (events as readonly { verb: string; requestURI: string; responseStatus?: { code: number } }[])
      .filter(
        ({ verb, requestURI }) =>
          ["create", "patch", "delete"].includes(verb) && !/dryRun|selfsubject/.test(requestURI),
      )
      .map(({ verb, requestURI }) => `${verb} ${requestURI.replace(/\?.*/, "").replace(/.*\//, "")}`);

  it.each(deep ? all : sample)(
    "at %s: the second run ends in the same state, and nothing is written twice",
    async (step) => {
      const { world, plan } = await approved();
      const before = plane.auditLog().length;
      const first = await run(world, plan, step);
      expect([first.signal, first.stderr]).toEqual(["SIGKILL", ""]);
      const second = await run(world, plan);
      expect(second.answer).toMatchObject({
        plan: plan.digest,
        resumed: !["verified", "done"].includes(step),
        alreadyDone: step === "done",
      });
      expect(await stands()).toEqual({ a: "2", b: "1", c: "1" });
      // One marker, and each object once.
      expect(writesOf(plane.auditLog().slice(before)).toSorted()).toEqual(
        ["create configmaps", "delete d", "patch a", "patch b", "patch c"].toSorted(),
      );
      expect(checkLog(join(world.statePath, "log"))).toEqual({ problems: [], open: [] });
      const outcomes = world
        .events()
        .filter(({ type, plan: of }) => type === "apply-outcome" && of === plan.digest);
      expect(outcomes.length).toBe(1);
      expect((await run(world, plan)).answer).toMatchObject({ alreadyDone: true });
    },
  );

  it("at every step, one after the other, ends in the same state", async () => {
    const { world, plan } = await approved();
    const before = plane.auditLog().length;
    for (const step of deep
      ? all
      : ["intent-logged", "approvals-used", "answered b", "written c", "answered a"])
      await run(world, plan, step);
    expect((await run(world, plan)).answer).toMatchObject({ plan: plan.digest });
    expect(await stands()).toEqual({ a: "2", b: "1", c: "1" });
    expect(writesOf(plane.auditLog().slice(before)).toSorted()).toEqual(
      ["create configmaps", "delete d", "patch a", "patch b", "patch c"].toSorted(),
    );
    expect(checkLog(join(world.statePath, "log"))).toEqual({ problems: [], open: [] });
  });

  it("two at once carry it out once", async () => {
    const { world, plan } = await approved();
    const both = await Promise.all([run(world, plan), run(world, plan)]);
    expect(both.map(({ answer }) => answer?.alreadyDone).toSorted()).toEqual([false, true]);
    expect(await stands()).toEqual({ a: "2", b: "1", c: "1" });
  });
});

type Answer = Partial<ClusterOutcome> & { readonly code?: string; readonly message?: string };
interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly answer: Answer | undefined;
}

function configMap(name: string, value = "1"): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data: { key: value } };
}
