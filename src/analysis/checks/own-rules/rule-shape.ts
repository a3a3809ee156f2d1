import type { JsonObject } from "../../../kube/json.ts";
import type { Severity } from "../../../kube/problem.ts";
import {
  anyObject,
  anyText,
  list,
  literal,
  map,
  may,
  type MembersOf,
  need,
  type RecordShape,
  record,
  type Shape,
  text,
} from "../../../kube/shape/shape.ts";
import { type Profile, profiles } from "../practices/practice.ts";

/** What a rule is evaluated for, once each: an object, the Pods it makes, every container of them. */
export type RuleLevel = "object" | "pod" | "container";

/** `skip`: the rule is for none of the objects. `error`: it cannot be decided for one. */
export type Expected = "pass" | "fail" | "skip" | "error";

/** Rules of a repository's own as they are written, in `kubeops.yaml` and in files of rules. */
export interface WrittenRule {
  readonly id: string;
  readonly title: string;
  readonly severity?: Severity;
  readonly for?: RuleLevel;
  readonly match?: WrittenMatch;
  readonly profiles?: readonly Profile[];
  readonly params?: JsonObject;
  readonly variables?: readonly { readonly name: string; readonly expression: string }[];
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly path?: string;
  readonly rationale?: string;
  readonly fix?: string;
  readonly source?: string;
  readonly tests?: readonly WrittenTest[];
}

export interface WrittenMatch {
  readonly apiVersions?: readonly string[];
  readonly kinds?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly names?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface WrittenTest {
  readonly name: string;
  readonly object?: JsonObject;
  readonly objects?: readonly JsonObject[];
  readonly file?: string;
  readonly expect: Expected;
  readonly message?: string;
}

export interface WrittenRules {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "Rules";
  readonly rules: readonly WrittenRule[];
}

const line = text("a text of one line", /^[^\n\r]*\S[^\n\r]*$/u);
const words: Shape = text("a text", /\S/u);
const patterns = list(words, { least: 1 });

/** A name of an annotation exempts from a rule: with the family it has at most 63 characters. */
export const ruleId: Shape = text(
  "own/ and a name in lower case, e.g. own/two-replicas",
  /^own\/(?=.{1,59}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/u,
);

const testShape: RecordShape = record<WrittenTest>({
  name: need(line, "What the test shows."),
  object: may(anyObject, "The object that is judged."),
  objects: may(
    list(anyObject, { least: 1 }),
    "Objects that are judged together, e.g. a Deployment and its PodDisruptionBudget.",
  ),
  file: may(line, "A file of objects instead, relative to the file that holds the rule."),
  expect: need(
    literal("pass", "fail", "skip", "error"),
    "pass: the rule holds for every object that it is for. fail: there is a finding. skip: it is for none of them. error: it cannot be decided.",
  ),
  message: may(words, "What one of the findings must say, to the letter."),
});

export const ruleMembers: MembersOf<WrittenRule> = {
  id: need(ruleId, "own/ and a name in lower case: the id of its findings."),
  title: need(line, "What should be so, in one line."),
  severity: may(literal("error", "warning", "info"), "Default: warning."),
  for: may(
    literal("object", "pod", "container"),
    "What the expression is evaluated for: each object (the default), the Pods that an object makes, or each container of them.",
  ),
  match: may(
    record<WrittenMatch>({
      apiVersions: may(patterns, "E.g. apps/v1; * stands for any characters."),
      kinds: may(patterns, "E.g. Deployment; * stands for any characters."),
      namespaces: may(patterns, "Namespaces; * stands for any characters."),
      names: may(patterns, "Names of objects; * stands for any characters."),
      labels: may(map(anyText), "Labels that an object has, all of them; * stands for any characters."),
    }),
    "Objects that the rule is for; without it, all of them.",
  ),
  profiles: may(
    list(literal(...profiles), { least: 1, distinct: true }),
    "Profiles in which the rule is on; without it, in every one.",
  ),
  params: may(anyObject, "Values that expressions know as params."),
  variables: may(
    list(
      record<{ name: string; expression: string }>({
        name: need(text("a name of letters, digits and _", /^[A-Za-z_][A-Za-z0-9_]{0,62}$/u)),
        expression: need(words),
      }),
    ),
    "Expressions that later ones know as variables.NAME; evaluated only where they are asked for.",
  ),
  expression: need(words, "A CEL expression that is true where the rule holds."),
  message: may(words, "What a finding says; without it, the title."),
  messageExpression: may(words, "A CEL expression that gives what a finding says."),
  path: may(
    words,
    "The field at which a finding stands, e.g. spec.replicas, from the object, the Pod template or the container on.",
  ),
  rationale: may(words, "Why it is a rule."),
  fix: may(words, "What to do about a finding."),
  source: may(words, "Where the rule comes from, e.g. a policy of the company."),
  tests: may(
    list(testShape),
    "Objects for which the rule holds, and for which it does not: kubeops check --test-rules.",
  ),
};

export const ruleShape: RecordShape = record<WrittenRule>(ruleMembers);

/** A file of rules. */
export const rulesShape: RecordShape = record<WrittenRules>({
  apiVersion: need(literal("kubernetes-operations.dev/v1")),
  kind: need(literal("Rules")),
  rules: need(list(ruleShape, { least: 1 })),
});
