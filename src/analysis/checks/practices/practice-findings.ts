import { printableRest } from "../../../kube/printable.ts";
import type { Finding } from "../../findings/finding.ts";
import { podSecurityCheckOf } from "../pod-security/rules.ts";
import type { ObjectIndex } from "./object-index.ts";
import type { Hit, PracticeRow, Profile } from "./practice.ts";
import { practices } from "./practice-table.ts";
import type { ObjectSubject } from "./subjects.ts";

export interface PracticeOptions {
  readonly profile: Profile;
  /** Ids that are on although the profile leaves them out, and off although it has them. */
  readonly enable?: ReadonlySet<string>;
  readonly disable?: ReadonlySet<string>;
  /** Findings of other checks: where Pod Security reports a fault, the practice for it is silent. */
  readonly known?: readonly Finding[];
}

/** What the practices that are on find in the objects, in the order of objects and rows. */
export function practiceFindings(index: ObjectIndex, options: PracticeOptions): readonly Finding[] {
  const rows = practices.filter((row) => isOn(row, index.minor, options));
  if (rows.length === 0) return [];
  const silenced = silencedBy(options.known ?? []);
  const findings: Finding[] = [];
  const containerRows = rows.flatMap((row) => ("container" in row ? [row] : []));
  const podRows = rows.flatMap((row) => ("pod" in row ? [row] : []));
  const objectRows = rows.flatMap((row) => ("object" in row ? [row] : []));
  const add = (row: PracticeRow, subject: ObjectSubject, hits: readonly Hit[]): void => {
    if (hits.length === 0) return;
    if (row.podSecurity?.some((check) => silenced.get(check)?.has(keyOf(subject)) === true) === true) return;
    for (const hit of hits) findings.push(findingOf(row, subject, hit));
  };
  for (const pod of index.pods) {
    for (const row of podRows) add(row, pod, row.pod(pod, index));
    for (const container of pod.containers)
      for (const row of containerRows) add(row, pod, row.container(container, index));
  }
  for (const subject of index.subjects)
    for (const row of objectRows) add(row, subject, row.object(subject, index));
  return findings;
}

function isOn(row: PracticeRow, minor: number, { profile, enable, disable }: PracticeOptions): boolean {
  if ((row.since ?? 0) > minor || (row.until ?? minor) < minor) return false;
  if (disable?.has(row.id) === true) return false;
  return profile === "all" || row.profiles.includes(profile) || enable?.has(row.id) === true;
}

/** Objects for which each Pod Security check has a finding. */
function silencedBy(known: readonly Finding[]): ReadonlyMap<string, ReadonlySet<string>> {
  const silenced = new Map<string, Set<string>>();
  for (const { code, object } of known) {
    const check = podSecurityCheckOf(code);
    if (check === undefined || object === undefined) continue;
    const set = silenced.get(check) ?? new Set<string>();
    set.add(`${object.kind}\0${object.namespace}\0${object.name}`);
    silenced.set(check, set);
  }
  return silenced;
}

function keyOf({ key }: ObjectSubject): string {
  return `${key.kind}\0${key.namespace}\0${key.name}`;
}

function findingOf(row: PracticeRow, { read, key }: ObjectSubject, hit: Hit): Finding {
  const { places } = read;
  return {
    code: row.id,
    severity: hit.severity ?? row.severity,
    message: printableRest(hit.message),
    place: hit.key === true ? places.key(hit.path) : places.value(hit.path),
    path: [...read.path, ...hit.path],
    object: key,
    hint: row.fix,
    ...(hit.related === undefined
      ? {}
      : {
          related: hit.related.map((other) => ({
            place: other.read.places.value(other.path),
            path: [...other.read.path, ...other.path],
          })),
        }),
  };
}
