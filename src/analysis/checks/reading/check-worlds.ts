import type { InputFile } from "../../../kube/read-inputs.ts";
import { type Finding, sortFindings } from "../../findings/finding.ts";
import type { Exempted } from "../settings/exempt.ts";
import { checkAll, type CheckOptions } from "./check-objects.ts";

/**
 * `checkAll`, where inputs were rendered: what each folder makes is a world of its own, which the plain inputs belong to
 * as well, so that two overlays of one base are no twins. A finding that several have is one, and says whose it is.
 */
export function checkWorlds(inputs: readonly InputFile[], options: CheckOptions): Exempted {
  const made = inputs.filter((input) => input.made !== undefined);
  if (made.length === 0) return checkAll(inputs, options);
  const plain = inputs.filter((input) => input.made === undefined);
  const kept = new Map<string, { readonly finding: Finding; readonly worlds: number }>();
  const exempt = new Map<string, Exempted["exempt"][number]>();
  for (const input of made) {
    const judged = checkAll([...plain, input], options);
    for (const [id, finding] of new Map(judged.kept.map((one) => [idOf(one), one]))) {
      const before = kept.get(id);
      const owner = holds(input, finding) ? [input.path] : [];
      const renderedBy = [...(before?.finding.renderedBy ?? []), ...owner];
      kept.set(id, {
        finding: renderedBy.length === 0 ? finding : { ...finding, renderedBy },
        worlds: (before?.worlds ?? 0) + 1,
      });
    }
    for (const one of judged.exempt) exempt.set(idOf(one.finding), one);
  }
  const told = [...kept.values()].filter(({ finding, worlds }) => {
    // An exemption is a leftover, and a rule for nobody, where it fits nothing in any world that has it.
    if (!ofAllWorlds.has(finding.code)) return true;
    const having = made.filter((input) => holds(input, finding)).length;
    return worlds === (having === 0 ? made.length : having);
  });
  return { kept: sortFindings(told.map(({ finding }) => finding)), exempt: [...exempt.values()] };
}

/** What one world may have an answer to that others lack. */
const ofAllWorlds: ReadonlySet<string> = new Set(["settings/unused-exemption", "settings/unknown-kind"]);

/** Whether a finding stands in a file that the input was made of. */
function holds({ made, documents }: InputFile, { place }: Finding): boolean {
  if (made === undefined || place === undefined) return false;
  return made.files.has(place.file) || documents[0]?.file === place.file;
}

/** Two overlays give one object of a base two names: what stands at one place is one fault. */
function idOf({ code, message, place, path, object }: Finding): string {
  return JSON.stringify([code, message, place, path, place === undefined ? object : object?.kind]);
}
