import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { rows } from "../../../src/kube/catalogue/catalogue.generated.ts";
import { type Json, type JsonObject, type JsonPath, pathText } from "../../../src/kube/json.ts";
import { listShape } from "../../../src/kube/list-keys/list-keys.ts";
import { objectKey } from "../../../src/kube/object-key.ts";
import { goModule } from "../../support/go-module.ts";
import { leftOut } from "../../support/suites.ts";

const client = goModule("k8s.io/client-go", "v0.37.2");
const api = goModule("k8s.io/api", "v0.37.2");

interface SchemaType {
  readonly namedType?: string;
  readonly scalar?: string;
  readonly list?: List;
  readonly map?: { readonly fields?: readonly Field[]; readonly elementType?: SchemaType };
}
interface List {
  readonly elementType: SchemaType;
  readonly elementRelationship: string;
  readonly keys?: readonly string[];
}
interface Field {
  readonly name: string;
  readonly type: SchemaType;
  readonly default?: Json;
}

/** The schema that client-go merges by, which is a text in a Go file. */
function mergeSchema(folder: string): Map<string, SchemaType> {
  const text = readFileSync(join(folder, "applyconfigurations", "internal", "internal.go"), "utf8");
  const yaml = /YAMLObject\(`([^`]*)`\)/.exec(text)?.[1] ?? "";
  const { types } = load(yaml) as { types: (SchemaType & { name: string })[] };
  return new Map(types.map((type) => [type.name, type]));
}

const packages: Readonly<Record<string, string>> = {
  "": "core",
  "internal.apiserver.k8s.io": "apiserverinternal",
};

describe.skipIf(
  client === undefined &&
    leftOut("list keys against client-go", "install Go, so that k8s.io/client-go v0.37.2 can be read"),
)("structured-merge keys against k8s.io/client-go v0.37.2", () => {
  const types = client === undefined ? new Map<string, SchemaType>() : mergeSchema(client);
  const wrong: string[] = [];
  let lists = 0;

  function walk(key: { group: string; version: string; kind: string }, root: string): void {
    const seen = new Set<string>();
    const queue: { readonly type: SchemaType; readonly path: JsonPath }[] = [
      { type: { namedType: root }, path: [] },
    ];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { path } = next;
      const name = next.type.namedType;
      if (name !== undefined && seen.has(name)) continue;
      if (name !== undefined) seen.add(name);
      const type = name === undefined ? next.type : types.get(name);
      // Free-form values (managed fields, raw extensions) have no fields of their own.
      if (type?.scalar === "untyped") continue;
      for (const field of type?.map?.fields ?? [])
        queue.push({ type: field.type, path: [...path, field.name] });
      // Any key stands for the values of a map.
      if (type?.map?.elementType !== undefined)
        queue.push({ type: type.map.elementType, path: [...path, "any-key"] });
      if (type?.list === undefined) continue;
      queue.push({ type: type.list.elementType, path: [...path, 0] });
      lists++;
      const expected = JSON.stringify(shapeOf(type.list));
      const ours = JSON.stringify(listShape(key, path));
      if (ours !== expected)
        wrong.push(
          `${key.group}/${key.version} ${key.kind} ${pathText(path)}: ${ours}, client-go: ${expected}`,
        );
    }
  }

  function shapeOf(list: List): JsonObject {
    if (list.elementRelationship !== "associative") return { type: "atomic" };
    if (list.keys === undefined) return { type: "set" };
    const fields = types.get(list.elementType.namedType ?? "")?.map?.fields ?? [];
    const defaults: Record<string, Json> = {};
    for (const key of list.keys) {
      const value = fields.find((field) => field.name === key)?.default;
      if (value !== undefined && value !== "" && value !== 0) defaults[key] = value;
    }
    return { type: "map", keys: list.keys, ...(Object.keys(defaults).length === 0 ? {} : { defaults }) };
  }

  test("every list of every kind has the same shape", () => {
    let kinds = 0;
    for (const [group, version, kind] of rows) {
      const root = `io.k8s.api.${packages[group] ?? group.split(".")[0]}.${version}.${kind}`;
      if (!types.has(root)) continue;
      kinds++;
      walk({ group, version, kind }, root);
    }
    expect(wrong).toEqual([]);
    expect([kinds, lists]).toEqual([102, 1516]);
  });
});

describe.skipIf(
  api === undefined &&
    leftOut("list keys against full objects", "install Go, so that k8s.io/api v0.37.2 can be read"),
)("the objects of k8s.io/api v0.37.2 with every field filled", () => {
  test("hold no list without a shape", () => {
    const folder = join(api ?? "", "testdata", "HEAD");
    const without: string[] = [];
    let objects = 0;
    const native = new Set(rows.map(([group, version, kind]) => `${group}/${version}/${kind}`));
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
      const object = JSON.parse(readFileSync(join(folder, file), "utf8")) as JsonObject;
      const key = objectKey(object);
      if (!native.has(`${key.group}/${key.version}/${key.kind}`)) continue;
      objects++;
      const queue: { readonly value: Json; readonly path: JsonPath }[] = [{ value: object, path: [] }];
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const { value, path } = next;
        if (typeof value !== "object" || value === null) continue;
        if (Array.isArray(value) && listShape(key, path) === undefined)
          without.push(`${file}: ${pathText(path)}`);
        for (const [step, inner] of Object.entries(value as JsonObject))
          queue.push({ value: inner, path: [...path, Array.isArray(value) ? Number(step) : step] });
      }
    }
    expect(without).toEqual([]);
    expect(objects).toBe(110);
  });
});
