import type { JsonObject } from "../../kube/json.ts";
import { documentSchema } from "../../kube/document-schema.ts";

const count: JsonObject = { type: "integer", minimum: 0 };
const position: JsonObject = { type: "integer", minimum: 1 };

const objectKey: JsonObject = {
  type: "object",
  description: "The identity of a Kubernetes object.",
  properties: {
    group: { type: "string", description: "Empty for the core group." },
    version: { type: "string" },
    kind: { type: "string" },
    namespace: { type: "string", description: "Empty where the object names none." },
    name: { type: "string" },
  },
  required: ["group", "version", "kind", "namespace", "name"],
};

/** Definitions that documents of findings and errors have in common. */
export const placeSchema: JsonObject = {
  type: "object",
  description: "A place in a text: line and column are counted from 1, columns in UTF-16 units.",
  properties: {
    file: { type: "string", description: "The file, as it was named." },
    line: position,
    column: position,
    rendered: {
      ...position,
      description:
        "The line of what helm template prints, where the line of the template is only the nearest known one.",
    },
  },
  required: ["file", "line", "column"],
};

/**
 * JSON Schema of `kubeops check -o json`. Keys that it names stay; a later version may add some, so that unknown ones are
 * not refused. A test holds that this version writes no key that is not named here.
 */
export const reportSchema: JsonObject = documentSchema("report", "Report", {
  description: "What kubeops check -o json prints: findings, how many there are, and what was not read.",
  properties: {
    findings: {
      type: "array",
      description: "Sorted by file, line, column, severity, code and message.",
      items: { $ref: "#/$defs/finding" },
    },
    counts: {
      type: "object",
      description: "How many findings there are of each severity.",
      properties: { error: count, warning: count, info: count },
      required: ["error", "warning", "info"],
    },
    skipped: {
      type: "array",
      description: "Files that were left aside.",
      items: {
        type: "object",
        properties: { path: { type: "string" }, reason: { type: "string" } },
        required: ["path", "reason"],
      },
    },
  },
  required: ["findings", "counts", "skipped"],
  definitions: {
    finding: {
      type: "object",
      properties: {
        code: {
          type: "string",
          description: "The check: family/kebab-case, see docs/reference/findings.md.",
        },
        severity: { enum: ["error", "warning", "info"] },
        message: { type: "string" },
        place: { $ref: "#/$defs/place" },
        path: { $ref: "#/$defs/path" },
        object: objectKey,
        hint: { type: "string", description: "What to do." },
        fix: { type: "string", description: "The change that mends it, as a command or a snippet." },
        related: {
          type: "array",
          description: "Other places of the same fault.",
          items: {
            type: "object",
            properties: { place: { $ref: "#/$defs/place" }, path: { $ref: "#/$defs/path" } },
            required: ["place", "path"],
          },
        },
        renderedBy: {
          type: "array",
          description: "Folders of kustomizations that made the object of what stands at the place.",
          items: { type: "string" },
        },
      },
      required: ["code", "severity", "message"],
    },
    place: placeSchema,
    path: {
      type: "array",
      description: "Keys of mappings and indices of lists in the document, outermost first.",
      items: { anyOf: [{ type: "string" }, count] },
    },
  },
});
