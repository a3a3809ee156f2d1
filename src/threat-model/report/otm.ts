import { allThreats, type ThreatEntry, type ThreatModel } from "../model/threat-model.ts";
import { jsonText, machineId, worstScore } from "./machine.ts";

/** Trust ratings of the zones: 0 none, 100 full. */
const zones = [
  { id: "outside", name: "Texts and servers of others", risk: { trustRating: 0 } },
  { id: "agent", name: "The agent and its host", risk: { trustRating: 30 } },
  { id: "control", name: "What decides outside the model", risk: { trustRating: 90 } },
];

/**
 * The model as Open Threat Model 0.2.0. Its format wants a number for every impact and knows no interval: the upper end of
 * the strict score stands there times ten, and the interval, profile and evidence stand in the attributes.
 */
export function renderModelOtm(model: ThreatModel): string {
  const id = machineId(model.subject);
  const threats = allThreats(model);
  const worst = worstScore(model);
  const attributes = {
    profile: worst.profile,
    interval: model.scores[0]?.interval,
    llmCalls: model.llmCalls,
  };
  const { controls } = model.inventory;
  return jsonText({
    otmVersion: "0.2.0",
    project: { id, name: model.subject, description: "MAESTRO threats decided by evidence", attributes },
    trustZones: zones,
    components: [
      {
        id,
        name: model.subject,
        type: "ai-agent",
        parent: { trustZone: "agent" },
        threats: threats.map((threat) => ({
          threat: threat.id,
          state: threat.state,
          mitigations: controlsOf(threat).map((control) => ({ mitigation: control, state: "implemented" })),
        })),
      },
      ...model.inventory.servers.map((server, index) => ({
        id: `server-${index + 1}-${machineId(server.name)}`,
        name: server.name,
        type: "mcp-server",
        parent: server.remote ? { trustZone: "outside" } : { component: id },
        attributes: { evidence: `${server.evidence.file}:${server.evidence.line}` },
      })),
    ],
    dataflows: model.inventory.servers.map((server, index) => ({
      id: `flow-${index + 1}`,
      name: `${model.subject} calls ${server.name}`,
      source: id,
      destination: `server-${index + 1}-${machineId(server.name)}`,
      bidirectional: true,
    })),
    threats: threats.map((threat) => ({
      id: threat.id,
      name: threat.name,
      description: threat.reason,
      categories: [`MAESTRO ${threat.layer}`, ...threat.asi],
      cwes: threat.crosswalk.cwe,
      risk: {
        likelihood: threat.state === "present" ? 100 : threat.state === "not-certain" ? null : 0,
        impact: threat.state === "present" ? Math.round(worst.score * 10) : 0,
        impactComment: `${worst.profile}; not-certain has no number`,
      },
      attributes: {
        state: threat.state,
        reading: threat.reading,
        evidence: threat.evidence.map((one) => `${one.file}:${one.line} ${one.what}`),
      },
    })),
    mitigations: [...new Set([...controls.map((one) => one.id), ...threats.flatMap(controlsOf)])].map(
      (name) => ({
        id: name,
        name: controls.find((one) => one.id === name)?.title ?? name,
        riskReduction: Math.round((1 - (model.mitigation.value ?? 1)) * 100),
      }),
    ),
  });
}

/** Rules that mitigate a threat stand for its mitigations. */
function controlsOf(threat: ThreatEntry): readonly string[] {
  return threat.state === "mitigated" ? threat.rules : [];
}
