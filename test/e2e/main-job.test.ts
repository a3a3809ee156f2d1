import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, must, planShop, repository, type World } from "../support/cli.ts";

describe("the main job, to Git", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld().prepare();
    world.copy(join(repository, "examples/shop"), "shop");
    world.charter();
  });
  afterAll(() => world.remove());

  const commits = (): string[] =>
    must(world.run("git", ["-C", "gitops", "for-each-ref", "--format=%(refname:short) %(objectname)"]))
      .stdout.trim()
      .split("\n")
      .filter((line) => line !== "");

  test("a plan is made, stored under its digest, and changes nothing", () => {
    const ran = world.kubeops(planShop());
    expect(ran.stderr).toContain("next: kubeops show plan.json");
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/^Plan [0-9a-f]{12} {2}needs approval: 1 of anna\n/);
    expect(ran.stdout).toContain("permissions: nobody gains anything");
    expect(commits()).toEqual([]);
    const plan = JSON.parse(readFileSync(world.path("plan.json"), "utf8"));
    expect(plan.kind).toBe("Plan");
    expect(
      readFileSync(world.path("home/.local/state/kubeops/plans", `${plan.digest.slice(7)}.json`), "utf8"),
    ).toBe(readFileSync(world.path("plan.json"), "utf8"));
  });

  test("no secret value of the project is in the plan, the state or the output", () => {
    const shown = must(world.kubeops(["show", "plan.json", "--objects"])).stdout;
    expect(shown).not.toContain("only-an-example");
    // grep finds nothing: exit code 1. The project itself is where the value stands.
    expect(
      world.run("grep", ["-r", "-l", "-a", "only-an-example", "home", "gitops", "plan.json"]),
    ).toMatchObject({ status: 1, stdout: "" });
    expect(must(world.run("grep", ["-r", "-l", "-a", "only-an-example", "shop"])).stdout).toContain(
      "db-password.txt",
    );
  });

  test("show prints the plan from the file, the digest and a prefix, the same each time", () => {
    const plan = JSON.parse(readFileSync(world.path("plan.json"), "utf8"));
    const one = must(world.kubeops(["show", "plan.json"])).stdout;
    expect(must(world.kubeops(["show", plan.digest])).stdout).toBe(one);
    expect(must(world.kubeops(["show", plan.digest.slice(7, 19)])).stdout).toBe(one);
    expect(must(world.kubeops(["show", "plan.json", "-o", "json"])).stdout).toBe(
      readFileSync(world.path("plan.json"), "utf8"),
    );
  });

  test("apply without an approval is refused, and logged", () => {
    const ran = world.kubeops(["apply", "plan.json"]);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain("[APPROVAL_MISSING]");
    expect(commits()).toEqual([]);
    expect(must(world.kubeops(["audit", "list"])).stdout).toMatch(/refusal .*APPROVAL_MISSING/);
  });

  test("approve shows every object, asks, and signs", () => {
    const asked = world.kubeops(["approve", "plan.json", "--key", "id_ed25519"]);
    expect(asked.status).toBe(2);
    expect(asked.stderr).toContain("there is no terminal to ask at");
    const ran = world.kubeops(["approve", "plan.json", "--key", "id_ed25519", "--yes"]);
    expect(ran.stderr).toContain("next: kubeops apply");
    expect(ran.stdout).toContain("runAsNonRoot: true");
    expect(ran.stdout).toMatch(
      /approved [0-9a-f]{12} by anna until .*, presence not proved \(software key\)\n$/,
    );
  });

  test("apply commits exactly the plan on a branch of its own, once", () => {
    const ran = world.kubeops(["apply", "plan.json"]);
    expect(ran.stderr).toContain("pushed");
    expect(ran.status).toBe(0);
    const plan = JSON.parse(readFileSync(world.path("plan.json"), "utf8"));
    const branch = `kubeops/${plan.digest.slice(7, 19)}`;
    expect(commits()).toEqual([expect.stringMatching(new RegExp(`^${branch} [0-9a-f]{40}$`))]);
    const files = must(world.run("git", ["-C", "gitops", "ls-tree", "-r", "--name-only", branch]))
      .stdout.trim()
      .split("\n");
    expect(files).toEqual(plan.files.map((file: { path: string }) => file.path).sort());
    const message = must(world.run("git", ["-C", "gitops", "log", "-1", "--format=%B", branch])).stdout;
    expect(message).toContain(`Kubeops-Plan: ${plan.digest}`);
    expect(message).toMatch(/Kubeops-Nonce: [0-9a-f]{32}/);
    const again = world.kubeops(["apply", "plan.json"]);
    expect(again.status).toBe(0);
    expect(again.stdout).toContain("was applied already");
    expect(commits()).toHaveLength(1);
  });

  test("undo is a new plan that removes what the first one wrote", () => {
    const ran = world.kubeops(["undo", "plan.json", "--out", "undo.json"]);
    expect(ran.stderr).not.toContain("error");
    const undo = JSON.parse(readFileSync(world.path("undo.json"), "utf8"));
    const plan = JSON.parse(readFileSync(world.path("plan.json"), "utf8"));
    expect(undo.request.undoes).toBe(plan.digest);
    expect(undo.facts.counts).toEqual({
      create: 0,
      update: 0,
      delete: plan.facts.counts.create,
      unchanged: 0,
    });
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/^Plan [0-9a-f]{12} {2}needs approval: 1 of anna\n/);
  });

  test("applied, the undo leaves nothing, and the undo of the undo plans it all again", () => {
    must(world.kubeops(["approve", "undo.json", "--key", "id_ed25519", "--yes"]));
    must(world.kubeops(["apply", "undo.json"]));
    const undo = JSON.parse(readFileSync(world.path("undo.json"), "utf8"));
    const branch = `kubeops/${undo.digest.slice(7, 19)}`;
    expect(must(world.run("git", ["-C", "gitops", "ls-tree", "-r", "--name-only", branch])).stdout).toBe("");
    must(world.kubeops(["undo", "undo.json", "--out", "redo.json"]));
    const redo = JSON.parse(readFileSync(world.path("redo.json"), "utf8"));
    const plan = JSON.parse(readFileSync(world.path("plan.json"), "utf8"));
    const objects = (of: { changes: readonly { file: string; object: unknown }[] }): unknown[] =>
      of.changes.map(({ object }) => object);
    expect(objects(redo)).toEqual(objects(plan));
  });

  test("the log verifies, with ours and with the stand-alone script, and says what it cannot exclude", () => {
    const ran = world.kubeops(["audit", "verify"]);
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/^valid: \d+ entries/);
    expect(ran.stdout).toContain("truncation and fork not excluded");
    const log = world.path("home/.local/state/kubeops/log");
    const alone = world.run(process.execPath, [
      join(repository, "dist/audit-verify.mjs"),
      log,
      "--key",
      join(log, "key.pub"),
    ]);
    expect(alone.status).toBe(0);
    const kept = world.path("kept");
    writeFileSync(kept, readFileSync(join(log, "checkpoint")));
    expect(world.kubeops(["audit", "verify", "--checkpoint", "kept"]).stdout).not.toContain(
      "truncation and fork not excluded",
    );
  });

  test("audit list, show and export tell the story", () => {
    const list = must(world.kubeops(["audit", "list", "-o", "json"]));
    const types = JSON.parse(list.stdout).entries.map((entry: { type: string }) => entry.type);
    expect(types).toEqual([
      "log-created",
      "charter-signed",
      "plan",
      "refusal",
      "approval",
      "apply-intent",
      "apply-outcome",
      "plan",
      "approval",
      "apply-intent",
      "apply-outcome",
      "plan",
    ]);
    expect(must(world.kubeops(["audit", "show", "6"])).stdout).toContain("apply-outcome");
    must(world.kubeops(["audit", "export", "--out", "log.ndjson"]));
    const lines = readFileSync(world.path("log.ndjson"), "utf8").trim().split("\n");
    expect(lines).toHaveLength(types.length + 1);
    expect(JSON.parse(lines.at(-1) ?? "").kind).toBe("Checkpoint");
  });
});

describe("K8 under a controller that prunes", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld().prepare();
    world.copy(join(repository, "examples/shop"), "shop");
    world.charter({ reconciler: "pruning" });
  });
  afterAll(() => world.remove());

  test("an undo is denied until the charter names what goes", () => {
    const target = ["--target", "git:./gitops#apps/shop"];
    must(world.kubeops(["plan", "-f", "shop/compose.yaml", "-n", "shop", ...target, "--out", "plan.json"]));
    must(world.kubeops(["approve", "plan.json", "--key", "id_ed25519", "--yes"]));
    must(world.kubeops(["apply", "plan.json"]));
    const ran = world.kubeops(["undo", "plan.json"]);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toMatch(/^Plan [0-9a-f]{12} {2}denied\n/);
    expect(ran.stdout).toContain("Namespace shop");
    const digest = /^Plan ([0-9a-f]{12})/.exec(ran.stdout)?.[1] ?? "";
    const approved = world.kubeops(["approve", digest, "--key", "id_ed25519", "--yes"]);
    expect(approved.stderr).toContain("[PLAN_DENIED]");
    expect(approved.status).toBe(1);
  });
});
