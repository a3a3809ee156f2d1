import { allThreats, type ThreatEntry, type ThreatModel } from "../model/threat-model.ts";
import { jsonText, machineId, worstScore } from "./machine.ts";

/** States of VEX for the states of a threat. */
const analysis: Readonly<Record<ThreatEntry["state"], Readonly<Record<string, unknown>>>> = {
  present: { state: "exploitable" },
  mitigated: { state: "not_affected", justification: "protected_by_mitigating_control" },
  "not-applicable": { state: "not_affected", justification: "code_not_present" },
  "not-certain": { state: "in_triage" },
};

/**
 * The model as CycloneDX 1.7 with VEX. The format has no component type for agents, tools or skills (application is nearest)
 * and no method for AIVSS (other, with properties); CVSS-B stands beside it with its vector. No serial number and no
 * timestamp: equal models give equal bytes.
 */
export function renderModelCycloneDx(model: ThreatModel, version: string): string {
  const ref = machineId(model.subject);
  const worst = worstScore(model);
  const { inventory, cvss } = model;
  return jsonText({
    $schema: "http://cyclonedx.org/schema/bom-1.7.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.7",
    version: 1,
    metadata: {
      tools: { components: [{ type: "application", name: "kubernetes-operations", version }] },
      component: {
        type: "application",
        "bom-ref": ref,
        name: model.subject,
        ...(model.version === undefined ? {} : { version: model.version }),
        properties: [
          { name: "kubeops:llm_calls", value: String(model.llmCalls) },
          { name: "kubeops:files", value: String(inventory.files) },
        ],
      },
    },
    components: [
      ...inventory.instructions.map((one, index) => ({
        type: "application",
        "bom-ref": `${one.kind}-${index + 1}-${machineId(one.name)}`,
        name: one.name,
        properties: [
          { name: "kubeops:kind", value: one.kind },
          { name: "kubeops:capabilities", value: one.tools.capabilities.join(" ") },
          { name: "kubeops:evidence", value: `${one.evidence.file}:${one.evidence.line}` },
        ],
      })),
      ...inventory.servers.map((one, index) => ({
        type: "application",
        "bom-ref": `server-${index + 1}-${machineId(one.name)}`,
        name: one.name,
        properties: [
          { name: "kubeops:kind", value: "mcp-server" },
          { name: "kubeops:transport", value: one.transport },
          { name: "kubeops:pinned", value: String(one.pinned) },
        ],
      })),
    ],
    vulnerabilities: allThreats(model).map((threat) => ({
      "bom-ref": `threat-${machineId(threat.id)}`,
      id: threat.id,
      description: `${threat.name}: ${threat.reason}`,
      cwes: threat.crosswalk.cwe.map((id) => Number(id.slice("CWE-".length))),
      ratings:
        threat.state === "present"
          ? [
              ...(cvss.vector === null || cvss.base === null
                ? []
                : [{ score: cvss.base, method: "CVSSv4", vector: cvss.vector }]),
              {
                score: worst.score,
                severity: worst.severity,
                method: "other",
                justification: `AIVSS ${worst.profile}, upper end`,
              },
            ]
          : [],
      analysis: { ...analysis[threat.state], detail: detailOf(threat) },
      affects: [{ ref }],
      properties: [
        { name: "kubeops:maestro-layer", value: threat.layer },
        { name: "kubeops:reading", value: threat.reading },
        ...threat.asi.map((value) => ({ name: "kubeops:owasp-asi", value })),
        ...threat.crosswalk.atlas.map((value) => ({ name: "kubeops:mitre-atlas", value })),
      ],
    })),
  });
}

function detailOf(threat: ThreatEntry): string {
  const places = threat.evidence.map((one) => `${one.file}:${one.line} ${one.what}`);
  return [threat.reason, ...places].join("\n");
}
