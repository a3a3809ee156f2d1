import { mkdirSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkTextOf } from "../../src/analysis/checks/explain/check-text.ts";
import { EXAMPLE_FOLDER, exampleParts } from "../../src/analysis/checks/explain/folder-examples.ts";
import { ruleCodes } from "../../src/analysis/checks/rule-table.ts";
import { makeWorld, reportOf, type World } from "../support/cli.ts";
import { helm, pathWithHelm } from "../support/helm.ts";
import { leftOut } from "../support/suites.ts";

const noHelm = "reason" in helm && leftOut("examples of charts, rendered by the real Helm", helm.reason);

/** Examples of charts and kustomizations are folders: they are written down and checked from the command line. */
describe.each([
  { family: "chart", without: noHelm },
  { family: "kustomization", without: false },
])("examples of $family", ({ family, without }) => {
  const ids = ruleCodes().filter((id) => id.startsWith(`${family}/`));
  let world: World;
  let PATH: string;
  beforeAll(() => {
    world = makeWorld();
    PATH = without ? (world.env["PATH"] ?? "") : pathWithHelm(world.folder);
  });
  afterAll(() => world.remove());

  /** Codes of what the whole of `kubeops check` finds in the folder of an example. */
  function found(id: string, name: string, example: string): readonly string[] {
    const at = `${id}/${name}`;
    for (const part of exampleParts(example)) {
      const { path } = part;
      if ("text" in part) world.write(`${at}/${path}`, part.text);
      else {
        mkdirSync(dirname(world.path(at, path)), { recursive: true });
        symlinkSync(part.to, world.path(at, path));
      }
    }
    const ran = world.kubeops(["check", EXAMPLE_FOLDER, "-o", "json"], {
      cwd: world.path(at),
      env: { PATH },
    });
    return reportOf(ran).findings.map(({ code }) => code);
  }

  test("there are some", () => expect(ids.length).toBeGreaterThan(0));

  test.skipIf(without).each(ids)("%s is found in its positive example, and not in its negative one", (id) => {
    const { positive = "", negative = "" } = checkTextOf(id) ?? {};
    expect(found(id, "positive", positive)).toContain(id);
    const codes = found(id, "negative", negative);
    expect(codes.filter((code) => code.startsWith(`${family}/`))).toEqual([]);
  });

  test("kubeops explain shows them", () => {
    const { stdout, status } = world.kubeops(["explain", ids[0] ?? ""]);
    expect(status).toBe(0);
    expect(stdout).toContain(`GIVEN, the command:\n    kubeops check ${EXAMPLE_FOLDER}`);
    expect(stdout).toMatch(/\nFOUND IN:\n {4}# file: shop\/[\s\S]*\nNOT FOUND IN:\n {4}# file: shop\//);
  });
});
