import type { Finding } from "../../findings/finding.ts";
import type { Mend } from "./fix-file.ts";

/** The object of a finding, whatever its version and namespace, which a fix may change; its file where it is about none. */
export function ownerOf({ object, place }: Finding): string {
  return JSON.stringify([place?.file, object?.kind, object?.name]);
}

/** Findings of one code about one object. Paths are no part of it: an item that goes moves those behind it. */
export function groupOf(finding: Finding): string {
  return `${finding.code} ${ownerOf(finding)}`;
}

interface Rechecked {
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
  readonly mended: readonly Mend[];
}

/** Families of what the server refuses; the others are about objects that it takes. */
const refusals = /^(?:yaml|object|schema|server|custom-resource|definition)\//;

export interface Comparison {
  /** Fixes that do not hold, and why. */
  readonly bad: ReadonlyMap<Mend, string>;
  /** The first finding that came and that no fix explains. */
  readonly stranger: Finding | undefined;
}

/**
 * Looks for fixes that do not hold when the new files are checked: the finding stays, or an error or a warning is there
 * that was not before. Findings are counted by object and code.
 */
export function compared({ before, after, mended }: Rechecked): Comparison {
  let stranger: Finding | undefined;
  const bad = new Map<Mend, string>();
  const known = Map.groupBy(before, groupOf);
  const claimed = Map.groupBy(mended, ({ finding }) => groupOf(finding));
  const owners = Map.groupBy(mended, ({ finding }) => ownerOf(finding));
  for (const [group, found] of Map.groupBy(after, groupOf)) {
    const mends = claimed.get(group) ?? [];
    const [first] = found;
    if (first === undefined || found.length <= (known.get(group)?.length ?? 0) - mends.length) continue;
    if (mends.length > 0) {
      const still = new Set(found.map(({ path }) => JSON.stringify(path)));
      const same = mends.filter(({ finding }) => still.has(JSON.stringify(finding.path)));
      for (const mend of same.length > 0 ? same : mends) bad.set(mend, "the finding would stay");
    } else if (first.severity !== "info" && !first.code.startsWith("settings/")) {
      const revealed = owners.get(ownerOf(first))?.some(({ row }) => row.reveals === true) === true;
      if (revealed && !refusals.test(first.code)) continue;
      const suspects = culprits(first, owners, mended);
      if (suspects.length === 0) stranger ??= first;
      for (const mend of suspects) if (!bad.has(mend)) bad.set(mend, bringing(first));
    }
  }
  return { bad, stranger };
}

export function bringing({ code }: Finding): string {
  return `it would bring ${code}`;
}

/** The fixes that may have brought a finding: those of its object, else those that reach its namespace. */
function culprits(
  finding: Finding,
  owners: ReadonlyMap<string, readonly Mend[]>,
  mended: readonly Mend[],
): readonly Mend[] {
  const own = owners.get(ownerOf(finding));
  if (own !== undefined) return own;
  const namespace = finding.object?.namespace ?? "";
  return mended.filter(
    ({ row, finding: { object } }) =>
      row.reaches === "namespace" && object?.name === (namespace === "" ? "default" : namespace),
  );
}
