import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, must, running, type World } from "../support/cli.ts";

const crd = (kind: string, group = "example.com", extra = ""): string =>
  `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${kind.toLowerCase()}s.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {kind: ${kind}, plural: ${kind.toLowerCase()}s, singular: ${kind.toLowerCase()}, shortNames: [x${kind.toLowerCase()}]}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        description: What a ${kind} is.
        properties:
          spec:
            type: object
            properties:
              description: {type: string, description: A property of this name.}
              size: {type: integer, minimum: 1, description: How large.}
${extra}`;

/** `kubeops schemas` from the command line, and what check and explain make of the store. */
describe("schemas", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write(
      "crds/backup.yaml",
      `${crd("Backup")}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n`,
    );
    world.write(
      "thing.yaml",
      "apiVersion: example.com/v1\nkind: Backup\nmetadata: {name: a}\nspec: {size: 3}\n",
    );
  });
  afterAll(() => world.remove());

  test("an unknown kind is counted and named until its definition is added", () => {
    const before = world.kubeops(["check", "thing.yaml"]);
    expect(before.status).toBe(0);
    expect(before.stdout).toContain(
      "object/unknown-kind  example.com/v1 Backup is not a kind of Kubernetes itself, and its definition is not known: only its metadata is checked",
    );
    const added = world.kubeops(["schemas", "add", "crds"]);
    expect(added.status).toBe(0);
    expect(added.stdout).toMatch(
      /^added 1 definition to .*\n {2}Backup\.example\.com {2}v1 {2}crds\/backup\.yaml\n$/,
    );
    expect(world.kubeops(["check", "thing.yaml"]).stdout).toBe("no findings in 1 file\n");
    expect(JSON.parse(world.kubeops(["schemas", "list", "-o", "json"]).stdout)).toEqual({
      apiVersion: "kubernetes-operations.dev/v1",
      kind: "Schemas",
      definitions: [{ group: "example.com", kind: "Backup", versions: ["v1"], source: "crds/backup.yaml" }],
    });
  });

  test("explain tells a custom resource", () => {
    for (const word of ["backup.spec.size", "backups.example.com.spec.size", "xbackup.spec.size"]) {
      const ran = world.kubeops(["explain", word]);
      expect(ran.stdout).toBe(
        "GROUP:      example.com\nKIND:       Backup\nVERSION:    v1\n\nFIELD: size <integer>\n  at least: 1\n\nDESCRIPTION:\n    How large.\n",
      );
    }
  });

  test("what is hostile or no definition is refused with a reason", () => {
    world.write("bad/escape.yaml", crd("Evil", "../../../../tmp/x"));
    world.write("bad/kind.yaml", crd("Backup").replace("kind: Backup,", 'kind: "../Backup",'));
    const ran = world.kubeops(["schemas", "add", "bad"]);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toBe(
      "error: no CustomResourceDefinition was found to add [INPUT_EMPTY]\n  hint: bad/escape.yaml: spec.group or spec.names.kind is missing or no name\n",
    );
    expect(world.kubeops(["schemas", "add"]).status).toBe(2);
    expect(world.kubeops(["schemas", "add", "no-such-folder"]).status).toBe(2);
  });

  test("a file of the store that somebody spoiled is as if it were not there", () => {
    const folder = world.path("home/.cache/kubeops/schemas/v1");
    writeFileSync(join(folder, "spoiled.example.com.json"), "{");
    writeFileSync(join(folder, "other.example.com.json"), '{"definition": {"spec": []}}');
    expect(world.kubeops(["schemas", "list"]).stdout).toBe("  Backup.example.com  v1  crds/backup.yaml\n");
  });

  test("many processes may add at the same time", async () => {
    const names = Array.from({ length: 6 }, (_, index) => `Many${index}`);
    for (const name of names) world.write(`many/${name}/crd.yaml`, `${crd(name)}---\n${crd("Shared")}`);
    await Promise.all(
      names.map(async (name) => must(await running(world, ["schemas", "add", `many/${name}`]))),
    );
    const listed = world.kubeops(["schemas", "list"]).stdout;
    for (const name of [...names, "Shared", "Backup"]) expect(listed).toContain(`  ${name}.example.com `);
    expect(
      readdirSync(world.path("home/.cache/kubeops/schemas/v1")).filter((name) => name.endsWith(".tmp")),
    ).toEqual([]);
  });

  test("add says where a file cannot be read, alone and beside another", () => {
    world.write("unread/tab.yaml", "kind: CustomResourceDefinition\nspec:\n\tgroup: a\n");
    const alone = world.kubeops(["schemas", "add", "unread"]);
    expect([alone.status, alone.stderr]).toEqual([
      2,
      expect.stringMatching(/\[INPUT_EMPTY\]\n {2}hint: unread\/tab\.yaml:3:1: not valid YAML/),
    ]);
    const beside = world.kubeops(["schemas", "add", "unread", "many"]);
    expect([beside.status, beside.stderr]).toEqual([
      0,
      expect.stringMatching(/^skipped a definition of unread\/tab\.yaml:3:1: not valid YAML/),
    ]);
  });

  test("remove takes names and --all", () => {
    expect(world.kubeops(["schemas", "remove", "backup.example.com"]).stdout).toBe("removed 1 definition\n");
    expect(world.kubeops(["schemas", "remove", "Backup.example.com"])).toEqual({
      status: 2,
      stdout: "",
      stderr:
        'error: "Backup.example.com" is not in the schema store [INPUT_NOT_FOUND]\n  hint: kubeops schemas list shows the names\n',
    });
    expect(world.kubeops(["schemas", "remove"]).status).toBe(2);
    expect(world.kubeops(["schemas", "remove", "--all"]).stdout).toBe("removed 7 definitions\n");
    expect(world.kubeops(["schemas", "list"]).stdout).toBe(
      "no definition was added; kubeops schemas add <folder or file> adds them\n",
    );
  });
});
