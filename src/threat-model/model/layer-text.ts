import type { JudgedThreat } from "../maestro/judge.ts";
import type { Layer } from "../maestro/threats.ts";

/** Opens the paragraph of a layer about which the files say nothing, in the published pages' form. */
export const NOT_CERTAIN = "Not certain from the listing — ";

const NAMED = 4;

/** One paragraph of the published page's form, from the states of a layer's threats and nothing else. */
export function layerText(layer: Layer, threats: readonly JudgedThreat[]): string {
  const present = threats.filter(({ state }) => state === "present");
  const mitigated = threats.filter(({ state }) => state === "mitigated");
  const excluded = threats.filter(({ state }) => state === "not-applicable");
  if (present.length + mitigated.length + excluded.length === 0)
    return `${NOT_CERTAIN}nothing in the files decides a threat of ${layer.name.toLowerCase()}; MAESTRO names ${listed(threats.map(({ name }) => name))}.`;
  const sentences = [
    ...present.map(({ name, reason, evidence }) => `${name}: ${reason}${placed(evidence)}.`),
    ...mitigated.map(({ name, reason }) => `${name} is mitigated: ${reason}.`),
    ...(excluded.length === 0
      ? []
      : [`${listed(excluded.map(({ name }) => name))}: not applicable, ${excluded[0]?.reason ?? ""}.`]),
  ];
  return sentences.join(" ");
}

function placed(evidence: JudgedThreat["evidence"]): string {
  const [first] = evidence;
  return first === undefined ? "" : ` (${first.file}:${first.line})`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(", ");
  return names.length > NAMED ? `${shown} and ${names.length - NAMED} more` : shown;
}
