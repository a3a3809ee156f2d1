import { basename, dirname, relative, resolve } from "node:path";
import { statSync } from "node:fs";
import { projectFiles } from "../../apply/files/node-files.ts";
import { isCompose } from "../../authoring/compose/read-compose.ts";
import type { Files } from "../../kube/files.ts";
import { matchFiles } from "../../kube/find-files.ts";
import { isObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import {
  type InputFile,
  readInputs,
  type ReadInputsOptions,
  readStdin,
  type SkippedFile,
} from "../../kube/read-inputs.ts";
import { quotedPath } from "../../kube/unrendered.ts";
import { readDocuments } from "../../kube/yaml/read-documents.ts";
import { type ChartOptions, isGlobOfCharts } from "./chart-options.ts";
import type { CliContext } from "../context.ts";
import { within } from "./project-folder.ts";
import { renderFolder } from "./render-folder.ts";
import type { RenderedFolder } from "./rendered-folder.ts";
import { sha256 } from "../sha256.ts";

/** What the user named, read: a Compose project, or files of objects. */
export type Inputs =
  | {
      readonly kind: "compose";
      readonly files: Files;
      readonly names: readonly string[];
      readonly folderName: string;
    }
  | ({ readonly kind: "objects" } & InputsRead);

/** Names of -f and of the positional words, in their order; none is a usage error. */
export function inputNames(
  filename: readonly string[] | undefined,
  words: readonly string[],
): readonly string[] {
  const names = [...(filename ?? []), ...words];
  if (names.length === 0) {
    throw new OpsError("USAGE", "no input was named", {
      hint: "name files or folders with -f, or - for standard input",
    });
  }
  // An empty path would be the working folder: "$FOLDER" of a variable that is not set means no such thing.
  if (names.includes("")) {
    throw new OpsError("USAGE", "an input has an empty name", {
      hint: "a variable of the shell may be unset; the working folder is named .",
    });
  }
  return names;
}

/** Takes out settings, charters, plans and baselines of ours: they lie beside manifests and are none. */
export function withoutOwnFiles({ inputs, skipped }: InputsRead): InputsRead {
  const own = inputs.filter(isOwnFile).map(({ path }) => ({ path, reason: "a file of kubeops itself" }));
  return { inputs: inputs.filter((input) => !isOwnFile(input)), skipped: [...skipped, ...own] };
}

interface InputsRead {
  readonly inputs: readonly InputFile[];
  readonly skipped: readonly SkippedFile[];
}

function isOwnFile(input: InputFile): boolean {
  return (
    input.documents.length > 0 &&
    input.documents.every(
      ({ value }) => isObject(value) && value["apiVersion"] === "kubernetes-operations.dev/v1",
    )
  );
}

/** Files rooted at the deepest folder that holds everything the user named, and the names relative to it. */
export function projectOf(
  context: Pick<CliContext, "cwd">,
  names: readonly string[],
): { readonly files: Files; readonly names: readonly string[] } {
  const absolute = names.map((name) => resolve(context.cwd, name));
  let root = folderOf(absolute[0] ?? context.cwd);
  for (const path of absolute) {
    while (!within(root, path)) root = dirname(root);
  }
  const files = projectFiles(root, { displayFrom: context.cwd });
  return { files, names: absolute.map((path) => relative(root, path) || ".") };
}

function folderOf(path: string): string {
  // A folder is its own root; a file's root, and that of a glob, is the folder it stands in.
  try {
    return statSync(path).isDirectory() ? path : dirname(path);
  } catch {
    let folder = dirname(path);
    while (/[*?]/.test(folder)) folder = dirname(folder);
    return folder;
  }
}

/** `chart`: folders of Helm charts that are named are rendered. Only for who judges objects: no Helm on the way to a write. */
export interface ReadObjectsOptions extends ReadInputsOptions {
  readonly chart?: ChartOptions;
}

/** Reads objects from files, folders, globs and standard input. */
export async function readObjectInputs(
  context: CliContext,
  names: readonly string[],
  options: ReadObjectsOptions = {},
): Promise<Extract<Inputs, { kind: "objects" }>> {
  const named = names.filter((name) => name !== "-");
  const made: InputFile[] = [];
  const read: InputFile[] = [];
  const skipped: SkippedFile[] = [];
  const plain: string[] = [];
  for (const name of named.flatMap((one) => archivesOf(context, one))) {
    const rendered = await renderFolder(context, name, options.chart);
    if (rendered === undefined || rendered.asItStands) plain.push(name);
    if (rendered === undefined) continue;
    // Who plans must not lose a part unseen.
    if (options.leaveUnrendered !== true && (rendered.asItStands || rendered.input === undefined))
      throw notRendered(name, rendered);
    if (rendered.input !== undefined) made.push(rendered.input);
    skipped.push(...rendered.skipped);
  }
  if (plain.length > 0) {
    const project = projectOf(context, plain);
    const found = readInputs(project.files, project.names, { sha256, ...options });
    read.push(...found.inputs);
    // Why a folder was not rendered is said once.
    skipped.push(...found.skipped.filter(({ path }) => !skipped.some((one) => one.path === path)));
  }
  const { inputs, part } = withoutParts(made, read);
  if (names.includes("-")) inputs.push(readStdin(await context.readStdin(), { sha256 }));
  return { kind: "objects", inputs, skipped: [...skipped, ...part] };
}

/** The archives that a glob for archives fits, each of which is one chart; other names stand for themselves. */
function archivesOf(context: CliContext, name: string): readonly string[] {
  if (!isGlobOfCharts(name)) return [name];
  const { files, names } = projectOf(context, [name]);
  const paths = matchFiles(files, names[0] ?? name, () => undefined);
  return paths.length === 0 ? [name] : paths.map((path) => files.display(path));
}

function notRendered(name: string, { input }: RenderedFolder): OpsError {
  if (input === undefined)
    return new OpsError(
      "INPUT_MALFORMED",
      `${printable(name)} is a packed Helm chart, and objects are asked for`,
      {
        hint: `render it, read what it makes, and hand that in: helm template ${quotedPath(name)}`,
      },
    );
  const [problem] = input.documents.flatMap((document) => document.problems);
  return new OpsError("INPUT_MALFORMED", problem?.message ?? `${printable(name)} is not rendered`, {
    ...(problem?.place === undefined ? {} : { place: problem.place }),
    ...(problem?.hint === undefined ? {} : { hint: problem.hint }),
  });
}

/** A base that was named beside what builds on it, and a file that was built into it, count once: as they are built. */
function withoutParts(
  made: readonly InputFile[],
  read: readonly InputFile[],
): { readonly inputs: InputFile[]; readonly part: readonly SkippedFile[] } {
  const inputs: InputFile[] = [];
  const part: SkippedFile[] = [];
  const folders = new Set<string>();
  for (const input of [...made, ...read]) {
    const file = input.made?.by ?? input.path;
    const whole = made.find((one) => one.made?.by !== file && one.made?.files.has(file) === true);
    if (whole !== undefined) part.push({ path: input.path, reason: `a part of ${printable(whole.path)}` });
    else if (input.made === undefined || !folders.has(input.made.folder)) inputs.push(input);
    if (input.made !== undefined) folders.add(input.made.folder);
  }
  return { inputs, part };
}

/** Reads what the user named: all Compose files, or all objects. */
export async function readRequest(context: CliContext, names: readonly string[]): Promise<Inputs> {
  const composes = names.map((name) => isComposeFile(context, name));
  if (!composes.includes(true)) return readObjectInputs(context, names);
  const other = names[composes.indexOf(false)];
  if (other !== undefined) {
    throw new OpsError("USAGE", `${other} is no Compose file, and others are`, {
      hint: "make one plan of the Compose files and one of the objects",
    });
  }
  const first = resolve(context.cwd, names[0] ?? "");
  const root = dirname(first);
  for (const name of names) {
    if (!within(root, resolve(context.cwd, name))) {
      throw new OpsError(
        "INPUT_OUTSIDE",
        `${name} lies outside the project folder ${relative(context.cwd, root) || "."}`,
        {
          hint: "the project folder is that of the first Compose file; name the outermost one first",
        },
      );
    }
  }
  return {
    kind: "compose",
    files: projectFiles(root, { displayFrom: context.cwd }),
    names: names.map((name) => relative(root, resolve(context.cwd, name))),
    folderName: basename(root),
  };
}

function isComposeFile(context: CliContext, name: string): boolean {
  if (name === "-" || /[*?]/.test(name)) return false;
  const path = resolve(context.cwd, name);
  const files = projectFiles(dirname(path), { displayFrom: context.cwd });
  const file = basename(path);
  if (files.kind(file) !== "file" || !/\.(ya?ml|json)$/i.test(file)) return false;
  return readDocuments(files.display(file), files.read(file)).some((document) => isCompose(document.value));
}
