import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, must, planShop, repository, type World } from "../support/cli.ts";
import { initialize, request } from "./connect.ts";

/** A client that goes away, or is killed, in the middle of a call. */
describe("a client that disconnects mid-call", () => {
  let world: World;
  let digest: string;
  beforeAll(() => {
    world = makeWorld().prepare();
    world.copy(join(repository, "examples/shop"), "shop");
    world.charter();
    must(world.kubeops(planShop()));
    must(world.kubeops("approve plan.json --key id_ed25519 --yes".split(" ")));
    digest = (JSON.parse(readFileSync(world.path("plan.json"), "utf8")) as { digest: string }).digest;
  });
  afterAll(() => world.remove());

  const journal = (): boolean => existsSync(world.path("home/.local/state/kubeops/journal.db"));

  test("finds the run that it began finished, logged, and done once", async () => {
    const child = world.start(["mcp"]);
    const ended = new Promise<number | null>((end) => child.once("close", end));
    child.stdout.resume();
    child.stderr.resume();
    child.stdin.write(
      initialize + request(1, "tools/call", { name: "apply_plan", arguments: { plan: digest } }),
    );
    // The journal is opened by the run itself.
    while (!journal() && child.exitCode === null) await new Promise((tick) => setTimeout(tick, 2));
    child.stdin.destroy();
    child.stdout.destroy();
    expect(await ended).toBe(0);
    expect(
      must(world.run("git", ["-C", "gitops", "for-each-ref", "--format=%(refname:short)"])).stdout.trim(),
    ).toBe(`kubeops/${digest.slice(7, 19)}`);
    expect(must(world.kubeops(["apply", "plan.json"])).stdout).toContain("was applied already");
    expect(must(world.kubeops(["audit", "verify"])).stdout).toContain("valid:");
    expect(must(world.kubeops(["audit", "list"])).stdout.match(/apply-outcome/g)).toHaveLength(1);
  });
});
