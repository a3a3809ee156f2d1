import { describe, expect, it } from "vitest";
import { buildPlan } from "./build-plan.ts";
import type { Plan, PlanRule } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";
import { compiledRules } from "./plan-rules.ts";
import { reproducePlan } from "./reproduce-plan.ts";
import { charterWith, configMap, deployment, inputFor, stateWith } from "./testing/fixtures.ts";
import { clusterInput, creating } from "./testing/cluster-fixtures.ts";
import { jsonDigest } from "../kube/digest.ts";
import { emitYaml } from "../kube/yaml/emit-yaml.ts";

const rule = (expression: string, more: Partial<PlanRule> = {}): PlanRule => ({
  id: "own/a",
  title: "A",
  severity: "error",
  expression,
  ...more,
});
const withRules = <T extends PlanInput>(input: T, ...rules: readonly PlanRule[]): T => ({
  ...input,
  request: { ...input.request, rules },
});
const own = (plan: Plan): readonly string[] =>
  plan.findings.flatMap(({ code, key }) => (code.startsWith("own/") ? [key?.name ?? ""] : []));

describe("rules of a repository's own in a plan", () => {
  it("K1 a plan for a cluster is made again with the rules that it recorded", () => {
    const input = withRules(creating([configMap("a"), configMap("b")]), rule("object.metadata.name == 'a'"));
    const plan = buildPlan(input);
    expect(own(plan)).toEqual(["b"]);
    const { cluster, charter, charterOwner, macKey: key, toolVersion, minor } = input;
    reproducePlan(plan, { cluster, charter, charterOwner, macKey: key, toolVersion, minor });
  });

  it("are about what the plan writes, and see the rest of a folder", () => {
    const standing = stateWith({ "apps/shop/other.yaml": emitYaml(configMap("other", { seen: "yes" })) });
    const input = withRules(
      inputFor([configMap("a")], { state: standing }),
      rule("false", { id: "own/all" }),
      rule("neighbours.ConfigMap.exists(o, o.metadata.name == 'other' && o.data.seen == 'yes')", {
        id: "own/sees",
      }),
    );
    const plan = buildPlan(input);
    expect(
      plan.findings.filter(({ code }) => code.startsWith("own/")).map(({ code, key }) => [code, key?.name]),
    ).toEqual([["own/all", "a"]]);
  });

  it("give the same findings whatever the order of objects, however many there are", () => {
    const objects = Array.from({ length: 60 }, (_none, at) => deployment(`d-${at}`));
    // It takes more than there is: which objects are not judged must not hang on the order.
    const greedy = rule("objects.all(a, objects.all(b, objects.exists(c, c == a) || b != a))", {
      id: "own/greedy",
    });
    const [one, other] = [objects, objects.toReversed()].map((list) =>
      buildPlan(withRules(creating(list), greedy, rule("objects[0].metadata.name == 'd-0'"))),
    );
    expect(one?.findings).toEqual(other?.findings);
    expect(one?.findings.some(({ code }) => code === "own/greedy")).toBe(true);
  });

  it("without rules a plan has no member for them, and none is made of none", () => {
    const input = clusterInput([configMap("a")], creating([configMap("a")]).cluster);
    expect(buildPlan(withRules(input)).digest).toBe(buildPlan(input).digest);
    expect(buildPlan(input).request).not.toHaveProperty("rules");
  });

  it("are those that the charter names, where it names any", () => {
    const named = rule("true", { id: "own/named" });
    const charter = charterWith({ findings: { ownRules: jsonDigest([named]) } });
    const denials = (...rules: readonly PlanRule[]): readonly string[] =>
      buildPlan(withRules(inputFor([configMap("a")], { charter }), ...rules)).verdict.reasons.flatMap(
        ({ rule: of, message }) => (of === "charter/own-rules" ? [message] : []),
      );
    const asked = `the charter asks for the repository's own rules ${jsonDigest([named])}, and the plan was judged by`;
    expect(denials(named)).toEqual([]);
    expect(denials()).toEqual([`${asked} none`]);
    const milder = { ...named, severity: "info" as const };
    expect(denials(milder)).toEqual([`${asked} ${jsonDigest([milder])}`]);
    expect(denials(named, rule("true", { id: "own/z" }))).toHaveLength(1);
  });

  it("and an undo asks none, whatever the charter names", () => {
    const input = inputFor([configMap("a")], {
      charter: charterWith({ findings: { ownRules: `sha256:${"0".repeat(64)}` } }),
    });
    const digest = buildPlan(inputFor([configMap("b")])).digest;
    const undo = buildPlan({ ...input, request: { ...input.request, undoes: digest } });
    expect(undo.verdict.reasons.map(({ rule: of }) => of)).not.toContain("charter/own-rules");
  });

  it("a plan whose rule does not compile is malformed", () => {
    expect(() => compiledRules([rule("1 +")])).toThrow(
      /a rule of the plan is none: the expression does not compile/,
    );
    expect(() => compiledRules([rule("true"), rule("true")])).toThrow(/there are two rules own\/a/);
  });
});
