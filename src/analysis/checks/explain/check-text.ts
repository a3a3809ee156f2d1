import type { Severity } from "../../../kube/problem.ts";
import { LATEST_MINOR } from "../../../kube/catalogue/catalogue.ts";
import { guidesOf, sameElsewhere } from "../elsewhere/elsewhere.ts";
import { checks } from "../pod-security/check-table.ts";
import { podSecurityCode } from "../pod-security/rules.ts";
import { practiceOf } from "../practices/practice-table.ts";
import { ruleExample, ruleOf } from "../rule-table.ts";
import { upgradeExampleOf } from "../deprecations/upgrade-table.ts";
import { exampleMinors, otherExamples } from "./other-examples.ts";
import { reasonOf, reasons } from "./reasons.ts";

/** Everything that is said of a check. */
export interface CheckText {
  readonly id: string;
  readonly severity: Severity;
  /** What should be so, in one line. */
  readonly title: string;
  readonly why: string;
  /** What to do. */
  readonly fix: string;
  /** Where the rule comes from. */
  readonly source: string;
  /** First and last version of Kubernetes for which it holds; undefined: all that are known. */
  readonly since?: string;
  readonly until?: string;
  /** Profiles of `kubeops check` in which it is on; empty: in every one. */
  readonly profiles: readonly string[];
  /** Keys of `kubeops.yaml` that it is silent without. */
  readonly parameters: readonly string[];
  /** The same check in other tools, as `tool:id`. */
  readonly same: readonly string[];
  /** Where guides (CIS, NSA, MITRE) ask for it. */
  readonly guides: readonly string[];
  /** Version of Kubernetes that the examples are for, where it is not the newest that is known. */
  readonly exampleVersion?: string;
  /** What the examples are given beside: the object in the cluster, the settings. */
  readonly given?: { readonly what: string; readonly text: string };
  /** Documents in which it is found, and their nearest neighbours in which it is not. */
  readonly positive: string;
  readonly negative: string;
}

const parameters: Readonly<Record<string, readonly string[]>> = {
  "supply-chain/registry-not-allowed": ["allowedRegistries"],
  "metadata/required-label": ["requiredLabels"],
  "settings/unused-exemption": ["exemptions"],
  "settings/unknown-kind": ["rules"],
};

/** What is said of a check; undefined for an id that no table lists. */
export function checkTextOf(id: string): CheckText | undefined {
  const rule = ruleOf(id);
  if (rule === undefined) return undefined;
  const { severity, title, source = "" } = rule;
  return {
    id,
    severity,
    title,
    why: rule.why ?? reasonOf(id, severity) ?? "",
    fix: rule.fix ?? reasons[id]?.fix ?? "",
    source,
    ...versionsOf(id),
    profiles: practiceOf(id)?.profiles ?? [],
    parameters: parameters[id] ?? [],
    same: sameElsewhere(id),
    guides: guidesOf(id),
    ...examplesOf(id),
  };
}

function versionsOf(id: string): Pick<CheckText, "since" | "until"> {
  const practice = practiceOf(id);
  const since = practice?.since ?? firstOf(id);
  return {
    ...(since === undefined ? {} : { since: `1.${since}` }),
    ...(practice?.until === undefined ? {} : { until: `1.${practice.until}` }),
  };
}

function examplesOf(id: string): Pick<CheckText, "given" | "exampleVersion" | "positive" | "negative"> {
  const upgrade = upgradeExampleOf(id);
  if (upgrade !== undefined) {
    const text = `kubeops check --kube-version 1.${upgrade.from} --upgrade-to 1.${upgrade.to}`;
    return {
      given: { what: "the upgrade", text },
      exampleVersion: `1.${upgrade.from}`,
      ...(ruleExample(id) ?? { positive: "", negative: "" }),
    };
  }
  const { before, given = "" } = otherExamples[id] ?? {};
  const minor = exampleMinors[id];
  return {
    ...(before === undefined ? {} : { given: { what: given, text: before } }),
    ...(minor === undefined ? {} : { exampleVersion: `1.${minor}` }),
    ...(ruleExample(id) ?? { positive: "", negative: "" }),
  };
}

/** The version in which a check of Pod Security began, where it was not there from the beginning. */
function firstOf(id: string): number | undefined {
  const first = checks.find((check) => podSecurityCode(check.id) === id)?.versions[0]?.from ?? 0;
  return first > 0 && first <= LATEST_MINOR ? first : undefined;
}
