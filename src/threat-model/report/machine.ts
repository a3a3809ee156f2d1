import type { ThreatModel } from "../model/threat-model.ts";
import { severityOf } from "../score/aivss.ts";

/** The worst that the strict profile leaves possible: what a machine should act on. */
export function worstScore(model: ThreatModel): {
  readonly profile: string;
  readonly score: number;
  readonly severity: string;
} {
  const [strict] = model.scores;
  const score = strict?.interval.max ?? 10;
  const severity = severityOf(Math.round(score * 10)).toLowerCase();
  return { profile: strict?.profile ?? "owasp-0.8-strict", score, severity };
}

/** An id for machine formats: ASCII letters, digits, dots and dashes. */
export function machineId(text: string): string {
  const id = text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return id === "" ? "agent" : id.slice(0, 80);
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
