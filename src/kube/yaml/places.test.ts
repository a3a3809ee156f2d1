import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isArray, isObject, type Json, type JsonPath } from "../json.ts";
import { emitYaml } from "./emit-yaml.ts";
import { readDocuments } from "./read-documents.ts";

const places = (text: string) => {
  const [document] = readDocuments("f.yaml", new TextEncoder().encode(text));
  if (document === undefined) throw new Error("no document");
  return {
    value: (...path: JsonPath) => at(document.places.value(path)),
    key: (...path: JsonPath) => at(document.places.key(path)),
  };
};
const at = (place: { readonly line: number; readonly column: number }): string =>
  `${place.line}:${place.column}`;

describe("places", () => {
  it("block style", () => {
    const of = places("# c\na:\n  b: 'x'\n  c:\n  - d\n  - e: |\n      t\nf:\n");
    expect(of.value()).toBe("2:1");
    expect(of.key("a")).toBe("2:1");
    expect(of.value("a")).toBe("3:3");
    expect(of.value("a", "b")).toBe("3:6");
    expect(of.value("a", "c", 1)).toBe("6:5");
    expect(of.key("a", "c", 1, "e")).toBe("6:5");
    expect(of.value("a", "c", 1, "e")).toBe("6:8");
    expect(of.value("f")).toBe("8:1");
    expect(of.value("a", "nothing", "deeper")).toBe("3:3");
    expect(of.key("a", "c", 0)).toBe("5:5");
  });

  it("flow style and JSON", () => {
    for (const text of ['{"a": [1, {"b": "c"}],\n "d": 2}', '{a: [1, {b: "c"}],\n d: 2}']) {
      const of = places(text);
      expect(of.value("a", 0)).toBe("1:" + String(text.indexOf("1") + 1));
      expect(of.value("a", 1, "b")).toBe("1:" + String(text.indexOf('"c"') + 1));
      expect(of.key("d")).toBe("2:2");
    }
  });

  it("keys that look like indices, duplicate keys, aliases and merges", () => {
    const of = places("2: a\n1: b\n2: c\nx: &x\n  p: 1\nw: *x\nz:\n  <<: *x\n  q: 2\n");
    expect(of.value("1")).toBe("2:4");
    expect(of.value("2")).toBe("3:4");
    expect(of.value("w")).toBe("6:4");
    expect(of.value("w", "p")).toBe("5:6");
    expect(of.value("z", "p")).toBe("5:6");
    expect(of.key("z", "p")).toBe("5:3");
    expect(of.value("z", "q")).toBe("9:6");
  });

  it("every document counts in its file", () => {
    const documents = readDocuments("f.yaml", new TextEncoder().encode('{"a":1}\n---\nb: 2\n---\nc: 3\n'));
    expect(documents.map((document, index) => at(document.places.value(["abc"[index] ?? ""])))).toEqual([
      "1:6",
      "3:4",
      "5:4",
    ]);
  });

  it("the text at the place of every scalar is that scalar, whatever the document", () => {
    const word = fc
      .string({ unit: fc.constantFrom(..."abcé".split("")), minLength: 1, maxLength: 5 })
      .map((text) => `k${text}`);
    const { value: json } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        word,
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(word, tie("value"), { maxKeys: 4 }).map((value) => ({ ...value })),
      ),
    }));
    fc.assert(
      fc.property(json, fc.boolean(), (value, compact) => {
        const text = compact ? JSON.stringify({ v: value }) : emitYaml({ v: value });
        const [document] = readDocuments("f.yaml", new TextEncoder().encode(text));
        const lines = text.split("\n");
        const check = (part: Json, path: JsonPath): void => {
          if (isArray(part)) part.forEach((item, index) => check(item, [...path, index]));
          else if (isObject(part)) {
            for (const [key, member] of Object.entries(part)) {
              const place = document?.places.key([...path, key]);
              expect(
                lines[(place?.line ?? 0) - 1]
                  ?.slice((place?.column ?? 0) - 1)
                  .replace(/^"/, "")
                  .startsWith(key),
              ).toBe(true);
              check(member, [...path, key]);
            }
          } else {
            const place = document?.places.value(path);
            expect(
              lines[(place?.line ?? 0) - 1]
                ?.slice((place?.column ?? 0) - 1)
                .replace(/^"/, "")
                .startsWith(String(part)),
            ).toBe(true);
          }
        };
        check(value, ["v"]);
      }),
    );
  });
});

describe("places of a long text", () => {
  it("are found by reading the document again, the same as those of a short one", () => {
    const document = (index: number): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a${index}\n  labels: &l {a: b}\ndata:\n  <<: *l\n  c: d\n`;
    const text = Array.from({ length: 4 }, (_, index) => document(index)).join("---\n");
    const filler = `# ${"x".repeat(17 * 1024 * 1024)}\n`;
    const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
    const short = readDocuments("f", bytes(text));
    const long = readDocuments("f", bytes(`${text}---\n${filler}`));
    expect(long.length).toBe(5);
    // Back and forth, for only the places of one document are kept.
    for (const index of [0, 3, 1, 1, 2, 0]) {
      for (const path of [["metadata", "name"], ["data", "c"], ["data", "a"], ["no", "such"], []]) {
        expect(long[index]?.places.value(path)).toEqual(short[index]?.places.value(path));
        expect(long[index]?.places.key(path)).toEqual(short[index]?.places.key(path));
      }
    }
  });
});
