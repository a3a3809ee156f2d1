import type { Files } from "../files.ts";
import { isArray, isObject, type Json, valueAt } from "../json.ts";
import { OpsError } from "../ops-error.ts";
import type { Place } from "../place.ts";
import { printable } from "../printable.ts";
import type { Problem } from "../problem.ts";
import type { ReadDocument } from "../read-object.ts";
import { readDocuments } from "../yaml/read-documents.ts";
import { chartProblem } from "./problems.ts";
import type { SourceFile } from "./rendered.ts";
import { referenceOutside } from "./schema-references.ts";
import { type ArchiveFile, readTar, writeTar } from "./tar.ts";

/** gzip, which the pure rooms do not have. */
export interface Gzip {
  /** The content, at most `limit` bytes; undefined when it is no gzip or larger. */
  readonly unpack: (bytes: Uint8Array, limit: number) => Uint8Array | undefined;
  readonly pack: (bytes: Uint8Array) => Uint8Array;
}

/** A chart as it is handed to Helm: plain files, none from outside of it, no schema that leads elsewhere. */
export interface ChartFiles {
  /** By their paths in the chart. */
  readonly files: ReadonlyMap<string, Uint8Array>;
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
const packed = /^(?:.*\/)?charts\/[^/]+\.tgz$/;
const ownSchema = /^(?:charts\/[^/]+\/)*values\.schema\.json$/;

interface Collector {
  readonly source: Files;
  readonly gzip: Gzip;
  readonly files: Map<string, Uint8Array>;
  readonly problems: Problem[];
  /** Files of packed charts by the path of the archive. */
  readonly archives: Map<string, readonly ArchiveFile[]>;
  left: number;
}

/**
 * Reads a chart whole, rooted at its folder. Links inside of it are followed, those that leave it are left out with a
 * problem. Packed charts in `charts/` are taken apart and packed anew, so that nothing in them is read but what was seen.
 * @throws {OpsError} INPUT_UNREADABLE, INPUT_MALFORMED when its Chart.yaml cannot be read
 */
export function collectChart(source: Files, gzip: Gzip): ChartFiles {
  const collector: Collector = {
    source,
    gzip,
    files: new Map(),
    problems: [],
    archives: new Map(),
    left: MAX_BYTES,
  };
  walk(collector, ".", new Set([source.real?.(".") ?? "."]));
  const bytes = collector.files.get("Chart.yaml");
  const description = bytes === undefined ? undefined : describing(source.display("Chart.yaml"), bytes);
  if (description === undefined) {
    throw new OpsError(
      "INPUT_MALFORMED",
      `${printable(source.display("Chart.yaml"))} is no description of a chart`,
      {
        hint: "a chart has a Chart.yaml with apiVersion, name and version",
      },
    );
  }
  const root = chartIn(collector, "", 0);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,249}$/.test(root.name)) {
    const place = description.places.value(["name"]);
    collector.problems.push(
      chartProblem("chart/malformed", place, `${JSON.stringify(printable(root.name))} is no name of a chart`),
    );
  }
  return {
    files: collector.files,
    problems: collector.problems,
    description,
    library: memberText(description.value, "type") === "library",
    sourceOf: (name) => sourceIn(root, name),
  };
}

function walk(collector: Collector, folder: string, above: ReadonlySet<string>): void {
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
          chartProblem("chart/malformed", startOf(source, path), "a folder that holds itself, or too deep"),
        );
      else walk(collector, path, new Set([...above, real]));
    } else if (kind === "file") take(collector, path);
    if (problems.some(({ code }) => code === "chart/too-large")) return;
  }
}

function kindOf({ source, problems }: Collector, path: string): "file" | "folder" | undefined {
  try {
    const kind = source.kind(path);
    if (kind === undefined)
      problems.push(
        chartProblem(
          "chart/malformed",
          startOf(source, path),
          "neither a file nor a folder, or a link to nothing",
        ),
      );
    return kind;
  } catch (error) {
    if (!OpsError.is(error) || error.code !== "INPUT_OUTSIDE") throw error;
    // Helm would follow it, and `.Files.Get` would print what it leads to.
    const severity = rendering.test(path) ? "error" : "warning";
    problems.push(
      chartProblem("chart/outside", startOf(source, path), printable(source.display(path)), severity),
    );
    return undefined;
  }
}

function take(collector: Collector, path: string): void {
  const { source, problems, files } = collector;
  const tooLarge = (what: string): void => {
    problems.push(chartProblem("chart/too-large", startOf(source, path), what));
  };
  if (files.size >= MAX_FILES) return tooLarge(`the chart has more than ${MAX_FILES} files`);
  let bytes: Uint8Array;
  try {
    bytes = source.read(path, collector.left);
  } catch (error) {
    if (!OpsError.is(error) || error.code !== "INPUT_TOO_LARGE") throw error;
    return tooLarge(`the files of the chart have more than ${MAX_BYTES} bytes`);
  }
  collector.left -= bytes.length;
  if (ownSchema.test(path) && leadsOut(collector, path, path, bytes)) return;
  if (!packed.test(path)) {
    files.set(path, bytes);
    return;
  }
  const archive = repacked(collector, path, bytes, 0);
  if (archive === undefined) return;
  files.set(path, archive.packed);
  collector.archives.set(path, archive.files);
}

/** Whether a schema refers to something outside of it; then Helm does not get it. */
function leadsOut({ source, problems }: Collector, path: string, file: string, bytes: Uint8Array): boolean {
  const reference = referenceOutside(bytes);
  if (reference === undefined) return false;
  const inside = file === path ? "" : ` (in ${printable(file)})`;
  const what = `${JSON.stringify(printable(reference.slice(0, 200)))}${inside}`;
  problems.push(chartProblem("chart/schema", startOf(source, path), what));
  return true;
}

function repacked(
  collector: Collector,
  path: string,
  bytes: Uint8Array,
  depth: number,
): { readonly packed: Uint8Array; readonly files: readonly ArchiveFile[] } | undefined {
  const { source, gzip, problems } = collector;
  const refuse = (what: string): undefined => {
    problems.push(chartProblem("chart/malformed", startOf(source, path), what));
    return undefined;
  };
  if (depth > MAX_CHARTS) return refuse("packed charts within packed charts, too deep");
  const tar = gzip.unpack(bytes, collector.left);
  if (tar === undefined) return refuse("the packed chart is no gzip archive, or too large");
  collector.left -= tar.length;
  const read = readTar(tar, MAX_FILES);
  if (typeof read === "string") return refuse(`the packed chart cannot be unpacked: ${read}`);
  const kept: ArchiveFile[] = [];
  for (const file of read) {
    const parts = file.path.split("/");
    if (
      parts.length < 2 ||
      parts.some((part) => part === "" || part === "." || part === "..") ||
      file.path.includes("\\")
    )
      return refuse(`the packed chart holds a file outside of its folder: ${printable(file.path)}`);
    const inner = parts.slice(1).join("/");
    if (ownSchema.test(inner) && leadsOut(collector, path, file.path, file.bytes)) continue;
    if (packed.test(inner)) {
      const nested = repacked(collector, path, file.bytes, depth + 1);
      if (nested === undefined) return undefined;
      kept.push({ path: file.path, bytes: nested.packed });
    } else kept.push(file);
  }
  return { packed: gzip.pack(writeTar(kept)), files: kept };
}

interface ChartNode {
  readonly name: string;
  readonly children: readonly ChartNode[];
  /** Names under which the charts in it go besides their own. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly file: (path: string) => SourceFile | undefined;
}

/** The chart in a folder of the chart, with the charts in it. */
function chartIn(collector: Collector, prefix: string, depth: number): ChartNode {
  const { files, source, archives } = collector;
  const bytes = files.get(`${prefix}Chart.yaml`);
  const children: ChartNode[] = [];
  const names = new Set<string>();
  for (const path of depth < MAX_CHARTS ? files.keys() : []) {
    if (!path.startsWith(`${prefix}charts/`)) continue;
    const [name = "", ...rest] = path.slice(`${prefix}charts/`.length).split("/");
    const archive = rest.length === 0 ? archives.get(path) : undefined;
    if (archive !== undefined) children.push(packedChart(archive, source.display(path)));
    else if (rest.join("/") === "Chart.yaml" && !names.has(name)) {
      names.add(name);
      children.push(chartIn(collector, `${prefix}charts/${name}/`, depth + 1));
    }
  }
  return {
    name: nameIn(bytes),
    children,
    aliases: aliasesIn([bytes, files.get(`${prefix}requirements.yaml`)]),
    file: (path) => {
      const content = files.get(prefix + path);
      if (content === undefined) return undefined;
      return { display: source.display(prefix + path), text: new TextDecoder().decode(content) };
    },
  };
}

/** A packed chart: its files are known, and a place is the archive. Charts packed within it are not looked into. */
function packedChart(files: readonly ArchiveFile[], display: string): ChartNode {
  const inner = new Map(files.map(({ path, bytes }) => [path.slice(path.indexOf("/") + 1), bytes]));
  return {
    name: nameIn(inner.get("Chart.yaml")),
    children: [],
    aliases: new Map(),
    file: (path) => (inner.has(path) || path.startsWith("charts/") ? { display } : undefined),
  };
}

function sourceIn(root: ChartNode, name: string): SourceFile | undefined {
  if (!name.startsWith(`${root.name}/`)) return undefined;
  let rest = name.slice(root.name.length + 1);
  if (rest.split("/").some((part) => part === "" || part === "." || part === "..")) return undefined;
  let node = root;
  for (;;) {
    const match = /^charts\/([^/]+)\/(.*)$/s.exec(rest);
    const wanted = match === null ? undefined : (node.aliases.get(match[1] ?? "") ?? match[1]);
    const child = wanted === undefined ? undefined : node.children.find((one) => one.name === wanted);
    if (child === undefined) return node.file(rest);
    node = child;
    rest = match?.[2] ?? "";
  }
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

function startOf(source: Files, path: string): Place {
  return { file: source.display(path), line: 1, column: 1 };
}
