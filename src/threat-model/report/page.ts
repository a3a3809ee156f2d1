import { NOT_CERTAIN } from "../model/layer-text.ts";
import type { ThreatModel } from "../model/threat-model.ts";
import { factorSets } from "../score/factors.ts";

/** What a published page of an agent holds: ten factors of the v0.5 set and a paragraph for each layer. */
export interface AgentPage {
  readonly name: string;
  readonly summary: string;
  /** By factor id, 0 to 1; absent: unknown. */
  readonly factors: Readonly<Record<string, number>>;
  /** Paragraphs L1 to L7. */
  readonly layers: readonly string[];
}

const LAYERS = 7;

/** A layer is not certain exactly when its paragraph says so first. */
function layerTag(paragraph: string): "mapped" | "not-certain" {
  return paragraph.startsWith(NOT_CERTAIN) ? "not-certain" : "mapped";
}

/** Sum of the known factors in points, and how many are unknown. */
export function pageSum(page: AgentPage): { readonly sum: number; readonly unknown: number } {
  let hundredths = 0;
  let unknown = 0;
  for (const { id } of factorSets["v0.5"]) {
    const value = page.factors[id];
    if (value === undefined) unknown++;
    else hundredths += Math.round(value * 100);
  }
  return { sum: hundredths / 100, unknown };
}

/** The page of a model: factors that the sets share carry over by name, and the states become paragraphs. */
export function pageOf(model: ThreatModel): AgentPage {
  const values = new Map(model.factors.map((factor) => [factor.id, factor.value]));
  const factors: Record<string, number> = {};
  for (const { id, counterpart } of factorSets["v0.5"]) {
    const value = counterpart === undefined ? planning(model) : (values.get(counterpart) ?? null);
    if (value !== null) factors[id] = value;
  }
  const present = model.threats.filter((threat) => threat.state === "present");
  const mitigated = model.threats.filter((threat) => threat.state === "mitigated");
  return {
    name: model.subject,
    summary: `Decided from ${model.inventory.files} files, without running any: ${present.length} of MAESTRO's 55 threats present, ${mitigated.length} mitigated, ${model.threats.filter((threat) => threat.state === "not-certain").length} not certain.`,
    factors,
    layers: model.layers.map((layer) => layer.text),
  };
}

/** Goal-Driven Planning (v0.5 only): several agents split a goal, one does, or nothing plans. */
function planning({ inventory }: ThreatModel): number | null {
  const agents = inventory.instructions.filter((one) => one.kind === "agent").length;
  if (agents > 1) return 1;
  return inventory.instructions.length > 0 ? 0.5 : null;
}

/** The published page's order and form, as Markdown. */
export function renderAgentPage(page: AgentPage): string {
  const { sum, unknown } = pageSum(page);
  const lines = [
    `# ${inline(page.name)} — agentic threat model`,
    "",
    inline(page.summary),
    "",
    "## OWASP AIVSS score rationale",
    "",
    "| factor | value |",
    "|---|---|",
    ...factorSets["v0.5"].map(({ id, name }) => `| ${name} | ${page.factors[id]?.toFixed(2) ?? "unknown"} |`),
    "",
    `Factor sum: ${unknown === 0 ? sum.toFixed(1) : `${sum.toFixed(1)} to ${(sum + unknown).toFixed(1)}, ${unknown} unknown`}.`,
    "",
    "## MAESTRO 7-layer threat model",
    "",
  ];
  for (let index = 0; index < LAYERS; index++) {
    const text = page.layers[index] ?? `${NOT_CERTAIN}nothing is said about this layer.`;
    lines.push(
      `**L${index + 1}** (${layerTag(text) === "mapped" ? "mapped" : "not certain from listing"}) ${inline(text)}`,
      "",
    );
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

export function renderPage(model: ThreatModel): string {
  return renderAgentPage(pageOf(model));
}

/** Text from outside in a paragraph: one line, no HTML, no links, no markup. */
function inline(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_[\]<>#|~&]/g, (sign) => `\\${sign}`);
}
