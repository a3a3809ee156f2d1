// Makes the tables of what Kubernetes deprecates and removes from its Go modules (npm run tables).
//   node tools/generate-deprecations.mjs            downloads what is missing, writes the tables
//   node tools/generate-deprecations.mjs --check    writes nothing; exit 1 names the tables that are stale
//   --cached                                        downloads nothing; exit 3 when a module is not in the Go cache
import { writeTables } from "./catalogue/write-tables.mjs";
import { componentFileTable } from "./deprecations/component-files.mjs";
import { fieldTable } from "./deprecations/fields.mjs";
import { gateTable } from "./deprecations/gates.mjs";
import { lifecycleTable } from "./deprecations/lifecycle.mjs";
import { lifecycleModules } from "./deprecations/modules.mjs";
import { stagingModules } from "./schemas/sources.mjs";

writeTables((modules, cached) => {
  const lifecycles = lifecycleModules(modules, cached);
  if (typeof lifecycles === "string") return lifecycles;
  const sources = [];
  for (const module of modules) {
    const staging = stagingModules(module, cached);
    if (typeof staging === "string") return staging;
    sources.push({ ...module, staging });
  }
  return {
    "src/analysis/checks/deprecations/lifecycle.generated.ts": lifecycleTable(lifecycles, modules),
    "src/analysis/checks/deprecations/fields.generated.ts": fieldTable(modules),
    "src/analysis/checks/deprecations/gates.generated.ts": gateTable(sources),
    "src/analysis/checks/deprecations/component-files.generated.ts": componentFileTable(sources),
  };
});
