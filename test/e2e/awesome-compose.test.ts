import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applicationsOf } from "../../tools/compose-applications.mjs";
import { wideningIds } from "../../src/plan/facts/widening-ids.ts";
import { makeWorld, must, type World } from "../support/cli.ts";
import { conformanceData, deep, leftOut } from "../support/suites.ts";

const folder = conformanceData("compose/awesome-compose");
const all = folder === undefined ? [] : applicationsOf(folder);
/** Every eighth application by default, all in the deep run. */
const applications = deep ? all : all.filter((_application, index) => index % 8 === 4);

/** The main job on public applications: planned, approved, committed, undone, and the log whole. */
describe.skipIf(
  folder === undefined &&
    leftOut(
      "the main job on public Compose applications",
      "set KUBEOPS_CONFORMANCE_DATA to a folder with compose/awesome-compose (docker/awesome-compose)",
    ),
)("awesome-compose", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld().prepare();
    // A generous charter: these applications ask for what the first charter denies, and the owner says so.
    world.charter({
      folder: "apps/shop",
      namespaces: applications.map(({ name }) => name.toLowerCase()),
      edit: (text) => {
        const start = text.indexOf("  widening:");
        const end = text.indexOf("  # The least strict Pod Security level");
        const rows = wideningIds.map((id) => `    - id: ${id}\n      decision: approval\n`).join("");
        return `${text.slice(0, start)}  widening:\n${rows}${text.slice(end)}`
          .replace("- apps/shop", "- apps/*")
          .replace("podSecurity: restricted", "podSecurity: privileged")
          .replace("deny: error", "deny: none")
          .replace(/reconciler: \w+/, "reconciler: none")
          .replace(/substitutes: \w+/, "substitutes: false");
      },
    });
  });
  afterAll(() => world.remove());

  test("there are applications", () => {
    expect(all.length).toBeGreaterThanOrEqual(39);
  });

  test.each(applications)("$name", ({ name, folder: project, file }) => {
    const target = `git:./gitops#apps/${name}`;
    const plan = world.kubeops([
      "plan",
      "-f",
      `${project}/${file}`,
      "-n",
      name.toLowerCase(),
      "--target",
      target,
      "--onto",
      "--out",
      "plan.json",
    ]);
    const onto = plan.status === 1;
    // The first charter lets nothing move main itself: the same plan on a branch of its own.
    expect(onto).toBe(true);
    const made = world.kubeops([
      "plan",
      "-f",
      `${project}/${file}`,
      "-n",
      name.toLowerCase(),
      "--target",
      target,
      "--out",
      "plan.json",
    ]);
    expect({ stderr: made.status === 0 ? "" : made.stdout + made.stderr, status: made.status }).toEqual({
      stderr: "",
      status: 0,
    });
    const first = readFileSync(world.path("plan.json"), "utf8");
    must(
      world.kubeops([
        "plan",
        "-f",
        `${project}/${file}`,
        "-n",
        name.toLowerCase(),
        "--target",
        target,
        "--out",
        "again.json",
      ]),
    );
    expect(readFileSync(world.path("again.json"), "utf8")).toBe(first);
    must(world.kubeops(["approve", "plan.json", "--key", "id_ed25519", "--yes", "-q"]));
    must(world.kubeops(["apply", "plan.json", "-q"]));
    const { digest, files } = JSON.parse(first) as { digest: string; files: readonly { path: string }[] };
    const branch = `kubeops/${digest.slice(7, 19)}`;
    const tree = must(world.run("git", ["-C", "gitops", "ls-tree", "-r", "--name-only", branch]))
      .stdout.trim()
      .split("\n");
    expect(tree).toEqual(files.map(({ path }) => path).sort());
    must(world.kubeops(["undo", "plan.json", "--out", "undo.json", "-q"]));
    must(world.kubeops(["approve", "undo.json", "--key", "id_ed25519", "--yes", "-q"]));
    must(world.kubeops(["apply", "undo.json", "-q"]));
    const undo = JSON.parse(readFileSync(world.path("undo.json"), "utf8")) as { digest: string };
    const left = must(
      world.run("git", [
        "-C",
        "gitops",
        "ls-tree",
        "-r",
        "--name-only",
        `kubeops/${undo.digest.slice(7, 19)}`,
      ]),
    ).stdout;
    expect(left).toBe("");
  });

  test("the log holds all of it and verifies", () => {
    const ran = must(world.kubeops(["audit", "verify", "-o", "json"]));
    expect(JSON.parse(ran.stdout).valid).toBe(true);
  });
});
