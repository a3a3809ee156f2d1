import { rulesShape } from "../../analysis/checks/own-rules/rule-shape.ts";
import { settingsShape } from "../../analysis/checks/settings/settings-shape.ts";
import type { JsonObject } from "../../kube/json.ts";
import { schemaAddress } from "../../kube/schema-address.ts";
import { charterShape } from "../charter/charter-shape.ts";
import { intentShape } from "./intent-shape.ts";
import { jsonSchemaOf } from "../../kube/shape/json-schema.ts";
import { planShape } from "./plan-shape.ts";

/** JSON Schemas of the documents of plans that the folder schemas/ publishes, by file name: editors complete by them. */
export const publishedSchemas: Readonly<Record<string, JsonObject>> = {
  "charter.schema.json": jsonSchemaOf(charterShape, {
    id: schemaAddress("charter"),
    title: "Charter",
    description:
      "What may ever be done, declared by the operator and signed by its owner. What is absent is denied.",
  }),
  "plan.schema.json": jsonSchemaOf(planShape, {
    id: schemaAddress("plan"),
    title: "Plan",
    description: "Request, change set, findings, facts and verdict: canonical JSON, named by its digest.",
  }),
  "intent.schema.json": jsonSchemaOf(intentShape, {
    id: schemaAddress("intent"),
    title: "Intent",
    description: "A request as typed data. It never holds a secret value.",
  }),
  "kubeops.schema.json": jsonSchemaOf(settingsShape, {
    id: schemaAddress("kubeops"),
    title: "Settings",
    description: "kubeops.yaml: how a repository wants to be checked. It never says what may be applied.",
  }),
  "rules.schema.json": jsonSchemaOf(rulesShape, {
    id: schemaAddress("rules"),
    title: "Rules",
    description:
      "Rules of one's own, in CEL, with their tests: files that kubeops.yaml names under check.ruleFiles.",
  }),
};
