import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, must, planShop, repository, type World } from "../support/cli.ts";

/** Ctrl-C at many moments of each command: exit code 130 or its own, every file whole, and a second run does the work. */
describe("interrupted", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld().prepare().charter();
    world.copy(join(repository, "examples/shop"), "shop");
  });
  afterAll(() => world.remove());

  async function interruptAfter(args: readonly string[], milliseconds: number): Promise<number | null> {
    const child = world.start(args);
    child.stdin.end();
    child.stdout.resume();
    child.stderr.resume();
    const timer = setTimeout(() => child.kill("SIGINT"), milliseconds);
    const status = await new Promise<number | null>((resolve) =>
      child.on("close", (code, signal) => resolve(signal === null ? code : 128)),
    );
    clearTimeout(timer);
    return status;
  }

  const PLAN = planShop();

  test.each([
    ["plan", PLAN],
    ["approve", ["approve", "plan.json", "--key", "id_ed25519", "--yes"]],
    ["apply", ["apply", "plan.json"]],
    ["undo", ["undo", "plan.json"]],
    ["audit verify", ["audit", "verify"]],
  ])("%s", async (_name, args) => {
    for (const moment of [60, 120, 180, 240, 320, 420, 600]) {
      const status = await interruptAfter(args, moment);
      expect([0, 1, 130, 128]).toContain(status);
      // Whatever was cut off: the log verifies and no half-written file lies about.
      must(world.kubeops(["audit", "verify"]));
      const leftovers = readdirSync(world.folder).filter(
        (name) => name.includes(".tmp") || name.startsWith(".plan.json"),
      );
      expect(leftovers).toEqual([]);
    }
    const last = world.kubeops(args);
    expect({
      args,
      status: last.status,
      stderr: last.status === 0 ? "" : last.stderr,
    }).toEqual({ args, status: 0, stderr: "" });
  });

  test("after all that the plan was applied once", () => {
    const branches = must(world.run("git", ["-C", "gitops", "for-each-ref", "--format=%(refname)"]))
      .stdout.trim()
      .split("\n");
    expect(branches).toHaveLength(1);
    const list = must(world.kubeops(["audit", "list"])).stdout;
    expect(list.match(/apply-outcome/g)).toHaveLength(1);
  });
});
