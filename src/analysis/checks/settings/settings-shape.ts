import type { Severity } from "../../../kube/problem.ts";
import {
  list,
  literal,
  map,
  may,
  need,
  nullable,
  type RecordShape,
  record,
  type Shape,
  text,
} from "../../../kube/shape/shape.ts";
import { ruleShape, type WrittenRule } from "../own-rules/rule-shape.ts";
import { type Profile, profiles } from "../practices/practice.ts";

/** `kubeops.yaml` as it is written. A key with nothing behind it is as good as none. */
export interface WrittenSettings {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "Settings";
  readonly check?: WrittenCheck | null;
}

export interface WrittenCheck {
  readonly profile?: Profile | null;
  readonly enable?: readonly string[] | null;
  readonly disable?: readonly string[] | null;
  readonly severity?: Readonly<Record<string, Severity>> | null;
  readonly allowedRegistries?: readonly string[] | null;
  readonly requiredLabels?: readonly string[] | null;
  readonly exemptions?: readonly WrittenExemption[] | null;
  readonly rules?: readonly WrittenRule[] | null;
  readonly ruleFiles?: readonly string[] | null;
}

export interface WrittenExemption {
  readonly check: string;
  readonly namespace?: string | null;
  readonly object?: string | null;
  readonly container?: string | null;
  readonly reason: string;
}

const words: Shape = text("a text", /\S/u);
const texts: Shape = nullable(list(words));
const checks = "Ids of checks: kubeops check --list-checks names them, and rules are checks too.";

const exemption: RecordShape = record<WrittenExemption>({
  check: need(words, "The id of the check."),
  namespace: may(nullable(words), "A namespace; * stands for any characters."),
  object: may(nullable(words), "Kind/name; * stands for any characters."),
  container: may(nullable(words), "The name of a container; * stands for any characters."),
  reason: need(words, "Why the place need not keep the check."),
});

const check: RecordShape = record<WrittenCheck>({
  profile: may(nullable(literal(...profiles)), "Practices that are judged by."),
  enable: may(texts, `Checks that are on although the profile leaves them out. ${checks}`),
  disable: may(texts, `Checks that are off. ${checks}`),
  severity: may(nullable(map(literal("error", "warning", "info"))), "Severities of checks, by their ids."),
  allowedRegistries: may(texts, "Registries, with a path where wanted, from which images may come."),
  requiredLabels: may(texts, "Labels that every workload must have."),
  exemptions: may(nullable(list(exemption)), "Places that need not keep a check, each with a reason."),
  rules: may(nullable(list(ruleShape)), "Rules of one's own, in CEL. See docs/guide/own-rules.md."),
  ruleFiles: may(texts, "Files of rules (kind: Rules), relative to this one; * and ** stand for names."),
});

/** The keys of `kubeops.yaml`. */
export const settingsShape: RecordShape = record<WrittenSettings>({
  apiVersion: need(literal("kubernetes-operations.dev/v1")),
  kind: need(literal("Settings")),
  check: may(nullable(check), "How objects are checked. It never says what may be applied."),
});
