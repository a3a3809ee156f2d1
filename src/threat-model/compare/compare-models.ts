import { allThreats, type ThreatModel } from "../model/threat-model.ts";
import { severityOf } from "../score/aivss.ts";

export type ChangeKind =
  | "threat-present"
  | "threat-worse"
  | "control-lost"
  | "factor-up"
  | "factor-unknown"
  | "mitigation-weaker"
  | "vector-wider"
  | "band-higher"
  | "score-higher"
  | "capability-new"
  | "server-new";

export interface ModelChange {
  readonly kind: ChangeKind;
  /** What it is about: a threat, factor, metric, profile, control, server or agent. */
  readonly id: string;
  readonly before: string;
  readonly after: string;
  /** Worse makes the gate fail unless it is accepted. */
  readonly worse: boolean;
  readonly accepted?: Acceptance;
}

/** A risk that somebody took on, for a time. */
export interface Acceptance {
  /** `<kind>/<id>` of the change. */
  readonly change: string;
  readonly owner: string;
  readonly reason: string;
  /** Last day on which it counts, YYYY-MM-DD. */
  readonly expires: string;
}

export interface Comparison {
  readonly worse: readonly ModelChange[];
  readonly better: readonly ModelChange[];
  readonly accepted: readonly ModelChange[];
  /** Acceptances that fit no change or have run out. */
  readonly unused: readonly { readonly acceptance: Acceptance; readonly why: "expired" | "fits nothing" }[];
}

/** From best to worst. */
const states = ["not-applicable", "mitigated", "not-certain", "present"] as const;
const bands = ["None", "Low", "Medium", "High", "Critical"] as const;

/**
 * What changed between two models of an agent, and whether for the worse: a threat that is present now, a state that lost
 * its evidence, a factor or metric that rose, a lost control, a weaker mitigation, a higher band, a new capability or server.
 */
export function compareModels(
  before: ThreatModel,
  after: ThreatModel,
  { accepted = [], today }: { readonly accepted?: readonly Acceptance[]; readonly today: string },
): Comparison {
  const changes = [
    ...threatChanges(before, after),
    ...controlChanges(before, after),
    ...factorChanges(before, after),
    ...vectorChanges(before, after),
    ...scoreChanges(before, after),
    ...reachChanges(before, after),
  ];
  const used = new Set<Acceptance>();
  const worse: ModelChange[] = [];
  const taken: ModelChange[] = [];
  for (const change of changes.filter((one) => one.worse)) {
    const acceptance = accepted.find((one) => one.change === `${change.kind}/${change.id}`);
    if (acceptance !== undefined && acceptance.expires >= today) {
      used.add(acceptance);
      taken.push({ ...change, accepted: acceptance });
    } else worse.push(change);
  }
  return {
    worse,
    better: changes.filter((one) => !one.worse),
    accepted: taken,
    unused: accepted
      .filter((one) => !used.has(one))
      .map((acceptance) => ({ acceptance, why: acceptance.expires < today ? "expired" : "fits nothing" })),
  };
}

function threatChanges(before: ThreatModel, after: ThreatModel): readonly ModelChange[] {
  const old = new Map(allThreats(before).map((threat) => [threat.id, threat]));
  return allThreats(after).flatMap((threat) => {
    const was = old.get(threat.id)?.state ?? "not-certain";
    if (was === threat.state) return [];
    const worse = states.indexOf(threat.state) > states.indexOf(was);
    const kind = threat.state === "present" ? "threat-present" : "threat-worse";
    return [{ kind, id: threat.id, before: was, after: threat.state, worse } as const];
  });
}

function controlChanges(before: ThreatModel, after: ThreatModel): readonly ModelChange[] {
  const rank = ["not-certain", "present", "enforced"];
  const now = new Map(after.inventory.controls.map((control) => [control.id, control.state]));
  const old = new Map(before.inventory.controls.map((control) => [control.id, control.state]));
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((id) => {
    const was = old.get(id) ?? "not-certain";
    const is = now.get(id) ?? "not-certain";
    if (was === is) return [];
    return [
      {
        kind: "control-lost",
        id,
        before: was,
        after: is,
        worse: rank.indexOf(is) < rank.indexOf(was),
      } as const,
    ];
  });
}

function factorChanges(before: ThreatModel, after: ThreatModel): readonly ModelChange[] {
  const changes: ModelChange[] = [];
  for (const { id, value } of after.factors) {
    const was = before.factors.find((factor) => factor.id === id)?.value ?? null;
    if (was === value) continue;
    const unknown = value === null;
    changes.push({
      kind: unknown ? "factor-unknown" : "factor-up",
      id,
      before: was === null ? "unknown" : String(was),
      after: unknown ? "unknown" : String(value),
      // Unknown may be anything up to 1: to lose knowledge is worse, to gain it is not unless the value is the highest.
      worse: (value ?? 1) > (was ?? 1) || (unknown && was !== null),
    });
  }
  const [from, to] = [before.mitigation.value ?? 1, after.mitigation.value ?? 1];
  if (from !== to)
    changes.push({
      kind: "mitigation-weaker",
      id: "mitigation",
      before: String(from),
      after: String(to),
      worse: to > from,
    });
  return changes;
}

function vectorChanges(before: ThreatModel, after: ThreatModel): readonly ModelChange[] {
  const [from, to] = [before.cvss.range.max, after.cvss.range.max];
  if (from === to && before.cvss.vector === after.cvss.vector) return [];
  return [
    {
      kind: "vector-wider",
      id: "CVSS-B",
      before: before.cvss.vector ?? `up to ${from.toFixed(1)}`,
      after: after.cvss.vector ?? `up to ${to.toFixed(1)}`,
      worse: to > from,
    },
  ];
}

function scoreChanges(before: ThreatModel, after: ThreatModel): readonly ModelChange[] {
  return after.scores.flatMap((score) => {
    const was = before.scores.find((one) => one.profile === score.profile);
    if (was === undefined) return [];
    const [from, to] = [was.interval.max, score.interval.max];
    if (from === to) return [];
    const band = (value: number): number => bands.indexOf(severityOf(Math.round(value * 10)));
    const higher = band(to) > band(from);
    return [
      {
        kind: higher ? "band-higher" : "score-higher",
        id: score.profile,
        before: `${from.toFixed(1)} ${severityOf(Math.round(from * 10))}`,
        after: `${to.toFixed(1)} ${severityOf(Math.round(to * 10))}`,
        // Within a band the decimals are not compared (AIVSS v0.8 section 3.2).
        worse: higher,
      } as const,
    ];
  });
}

function reachChanges(before: ThreatModel, after: ThreatModel): readonly ModelChange[] {
  const changes: ModelChange[] = [];
  const servers = new Set(before.inventory.servers.map((one) => one.name));
  for (const { name, evidence } of after.inventory.servers) {
    if (!servers.has(name))
      changes.push({ kind: "server-new", id: name, before: "", after: evidence.what, worse: true });
  }
  const key = (kind: string, name: string): string => `${kind} ${name}`;
  const old = new Map(
    before.inventory.instructions.map((one) => [key(one.kind, one.name), one.tools.capabilities]),
  );
  for (const one of after.inventory.instructions) {
    const id = key(one.kind, one.name);
    const had = old.get(id) ?? [];
    const gained = one.tools.capabilities.filter((capability) => !had.includes(capability));
    if (gained.length > 0)
      changes.push({
        kind: "capability-new",
        id,
        before: had.join(", "),
        after: gained.join(", "),
        worse: true,
      });
  }
  return changes;
}
