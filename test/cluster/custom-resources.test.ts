import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, pathText, valueAt } from "../../src/kube/json.ts";
import { crdFaults } from "../../src/kube/structural/crd.ts";
import { instanceFaults } from "../../src/kube/structural/instance.ts";
import {
  definitionsBelow,
  instanceFor,
  mutated,
  random,
  servedVersions,
} from "../conformance/custom-resources/generate.ts";
import { controlPlane, type ControlPlane, controlPlaneMissing } from "../support/control-plane.ts";
import { conformanceData, deep, leftOut } from "../support/suites.ts";
import { until } from "../support/until.ts";

const data = conformanceData("crds");
const missing =
  controlPlaneMissing ?? (data === undefined ? "KUBEOPS_CONFORMANCE_DATA is not set" : undefined);
const off = missing !== undefined && leftOut("custom resources against kube-apiserver", missing);
/** Objects for each served version; every one and two changes of it are asked. */
const SEEDS = deep ? 12 : 3;

interface Case {
  readonly object: JsonObject;
  readonly ours: readonly string[];
  readonly status: number;
  readonly theirs: string;
}

describe.skipIf(off)("custom resources, as a real kube-apiserver judges them", () => {
  let plane: ControlPlane;
  let definitions: JsonObject[];
  const created: JsonObject[] = [];

  beforeAll(async () => {
    plane = await controlPlane({ components: "api" });
    // A sample in the quick suites: the server takes a third of a second for each.
    definitions = definitionsBelow(data ?? "").filter((_definition, at) => deep || at % 8 === 0);
  }, 120_000);
  afterAll(async () => plane?.stop());

  test("every public definition is accepted by both", async () => {
    for (const definition of definitions) {
      expect(crdFaults(definition, 37)).toEqual([]);
      const answer = await plane.admin(
        "POST",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?fieldValidation=Strict",
        definition,
      );
      expect([
        valueAt(definition, ["metadata", "name"]),
        answer.status,
        answer.status < 300 ? "" : answer.text,
      ]).toEqual([valueAt(definition, ["metadata", "name"]), 201, ""]);
      created.push(definition);
    }
  }, 120_000);

  test("no instance that the server takes is refused", async () => {
    const cases: Case[] = [];
    for (const [at, definition] of created.entries()) {
      await established(plane, definition);
      for (const version of servedVersions(definition)) {
        for (let seed = 0; seed < SEEDS; seed++) {
          const next = random(at * 1000 + seed);
          const base = instanceFor(definition, version, next, `case-${seed}`);
          const objects = [base, mutated(base, next), mutated(base, next)];
          cases.push(
            ...(await Promise.all(objects.map((object) => ask(plane, definition, version, object)))),
          );
        }
      }
    }
    const wrong = cases.filter(({ status, ours }) => status === 201 && ours.length > 0);
    const missed = cases.filter(
      ({ status, ours }) => (status === 422 || status === 400) && ours.length === 0,
    );
    const refused = cases.filter(({ status }) => status === 422 || status === 400).length;
    const other = cases.filter(({ status }) => ![201, 422, 400].includes(status));
    process.stderr.write(
      `custom resources: ${cases.length} objects, ${refused} refused by the server, ${missed.length} of them not by us\n`,
    );
    expect(other.map(({ status, theirs }) => [status, theirs])).toEqual([]);
    expect(wrong.map(({ object, ours }) => [object["kind"], ours, JSON.stringify(object)])).toEqual([]);
    // Nearly all refusals are found; what is missed is listed for whoever looks into it.
    expect(
      missed.length / Math.max(1, refused),
      missed.map(({ theirs }) => theirs).join("\n"),
    ).toBeLessThanOrEqual(0.01);
  }, 1_200_000);
});

function uriOf(definition: JsonObject, version: string): string {
  const group = valueAt(definition, ["spec", "group"]) as string;
  const plural = valueAt(definition, ["spec", "names", "plural"]) as string;
  const inside = valueAt(definition, ["spec", "scope"]) === "Namespaced" ? "namespaces/default/" : "";
  return `/apis/${group}/${version}/${inside}${plural}`;
}

async function established(plane: ControlPlane, definition: JsonObject): Promise<void> {
  const [version] = servedVersions(definition);
  if (version === undefined) return;
  const uri = uriOf(definition, version.name);
  await until(`${uri} is served`, async () => (await plane.admin("GET", `${uri}?limit=1`)).status === 200);
}

async function ask(
  plane: ControlPlane,
  definition: JsonObject,
  version: ReturnType<typeof servedVersions>[number],
  object: JsonObject,
): Promise<Case> {
  const uri = `${uriOf(definition, version.name)}?dryRun=All&fieldValidation=Strict`;
  const answer = await plane.admin("POST", uri, object);
  const ours = instanceFaults(object, version, 37)
    .filter(({ kind }) => kind !== "uncertain")
    .map(({ kind, path, message }) => `${kind} ${pathText(path)}: ${message}`);
  return { object, ours, status: answer.status, theirs: answer.status === 201 ? "" : answer.text };
}
