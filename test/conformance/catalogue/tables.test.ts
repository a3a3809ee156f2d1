import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { rows } from "../../../src/kube/catalogue/catalogue.generated.ts";
import { LATEST_MINOR, resourceOf } from "../../../src/kube/catalogue/catalogue.ts";
import { goModule } from "../../support/go-module.ts";
import { deep, leftOut, strict } from "../../support/suites.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

// The seven modules are large: only the long suites download what is missing.
const words = deep || strict ? ["--check"] : ["--check", "--cached"];
const check = spawnSync(process.execPath, [join(root, "tools", "generate-catalogue.mjs"), ...words], {
  encoding: "utf8",
  timeout: 600_000,
});
const skip = check.status === 3 && leftOut("generated tables against Kubernetes", check.stderr.trim());

describe.skipIf(skip)("the generated tables", () => {
  test("are what the tool makes of the Go modules now", () => {
    expect([check.stdout, check.stderr.replace(/^downloading .*\n/gm, ""), check.status]).toEqual([
      "",
      "",
      0,
    ]);
  });

  // A second source for names and scope: the paths of the OpenAPI documents.
  test("agree with the paths of the API", () => {
    const module = goModule("k8s.io/kubernetes", "v1.37.2") ?? "";
    const folder = join(module, "api", "openapi-spec", "v3");
    const paths = readdirSync(folder)
      .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as { readonly paths?: object })
      .flatMap((document) => Object.keys(document.paths ?? {}));
    const collections = new Map<string, boolean>();
    for (const path of paths) {
      const match =
        /^\/(?:api|apis\/([^/]+))\/(v[^/]+)\/(?:(namespaces\/\{namespace\}\/))?([a-z]+)(?:\/\{name\})?$/.exec(
          path,
        );
      if (match === null) continue;
      const [, group = "", version, namespaced, plural] = match;
      const id = `${group}/${version}/${plural}`;
      collections.set(id, (collections.get(id) ?? false) || namespaced !== undefined);
    }
    const ours = new Map<string, boolean>();
    for (const [group, version, kind] of rows) {
      const type = resourceOf({ group, version, kind });
      const served = type?.minors.includes(LATEST_MINOR) || type?.offByDefault.includes(LATEST_MINOR);
      if (type !== undefined && served) ours.set(`${group}/${version}/${type.plural}`, type.namespaced);
    }
    expect([...ours].sort()).toEqual([...collections].sort());
  });
});
