// Makes the generated tables of src/analysis/rbac from the Go modules of Kubernetes.
//   node tools/generate-rbac.mjs            downloads what is missing, writes the tables
//   node tools/generate-rbac.mjs --check    writes nothing; exit 1 names the tables that are stale
//   --cached                                downloads nothing; exit 3 when a module is not in the Go cache
import { writeTables } from "./catalogue/write-tables.mjs";
import { bootstrapTable } from "./rbac/bootstrap.mjs";
import { resourceTable } from "./rbac/resources.mjs";

writeTables((modules) => ({
  "src/analysis/rbac/bootstrap/bootstrap.generated.ts": bootstrapTable(modules),
  "src/analysis/rbac/resources/resources.generated.ts": resourceTable(modules),
}));
