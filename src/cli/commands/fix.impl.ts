import { fixObjects } from "../../analysis/checks/fixes/fix-objects.ts";
import type { FixRow } from "../../analysis/checks/fixes/fix-row.ts";
import { fixOf } from "../../analysis/checks/fixes/fix-table.ts";
import { checkInputs } from "../../analysis/checks/reading/check-objects.ts";
import { ruleCodes } from "../../analysis/checks/rule-table.ts";
import type { Finding } from "../../analysis/findings/finding.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { nearestName } from "../../kube/nearest-name.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import { checkOptions, type JudgeFlags, readSettings } from "../check-settings.ts";
import type { CliContext } from "../context.ts";
import {
  fixDiff,
  fixedText,
  fixJson,
  type FixReport,
  leftText,
  shownOnTerminal,
  summaryText,
} from "../display/fix-report.ts";
import { guarded } from "../errors.ts";
import { type OutputFlags, wantsColor } from "../flags.ts";
import { inputNames } from "../inputs/inputs.ts";
import { cachePath } from "../paths.ts";
import {
  fileText,
  type PlainFile,
  type PlainFiles,
  readPlainFiles,
  readPlainStdin,
  replacePlainFile,
} from "../inputs/plain-files.ts";
import { openSchemaStore } from "../schema-store/schema-store.ts";
import { type AskedVersions, versionsOf } from "../upgrade-versions.ts";

export interface FixFlags extends OutputFlags, JudgeFlags {
  readonly filename?: readonly string[];
  readonly dryRun: boolean;
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly safe: boolean;
  readonly kubeVersion?: string;
  readonly upgradeTo?: readonly string[];
  readonly config?: string;
}

export async function fix(this: CliContext, flags: FixFlags, ...words: string[]): Promise<void> {
  await guarded(this, flags, async () => {
    const names = inputNames(flags.filename, words);
    const stdin = names.includes("-");
    if (stdin && names.length > 1)
      throw new OpsError("USAGE", "standard input is fixed alone", {
        hint: "name files and folders in another run",
      });
    const considered = selection(flags);
    const versions = versionsOf(flags.kubeVersion, flags.upgradeTo);
    const read = stdin ? await readPlainStdin(this) : readPlainFiles(this, names);
    if (read.inputs.length === 0) throw nothingRead(read);
    const fixed = fixObjects({
      inputs: read.inputs,
      texts: new Map(read.files.map(({ input, text }) => [input.path, text])),
      minor: versions.upgrade?.to ?? versions.minor,
      check: checker(this, flags, versions),
      withheld: (row) => withheld(row, flags),
    });
    const byPath = new Map(read.files.map((file) => [file.input.path, file]));
    const changing = [...fixed.files].flatMap(([path, one]) => {
      const file = byPath.get(path);
      return file === undefined ? [] : [{ path, old: file.text, file, fixed: one }];
    });
    const write = !stdin && !flags.dryRun;
    const failed: { readonly path: string; readonly error: OpsError }[] = [];
    for (const { path, file, fixed: one } of write ? changing : []) {
      const error = replaced(this, file, one.text);
      if (error !== undefined) failed.push({ path, error });
    }
    const lost = new Set(failed.map(({ path }) => path));
    const left = (write ? fixed.leftAfter : fixed.left).filter(({ finding }) => considered(finding));
    const [only] = read.files;
    const text =
      stdin && only !== undefined ? fileText(only, changing[0]?.fixed.text ?? only.text) : undefined;
    report(this, flags, {
      dryRun: flags.dryRun,
      files: changing.filter(({ path }) => !lost.has(path)),
      left,
      skipped: read.skipped,
      ...(text === undefined ? {} : { text }),
    });
    const [first] = failed;
    if (first !== undefined) throw first.error;
    return flags.dryRun && changing.length > 0 ? ExitCode.no : ExitCode.done;
  });
}

/** Replaces a file; gives the failure, so that the other files are still written. */
function replaced(context: CliContext, file: PlainFile, text: string): OpsError | undefined {
  try {
    replacePlainFile(context, file, text);
    return undefined;
  } catch (error) {
    if (OpsError.is(error)) return error;
    throw error;
  }
}

function checker(
  context: CliContext,
  flags: FixFlags,
  versions: AskedVersions,
): (inputs: PlainFiles["inputs"]) => readonly Finding[] {
  const settings = readSettings(context, flags.config);
  const options = checkOptions(flags, versions, settings, openSchemaStore(cachePath(context)));
  return (inputs) => checkInputs(inputs, options);
}

function nothingRead({ skipped: [first] }: PlainFiles): OpsError {
  return new OpsError("INPUT_EMPTY", "no Kubernetes object was found in plain files", {
    hint: first === undefined ? "name the folder that holds manifests" : `${first.path}: ${first.reason}`,
  });
}

/** Which findings this run is about. */
function selection({ only, skip }: FixFlags): (finding: Finding) => boolean {
  for (const id of [...(only ?? []), ...(skip ?? [])]) known(id);
  for (const id of only ?? []) {
    if (fixOf(id) === undefined)
      throw new OpsError("USAGE", `there is no fix for ${printable(id)}: only a person knows what is right`, {
        hint: `kubeops check --list-checks -o json says which checks have one`,
      });
  }
  return ({ code }) => (only === undefined || only.includes(code)) && skip?.includes(code) !== true;
}

function withheld({ id, effect }: FixRow, { only, skip, safe }: FixFlags): string | undefined {
  if ((only !== undefined && !only.includes(id)) || skip?.includes(id) === true) return "not asked for";
  return safe && effect === "behaviour" ? "its fix changes what a program may do (--safe)" : undefined;
}

function known(id: string): void {
  const ids = ruleCodes();
  if (ids.includes(id)) return;
  const meant = nearestName(id, ids);
  throw new OpsError("USAGE", `there is no check ${JSON.stringify(printable(id))}`, {
    hint: meant === undefined ? "kubeops check --list-checks lists them" : `did you mean ${meant}?`,
  });
}

function report(context: CliContext, flags: FixFlags, result: FixReport): void {
  const { stdout, stderr } = context.process;
  if (flags.output === "json") {
    stdout.write(`${JSON.stringify(fixJson(result))}\n`);
    return;
  }
  const color = wantsColor(context, flags);
  const lists = fixedText(result, color) + leftText(result, color);
  // What a pipe takes stands alone on standard output.
  const piped = flags.dryRun ? fixDiff(result, context.terminal, color) : result.text;
  if (piped !== undefined) stdout.write(context.terminal && !flags.dryRun ? shownOnTerminal(piped) : piped);
  else stdout.write(lists);
  if (flags.quiet) return;
  if (piped !== undefined) stderr.write(lists);
  for (const { path, reason } of result.skipped)
    stderr.write(`skipped ${printable(path)}: ${printableRest(reason)}\n`);
  stderr.write(summaryText(result));
}
