import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { printable } from "../../kube/printable.ts";
import { numberText } from "../../threat-model/report/number-text.ts";
import { type AivssInput, type AivssScore, levers, scoreAivss } from "../../threat-model/score/aivss.ts";
import {
  type CandidateMetric,
  candidateMetrics,
  candidateNames,
  type CandidateScore,
  scoreCandidate,
} from "../../threat-model/score/candidate.ts";
import { type Cvss4, parseCvss4 } from "../../threat-model/score/cvss4.ts";
import { type Hundredths, parseHundredths } from "../../threat-model/score/decimal.ts";
import { type FactorRow, factorSets } from "../../threat-model/score/factors.ts";
import {
  inRange,
  type ProfileId,
  type ProfileRow,
  profiles,
  type Range,
  rangeText,
} from "../../threat-model/score/profiles.ts";
import { type Impact, ssvc, type SsvcResult, type ThreatState } from "../../threat-model/score/ssvc.ts";
import type { CliContext } from "../context.ts";
import { guarded } from "../errors.ts";

export interface ScoreFlags {
  readonly profile: ProfileId | "aivss-2.0-candidate";
  readonly vector?: string;
  readonly base?: string;
  readonly factors?: string;
  readonly thm?: string;
  readonly mitigation?: string;
  readonly metrics?: string;
  readonly ssvc?: string;
  readonly output: "text" | "json";
}

const apiVersion = "kubernetes-operations.dev/v1";

export async function threatModelScore(this: CliContext, flags: ScoreFlags): Promise<void> {
  await guarded(this, flags, async () => {
    const deadline = flags.ssvc === undefined ? undefined : ssvcOf(flags.ssvc);
    if (flags.profile === "aivss-2.0-candidate") {
      const score = candidateOf(flags);
      this.process.stdout.write(
        flags.output === "json" ? json(score, deadline) : candidateText(score, deadline),
      );
      return ExitCode.done;
    }
    if (flags.metrics !== undefined)
      throw usage(`--metrics belongs to the profile aivss-2.0-candidate, not to ${flags.profile}`);
    const profile = profiles[flags.profile];
    const input = inputOf(profile, flags);
    const score = scoreAivss(profile, input);
    this.process.stdout.write(
      flags.output === "json" ? json(score, deadline) : scoreText(profile, input, score, deadline),
    );
    return ExitCode.done;
  });
}

function usage(message: string, hint?: string): OpsError {
  return new OpsError("USAGE", message, hint === undefined ? {} : { hint });
}

function json(score: AivssScore | CandidateScore, deadline: SsvcResult | undefined): string {
  const body = {
    apiVersion,
    kind: "AivssScore",
    ...score,
    ...(deadline === undefined ? {} : { ssvc: deadline }),
  };
  return `${JSON.stringify(body, null, 2)}\n`;
}

function vectorOf(text: string): Cvss4 {
  const parsed = parseCvss4(text);
  if (!parsed.ok)
    throw usage(
      `--vector ${JSON.stringify(printable(text.slice(0, 120)))} is no CVSS 4.0 vector: ${printable(parsed.problem)}`,
      "give all eleven base metrics, for example CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H",
    );
  return parsed.cvss;
}

function baseOf(profile: ProfileRow, { vector, base }: ScoreFlags): AivssInput["base"] {
  if (vector !== undefined && base !== undefined) throw usage("give --vector or --base, not both");
  if (vector !== undefined) return vectorOf(vector);
  if (base === undefined)
    throw usage(
      profile.bareBase ? "--vector or --base is missing" : `${profile.id} needs a CVSS 4.0 vector: --vector`,
    );
  if (!profile.bareBase)
    throw usage(
      `${profile.id} takes no bare number: a score without its vector cannot be checked`,
      "give --vector, or --profile agentready to compare with a published page",
    );
  const hundredths = parseHundredths(base, 1);
  if (hundredths === undefined || hundredths > 1000)
    throw usage(`--base must be a number from 0.0 to 10.0 with one decimal, not ${quoted(base)}`);
  return { baseTenths: hundredths / 10 };
}

function inputOf(profile: ProfileRow, flags: ScoreFlags): AivssInput {
  const base = baseOf(profile, flags);
  const factors = factorsOf(profile, flags.factors ?? "");
  const threat = valueOf(profile.threat, "--thm", flags.thm) ?? profile.threatDefault;
  if (profile.mitigation === undefined && flags.mitigation !== undefined)
    throw usage(`${profile.id} has no mitigation factor`);
  const mitigation =
    profile.mitigation === undefined
      ? undefined
      : (valueOf(profile.mitigation, "--mitigation", flags.mitigation) ?? profile.mitigationDefault);
  return {
    base,
    factors,
    ...(threat === undefined || flags.thm === UNKNOWN ? {} : { threat }),
    ...(mitigation === undefined || flags.mitigation === UNKNOWN ? {} : { mitigation }),
  };
}

const UNKNOWN = "unknown";

function valueOf(range: Range, flag: string, text: string | undefined): Hundredths | undefined {
  if (text === undefined || text === UNKNOWN) return undefined;
  if (!("min" in range)) {
    const named = range.find(({ names }) => names.includes(text));
    if (named !== undefined) return named.value;
  }
  const value = parseHundredths(text, 2);
  if (value === undefined || !inRange(range, value))
    throw usage(`${flag} must be ${rangeText(range)}, or unknown, not ${quoted(text)}`);
  return value;
}

function pairsOf(flag: string, text: string): readonly (readonly [string, string])[] {
  const seen = new Set<string>();
  return text
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const at = part.indexOf("=");
      if (at < 1) throw usage(`${flag} takes name=value pairs with commas between them, not ${quoted(part)}`);
      const name = part.slice(0, at).trim();
      if (seen.has(name)) throw usage(`${flag} gives ${quoted(name)} twice`);
      seen.add(name);
      return [name, part.slice(at + 1).trim()] as const;
    });
}

function factorsOf(profile: ProfileRow, text: string): ReadonlyMap<string, Hundredths> {
  const rows = factorSets[profile.factorSet];
  const factors = new Map<string, Hundredths>();
  for (const [name, given] of pairsOf("--factors", text)) {
    const row = rows.find(({ id }) => id === name.replaceAll("-", "_"));
    if (row === undefined) throw unknownFactor(profile, rows, name);
    if (given === UNKNOWN) continue;
    const value = parseHundredths(given, 2);
    if (value === undefined || !inRange(profile.factors, value))
      throw usage(`factor ${row.id} must be ${rangeText(profile.factors)}, or unknown, not ${quoted(given)}`);
    factors.set(row.id, value);
  }
  return factors;
}

function unknownFactor(profile: ProfileRow, rows: readonly FactorRow[], name: string): OpsError {
  const other = Object.values(factorSets)
    .flat()
    .find((row) => row.id === name.replaceAll("-", "_"));
  const hint =
    other === undefined
      ? `its factors are ${rows.map(({ id }) => id).join(", ")}`
      : other.counterpart === undefined
        ? `${other.id} has no counterpart in the factors of ${profile.id}`
        : `the factors of ${profile.id} call it ${other.counterpart}, and its rubric differs`;
  return usage(`${quoted(name)} is no factor of ${profile.id}`, hint);
}

function candidateOf(flags: ScoreFlags): CandidateScore {
  for (const flag of ["factors", "thm", "mitigation", "base"] as const) {
    if (flags[flag] !== undefined)
      throw usage(`--${flag} does not belong to the profile aivss-2.0-candidate, which takes --metrics`);
  }
  if (flags.vector === undefined) throw usage("aivss-2.0-candidate needs a CVSS 4.0 vector: --vector");
  const names = Object.keys(candidateMetrics) as CandidateMetric[];
  const metrics = Object.fromEntries(names.map((name) => [name, "X"])) as Record<CandidateMetric, string>;
  for (const [name, value] of pairsOf("--metrics", flags.metrics ?? "")) {
    const metric = names.find((known) => known === name);
    if (metric === undefined)
      throw usage(
        `${quoted(name)} is no metric of the candidate`,
        names.map((known) => `${known} ${candidateNames[known]}`).join(", "),
      );
    if (value.length !== 1 || !candidateMetrics[metric].includes(value))
      throw usage(
        `${metric} must be one of ${candidateMetrics[metric].split("").join(", ")}, not ${quoted(value)}`,
      );
    metrics[metric] = value;
  }
  return scoreCandidate(vectorOf(flags.vector), metrics);
}

const FACTORS = 10;
const threats: readonly string[] = ["none", "poc", "active"];
const impacts: readonly string[] = ["contained", "significant", "critical"];

function ssvcOf(text: string): SsvcResult {
  const given = new Map(pairsOf("--ssvc", text));
  const factors = Array.from({ length: FACTORS }, (_, index) => {
    const value = given.get(`f${index + 1}`) ?? "";
    if (!/^[1-5]$/.test(value)) throw usage(`--ssvc f${index + 1} must be 1 to 5`, SSVC_HINT);
    return Number(value);
  });
  const threat = given.get("threat") ?? "";
  const impact = given.get("impact") ?? "";
  if (!threats.includes(threat)) throw usage(`--ssvc threat must be one of ${threats.join(", ")}`, SSVC_HINT);
  if (!impacts.includes(impact)) throw usage(`--ssvc impact must be one of ${impacts.join(", ")}`, SSVC_HINT);
  const unknown = [...given.keys()].find(
    (name) => name !== "threat" && name !== "impact" && !/^f(?:[1-9]|10)$/.test(name),
  );
  if (unknown !== undefined) throw usage(`${quoted(unknown)} is no part of --ssvc`, SSVC_HINT);
  return ssvc(factors, threat as ThreatState, impact as Impact);
}

const SSVC_HINT =
  "for example threat=poc,impact=significant,f1=3,f2=4,f3=1,f4=3,f5=1,f6=1,f7=2,f8=1,f9=2,f10=1";

function quoted(text: string): string {
  return JSON.stringify(printable(text.length > 60 ? `${text.slice(0, 60)}...` : text));
}

function scoreText(
  profile: ProfileRow,
  input: AivssInput,
  score: AivssScore,
  deadline: SsvcResult | undefined,
): string {
  const unknown = score.aivss === null ? ` (unknown: ${score.unknown.join(", ")})` : "";
  const number = `${numberText(score.aivss, score.interval)}${unknown}`;
  const lines = [
    `${profile.id}: ${number}${score.severity === null ? "" : ` ${score.severity}`}`,
    `  CVSS-B       ${score.cvssBase.toFixed(1)}${score.vector === undefined ? "" : `  ${score.vector}`}`,
    `  factor sum   ${score.factorSum ?? "unknown"}`,
    `  AARS         ${score.aars ?? "unknown"}`,
    `  formula      ${score.formula}`,
    ...levers(profile, input).map(
      (lever) => `  with mitigation ${lever.mitigation}: ${lever.aivss.toFixed(1)} ${lever.severity}`,
    ),
    ...score.notes.map((note) => `  note ${note}`),
  ];
  return `${[...lines, ...deadlineLines(deadline)].join("\n")}\n`;
}

function candidateText(score: CandidateScore, deadline: SsvcResult | undefined): string {
  const withheld = `withheld: no evidence for ${score.unknown.join(", ")}`;
  const lines = [
    `aivss-2.0-candidate: ${score.aivss === null ? withheld : score.aivss.toFixed(1)} (${score.status})`,
    `  experimental sum  ${score.experimental ?? withheld} (${score.experimentalLabel})`,
    `  effect class      ${score.effectClass}`,
  ];
  return `${[...lines, ...deadlineLines(deadline)].join("\n")}\n`;
}

function deadlineLines(deadline: SsvcResult | undefined): readonly string[] {
  if (deadline === undefined) return [];
  return [`  SSVC         ${deadline.outcome}: ${deadline.deadline} (class ${deadline.agentClass})`];
}
