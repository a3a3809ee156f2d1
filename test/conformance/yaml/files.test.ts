import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { loadAll } from "js-yaml";
import { describe, expect, it } from "vitest";
import { emitYaml } from "../../../src/kube/yaml/emit-yaml.ts";
import { conformanceData, deep, leftOut } from "../../support/suites.ts";
import { ask, ours, sorted, streamDifference, withoutOracle } from "./oracle.ts";

const needs = "set KUBEOPS_CONFORMANCE_DATA to the folder of public data files";
/** The folders of public manifests. Other folders hold templates and values of charts. */
const folders = ["real", "crds", "network", "rbac", "lint", "score", "compose"];

function yamlFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

describe.each(folders)("YAML files of %s", (name) => {
  const folder = conformanceData(name);
  const missing = folder === undefined && leftOut(`YAML files of ${name}`, needs);
  const all = folder === undefined ? [] : yamlFiles(folder);
  const files = deep ? all : all.filter((_, index) => index % Math.max(1, Math.ceil(all.length / 40)) === 0);
  const texts = files.map((file) => readFileSync(file, "utf8"));

  it.skipIf(missing || withoutOracle(`YAML files of ${name}`))("are read as kubectl reads them", () => {
    const answers = ask("stream", texts);
    const found = texts.flatMap((text, index) => {
      const differs = streamDifference(text, answers[index] ?? {});
      return differs === undefined
        ? []
        : [`${relative(folder ?? "", files[index] ?? "")}: ${differs.slice(0, 300)}`];
    });
    expect(found).toEqual([]);
  });

  it.skipIf(missing)("are emitted so that both readers read the same again", () => {
    for (const text of texts) {
      for (const value of ours(text).values) {
        const emitted = emitYaml(value);
        expect(JSON.stringify(sorted(ours(emitted).values))).toBe(JSON.stringify(sorted([value])));
        if (deep)
          expect(JSON.stringify(sorted(loadAll(emitted, { maxDepth: 1000 })))).toBe(
            JSON.stringify(sorted([value])),
          );
      }
    }
  });
});
