import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ApplyOutcome, ApplyStep } from "../../src/apply/run/apply-plan.ts";
import { branchOf } from "../../src/apply/run/commit-message.ts";
import type { GitPlan } from "../../src/apply/run/git-plan.ts";
import { type ApplyWorld, applyWorld, MINOR, NOON, storedPlan, VERSION } from "../support/git-apply-world.ts";
import { checkLog } from "../support/git-log-check.ts";
import { commitFiles, git, temporaryFolder } from "../support/git-repository.ts";
import { deep } from "../support/suites.ts";
import { processesOf } from "../support/processes.ts";
import { until } from "../support/until.ts";

// Bundled once: a process of its own starts for every run.
const bundles = temporaryFolder();
const child = join(bundles.path, "child.mjs");
beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL("apply-git-child.ts", import.meta.url))],
    outfile: child,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
});
afterAll(() => bundles.remove());
const worlds: ApplyWorld[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.remove();
});

async function approved(
  options: { readonly required?: number } = {},
): Promise<{ world: ApplyWorld; plan: GitPlan }> {
  const world = await applyWorld(options);
  worlds.push(world);
  const plan = await world.plan();
  await world.approve(plan, { validitySeconds: 3600 });
  return { world, plan };
}

type Answer = Partial<ApplyOutcome> & { readonly code?: string; readonly message?: string };
interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly answer: Answer | undefined;
  readonly stderr: string;
}

/** `kubeops apply` as far as it matters here, in a process of its own. */
function run(
  world: ApplyWorld,
  plan: GitPlan,
  dieAt: ApplyStep | "pushing" | "-" = "-",
  now: number = NOON,
): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const process_ = spawn(
    process.execPath,
    [
      child,
      storedPlan(world, plan).name,
      world.statePath,
      world.trustRootPath,
      String(now),
      VERSION,
      String(MINOR),
      dieAt,
    ],
    // What a killed process leaves behind goes with the world.
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TMPDIR: world.path } },
  );
  let stdout = "";
  let stderr = "";
  process_.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString("utf8")));
  process_.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
  process_.on("close", (_, signal) =>
    resolve({ signal, answer: stdout === "" ? undefined : (JSON.parse(stdout) as Answer), stderr }),
  );
  return promise;
}

const steps: readonly (ApplyStep | "pushing")[] = [
  "verified",
  "intent-logged",
  "commit-built",
  "nonces-consumed",
  "pushing",
  "pushed",
  "outcome-logged",
  "done",
];
/** Steps after which the commit may stand at the target. */
const after = new Set<string>(["pushing", "pushed", "outcome-logged", "done"]);

function expectWhole(world: ApplyWorld, plan: GitPlan): void {
  expect(git(world.repository, "rev-list", "--count", `main..${branchOf(plan)}`)).toBe("1");
  expect(
    git(world.repository, "for-each-ref", "--format=%(refname:short)", "refs/heads/").split("\n"),
  ).toEqual([branchOf(plan), "main"]);
  const events = world.events();
  const outcomes = events.filter((event) => event.type === "apply-outcome");
  expect(outcomes.map((event) => event.result)).toEqual([git(world.repository, "rev-parse", branchOf(plan))]);
  expect(events.findIndex((event) => event.type === "apply-intent")).toBeLessThan(
    events.indexOf(outcomes[0]!),
  );
  expect(checkLog(join(world.statePath, "log"))).toEqual({ problems: [], open: [] });
  expect(git(world.repository, "fsck", "--strict")).toBe("");
  // Nothing half-written is left in the state folder.
  expect(
    readdirSync(world.statePath).filter((name) => name.startsWith(".") || name.endsWith(".tmp")),
  ).toEqual([]);
}

describe.each(steps)("killed with SIGKILL at %s", (step) => {
  it("K20 the second run finishes: one commit, one outcome, a log that verifies", async () => {
    const { world, plan } = await approved();
    const first = await run(world, plan, step);
    expect([first.signal, first.answer]).toEqual(["SIGKILL", undefined]);
    const second = await run(world, plan);
    expect(second.answer).toMatchObject({
      plan: plan.digest,
      branch: branchOf(plan),
      resumed: !["verified", "done"].includes(step),
      alreadyDone: step === "done",
    });
    expectWhole(world, plan);
    if (!deep && step !== "pushed") return;
    const third = await run(world, plan);
    expect(third.answer).toMatchObject({ commit: second.answer?.commit, alreadyDone: true });
    expectWhole(world, plan);
  });

  it.skipIf(!deep && !["nonces-consumed", "pushing", "outcome-logged"].includes(step))(
    "K3 the second run asks again what may be: after the approval's end it refuses, or only logs what is there",
    async () => {
      const { world, plan } = await approved();
      await run(world, plan, step);
      if (step === "pushing") {
        // git may still be at it: whether the commit arrives is not known yet.
        await until("git is done", () => processesOf(world.path).length === 0);
      }
      const arrived = git(world.repository, "for-each-ref", `refs/heads/${branchOf(plan)}`) !== "";
      if (step !== "pushing") expect(arrived).toBe(after.has(step));
      const second = await run(world, plan, "-", NOON + 7_200_000);
      if (arrived) {
        expect(second.answer).toMatchObject({ branch: branchOf(plan) });
        expectWhole(world, plan);
      } else {
        expect(second.answer).toMatchObject({ code: "APPROVAL_EXPIRED" });
        expect(git(world.repository, "for-each-ref", "--format=%(refname:short)", "refs/heads/")).toBe(
          "main",
        );
        expect(checkLog(join(world.statePath, "log"))).toEqual({ problems: [], open: [] });
      }
    },
  );
});

describe("processes at once", () => {
  it.each(Array.from({ length: deep ? 10 : 2 }, (_, index) => index))(
    "two that apply the same plan make one commit and one outcome (%i)",
    async () => {
      const { world, plan } = await approved();
      const both = await Promise.all([run(world, plan), run(world, plan)]);
      expect(both.map((one) => one.signal)).toEqual([null, null]);
      const commits = both.map((one) => one.answer?.commit);
      expect(commits[0]).toBe(commits[1]);
      expect(both.map((one) => one.answer?.alreadyDone).sort()).toEqual([false, true]);
      expectWhole(world, plan);
    },
  );

  it("a second one that waits while the first is killed takes over", async () => {
    const { world, plan } = await approved();
    const [first, second] = await Promise.all([run(world, plan, "nonces-consumed"), run(world, plan)]);
    expect(first.signal === "SIGKILL" || first.answer?.alreadyDone === true).toBe(true);
    expect(second.answer?.commit).toBe(git(world.repository, "rev-parse", branchOf(plan)));
    expectWhole(world, plan);
  });

  it("of two plans that move the same base one is carried out and one refused", async () => {
    const { world } = await approved();
    git(world.repository, "checkout", "--quiet", "--detach");
    const plans = [];
    for (const [index, name] of ["web", "api"].entries()) {
      const plan = await world.plan({
        mode: "onto",
        branch: "main",
        objects: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" } }],
      });
      await world.approve(plan, { nonce: String(index + 5).repeat(32) });
      plans.push(plan);
    }
    const answers = await Promise.all(plans.map((plan) => run(world, plan)));
    const codes = answers.map((one) => one.answer?.code ?? "applied").sort();
    expect(codes).toEqual(["TARGET_DRIFT", "applied"]);
    expect(git(world.repository, "rev-list", "--count", "main")).toBe("2");
    expect(checkLog(join(world.statePath, "log"))).toEqual({ problems: [], open: [] });
  });
});

describe("killed at every step of every attempt", () => {
  it.skipIf(!deep)("the last run still finishes, with one commit", async () => {
    const { world, plan } = await approved();
    for (const step of steps) await run(world, plan, step);
    const last = await run(world, plan);
    expect(last.answer).toMatchObject({ branch: branchOf(plan) });
    expectWhole(world, plan);
    commitFiles(world.repository, { x: "1" });
    expect((await run(world, plan)).answer).toMatchObject({ alreadyDone: true });
  });
});
