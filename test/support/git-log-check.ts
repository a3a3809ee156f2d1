import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { logVerifierKey } from "../../src/audit/log-store.ts";
import { verifyLog } from "../../src/audit/verify.ts";

/** Verifies the log in a folder as an outsider does; its problems, and the intents whose effect is not known. */
export function checkLog(folder: string): {
  readonly problems: readonly string[];
  readonly open: readonly string[];
} {
  const key = logVerifierKey(folder);
  if (key === undefined) return { problems: ["there is no log"], open: [] };
  const report = verifyLog((path) => {
    const file = join(folder, path);
    return existsSync(file) ? readFileSync(file) : undefined;
  }, key);
  return {
    problems: report.problems,
    open: report.notExcluded.filter((text) => text.includes("apply-intent")),
  };
}
