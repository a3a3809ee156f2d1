import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checks } from "../../../src/analysis/checks/pod-security/check-table.ts";
import {
  podSecurityLevelOf,
  podSecurityViolations,
} from "../../../src/analysis/checks/pod-security/pod-security.ts";
import type { JsonObject } from "../../../src/kube/json.ts";
import { readDocuments } from "../../../src/kube/yaml/read-documents.ts";
import { goModule } from "../../support/go-module.ts";
import { deep, leftOut } from "../../support/suites.ts";

// The official fixtures: the folder is the verdict, the file's name the check.
const module = goModule("k8s.io/pod-security-admission", "v0.37.2");
const skip =
  module === undefined &&
  leftOut("Pod Security fixtures", "install Go, so that k8s.io/pod-security-admission v0.37.2 can be read");

interface Fixture {
  readonly file: string;
  readonly level: "baseline" | "restricted";
  readonly minor: number;
  readonly passes: boolean;
  /** Check id in lower case. */
  readonly check: string;
  readonly pod: JsonObject;
}

const contents = new Map<string, JsonObject>();

/** Many fixtures are equal in several versions: each content is read once. */
function read(path: string, file: string): JsonObject {
  const bytes = readFileSync(path);
  const digest = createHash("sha256").update(bytes).digest("hex");
  const known = contents.get(digest);
  if (known !== undefined) return known;
  const [document, ...more] = readDocuments(file, bytes);
  if (more.length > 0 || document === undefined)
    throw new Error(`${file} holds ${more.length + 1} documents`);
  expect(document.problems, file).toEqual([]);
  const pod = document.value as JsonObject;
  contents.set(digest, pod);
  return pod;
}

function fixtures(folder: string, minors: readonly number[]): Fixture[] {
  const found: Fixture[] = [];
  for (const level of ["baseline", "restricted"] as const) {
    for (const minor of minors) {
      for (const verdict of ["pass", "fail"]) {
        const inner = join(level, `v1.${minor}`, verdict);
        for (const name of readdirSync(join(folder, inner)).toSorted()) {
          const file = join(inner, name);
          const check = name.replace(/\.yaml$/, "").replace(/[0-9]+$/, "");
          found.push({
            file,
            level,
            minor,
            passes: verdict === "pass",
            check,
            pod: read(join(folder, file), file),
          });
        }
      }
    }
  }
  return found;
}

describe.skipIf(skip)("the official Pod Security fixtures", () => {
  const minors = Array.from({ length: 38 }, (_, minor) => minor);
  const asked = deep ? minors : minors.slice(-4);
  const all = module === undefined ? [] : fixtures(join(module, "test", "testdata"), asked);

  test("are all there", () => {
    expect(all.length).toBe(deep ? 4537 : 144 + 3 * 148);
    if (deep) expect(contents.size).toBe(380);
  });

  test("verdicts agree", () => {
    const wrong = all.filter(
      ({ pod, level, minor, passes }) => (podSecurityViolations(pod, level, minor).length === 0) !== passes,
    );
    expect(wrong.map((fixture) => fixture.file)).toEqual([]);
  });

  test("a failing fixture fails the check it is named after, or the one that overrides it", () => {
    const missing = all.filter(({ pod, level, minor, passes, check }) => {
      if (passes) return false;
      const accepted = new Set([
        check,
        ...checks
          .filter(({ versions }) => versions.some(({ overrides }) => overrides?.toLowerCase() === check))
          .map(({ id }) => id.toLowerCase()),
      ]);
      return !podSecurityViolations(pod, level, minor).some((found) =>
        accepted.has(found.check.toLowerCase()),
      );
    });
    expect(missing.map((fixture) => fixture.file)).toEqual([]);
  });

  test("the level of a passing Pod is at least the level that it passes", () => {
    const wrong = all.filter(({ pod, level, minor, passes }) => {
      const found = podSecurityLevelOf(pod, minor);
      const reached = found === "restricted" || (found === "baseline" && level === "baseline");
      return reached !== passes;
    });
    expect(wrong.map((fixture) => fixture.file)).toEqual([]);
  });
});
