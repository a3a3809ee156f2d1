import type { Evidence } from "../inventory/inventory.ts";
import { allThreats, type ThreatEntry, type ThreatModel } from "../model/threat-model.ts";
import { numberText } from "./number-text.ts";
import { pageOf, pageSum } from "./page.ts";
import { factorSets } from "../score/factors.ts";

const style = `
:root{color-scheme:light dark;--line:#8884;--bad:#b3261e;--good:#1b6e3c;--open:#8a6100;--soft:#8882}
@media (prefers-color-scheme:dark){:root{--bad:#ff8a80;--good:#7bd69a;--open:#ffcf66}}
*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:2rem 1.25rem}
h1{font-size:1.7rem;margin:0 0 .5rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem;border-bottom:1px solid var(--line)}
table{border-collapse:collapse;width:100%;font-size:.92rem}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600}code,.place{font:0.86rem ui-monospace,monospace;overflow-wrap:anywhere}
.scores{display:flex;flex-wrap:wrap;gap:1rem;margin:1rem 0}.score{border:1px solid var(--line);border-radius:.5rem;padding:.7rem 1rem;min-width:13rem}
.score b{display:block;font-size:1.6rem}.tag{display:inline-block;border-radius:.3rem;padding:0 .45rem;font-size:.82rem;font-weight:600;background:var(--soft);white-space:nowrap}
.present{color:var(--bad)}.mitigated{color:var(--good)}.not-certain{color:var(--open)}ul{margin:.2rem 0;padding-left:1.1rem}
details{margin:.4rem 0}summary{cursor:pointer}a{color:inherit}.muted{opacity:.75}
@media print{body{max-width:none;padding:0;font-size:11px}details>*{display:block}.score{break-inside:avoid}tr{break-inside:avoid}}`;

/** The model as one HTML file: no script, nothing fetched, and every text out of the folder is escaped. */
export function renderModelHtml(model: ThreatModel): string {
  const threats = allThreats(model);
  const page = pageOf(model);
  const { sum, unknown } = pageSum(page);
  const body = [
    `<h1>${text(model.subject)} — agentic threat model</h1>`,
    `<p>${text(page.summary)} No model was asked.</p>`,
    `<div class="scores">${model.scores.map(scoreBox).join("")}${cvssBox(model)}${mitigationBox(model)}</div>`,
    `<h2>MAESTRO layers</h2>`,
    table(
      ["layer", "", "what the evidence says"],
      model.layers.map((layer) => [
        `${layer.id} ${text(layer.name)}`,
        layer.tag === "mapped" ? tag("mapped", "mitigated") : tag("not certain", "not-certain"),
        text(layer.text),
      ]),
    ),
    `<h2>Threats</h2>`,
    ...(["present", "mitigated", "not-certain", "not-applicable"] as const).map((state) =>
      group(
        state,
        threats.filter((threat) => threat.state === state),
      ),
    ),
    `<h2>Factors of AIVSS v0.8</h2>`,
    table(
      ["factor", "value", "why", "evidence"],
      model.factors.map((factor) => [
        text(factor.name),
        factor.value === null ? tag("unknown", "not-certain") : factor.value.toFixed(1),
        text(factor.reason),
        places(factor.evidence),
      ]),
    ),
    `<h2>CVSS 4.0 base metrics</h2>`,
    `<p><code>${text(model.cvss.vector ?? "not complete")}</code></p>`,
    table(
      ["metric", "value", "why", "evidence"],
      model.cvss.metrics.map((one) => [
        one.metric,
        one.value ?? tag("unknown", "not-certain"),
        text(one.reason),
        places(one.evidence),
      ]),
    ),
    `<h2>On the published pages' scale</h2>`,
    `<p class="muted">Factors of AIVSS v0.5, which the published pages use; another set than above. Sum ${sum.toFixed(1)}${unknown === 0 ? "" : `, ${unknown} unknown`}.</p>`,
    table(
      ["factor", "value"],
      factorSets["v0.5"].map(({ id, name }) => [text(name), page.factors[id]?.toFixed(2) ?? "unknown"]),
    ),
    ...anomalies(model),
    ...controls(model),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(model.subject)} — agentic threat model</title>
<style>${style}
</style>
</head>
<body>
${body.join("\n")}
</body>
</html>
`;
}

function scoreBox(score: ThreatModel["scores"][number]): string {
  const number = numberText(score.aivss, score.interval);
  const notes = score.notes.map((note) => `<li>${text(note)}</li>`).join("");
  return `<div class="score"><span>AIVSS ${text(score.profile)}</span><b>${number}</b><span>${score.severity ?? "several bands"}</span><details><summary>notes</summary><ul>${notes}</ul></details></div>`;
}

function cvssBox({ cvss }: ThreatModel): string {
  const number = numberText(cvss.base, cvss.range);
  return `<div class="score"><span>CVSS-B 4.0</span><b>${number}</b><span>base metrics alone</span></div>`;
}

function mitigationBox({ mitigation }: ThreatModel): string {
  return `<div class="score"><span>mitigation factor</span><b>${(mitigation.value ?? 1).toFixed(2)}</b><span>${text(mitigation.reason)}</span></div>`;
}

function group(state: ThreatEntry["state"], threats: readonly ThreatEntry[]): string {
  if (threats.length === 0) return "";
  const rows = table(
    ["id", "threat", "why", "evidence", "OWASP"],
    threats.map((threat) => [
      text(threat.id),
      text(threat.name),
      text(threat.reason),
      places(threat.evidence, threat.more),
      threat.asi.map(text).join(" "),
    ]),
  );
  return `<details${state === "not-certain" || state === "not-applicable" ? "" : " open"}><summary>${tag(`${state} (${threats.length})`, state)}</summary>${rows}</details>`;
}

function anomalies({ inventory }: ThreatModel): readonly string[] {
  if (inventory.anomalies.length === 0) return [];
  return [
    `<h2>Anomalies</h2>`,
    table(
      ["what", "where"],
      inventory.anomalies.map((one) => [text(`${one.kind}: ${one.evidence.what}`), place(one.evidence)]),
    ),
  ];
}

function controls({ inventory }: ThreatModel): readonly string[] {
  if (inventory.controls.length === 0) return [];
  return [
    `<h2>Controls</h2>`,
    table(
      ["id", "control", "state", "code", "tests"],
      inventory.controls.map((one) => [
        text(one.id),
        text(one.title),
        tag(one.state, one.state === "enforced" ? "mitigated" : "not-certain"),
        one.code.map((code) => `<code>${text(code)}</code>`).join("<br>"),
        one.tests.map(text).join("<br>"),
      ]),
    ),
  ];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((cell) => `<th scope="col">${cell}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("\n");
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`;
}

function places(evidence: readonly Evidence[], more = 0): string {
  if (evidence.length === 0) return "";
  const items = evidence.map((one) => `<li>${text(one.what)} ${place(one)}</li>`).join("");
  return `<ul>${items}${more > 0 ? `<li>and ${more} more</li>` : ""}</ul>`;
}

function place(one: Evidence): string {
  return `<span class="place">${text(`${one.file}:${one.line}`)}</span>`;
}

function tag(label: string, kind: string): string {
  return `<span class="tag ${kind}">${text(label)}</span>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Any text as HTML text. */
function text(raw: string): string {
  return raw.replace(/[&<>"']/g, (sign) => entities[sign] ?? "");
}
