// Makes the schemas of the native kinds and of component files from the Go modules of Kubernetes (npm run tables).
//   node tools/generate-schemas.mjs            downloads what is missing, writes the files
//   node tools/generate-schemas.mjs --check    writes nothing; exit 1 names the files that are stale
//   --cached                                   downloads nothing; exit 3 when a module is not in the Go cache
import { writeTables } from "./catalogue/write-tables.mjs";
import { bundleOf } from "./schemas/bundle.mjs";
import { stagingModules } from "./schemas/sources.mjs";
import { bundleFile, descriptionFile } from "./schemas/write.mjs";

writeTables((modules, cached) => {
  const sources = [];
  for (const module of modules) {
    const staging = stagingModules(module, cached);
    if (typeof staging === "string") return staging;
    sources.push({ ...module, staging });
  }
  const bundle = bundleOf(sources);
  return {
    "src/kube/schema/schemas.generated.ts": bundleFile(bundle, sources),
    "src/kube/schema/descriptions.generated.ts": descriptionFile(bundle, sources),
  };
});
