import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { leftOut } from "../../support/suites.ts";

const cache = spawnSync("go", ["env", "GOMODCACHE"], { encoding: "utf8" }).stdout?.trim() ?? "";
const kubernetes = join(cache, "k8s.io", "kubernetes@v1.37.2");
const rules = ["server", "changes"].map((name) =>
  join(import.meta.dirname, "../../../src/analysis/checks", name),
);

/** Where the API server's validation stands. */
const folders = [
  ...["pkg/api", "pkg/apis", "pkg/registry", "pkg/util", "plugin/pkg/admission"].map((name) =>
    join(kubernetes, name),
  ),
  ...["apimachinery", "apiserver", "apiextensions-apiserver", "kube-aggregator"].map((name) =>
    join(cache, "k8s.io", `${name}@v0.37.2`, "pkg"),
  ),
];
const absent = folders.filter((folder) => !existsSync(folder));

describe.skipIf(absent.length > 0 && leftOut("the functions of kube-apiserver", `${absent[0]} is not there`))(
  "the rules of the API server",
  () => {
    it("name functions of Kubernetes 1.37 that they are transcribed from", () => {
      const sources = citations();
      expect(sources.size).toBeGreaterThan(300);
      const functions = goFunctions();
      const unknown = [...sources].filter((source) =>
        source
          .split(/,? /)
          .slice(1)
          .some((name) => !functions.has(name.split(".").at(-1) ?? "")),
      );
      expect(unknown).toEqual([]);
    });
  },
);

/** `group Function, otherFunction` as the rules cite them. */
function citations(): ReadonlySet<string> {
  const found = new Set<string>();
  const citation =
    /(source(?:: | = )|fields\(\s*)?"([a-z][a-z0-9.-]* [A-Za-z]+(?:\.[A-Za-z]+)*(?:, [A-Za-z.]+)*)"/g;
  for (const folder of rules)
    for (const name of goodFiles(folder, ".ts"))
      for (const [, cited, source = ""] of readFileSync(name, "utf8").matchAll(citation))
        if (cited !== undefined || /[vV]alidat|Prepare|Warn/.test(source)) found.add(source);
  return found;
}

function goFunctions(): ReadonlySet<string> {
  const names = new Set<string>();
  const definition = /^(?:func (?:\([^)]*\) )?|(?:var |\t)(?=\w+ +=))(\w+)/gm;
  for (const folder of folders)
    for (const file of goodFiles(folder, ".go"))
      for (const [, name = ""] of readFileSync(file, "utf8").matchAll(definition)) names.add(name);
  return names;
}

function goodFiles(folder: string, ending: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending) && !/[._]test\.(?:go|ts)$/.test(name))
    .map((name) => join(folder, name));
}
