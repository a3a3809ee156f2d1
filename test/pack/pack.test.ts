import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, must, repository, type World } from "../support/cli.ts";

/** What is published: packed, installed offline into an empty folder, run, and compiled against. */
describe("the package", () => {
  let world: World;
  let tarball: string;
  beforeAll(() => {
    world = makeWorld().prepare();
    must(
      world.run(process.execPath, [join(repository, "tools/types.mjs"), join(repository, "dist")], {
        cwd: repository,
      }),
    );
    const packed = must(
      world.run("npm", ["pack", "--json", "--pack-destination", world.folder], {
        cwd: join(repository, "dist"),
      }),
    );
    tarball = (JSON.parse(packed.stdout) as readonly { filename: string }[])[0]?.filename ?? "";
    world.write("app/package.json", '{"name":"app","private":true,"type":"module"}\n');
    must(
      world.run("npm", ["install", "--offline", "--no-audit", "--no-fund", join(world.folder, tarball)], {
        cwd: world.path("app"),
      }),
    );
  });
  afterAll(() => world.remove());

  test("brings nothing else", () => {
    const installed = readdirSync(world.path("app/node_modules")).filter((name) => !name.startsWith("."));
    expect(installed).toEqual(["kubernetes-operations"]);
    const manifest = JSON.parse(
      readFileSync(world.path("app/node_modules/kubernetes-operations/package.json"), "utf8"),
    );
    expect(manifest.dependencies).toEqual({});
    expect(manifest.private).toBeUndefined();
  });

  test("holds licence, notice and the licences of what was bundled, and no test", () => {
    const files = readdirSync(world.path("app/node_modules/kubernetes-operations"), { recursive: true }).map(
      String,
    );
    expect(files).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "NOTICE",
        "README.md",
        "THIRD-PARTY-LICENSES.txt",
        "audit-verify.mjs",
        "deploy/planner-dry-run-only.yaml",
        "plugin/.claude-plugin/plugin.json",
        "plugin/dist/guard.mjs",
        "plugin/dist/kubeops-mcp.mjs",
        "plugin/skills/kubernetes-change/SKILL.md",
        "schemas/charter.schema.json",
        "schemas/report.schema.json",
        "schemas/kubeops.schema.json",
        "cli.js",
        "index.js",
      ]),
    );
    expect(files.filter((name) => name.includes(".test."))).toEqual([]);
    const licences = readFileSync(
      world.path("app/node_modules/kubernetes-operations/THIRD-PARTY-LICENSES.txt"),
      "utf8",
    );
    for (const name of ["@modelcontextprotocol/server", "@noble/hashes", "@stricli/core", "zod"])
      expect(licences).toContain(`${name} `);
  });

  test("runs: help, and a plan", () => {
    const kubeops = world.path("app/node_modules/.bin/kubeops");
    expect(must(world.run(kubeops, ["--help"])).stdout).toContain("USAGE");
    cpSync(join(repository, "examples/shop"), world.path("shop"), { recursive: true });
    const ran = world.run(kubeops, [
      "plan",
      "-f",
      "shop/compose.yaml",
      "--target",
      "git:./gitops#apps/shop",
      "--out",
      "plan.json",
    ]);
    expect(ran.stdout).toContain("charter/missing");
    expect(ran.status).toBe(1);
    expect(must(world.run(world.path("app/node_modules/.bin/kubectl-ops"), ["version"])).stdout).toMatch(
      /^kubeops \d/,
    );
  });

  test("a consumer compiles against its types, with both compilers, and runs", () => {
    cpSync(join(repository, "test/pack/consumer"), world.path("app"), { recursive: true });
    for (const compiler of ["typescript/bin/tsc", "typescript-7/bin/tsc"]) {
      const ran = world.run(process.execPath, [join(repository, "node_modules", compiler), "-p", "."], {
        cwd: world.path("app"),
      });
      expect(ran.stdout).toBe("");
      expect(ran.status).toBe(0);
    }
    expect(must(world.run(process.execPath, ["consumer.ts"], { cwd: world.path("app") })).stdout).toBe(
      '{"a":[true,null],"b":1} INPUT_MALFORMED function privileged\n',
    );
  });
});
