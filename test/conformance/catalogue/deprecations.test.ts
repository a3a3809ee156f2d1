import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { bodyNoteOf, bodyNotes, isReshaped } from "../../../src/analysis/checks/deprecations/body-notes.ts";
import { deprecatedFields } from "../../../src/analysis/checks/deprecations/fields.generated.ts";
import {
  allLifecycles,
  isServed,
  lifecycleOf,
  replacementOf,
} from "../../../src/analysis/checks/deprecations/lifecycle.ts";
import { rows } from "../../../src/kube/catalogue/catalogue.generated.ts";
import { SUPPORTED_MINORS, versionsOf } from "../../../src/kube/catalogue/catalogue.ts";
import type { SchemaType } from "../../../src/kube/schema/schema-type.ts";
import { schemaOf } from "../../../src/kube/schema/schemas.ts";
import { definitions } from "../../../src/kube/schema/schemas.generated.ts";
import { deep, leftOut, strict } from "../../support/suites.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const words = deep || strict ? ["--check"] : ["--check", "--cached"];
const check = spawnSync(process.execPath, [join(root, "tools", "generate-deprecations.mjs"), ...words], {
  encoding: "utf8",
  timeout: 600_000,
});
const stale = check.status === 3 && leftOut("tables of deprecations against Kubernetes", check.stderr.trim());

test.skipIf(stale)("the tables of deprecations are what the tool makes of the Go modules now", () => {
  expect([check.stdout, check.stderr.replace(/^downloading .*\n/gm, ""), check.status]).toEqual(["", "", 0]);
});

describe("lifecycles and what each minor serves", () => {
  test("agree, version by version, from 1.31 to 1.37", () => {
    const wrong: string[] = [];
    for (const key of allLifecycles()) {
      for (const minor of SUPPORTED_MINORS) {
        const come = key.introduced === undefined || key.introduced <= minor;
        const should = come && (key.removed === undefined || key.removed > minor);
        if (isServed(key, minor) !== should)
          wrong.push(`${key.group}/${key.version} ${key.kind} in 1.${minor}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(allLifecycles().length).toBeGreaterThan(110);
  });

  test("leave out no alpha or beta version that the catalogue knows, but those that have no tags", () => {
    const untagged = rows
      .filter(
        ([group, version, kind]) =>
          !/^v\d+$/.test(version) && lifecycleOf({ group, version, kind }) === undefined,
      )
      .map(([group, version, kind]) => `${group}/${version} ${kind}`);
    expect(untagged).toEqual([
      // Questions, and one that the server asks itself.
      "authentication.k8s.io/v1beta1 SelfSubjectReview",
      "authentication.k8s.io/v1alpha1 SelfSubjectReview",
      "internal.apiserver.k8s.io/v1alpha1 StorageVersion",
      "lifecycle.k8s.io/v1alpha1 Eviction",
      // New in 1.37, and alpha: nothing is planned.
      "scheduling.k8s.io/v1alpha3 CompositePodGroup",
      "scheduling.k8s.io/v1alpha3 PodGroup",
      "scheduling.k8s.io/v1alpha3 Workload",
    ]);
  });

  test("name for everything that is gone what takes its place, or say why nothing does", () => {
    const silent = allLifecycles()
      .filter((key) => key.removed !== undefined && key.removed <= 37)
      .filter((key) => replacementOf(key, 37) === undefined && bodyNoteOf(key) === undefined)
      .map(({ group, version, kind }) => `${group}/${version} ${kind}`);
    expect(silent).toEqual([
      // Parts of the classic dynamic resource allocation, given up in 1.31: other kinds took over with another shape.
      "resource.k8s.io/v1alpha1 PodScheduling",
      "resource.k8s.io/v1alpha2 ResourceClaimParameters",
      "resource.k8s.io/v1alpha2 ResourceClassParameters",
    ]);
  });
});

/** Every field below a type, in one text. */
function shapeText(type: SchemaType, around: readonly number[] = []): string {
  if (type.shape === "list") return `[${shapeText(type.item, around)}]`;
  if (type.shape === "map") return `<${shapeText(type.value, around)}>`;
  if (type.shape !== "struct") return type.shape === "scalar" ? type.scalar : "string";
  if (around.includes(type.definition)) return "again";
  const inner = [...around, type.definition];
  const fields = [...type.fields.values()].filter(({ name }) => around.length > 0 || name !== "status");
  return `{${fields
    .map((field) => `${field.name}:${shapeText(field.type(), inner)}`)
    .sort()
    .join()}}`;
}

test("a version of another shape than its replacement is told so, and no other is", () => {
  const wrong: string[] = [];
  for (const [group, version, kind] of rows) {
    const key = { group, version, kind };
    const [best] = versionsOf(group, kind);
    const [own, other] = [schemaOf(key, 37), best === undefined ? undefined : schemaOf(best, 37)];
    // Both versions of the autoscaler are stable: nothing has to move.
    if (own === undefined || other === undefined || best?.version === version) continue;
    if (kind === "HorizontalPodAutoscaler") continue;
    if ((shapeText(own) !== shapeText(other)) !== isReshaped(key)) wrong.push(`${group}/${version} ${kind}`);
  }
  expect(wrong).toEqual([]);
  expect(bodyNotes.length).toBeGreaterThan(25);
});

test("every deprecated field is one of the schemas", () => {
  const types = new Map<string, Set<string>>();
  for (const text of definitions) {
    const [name, ...fields] = JSON.parse(text) as [string, ...[string][]];
    const known = types.get(name) ?? new Set();
    for (const [field] of fields) known.add(field);
    types.set(name, known);
  }
  for (const [type, field] of deprecatedFields)
    expect([type, types.get(type)?.has(field)]).toEqual([type, true]);
});
