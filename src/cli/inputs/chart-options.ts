import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { isPattern } from "../../kube/find-files.ts";
import { isArchiveName } from "../../kube/unrendered.ts";
import type { CliContext } from "../context.ts";

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

/** Whether a name is that of a chart: a folder, an archive, or a glob for archives. */
export function isChart(context: CliContext, name: string): boolean {
  return isChartFolder(context, name) || isPackedChart(context, name) || isGlobOfCharts(name);
}

/** Whether a name is that of a folder with a chart in it. */
export function isChartFolder(context: CliContext, name: string): boolean {
  return isFile(join(resolve(context.cwd, name), "Chart.yaml"));
}

/** Whether a name is that of an archive; that it holds a chart is seen when it is unpacked. */
export function isPackedChart(context: Pick<CliContext, "cwd">, name: string): boolean {
  return isArchiveName(name) && isFile(resolve(context.cwd, name));
}

export function isGlobOfCharts(name: string): boolean {
  return isPattern(name) && isArchiveName(name);
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
