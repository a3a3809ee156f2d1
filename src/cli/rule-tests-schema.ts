import { placeSchema } from "../analysis/findings/report-schema.ts";
import type { JsonObject } from "../kube/json.ts";
import { documentSchema } from "../kube/document-schema.ts";

const count: JsonObject = { type: "integer", minimum: 0 };
const rule: JsonObject = { type: "string", description: "The id of the rule." };
const outcome: JsonObject = { enum: ["pass", "fail", "skip", "error"] };
const rules = (description: string): JsonObject => ({
  type: "array",
  description,
  items: { type: "object", properties: { rule, place: placeSchema }, required: ["rule", "place"] },
});

/** JSON Schema of `kubeops check --test-rules -o json`. */
export const ruleTestsSchema: JsonObject = documentSchema("rule-tests", "RuleTests", {
  description: "What kubeops check --test-rules -o json prints: the tests of rules of one's own.",
  properties: {
    passed: count,
    failed: count,
    tests: {
      type: "array",
      items: {
        type: "object",
        properties: {
          rule,
          name: { type: "string" },
          place: placeSchema,
          passed: { type: "boolean" },
          expected: outcome,
          got: outcome,
          detail: { type: "string", description: "Why it failed." },
        },
        required: ["rule", "name", "place", "passed", "expected", "got"],
      },
    },
    untested: rules("Rules without a test."),
    neverFail: rules("Rules that have tests, none of which shows that they find anything."),
    unknownKinds: {
      type: "array",
      description: "Kinds that rules are for and that neither Kubernetes nor the schema store knows.",
      items: {
        type: "object",
        properties: {
          rule,
          kind: { type: "string", description: "As match names it." },
          place: placeSchema,
          message: { type: "string" },
          hint: { type: "string", description: "What to do." },
        },
        required: ["rule", "kind", "place", "message", "hint"],
      },
    },
  },
  required: ["passed", "failed", "tests", "untested", "neverFail", "unknownKinds"],
});
