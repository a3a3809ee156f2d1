import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { deep, leftOut, strict } from "../../support/suites.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

// The seven modules are large: only the long suites download what is missing.
const words = deep || strict ? ["--check"] : ["--check", "--cached"];
const check = spawnSync(process.execPath, [join(root, "tools", "generate-rbac.mjs"), ...words], {
  encoding: "utf8",
  timeout: 600_000,
});
const skip =
  check.status === 3 && leftOut("tables of roles and resources against Kubernetes", check.stderr.trim());

describe.skipIf(skip)("the generated tables of roles and resources", () => {
  test("are what the tool makes of the Go modules now", () => {
    expect([check.stdout, check.stderr.replace(/^downloading .*\n/gm, ""), check.status]).toEqual([
      "",
      "",
      0,
    ]);
  });
});
