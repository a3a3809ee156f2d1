import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openGitTarget } from "../git/git-target.ts";
import {
  type ApplyWorld,
  applyWorld,
  configMap,
  FOLDER,
  NONCE,
  NOON,
  type PortOptions,
  storedPlan,
  type WorldOptions,
} from "../../../test/support/git-apply-world.ts";
import { commitFiles, git } from "../../../test/support/git-repository.ts";
import { checkLog } from "../../../test/support/git-log-check.ts";
import { canonicalJson } from "../../kube/canonical-json.ts";
import { jsonDigest } from "../../kube/digest.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { GitPlan } from "./git-plan.ts";
import { filesOf } from "../../plan/files-of.ts";
import { type ApplyOutcome, type ApplyStep, applyPlan } from "./apply-plan.ts";
import { type ApprovedPlan, assertApproved } from "./approved-plan.ts";
import { branchOf } from "./commit-message.ts";

const worlds: ApplyWorld[] = [];
afterEach(() => {
  try {
    for (const world of worlds)
      expect(checkLog(join(world.statePath, "log"))).toEqual({ problems: [], open: expectedOpen.splice(0) });
  } finally {
    for (const world of worlds.splice(0)) world.remove();
  }
});
/** What the next check of the log may find open; nothing unless a test says so. */
const expectedOpen: string[] = [];

async function makeWorld(options: WorldOptions = {}): Promise<ApplyWorld> {
  const world = await applyWorld(options);
  worlds.push(world);
  return world;
}

function apply(world: ApplyWorld, plan: GitPlan, options: PortOptions = {}): Promise<ApplyOutcome> {
  const { text, name } = storedPlan(world, plan);
  return applyPlan(text, name, world.ports(options));
}

const types = (world: ApplyWorld, statePath?: string): string[] =>
  world
    .events(statePath)
    .map((event) => (event.code === undefined ? event.type : `${event.type} ${event.code}`));

const branches = (world: ApplyWorld): string =>
  git(world.repository, "for-each-ref", "--format=%(refname:short)", "refs/heads/");

async function refused(work: Promise<unknown>): Promise<OpsError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof OpsError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("applying a plan", () => {
  it("makes one commit on a branch of its own, exactly the plan's files, and logs intent and outcome", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    expect(plan.verdict.decision).toBe("needs-approval");
    const signed = await world.approve(plan);
    const steps: ApplyStep[] = [];
    const outcome = await apply(world, plan, { onStep: (step) => steps.push(step) });
    const branch = branchOf(plan);
    const commit = git(world.repository, "rev-parse", branch);
    expect(outcome).toEqual({
      plan: plan.digest,
      commit,
      branch,
      resumed: false,
      alreadyDone: false,
      presence: [{ approver: "alice", presence: "not proved" }],
    });
    expect(steps).toEqual([
      "verified",
      "intent-logged",
      "commit-built",
      "nonces-consumed",
      "pushed",
      "outcome-logged",
      "done",
    ]);
    expect(git(world.repository, "rev-list", "--count", `main..${branch}`)).toBe("1");
    expect(
      git(world.repository, "diff-tree", "-r", "--name-only", "main", branch).split("\n").sort(),
    ).toEqual(plan.files.map((file) => file.path).sort());
    expect(git(world.repository, "log", "-1", "--format=%cI %an", branch)).toBe(
      "2026-03-01T12:00:00+00:00 kubeops",
    );
    expect(git(world.repository, "status", "--porcelain")).toBe("");
    const about = {
      plan: plan.digest,
      target: jsonDigest(plan.target),
      charter: plan.charter?.digest,
      verdict: plan.verdict.decision,
      trustRoot: "advisory",
    };
    expect(world.events()).toMatchObject([
      { type: "log-created" },
      {
        type: "apply-intent",
        ...about,
        approver: "alice",
        nonce: NONCE,
        approval: jsonDigest(signed),
        presence: "not proved",
      },
      { type: "apply-outcome", ...about, result: commit, presence: "not proved" },
    ]);
  });

  it("moves the base branch itself where the plan says so, but not one that is checked out", async () => {
    const world = await makeWorld();
    const plan = await world.plan({ mode: "onto" });
    await world.approve(plan);
    const base = git(world.repository, "rev-parse", "main");
    expect((await refused(apply(world, plan))).code).toBe("BRANCH_CHECKED_OUT");
    git(world.repository, "checkout", "--quiet", "--detach");
    const outcome = await apply(world, plan);
    expect([outcome.branch, git(world.repository, "rev-parse", "main")]).toEqual(["main", outcome.commit]);
    expect(git(world.repository, "rev-parse", "main^")).toBe(base);
    expect(types(world)).toEqual([
      "log-created",
      "refusal BRANCH_CHECKED_OUT",
      "apply-intent",
      "apply-outcome",
    ]);
    expect(await apply(world, plan)).toMatchObject({
      commit: outcome.commit,
      alreadyDone: true,
      resumed: false,
    });
    expect(types(world)).toHaveLength(4);
  });

  it("begins an empty repository", async () => {
    const world = await makeWorld({ bare: true });
    const plan = await world.plan({ mode: "onto" });
    expect(plan.target.base).toBeNull();
    await world.approve(plan);
    const { commit } = await apply(world, plan);
    expect(git(world.repository, "rev-parse", "main")).toBe(commit);
    expect(git(world.repository, "rev-list", "--count", "main")).toBe("1");
  });

  it("makes the same commit in two places", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const twin = join(world.path, "twin");
    cpSync(world.statePath, twin, { recursive: true });
    const { commit } = await apply(world, plan);
    git(world.repository, "branch", "--quiet", "-D", branchOf(plan));
    const again = await apply(world, plan, { statePath: twin, now: () => NOON + 60_000 });
    expect(again.commit).toBe(commit);
  });

  it("signs the commit on request", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const { commit } = await apply(world, plan, { signCommitWith: join(world.path, "owner.key") });
    expect(git(world.repository, "cat-file", "commit", commit)).toContain(
      "\ngpgsig -----BEGIN SSH SIGNATURE-----\n",
    );
  });

  it("counts as many approvals as the charter wants, of distinct persons", async () => {
    const world = await makeWorld({ required: 2 });
    const plan = await world.plan();
    await world.approve(plan);
    expect(await refused(apply(world, plan))).toMatchObject({ code: "APPROVAL_MISSING" });
    await world.approve(plan, { approver: "bob", nonce: "2".repeat(32) });
    const outcome = await apply(world, plan);
    expect(outcome.presence.map((row) => row.approver).sort()).toEqual(["alice", "bob"]);
    const message = git(world.repository, "log", "-1", "--format=%B", branchOf(plan));
    expect(message).toContain(`Kubeops-Nonce: ${"1".repeat(32)}`);
    expect(message).toContain(`Kubeops-Nonce: ${"2".repeat(32)}`);
    expect(types(world)).toEqual([
      "log-created",
      "refusal APPROVAL_MISSING",
      "apply-intent",
      "apply-intent",
      "apply-outcome",
    ]);
  });

  it("needs no approval where the charter wants none, and still makes the same commit every time", async () => {
    const world = await makeWorld({ required: 0 });
    const plan = await world.plan();
    expect(plan.verdict).toMatchObject({ decision: "allowed", approvals: { required: 0 } });
    const first = await apply(world, plan);
    git(world.repository, "branch", "--quiet", "-D", branchOf(plan));
    const second = await apply(world, plan, { now: () => NOON + 86_400_000 });
    expect(second.commit).toBe(first.commit);
    expect(git(world.repository, "log", "-1", "--format=%ct", first.commit)).toBe("1700000001");
  });

  it("only the one function makes an approved plan", () => {
    expect(() => assertApproved({ plan: {}, files: new Map() } as unknown as ApprovedPlan)).toThrow(
      new TypeError("this is no approved plan"),
    );
  });
});

describe("K1, K6, K9: what is verified", () => {
  it("K1 refuses a plan that was edited, with the old digest and with a new one", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const { text, name } = storedPlan(world, plan);
    const edited = text.replaceAll('"key":"1"', '"key":"2"');
    expect(edited).not.toBe(text);
    expect((await refused(applyPlan(edited, name, world.ports()))).code).toBe("PLAN_DIGEST");
    const { digest: _, ...rest } = JSON.parse(edited) as GitPlan;
    const again = `${canonicalJson({ ...rest, digest: jsonDigest(rest) })}${text.endsWith("\n") ? "\n" : ""}`;
    expect((await refused(applyPlan(again, name, world.ports()))).code).toBe("PLAN_NOT_REPRODUCED");
    expect(branches(world)).toBe("main");
    expect(types(world)).toEqual(["log-created", "refusal PLAN_DIGEST", "refusal PLAN_NOT_REPRODUCED"]);
  });

  it("K1 refuses a plan of which any part was changed, though its digest fits and it is approved", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    const { text } = storedPlan(world, plan);
    const end = text.slice(canonicalJson(plan).length);
    const changes: Record<string, (forged: GitPlan) => unknown> = {
      tool: (forged) => ({ ...forged.tool, version: "9.9.9" }),
      request: (forged) => ({ ...forged.request, text: "plan -f other.yaml" }),
      intent: (forged) => ({ ...forged.intent, namespace: "other" }),
      readSet: () => [],
      findings: (forged) => [...forged.findings, { code: "x/y", severity: "info", message: "fine" }],
      facts: (forged) => ({ ...forged.facts, counts: { ...forged.facts.counts, create: 0 } }),
      assumptions: (forged) => forged.assumptions.slice(1),
      verdict: (forged) => ({ ...forged.verdict, reasons: [] }),
    };
    const codes: Record<string, string> = {};
    for (const [index, [part, change]] of Object.entries(changes).entries()) {
      const { digest: _, ...rest } = { ...plan, [part]: change(plan) };
      const forged = { ...rest, digest: jsonDigest(rest) } as GitPlan;
      expect([part, canonicalJson(forged) === canonicalJson(plan)]).toEqual([part, false]);
      await world.approve(forged, { nonce: String(index + 1).repeat(32) });
      const error = await refused(applyPlan(`${canonicalJson(forged)}${end}`, "forged.json", world.ports()));
      codes[part] = error.code;
    }
    expect(codes).toEqual(
      Object.fromEntries(Object.keys(changes).map((part) => [part, "PLAN_NOT_REPRODUCED"])),
    );
    expect(branches(world)).toBe("main");
  });

  it("K6 refuses another charter than the plan's, before the run and in the middle of it", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const before = plan.charter?.digest;
    await world.charter((spec) => ({ ...spec, maxChanges: 5 }));
    const error = await refused(apply(world, plan));
    expect(error).toMatchObject({ code: "CHARTER_CHANGED", hint: "make a new plan" });
    expect(error.message).toContain(`the plan names the charter test serial 1 (${before})`);
    const next = await world.plan();
    await world.approve(next, { nonce: "2".repeat(32) });
    const ports = world.ports({ onStep: () => {} });
    let changed: Promise<void> | undefined;
    const { text, name } = storedPlan(world, next);
    const late = await refused(
      applyPlan(text, name, {
        ...ports,
        openTarget: async (url, branch) => {
          const target = await openGitTarget({ url, branch });
          return Object.assign(Object.create(target) as typeof target, bind(target), {
            buildCommit: async (...args: Parameters<typeof target.buildCommit>) => {
              changed ??= world.charter();
              await changed;
              return target.buildCommit(...args);
            },
          });
        },
      }),
    );
    expect(late).toMatchObject({
      code: "CHARTER_CHANGED",
      message: "the charter was changed while the command ran",
    });
    expect(branches(world)).toBe("main");
  });

  it("K9 refuses approvals that are expired, of another plan, of a stranger, or broken", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    expect((await refused(apply(world, plan))).code).toBe("APPROVAL_MISSING");
    await world.approve(plan, { validitySeconds: 60 });
    expect((await refused(apply(world, plan, { now: () => NOON + 61_000 }))).code).toBe("APPROVAL_EXPIRED");
    expect((await refused(apply(world, plan, { now: () => NOON - 1000 }))).code).toBe("APPROVAL_EXPIRED");
    const folder = join(world.statePath, "approvals", plan.digest.slice("sha256:".length));
    const file = join(folder, `${NONCE}.json`);
    const good = readFileSync(file, "utf8");
    for (const bad of ["{}", good.replace('"approver":"alice"', '"approver":"bob"'), good.slice(0, 100)]) {
      writeFileSync(file, bad);
      expect((await refused(apply(world, plan))).code).toMatch(/^(?:APPROVAL_INVALID|APPROVER_UNKNOWN)$/);
    }
    expect(branches(world)).toBe("main");
    writeFileSync(file, good);
    await apply(world, plan);
  });

  it("refuses what the charter denies", async () => {
    const world = await makeWorld();
    const plan = await world.plan({
      objects: [{ apiVersion: "v1", kind: "Service", metadata: { name: "x", namespace: "shop" }, spec: {} }],
    });
    await world.approve(plan).catch(() => {});
    const error = await refused(apply(world, plan));
    expect(error.code).toBe("PLAN_DENIED");
    expect(types(world).at(-1)).toBe("refusal PLAN_DENIED");
  });
});

/** The methods of a target as own properties, so that one of them can be replaced. */
function bind<T extends object>(target: T): Partial<T> {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(target)).filter(
    (name) => name !== "constructor",
  );
  return Object.fromEntries(
    names.map((name) => [
      name,
      (Reflect.get(target, name, target) as (...args: unknown[]) => unknown).bind(target),
    ]),
  ) as Partial<T>;
}

describe("K3, K18: drift", () => {
  it("K18 refuses when the base moved, and says what changed", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const base = plan.target.base;
    const moved = commitFiles(world.repository, { "other/file": "1" });
    expect(await refused(apply(world, plan))).toMatchObject({
      code: "TARGET_DRIFT",
      message: `main was at ${base} when the plan was made and is at ${moved} now; nothing below apps/shop changed`,
    });
    const again = commitFiles(world.repository, {
      "apps/shop/beside.yaml": "# note\n",
      "apps/shop/notes.txt": "changed\n",
    });
    expect(await refused(apply(world, plan))).toMatchObject({
      message: `main was at ${base} when the plan was made and is at ${again} now; 2 files below apps/shop changed: apps/shop/beside.yaml, apps/shop/notes.txt`,
    });
    git(world.repository, "reset", "--quiet", "--hard", "HEAD~2");
    await apply(world, plan);
  });

  it("K18 binds the whole root that a reconciler follows, not only our folder", async () => {
    const world = await makeWorld({
      root: "apps",
      files: { "apps/other/x.yaml": "a: 1\n", "apps/shop/notes.txt": "x\n" },
    });
    const plan = await world.plan();
    expect(plan.target.root).toBe("apps");
    await world.approve(plan);
    commitFiles(world.repository, { "apps/other/x.yaml": "a: 2\n" });
    const error = await refused(apply(world, plan));
    expect(error.code).toBe("TARGET_DRIFT");
    expect(error.message).toMatch(/; 1 file below apps changed: apps\/other\/x\.yaml$/);
  });

  it.each([
    ["a link", (path: string) => symlinkSync("/etc", join(path, "apps/shop/link"))],
    [
      "a submodule",
      (path: string) =>
        git(
          path,
          "update-index",
          "--add",
          "--cacheinfo",
          `160000,${git(path, "rev-parse", "HEAD")},apps/shop/module`,
        ),
    ],
    [
      "a name that differs by case",
      (path: string) => {
        const blob = git(path, "rev-parse", "HEAD:apps/shop/notes.txt");
        git(path, "update-index", "--add", "--cacheinfo", `100644,${blob},apps/shop/NOTES.txt`);
      },
    ],
  ])("K18 refuses a target under whose root %s appeared", async (_, change) => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    change(world.repository);
    git(world.repository, "add", "apps/shop/notes.txt");
    if (git(world.repository, "ls-files", "--others") !== "") git(world.repository, "add", "--all");
    git(world.repository, "commit", "--quiet", "-m", "odd");
    expect((await refused(apply(world, plan))).code).toBe("TARGET_DRIFT");
    // Neither can a plan be made against it.
    expect((await refused(world.plan())).code).toBe("TARGET_UNSAFE");
    expect(branches(world)).toBe("main");
  });

  it("K18 loses the race against another push between the last look and ours, and leaves that one alone", async () => {
    const world = await makeWorld({ bare: true });
    const plan = await world.plan({ mode: "onto" });
    await world.approve(plan);
    let rival = "";
    const error = await refused(
      apply(world, plan, {
        target: (target) =>
          Object.assign(Object.create(target) as typeof target, bind(target), {
            push: async (...args: Parameters<typeof target.push>) => {
              const other = await openGitTarget({ url: world.repository, branch: "main" });
              rival = await other.buildCommit({
                base: null,
                files: new Map([["theirs", "1"]]),
                message: "theirs\n",
                time: 0,
              });
              await other.push(rival, "main", null);
              await other.close();
              return target.push(...args);
            },
          }),
      }),
    );
    expect(error).toMatchObject({
      code: "TARGET_DRIFT",
      message: `branch main is no longer what the plan saw: it names ${rival}, expected was that it does not exist`,
    });
    expect(git(world.repository, "rev-parse", "main")).toBe(rival);
    expect(types(world)).toEqual(["log-created", "apply-intent", "apply-failure TARGET_DRIFT"]);
    // The approval is used up: the run is over, and nothing of it can come back.
    git(world.repository, "update-ref", "-d", "refs/heads/main");
    expect((await refused(apply(world, plan))).code).toBe("APPROVAL_USED");
  });

  it("refuses a branch of the plan's name that somebody else made", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const branch = branchOf(plan);
    git(world.repository, "branch", branch);
    const head = git(world.repository, "rev-parse", "main");
    expect(await refused(apply(world, plan))).toMatchObject({
      code: "TARGET_DRIFT",
      message: `branch ${branch} is at ${head}; expected was that it is not there`,
    });
    git(world.repository, "branch", "--quiet", "-D", branch);
    await apply(world, plan);
  });
});

describe("K11: an approval is for one use", () => {
  it("K11 refuses it again after the branch was deleted", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    await apply(world, plan);
    git(world.repository, "branch", "--quiet", "-D", branchOf(plan));
    expect(await refused(apply(world, plan))).toMatchObject({
      code: "APPROVAL_USED",
      message: `the plan has 0 of 1 approvals that it needs: one was used already (${NONCE})`,
    });
    expect(branches(world)).toBe("main");
    // A new approval of the same plan is another use.
    await world.approve(plan, { nonce: "2".repeat(32) });
    await apply(world, plan);
  });

  it("K11 refuses it again after a merge, and after a merge that was taken back", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const branch = branchOf(plan);
    await apply(world, plan);
    git(world.repository, "merge", "--quiet", "--no-ff", "-m", "merge", branch);
    git(world.repository, "branch", "--quiet", "-D", branch);
    expect((await refused(apply(world, plan))).code).toBe("TARGET_DRIFT");
    git(world.repository, "reset", "--quiet", "--hard", "HEAD~1");
    expect((await refused(apply(world, plan))).code).toBe("APPROVAL_USED");
  });

  it("K11 finds the nonce in the target's history where the journal knows nothing", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    // The state as it was before: log and approvals, no journal of the run.
    const twin = join(world.path, "twin");
    cpSync(world.statePath, twin, { recursive: true });
    await apply(world, plan);
    const error = await refused(apply(world, plan, { statePath: twin }));
    expect(error.code).toBe("APPROVAL_USED");
    git(world.repository, "branch", "--quiet", "-m", branchOf(plan), "kept");
    expect((await refused(apply(world, plan, { statePath: twin }))).code).toBe("APPROVAL_USED");
    expect(types(world, twin)).toEqual(["log-created", "refusal APPROVAL_USED", "refusal APPROVAL_USED"]);
  });

  it("K11 remembers a use by the log where journal and branch are gone", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    await apply(world, plan);
    git(world.repository, "branch", "--quiet", "-D", branchOf(plan));
    for (const file of readdirSync(world.statePath))
      if (file.startsWith("journal.db")) rmSync(join(world.statePath, file));
    expect((await refused(apply(world, plan))).code).toBe("APPROVAL_USED");
    expect(branches(world)).toBe("main");
  });

  it("K11 refuses it at another clone: the approval is for this target", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const clone = join(world.path, "clone");
    git(world.path, "clone", "--quiet", world.repository, clone);
    const { text, name } = storedPlan(world, plan);
    const ports = world.ports();
    const error = await refused(
      applyPlan(text, name, { ...ports, openTarget: (_, branch) => openGitTarget({ url: clone, branch }) }),
    );
    expect(error).toMatchObject({
      code: "TARGET_DRIFT",
      message: `the plan names ${world.repository}@main; what stands there is ${clone}@main`,
    });
    expect(git(clone, "for-each-ref", "--format=%(refname)", "refs/heads/")).toBe("refs/heads/main");
  });

  it("K19 refuses it under a log that does not extend the one that the approver saw", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    // Something is in the log when the approver looks.
    await refused(apply(world, plan));
    await world.approve(plan);
    const log = join(world.statePath, "log");
    rmSync(log, { recursive: true });
    expect((await refused(apply(world, plan))).code).toBe("LOG_NOT_EXTENDED");
    expect(types(world)).toEqual(["log-created", "refusal LOG_NOT_EXTENDED"]);
    expect(branches(world)).toBe("main");
  });
});

describe("K20: no log, no effect", () => {
  it("K20 pushes nothing, builds nothing and consumes nothing when the intent cannot be logged", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const ports = world.ports();
    const steps: ApplyStep[] = [];
    const { text, name } = storedPlan(world, plan);
    const full = new OpsError("LOG_UNWRITABLE", "the disk is full");
    const error = await refused(
      applyPlan(text, name, {
        ...ports,
        log: {
          ...ports.log,
          origin: ports.log.origin,
          verifierKey: ports.log.verifierKey,
          append: () => {
            throw full;
          },
        },
        onStep: (step) => steps.push(step),
      }),
    );
    expect(error).toBe(full);
    expect(steps).toEqual(["verified"]);
    expect(branches(world)).toBe("main");
    expect((await apply(world, plan)).resumed).toBe(true);
  });

  it.skipIf(process.getuid?.() === 0)("K20 so it is with a log folder that cannot be written", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    mkdirSync(join(world.statePath, "log"), { recursive: true });
    chmodSync(join(world.statePath, "log"), 0o500);
    expect((await refused(apply(world, plan))).code).toBe("LOG_UNWRITABLE");
    expect(branches(world)).toBe("main");
  });

  it("K20 says so when the effect is there and its outcome could not be logged, and the next call logs it", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const ports = world.ports();
    const { text, name } = storedPlan(world, plan);
    const error = await refused(
      applyPlan(text, name, {
        ...ports,
        log: {
          ...ports.log,
          origin: ports.log.origin,
          verifierKey: ports.log.verifierKey,
          append: (event) => {
            if (event.type === "apply-outcome") throw new OpsError("LOG_UNWRITABLE", "the disk is full");
            return ports.log.append(event);
          },
        },
      }),
    );
    expect(error.code).toBe("LOG_UNWRITABLE");
    const commit = git(world.repository, "rev-parse", branchOf(plan));
    expect(types(world)).toEqual(["log-created", "apply-intent"]);
    // Long after: the approval has expired, the base has moved. The effect is there, and the log has to say so.
    commitFiles(world.repository, { x: "1" });
    expect(await apply(world, plan, { now: () => NOON + 864_000_000 })).toEqual({
      plan: plan.digest,
      commit,
      branch: branchOf(plan),
      resumed: true,
      alreadyDone: false,
      presence: [{ approver: "alice", presence: "not proved" }],
    });
    expect(types(world)).toEqual(["log-created", "apply-intent", "apply-outcome"]);
    expect(await apply(world, plan)).toMatchObject({ commit, alreadyDone: true, resumed: false });
    expect(types(world)).toEqual(["log-created", "apply-intent", "apply-outcome"]);
  });
});

describe("K3: a run that was cut off", () => {
  /** Leaves the run where it stands, as a process that dies does. */
  async function cutOffAt(world: ApplyWorld, plan: GitPlan, at: ApplyStep): Promise<void> {
    const cut = new Error("cut off");
    await expect(
      apply(world, plan, {
        onStep: (step) => {
          if (step === at) throw cut;
        },
      }),
    ).rejects.toBe(cut);
  }

  it("K3 refuses to go on with an approval that has expired, and ends the run", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan, { validitySeconds: 60 });
    await cutOffAt(world, plan, "nonces-consumed");
    const late = { now: () => NOON + 61_000 };
    expect((await refused(apply(world, plan, late))).code).toBe("APPROVAL_EXPIRED");
    expect(branches(world)).toBe("main");
    expect(
      world
        .ports()
        .journal.runs(plan.digest)
        .map((run) => run.outcome),
    ).toEqual(["refused"]);
    await world.approve(plan, { nonce: "2".repeat(32), now: NOON + 60_000 });
    expect(await apply(world, plan, late)).toMatchObject({ resumed: false, alreadyDone: false });
    expect(types(world)).toEqual([
      "log-created",
      "apply-intent",
      "apply-failure APPROVAL_EXPIRED",
      "apply-intent",
      "apply-outcome",
    ]);
  });

  it("K3 refuses to go on under another charter and on a base that moved", async () => {
    for (const change of ["charter", "base"] as const) {
      const world = await makeWorld();
      const plan = await world.plan();
      await world.approve(plan);
      await cutOffAt(world, plan, "nonces-consumed");
      if (change === "charter") await world.charter();
      else commitFiles(world.repository, { x: "1" });
      expect((await refused(apply(world, plan))).code).toBe(
        change === "charter" ? "CHARTER_CHANGED" : "TARGET_DRIFT",
      );
      expect(branches(world)).toBe("main");
    }
  });

  it("takes the same approvals again, though an earlier one has arrived, and makes the same commit", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    await cutOffAt(world, plan, "commit-built");
    const [run] = world.ports().journal.runs(plan.digest);
    await world.approve(plan, { approver: "bob", nonce: "0".repeat(32), now: NOON - 60_000 });
    const outcome = await apply(world, plan);
    expect(outcome).toMatchObject({ resumed: true, commit: run?.steps[0]?.detail["commit"] });
  });

  it("finds its commit where somebody has built on it, and where it was merged, and only logs the outcome", async () => {
    for (const fate of ["built-on", "merged"] as const) {
      const world = await makeWorld();
      const plan = await world.plan();
      await world.approve(plan);
      await cutOffAt(world, plan, "pushed");
      const branch = branchOf(plan);
      const commit = git(world.repository, "rev-parse", branch);
      if (fate === "merged") {
        git(world.repository, "merge", "--quiet", "--no-ff", "-m", "merge", branch);
        git(world.repository, "branch", "--quiet", "-D", branch);
      } else {
        git(world.repository, "checkout", "--quiet", branch);
        commitFiles(world.repository, { more: "1" });
      }
      expect(await apply(world, plan)).toMatchObject({ commit, resumed: true, alreadyDone: false });
      expect(types(world)).toEqual(["log-created", "apply-intent", "apply-outcome"]);
    }
  });

  it("believes no journal that names a commit which is not the plan's", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const { journal } = world.ports();
    const head = git(world.repository, "rev-parse", "main");
    journal
      .begin(plan.digest, jsonDigest(plan.target))
      .record("commit-built", { commit: head, nonces: NONCE });
    expect(await apply(world, plan)).toMatchObject({ resumed: true, alreadyDone: false });
    expect(git(world.repository, "rev-list", "--count", branchOf(plan))).toBe("2");
  });

  it("K20 logs no outcome for a commit that says it is the plan's and holds something else", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const target = await openGitTarget({ url: world.repository, branch: "main" });
    const texts = filesOf(plan, await target.readState(plan.target.root));
    const forge = (files: ReadonlyMap<string, string | null>): Promise<string> =>
      target.buildCommit({
        base: plan.target.base,
        files,
        message: `x\n\nKubeops-Plan: ${plan.digest}\n`,
        time: 0,
      });
    const [path = ""] = [...texts.keys()].filter((file) => file.includes("configmap"));
    for (const files of [
      new Map([...texts, [`${FOLDER}/more.yaml`, "a: 1\n"]]),
      new Map([...texts, [path, "a: 1\n"]]),
      new Map([...texts].filter(([file]) => file !== path)),
    ]) {
      const commit = await forge(files);
      await target.push(commit, branchOf(plan), null);
      const { journal } = world.ports();
      journal.begin(plan.digest, jsonDigest(plan.target)).record("commit-built", { commit, nonces: NONCE });
      expect((await refused(apply(world, plan))).code).toBe("TARGET_DRIFT");
      git(world.repository, "branch", "--quiet", "-D", branchOf(plan));
    }
    await target.close();
    expect(types(world).filter((type) => type.startsWith("apply-outcome"))).toEqual([]);
  });

  it("keeps a run open that the target was not reached for, with the same approval", async () => {
    const world = await makeWorld();
    const plan = await world.plan();
    await world.approve(plan);
    const error = await refused(
      apply(world, plan, {
        target: (target) =>
          Object.assign(Object.create(target) as typeof target, bind(target), {
            push: () => Promise.reject(new OpsError("TARGET_UNREACHABLE", "no route")),
          }),
      }),
    );
    expect(error.code).toBe("TARGET_UNREACHABLE");
    expect(types(world)).toEqual(["log-created", "apply-intent", "apply-failure TARGET_UNREACHABLE"]);
    expect(await apply(world, plan)).toMatchObject({ resumed: true, alreadyDone: false });
  });
});

describe("objects that change and go", () => {
  it("updates what it wrote before, from the state that the first plan left", async () => {
    const world = await makeWorld({ bare: true });
    const first = await world.plan({ mode: "onto" });
    await world.approve(first);
    await apply(world, first);
    const second = await world.plan({ mode: "onto", objects: [configMap("web", "2"), configMap("api")] });
    expect(second.facts.counts).toMatchObject({ create: 1, update: 1 });
    await world.approve(second, { nonce: "2".repeat(32) });
    await apply(world, second);
    expect(git(world.repository, "rev-list", "--count", "main")).toBe("2");
    expect(git(world.repository, "grep", "-l", "key", "main", "--", FOLDER).split("\n")).toHaveLength(2);
    // The first plan cannot come back: its base is gone.
    expect((await refused(apply(world, first))).code).toBe("TARGET_DRIFT");
  });
});
