import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../support/cli.ts";
import { conformanceData, leftOut } from "../support/suites.ts";

test.skipIf(
  conformanceData("compose/awesome-compose") === undefined &&
    leftOut("the reference page of public applications", "set KUBEOPS_CONFORMANCE_DATA"),
)("the reference is what the tables say", () => {
  const ran = spawnSync(process.execPath, [join(repository, "tools/generate-reference.mjs"), "--check"], {
    encoding: "utf8",
  });
  expect(ran.stdout + ran.stderr).toBe("");
  expect(ran.status).toBe(0);
});

test("every link between the documents leads somewhere", () => {
  const files = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    ...readdirSync(join(repository, "docs"), { recursive: true }).map((name) => join("docs", String(name))),
  ];
  const broken: string[] = [];
  for (const file of files.filter((name) => name.endsWith(".md"))) {
    for (const [, link] of readFileSync(join(repository, file), "utf8").matchAll(
      /\]\(([^)#\s]+)(?:#[^)]*)?\)/g,
    )) {
      if (link === undefined || /^[a-z]+:/.test(link)) continue;
      if (!existsSync(resolve(repository, dirname(file), link))) broken.push(`${file}: ${link}`);
    }
  }
  expect(broken).toEqual([]);
});
