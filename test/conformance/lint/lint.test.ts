import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { allElsewhere } from "../../../src/analysis/checks/elsewhere/elsewhere.ts";
import type { Finding } from "../../../src/analysis/findings/finding.ts";
import { checkAll } from "../../../src/analysis/checks/reading/check-objects.ts";
import { noSettings } from "../../../src/analysis/checks/settings/settings.ts";
import { LATEST_MINOR } from "../../../src/kube/catalogue/catalogue.ts";
import { readStdin } from "../../../src/kube/read-inputs.ts";
import { isObject, valueAt } from "../../../src/kube/json.ts";
import { readDocuments } from "../../../src/kube/yaml/read-documents.ts";
import { conformanceData, leftOut } from "../../support/suites.ts";
import { differences } from "./differences.ts";

// The inputs of polaris and kube-linter say by their names what their checks find in them: ours must agree, or the
// difference is a row of differences.ts.
const data = conformanceData("lint");
const skip =
  data === undefined &&
  leftOut("inputs of kube-linter and polaris", "set KUBEOPS_CONFORMANCE_DATA to a folder with lint/");

interface Compared {
  /** `tool:check/file`. */
  readonly id: string;
  readonly ours: readonly string[];
  readonly agrees: boolean;
  /** What differs, for whoever reads a failure. */
  readonly what: string;
}

const checks = new Map(allElsewhere().map((one) => [`${one.tool}:${one.check.id}`, one]));
const uncovered: string[] = [];

function found(bytes: Uint8Array, requiredLabels: readonly string[]): readonly Finding[] {
  return checkAll([readStdin(bytes)], {
    minor: LATEST_MINOR,
    podSecurity: "labels",
    judge: { profile: "all", settings: { ...noSettings, requiredLabels } },
  }).kept;
}

function oursFor(id: string): readonly string[] | undefined {
  const known = checks.get(id);
  if (known !== undefined && known.ours.length > 0) return known.ours;
  uncovered.push(id);
  return undefined;
}

/** One folder a check; `failure*` has it, `success*` has not. */
function polaris(root: string): readonly Compared[] {
  return readdirSync(root).flatMap((check) => {
    const ours = oursFor(`polaris:${check}`);
    if (ours === undefined) return [];
    return readdirSync(join(root, check)).flatMap((file): readonly Compared[] => {
      if (file === "check.yaml") return [];
      const told = found(readFileSync(join(root, check, file)), ["app.kubernetes.io/instance"]);
      const fires = told.some(({ code }) => ours.includes(code));
      const wanted = file.startsWith("failure");
      const what = `${wanted ? "should be" : "should not be"} found by ${ours.join(" or ")}`;
      return [{ id: `polaris:${check}/${file}`, ours, agrees: fires === wanted, what }];
    });
  });
}

/** Files of kube-linter that are named otherwise than their check. */
const named: Readonly<Record<string, string>> = {
  "dangling-hpa": "dangling-horizontalpodautoscaler",
  "dnsconfig-options-ndots": "dnsconfig-options",
  "env-var-value-from": "env-value-from",
};
const spared = /^(?:dont-?fire|good|sorted)/;
/** Kinds of OpenShift alone, which are custom resources here: nothing is said of them or asked. */
const openShift: ReadonlySet<string> = new Set(["DeploymentConfig", "SecurityContextConstraints"]);

/** One file a check; objects named dont-fire have it not, some other has it. */
function kubeLinter(root: string): readonly Compared[] {
  return readdirSync(root).flatMap((file): readonly Compared[] => {
    const check = file.replace(/\.ya?ml$/, "");
    const id = `kube-linter:${named[check] ?? check}`;
    const ours = oursFor(id);
    if (ours === undefined) return [];
    const bytes = readFileSync(join(root, file));
    const hits = found(bytes, ["owner"]).filter(
      ({ code, object }) => ours.includes(code) && !openShift.has(object?.kind ?? ""),
    );
    const names = readDocuments(file, bytes).flatMap(({ value }) => {
      if (!isObject(value)) return [];
      const { kind } = value;
      const name = valueAt(value, ["metadata", "name"]);
      if (typeof kind === "string" && openShift.has(kind)) return [];
      return [typeof name === "string" ? name : ""];
    });
    const wrong = hits.filter(({ object }) => spared.test(object?.name ?? ""));
    const wanted = names.some((name) => !spared.test(name));
    const hit = hits.some(({ object }) => !spared.test(object?.name ?? ""));
    const what =
      wrong.length > 0
        ? `should not be found in ${[...new Set(wrong.map(({ object }) => object?.name))].join(", ")}`
        : `${wanted ? "should be" : "should not be"} found by ${ours.join(" or ")}`;
    return [{ id: `${id}/${file}`, ours, agrees: wrong.length === 0 && wanted === hit, what }];
  });
}

describe.skipIf(skip)("inputs of other linters", () => {
  const tools: readonly (readonly [string, readonly Compared[]])[] =
    data === undefined
      ? []
      : [
          ["kube-linter", kubeLinter(join(data, "kube-linter/tests/checks"))],
          ["polaris", polaris(join(data, "polaris/test/checks"))],
        ];
  const all = tools.flatMap(([, compared]) => compared);
  const reasonFor = ({ id }: Compared) => differences.find(({ files }) => files.test(id));

  test("agree with our checks, or differ for a listed reason", () => {
    for (const [tool, compared] of tools) {
      const agree = compared.filter((one) => one.agrees).length;
      const listed = compared.filter((one) => !one.agrees && reasonFor(one) !== undefined).length;
      process.stdout.write(
        `${tool}: ${compared.length} inputs, ${agree} agree, ${listed} differ for a listed reason\n`,
      );
    }
    const unexplained = all.filter((one) => !one.agrees && reasonFor(one) === undefined);
    expect(unexplained.map(({ id, what }) => `${id}: ${what}`)).toEqual([]);
  });

  test("are as many as they were when the reasons were written", () => {
    expect(tools.map(([tool, compared]) => [tool, compared.length])).toEqual([
      ["kube-linter", 58],
      ["polaris", 294],
    ]);
  });

  test("need every reason that is listed", () => {
    const differing = all.filter((one) => !one.agrees);
    const unused = differences.filter(({ files }) => !differing.some(({ id }) => files.test(id)));
    expect(unused.map(({ reason }) => reason)).toEqual([]);
  });

  test("are left out only where the check is no built-in one, or is one that ours do not cover", () => {
    expect([...new Set(uncovered)].toSorted()).toEqual([
      "kube-linter:cel",
      "kube-linter:dnsconfig-options",
      "kube-linter:forbidden-annotation",
      "kube-linter:kubeconform",
      "kube-linter:no-node-affinity",
      "kube-linter:required-annotation-email",
      "kube-linter:sorted-keys",
      "kube-linter:statefulset-volumeclaimtemplate-annotation",
      "polaris:nakedPod",
      "polaris:oneController",
      "polaris:resourceRange",
    ]);
  });
});
