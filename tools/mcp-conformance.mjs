// Installs the conformance suite of MCP that knows revision 2026-07-28 once into a cache folder outside the repository. It is a
// prerelease; its closure is locked in tools/mcp-conformance. Prints the program's path; `--path` only prints it.
import { copyFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, fillCache, main } from "./cached-package.mjs";

const here = join(dirname(fileURLToPath(import.meta.url)), "mcp-conformance");
const folder = cacheFolder("mcp-conformance", "0.2.0-alpha.12");

/** The program in the cache, or undefined. */
export function mcpConformance() {
  const program = join(folder, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
  return existsSync(program) ? program : undefined;
}

function install() {
  process.stderr.write("installing the conformance suite of MCP once, for tests\n");
  fillCache(folder, ["ci"], {
    prepare: (work) => {
      for (const file of ["package.json", "package-lock.json"])
        copyFileSync(join(here, file), join(work, file));
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(mcpConformance, install);
