import { allThreats, type ModelScore, type ThreatEntry, type ThreatModel } from "../model/threat-model.ts";
import { numberText } from "./number-text.ts";

/** Everything that a person asks first: the numbers, what is present with its places, what is mitigated, what is open. */
export function renderModelText(model: ThreatModel): string {
  const { inventory, cvss } = model;
  const count = (kind: string): number => inventory.instructions.filter((one) => one.kind === kind).length;
  const lines = [
    `${model.subject}${model.version === undefined ? "" : ` ${model.version}`}: ${inventory.files} files read, nothing run`,
    `  ${count("agent")} agents, ${count("skill")} skills, ${count("command")} commands, ${inventory.servers.length} servers, ${inventory.hooks.length} hooks`,
    "",
    "Scores",
    ...model.scores.map((score) => `  ${scoreLine(score)}`),
    `  CVSS-B ${numberText(cvss.base, cvss.range)}  ${cvss.vector ?? unknownMetrics(model)}`,
    `  mitigation ${model.mitigation.value ?? 1}: ${model.mitigation.reason}`,
    "",
    "Factors (AIVSS v0.8)",
    ...model.factors.map(
      (factor) =>
        `  ${(factor.value === null ? "?" : factor.value.toFixed(1)).padEnd(4)} ${factor.name}: ${factor.reason}${place(factor.evidence)}`,
    ),
  ];
  const all = allThreats(model);
  for (const [state, title] of [
    ["present", "Present"],
    ["mitigated", "Mitigated"],
    ["not-applicable", "Not applicable"],
  ] as const) {
    const some = all.filter((threat) => threat.state === state);
    if (some.length === 0) continue;
    lines.push(
      "",
      `${title} (${some.length})`,
      ...some.flatMap((threat) => threatLines(threat, state === "present")),
    );
  }
  const open = all.filter((threat) => threat.state === "not-certain");
  lines.push("", `Not certain (${open.length})`, `  ${open.map((threat) => threat.id).join(", ")}`);
  if (inventory.anomalies.length > 0)
    lines.push(
      "",
      `Anomalies (${inventory.anomalies.length})`,
      ...inventory.anomalies.map(
        (one) => `  ${one.evidence.file}:${one.evidence.line}  ${one.kind}: ${one.evidence.what}`,
      ),
    );
  return `${lines.join("\n")}\n`;
}

function unknownMetrics({ cvss }: ThreatModel): string {
  return `(unknown: ${cvss.metrics
    .filter(({ value }) => value === null)
    .map(({ metric }) => metric)
    .join(", ")})`;
}

export function scoreLine(score: ModelScore): string {
  const number = numberText(score.aivss, score.interval);
  return `${score.profile}: ${number}${score.severity === null ? "" : ` ${score.severity}`}`;
}

const PLACES = 3;

function threatLines(threat: ThreatEntry, places: boolean): readonly string[] {
  const asi = threat.asi.length === 0 ? "" : `  [${threat.asi.join(", ")}]`;
  const lines = [`  ${threat.id.padEnd(6)} ${threat.name}: ${threat.reason}${asi}`];
  if (!places) return lines;
  const shown = threat.evidence.slice(0, PLACES);
  const more = threat.evidence.length + threat.more - shown.length;
  return [
    ...lines,
    ...shown.map((one) => `           ${one.file}:${one.line}  ${one.what}`),
    ...(more > 0 ? [`           and ${more} more`] : []),
  ];
}

function place(evidence: ThreatEntry["evidence"]): string {
  const [first] = evidence;
  return first === undefined ? "" : ` (${first.file}:${first.line})`;
}

/** Many plug-ins, the worst first: the upper end of the strict score, then how many threats are present. */
export function renderListText(
  models: readonly { readonly folder: string; readonly model: ThreatModel }[],
): string {
  const rows = models
    .map(({ folder, model }) => ({
      folder,
      score: model.scores[0],
      present: model.threats.filter((threat) => threat.state === "present").length,
      anomalies: model.inventory.anomalies.length,
    }))
    .sort(
      (left, right) =>
        (right.score?.interval.max ?? 0) - (left.score?.interval.max ?? 0) ||
        right.present - left.present ||
        (left.folder < right.folder ? -1 : 1),
    );
  const width = Math.max(...rows.map((row) => row.folder.length));
  const lines = rows.map(({ folder, score, present, anomalies }) => {
    const more = anomalies === 0 ? "" : `, ${anomalies} anomalies`;
    return `${folder.padEnd(width)}  ${score === undefined ? "" : scoreLine(score)}  ${present} present${more}`;
  });
  return `${models.length} plug-ins, nothing run\n\n${lines.join("\n")}\n`;
}
