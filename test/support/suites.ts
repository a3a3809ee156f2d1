import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** Full counts are asked for (`npm run test:deep`, CI). */
export const deep: boolean = process.env["KUBEOPS_DEEP"] === "1";

/** A left-out suite is a failure (CI). */
export const strict: boolean = process.env["KUBEOPS_STRICT"] === "1";

/**
 * Says in one line that a suite was left out and how to bring it back; in the strict mode it throws.
 * Gives true so that it reads well in `describe.skipIf(leftOut(…))`.
 */
export function leftOut(suite: string, needs: string): true {
  if (strict) throw new Error(`${suite} was left out: ${needs}`);
  process.stderr.write(`left out: ${suite}: ${needs}\n`);
  return true;
}

/** Folder of the conformance data, or undefined. Public data files, never copied into the repository. */
export function conformanceData(folder: string): string | undefined {
  const base = process.env["KUBEOPS_CONFORMANCE_DATA"];
  if (base === undefined || base === "") return undefined;
  const path = join(resolve(base), folder);
  return existsSync(path) ? path : undefined;
}
