// The command line that every generator of tables from the Go modules of Kubernetes has:
//   (nothing)   downloads what is missing, writes the tables
//   --check     writes nothing; exit 1 names the tables that are stale
//   --cached    downloads nothing; exit 3 when a module is not in the Go cache
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { kubernetesModules } from "./modules.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const words = new Set(process.argv.slice(2));

/** `tables(modules, cached)` gives the text of each path, or why it cannot (a text). */
export function writeTables(tables) {
  const cached = words.has("--cached");
  const modules = kubernetesModules(cached);
  const made = typeof modules === "string" ? modules : tables(modules, cached);
  if (typeof made === "string") {
    process.stderr.write(`${made}\n`);
    process.exit(3);
  }
  for (const [path, text] of Object.entries(made)) {
    const file = join(root, path);
    if (!words.has("--check")) writeFileSync(file, text);
    else if (readOr(file) !== text) {
      process.stdout.write(`${path} is stale: run npm run tables\n`);
      process.exitCode = 1;
    }
  }
}

function readOr(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
