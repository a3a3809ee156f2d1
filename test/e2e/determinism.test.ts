import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeWorld, must, planShop, repository } from "../support/cli.ts";

test("two plans of the same input are the same bytes, whatever the clock, the locale and the time zone", () => {
  const world = makeWorld().prepare();
  try {
    world.copy(join(repository, "examples/shop"), "shop");
    world.charter();
    const make = (out: string, env: Readonly<Record<string, string>>): string => {
      must(world.kubeops(planShop(out), { env }));
      return readFileSync(world.path(out), "utf8");
    };
    const first = make("one.json", {});
    expect(make("two.json", {})).toBe(first);
    expect(make("three.json", { TZ: "Pacific/Kiritimati", LC_ALL: "tr_TR.UTF-8", LANG: "ar_EG.UTF-8" })).toBe(
      first,
    );
    // A clock eleven years on, inside the process that makes the plan.
    world.write("clock.mjs", "const real = Date.now; Date.now = () => real() + 11 * 365 * 86400e3;\n");
    expect(make("four.json", { NODE_OPTIONS: `--import ${world.path("clock.mjs")}` })).toBe(first);
  } finally {
    world.remove();
  }
});
