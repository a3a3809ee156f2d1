import { basename, dirname, resolve } from "node:path";
import { findHelm, type Helm } from "../../apply/chart/helm.ts";
import { gzip, isNamespaceName, isReleaseName, renderChart } from "../../apply/chart/render-chart.ts";
import { projectFiles } from "../../apply/files/node-files.ts";
import { servedBy } from "../../kube/catalogue/catalogue.ts";
import { type ChartFiles, collectChart, collectPackedChart } from "../../kube/chart/chart-files.ts";
import { problemOf } from "../../kube/chart/chart-problems.ts";
import { helmFaults, settingFault } from "../../kube/chart/helm-error.ts";
import { chartProblem } from "../../kube/chart/problems.ts";
import { readRendered, sortedSections } from "../../kube/chart/rendered.ts";
import { isObject } from "../../kube/json.ts";
import { versionText } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import type { Problem } from "../../kube/problem.ts";
import type { InputFile } from "../../kube/read-inputs.ts";
import type { ReadDocument } from "../../kube/read-object.ts";
import { readDocuments } from "../../kube/yaml/read-documents.ts";
import type { ChartOptions } from "./chart-options.ts";
import type { CliContext } from "../context.ts";
import { repositoryOf } from "./project-folder.ts";
import type { RenderedFolder } from "./rendered-folder.ts";
import { sha256 } from "../sha256.ts";

const MAX_VALUES_BYTES = 5 * 1024 * 1024;
const MAX_ARCHIVE_BYTES = 64 * 1024 * 1024;

/**
 * What Helm makes of the chart in a folder, as one input whose places are in the templates; or why it is not rendered here.
 * What Helm refuses is a problem of the input.
 * @throws {OpsError} USAGE, INPUT_MALFORMED, INPUT_UNREADABLE for what the user named
 */
export async function renderedChart(
  context: CliContext,
  name: string,
  options: ChartOptions,
): Promise<RenderedFolder> {
  const path = resolve(context.cwd, name);
  const files = projectFiles(path, { displayFrom: context.cwd });
  const given = givenValues(context, options);
  const chart = collectChart(files, gzip);
  return rendered(context, { chart, display: files.display("."), path, given, options });
}

/**
 * The same for a chart in an archive, as `helm package` makes it. It is taken apart in memory; places in it are named
 * `<archive>!/<path in it>`.
 * @throws {OpsError} as `renderedChart`; INPUT_MALFORMED, INPUT_TOO_LARGE for an archive that is no chart, or hostile
 */
export async function renderedPackedChart(
  context: CliContext,
  name: string,
  options: ChartOptions,
): Promise<RenderedFolder> {
  const path = resolve(context.cwd, name);
  const files = projectFiles(dirname(path), { displayFrom: context.cwd });
  const file = basename(path);
  const given = givenValues(context, options);
  const display = files.display(file);
  const chart = collectPackedChart(display, files.read(file, MAX_ARCHIVE_BYTES), gzip);
  return rendered(context, { chart, display, path, given, options });
}

async function rendered(
  context: CliContext,
  work: Omit<Work, "helm"> & {
    /** Where the chart lies: its repository's own programs are not run. */
    readonly path: string;
  },
): Promise<RenderedFolder> {
  const { chart, display, path } = work;
  const notRendered = (reason: string): RenderedFolder => ({
    skipped: [{ path: display, reason }],
    asItStands: chart.archive === undefined,
  });
  if (chart.library) return notRendered("a library chart, which renders nothing itself");
  const helm = await findHelm(context.env["PATH"] ?? "", repositoryOf(path) ?? path);
  if (typeof helm === "string") return notRendered(`a Helm chart, not rendered: ${helm}`);
  const input = await inputOf({ ...work, helm });
  return { input, skipped: [], asItStands: false };
}

interface Work {
  readonly chart: ChartFiles;
  readonly display: string;
  readonly helm: Helm;
  readonly given: readonly GivenValues[];
  readonly options: ChartOptions;
}

interface GivenValues {
  readonly bytes: Uint8Array;
  readonly document: ReadDocument;
}

async function inputOf({ chart, display, helm, given, options }: Work): Promise<InputFile> {
  const { description, problems, sourceOf } = chart;
  const texts = [...chart.files.values(), ...given.map(({ bytes }) => bytes)];
  const digest = sha256(Buffer.from(texts.map(sha256).join("\n")));
  const values = valuesOf(chart, given);
  const input = (found: readonly Problem[], rendered?: ReturnType<typeof readRendered>): InputFile => ({
    path: display,
    sha256: digest,
    documents: [...(rendered?.documents ?? []), ...told(description, found)],
    sources: new Map([...(rendered?.sources ?? []), ...sourcesOf([description, ...values])]),
  });
  if (problems.some(({ severity }) => severity === "error")) return input(problems);
  const result = await renderChart({
    helm,
    files: chart.files,
    ...(chart.archive === undefined ? {} : { archive: chart.archive }),
    minor: options.minor,
    apiVersions: [...servedApis(options.minor), ...options.apiVersions],
    namespace: options.namespace ?? "default",
    release: options.release ?? "release-name",
    values: given.map(({ bytes }) => bytes),
    set: options.set ?? [],
  });
  const places = { sourceOf, description, values };
  if (result.kind === "stopped")
    return input([
      ...problems,
      chartProblem("chart/too-large", description.places.value([]), `Helm ${result.why}`),
    ]);
  const faults = (stderr: string): readonly Problem[] =>
    helmFaults(stderr).map((fault) => problemOf(fault, places));
  const misset = result.kind === "failed" ? settingFault(result.stderr) : undefined;
  if (misset !== undefined)
    throw new OpsError("USAGE", `Helm does not take --set: ${misset}`, {
      hint: "write key=value, as for helm --set",
    });
  if (result.kind === "failed") return input([...problems, ...faults(result.stderr)]);
  const output = result.stderr === "" ? result.output : sortedSections(result.output);
  const rendered = readRendered({ display, output, sourceOf, elsewhere: description.file });
  // Helm's reader refuses a template: ours says where, unless it finds nothing wrong with it.
  const said = result.stderr === "" || rendered.documents.some(isRefused) ? [] : faults(result.stderr);
  return input([...problems, ...said], rendered);
}

function isRefused(document: ReadDocument): boolean {
  return document.problems.some(({ severity }) => severity === "error");
}

/** Problems that belong to no object, as a document without a value. */
function told(description: ReadDocument, problems: readonly Problem[]): readonly ReadDocument[] {
  const { file, places } = description;
  return problems.length === 0 ? [] : [{ file, index: -1, value: null, places, problems }];
}

function sourcesOf(documents: readonly ReadDocument[]): NonNullable<InputFile["sources"]> {
  return new Map(
    documents.flatMap(({ file, source }) => (source === undefined ? [] : ([[file, source]] as const))),
  );
}

/** The values by falling precedence. */
function valuesOf(chart: ChartFiles, given: readonly GivenValues[]): readonly ReadDocument[] {
  const own = chart.files.get("values.yaml");
  const file = chart.display("values.yaml");
  return [
    ...given.map(({ document }) => document).toReversed(),
    ...(own === undefined ? [] : readDocuments(file, own).slice(0, 1)),
  ];
}

/** What the user named: it is checked before anything is rendered. */
function givenValues(context: CliContext, options: ChartOptions): readonly GivenValues[] {
  const { release, namespace, values = [] } = options;
  if (release !== undefined && !isReleaseName(release))
    throw new OpsError("USAGE", `${JSON.stringify(printable(release))} is no name of a release`, {
      hint: "at most 53 lower-case letters, digits and dashes",
    });
  if (namespace !== undefined && !isNamespaceName(namespace))
    throw new OpsError("USAGE", `${JSON.stringify(printable(namespace))} is no name of a namespace`, {
      hint: "at most 63 lower-case letters, digits and dashes",
    });
  return values.map((name) => valuesFile(context, name));
}

function valuesFile(context: CliContext, name: string): GivenValues {
  const path = resolve(context.cwd, name);
  const files = projectFiles(dirname(path), { displayFrom: context.cwd });
  const file = path.slice(path.lastIndexOf("/") + 1);
  const display = files.display(file);
  if (files.kind(file) !== "file")
    throw new OpsError("INPUT_NOT_FOUND", `${printable(display)} is no file of values`, {
      hint: "--values takes a file of YAML, relative to the working folder",
    });
  const bytes = files.read(file, MAX_VALUES_BYTES);
  const [document] = readDocuments(display, bytes);
  if (document === undefined) throw new OpsError("INPUT_EMPTY", `${printable(display)} holds no document`);
  if (document.value !== null && isObject(document.value)) return { bytes, document };
  const problem = document.problems.find(({ severity }) => severity === "error");
  if (document.value === null && problem === undefined) return { bytes, document };
  const place = problem?.place ?? document.places.value([]);
  throw new OpsError("INPUT_MALFORMED", problem?.message ?? "values are a mapping, and this is none", {
    place,
  });
}

/** What a cluster of this minor serves, as `.Capabilities.APIVersions` has it. */
function servedApis(minor: number): readonly string[] {
  const names = servedBy(minor).flatMap((type) => [versionText(type), `${versionText(type)}/${type.kind}`]);
  return [...new Set(names)];
}
