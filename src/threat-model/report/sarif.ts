import { allThreats, type ThreatEntry, type ThreatModel } from "../model/threat-model.ts";
import { jsonText, worstScore } from "./machine.ts";

const ROOT = "%SRCROOT%";
const levels: Readonly<Record<string, "error" | "warning" | "note">> = {
  critical: "error",
  high: "error",
  medium: "warning",
};

/**
 * The model as SARIF 2.1.0: a rule for each threat that is present or not certain, a result for each piece of evidence. A
 * threat that nothing decides is a question for a reviewer (kind review, which SARIF gives level none); code scanning shows
 * the others. The profile stands beside every number.
 */
export function renderModelSarif(model: ThreatModel, version: string): string {
  const shown = allThreats(model).filter(
    (threat) => threat.state === "present" || threat.state === "not-certain",
  );
  const worst = worstScore(model);
  const level = levels[worst.severity] ?? "note";
  return jsonText({
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "kubeops threat-model",
            version,
            rules: shown.map((threat) => ({
              id: threat.id,
              name: threat.name.replace(/[^A-Za-z0-9]+/g, ""),
              shortDescription: { text: threat.name },
              help: { text: `MAESTRO ${threat.layer}: ${threat.name}. ${threat.reason}.` },
              defaultConfiguration: { level: threat.state === "present" ? level : "none" },
              properties: {
                tags: ["security", "maestro", ...threat.asi],
                "security-severity": threat.state === "present" ? worst.score.toFixed(1) : "0.0",
                aivss_score: worst.score,
                aivss_profile: worst.profile,
                ...threat.crosswalk,
              },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { [ROOT]: { description: { text: "The folder under analysis." } } },
        properties: { llm_calls: model.llmCalls, subject: model.subject },
        results: shown.flatMap((threat, index) => results(threat, index, level)),
      },
    ],
  });
}

function results(threat: ThreatEntry, ruleIndex: number, level: string): readonly unknown[] {
  if (threat.state === "not-certain")
    return [
      {
        ruleId: threat.id,
        ruleIndex,
        kind: "review",
        level: "none",
        message: { text: `${threat.name}: ${threat.reason}` },
        partialFingerprints: { "kubeopsThreat/v1": `${threat.id}:review` },
        properties: { confidence: 0, state: threat.state },
      },
    ];
  const seen = new Map<string, number>();
  return threat.evidence.map((one) => {
    const key = `${threat.id}:${one.file}:${one.what}`;
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    return {
      ruleId: threat.id,
      ruleIndex,
      level,
      message: { text: `${threat.name}: ${threat.reason}. Evidence: ${one.what}` },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: relativeUri(one.file), uriBaseId: ROOT },
            region: { startLine: Math.max(1, one.line) },
          },
        },
      ],
      partialFingerprints: { "kubeopsThreat/v1": `${key}:${count}` },
      properties: { confidence: 1, state: threat.state, rules: threat.rules },
    };
  });
}

function relativeUri(path: string): string {
  return path
    .toWellFormed()
    .split("/")
    .filter((part) => part !== "")
    .map(encodeURIComponent)
    .join("/");
}
