import { describe, expect, it } from "vitest";
import { objectProblems } from "./object-problems.ts";
import { readObjects } from "./read-objects.ts";
import { readDocuments } from "./yaml/read-documents.ts";

const read = (text: string) => readObjects(readDocuments("f.yaml", new TextEncoder().encode(text)));

describe("the table of object problems", () => {
  /** Each document as the file that its first line names. */
  const readFiles = (text: string) =>
    readObjects(
      text.split("\n---\n").flatMap((document) => {
        const name = /^# file: (\S+)\n/.exec(document)?.[1] ?? "f.yaml";
        return readDocuments(name, new TextEncoder().encode(document));
      }),
      { foldersApart: true },
    );

  it.each(Object.entries(objectProblems))(
    "%s: its positive example has it, its negative has nothing",
    (code, row) => {
      expect(readFiles(row.positive).problems.map((problem) => problem.code)).toContain(code);
      expect(readFiles(row.negative).problems).toEqual([]);
    },
  );

  it("takes folders for clusters of their own only where it is told to, and never files of one folder", () => {
    const codes = (names: readonly string[], foldersApart: boolean) =>
      readObjects(
        names.flatMap((name, index) =>
          readDocuments(
            name,
            new TextEncoder().encode(
              `apiVersion: v1\nkind: Pod\nmetadata: {name: ${index === 3 ? "A" : "a"}}`,
            ),
          ),
        ),
        { foldersApart },
      ).problems.map(({ code }) => code);
    const names = ["dev/a.yaml", "prod/a.yaml", "prod/b.yaml", "prod/c.yaml"];
    expect(codes(names, true)).toEqual([
      "object/same-elsewhere",
      "object/duplicate-identity",
      "object/case-collision",
    ]);
    expect(codes(names, false)).toEqual([
      "object/duplicate-identity",
      "object/duplicate-identity",
      "object/case-collision",
    ]);
  });
});

describe("readObjects", () => {
  it("takes lists apart and keeps places", () => {
    const { objects, problems } = read(
      "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: PodList\n  items:\n  - metadata:\n      name: a\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: b\n",
    );
    expect(problems).toEqual([]);
    expect(objects.map(({ object, path }) => [object["apiVersion"], object["kind"], path])).toEqual([
      ["v1", "Pod", ["items", 0, "items", 0]],
      ["v1", "Service", ["items", 1]],
    ]);
    expect(objects.map(({ places }) => places.value(["metadata", "name"]))).toEqual([
      { file: "f.yaml", line: 8, column: 13 },
      { file: "f.yaml", line: 12, column: 11 },
    ]);
    expect(objects[1]?.places.key(["metadata", "name"])).toEqual({ file: "f.yaml", line: 12, column: 5 });
  });

  it("K4: refuses one identity twice, whatever the version, and names both places", () => {
    const one = "kind: Deployment\nmetadata: {name: a, namespace: shop}\n";
    expect(read(`apiVersion: apps/v1\n${one}---\napiVersion: apps/v1beta1\n${one}`).problems).toEqual([
      {
        code: "object/duplicate-identity",
        severity: "error",
        message: "Deployment.apps shop/a stands twice, first at f.yaml:3:18",
        hint: "keep one of the two; another apiVersion does not make it another object",
        place: { file: "f.yaml", line: 7, column: 18 },
      },
    ]);
  });

  it("drops null members and keeps null items", () => {
    const { objects } = read(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: null}\nspec: {a: [null, {b: null, c: 1}]}",
    );
    expect(objects[0]?.object).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a" },
      spec: { a: [null, { c: 1 }] },
    });
  });

  it("keeps a member named __proto__ as data", () => {
    const { objects } = read("apiVersion: v1\nkind: Pod\nmetadata: {name: a, x: null, __proto__: {name: b}}");
    const metadata = objects[0]?.object["metadata"];
    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
    expect(JSON.stringify(metadata)).toBe('{"name":"a","__proto__":{"name":"b"}}');
  });

  it("skips empty documents and walks lists of any depth", () => {
    expect(read("# nothing\n---\n---\n")).toEqual({ objects: [], problems: [], componentFiles: [] });
    const deep = `${'{"kind":"List","items":['.repeat(400)}${"]}".repeat(400)}`;
    expect(read(deep)).toEqual({ objects: [], problems: [], componentFiles: [] });
  });
});
