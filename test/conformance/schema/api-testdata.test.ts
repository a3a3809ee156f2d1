import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { schemaFindings } from "../../../src/analysis/checks/schema/schema-findings.ts";
import { LATEST_MINOR } from "../../../src/kube/catalogue/catalogue.ts";
import type { JsonPath } from "../../../src/kube/json.ts";
import { objectKey } from "../../../src/kube/object-key.ts";
import { readObjects } from "../../../src/kube/read-objects.ts";
import type { ReadObject } from "../../../src/kube/read-object.ts";
import { schemaOf } from "../../../src/kube/schema/schemas.ts";
import { readDocuments } from "../../../src/kube/yaml/read-documents.ts";
import { goModule } from "../../support/go-module.ts";
import { deep, leftOut } from "../../support/suites.ts";

// Every kind with every field filled, as the API machinery round-trips it: decoding must find nothing. The values are
// placeholders (`protocolValue`), so each text that an enum does not know is exchanged for one that it knows.
const module = goModule("k8s.io/api", "v0.37.2");
const skip =
  module === undefined && leftOut("k8s.io/api test data", "install Go, to read k8s.io/api v0.37.2");

const folders: readonly (readonly [string, number])[] = deep
  ? [
      ["v1.33.0", 33],
      ["v1.34.0", 34],
      ["v1.35.0", 35],
      ["v1.36.0", 36],
      ["HEAD", 37],
    ]
  : [
      ["v1.34.0", 34],
      ["HEAD", 37],
    ];

/** Placeholders that stand for enums are values of theirs, faults of gates and of declared limits aside. */
function faultsOf(read: ReadObject, minor: number): readonly string[] {
  const key = objectKey(read.object);
  for (let round = 0; round < 20; round++) {
    const found = schemaFindings(read, key, minor);
    const enums = found.filter(({ code }) => code === "schema/enum");
    if (enums.length === 0) {
      return found
        .filter(({ code }) => code !== "schema/field-off" && code !== "schema/limit")
        .map(({ message }) => message);
    }
    for (const { path = [], message } of enums)
      put(read.object, path, /supported values: (?:"", )?"([^"]+)"/.exec(message)?.[1] ?? "");
  }
  return ["the enums do not come to rest"];
}

function put(root: unknown, path: JsonPath, value: string): void {
  let holder = root as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) holder = holder[step] as Record<string | number, unknown>;
  holder[path.at(-1) ?? ""] = value;
}

describe.skipIf(skip)("k8s.io/api test data has no fault against the schemas", () => {
  test.each(folders)("%s", (folder, minor) => {
    const base = join(module ?? "", "testdata", folder);
    let objects = 0;
    let kinds = 0;
    const faults: string[] = [];
    for (const file of readdirSync(base).filter((name) => /\.(?:json|yaml)$/.test(name))) {
      // An `after_roundtrip` file of an old version is what today's types make of it: it has none of
      // what they want since then.
      for (const read of readObjects(readDocuments(file, readFileSync(join(base, file)))).objects) {
        objects++;
        if (schemaOf(objectKey(read.object), minor) !== undefined) kinds++;
        const written = file.includes(".after_roundtrip.") ? LATEST_MINOR : minor;
        for (const fault of faultsOf(read, written))
          if (written === minor || !fault.endsWith(": Required value")) faults.push(`${file}: ${fault}`);
      }
    }
    expect(faults).toEqual([]);
    // About half are versions that no supported minor serves any more.
    expect(objects).toBeGreaterThan(280);
    expect(kinds).toBeGreaterThan(150);
  });
});
