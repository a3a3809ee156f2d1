import { quotedPath } from "../../kube/unrendered.ts";
import { type ChartOptions, isChartFolder, isPackedChart } from "./chart-options.ts";
import type { CliContext } from "../context.ts";
import { isKustomizationFolder } from "./kustomization-folder.ts";
import type { RenderedFolder } from "./rendered-folder.ts";

interface Renderer {
  /** Whether a name is a folder or an archive that it renders. */
  readonly takes: (context: CliContext, name: string) => boolean;
  readonly render: (
    context: CliContext,
    name: string,
    chart: ChartOptions | undefined,
  ) => Promise<RenderedFolder | undefined>;
}

/** One row for each sort of folder or archive that makes objects. Renderers are loaded only where there is one. */
const renderers: readonly Renderer[] = [
  {
    takes: isKustomizationFolder,
    render: async (context, name) =>
      (await import("./kustomization.ts")).renderedKustomization(context, name),
  },
  {
    takes: isChartFolder,
    render: async (context, name, chart) => {
      if (chart === undefined) return undefined;
      return (await import("./chart.ts")).renderedChart(context, name, chart);
    },
  },
  {
    takes: isPackedChart,
    render: async (context, name, chart) => {
      // Nobody can read it as it stands.
      if (chart === undefined)
        return { skipped: [{ path: name, reason: notReadText(name) }], asItStands: false };
      return (await import("./chart.ts")).renderedPackedChart(context, name, chart);
    },
  },
];

/** What the folder of a name makes; undefined when it is read as it stands. Charts only where it is said how. */
export async function renderFolder(
  context: CliContext,
  name: string,
  chart: ChartOptions | undefined,
): Promise<RenderedFolder | undefined> {
  for (const { takes, render } of renderers) {
    if (!takes(context, name)) continue;
    const rendered = await render(context, name, chart);
    if (rendered !== undefined) return rendered;
  }
  return undefined;
}

function notReadText(name: string): string {
  return `a packed Helm chart, not read here; what it renders is checked by: kubeops check ${quotedPath(name)}`;
}
