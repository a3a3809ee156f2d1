import { beforeEach, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../../../kube/json.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import { readDocuments } from "../../../kube/yaml/read-documents.ts";
import { parseSettings } from "../settings/parse-settings.ts";
import { ownFindings } from "./own-findings.ts";
import type { OwnRule } from "./own-rule.ts";

const counts = vi.hoisted(() => ({ compiled: 0, evaluated: 0, cost: 0, charged: 0 }));

vi.mock("../../../kube/cel/cel.ts", async (original) => {
  const real = await original<typeof import("../../../kube/cel/cel.ts")>();
  return {
    ...real,
    compileCel: (...args: Parameters<typeof real.compileCel>) => {
      counts.compiled++;
      return real.compileCel(...args);
    },
    evaluateCel: (...args: Parameters<typeof real.evaluateCel>) => {
      counts.evaluated++;
      const result = real.evaluateCel(...args);
      counts.cost += result.cost + result.work;
      return counts.charged === 0 ? result : { ...result, cost: counts.charged };
    },
  };
});

function rulesOf(...rules: readonly JsonObject[]): readonly OwnRule[] {
  const value = { apiVersion: "kubernetes-operations.dev/v1", kind: "Settings", check: { rules } };
  const [document] = readDocuments("kubeops.yaml", new TextEncoder().encode(JSON.stringify(value)));
  if (document === undefined) throw new Error("no document");
  const parsed = parseSettings(document, () => false);
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.settings.rules;
}

/** Deployments and ConfigMaps in turn, ten to a namespace. */
function world(count: number): readonly ReadObject[] {
  const text = Array.from({ length: count }, (_none, at) => {
    const metadata = `{name: a-${at}, namespace: n-${Math.floor(at / 10)}}`;
    return at % 2 === 0
      ? `apiVersion: apps/v1\nkind: Deployment\nmetadata: ${metadata}\nspec: {replicas: ${at % 3}, template: {spec: {initContainers: [{name: i}], containers: [{name: a}, {name: b}]}}}`
      : `apiVersion: v1\nkind: ConfigMap\nmetadata: ${metadata}`;
  }).join("\n---\n");
  return readObjects(readDocuments("a.yaml", new TextEncoder().encode(text))).objects;
}

const all = { profile: "none", enable: new Set<string>(), disable: new Set<string>() } as const;

describe("the work of rules of one's own", () => {
  beforeEach(() => Object.assign(counts, { compiled: 0, evaluated: 0, cost: 0, charged: 0 }));

  it("is one compilation a rule, and one evaluation an object that it is for", () => {
    const rules = rulesOf(
      ...Array.from({ length: 50 }, (_none, at) => ({
        id: `own/rule-${at}`,
        title: "A",
        match: { kinds: [at % 2 === 0 ? "Deployment" : "Rollout"] },
        expression: "object.spec.replicas < 3",
      })),
    );
    // Once as it is evaluated; once more with types, where the kind is known.
    expect(counts.compiled).toBe(50 + 25);
    const objects = world(10_000);
    expect(ownFindings(objects, rules, all)).toEqual([]);
    expect(counts).toMatchObject({ compiled: 75, evaluated: 25 * 5000 });
  });

  it("evaluates variables once a unit, and only those that are asked for", () => {
    const rules = rulesOf({
      id: "own/a",
      title: "A",
      for: "container",
      variables: [
        { name: "asked", expression: "container.name" },
        { name: "unasked", expression: "container.image" },
      ],
      expression: "variables.asked != '' && variables.asked != 'x'",
    });
    expect(ownFindings(world(20), rules, all)).toEqual([]);
    expect(counts.evaluated).toBe(10 * 3 * 2);
  });

  it("grows with the objects where a rule looks at its neighbours", () => {
    const rules = rulesOf({
      id: "own/a",
      title: "A",
      match: { kinds: ["Deployment"] },
      expression: "neighbours.ConfigMap.exists(c, c.metadata.namespace == object.metadata.namespace)",
    });
    const work = (count: number): number => {
      counts.cost = 0;
      expect(ownFindings(world(count), rules, all)).toEqual([]);
      return counts.cost;
    };
    const once = work(500);
    expect(work(1000) / once).toBeLessThan(2.1);
  });

  it("ends at the budget of a rule and of the run, with a finding that says how far it came", () => {
    const heavy = (id: string): JsonObject => ({
      id,
      title: "A",
      severity: "error",
      match: { kinds: ["ConfigMap"] },
      expression: "object.kind == 'ConfigMap'",
    });
    const rules = rulesOf(...Array.from({ length: 4 }, (_none, at) => heavy(`own/heavy-${at}`)), {
      id: "own/light",
      title: "B",
      match: { names: ["a-0"] },
      expression: "object.kind == 'Deployment'",
    });
    // As if each took all that one evaluation may.
    counts.charged = 1_000_000;
    const findings = ownFindings(world(60), rules, all);
    const said = (seen: number, of: number): string =>
      `the rule took all that it may take in a run after ${seen}: ${of - seen} were not judged`;
    expect(
      findings.map(({ code, severity, message, place }) => [code, severity, message, place?.file]),
    ).toEqual([
      ...[25, 25, 25, 0].map((seen, at) => [`own/heavy-${at}`, "error", said(seen, 30), "kubeops.yaml"]),
      ["own/light", "warning", said(0, 1), "kubeops.yaml"],
    ]);
    expect(counts.evaluated).toBe(75);
  });
});
