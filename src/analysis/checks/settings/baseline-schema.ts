import type { JsonObject } from "../../../kube/json.ts";
import { documentSchema } from "../../../kube/document-schema.ts";

/** JSON Schema of a baseline. Keys that it does not name are left alone, as the parser does: a later version may write more. */
export const baselineSchema: JsonObject = documentSchema("baseline", "Baseline", {
  description:
    "Findings of a day, written by kubeops check --write-baseline: only what is new counts from then on. It holds digests, codes and files, no values.",
  properties: {
    findings: {
      type: "array",
      items: {
        type: "object",
        properties: {
          fingerprint: {
            type: "string",
            pattern: "^[0-9a-f]{64}$",
            description: "A digest of the finding that stays when lines move.",
          },
          code: { type: "string", description: "The check, for people; not compared." },
          file: {
            type: "string",
            description: "The file, for people; not compared. Empty where there is none.",
          },
        },
        required: ["fingerprint"],
      },
    },
  },
  required: ["findings"],
});
