import type { Files } from "../files.ts";
import { isArray, isObject, type Json, valueAt } from "../json.ts";
import { OpsError } from "../ops-error.ts";
import type { Place } from "../place.ts";
import { printable } from "../printable.ts";
import type { Problem } from "../problem.ts";
import type { ReadDocument } from "../read-object.ts";
import { readDocuments } from "../yaml/read-documents.ts";
import { type Gzip, packChart, type PackedChart, unpackChart } from "./packed-chart.ts";
import { chartProblem } from "./problems.ts";
import type { SourceFile } from "./rendered.ts";
import { referenceOutside } from "./schema-references.ts";

/** A chart as it is handed to Helm: plain files, none from outside of it, no schema that leads elsewhere. */
export interface ChartFiles {
  /** By their paths in the chart. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Of a packed chart: its files packed anew, for Helm reads a folder and an archive in different ways (.helmignore). */
  readonly archive?: Uint8Array;
  /** How a file of the chart is named to people. */
  readonly display: (path: string) => string;
  /** An error among them: the chart is not handed to Helm. */
  readonly problems: readonly Problem[];
  /** Its Chart.yaml. */
  readonly description: ReadDocument;
  /** A library has nothing to render (helm.sh/helm pkg/cmd/install.go, checkIfInstallable). */
  readonly library: boolean;
  /** The file of the chart that Helm names in `# Source:` and in errors; undefined when it names none. */
  readonly sourceOf: (name: string) => SourceFile | undefined;
}

/** Helm itself takes 100 MiB (pkg/chart/loader/archive/archive.go, MaxDecompressedChartSize). */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 10_000;
const MAX_DEPTH = 32;
/** Charts within charts. */
const MAX_CHARTS = 16;

/** What Helm renders from or decides by; of other files only `.Files` of a template can read. */
const rendering =
  /^(?:Chart\.(?:yaml|lock)|requirements\.(?:yaml|lock)|values\.(?:yaml|schema\.json)|(?:templates|crds|charts)(?:\/|$))/;
/** Charts that Helm unpacks (helm.sh/helm pkg/chart/v2/loader/load.go, LoadFiles). */
const packed = /^(?:charts\/[^/]+\/)*charts\/[^/_.][^/]*\.tgz$/;
const ownSchema = /^(?:charts\/[^/]+\/)*values\.schema\.json$/;

/** What stands in a folder or an archive. */
interface Content {
  readonly files: Map<string, Uint8Array>;
  readonly display: (path: string) => string;
  /** Packed charts by the path of the archive. */
  readonly charts: Map<string, Content>;
}

interface Collector {
  readonly gzip: Gzip;
  readonly problems: Problem[];
  bytesLeft: number;
  filesLeft: number;
}

interface FolderCollector extends Collector {
  readonly source: Files;
  readonly content: Content;
}

/**
 * Reads a chart whole, rooted at its folder. Links inside of it are followed, those that leave it are left out with a
 * problem. Packed charts in `charts/` are taken apart and packed anew, so that nothing in them is read but what was seen.
 * @throws {OpsError} INPUT_UNREADABLE, INPUT_MALFORMED when its Chart.yaml cannot be read
 */
export function collectChart(source: Files, gzip: Gzip): ChartFiles {
  const content: Content = { files: new Map(), display: (path) => source.display(path), charts: new Map() };
  const collector: FolderCollector = { ...newCollector(gzip), source, content };
  walk(collector, ".", new Set([source.real?.(".") ?? "."]));
  return chartFiles(content, collector.problems);
}

/**
 * Takes a packed chart apart, in memory; its files are named `<archive>!/<path in it>`.
 * @param display How the archive is named to people.
 * @throws {OpsError} INPUT_MALFORMED, INPUT_TOO_LARGE when it is no packed chart, or one that is not taken apart here
 */
export function collectPackedChart(display: string, bytes: Uint8Array, gzip: Gzip): ChartFiles {
  const collector = newCollector(gzip);
  const read = unpackChart(bytes, gzip, { bytes: collector.bytesLeft, files: collector.filesLeft });
  const shown = printable(display);
  if ("what" in read)
    throw new OpsError(
      read.tooLarge ? "INPUT_TOO_LARGE" : "INPUT_MALFORMED",
      `${shown} is not taken for a packed Helm chart: ${read.what}`,
      {
        hint: read.tooLarge
          ? `at most ${MAX_FILES} files and ${MAX_BYTES} bytes are unpacked`
          : "name an archive that helm package made, or the folder that holds Chart.yaml",
      },
    );
  if (!read.files.has("Chart.yaml"))
    throw new OpsError("INPUT_MALFORMED", `${shown} is no packed Helm chart: it holds no Chart.yaml`, {
      hint: "objects are read from files and folders: unpack it, and name what is in it",
    });
  const { content, archive } = unpacked(collector, display, read, 0);
  return { ...chartFiles(content, collector.problems), archive };
}

function newCollector(gzip: Gzip): Collector {
  return { gzip, problems: [], bytesLeft: MAX_BYTES, filesLeft: MAX_FILES };
}

function chartFiles(content: Content, problems: Problem[]): ChartFiles {
  const { files, display } = content;
  const bytes = files.get("Chart.yaml");
  const description = bytes === undefined ? undefined : describing(display("Chart.yaml"), bytes);
  if (description === undefined) {
    throw new OpsError(
      "INPUT_MALFORMED",
      `${printable(display("Chart.yaml"))} is no description of a chart`,
      {
        hint: "a chart has a Chart.yaml with apiVersion, name and version",
      },
    );
  }
  const root = chartIn(content, "", 0);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,249}$/.test(root.name)) {
    const place = description.places.value(["name"]);
    problems.push(
      chartProblem("chart/malformed", place, `${JSON.stringify(printable(root.name))} is no name of a chart`),
    );
  }
  return {
    files,
    display,
    problems,
    description,
    library: memberText(description.value, "type") === "library",
    sourceOf: (name) => sourceIn(root, name),
  };
}

function walk(collector: FolderCollector, folder: string, above: ReadonlySet<string>): void {
  const { source, problems } = collector;
  for (const name of source.list(folder)) {
    const path = folder === "." ? name : `${folder}/${name}`;
    // No part of a chart, and Helm would read them whole where .helmignore does not name them.
    if (name === ".git" || name === "node_modules") continue;
    const kind = kindOf(collector, path);
    if (kind === "folder") {
      const real = source.real?.(path) ?? path;
      if (above.has(real) || above.size > MAX_DEPTH)
        problems.push(
          chartProblem(
            "chart/malformed",
            startOf(source.display(path)),
            "a folder that holds itself, or too deep",
          ),
        );
      else walk(collector, path, new Set([...above, real]));
    } else if (kind === "file") take(collector, path);
    if (problems.some(({ code }) => code === "chart/too-large")) return;
  }
}

function kindOf({ source, problems }: FolderCollector, path: string): "file" | "folder" | undefined {
  try {
    const kind = source.kind(path);
    if (kind === undefined)
      problems.push(
        chartProblem(
          "chart/malformed",
          startOf(source.display(path)),
          "neither a file nor a folder, or a link to nothing",
        ),
      );
    return kind;
  } catch (error) {
    if (!OpsError.is(error) || error.code !== "INPUT_OUTSIDE") throw error;
    // Helm would follow it, and `.Files.Get` would print what it leads to.
    const severity = rendering.test(path) ? "error" : "warning";
    problems.push(
      chartProblem("chart/outside", startOf(source.display(path)), printable(source.display(path)), severity),
    );
    return undefined;
  }
}

function take(collector: FolderCollector, path: string): void {
  const { source, problems, content } = collector;
  const tooLarge = (what: string): void => {
    problems.push(chartProblem("chart/too-large", startOf(source.display(path)), what));
  };
  if (collector.filesLeft === 0) return tooLarge(`the chart has more than ${MAX_FILES} files`);
  collector.filesLeft--;
  let bytes: Uint8Array;
  try {
    bytes = source.read(path, collector.bytesLeft);
  } catch (error) {
    if (!OpsError.is(error) || error.code !== "INPUT_TOO_LARGE") throw error;
    return tooLarge(`the files of the chart have more than ${MAX_BYTES} bytes`);
  }
  collector.bytesLeft -= bytes.length;
  const kept = examined(collector, content, { path, bytes, depth: 0 });
  if (kept !== undefined) content.files.set(path, kept);
}

/** What Helm is handed of a file: a packed chart is packed anew. Undefined: the file is left out, and a problem says why. */
function examined(
  collector: Collector,
  content: Content,
  { path, bytes, depth }: { readonly path: string; readonly bytes: Uint8Array; readonly depth: number },
): Uint8Array | undefined {
  const { gzip, problems } = collector;
  const display = content.display(path);
  if (ownSchema.test(path)) {
    // Helm would fetch or read what it refers to.
    const reference = referenceOutside(bytes);
    if (reference === undefined) return bytes;
    const what = JSON.stringify(printable(reference.slice(0, 200)));
    problems.push(chartProblem("chart/schema", startOf(display), what));
    return undefined;
  }
  if (!packed.test(path)) return bytes;
  const { bytesLeft, filesLeft } = collector;
  const read =
    depth >= MAX_CHARTS
      ? { tooLarge: false, what: "packed charts within packed charts, too deep" }
      : unpackChart(bytes, gzip, { bytes: bytesLeft, files: filesLeft });
  if ("what" in read) {
    const code = read.tooLarge ? "chart/too-large" : "chart/malformed";
    problems.push(chartProblem(code, startOf(display), `the packed chart cannot be unpacked: ${read.what}`));
    return undefined;
  }
  const inner = unpacked(collector, display, read, depth + 1);
  content.charts.set(path, inner.content);
  return inner.archive;
}

/** The files of a packed chart, charts within it too, and the archive that Helm is handed in its place. */
function unpacked(
  collector: Collector,
  archive: string,
  { folder, files, size }: PackedChart,
  depth: number,
): { readonly content: Content; readonly archive: Uint8Array } {
  collector.bytesLeft -= size;
  collector.filesLeft -= files.size;
  const content: Content = {
    files: new Map(),
    display: (path) => `${archive}!/${folder}/${path}`,
    charts: new Map(),
  };
  for (const [path, bytes] of files) {
    const kept = examined(collector, content, { path, bytes, depth });
    if (kept !== undefined) content.files.set(path, kept);
  }
  return { content, archive: packChart({ folder, files: content.files }, collector.gzip) };
}

interface ChartNode {
  readonly name: string;
  readonly children: readonly ChartNode[];
  /** Names under which the charts in it go besides their own. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly file: (path: string) => SourceFile | undefined;
}

/** The chart in a folder of some content, with the charts in it. */
function chartIn(content: Content, prefix: string, depth: number): ChartNode {
  const { files, charts, display } = content;
  const bytes = files.get(`${prefix}Chart.yaml`);
  const children: ChartNode[] = [];
  const names = new Set<string>();
  for (const path of depth < MAX_CHARTS ? files.keys() : []) {
    if (!path.startsWith(`${prefix}charts/`)) continue;
    const [name = "", ...rest] = path.slice(`${prefix}charts/`.length).split("/");
    const archived = rest.length === 0 ? charts.get(path) : undefined;
    if (archived !== undefined) children.push(chartIn(archived, "", depth + 1));
    else if (rest.join("/") === "Chart.yaml" && !names.has(name)) {
      names.add(name);
      children.push(chartIn(content, `${prefix}charts/${name}/`, depth + 1));
    }
  }
  return {
    name: nameIn(bytes),
    children,
    aliases: aliasesIn([bytes, files.get(`${prefix}requirements.yaml`)]),
    file: (path) => {
      const found = files.get(prefix + path);
      return found === undefined
        ? undefined
        : { display: display(prefix + path), text: new TextDecoder().decode(found) };
    },
  };
}

/** The file of a name of Helm's, `<chart>/charts/<chart>/…/<path>`. */
function sourceIn(root: ChartNode, name: string): SourceFile | undefined {
  if (!name.startsWith(`${root.name}/`)) return undefined;
  const rest = name.slice(root.name.length + 1);
  if (rest.split("/").some((part) => part === "" || part === "." || part === "..")) return undefined;
  return fileIn(root, rest);
}

function fileIn(node: ChartNode, path: string): SourceFile | undefined {
  const match = /^charts\/([^/]+)\/(.*)$/s.exec(path);
  const wanted = match === null ? undefined : (node.aliases.get(match[1] ?? "") ?? match[1]);
  for (const child of node.children) {
    const found = child.name === wanted ? fileIn(child, match?.[2] ?? "") : undefined;
    if (found !== undefined) return found;
  }
  return node.file(path);
}

function describing(display: string, bytes: Uint8Array): ReadDocument | undefined {
  const [document] = readDocuments(display, bytes);
  return document !== undefined && isObject(document.value) ? document : undefined;
}

function nameIn(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : memberText(describing("", bytes)?.value ?? null, "name");
}

function aliasesIn(descriptions: readonly (Uint8Array | undefined)[]): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  for (const bytes of descriptions) {
    const dependencies =
      bytes === undefined ? undefined : valueAt(describing("", bytes)?.value ?? null, ["dependencies"]);
    for (const dependency of isArray(dependencies) ? dependencies : []) {
      const alias = memberText(dependency, "alias");
      if (alias !== "") aliases.set(alias, memberText(dependency, "name"));
    }
  }
  return aliases;
}

function memberText(value: Json, key: string): string {
  const member = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof member === "string" ? member : "";
}

function startOf(file: string): Place {
  return { file, line: 1, column: 1 };
}
