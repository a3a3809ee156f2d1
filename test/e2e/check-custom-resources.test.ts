import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeWorld, type World } from "../support/cli.ts";

const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: backups.shop.example.com}
spec:
  group: shop.example.com
  scope: Namespaced
  names: {plural: backups, singular: backup, kind: Backup, listKind: BackupList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              required: [schedule]
              x-kubernetes-validations:
                - rule: self.keep <= self.most
                  messageExpression: '"keep %d of at most %d".format([self.keep, self.most])'
                  fieldPath: .keep
              properties:
                schedule: {type: string, pattern: '^(\\S+ ){4}\\S+$'}
                keep: {type: integer, minimum: 1, default: 3}
                most: {type: integer, default: 10}
`;

function backup(spec: string): string {
  return [
    "apiVersion: shop.example.com/v1",
    "kind: Backup",
    "metadata: {name: nightly, namespace: shop}",
    "spec:",
    ...spec.split("\n").map((line) => `  ${line}`),
    "",
  ].join("\n");
}

/** CustomResourceDefinitions and objects of their kinds, from the command line. */
describe("check of custom resources", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld();
    world.write("crds/backup.yaml", definition);
    world.write("good.yaml", backup('schedule: "0 3 * * *"'));
    world.write("rule.yaml", backup('schedule: "0 3 * * *"\nkeep: 12'));
    world.write("bad.yaml", backup("schedule: daily\nkeep: 0\nkepp: 3"));
    world.write("wrong/backup.yaml", definition.replace("self.keep <=", "self.kept <="));
  });
  afterAll(() => world.remove());

  test("an object that its definition takes has no finding", () => {
    const ran = world.kubeops(["check", "crds", "good.yaml"]);
    expect(ran.stdout).toBe("no findings in 2 files\n");
    expect(ran.status).toBe(0);
  });

  test("a rule tells its own message at the field that it names", () => {
    const ran = world.kubeops(["check", "crds", "rule.yaml"]);
    expect(ran.stdout).toContain("rule.yaml:6:9  error  custom-resource/rule");
    expect(ran.stdout).toContain("keep 12 of at most 10");
    expect(ran.status).toBe(1);
  });

  test("every fault of the schema is told with its line", () => {
    const ran = world.kubeops(["check", "crds", "bad.yaml", "-o", "json"]);
    const found: unknown = JSON.parse(ran.stdout);
    expect(found).toMatchObject({
      findings: [
        { code: "custom-resource/value", place: { line: 5 } },
        { code: "custom-resource/value", place: { line: 6 } },
        { code: "custom-resource/unknown-field", place: { line: 7 } },
      ],
    });
    expect(ran.status).toBe(1);
  });

  test("a rule that does not compile is shown as cel-go shows it", () => {
    const ran = world.kubeops(["check", "wrong"]);
    expect(ran.stdout).toContain("wrong/backup.yaml:21:25  error  definition/expression");
    expect(ran.stdout).toContain("undefined field 'kept'");
    expect(ran.status).toBe(1);
  });

  test("a definition that is kept counts for files beside which it does not lie", () => {
    expect(world.kubeops(["schemas", "add", "crds"]).status).toBe(0);
    const ran = world.kubeops(["check", "rule.yaml"]);
    expect(ran.stdout).toContain("keep 12 of at most 10");
    expect(ran.status).toBe(1);
    expect(world.kubeops(["schemas", "remove", "Backup.shop.example.com"]).status).toBe(0);
    expect(world.kubeops(["check", "rule.yaml"]).status).toBe(0);
  });
});
