// The threat model of this product's own plug-in, from its files and from the tests that ran.
//   node tools/own-threat-model.mjs RESULTS.json          compares with docs/threat-model/model.json; exit 1 when it got worse
//   node tools/own-threat-model.mjs RESULTS.json --write  writes docs/threat-model/{model.json,report.md}
// RESULTS.json is what vitest's JSON reporter wrote: a control whose test did not run counts as not certain.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [results, mode] = process.argv.slice(2);
if (results === undefined) {
  process.stderr.write("usage: node tools/own-threat-model.mjs RESULTS.json [--write]\n");
  process.exit(2);
}
const { readFolder } = await import("../src/cli/threat-model-folder.ts");
const { readInventory } = await import("../src/threat-model/inventory/read-inventory.ts");
const { modelThreats } = await import("../src/threat-model/model/threat-model.ts");
const { parseModel, parseAcceptances } = await import("../src/threat-model/model/parse-model.ts");
const { compareModels } = await import("../src/threat-model/compare/compare-models.ts");
const { provedControls } = await import("../src/threat-model/own/own-controls.ts");
const { renderModelMarkdown } = await import("../src/threat-model/report/markdown.ts");

const report = JSON.parse(readFileSync(results, "utf8"));
const ran = report.testResults.flatMap((file) =>
  file.assertionResults
    .filter((one) => one.status === "passed" || one.status === "failed")
    .map((one) => ({
      file: relative(root, file.name).replaceAll("\\", "/"),
      name: one.fullName,
      passed: one.status === "passed",
    })),
);
// What is built is left out: the program itself is judged by its tests.
const files = readFolder(join(root, "plugin"), "plugin").filter((file) => !file.path.startsWith("dist/"));
const model = modelThreats(readInventory("kubernetes-operations", files, { controls: provedControls(ran) }));
const folder = join(root, "docs/threat-model");
const path = join(folder, "model.json");

if (mode === "--write") {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, `${JSON.stringify(model, null, 2)}\n`);
  writeFileSync(
    join(folder, "report.md"),
    `<!-- Made by tools/own-threat-model.mjs from plugin/ and the tests that ran. -->\n${renderModelMarkdown(model)}`,
  );
  process.stdout.write("wrote docs/threat-model/model.json and report.md\n");
  process.exit(0);
}
const parsed = parseModel(JSON.parse(readFileSync(path, "utf8")));
if (!parsed.ok) {
  process.stdout.write(`docs/threat-model/model.json: ${parsed.problem}\n`);
  process.exit(1);
}
const acceptedPath = join(folder, "accepted.json");
const accepted = existsSync(acceptedPath)
  ? parseAcceptances(JSON.parse(readFileSync(acceptedPath, "utf8")))
  : { ok: true, value: [] };
if (!accepted.ok) {
  process.stdout.write(`docs/threat-model/accepted.json: ${accepted.problem}\n`);
  process.exit(1);
}
const { worse } = compareModels(parsed.value, model, {
  accepted: accepted.value,
  today: new Date().toISOString().slice(0, 10),
});
for (const change of worse)
  process.stdout.write(`worse: ${change.kind}/${change.id}: ${change.before} -> ${change.after}\n`);
const same = JSON.stringify(parsed.value) === JSON.stringify(model);
process.stdout.write(
  worse.length > 0
    ? `the threat model got worse in ${worse.length} places\n`
    : same
      ? "the threat model is what is committed\n"
      : "the threat model is not worse, and not what is committed: node tools/own-threat-model.mjs RESULTS.json --write\n",
);
process.exit(worse.length > 0 || !same ? 1 : 0);
