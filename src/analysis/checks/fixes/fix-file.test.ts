import { load as loadYaml } from "js-yaml";
import { describe, expect, it } from "vitest";
import { deep } from "../../../../test/support/suites.ts";
import { isArray, isObject, type Json, type JsonPath } from "../../../kube/json.ts";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import type { Edit } from "./edit.ts";
import { fixFile, type Mend } from "./fix-file.ts";
import { sortedSplices } from "./splices/splice.ts";

const valuesOf = (text: string): readonly Json[] =>
  readDocuments("a.yaml", new TextEncoder().encode(text)).map(({ value }) => value);

function mend(edits: readonly Edit[], document = 0): Mend {
  const finding = {
    code: "a/b",
    severity: "error",
    message: "",
    place: { file: "a.yaml", line: 1, column: 1 },
  } as const;
  return { finding, row: { id: "a/b", describe: "", effect: "same", edits: () => edits }, document, edits };
}

const fixed = (text: string, ...edits: readonly Edit[]) => fixFile("a.yaml", text, [mend(edits)]);
const set = (path: JsonPath, value: Json): Edit => ({ op: "set", path, value });

describe("what is written where", () => {
  it.each<readonly [string, string, readonly Edit[], string]>([
    ["a scalar", "a: 1 # one\nb: 2\n", [set(["a"], 3)], "a: 3 # one\nb: 2\n"],
    [
      "a quoted scalar keeps its quotes",
      "a: 'x' # y\nb: \"x\"\n",
      [set(["a"], "z"), set(["b"], "z")],
      "a: 'z' # y\nb: \"z\"\n",
    ],
    ["a text that needs quotes", "a: b\n", [set(["a"], "yes")], 'a: "yes"\n'],
    [
      "a new member, behind the last one and its comment",
      "m:\n  a: 1 # one\n# end\nn: 1\n",
      [set(["m", "b"], true)],
      "m:\n  a: 1 # one\n  b: true\n# end\nn: 1\n",
    ],
    [
      "a new mapping, indented as its neighbours",
      "m:\n    a:\n        b: 1\n",
      [set(["m", "c", "d"], 1)],
      "m:\n    a:\n        b: 1\n    c:\n        d: 1\n",
    ],
    [
      "a member of an item",
      "l:\n- a: 1\n  b: 2\n- a: 3\n",
      [set(["l", 0, "c"], 4), set(["l", 1, "c"], 5)],
      "l:\n- a: 1\n  b: 2\n  c: 4\n- a: 3\n  c: 5\n",
    ],
    ["a file without a last line end", "m:\n  a: 1", [set(["m", "b"], 2)], "m:\n  a: 1\n  b: 2"],
    [
      "CRLF",
      "m:\r\n  a: 1\r\nn: 2\r\n",
      [set(["m", "b", "c"], 2)],
      "m:\r\n  a: 1\r\n  b:\r\n    c: 2\r\nn: 2\r\n",
    ],
    [
      "several that end on one line: the deepest first",
      "m:\n  a:\n    b: 1\n",
      [set(["c"], 1), set(["m", "d"], 2), set(["m", "a", "e"], 3)],
      "m:\n  a:\n    b: 1\n    e: 3\n  d: 2\nc: 1\n",
    ],
    ["behind a block of text", "a: |\n  x\n\n# c\n", [set(["b"], 1)], "a: |\n  x\nb: 1\n\n# c\n"],
    [
      "behind a block of text that keeps its empty lines",
      "a: |+\n  x\n\n",
      [set(["b"], 1)],
      "a: |+\n  x\n\nb: 1\n",
    ],
    ["an empty mapping", "a: {}\n", [set(["a", "b"], 1)], "a: {b: 1}\n"],
    ["a mapping in brackets", "a: { x: 1 } # c\n", [set(["a", "b"], 1)], "a: { x: 1, b: 1 } # c\n"],
    [
      "a value that is left out",
      "m:\n  a: # later\n  b: 1\n",
      [set(["m", "a", "c"], true)],
      "m:\n  a: # later\n    c: true\n  b: 1\n",
    ],
    ["null", "a: null\nb: ~\n", [set(["a", "c"], true), set(["b"], 1)], "a: {c: true}\nb: 1\n"],
    [
      "an item behind the last one",
      "l:\n  - a # one\n",
      [{ op: "append", path: ["l"], value: "b" }],
      "l:\n  - a # one\n  - b\n",
    ],
    [
      "a mapping as an item",
      "l:\n- p: 1\n",
      [{ op: "append", path: ["l"], value: { p: 2, q: 3 } }],
      "l:\n- p: 1\n- p: 2\n  q: 3\n",
    ],
    ["an item in brackets", "l: [a, b]\n", [{ op: "append", path: ["l"], value: "c" }], "l: [a, b, c]\n"],
    [
      "a list that is not there",
      "m: {a: 1}\n",
      [{ op: "append", path: ["m", "l"], value: "c" }],
      "m: {a: 1, l: [c]}\n",
    ],
    [
      "a renamed key",
      'm:\n  "a": 1 # x\n',
      [{ op: "rename", path: ["m", "a"], key: "b" }],
      'm:\n  "b": 1 # x\n',
    ],
    [
      "a renamed key with another value",
      "m:\n  a: 1\n",
      [{ op: "rename", path: ["m", "a"], key: "b" }, set(["m", "a"], 2)],
      "m:\n  b: 2\n",
    ],
    [
      "quotes",
      "a: 1_0\nb: 0x1F\n",
      [
        { op: "quote", path: ["a"] },
        { op: "quote", path: ["b"] },
      ],
      'a: "1_0"\nb: "0x1F"\n',
    ],
    [
      "a member that goes",
      "m:\n  a: # x\n    b: 1\n  c: 2\n",
      [{ op: "remove", path: ["m", "a"] }],
      "m:\n  c: 2\n",
    ],
    [
      "the first member of an item that goes",
      "l:\n- a: 1\n  b: 2\n",
      [{ op: "remove", path: ["l", 0, "a"] }],
      "l:\n- b: 2\n",
    ],
    ["an item that goes", "l:\n- a: 1\n  b: 1\n- a: 2\n", [{ op: "remove", path: ["l", 0] }], "l:\n- a: 2\n"],
    [
      "the last line that goes, without a line end",
      "m:\n  a: 1\n  b: 2",
      [{ op: "remove", path: ["m", "b"] }],
      "m:\n  a: 1",
    ],
    [
      "items in brackets that go",
      "l: [a, b, c]\n",
      [
        { op: "remove", path: ["l", 0] },
        { op: "remove", path: ["l", 2] },
      ],
      "l: [b]\n",
    ],
    [
      "a member that goes and one that comes",
      "m:\n  a: 1\n  b: 2\n",
      [{ op: "remove", path: ["m", "b"] }, set(["m", "c"], 3)],
      "m:\n  a: 1\n  c: 3\n",
    ],
    [
      "equal members of one name",
      "m:\n  a: 1\n  b: 2\n  a: 1 # last\n",
      [{ op: "dedupe", path: ["m", "a"] }],
      "m:\n  b: 2\n  a: 1 # last\n",
    ],
    [
      "a whole part in lines",
      "m:\n  a:\n    b: 1\n  c: 1\n",
      [set(["m", "a"], { d: { e: 1 } })],
      "m:\n  a:\n    d:\n      e: 1\n  c: 1\n",
    ],
    [
      "JSON over lines",
      '{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n',
      [set(["a", "c", "d"], true)],
      '{\n\t"a": {\n\t\t"b": 1,\n\t\t"c": {\n\t\t\t"d": true\n\t\t}\n\t}\n}\n',
    ],
    [
      "JSON without spaces",
      '{"a":1,"b":{}}',
      [set(["b", "c"], "x"), set(["d"], [1, 2])],
      '{"a":1,"b":{"c": "x"},"d":[1,2]}',
    ],
    [
      "tabs before a value and a comment",
      "l:\n- a:\t1\t# x\n",
      [set(["l", 0, "a"], 2)],
      "l:\n- a:\t2\t# x\n",
    ],
    ["a quoted text over two lines", 'a: "x\n  y"\nb: 1\n', [set(["a"], "z")], 'a: "z"\nb: 1\n'],
  ])("%s", (_, text, edits, wanted) => {
    const result = fixed(text, ...edits);
    expect(result.left).toEqual([]);
    expect(result.text).toBe(wanted);
  });

  it.each<readonly [string, string, readonly Edit[], string]>([
    ["an anchor that others use", "a: &x {b: 1}\nc: *x\n", [set(["a", "b"], 2)], "an anchor or alias"],
    ["an alias", "a: &x {b: 1}\nc: *x\n", [set(["c", "b"], 2)], "an anchor or alias"],
    ["a merge", "a: &x {b: 1}\nc:\n  <<: *x\n", [set(["c", "d"], 2)], "a merge (<<)"],
    ["a field that stands twice", "a: 1\na: 2\n", [set(["a"], 3)], "written twice"],
    ["values that differ", "a: 1\na: 2\n", [{ op: "dedupe", path: ["a"] }], "the values differ"],
    [
      "comments that would be lost",
      "m:\n  a:\n    b: 1 # x\n    c: 1\n",
      [set(["m", "a"], { d: 1 })],
      "comments stand",
    ],
    ["the only item", "l:\n- a\nm: 1\n", [{ op: "remove", path: ["l", 0] }], "nothing would be left"],
    ["a block of text", "a: |\n  x\n", [set(["a"], "y")], "a block of text"],
    ["a tag", "a: !!str 1\n", [set(["a"], 2)], "a tag"],
    ["a path through a text", "a: b\n", [set(["a", "c"], 2)], "no mapping"],
  ])("refuses %s", (_, text, edits, reason) => {
    const result = fixed(text, ...edits);
    expect(result.text).toBe(text);
    expect(result.left.map((one) => one.reason)).toEqual([expect.stringContaining(reason)]);
  });

  it("edits what has an anchor that nobody uses", () => {
    expect(fixed("a: &x\n  b: 1\n", set(["a", "c"], 2)).text).toBe("a: &x\n  b: 1\n  c: 2\n");
  });

  it("makes the edits that can be made, and drops those that spoil others", () => {
    const text = "a: 1\nb: &x {c: 1}\nd: *x\n";
    const mends = [mend([set(["a"], 2)]), mend([set(["d", "e"], 1)]), mend([{ op: "quote", path: ["a"] }])];
    const result = fixFile("a.yaml", text, mends);
    expect(result.text).toBe("a: 2\nb: &x {c: 1}\nd: *x\n");
    expect(result.mended).toEqual([mends[0]]);
    expect(result.left.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("an anchor or alias"),
      "another fix changes the same place",
    ]);
  });

  it("edits each document of a stream, and JSON objects one after the other", () => {
    const yaml = "a: 1\n--- # two\n{a: 1}\n---\n# nothing\n---\na: 1\n";
    const all = [0, 1, 3].map((document) => mend([set(["b"], document)], document));
    expect(fixFile("a.yaml", yaml, all).text).toBe(
      "a: 1\nb: 0\n--- # two\n{a: 1, b: 1}\n---\n# nothing\n---\na: 1\nb: 3\n",
    );
    const json = '{"a":1} {"a":2}\n{"a":3}';
    expect(fixFile("a.yaml", json, [mend([set(["b"], 1)], 1), mend([set(["a"], 0)], 2)]).text).toBe(
      '{"a":1} {"a":2,"b":1}\n{"a":0}',
    );
  });

  it("makes 20,000 edits of one document well inside the time of a test", () => {
    const count = 20_000;
    const text = `m:\n${Array.from({ length: count }, (_, index) => `  k${index}: 1\n`).join("")}`;
    const mends = Array.from({ length: count }, (_, index) =>
      mend([{ op: "quote", path: ["m", `k${index}`] }]),
    );
    expect(fixFile("a.yaml", text, mends).mended.length).toBe(count);
  });
});

/** Numbers between 0 and 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Pick = <T>(...items: readonly T[]) => T;

/** A document as people write them: every style, comments everywhere, now and then an anchor with its alias. */
class Writer {
  readonly next: () => number;
  readonly newline: string;
  readonly wide: boolean;
  readonly indentless: boolean;
  anchors = 0;

  constructor(next: () => number) {
    this.next = next;
    this.newline = next() < 0.2 ? "\r\n" : "\n";
    this.wide = next() < 0.3;
    this.indentless = next() < 0.5;
  }

  chance = (share: number): boolean => this.next() < share;
  pick: Pick = (...items) => items[Math.floor(this.next() * items.length)] as (typeof items)[number];
  comment = (): string => (this.chance(0.2) ? ` # ${this.pick("note", "a: b", "- x", "'\"")}` : "");

  scalar(inFlow: boolean): string {
    const plain = ["a", "b-c", "1", "0644", "true", "yes", "1.5", "2001-01-01", "a/b:c", "x y"];
    const quoted = ["'it''s'", '"a\\tb"', "''", '"#"', "'a: b'"];
    return this.pick(...plain, ...quoted, ...(inFlow ? [] : ["~", "null", "a # b".slice(0, 1)]));
  }

  flow(depth: number): string {
    const space = this.pick("", " ");
    const items = Array.from({ length: Math.floor(this.next() * 3) }, () =>
      depth > 0 && this.chance(0.3) ? this.flow(depth - 1) : this.scalar(true),
    );
    if (this.chance(0.5)) return `[${space}${items.join(", ")}${space}]`;
    const line = this.chance(0.2) ? `,${this.newline}          ` : ", ";
    return `{${space}${items.map((item, index) => `${this.pick("f", '"g"')}${index}: ${item}`).join(line)}${space}}`;
  }

  /** The lines of a mapping in block style. */
  mapping(indent: string, depth: number): string[] {
    const lines: string[] = [];
    const count = 1 + Math.floor(this.next() * 4);
    for (let index = 0; index < count; index++) {
      if (this.chance(0.1)) lines.push(`${this.pick(indent, "")}# on its own line`);
      if (this.chance(0.05)) lines.push("");
      const name = this.pick("key", '"quoted"', "'single'", "app.kubernetes.io/name");
      const key =
        name.endsWith('"') || name.endsWith("'")
          ? `${name.slice(0, -1)}${index}${name.at(-1)}`
          : `${name}${index}`;
      lines.push(...this.member(`${indent}${key}:`, indent, depth));
    }
    return lines;
  }

  member(key: string, indent: string, depth: number): string[] {
    const step = this.wide ? "    " : "  ";
    const roll = this.next();
    if (depth > 0 && roll < 0.3) {
      const anchor = this.chance(0.1) ? ` &x${this.anchors++}` : "";
      return [`${key}${anchor}${this.comment()}`, ...this.mapping(indent + step, depth - 1)];
    }
    if (depth > 0 && roll < 0.5)
      return [`${key}${this.comment()}`, ...this.list(this.indentless ? indent : indent + step, depth - 1)];
    if (roll < 0.58)
      return [
        `${key} ${this.pick("|", ">", "|-", "|+", ">-")}${this.comment()}`,
        `${indent}${step}text # no comment`,
        "",
        `${indent}${step}more`,
        ...(this.chance(0.3) ? [""] : []),
      ];
    if (roll < 0.64) return [`${key}${this.comment()}`];
    if (roll < 0.78) return [`${key} ${this.flow(2)}${this.comment()}`];
    if (roll < 0.8 && this.anchors > 0) return [`${key} *x${this.anchors - 1}`];
    return [`${key} ${this.scalar(false)}${this.comment()}`];
  }

  list(indent: string, depth: number): string[] {
    return Array.from({ length: 1 + Math.floor(this.next() * 3) }, () => {
      if (this.chance(0.5)) {
        const [first = "", ...rest] = this.mapping(`${indent}  `, depth).filter(
          (line) => line !== "" && !line.trimStart().startsWith("#"),
        );
        return [`${indent}- ${first.trimStart()}`, ...rest];
      }
      return [`${indent}- ${this.chance(0.3) ? this.flow(1) : this.scalar(false)}${this.comment()}`];
    }).flat();
  }

  document(): string {
    const lines = this.mapping("", 3);
    const end = this.chance(0.2) ? "" : this.newline;
    return lines.join(this.newline) + end;
  }
}

/** Every path of a value but its own. */
function pathsOf(value: Json, base: JsonPath = []): JsonPath[] {
  const parts: readonly (readonly [string | number, Json])[] = isArray(value)
    ? [...value.entries()]
    : isObject(value)
      ? Object.entries(value)
      : [];
  return parts.flatMap(([step, part]) => [[...base, step], ...pathsOf(part, [...base, step])]);
}

/** The value with one edit made, in the most simple-minded way: by writing to a copy. */
function naive(value: Json, edit: Edit, text: string): unknown {
  const copy = structuredClone({ root: JSON.parse(JSON.stringify(value)) as unknown }) as Record<
    string,
    unknown
  >;
  let at: Record<string | number, unknown> = copy;
  const path = ["root", ...edit.path];
  for (const step of path.slice(0, -1)) {
    at[step] ??= {};
    at = at[step] as Record<string | number, unknown>;
  }
  const last = path.at(-1) ?? "";
  if (edit.op === "set") at[last] = edit.value;
  else if (edit.op === "append") at[last] = [...((at[last] as unknown[] | undefined) ?? []), edit.value];
  else if (edit.op === "quote") at[last] = text;
  else if (edit.op === "rename") {
    at[edit.key] = at[last];
    delete at[last];
  } else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
  return copy["root"];
}

function randomEdit(writer: Writer, value: Json): Edit | undefined {
  const paths = pathsOf(value);
  if (paths.length === 0) return undefined;
  const path = writer.pick(...paths);
  const last = path.at(-1);
  const at = (where: JsonPath): Json | undefined =>
    where.reduce<Json | undefined>(
      (part, step) => (isArray(part) ? part[Number(step)] : isObject(part) ? part[String(step)] : undefined),
      value,
    );
  const here = at(path);
  const fresh: Json = writer.pick<Json>(true, 7, "text", "yes", "a: b", "it's");
  switch (writer.pick("set", "new", "deep", "append", "rename", "remove", "quote")) {
    case "set":
      return set(path, fresh);
    case "new":
      return isObject(here) || here === null ? set([...path, "fresh"], fresh) : undefined;
    case "deep":
      return isObject(here) || here === null
        ? set([...path, "fresh", "deep"], { a: fresh, l: [fresh] })
        : undefined;
    case "append":
      return isArray(here)
        ? { op: "append", path, value: writer.pick<Json>(fresh, { n: fresh, o: 1 }) }
        : undefined;
    case "rename":
      return typeof last === "string" ? { op: "rename", path, key: "renamed" } : undefined;
    case "remove":
      return { op: "remove", path };
    default:
      return typeof here === "number" || typeof here === "boolean" ? { op: "quote", path } : undefined;
  }
}

function js(text: string): unknown {
  try {
    return loadYaml(text);
  } catch {
    return undefined;
  }
}

describe("every text, every edit (seeded)", () => {
  it("changes what the edit says, keeps every other byte, and refuses seldom", () => {
    let made = 0;
    let refused = 0;
    const reasons = new Map<string, number>();
    for (let seed = 1; seed <= (deep ? 40_000 : 4_000); seed++) {
      const writer = new Writer(random(seed));
      const text = writer.document();
      const [value, ...others] = valuesOf(text);
      if (value === undefined || value === null || others.length > 0) continue;
      const edit = randomEdit(writer, value);
      if (edit === undefined) continue;
      const result = fixFile("a.yaml", text, [mend([edit])]);
      if (result.mended.length === 0) {
        refused++;
        expect(result.text, `seed ${seed}`).toBe(text);
        const reason = result.left[0]?.reason ?? "";
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        continue;
      }
      made++;
      const source = edit.op === "quote" ? (JSON.parse(result.splices[0]?.text ?? '""') as string) : "";
      expect(valuesOf(result.text), `seed ${seed}\n${text}\n${result.text}`).toEqual([
        naive(value, edit, source),
      ]);
      // Outside the splices every byte is the same.
      let [old, fresh] = [0, 0];
      for (const splice of sortedSplices(result.splices)) {
        expect(result.text.slice(fresh, fresh + splice.start - old), `seed ${seed}`).toBe(
          text.slice(old, splice.start),
        );
        fresh += splice.start - old + splice.text.length;
        old = splice.end;
      }
      expect(result.text.slice(fresh), `seed ${seed}`).toBe(text.slice(old));
      // Another reader of YAML that could read the old text reads the new one.
      if (js(text) !== undefined)
        expect(js(result.text), `seed ${seed}\n${text}\n${result.text}`).not.toBe(undefined);
      const comments = (one: string): number => one.split("# ").length;
      if (edit.op !== "remove")
        expect(comments(result.text), `seed ${seed}\n${text}\n${result.text}`).toBe(comments(text));
      if (text.includes("\r\n")) expect(result.text.replaceAll("\r\n", "")).not.toContain("\n");
    }
    process.stderr.write(
      `edits of random texts: ${made} made, ${refused} refused ${JSON.stringify([...reasons])}\n`,
    );
    expect(made).toBeGreaterThan(refused * 4);
  });
});
