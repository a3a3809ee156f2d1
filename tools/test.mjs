// Runs the suites. `npm test -- <filter>` passes words to vitest. Modes:
//   (default)      samples of the long suites; a suite whose data or program is absent says so in one line and passes
//   --deep         full counts (KUBEOPS_DEEP=1)
//   KUBEOPS_STRICT=1  a left-out suite is a failure (.ci/run)
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const words = process.argv.slice(2);
const deep = words.includes("--deep");
const result = spawnSync(
  process.execPath,
  [join(root, "node_modules/vitest/vitest.mjs"), "run", ...words.filter((word) => word !== "--deep")],
  { cwd: root, stdio: "inherit", env: { ...process.env, ...(deep ? { KUBEOPS_DEEP: "1" } : {}) } },
);
process.exit(result.status ?? 1);
