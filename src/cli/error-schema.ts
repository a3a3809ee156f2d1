import { placeSchema } from "../analysis/findings/report-schema.ts";
import { errorTable } from "../kube/error-table.ts";
import type { JsonObject } from "../kube/json.ts";
import { documentSchema } from "../kube/document-schema.ts";

/** JSON Schema of what every command prints on standard error when it fails and JSON was asked for. */
export const errorSchema: JsonObject = documentSchema("error", "Error", {
  description: "What a command prints on standard error when it fails and -o json was given.",
  properties: {
    code: {
      description: "See docs/reference/errors.md. BUG is a fault of kubeops itself.",
      enum: [...Object.keys(errorTable).sort(), "BUG"],
    },
    message: { type: "string" },
    place: placeSchema,
    hint: { type: "string", description: "What to do." },
  },
  required: ["code", "message"],
});
