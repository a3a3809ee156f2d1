import { Ajv } from "ajv";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type OperationRow,
  operations,
  operationSchema,
  operationsSchema,
  parseOperation,
  parseOperations,
} from "./operations.ts";
import { printable } from "../../kube/printable.ts";

const ajv = new Ajv({ strict: true, allowUnionTypes: true, unicodeRegExp: true });
const validators = new Map(operations.map((row) => [row.name, ajv.compile(operationSchema(row.name))]));

/** What attackers wrote into arguments of peers (facts of K1, K2, K9): shells, flags, paths, other clusters, other namespaces. */
const hostile = [
  "; rm -rf /",
  "$(id)",
  "`id`",
  "a && b",
  "a|b",
  "a\nb",
  "--server=https://evil.example",
  "-shttps://evil.example",
  "-Aowide",
  "--kubeconfig=/etc/kubeops/x",
  "@/etc/passwd",
  "../../etc/passwd",
  "/etc/passwd",
  "file:///etc/passwd",
  "https://user:pw@evil.example/x",
  "secret/name",
  "kube-system/etcd",
  "shop/../kube-system",
  "*",
  "",
  " web",
  "web ",
  "WEB",
  "wéb",
  "web\u0000",
  "web\u202e",
  "\u200bweb",
  "\u001b[31mweb",
  "\ud800",
  "web\n",
];

/** Where such a text is what it says: a path of a probe, an image of two parts, the key of a label, a word of a setting. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  "deploy.image": ["secret/name", "kube-system/etcd"],
  "deploy.settings": ["WEB"],
  "deploy.secrets": ["WEB"],
  "deploy.health": ["/etc/passwd"],
  "edit_field.objectKind": ["WEB"],
  "edit_field.path": ["secret/name", "kube-system/etcd", "WEB"],
  "edit_field.value": ["secret/name", "kube-system/etcd", "WEB", "/etc/passwd"],
};

describe("operations", () => {
  test("examples of every row: positive ones parse, negative ones do not; the schema agrees with the parser", () => {
    for (const row of operations) {
      const valid = validators.get(row.name)!;
      for (const example of row.positive) {
        expect(parseOperation(row.name, example)).toEqual({
          ok: true,
          operation: { kind: row.name, ...example },
        });
        expect(valid(example)).toBe(true);
      }
      for (const example of row.negative) {
        expect(parseOperation(row.name, example), JSON.stringify(example)).toMatchObject({ ok: false });
      }
    }
  });

  test("schemas are closed plain objects, and no text but the rationale is free", () => {
    const free: string[] = [];
    const visit = (schema: Record<string, unknown>, path: string): void => {
      if (schema["type"] === "object") {
        expect(schema["additionalProperties"], path).toBe(false);
        for (const [name, part] of Object.entries(schema["properties"] as Record<string, object>))
          visit(part as Record<string, unknown>, `${path}.${name}`);
      }
      if (schema["type"] === "array") {
        expect(schema["maxItems"], path).toBeTypeOf("number");
        visit(schema["items"] as Record<string, unknown>, `${path}[]`);
      }
      const types = [schema["type"]].flat();
      if (types.includes("string") && schema["enum"] === undefined) {
        expect(schema["maxLength"], path).toBeTypeOf("number");
        if (schema["pattern"] === undefined) free.push(path);
      }
    };
    for (const row of operations) {
      const schema = operationSchema(row.name);
      expect(Object.keys(schema)).not.toContain("anyOf");
      visit(schema, row.name);
    }
    expect(free.every((path) => path.endsWith(".rationale"))).toBe(true);
    expect(free.length).toBe(operations.length);
  });

  test("no operation has a way to say a namespace, a cluster, a context, a repository, a branch, a file or a flag", () => {
    const names = operations.flatMap((row) => Object.keys(row.arguments.members));
    expect(
      names.filter((name) =>
        /namespace|cluster|context|kube|repo|url|branch|file|folder|flag|arg|command|token/i.test(name),
      ),
    ).toEqual([]);
  });

  test("K1 K2 K9 of the field's attacks: hostile texts are refused in every text of every operation", () => {
    let tried = 0;
    for (const { row, example, path } of places()) {
      if (path.at(-1) === "rationale") continue;
      const meant = harmless[`${row.name}.${path[0]}`] ?? [];
      for (const text of hostile.filter((attack) => !meant.includes(attack))) {
        const parsed = parseOperation(row.name, replaced(example, path, text));
        expect(parsed.ok, `${row.name} ${path.join(".")} ${printable(text)}`).toBe(false);
        tried++;
      }
    }
    expect(tried).toBeGreaterThan(500);
  });

  test("the parser takes nothing that the schema refuses, whatever is written", () => {
    const row = fc.constantFrom(...operations);
    const json = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(row, json, fc.string(), (of, value, key) => {
        const example = of.positive[0]!;
        for (const args of [
          value,
          { ...example, [key]: value },
          ...textPaths(example).map((path) => replaced(example, path, value)),
        ]) {
          const parsed = parseOperation(of.name, args);
          if (parsed.ok) expect(validators.get(of.name)!(args)).toBe(true);
          else {
            expect(parsed.problems.length).toBeGreaterThan(0);
            expect(parsed.problems.length).toBeLessThanOrEqual(8);
            for (const problem of parsed.problems) expect(problem.length).toBeLessThan(700);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("what is read is a copy, frozen, and the same whatever the order of members", () => {
    const args = { image: "nginx:1.29", name: "web", ports: [{ port: 80 }] };
    const parsed = parseOperation("deploy", args);
    const again = parseOperation("deploy", { ports: [{ port: 80 }], name: "web", image: "nginx:1.29" });
    expect(JSON.stringify(parsed)).toBe(JSON.stringify(again));
    args.ports[0]!.port = 22;
    expect(parsed).toMatchObject({ operation: { ports: [{ port: 80 }] } });
    expect(parsed.ok && Object.isFrozen((parsed.operation as { ports: unknown }).ports)).toBe(true);
  });

  test("a key of a prototype is a key like any other", () => {
    for (const key of ["__proto__", "constructor", "toString"]) {
      const args = JSON.parse(`{"name":"web","image":"nginx:1.29","${key}":{"replicas":1}}`) as unknown;
      expect(parseOperation("deploy", args)).toEqual({
        ok: false,
        problems: [
          expect.stringMatching(new RegExp(`^it has no member "${key}"; known: name, image, `, "u")),
        ],
      });
      expect(parseOperation(key, {})).toMatchObject({ ok: false });
    }
  });

  test("problems never hold a value, and are bounded", () => {
    const canary = "c4n4ry-PASSWORD value";
    const parsed = parseOperation("deploy", {
      name: canary,
      image: canary,
      health: canary,
      ports: Array(9999).fill(canary),
      ["x".repeat(1e6)]: canary,
    });
    expect(parsed.ok).toBe(false);
    expect(JSON.stringify(parsed)).not.toContain("c4n4ry");
    expect(JSON.stringify(parsed).length).toBeLessThan(2000);
  });

  test("lists of operations: all or nothing, at most 64", () => {
    const deploy = { kind: "deploy", name: "web", image: "nginx:1.29" };
    expect(parseOperations([deploy, { kind: "commit_to_git" }])).toEqual({
      ok: true,
      operations: [deploy, { kind: "commit_to_git" }],
    });
    expect(parseOperations([deploy, { kind: "exec", command: "sh" }])).toEqual({
      ok: false,
      problems: [
        "operations[1]: there is no such operation; known: deploy, expose, connect, restrict, scale, edit_field, commit_to_git",
      ],
    });
    for (const list of [
      undefined,
      null,
      {},
      [],
      Array.from({ length: 65 }, () => deploy),
      [null],
      [[]],
      ["deploy"],
      [{}],
    ])
      expect(parseOperations(list).ok).toBe(false);
    const valid = ajv.compile(operationsSchema());
    expect(valid([deploy])).toBe(true);
    expect(valid([{ ...deploy, namespace: "kube-system" }])).toBe(false);
  });

  test("patterns run in linear time: as many steps for a hostile text as it is long", () => {
    // A quadratic pattern would take minutes here.
    for (const { row, example, path } of places())
      for (const unit of ["a", "a.", "a-", "-", "a/", "a:", "0", "[a=", "_a"])
        parseOperation(row.name, replaced(example, path, `${unit.repeat(200)}!`));
  });
});

/** Every text of every positive example. */
function places(): readonly { row: OperationRow; example: object; path: readonly (string | number)[] }[] {
  return operations.flatMap((row) =>
    row.positive.flatMap((example) => textPaths(example).map((path) => ({ row, example, path }))),
  );
}

function textPaths(
  value: unknown,
  path: readonly (string | number)[] = [],
): (readonly (string | number)[])[] {
  if (typeof value === "string") return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    textPaths(part, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function replaced(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return by;
  if (Array.isArray(value))
    return value.map((item, index) => (index === step ? replaced(item, rest, by) : item));
  const members = value as Record<string, unknown>;
  return { ...members, [step]: replaced(members[step], rest, by) };
}
