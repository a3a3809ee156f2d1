import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeWorld, repository } from "../support/cli.ts";

describe("npm start", () => {
  /** Runs the demo; `next` is what the undo that it proposes answers. */
  function start(words: readonly string[]): {
    status: number | null;
    stdout: string;
    stderr: string;
    next: { status: number | null; stdout: string } | null;
  } {
    const folder = mkdtempSync(join(tmpdir(), "kubeops-start-"));
    const ran = spawnSync(process.execPath, [join(repository, "tools/start.mjs"), ...words], {
      encoding: "utf8",
      cwd: repository,
      env: { PATH: process.env["PATH"] ?? "", TMPDIR: folder, HOME: folder },
    });
    const proposed = /npx kubeops (undo .*?) {3}/.exec(ran.stdout)?.[1];
    const next =
      proposed === undefined
        ? null
        : spawnSync(process.execPath, [join(repository, "bin/kubeops.cjs"), ...proposed.split(" ")], {
            encoding: "utf8",
            env: { PATH: process.env["PATH"] ?? "", HOME: folder },
          });
    rmSync(folder, { recursive: true, force: true });
    return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr, next };
  }

  test("does the main job on the embedded example and says where everything lies", () => {
    const ran = start([]);
    expect(ran.stderr).toBe("");
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/Plan [0-9a-f]{12} {2}needs approval: 1 of you/);
    expect(ran.stdout).toContain("approved ");
    expect(ran.stdout).toMatch(/plan [0-9a-f]{12} applied/);
    expect(ran.stdout).toMatch(/valid: \d+ entries/);
    expect(ran.stdout).toContain("Where everything lies");
    expect(ran.stdout).not.toContain("only-an-example");
    // What it proposes next works as it stands.
    expect(ran.next?.stdout).toMatch(/^Plan [0-9a-f]{12} {2}needs approval: 1 of you/);
    expect(ran.next?.status).toBe(0);
  });

  test("does the same for the user's own file", () => {
    const world = makeWorld();
    try {
      const file = world.write(
        "my-app/compose.yaml",
        "services:\n  web:\n    image: ghcr.io/acme/web:1.0.0\n    ports: ['8080:8080']\n",
      );
      const ran = start([file]);
      expect(ran.stderr).toBe("");
      expect(ran.status).toBe(0);
      expect(ran.stdout).toContain("Deployment.apps my-app/web");
    } finally {
      world.remove();
    }
  });

  test("a file that is not there is a clear error", () => {
    const ran = start(["nothing.yaml"]);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toBe("error: nothing.yaml is not a file\n  hint: npm start -- path/to/compose.yaml\n");
    expect(existsSync("nothing.yaml")).toBe(false);
  });
});
