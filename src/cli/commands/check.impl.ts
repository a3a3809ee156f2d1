import { resolve } from "node:path";
import { changeFindings } from "../../analysis/checks/changes/change-findings.ts";
import { checkWorlds } from "../../analysis/checks/reading/check-worlds.ts";
import { NAMESPACE_LABEL } from "../../analysis/checks/pod-security/rules.ts";
import { type Finding, isAtLeast, sortFindings } from "../../analysis/findings/finding.ts";
import { renderFindingsGithub } from "../../analysis/findings/github.ts";
import { gitlabIssues } from "../../analysis/findings/gitlab.ts";
import { findingsJson } from "../../analysis/findings/json.ts";
import { renderFindingsJunit } from "../../analysis/findings/junit.ts";
import { renderFindingsSarif } from "../../analysis/findings/sarif.ts";
import type { RuleOf } from "../../analysis/findings/rule.ts";
import { renderFindingsText } from "../../analysis/findings/text.ts";
import { baselineJson, newFindings } from "../../analysis/checks/settings/baseline.ts";
import { writeAtomically } from "../../apply/files/atomic-write.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { keyText } from "../../kube/object-key.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { renderedLine } from "../../kube/place.ts";
import { printable, printableRest } from "../../kube/printable.ts";
import type { InputFile, SkippedFile } from "../../kube/read-inputs.ts";
import type { ReadObject } from "../../kube/read-object.ts";
import { readObjects } from "../../kube/read-objects.ts";
import { type ChartOptions, isChart } from "../inputs/chart-options.ts";
import type { CliContext } from "../context.ts";
import { guarded } from "../errors.ts";
import { wantsColor } from "../flags.ts";
import { inputNames, readObjectInputs, withoutOwnFiles } from "../inputs/inputs.ts";
import {
  checkOptions,
  type JudgeFlags,
  readBaseline,
  readSettings,
  ruleOfAny,
  testOwnRules,
} from "../check-settings.ts";
import { cachePath } from "../paths.ts";
import { openSchemaStore, type SchemaStore } from "../schema-store/schema-store.ts";
import { versionsOf } from "../upgrade-versions.ts";
import { toolVersion } from "../version.ts";

export interface CheckFlags extends JudgeFlags {
  readonly filename?: readonly string[];
  readonly against?: readonly string[];
  readonly kubeVersion?: string;
  readonly values?: readonly string[];
  readonly set?: readonly string[];
  readonly release?: string;
  readonly namespace?: string;
  readonly upgradeTo?: readonly string[];
  readonly config?: string;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly listChecks: boolean;
  readonly testRules: boolean;
  readonly output: "text" | "json" | "sarif" | "junit" | "github" | "gitlab";
  readonly failOn: "error" | "warning" | "info";
  readonly color: "auto" | "always" | "never";
  readonly quiet: boolean;
}

/** Is there nothing in an input, neither a value nor a fault? */
function isBlank({ documents }: InputFile): boolean {
  return documents.every(({ value, problems }) => value === null && problems.length === 0);
}

/** What was left aside, and why, in one line. */
function skippedText(skipped: readonly SkippedFile[]): string {
  const [first] = skipped;
  return `left aside: ${first?.path ?? ""} (${first?.reason ?? ""})${skipped.length > 1 ? ` and ${skipped.length - 1} more` : ""}`;
}

export async function check(this: CliContext, flags: CheckFlags, ...words: string[]): Promise<void> {
  await guarded(this, flags, async () => {
    if (flags.listChecks) {
      // The ids of other tools take time to load that a check does not need.
      const { checkListText } = await import("../display/check-list.ts");
      this.process.stdout.write(checkListText(flags.output, readSettings(this, flags.config).rules));
      return ExitCode.done;
    }
    if (flags.testRules) return await tested(this, flags, words);
    const versions = versionsOf(flags.kubeVersion, flags.upgradeTo);
    const { minor } = versions;
    const settings = readSettings(this, flags.config);
    const names = inputNames(flags.filename, words);
    const store = openSchemaStore(cachePath(this));
    const chart = chartOptions(this, flags, { names, minor, store });
    const read = await readObjectInputs(this, names, { leaveUnrendered: true, chart });
    const { inputs, skipped } = withoutOwnFiles(read);
    if (inputs.length === 0) {
      throw new OpsError("INPUT_EMPTY", "no Kubernetes object was found in the inputs", {
        hint: skipped.length === 0 ? "name the folder that holds manifests" : skippedText(skipped),
      });
    }
    if (names.every((name) => name === "-") && inputs.every(isBlank)) {
      throw new OpsError("INPUT_EMPTY", "no Kubernetes object came from standard input", {
        hint: "the command before it may have failed: see what it printed; set -o pipefail ends a script there",
      });
    }
    const changes = await changesFrom(this, flags.against, { inputs, minor, chart });
    const { kept: own, exempt } = checkWorlds(inputs, checkOptions(flags, versions, settings, store));
    const kept = (changes.length === 0 ? own : sortFindings([...own, ...changes])).map(withRenderedLine);
    const { stdout, stderr } = this.process;
    if (flags.writeBaseline !== undefined) {
      writeAtomically(resolve(this.cwd, flags.writeBaseline), baselineJson(kept));
      if (!flags.quiet)
        stderr.write(`${kept.length} findings written to ${printable(flags.writeBaseline)}\n`);
      return ExitCode.done;
    }
    const {
      fresh: findings,
      old,
      gone,
    } = flags.baseline === undefined
      ? { fresh: kept, old: 0, gone: 0 }
      : newFindings(kept, readBaseline(this, flags.baseline));
    stdout.write(
      rendered(findings, {
        inputs,
        skipped,
        flags,
        ruleOf: ruleOfAny(settings),
        color: wantsColor(this, flags),
      }),
    );
    if (!flags.quiet && flags.output === "text" && flags.podSecurity !== undefined)
      stderr.write(brokenText(findings, flags.podSecurity));
    if (!flags.quiet) stderr.write(leftOutText({ exempt: exempt.length, old, gone }));
    if (!flags.quiet && !tellsSkipped.has(flags.output)) {
      for (const { path, reason } of skipped)
        stderr.write(`skipped ${printable(path)}: ${printableRest(reason)}\n`);
    }
    return findings.some((finding) => isAtLeast(finding.severity, flags.failOn))
      ? ExitCode.no
      : ExitCode.done;
  });
}

/** Runs the tests of the rules of one's own, instead of checking. */
async function tested(context: CliContext, flags: CheckFlags, words: readonly string[]): Promise<number> {
  if (flags.output !== "text" && flags.output !== "json")
    throw new OpsError("USAGE", `--test-rules has no output ${flags.output}`, {
      hint: "use -o text or -o json",
    });
  if (words.length > 0 || flags.filename !== undefined)
    throw new OpsError("USAGE", "--test-rules judges the objects of tests, not files", {
      hint: "leave out the paths; --config names other settings than kubeops.yaml",
    });
  const { rules } = readSettings(context, flags.config);
  if (rules.length === 0)
    throw new OpsError("USAGE", "there is no rule to test", {
      hint: "write rules under check.rules of kubeops.yaml, or name their files under check.ruleFiles; see docs/guide/own-rules.md",
    });
  const { ruleTestsJson, ruleTestsText } = await import("../display/rule-tests.ts");
  const report = testOwnRules(context, flags.config, {
    rules,
    store: openSchemaStore(cachePath(context)),
  });
  context.process.stdout.write(
    flags.output === "json"
      ? `${JSON.stringify(ruleTestsJson(report))}\n`
      : ruleTestsText(report, wantsColor(context, flags)),
  );
  const doubts = report.untested.length + report.neverFail.length + report.unknownKinds.length;
  const doubtful = doubts > 0 && flags.failOn !== "error";
  return doubtful || report.results.some(({ passed }) => !passed) ? ExitCode.no : ExitCode.done;
}

/** Where the line of a template could not be told, the line of what Helm prints says more than the nearest one. */
function withRenderedLine(finding: Finding): Finding {
  const rendered = renderedLine(finding.place);
  if (rendered === undefined) return finding;
  const line = `line ${rendered} of what helm template prints`;
  return { ...finding, hint: finding.hint === undefined ? line : `${finding.hint}; ${line}` };
}

/** What Helm is asked for; flags for it mean nothing without a chart. */
function chartOptions(
  context: CliContext,
  { values, set, release, namespace, against = [] }: CheckFlags,
  { names, minor, store }: { names: readonly string[]; minor: number; store: SchemaStore },
): ChartOptions {
  const given = Object.entries({ values, set, release, namespace }).find(([, value]) => value !== undefined);
  const named = [...names, ...against].some((name) => isChart(context, name));
  if (given !== undefined && !named)
    throw new OpsError("USAGE", `--${given[0]} is for Helm charts, and none was named`, {
      hint: "name the folder that holds Chart.yaml",
    });
  return {
    minor,
    apiVersions: named ? storedApis(store) : [],
    ...(values === undefined ? {} : { values }),
    ...(set === undefined ? {} : { set }),
    ...(release === undefined ? {} : { release }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** Kinds whose definitions the user stored: a cluster of his serves them, so templates may ask for them. */
function storedApis(store: SchemaStore): readonly string[] {
  const names = store
    .list()
    .slice(0, STORED)
    .flatMap(({ group, kind, versions }) =>
      versions.flatMap((version) => [`${group}/${version}`, `${group}/${version}/${kind}`]),
    );
  return [...new Set(names)];
}

/** Stored kinds that Helm is told of: they are arguments. */
const STORED = 500;

/** What the server would refuse when the objects of `against` are replaced by those of the inputs. */
async function changesFrom(
  context: CliContext,
  against: readonly string[] | undefined,
  { inputs, minor, chart }: { inputs: readonly InputFile[]; minor: number; chart: ChartOptions },
): Promise<readonly Finding[]> {
  if (against === undefined || against.length === 0) return [];
  const old = await readObjectInputs(context, against, { leaveUnrendered: true, chart });
  const objectsOf = (files: readonly InputFile[]): readonly ReadObject[] =>
    readObjects(files.flatMap((file) => file.documents)).objects;
  return changeFindings(objectsOf(old.inputs), objectsOf(inputs), minor);
}

/** What does not count, in one line; nothing where everything counts. */
function leftOutText({ exempt, old, gone }: { exempt: number; old: number; gone: number }): string {
  const parts = [
    ...(exempt > 0 ? [`${exempt} exempt by settings or annotations`] : []),
    ...(old > 0 ? [`${old} known from the baseline`] : []),
    ...(gone > 0 ? [`${gone} of the baseline are gone: write it anew`] : []),
  ];
  return parts.length === 0 ? "" : `not counted: ${parts.join(", ")}\n`;
}

/** Formats that name what was left aside themselves. */
const tellsSkipped: ReadonlySet<CheckFlags["output"]> = new Set(["json", "sarif"]);

/** The files that were read; of a rendered input those that its objects come from. */
function filesOf(inputs: readonly InputFile[]): readonly string[] {
  return [
    ...new Set(
      inputs.flatMap(({ path, documents, sources }) =>
        sources === undefined ? [path] : documents.map(({ file }) => file),
      ),
    ),
  ];
}

interface Report {
  readonly inputs: readonly InputFile[];
  readonly skipped: readonly SkippedFile[];
  readonly flags: CheckFlags;
  readonly ruleOf: RuleOf;
  readonly color: boolean;
}

function rendered(findings: readonly Finding[], { inputs, skipped, flags, ruleOf, color }: Report): string {
  switch (flags.output) {
    case "json":
      return `${JSON.stringify(findingsJson(findings, skipped))}\n`;
    case "sarif":
      return renderFindingsSarif(findings, { version: toolVersion, ruleOf, skipped });
    case "junit":
      return renderFindingsJunit(findings, {
        files: filesOf(inputs),
        failOn: flags.failOn,
      });
    case "github":
      return renderFindingsGithub(findings);
    case "gitlab":
      return `${JSON.stringify(gitlabIssues(findings), null, 2)}\n`;
    default: {
      const sources = new Map(
        inputs.flatMap((input) => [
          [input.path, input.documents[0]?.source] as const,
          ...(input.sources ?? []),
        ]),
      );
      return renderFindingsText(findings, {
        color,
        read: filesOf(inputs).length,
        sourceOf: (file) => sources.get(file),
      });
    }
  }
}

/** Names in the line of what a level breaks; the findings name them all. */
const NAMED = 10;

/** What enforcing a Pod Security level would break, in one line. */
function brokenText(findings: readonly Finding[], level: string): string {
  const broken = new Set(
    findings.flatMap(({ code, object }) =>
      code.startsWith("pod-security/") && code !== NAMESPACE_LABEL && object !== undefined
        ? [keyText(object)]
        : [],
    ),
  );
  const names = [...broken].sort().map(printable);
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  const what = names.length === 0 ? "nothing" : names.slice(0, NAMED).join(", ") + more;
  return `enforcing Pod Security ${level} would break ${what}\n`;
}
