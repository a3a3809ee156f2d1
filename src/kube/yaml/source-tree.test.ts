import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { conformanceData, leftOut } from "../../../test/support/suites.ts";
import { isArray, isObject, type Json } from "../json.ts";
import { readDocuments } from "./read-documents.ts";
import { resolvePlain } from "./scalars/resolve-scalar.ts";
import { type SourceNode, sourceTrees } from "./source-tree.ts";

/** Scalars of a document whose text, as the tree places it, does not say what the reader of values read. */
function unlike(text: string, node: SourceNode, value: Json, faults: string[]): void {
  if (node.kind === "list" || node.kind === "mapping") {
    const parts = new Map<string | number | undefined, SourceNode>();
    for (const [index, entry] of node.entries.entries()) {
      if (entry.key?.merge === true) return;
      parts.set(node.kind === "list" ? index : entry.key?.name, entry.value);
    }
    const members: readonly (readonly [string | number, Json])[] = isArray(value)
      ? [...value.entries()]
      : isObject(value)
        ? Object.entries(value)
        : [];
    if (members.length !== parts.size)
      faults.push(`${node.start}: ${members.length} and ${parts.size} parts`);
    for (const [step, part] of members) {
      const inner = parts.get(step);
      if (inner === undefined) faults.push(`${node.start}: no ${step}`);
      else if (inner.start < node.start || inner.end > node.end)
        faults.push(`${node.start}: ${step} is not inside`);
      else unlike(text, inner, part, faults);
    }
  } else if (node.kind === "left-out") {
    if (value !== null) faults.push(`${node.start}: not left out`);
  } else if (node.kind === "scalar" && !node.block && !node.tagged) {
    const source = text.slice(node.start, node.end);
    const first = source[0];
    const quoted = first === '"' || first === "'";
    if (quoted && source.at(-1) !== first) faults.push(`${node.start}: ${source} has no end`);
    if (!quoted && !source.includes("\n") && typeof value !== "number" && resolvePlain(source) !== value)
      faults.push(`${node.start}: ${source} is not ${JSON.stringify(value)}`);
  }
}

function faultsOf(text: string): readonly string[] {
  const documents = readDocuments("a", new TextEncoder().encode(text));
  const trees = sourceTrees(text);
  if (documents.length !== trees.length) return [`${documents.length} documents, ${trees.length} trees`];
  const faults: string[] = [];
  for (const [index, { value }] of documents.entries()) {
    const root = trees[index]?.root;
    if (value !== null && root === undefined) faults.push(`document ${index} has no tree`);
    else if (value !== null && root !== undefined) unlike(text, root, value, faults);
  }
  return faults;
}

describe("where nodes stand in a text", () => {
  it.each([
    [
      "values of every style",
      'a: b c # d\n"e": \'f\'\ng: "h\n  i"\nj: |\n  k\nl: {m: [n, "o"], p: }\nq:\nr: ~\n',
    ],
    ["lists with and without indentation", "a:\n- b\n-\n- - c\n  - d: 1\n    e: 2\nf:\n  - g\n"],
    ["explicit keys, keys that are no texts", "? a\n: b\nyes: c\n1.0: d\n"],
    ["documents", "# only a comment\n---\na: 1\n--- # two\n{b: 2}\n---\n"],
    ["JSON, one after the other", '{"a": [1, {"b": null}]} {"c":true}\n'],
    ["JSON, then YAML", '{"a": 1}\n---\nb: 2\n'],
    ["a document that cannot be read", "a: [1\n---\nb: 2\n"],
    ["a separator that is none", "a: 1\n--- x\nb: 2\n"],
    ["CRLF", "a:\r\n  b: c\r\n  d: |\r\n    e\r\nf: g\r\n"],
    ["pairs in brackets", "a: [b: c, d]\n"],
  ])("%s", (_, text) => {
    expect(faultsOf(text)).toEqual([]);
  });

  it("gives the end of each node without what follows", () => {
    const text = "a: b c   # d\ne: [f, g] # h\ni: 'j'\nk: *x\n";
    const [tree] = sourceTrees(text.replace("*x", "&x l"));
    const texts = tree?.root?.entries.map(({ value }) =>
      text.replace("*x", "&x l").slice(value.start, value.end),
    );
    expect(texts).toEqual(["b c", "[f, g]", "'j'", "l"]);
  });

  it("knows which anchors are used", () => {
    const [tree] = sourceTrees("a: &x 1\nb: &y 2\nc: *x\n");
    expect([...(tree?.aliased ?? [])]).toEqual(["x"]);
    expect(tree?.root?.entries.map(({ value }) => [value.kind, value.anchor])).toEqual([
      ["scalar", "x"],
      ["scalar", "y"],
      ["alias", "x"],
    ]);
  });

  const folder = conformanceData("real");
  it.skipIf(folder === undefined && leftOut("source trees of public files", "set KUBEOPS_CONFORMANCE_DATA"))(
    "finds every value of public manifests where it is written",
    () => {
      const files = readdirSync(folder ?? "", { recursive: true, encoding: "utf8" }).filter((path) =>
        /\.(?:ya?ml|json)$/.test(path),
      );
      expect(files.length).toBeGreaterThan(100);
      const faults = files.flatMap((path) =>
        faultsOf(readFileSync(join(folder ?? "", path), "utf8")).map((fault) => `${path}: ${fault}`),
      );
      expect(faults).toEqual([]);
    },
  );
});
