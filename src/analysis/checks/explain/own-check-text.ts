import { emitYaml } from "../../../kube/yaml/emit-yaml.ts";
import type { OwnRule } from "../own-rules/own-rule.ts";
import type { Expected } from "../own-rules/rule-shape.ts";
import type { CheckText } from "./check-text.ts";

/** What is said of a rule of one's own: its first tests are its examples. */
export function checkTextOfOwn(rule: OwnRule): CheckText {
  const { id, severity, title, why = "", fix = "", source, profiles } = rule;
  return {
    id,
    severity,
    title,
    why,
    fix,
    source,
    profiles,
    parameters: [],
    same: [],
    guides: [],
    positive: example(rule, "fail"),
    negative: example(rule, "pass"),
  };
}

function example({ tests }: OwnRule, expect: Expected): string {
  for (const test of tests) {
    if (test.expect === expect && "documents" in test.given)
      return test.given.documents.map(({ value }) => emitYaml(value)).join("---\n");
  }
  return "";
}
