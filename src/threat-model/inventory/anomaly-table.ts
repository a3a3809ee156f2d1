import type { Anomaly } from "./inventory.ts";

/**
 * Characters that a reader does not see and a model does: zero-width and bidirectional controls, tags (U+E0000 block) and
 * variation selectors of the supplement, which carry hidden text (Snyk agent-scan W021).
 */
const hidden =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|[\u{e0100}-\u{e01ef}]/u;

/** Text aimed at a program or model that judges the folder. */
const flattery =
  /\b(?:ignore|disregard|forget) (?:all |any |the )?(?:previous|prior|above|earlier) (?:instructions|rules|findings)|\b(?:this (?:plugin|agent|skill|server) (?:is|was)|mark (?:this|it) as|rate (?:this|it)|report (?:this|it) as) (?:safe|secure|trusted|verified|low[- ]risk|compliant)|\b(?:score|aivss)[:= ]+0(?:\.0)?\b[^\n]{0,40}\b(?:safe|none)/i;

export interface LineAnomaly {
  readonly kind: Anomaly["kind"];
  readonly line: number;
  readonly what: string;
}

const LINE = 20_000;

/** What is hidden in a text or aimed at its reader; the first of each kind. */
export function anomaliesOf(text: string): readonly LineAnomaly[] {
  const found: LineAnomaly[] = [];
  for (const [index, whole] of text.split("\n").entries()) {
    const line = whole.length > LINE ? whole.slice(0, LINE) : whole;
    // A byte order mark at the very beginning is no hidden text.
    const character = hidden.exec(line)?.[0];
    if (character !== undefined && !found.some(({ kind }) => kind === "hidden-unicode"))
      found.push({
        kind: "hidden-unicode",
        line: index + 1,
        what: `hidden character U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`,
      });
    if (flattery.test(line) && !found.some(({ kind }) => kind === "flatters-analyser"))
      found.push({
        kind: "flatters-analyser",
        line: index + 1,
        what: "text that tells whoever judges it what to find",
      });
    if (found.length === 2) break;
  }
  return found;
}
