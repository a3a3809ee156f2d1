// Fields whose description says "Deprecated:", with the first minor that says so. Source: api/openapi-spec/v3 of
// k8s.io/kubernetes. Words like "deprecated" elsewhere in a description are about something else (an annotation, one of
// the values, the version of a CustomResourceDefinition): they make no row.
import { schemasOf } from "../catalogue/openapi.mjs";

/** What no one writes, or what another check tells. */
const leftOut = new Set([
  "v1.ObjectMeta.selfLink", // The server filled it in; what is left of it in files means nothing.
  "v1.ListMeta.selfLink",
  "v1.PodSpec.serviceAccount", // security/deprecated-service-account-field
]);

const MARK = /(?:^|[\s.])Deprecated[:.]\s*/;

export function fieldTable(modules) {
  const rows = new Map();
  for (const module of modules) {
    const seen = new Set();
    for (const [full, schema] of schemasOf(module)) {
      // v1.Pod for io.k8s.api.core.v1.Pod: the name that the types have in Go.
      const name = full.split(".").slice(-2).join(".");
      if (/Status(?:es)?$|List$|Options$|SystemInfo$/.test(name)) continue;
      for (const [field, property] of Object.entries(schema.properties ?? {})) {
        const id = `${name}.${field}`;
        const text = property.description ?? "";
        const mark = MARK.exec(text);
        if (mark === null || leftOut.has(id) || /^deprecated[A-Z]/.test(field)) continue;
        seen.add(id);
        rows.set(id, {
          type: name,
          field,
          since: rows.get(id)?.since ?? module.minor,
          text: sentences(text.slice(mark.index + mark[0].length)),
        });
      }
    }
    // A mark that a later minor took back makes no row.
    for (const id of rows.keys()) if (!seen.has(id)) rows.delete(id);
  }
  const lines = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { type, field, since, text }]) => JSON.stringify([type, field, since, text]));
  return `// Made by tools/generate-deprecations.mjs from k8s.io/kubernetes ${modules.map((m) => `v${m.version}`).join(", ")} (api/openapi-spec/v3).
/** Go name of a type, a field of it, the first minor from 1.${modules[0].minor} on whose description says "Deprecated:", and what it says. */
export type FieldRow = readonly [string, string, number, string];
export const deprecatedFields: readonly FieldRow[] = [
${lines.join(",\n")},
];
`;
}

/** What is said, without links, to a length that fits in a message. */
function sentences(text) {
  const plain = text
    .replace(/\s+/g, " ")
    .replace(/ More info: .*$/, "")
    .replace(/^\w+ is deprecated(?: and|\.) /, "")
    .trim();
  const parts = plain.match(/[^.]*(?:\.(?=\S)[^.]*)*\.?/g) ?? [];
  let said = "";
  for (const part of parts) {
    if (said !== "" && said.length + part.length > 200) break;
    said += part;
  }
  return said.trim().replace(/\.$/, "");
}
