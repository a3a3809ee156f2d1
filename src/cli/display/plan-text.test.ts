import { describe, expect, it } from "vitest";
import type { Json } from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { buildPlan, parsePlan } from "../../plan/build-plan.ts";
import { planDigest, planText as planBytes } from "../../plan/plan-text.ts";
import type { Plan } from "../../plan/plan.ts";
import {
  alive,
  applied,
  clusterInput,
  clusterOf,
  observed,
  owning,
} from "../../plan/testing/cluster-fixtures.ts";
import { application, configMap, inputForApplication, workload } from "../../plan/testing/fixtures.ts";
import { planText } from "./plan-text.ts";
import { style } from "./style.ts";

/** Every text of a document, by its path. */
function texts(value: Json, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value === "string") return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([step, part]) => texts(part, [...path, step]));
}

function withText(value: Json, path: readonly string[], change: (text: string) => string): Json {
  const copy = structuredClone(value) as never;
  const holder = path.slice(0, -1).reduce<Record<string, never>>((at, step) => at[step]!, copy);
  const last = path.at(-1)!;
  holder[last] = change(holder[last]!) as never;
  return copy;
}

/** The plan as `show` gets it: with a digest that fits; undefined where it is refused as no plan. */
function readable(value: Json): Plan | undefined {
  const { digest: _, ...rest } = value as unknown as Plan;
  try {
    return parsePlan(planBytes({ ...rest, digest: planDigest(rest) }), "forged.json");
  } catch (error) {
    if (OpsError.is(error)) return undefined;
    throw error;
  }
}

/** Paths of texts that would reach a terminal as more than printable ASCII on their line. */
function loose(plan: Plan): readonly (readonly string[])[] {
  const evil = "\u001b[2J\u202e\u0430\nEVIL";
  return texts(plan as unknown as Json).filter((path) => {
    const forged = readable(withText(plan as unknown as Json, path, (text) => text + evil));
    if (forged === undefined) return false;
    const shown = planText(forged, style(false), { objects: true });
    // Lines of objects are YAML, which writes a line end as one where the text is a block.
    return /[^\n -~]/.test(shown) || /^EVIL/m.test(shown);
  });
}

/** A plan for a cluster with one object that is made again, and one whose fields pass to us. */
function unusual(): Plan {
  const [fixed = {}, wanted = {}] = [
    applied([configMap("fixed", { a: "1" })]),
    applied([configMap("fixed", { a: "2" })]),
  ].flat();
  const was = configMap("theirs", { x: "1", y: "1" });
  const theirs = alive(was, [owning(was, "kubectl-client-side-apply", "Update")]);
  const [next = {}] = applied([configMap("theirs", { x: "1" })]);
  const { request } = inputForApplication(application([]));
  return buildPlan(
    clusterInput(
      [configMap("fixed", { a: "2" }), configMap("theirs", { x: "1" })],
      clusterOf([
        observed(wanted, alive({ ...fixed, immutable: true }), null, {
          refusal: "data may not change once set",
          refusedFields: [{ path: "data", immutable: true }],
          recreation: { merged: alive(wanted), notDryRun: null, refusal: null, warnings: ["w"] },
          dependents: [objectKey(configMap("child", {}))],
        }),
        observed(next, theirs, alive(next), { takenOver: true }),
      ]),
      { request: { ...request, recreate: true, takeOver: true } },
    ),
  );
}

describe("K5 what a person reads", () => {
  it("K5 no text of a plan, wherever it stands, reaches the terminal as anything but printable ASCII on its line", () => {
    const plan = buildPlan(
      inputForApplication(
        application([workload("web", { image: "web:latest", user: { uid: 0 } })], {
          report: [
            {
              field: "services.web.build",
              disposition: "dropped",
              place: { file: "compose.yaml", line: 3, column: 5 },
              reason: "kubeops builds none",
            },
          ],
        }),
      ),
    );
    expect(loose(plan)).toEqual([]);
  });

  it("K5 nor does any of what is deleted and made again, goes along, or is taken over", () => {
    const plan = unusual();
    const shown = planText(plan, style(false), { objects: false });
    expect(shown.indexOf("Deletes and makes again")).toBeLessThan(shown.indexOf("Changes"));
    expect(shown).toContain(
      "ConfigMap shop/child  goes with ConfigMap shop/fixed, which it names as its owner",
    );
    expect(shown).toContain("takes over from kubectl-client-side-apply: data.x, data.y");
    expect(loose(plan)).toEqual([]);
  });
});

describe("findings", () => {
  it("say at which field of an object they are, once", () => {
    const plan = buildPlan(inputForApplication(application([workload("web")])));
    const key = plan.changes.find(({ key: { kind } }) => kind === "Deployment")!.key;
    const told = (message: string, path?: string): string | undefined => {
      const finding = { code: "x/y", severity: "warning" as const, key, message, ...(path && { path }) };
      return planText({ ...plan, findings: [finding] }, style(false), { objects: true })
        .split("\n")
        .find((line) => line.includes("x/y"))
        ?.trim();
    };
    expect(told("stays", "spec.replicas")).toBe(
      "warning  x/y  Deployment.apps shop/web: spec.replicas: stays",
    );
    expect(told("spec.replicas stays", "spec.replicas")).toBe(
      "warning  x/y  Deployment.apps shop/web: spec.replicas stays",
    );
    expect(told("stays")).toBe("warning  x/y  Deployment.apps shop/web: stays");
  });
});
