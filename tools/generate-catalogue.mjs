// Makes the generated tables of src/kube from the Go modules of Kubernetes.
//   node tools/generate-catalogue.mjs            downloads what is missing, writes the tables
//   node tools/generate-catalogue.mjs --check    writes nothing; exit 1 names the tables that are stale
//   --cached                                     downloads nothing; exit 3 when a module is not in the Go cache
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { catalogueTable, shortNameTable } from "./catalogue/discovery.mjs";
import { listTable } from "./catalogue/lists.mjs";
import { kubernetesModules } from "./catalogue/modules.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const words = new Set(process.argv.slice(2));
const modules = kubernetesModules(words.has("--cached"));
if (typeof modules === "string") {
  process.stderr.write(`${modules}\n`);
  process.exit(3);
}

const tables = {
  "src/kube/catalogue/catalogue.generated.ts": catalogueTable(modules),
  "src/kube/catalogue/short-names.generated.ts": shortNameTable(modules),
  "src/kube/list-keys/list-keys.generated.ts": listTable(modules),
};
for (const [path, text] of Object.entries(tables)) {
  const file = join(root, path);
  if (!words.has("--check")) writeFileSync(file, text);
  else if (readOr(file) !== text) {
    process.stdout.write(`${path} is stale: run npm run tables\n`);
    process.exitCode = 1;
  }
}

function readOr(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
