import { canonicalJson } from "../../kube/canonical-json.ts";
import type { AuthoringNote, Prerequisite } from "../intent/intent.ts";
import { byText } from "../../kube/by-text.ts";

/** What the specialists say beside the objects, gathered while they work. */
export interface Ledger {
  note(code: string, workload: string | undefined, message: string): void;
  require(prerequisite: Prerequisite): void;
  notes(): readonly AuthoringNote[];
  prerequisites(): readonly Prerequisite[];
}

/** Sorted and without repetitions, so that the order in which specialists work does not show. */
function settled<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  const byKey = new Map(items.map((item) => [`${key(item)}\0${canonicalJson(item)}`, item]));
  return [...byKey].sort(([left], [right]) => byText(left, right)).map(([, item]) => item);
}

export function newLedger(): Ledger {
  const notes: AuthoringNote[] = [];
  const prerequisites: Prerequisite[] = [];
  return {
    note(code, workload, message) {
      notes.push({ code, ...(workload === undefined ? {} : { workload }), message });
    },
    require(prerequisite) {
      prerequisites.push(prerequisite);
    },
    notes: () => settled(notes, (note) => `${note.workload ?? ""}\0${note.code}`),
    prerequisites: () => settled(prerequisites, (item) => `${item.kind}\0${item.subject}`),
  };
}
