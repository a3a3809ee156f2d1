// Makes the generated tables of src/kube from the Go modules of Kubernetes.
//   node tools/generate-catalogue.mjs            downloads what is missing, writes the tables
//   node tools/generate-catalogue.mjs --check    writes nothing; exit 1 names the tables that are stale
//   --cached                                     downloads nothing; exit 3 when a module is not in the Go cache
import { catalogueTable, shortNameTable } from "./catalogue/discovery.mjs";
import { listTable } from "./catalogue/lists.mjs";
import { writeTables } from "./catalogue/write-tables.mjs";

writeTables((modules) => ({
  "src/kube/catalogue/catalogue.generated.ts": catalogueTable(modules),
  "src/kube/catalogue/short-names.generated.ts": shortNameTable(modules),
  "src/kube/list-keys/list-keys.generated.ts": listTable(modules),
}));
