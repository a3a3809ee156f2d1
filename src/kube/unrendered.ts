import { pathFrom } from "./files.ts";
import { isArray, isObject, type Json, valueAt } from "./json.ts";
import { printable } from "./printable.ts";
import type { ReadDocument } from "./read-object.ts";

/** Names that kustomize reads, in its order (kustomize api/konfig/general.go, RecognizedKustomizationFileNames). */
export const kustomizationNames: readonly string[] = [
  "kustomization.yaml",
  "kustomization.yml",
  "Kustomization",
];

/** Whether a file directs kustomize instead of holding objects, at any depth. */
export function isKustomizationName(path: string): boolean {
  return kustomizationNames.includes(path.slice(path.lastIndexOf("/") + 1));
}

/** Whether a file may be a packed Helm chart, by its name. */
export function isArchiveName(path: string): boolean {
  return /\.(?:tgz|tar\.gz)$/i.test(path);
}

/** Members of a kustomization that name files which are no objects of their own. */
const partMembers: readonly string[] = [
  "patches",
  "patchesStrategicMerge",
  "patchesJson6902",
  "replacements",
  "configurations",
  "transformers",
  "generators",
  "validators",
  "openapi",
  "crds",
  "configMapGenerator",
  "secretGenerator",
];

/** The folder of a Helm chart by the path of a file in it, `.` for the root; undefined when the file describes no chart. */
function chartFolder(path: string): string | undefined {
  if (path === "Chart.yaml") return ".";
  return path.endsWith("/Chart.yaml") ? path.slice(0, -"/Chart.yaml".length) : undefined;
}

export interface Charts {
  /** Paths that belong to no chart's templates. */
  readonly rest: readonly string[];
  /** Folders of charts with the number of their templates, as they are met. */
  readonly charts: readonly { readonly folder: string; readonly templates: number }[];
}

/** Takes the descriptions of Helm charts and their templates out of the files of a folder. */
export function withoutCharts(paths: readonly string[]): Charts {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const folder = chartFolder(path);
    if (folder !== undefined) counts.set(folder, 0);
  }
  if (counts.size === 0) return { rest: paths, charts: [] };
  const rest = paths.filter((path) => {
    if (chartFolder(path) !== undefined) return false;
    const folder = templateOf(path, counts);
    if (folder === undefined) return true;
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
    return false;
  });
  return { rest, charts: [...counts].map(([folder, templates]) => ({ folder, templates })) };
}

/** The innermost chart of which a file is a template. */
function templateOf(path: string, charts: ReadonlyMap<string, number>): string | undefined {
  const parts = path.split("/");
  for (let length = parts.length - 2; length >= 0; length--) {
    const folder = length === 0 ? "." : parts.slice(0, length).join("/");
    if (parts[length] === "templates" && charts.has(folder)) return folder;
  }
  return undefined;
}

/** What is said of a chart, by the name that people give its folder. */
export function chartText(display: string, templates: number): string {
  const count = `${templates} template${templates === 1 ? "" : "s"} not read`;
  return `a Helm chart, ${count}; to check what it renders, name it: kubeops check ${quotedPath(display)}`;
}

/** What is said of an archive that is met on a walk. */
export function archiveText(display: string): string {
  return `an archive, not looked into; if it is a Helm chart, what it renders is checked when it is named: kubeops check ${quotedPath(display)}`;
}

/** What is said of a kustomization that is met on a walk, by the name of its folder. */
export function kustomizationText(folder: string): string {
  return `a kustomization; its files are checked as they stand, and what it makes of them when it is named: kubeops check ${quotedPath(folder)}`;
}

/** What is said of a kustomization that was named and is not built here. */
export function unbuiltText(folder: string): string {
  return `a kustomization; its files are checked as they stand, and what it makes of them by: kustomize build ${quotedPath(folder)} | kubeops check -`;
}

/** A path as a word of a shell. */
export function quotedPath(path: string): string {
  const shown = printable(path);
  return /^[A-Za-z0-9_./][A-Za-z0-9_./-]*$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}

interface FoundFile {
  readonly path: string;
  readonly display: string;
  readonly documents: readonly ReadDocument[];
}

/** Files that kustomizations name as patches, generators or settings, and not as resources: by path, why they are no objects. */
export function partsOfKustomizations(files: readonly FoundFile[]): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  const resources = new Set<string>();
  for (const { path, display, documents } of files) {
    if (!isKustomizationName(path)) continue;
    const folder = path.split("/").slice(0, -1).join("/") || ".";
    // What leaves the root fits no file.
    const fileOf = (name: string): string => pathFrom(folder, name) ?? "..";
    for (const { value } of documents) {
      for (const name of [...textsIn(valueAt(value, ["resources"])), ...textsIn(valueAt(value, ["bases"]))])
        resources.add(fileOf(name));
      for (const member of partMembers) {
        for (const name of textsIn(valueAt(value, [member])))
          parts.set(fileOf(name), `no object of its own: ${member} of ${printable(display)}`);
      }
    }
  }
  for (const resource of resources) parts.delete(resource);
  return parts;
}

/** Every text that may name a file: items of lists, `path`, and `files` and `envs` of generators, without their key. */
function textsIn(value: Json | undefined): readonly string[] {
  if (typeof value === "string") return /[\r\n]/.test(value) ? [] : [value];
  if (isArray(value)) return value.flatMap(textsIn);
  if (!isObject(value)) return [];
  const files = ["files", "envs"].flatMap((member) => textsIn(valueAt(value, [member])));
  return [...textsIn(valueAt(value, ["path"])), ...files.map((name) => name.slice(name.indexOf("=") + 1))];
}
