// Makes the generated tables of src/analysis/rbac from the Go modules of Kubernetes.
//   node tools/generate-rbac.mjs            downloads what is missing, writes the tables
//   node tools/generate-rbac.mjs --check    writes nothing; exit 1 names the tables that are stale
//   --cached                                downloads nothing; exit 3 when a module is not in the Go cache
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { kubernetesModules } from "./catalogue/modules.mjs";
import { bootstrapTable } from "./rbac/bootstrap.mjs";
import { resourceTable } from "./rbac/resources.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const words = new Set(process.argv.slice(2));
const modules = kubernetesModules(words.has("--cached"));
if (typeof modules === "string") {
  process.stderr.write(`${modules}\n`);
  process.exit(3);
}

const tables = {
  "src/analysis/rbac/bootstrap/bootstrap.generated.ts": bootstrapTable(modules),
  "src/analysis/rbac/resources/resources.generated.ts": resourceTable(modules),
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
