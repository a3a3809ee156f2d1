import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { regexMatches } from "../../../src/kube/cel/library/regex.ts";
import { isArray, isObject, type Json, type JsonObject, valueAt } from "../../../src/kube/json.ts";
import { readStdin } from "../../../src/kube/read-inputs.ts";
import { readObjects } from "../../../src/kube/read-objects.ts";
import { isCrd } from "../../../src/kube/structural/crd.ts";
import {
  type DefinedVersion,
  numberOf,
  type Structural,
  versionsOfCrd,
} from "../../../src/kube/structural/schema.ts";

/** Every CustomResourceDefinition below a folder, once a name. */
export function definitionsBelow(folder: string): JsonObject[] {
  const found = new Map<string, JsonObject>();
  for (const file of yamlFiles(folder)) {
    for (const { object } of readObjects(readStdin(readFileSync(file)).documents).objects) {
      const name = valueAt(object, ["metadata", "name"]);
      if (isCrd(object) && typeof name === "string" && !found.has(name)) found.set(name, object);
    }
  }
  return [...found.values()];
}

function yamlFiles(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return yamlFiles(path);
      return /\.ya?ml$/.test(name) ? [path] : [];
    });
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const texts = [
  "a",
  "abc",
  "a.b",
  "1",
  "10s",
  "1h",
  "https://a.example.com",
  "10Gi",
  "100",
  "example.com/a",
  "A",
  "*",
  "a-b-c",
  "/a",
  "10.0.0.1",
  "10.0.0.0/8",
  "sha256:abc",
  "2020-01-01T00:00:00Z",
  "",
  "0",
  "50%",
  "Abc",
  "5m0s",
  "user@example.com",
  "YWJj",
];
const byFormat: Readonly<Record<string, string>> = {
  "date-time": "2020-01-01T00:00:00Z",
  date: "2020-01-01",
  byte: "YWJj",
  duration: "1h",
  uri: "https://a.example.com/x",
  ipv4: "10.0.0.1",
  ipv6: "::1",
  hostname: "a.example.com",
  email: "a@example.com",
  uuid: "123e4567-e89b-12d3-a456-426614174000",
};

/** A value that a schema may take: what is required, and some of the rest. */
export function valueFor(schema: Structural, next: () => number, depth = 0): Json {
  if (schema.default !== undefined && next() < 0.3) return schema.default;
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(next() * items.length)];
  if (schema.enum !== undefined && schema.enum.length > 0) return pick(schema.enum) ?? null;
  if (schema.intOrString) return next() < 0.5 ? 1 : "50%";
  switch (schema.type) {
    case "string": {
      const given = byFormat[schema.format];
      if (given !== undefined) return given;
      const most = numberOf(schema.json, "maxLength") ?? 1000;
      const least = numberOf(schema.json, "minLength") ?? 0;
      const fitting = texts.filter(
        (text) =>
          text.length >= least &&
          text.length <= most &&
          (schema.pattern === "" || regexMatches(schema.pattern, text) === true),
      );
      return pick(fitting) ?? "a".repeat(Math.max(1, Math.min(least, most)));
    }
    case "integer":
    case "number": {
      const least = numberOf(schema.json, "minimum") ?? 0;
      const most = numberOf(schema.json, "maximum") ?? least + 10;
      return Math.floor(least + next() * (most - least));
    }
    case "boolean":
      return next() < 0.5;
    case "array": {
      const least = numberOf(schema.json, "minItems") ?? 0;
      const most = Math.min(numberOf(schema.json, "maxItems") ?? 3, 3);
      const count = depth > 8 ? least : Math.max(least, Math.floor(next() * (most + 1)));
      const { items } = schema;
      return Array.from({ length: Math.min(count, 20) }, () =>
        items === undefined ? "a" : valueFor(items, next, depth + 1),
      );
    }
    case "object":
      return objectFor(schema, next, depth);
    default:
      return { anything: "goes" };
  }
}

function objectFor(schema: Structural, next: () => number, depth: number): JsonObject {
  const entries: [string, Json][] = [];
  const wanted = new Set(schema.required);
  const options = [...schema.oneOf, ...schema.anyOf];
  const option = options[Math.floor(next() * options.length)];
  for (const name of option?.required ?? []) wanted.add(name);
  const chance = schema.properties.size > 12 ? 4 / schema.properties.size : depth > 6 ? 0.1 : 0.35;
  for (const [name, property] of schema.properties) {
    if (wanted.has(name) || next() < chance) entries.push([name, valueFor(property, next, depth + 1)]);
  }
  if (schema.additional !== undefined && schema.additional !== true && schema.properties.size === 0)
    for (const key of ["a", "b.c/d"])
      if (next() < 0.5) entries.push([key, valueFor(schema.additional, next, depth + 1)]);
  if (schema.embedded) entries.push(["apiVersion", "v1"], ["kind", "ConfigMap"]);
  return Object.fromEntries(entries);
}

/** An object of a version of a definition. */
export function instanceFor(
  crd: JsonObject,
  version: DefinedVersion,
  next: () => number,
  name: string,
): JsonObject {
  const made = version.schema === undefined ? {} : valueFor(version.schema, next);
  const {
    apiVersion: _1,
    kind: _2,
    metadata: _3,
    ...rest
  } = isObject(made) ? (made as Record<string, Json>) : {};
  return {
    apiVersion: `${String(valueAt(crd, ["spec", "group"]))}/${version.name}`,
    kind: String(valueAt(crd, ["spec", "names", "kind"])),
    metadata: { name },
    ...rest,
  };
}

export function servedVersions(crd: JsonObject): DefinedVersion[] {
  return versionsOfCrd(crd).filter(({ served, schema }) => served && schema !== undefined);
}

/** A copy in which one value below the head is changed, taken away, or a field added. */
export function mutated(object: JsonObject, next: () => number): JsonObject {
  const places: (readonly (string | number)[])[] = [];
  const visit = (value: Json, path: readonly (string | number)[]): void => {
    if (path.length > 0 && !["apiVersion", "kind", "metadata"].includes(String(path[0]))) places.push(path);
    if (isArray(value)) for (const [at, item] of value.entries()) visit(item, [...path, at]);
    else if (isObject(value))
      for (const [name, member] of Object.entries(value)) visit(member, [...path, name]);
  };
  visit(object, []);
  const path = places[Math.floor(next() * places.length)] ?? ["spec"];
  const copy = structuredClone(object) as Record<string, Json>;
  let holder: Record<string | number, Json> = copy;
  for (const step of path.slice(0, -1)) holder = holder[step] as unknown as Record<string | number, Json>;
  const last = path.at(-1) ?? "spec";
  const value = holder[last] ?? null;
  const kind = Math.floor(next() * 10);
  if (kind === 0) {
    if (Array.isArray(holder)) (holder as unknown as Json[]).splice(Number(last), 1);
    else delete holder[last];
  } else holder[last] = replacement(value, kind, next);
  return copy as JsonObject;
}

function replacement(value: Json, kind: number, next: () => number): Json {
  if (isArray(value) && value.length > 0 && kind < 5) return [...value, structuredClone(value[0] ?? null)];
  if (isObject(value) && kind < 5) return { ...value, unknownField: 1 };
  if (typeof value === "number") {
    const all: Json[] = [-1, 0, value + 1, 1e10, 1.5, "1", true, 2_147_483_648, -2_147_483_649, 100_000];
    return all[Math.floor(next() * all.length)] ?? 0;
  }
  if (typeof value === "string") {
    const all: Json[] = [
      "",
      `${value}x`,
      "x".repeat(300),
      "A_B c",
      "-",
      1,
      false,
      ["a"],
      "1h30m",
      "https://x",
      "10.0.0.256",
      value.toUpperCase(),
      "é\u{1f600}",
    ];
    return all[Math.floor(next() * all.length)] ?? "";
  }
  const all: Json[] = [1, "text", true, [], {}, [1], { a: "b" }, ["a", "a"], 1.5];
  return all[Math.floor(next() * all.length)] ?? 0;
}
