import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CliContext } from "./context.ts";

/** What `helm template` is to be asked for. */
export interface ChartOptions {
  readonly minor: number;
  /** Group versions and kinds of definitions that the user stored, as Helm writes them. */
  readonly apiVersions: readonly string[];
  readonly namespace?: string;
  readonly release?: string;
  readonly values?: readonly string[];
  readonly set?: readonly string[];
}

/** Whether a name is that of a folder with a chart in it. */
export function isChart(context: CliContext, name: string): boolean {
  try {
    return statSync(join(resolve(context.cwd, name), "Chart.yaml")).isFile();
  } catch {
    return false;
  }
}
