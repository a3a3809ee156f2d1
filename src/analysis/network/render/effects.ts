import type { Effect, Effects, RuleEffect } from "../ask/effects.ts";
import { rulePlace } from "../engine/explain.ts";
import { policyText } from "../policies/policy.ts";
import { count } from "./matrix.ts";
import { policyTexts } from "./names.ts";
import { standingOf, standingText, type Standing } from "./standing.ts";

const why: Readonly<Record<Exclude<Effect, "active"> | RuleEffect["effect"], string>> = {
  vacuous: "it matches nobody, and never will",
  redundant: "nobody would notice if it went: what it says holds without it",
  shadowed: "rules before it decide all that it could",
  waiting: "only pods that do not exist yet would notice it",
};

interface Row {
  readonly effect: Exclude<Effect, "active"> | RuleEffect["effect"];
  readonly policy: string;
  /** Of a rule: `ingress rule 2`. */
  readonly rule?: string;
  readonly why: string;
}

function rowsOf({ net, policies }: Effects): readonly Row[] {
  return policies.flatMap(({ policy, effect, rules }): readonly Row[] => {
    const of = net.policies[policy];
    const name = of === undefined ? "" : policyText(of);
    const own = effect === "active" ? [] : [{ effect, policy: name, why: why[effect] }];
    return [
      ...own,
      // Rules of a policy that waits wait, too.
      ...rules
        .filter((rule) => effect === "active" || rule.effect !== "waiting")
        .flatMap((rule): readonly Row[] => {
          const compiled = net.rules[rule.rule];
          if (compiled === undefined) return [];
          return [{ effect: rule.effect, policy: name, rule: rulePlace(compiled), why: why[rule.effect] }];
        }),
    ];
  });
}

function standing({ net, unasked, cut }: Effects): Standing {
  const { assumptions, incomplete, invalid } = standingOf(net, cut);
  const names = policyTexts(net, unasked);
  return {
    assumptions,
    invalid,
    incomplete: [
      ...incomplete,
      ...(names.length === 0
        ? []
        : [
            `${count(names.length, "policy has", "policies have")} more rules than are asked about one by one: ${names.slice(0, 5).join(", ")}${names.length > 5 ? " and others" : ""}`,
          ]),
    ],
  };
}

/** Does anything have no effect at all, now and later? */
export function hasIdle(effects: Effects): boolean {
  return rowsOf(effects).some(({ effect }) => effect !== "waiting");
}

export function effectsText(effects: Effects, options: { readonly quiet?: boolean } = {}): string {
  const rows = rowsOf(effects);
  const of = (effect: Effect): number => effects.policies.filter((row) => row.effect === effect).length;
  const out = [
    `${count(effects.policies.length, "policy", "policies")}: ${of("active")} with an effect, ${of("waiting")} for pods that do not exist yet, ${of("redundant")} redundant, ${of("vacuous")} that match nobody\n`,
    ...rows.map(
      ({ effect, policy, rule, why: because }) =>
        `  ${effect.padEnd(9)}  ${policy}${rule === undefined ? "" : `, ${rule}`}: ${because}\n`,
    ),
    ...(hasIdle(effects) ? ["all that are redundant, vacuous or shadowed can go at once\n"] : []),
  ];
  return out.join("") + standingText(standing(effects), options.quiet);
}

export interface EffectsJson extends Standing {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "ReachabilityEffects";
  readonly networkPlugin: string;
  readonly policies: number;
  readonly withoutEffect: readonly Row[];
}

export function effectsJson(effects: Effects): EffectsJson {
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "ReachabilityEffects",
    networkPlugin: effects.net.profile.name,
    policies: effects.policies.length,
    withoutEffect: rowsOf(effects),
    ...standing(effects),
  };
}
