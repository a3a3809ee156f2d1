// Runs the suites. `npm test -- <filter>` passes words to vitest. Modes:
//   (default)      samples of the long suites, without those of long-suites.mjs: at most five minutes on two cores; a suite
//                  whose data or program is absent says so in one line and passes
//   --deep         everything, with full counts (KUBEOPS_DEEP=1)
//   KUBEOPS_STRICT=1  a left-out suite is a failure (.ci/run)
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { longSuites } from "./long-suites.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const words = process.argv.slice(2);
const deep = words.includes("--deep");
const filters = words.filter((word) => word !== "--deep");
const everything = deep || process.env.KUBEOPS_DEEP === "1" || process.env.KUBEOPS_STRICT === "1";
// Whoever names suites gets those.
const named = filters.some((word) => !word.startsWith("-"));
const without = everything || named ? [] : longSuites;
if (without.length > 0)
  process.stderr.write(
    `left out: ${without.length} long suites (tools/long-suites.mjs): npm run test:deep\n`,
  );
const result = spawnSync(
  process.execPath,
  [
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    ...filters,
    ...without.flatMap((file) => ["--exclude", file]),
  ],
  { cwd: root, stdio: "inherit", env: { ...process.env, ...(deep ? { KUBEOPS_DEEP: "1" } : {}) } },
);
process.exit(result.status ?? 1);
