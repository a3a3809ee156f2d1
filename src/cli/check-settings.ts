import { basename, dirname, posix, relative, resolve } from "node:path";
import { type OwnRule, ruleOfOwn, type RuleTest } from "../analysis/checks/own-rules/own-rule.ts";
import { testRules, type TestReport } from "../analysis/checks/own-rules/test-rules.ts";
import type { Gvk } from "../analysis/checks/deprecations/lifecycle.ts";
import type { Profile } from "../analysis/checks/practices/practice.ts";
import type { CheckOptions } from "../analysis/checks/reading/check-objects.ts";
import { ruleOf } from "../analysis/checks/rule-table.ts";
import { type Baseline, parseBaseline } from "../analysis/checks/settings/baseline.ts";
import { parseSettings, ruleFilesOf } from "../analysis/checks/settings/parse-settings.ts";
import {
  type CheckSettings,
  noSettings,
  type SettingsProblem,
} from "../analysis/checks/settings/settings.ts";
import type { RuleOf } from "../analysis/findings/rule.ts";
import { projectFiles } from "../apply/files/node-files.ts";
import { isPattern, matchFiles } from "../kube/find-files.ts";
import type { Files } from "../kube/files.ts";
import { OpsError } from "../kube/ops-error.ts";
import { printable } from "../kube/printable.ts";
import type { ReadDocument } from "../kube/read-object.ts";
import { readDocuments } from "../kube/yaml/read-documents.ts";
import type { CliContext } from "./context.ts";
import { oneDocument, readOneDocument } from "./inputs/read-document.ts";
import { hasSettings, SETTINGS_NAME } from "./settings-name.ts";
import type { SchemaStore } from "./schema-store/schema-store.ts";
import type { AskedVersions } from "./upgrade-versions.ts";

/** Files of rules, and of objects for their tests. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_FILES = 1000;

/** The settings of the working folder, or of the file that is named; none where there is none. */
export function readSettings(context: CliContext, named: string | undefined): CheckSettings {
  if (named === undefined && !hasSettings(context.cwd)) return noSettings;
  const document = readOneDocument(context, named ?? SETTINGS_NAME, { plain: true });
  const patterns = ruleFilesOf(document);
  const ruleFiles = patterns.length === 0 ? [] : readRuleFiles(context, document, patterns);
  const parsed = parseSettings(document, (id) => ruleOf(id) !== undefined, ruleFiles);
  if (parsed.ok) return parsed.settings;
  throw malformed(parsed.problem);
}

function malformed({ message, place, hint }: SettingsProblem): OpsError {
  return new OpsError("INPUT_MALFORMED", message, { place, ...(hint === undefined ? {} : { hint }) });
}

/** The folder of a file, and nothing outside it (kernel K16). */
function folderOf(context: CliContext, file: string): Files {
  return projectFiles(dirname(resolve(context.cwd, file)), { displayFrom: context.cwd });
}

function readRuleFiles(
  context: CliContext,
  { file, places }: ReadDocument,
  patterns: readonly string[],
): readonly ReadDocument[] {
  const files = folderOf(context, file);
  const own = basename(file);
  const found = new Set<string>();
  for (const [index, pattern] of patterns.entries()) {
    const path = posix.normalize(pattern);
    const matched = isPattern(path) ? matchFiles(files, path, () => {}) : [path];
    const kept = matched.filter((one) => /\.(?:ya?ml|json)$/.test(one) && one !== own);
    if (kept.length === 0 || kept.some((one) => files.kind(one) !== "file"))
      throw new OpsError("INPUT_NOT_FOUND", `no file of rules is at ${printable(pattern)}`, {
        place: places.value(["check", "ruleFiles", index]),
        hint: "name files *.yaml, *.yml or *.json, relative to the settings",
      });
    for (const one of kept) found.add(one);
  }
  if (found.size > MAX_FILES)
    throw new OpsError("INPUT_TOO_LARGE", `more than ${MAX_FILES} files of rules`, {
      place: places.value(["check", "ruleFiles"]),
    });
  return [...found].sort().map((path) => {
    const display = files.display(path);
    return oneDocument(display, readDocuments(display, files.read(path, MAX_BYTES)));
  });
}

/** Runs the tests of the rules; a file that a test names lies in the folder of the settings. */
export function testOwnRules(
  context: CliContext,
  named: string | undefined,
  { rules, store }: { readonly rules: readonly OwnRule[]; readonly store: SchemaStore },
): TestReport {
  const settings = named ?? SETTINGS_NAME;
  const files = folderOf(context, settings);
  const known = new Map<string, readonly ReadDocument[]>();
  const documentsOf = (file: string, test: RuleTest): readonly ReadDocument[] => {
    const from = relative(
      dirname(resolve(context.cwd, settings)),
      resolve(context.cwd, dirname(test.place.file)),
    );
    const path = posix.join(from, file);
    const before = known.get(path);
    if (before !== undefined) return before;
    const display = files.display(path);
    const documents = readDocuments(display, files.read(path, MAX_BYTES));
    known.set(path, documents);
    return documents;
  };
  const report = testRules(rules, documentsOf, kindsIn(store));
  if ("problem" in report) throw malformed(report.problem);
  return report;
}

/** By what every command judges that checks: what the flags ask, the settings, and the definitions that were stored. */
export function checkOptions(
  { podSecurity, profile }: JudgeFlags,
  versions: AskedVersions,
  settings: CheckSettings,
  store: SchemaStore,
): CheckOptions {
  return {
    ...versions,
    podSecurity: podSecurity ?? "labels",
    judge: { settings, ...(profile === undefined ? {} : { profile }) },
    storedDefinition: (group, kind) => store.find(group, kind),
    storedKinds: () => kindsIn(store),
  };
}

/** Versions of kinds that the store has definitions of. */
function kindsIn(store: SchemaStore): readonly Gvk[] {
  return store
    .list()
    .flatMap(({ group, kind, versions }) => versions.map((version) => ({ group, version, kind })));
}

export interface JudgeFlags {
  readonly podSecurity?: "baseline" | "restricted";
  readonly profile?: Profile | "none";
}

/** Rules of our tables, and those of a repository's own. */
export function ruleOfAny({ rules }: CheckSettings): RuleOf {
  if (rules.length === 0) return ruleOf;
  const own = new Map(rules.map((rule) => [rule.id, ruleOfOwn(rule)]));
  return (code) => own.get(code) ?? ruleOf(code);
}

export function readBaseline(context: CliContext, path: string): Baseline {
  const baseline = parseBaseline(readOneDocument(context, path, { plain: true }).value);
  if (baseline === undefined)
    throw new OpsError("INPUT_MALFORMED", `${printable(path)} is no baseline`, {
      hint: "kubeops check ... --write-baseline FILE writes one",
    });
  return baseline;
}
