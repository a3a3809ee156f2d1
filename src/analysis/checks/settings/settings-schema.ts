import type { JsonObject } from "../../../kube/json.ts";
import { SCHEMA_DRAFT, schemaAddress } from "../../../kube/schema-address.ts";
import { profiles } from "../practices/practice.ts";
import { ruleCodes } from "../rule-table.ts";
import { fixed, severities } from "./parse-settings.ts";

const checkId: JsonObject = { $ref: "#/$defs/checkId" };

/** As the parser reads it, a key without a value is a key that is absent. */
function orNull(schema: JsonObject, description: string): JsonObject {
  return { description, anyOf: [schema, { type: "null" }] };
}

function listOf(items: JsonObject): JsonObject {
  return { type: "array", items };
}

const text: JsonObject = { type: "string", minLength: 1 };
const words: JsonObject = { type: "string", pattern: "\\S" };

/** What stands under `check`: a row for a key. */
const checkKeys: Readonly<Record<string, JsonObject>> = {
  profile: orNull(
    { enum: profiles },
    "Which practices are on. default is quiet; baseline and restricted are the levels of Pod Security, production adds what keeps a service up, nsa and cis are what those guides ask, all is every check.",
  ),
  enable: orNull(listOf(checkId), "Checks that are on, whatever the profile."),
  disable: orNull(listOf(checkId), "Checks that are off, whatever the profile."),
  severity: orNull(
    { type: "object", propertyNames: checkId, additionalProperties: { enum: severities } },
    "Severities by check, instead of their own.",
  ),
  allowedRegistries: orNull(
    listOf(text),
    "Registries, with a path where wanted, from which images may come. Absent or empty: any.",
  ),
  requiredLabels: orNull(listOf(text), "Labels that every workload must have."),
  exemptions: orNull(
    listOf({ $ref: "#/$defs/exemption" }),
    "Places that need not keep a check, each with its reason.",
  ),
};

const exemption: JsonObject = {
  type: "object",
  description: "A check that a place need not keep, and why. Absent parts fit everything.",
  properties: {
    check: checkId,
    namespace: orNull(words, "The namespace; * stands for any characters."),
    object: orNull(words, "Kind/name; * stands for any characters."),
    container: orNull(words, "The name of the container; * stands for any characters."),
    reason: { ...words, description: "Why the place need not keep the check." },
  },
  required: ["check", "reason"],
  additionalProperties: false,
};

/** JSON Schema of `kubeops.yaml`. It says all that the parser asks of a file. */
export const settingsSchema: JsonObject = {
  $schema: SCHEMA_DRAFT,
  $id: schemaAddress("settings"),
  title: "Settings (kubeops.yaml)",
  description:
    "How a repository wants to be checked by kubeops check. It never says what may be applied: that is the charter's.",
  type: "object",
  properties: {
    apiVersion: { const: "kubernetes-operations.dev/v1" },
    kind: { const: "Settings" },
    check: orNull(
      { type: "object", properties: checkKeys, additionalProperties: false },
      "Settings of kubeops check.",
    ),
  },
  required: ["apiVersion", "kind"],
  additionalProperties: false,
  $defs: {
    checkId: {
      description:
        "The id of a check; kubeops explain ID tells what it finds. What the API server refuses is no matter of settings.",
      enum: ruleCodes()
        .filter((id) => !fixed.has(id.split("/")[0] ?? ""))
        .sort(),
    },
    exemption,
  },
};
