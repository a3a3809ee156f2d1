import { allThreats, type ThreatEntry, type ThreatModel } from "../model/threat-model.ts";
import { renderPage } from "./page.ts";

/** The published page's form, then what it lacks: the state of every threat with its evidence. */
export function renderModelMarkdown(model: ThreatModel): string {
  const all = allThreats(model);
  const lines = [
    renderPage(model).trimEnd(),
    "",
    "## CVSS 4.0 vector",
    "",
    model.cvss.vector === null
      ? `Not complete: CVSS-B lies between ${model.cvss.range.min.toFixed(1)} and ${model.cvss.range.max.toFixed(1)}.`
      : `\`${model.cvss.vector}\`: CVSS-B ${(model.cvss.base ?? 0).toFixed(1)}.`,
    "",
    "| metric | value | why | evidence |",
    "|---|---|---|---|",
    ...model.cvss.metrics.map(
      (one) =>
        `| ${one.metric} | ${one.value ?? "unknown"} | ${cell(one.reason)} | ${places(one.evidence)} |`,
    ),
    "",
    "## Threats",
    "",
    "| id | threat | state | why | evidence | ASI |",
    "|---|---|---|---|---|---|",
    ...all.map(
      (threat) =>
        `| ${threat.id} | ${cell(threat.name)} | ${threat.state} | ${cell(threat.reason)} | ${places(threat.evidence)} | ${threat.asi.join(" ")} |`,
    ),
  ];
  if (model.inventory.anomalies.length > 0)
    lines.push(
      "",
      "## Anomalies",
      "",
      ...model.inventory.anomalies.map(
        (one) => `- ${cell(one.evidence.what)} (${cell(one.evidence.file)}:${one.evidence.line})`,
      ),
    );
  if (model.inventory.controls.length > 0)
    lines.push(
      "",
      "## Controls",
      "",
      "| id | control | state | code | tests |",
      "|---|---|---|---|---|",
      ...model.inventory.controls.map(
        (one) =>
          `| ${one.id} | ${cell(one.title)} | ${one.state} | ${one.code.map(code).join("<br>")} | ${one.tests.map(cell).join("<br>")} |`,
      ),
    );
  return `${lines.join("\n")}\n`;
}

function places(evidence: ThreatEntry["evidence"]): string {
  return evidence.map((one) => `${cell(one.what)} (${cell(`${one.file}:${one.line}`)})`).join("<br>");
}

function code(text: string): string {
  return `\`${text.replaceAll("`", "'")}\``;
}

/** Text of a folder inside a table: no markup of it works, and a pipe does not end the cell. */
export function cell(text: string): string {
  return text
    .replace(/[\\`*_{}[\]()<>#+!|~&]/g, (sign) => (sign === "(" || sign === ")" ? sign : `\\${sign}`))
    .replaceAll("\n", " ");
}
