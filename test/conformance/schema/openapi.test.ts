import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { resourceOf, SUPPORTED_MINORS } from "../../../src/kube/catalogue/catalogue.ts";
import { rows } from "../../../src/kube/catalogue/catalogue.generated.ts";
import type { SchemaType, StructType } from "../../../src/kube/schema/schema-type.ts";
import { schemaOf } from "../../../src/kube/schema/schemas.ts";
import { goModule } from "../../support/go-module.ts";
import { repository } from "../../support/cli.ts";
import { deep, leftOut, strict } from "../../support/suites.ts";

const versions = ["1.31.14", "1.32.13", "1.33.13", "1.34.4", "1.35.4", "1.36.3", "1.37.2"];

interface Published {
  readonly $ref?: string;
  readonly allOf?: readonly Published[];
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Published>>;
  readonly required?: readonly string[];
  readonly items?: Published;
  readonly additionalProperties?: Published;
  readonly "x-kubernetes-group-version-kind"?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
}

const wantedTypes: Readonly<Record<string, string>> = {
  string: "string",
  bool: "boolean",
  int32: "integer int32",
  int64: "integer int64",
  bytes: "string byte",
  time: "string date-time",
  microtime: "string date-time",
  duration: "string",
  // A text or a number.
  quantity: "",
  intstr: "int-or-string",
};

/** Where the schemas, made from Go types, and the OpenAPI document of the same minor differ. */
function differences(folder: string, minor: number): readonly string[] {
  const all = new Map<string, Published>();
  const names = new Map<string, string>();
  for (const file of readdirSync(folder)) {
    const document = JSON.parse(readFileSync(join(folder, file), "utf8")) as {
      readonly components?: { readonly schemas?: Readonly<Record<string, Published>> };
    };
    for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
      all.set(name, schema);
      const marks = schema["x-kubernetes-group-version-kind"] ?? [];
      if (marks.length === 1) names.set(`${marks[0]?.group}/${marks[0]?.version}/${marks[0]?.kind}`, name);
    }
  }
  const found: string[] = [];
  const seen = new Set<StructType>();
  const target = (schema: Published): string | undefined =>
    (schema.$ref ?? schema.allOf?.[0]?.$ref)?.slice("#/components/schemas/".length);

  function compareType(type: SchemaType, schema: Published, where: string): void {
    const reference = target(schema);
    const published = reference === undefined ? schema : all.get(reference);
    if (published === undefined) found.push(`${where}: refers to nothing`);
    else if (type.shape === "struct") compareStruct(type, published, where);
    else if (type.shape === "list") {
      if (published.type !== "array") found.push(`${where}: a list, published as ${published.type}`);
      else compareType(type.item, published.items ?? {}, `${where}[]`);
    } else if (type.shape === "map") {
      if (published.type !== "object") found.push(`${where}: a map, published as ${published.type}`);
      else if (published.additionalProperties !== undefined)
        compareType(type.value, published.additionalProperties, `${where}.*`);
    } else {
      const wanted = type.shape === "enum" ? "string" : wantedTypes[type.scalar];
      const is = [published.type, published.format].filter((part) => part !== undefined).join(" ");
      if (wanted !== undefined && is !== wanted) found.push(`${where}: ${wanted}, published as ${is}`);
    }
  }

  function compareStruct(type: StructType, schema: Published, where: string): void {
    if (seen.has(type)) return;
    seen.add(type);
    const published = schema.properties ?? {};
    for (const name of new Set([...type.fields.keys(), ...Object.keys(published)])) {
      const field = type.fields.get(name);
      const other = published[name];
      const at = `${where}: ${type.go}.${name}`;
      if (field === undefined || other === undefined) {
        found.push(`${at} is only in one of them`);
        continue;
      }
      if ((field.required !== false) !== (schema.required ?? []).includes(name)) found.push(`${at} required`);
      const listed = Array.isArray(field.list) ? "map" : field.list;
      if (listed !== other["x-kubernetes-list-type"]) found.push(`${at} list type`);
      if (Array.isArray(field.list) && field.list.join() !== other["x-kubernetes-list-map-keys"]?.join())
        found.push(`${at} list keys`);
      compareType(field.type(), other, at);
    }
  }

  for (const [group, version, kind] of rows) {
    const type = resourceOf({ group, version, kind });
    if (type?.minors.includes(minor) !== true && type?.offByDefault.includes(minor) !== true) continue;
    const schema = schemaOf({ group, version, kind }, minor);
    const published = all.get(names.get(`${group}/${version}/${kind}`) ?? "");
    if (schema === undefined || published === undefined)
      found.push(`${group}/${version}/${kind} is only in one of them`);
    else compareStruct(schema, published, `${group}/${version}/${kind}`);
  }
  return found;
}

// The modules are large: the quick suites do not download what is missing, and look at two minors.
const looked = deep || strict ? versions : ["1.31.14", "1.37.2"];

describe.skipIf(
  goModule("k8s.io/kubernetes", "v1.37.2") === undefined &&
    leftOut("schemas against OpenAPI", "install Go, to read k8s.io/kubernetes"),
)("the schemas say of every kind what the OpenAPI document of its minor says", () => {
  test.each(looked)("%s", (version) => {
    const module = goModule("k8s.io/kubernetes", `v${version}`);
    expect(differences(join(module ?? "", "api/openapi-spec/v3"), Number(version.split(".")[1]))).toEqual([]);
  });

  test("of every supported minor", () => {
    expect(versions.map((version) => Number(version.split(".")[1]))).toEqual(SUPPORTED_MINORS);
  });
});

const words = deep || strict ? ["--check"] : ["--check", "--cached"];
const check = spawnSync(process.execPath, [join(repository, "tools/generate-schemas.mjs"), ...words], {
  encoding: "utf8",
  timeout: 600_000,
});
test.skipIf(check.status === 3 && leftOut("generated schemas against Kubernetes", check.stderr.trim()))(
  "the generated schemas are what the tool makes of the Go modules now",
  () => {
    const answer = [check.stdout, check.stderr.replace(/^downloading .*\n/gm, ""), check.status];
    expect(answer).toEqual(["", "", 0]);
  },
);
