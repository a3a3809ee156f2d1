// Measures which fields kube-apiserver refuses to do without, and writes the table that the schema checks read. Needs the
// control plane (npm run control-plane): node tools/measure-required-fields.mjs
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { controlPlane } from "../test/support/control-plane.ts";
import { askFields } from "../test/conformance/schema/ask-required.ts";

/** Refused or not by other fields than themselves: of an Event the namespaces are compared. */
const conditional = new Set(["v1.Event.involvedObject", "v1.Event.metadata"]);

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const plane = await controlPlane({ components: "api", admissionOff: ["ServiceAccount"] });
try {
  const { required } = await askFields(plane);
  const fields = [...required.refused].filter((field) => !conditional.has(field)).sort();
  writeFileSync(
    join(root, "src/analysis/checks/schema/enforced.generated.ts"),
    `// Made by tools/measure-required-fields.mjs with kube-apiserver 1.37.2: fields of k8s.io/api without which it refuses an object.
export const enforced: readonly string[] = [
${fields.map((field) => JSON.stringify(field)).join(",\n")},
];
`,
  );
} finally {
  await plane.stop();
}
