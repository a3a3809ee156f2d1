import { describe, expect, it } from "vitest";
import type { JsonObject } from "../kube/json.ts";
import { buildPlan } from "./build-plan.ts";
import type { CharterSpec } from "./charter.ts";
import type { AgentRecord, Plan, PlanExemption, PlanRule } from "./plan.ts";
import { planDigest } from "./plan-text.ts";
import { planExemptions } from "./plan-rules.ts";
import { reproducePlan } from "./reproduce-plan.ts";
import { charterWith, configMap, deployment, inputFor } from "./testing/fixtures.ts";

const owner: PlanRule = {
  id: "own/owner",
  title: "Names its owner",
  severity: "error",
  match: { kinds: ["ConfigMap"] },
  expression: "'owner' in object.data",
};
const counting: Partial<CharterSpec> = { findings: { repositoryExemptions: true } };
const agent: AgentRecord = {
  provider: "anthropic",
  model: "claude",
  prompts: [],
  taint: ["request"],
  operations: [],
};

interface Given {
  readonly spec?: Partial<CharterSpec>;
  readonly exemptions?: readonly PlanExemption[];
  readonly rules?: readonly PlanRule[];
  readonly agent?: AgentRecord;
}

function inputOf(objects: readonly JsonObject[], { spec = counting, ...request }: Given) {
  const input = inputFor(objects, { charter: charterWith(spec) });
  return { ...input, request: { ...input.request, rules: [owner], ...request } };
}

const planOf = (objects: readonly JsonObject[], given: Given): Plan => buildPlan(inputOf(objects, given));
/** `name: reason` of every finding of the rule; without a reason it counts. */
const own = (plan: Plan): readonly string[] =>
  plan.findings.flatMap(({ code, key, exempt }) =>
    code === "own/owner" ? [`${key?.name ?? ""}: ${exempt ?? "counts"}`] : [],
  );
const denials = (plan: Plan): readonly string[] =>
  plan.verdict.reasons.flatMap(({ rule, key }) =>
    rule === "finding/error" ? [`${rule} ${key?.name ?? ""}`] : [],
  );
const annotated = (name: string, check = "own.owner", reason = "legacy"): JsonObject =>
  configMap(name, { a: "1" }, { annotations: { [`check.kubernetes-operations.dev/${check}`]: reason } });
const legacy: PlanExemption = { check: "own/owner", object: "ConfigMap/a", reason: "legacy" };

describe("exemptions of a repository in a plan (K7)", () => {
  it("do not count, and are not recorded, unless the charter says so", () => {
    for (const spec of [{}, { findings: {} }, { findings: { repositoryExemptions: false } }]) {
      const plan = planOf([annotated("a")], { spec, exemptions: [legacy] });
      expect(own(plan)).toEqual(["a: counts"]);
      expect(denials(plan)).toEqual(["finding/error a"]);
      expect(plan.request).not.toHaveProperty("exemptions");
    }
  });

  it("take the force of a finding where it says so, and the finding stays", () => {
    const plan = planOf([configMap("a"), configMap("b"), annotated("c")], { exemptions: [legacy] });
    expect(own(plan)).toEqual(["a: legacy", "b: counts", "c: legacy"]);
    expect(denials(plan)).toEqual(["finding/error b"]);
    expect(planOf([configMap("a")], { exemptions: [legacy] }).verdict.decision).toBe("needs-approval");
  });

  it("do so only of the place and the check that they are for, by a pattern or a container as well", () => {
    const of = (exemption: Partial<PlanExemption>): readonly string[] =>
      own(planOf([configMap("a"), configMap("b")], { exemptions: [{ ...legacy, ...exemption }] }));
    expect(of({ object: "ConfigMap/*" })).toEqual(["a: legacy", "b: legacy"]);
    expect(of({ namespace: "other" })).toEqual(["a: counts", "b: counts"]);
    expect(of({ container: "a" })).toEqual(["a: counts", "b: counts"]);
    expect(of({ check: "own/other" })).toEqual(["a: counts", "b: counts"]);
  });

  it("are looked for among those of the check only: many rules with many exemptions take no product of both", () => {
    const rules = Array.from({ length: 300 }, (_none, at) => ({ ...owner, id: `own/r${at}` }));
    let looks = 0;
    const exemptions = rules.map(({ id }) => ({
      check: id,
      get object() {
        looks++;
        return "ConfigMap/b";
      },
      reason: "legacy",
    }));
    const plan = planOf([configMap("a")], { rules, exemptions });
    expect(
      plan.findings.filter(({ code, exempt }) => code.startsWith("own/") && exempt === undefined),
    ).toHaveLength(300);
    expect(looks).toBeLessThan(10 * rules.length);
  });

  it("are none of an object of the same name and another group", () => {
    const decoy = { ...annotated("a"), apiVersion: "example.com/v1" };
    for (const objects of [
      [decoy, configMap("a")],
      [configMap("a"), decoy],
    ])
      expect(own(planOf(objects, {}))).toEqual(["a: counts", "a: legacy"]);
  });

  it("never count for what a model asked for", () => {
    const plan = planOf([annotated("a")], { exemptions: [legacy], agent });
    expect(own(plan)).toEqual(["a: counts"]);
    expect(denials(plan)).toEqual(["finding/error a"]);
    expect(plan.request).not.toHaveProperty("exemptions");
  });

  it("are for what check finds: not for what the server refuses, nor for what only a plan finds", () => {
    const check = (code: string): string => code.replace("/", ".");
    const wrong = configMap("a", { "no key": "1" });
    const named = buildPlan(inputFor([deployment("web", {}, { image: "not an image" })])).findings;
    const codes = [
      ...buildPlan(inputFor([wrong])).findings.map(({ code }) => code),
      ...named.map(({ code }) => code),
    ].filter((code) => /^(?:server|image)\//.test(code));
    expect(codes.some((code) => code.startsWith("server/"))).toBe(true);
    expect(codes).toContain("image/invalid");
    const annotations = Object.fromEntries(
      codes.map((code) => [`check.kubernetes-operations.dev/${check(code)}`, "legacy"]),
    );
    const web = deployment("web", {}, { image: "not an image" });
    const plan = planOf(
      [
        { ...wrong, metadata: { ...(wrong["metadata"] as JsonObject), annotations } },
        { ...web, metadata: { ...(web["metadata"] as JsonObject), annotations } },
      ],
      { exemptions: codes.map((code) => ({ check: code, reason: "legacy" })) },
    );
    const exempt = plan.findings.filter((finding) => finding.exempt !== undefined);
    expect(exempt.filter(({ code }) => !code.startsWith("supply-chain/"))).toEqual([]);
    expect(denials(plan).length).toBeGreaterThan(1);
  });

  it("K1 are judged by again at approve and apply, and a plan with another reason or one that lost its finding is refused", () => {
    const input = inputOf([configMap("a"), configMap("b")], { exemptions: [legacy] });
    const plan = buildPlan(input);
    const { state, charter, charterOwner, macKey, toolVersion, minor } = input;
    const world = { state, charter, charterOwner, macKey, toolVersion, minor };
    reproducePlan(plan, world);
    const forged = (
      change: (copy: { findings: { exempt?: string }[]; request: { exemptions?: unknown } }) => void,
    ) => {
      const copy = JSON.parse(JSON.stringify(plan)) as never;
      change(copy);
      const { digest: _digest, ...rest } = copy as Plan;
      return () => reproducePlan({ ...rest, digest: planDigest(rest) }, world);
    };
    expect(forged((copy) => copy.findings.forEach((finding) => (finding.exempt = "mine")))).toThrow(
      /findings/,
    );
    expect(
      forged(({ request }) => (request.exemptions = [{ check: "own/owner", reason: "mine" }])),
    ).toThrow();
    expect(forged(({ request }) => delete request.exemptions)).toThrow();
  });

  it("are recorded sorted, each once, without their places", () => {
    const place = { file: "kubeops.yaml", line: 1, column: 1 };
    const one = { check: "own/b", reason: "x", place };
    expect(
      planExemptions([one, { ...one, check: "own/a" }, { ...one, place: { ...place, line: 9 } }]),
    ).toEqual([
      { check: "own/a", reason: "x" },
      { check: "own/b", reason: "x" },
    ]);
    expect(() => planExemptions([{ ...one, reason: "x".repeat(1024 * 1024) }])).toThrow(
      /the exemptions of kubeops.yaml have more than 1048576 characters/,
    );
  });
});
