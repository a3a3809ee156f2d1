import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { examples } from "../../src/cli/examples.ts";
import { join } from "node:path";
import { makeWorld, repository, type World } from "../support/cli.ts";

describe("help", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld().prepare();
    world.copy(join(repository, "examples/shop"), ".");
    world.write("k8s/config.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    world.write(
      "crds/backup.yaml",
      "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: backups.example.com}\nspec: {group: example.com, scope: Namespaced, names: {kind: Backup, plural: backups}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}\n",
    );
  });
  afterAll(() => world.remove());

  test("every page ends with an example", () => {
    for (const { command, example } of examples) {
      const ran = world.kubeops([...command, "--help"]);
      expect(ran.status).toBe(0);
      expect(ran.stdout.trimEnd().endsWith(example.replaceAll("\n", "\n  "))).toBe(true);
    }
  });

  test("every command that is listed has one", () => {
    const listed = [...world.kubeops(["--help"]).stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(
      (match) => match[1],
    );
    const commands = listed.filter((name) => name !== undefined && !name.startsWith("-"));
    expect(commands.length).toBeGreaterThanOrEqual(10);
    for (const name of commands) expect(examples.some((row) => row.command[0] === name)).toBe(true);
  });

  test("every example runs, in order", () => {
    const order = ["init", "sign", "show", "verify", "check", "plan"];
    expect(order.every((word) => examples.some((row) => row.command.includes(word)))).toBe(true);
    for (const { command, example, cluster } of examples) {
      if (command.length === 0 || cluster === true) continue;
      // A difference is no failure, and is told by the exit code.
      const expected = command[0] === "diff" ? 1 : 0;
      const words = example.replaceAll("\\\n", " ").trim().split(/\s+/).slice(1);
      const ran = world.kubeops(words);
      expect({ example, status: ran.status, stderr: ran.status === expected ? "" : ran.stderr }).toEqual({
        example,
        status: expected,
        stderr: "",
      });
    }
  });
});
