import { canonicalJson } from "../../../src/kube/canonical-json.ts";
import {
  isArray,
  isObject,
  type Json,
  type JsonObject,
  type JsonPath,
  pathText,
  valueAt,
} from "../../../src/kube/json.ts";
import type { Base } from "./bases.ts";
import { enumOf, type Schemas } from "./schemas.ts";

/** A base object with one or two of its parts changed. */
export interface Case {
  readonly id: string;
  readonly kind: string;
  /** Where, without indices: `spec.containers[].name`. */
  readonly path: string;
  readonly mutation: string;
  readonly object: JsonObject;
}

interface Mutation {
  readonly path: JsonPath;
  readonly name: string;
  readonly value: Json | undefined;
}

/** Texts that some rule of the server refuses, and some that it takes only here and there. */
const texts: readonly string[] = [
  "Bad Name!",
  "a".repeat(64),
  "UPPER",
  "with.dots",
  "a/b",
  "-dash",
  "under_score",
  "a".repeat(254),
  "/abs/path",
  "../up",
  "123",
  "*",
  "*.example.com",
  "10.0.0.1",
  "2001:db8::1",
  "10.0.0.0/33",
  "1Gi",
  "\u2603",
  "example.com/name",
  "http://example.com/x",
  "-1",
  "0",
  "$(A)",
  "a:b",
  "1.5",
  "a b",
  "kubernetes.io/x",
  "0080",
  "300.1.1.1",
  "a,b",
  " ",
  "metadata.name",
  "../..",
  "a//b",
  "50%",
  "150%",
  "Exists",
  "true",
];
const alwaysTexts: readonly string[] = ["", "Bad Name!", "a".repeat(254)];
const integers: readonly number[] = [-1, 0, 1, 2, 65535, 70000, 2147483647, 2147483648, 1.5, 101, 1000001];
const quantities: readonly Json[] = [
  "-1",
  "0",
  "abc",
  "1m",
  "1500m",
  "3Gi",
  "1.5",
  5,
  "1e3",
  "0.0001",
  "100E",
];
const intOrStrings: readonly Json[] = [-1, 0, 70000, "0%", "101%", "abc", "-1%", "http", "", "1.5%", true];

/** A small deterministic hash, to choose by. */
export function hashOf(text: string): number {
  let hash = 2166136261;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 16777619) >>> 0;
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 2246822507) >>> 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** Every case of the bases, the same on every run. `pairs`: how many cases with two changes for each base. */
export function generate(all: readonly Base[], schemas: Schemas, pairs: number): readonly Case[] {
  const donors = donorsOf(all, schemas);
  const cases: Case[] = [];
  const seen = new Set<string>();
  for (const base of all) {
    const kind = String(base.object["kind"]);
    const schema = schemas.kind(String(base.object["apiVersion"]), kind) ?? {};
    const mutations: Mutation[] = [];
    collect(base.object, [], schema, { schemas, donors, id: base.id, out: mutations });
    const add = (object: JsonObject, path: string, mutation: string): void => {
      const text = canonicalJson(object);
      if (seen.has(text)) return;
      seen.add(text);
      cases.push({
        id: `${base.id} ${path} ${mutation}`,
        kind,
        path: path.replaceAll(/\[\d+\]/g, "[]"),
        mutation,
        object,
      });
    };
    add(base.object, "", "as it is");
    for (const mutation of mutations) {
      add(changed(base.object, mutation), pathText(mutation.path), mutation.name);
    }
    for (let pair = 0; pair < pairs && mutations.length > 1; pair++) {
      const first = mutations[hashOf(`${base.id}/${pair}/a`) % mutations.length];
      const second = mutations[hashOf(`${base.id}/${pair}/b`) % mutations.length];
      if (first === undefined || second === undefined) continue;
      const object = changed(changed(base.object, first), second);
      add(object, `${pathText(first.path)} & ${pathText(second.path)}`, `${first.name} & ${second.name}`);
    }
  }
  return cases;
}

interface Walk {
  readonly schemas: Schemas;
  readonly donors: ReadonlyMap<string, readonly Json[]>;
  readonly id: string;
  readonly out: Mutation[];
}

const untouched = new Set(["apiVersion", "kind", "metadata.namespace", "status"]);

function collect(value: Json, path: JsonPath, given: JsonObject, walk: Walk): void {
  const { name, schema } = walk.schemas.resolve(given);
  const at = pathText(path);
  if (untouched.has(at)) return;
  const put = (mutation: string, changedTo: Json | undefined): void => {
    walk.out.push({ path, name: mutation, value: changedTo });
  };
  if (path.length > 0) put("removed", undefined);
  if (isArray(value)) {
    put("object for list", { a: 1 });
    put("emptied", []);
    put("null", null);
    if (value[0] !== undefined) put("first twice", [...value, value[0]]);
    if (value.length > 1) put("reversed", value.toReversed());
    const item = schema["items"];
    for (const [index, part] of value.entries())
      collect(part, [...path, index], isObject(item) ? item : {}, walk);
    return;
  }
  if (isObject(value)) return collectObject(value, path, { name, schema }, walk);
  collectScalar(value, path, { name, schema }, walk);
}

function collectObject(
  value: JsonObject,
  path: JsonPath,
  { name, schema }: { readonly name: string; readonly schema: JsonObject },
  walk: Walk,
): void {
  const at = pathText(path);
  if (path.length > 0) {
    walk.out.push({ path, name: "text for object", value: "x" }, { path, name: "emptied", value: {} });
  }
  const properties = schema["properties"];
  if (isObject(properties)) {
    walk.out.push({ path: [...path, "unknownField"], name: "unknown", value: 1 });
    for (const [field, sub] of Object.entries(properties)) {
      const inner = [...path, field];
      if (untouched.has(pathText(inner)) || !isObject(sub)) continue;
      const donors = walk.donors.get(`${name}.${field}`) ?? [];
      const here = Object.hasOwn(value, field) ? canonicalJson(value[field] ?? null) : "";
      const others = donors.filter((donor) => canonicalJson(donor) !== here);
      const start = hashOf(`${walk.id}${at}${field}`);
      const count = here === "" ? 3 : 2;
      for (let pick = 0; pick < Math.min(count, others.length); pick++) {
        const donor = others[(start + pick) % others.length];
        walk.out.push({ path: inner, name: `donor ${(start + pick) % others.length}`, value: donor });
      }
      if (here === "" && path.length > 0) {
        for (const made of madeUp(sub, walk, `${walk.id}${at}${field}`))
          walk.out.push({ path: inner, name: `added ${JSON.stringify(made).slice(0, 30)}`, value: made });
      }
    }
    for (const [field, part] of Object.entries(value)) {
      const sub = properties[field];
      collect(part, [...path, field], isObject(sub) ? sub : {}, walk);
    }
    return;
  }
  // A map: of texts, quantities or anything.
  const additional = schema["additionalProperties"];
  for (const key of ["bad key!", "a/b/c", "", "x".repeat(64), "example.com/x", "UPPER_1", "a..b", ".."]) {
    const [first] = Object.values(value);
    walk.out.push({
      path: [...path, key],
      name: `key ${JSON.stringify(key).slice(0, 20)}`,
      value: first ?? "1",
    });
  }
  for (const [field, part] of Object.entries(value)) {
    collect(part, [...path, field], isObject(additional) ? additional : {}, walk);
  }
}

/** Values for a field that no base fills. */
function madeUp(given: JsonObject, walk: Walk, seed: string): readonly Json[] {
  const { name, schema } = walk.schemas.resolve(given);
  const enums = enumOf(schema);
  if (enums.length > 0) return enums.slice(0, 3);
  if (name.endsWith("Quantity")) return ["1"];
  if (name.endsWith("IntOrString")) return [1, "50%"];
  switch (schema["type"]) {
    case "string":
      return schema["format"] === "date-time"
        ? ["2026-01-02T03:04:05Z"]
        : ["x", texts[hashOf(seed) % texts.length] ?? ""];
    case "integer":
      return [1, integers[hashOf(seed) % integers.length] ?? 0];
    case "number":
      return [1.5];
    case "boolean":
      return [true, false];
    case "array": {
      const item = schema["items"];
      return [
        [],
        ...(isObject(item)
          ? madeUp(item, walk, seed)
              .slice(0, 1)
              .map((made) => [made])
          : []),
      ];
    }
    default:
      return [{}];
  }
}

function collectScalar(
  value: null | boolean | number | string,
  path: JsonPath,
  { name, schema }: { readonly name: string; readonly schema: JsonObject },
  walk: Walk,
): void {
  const put = (mutation: string, changedTo: Json): void => {
    if (changedTo !== value) walk.out.push({ path, name: mutation, value: changedTo });
  };
  put("list for scalar", []);
  const start = hashOf(walk.id + pathText(path));
  const some = (pool: readonly Json[], count: number): void => {
    for (let pick = 0; pick < Math.min(count, pool.length); pick++) {
      const choice = pool[(start + pick * 7) % pool.length];
      if (choice !== undefined) put(`= ${JSON.stringify(choice).slice(0, 30)}`, choice);
    }
  };
  if (name.endsWith("Quantity")) return some(quantities, 7);
  if (name.endsWith("IntOrString")) return some(intOrStrings, 8);
  if (typeof value === "boolean") {
    put("flipped", !value);
    return put("text for boolean", "true");
  }
  if (typeof value === "number") {
    put("text for number", String(value));
    return some(integers, 8);
  }
  if (typeof value !== "string") return;
  put("number for text", 5);
  const enums = enumOf(schema);
  for (const choice of enums) put(`= ${JSON.stringify(choice)}`, choice);
  if (enums.length > 0) {
    put("lower case", value.toLowerCase());
    return some(texts, 2);
  }
  for (const choice of alwaysTexts) put(`= ${JSON.stringify(choice).slice(0, 30)}`, choice);
  put("with more", `${value}x`);
  put("in capitals", value.toUpperCase());
  some(texts, 5);
}

/** Values that bases have for a field of a named schema. */
function donorsOf(all: readonly Base[], schemas: Schemas): ReadonlyMap<string, readonly Json[]> {
  const donors = new Map<string, Map<string, Json>>();
  const visit = (value: Json, given: JsonObject): void => {
    const { name, schema } = schemas.resolve(given);
    if (isArray(value)) {
      const item = schema["items"];
      for (const part of value) visit(part, isObject(item) ? item : {});
      return;
    }
    if (!isObject(value)) return;
    for (const [field, part] of Object.entries(value)) {
      const sub = valueAt(schema, ["properties", field]);
      if (!isObject(sub)) continue;
      const key = `${name}.${field}`;
      let known = donors.get(key);
      if (known === undefined) donors.set(key, (known = new Map()));
      known.set(canonicalJson(part), part);
      visit(part, sub);
    }
  };
  for (const { object } of all) {
    visit(object, schemas.kind(String(object["apiVersion"]), String(object["kind"])) ?? {});
  }
  return new Map([...donors].map(([key, values]) => [key, [...values.values()]]));
}

/** A copy of the object with the value at the path set, or removed. */
export function changed(
  object: JsonObject,
  { path, value }: { readonly path: JsonPath; readonly value: Json | undefined },
): JsonObject {
  return put(object, path, 0, value) as JsonObject;
}

function put(at: Json | undefined, path: JsonPath, depth: number, value: Json | undefined): Json | undefined {
  if (depth === path.length) return value;
  const step = path[depth];
  if (typeof step === "number") {
    if (!isArray(at)) return at;
    const items = at.flatMap((item, index) => {
      if (index !== step) return [item];
      const made = put(item, path, depth + 1, value);
      return made === undefined ? [] : [made];
    });
    return items;
  }
  if (!isObject(at) || step === undefined) return at;
  const made = put(at[step], path, depth + 1, value);
  const copy: Record<string, Json> = { ...at };
  if (made === undefined) delete copy[step];
  else copy[step] = made;
  return copy;
}
