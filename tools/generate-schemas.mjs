// Makes the schemas of the native kinds and of component files from the Go modules of Kubernetes (npm run tables).
//   node tools/generate-schemas.mjs            downloads what is missing, writes the files
//   node tools/generate-schemas.mjs --check    writes nothing; exit 1 names the files that are stale
//   --cached                                   downloads nothing; exit 3 when a module is not in the Go cache
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { kubernetesModules } from "./catalogue/modules.mjs";
import { bundleOf } from "./schemas/bundle.mjs";
import { bundleFile, descriptionFile } from "./schemas/write.mjs";
import { stagingModules } from "./schemas/sources.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const words = new Set(process.argv.slice(2));
const modules = kubernetesModules(words.has("--cached"));
if (typeof modules === "string") stop(modules);
const sources = modules.map((module) => {
  const staging = stagingModules(module, words.has("--cached"));
  if (typeof staging === "string") stop(staging);
  return { ...module, staging };
});

const bundle = bundleOf(sources);
const files = {
  "src/kube/schema/schemas.generated.ts": bundleFile(bundle, sources),
  "src/kube/schema/descriptions.generated.ts": descriptionFile(bundle, sources),
};
for (const [path, text] of Object.entries(files)) {
  const file = join(root, path);
  if (!words.has("--check")) writeFileSync(file, text);
  else if (readOr(file) !== text) {
    process.stdout.write(`${path} is stale: run npm run tables\n`);
    process.exitCode = 1;
  }
}

function stop(reason) {
  process.stderr.write(`${reason}\n`);
  process.exit(3);
}

function readOr(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
