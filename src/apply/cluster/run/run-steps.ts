import type { RunRecord, StepRecord } from "../../journal/journal.ts";

/** Names of the journal's steps that later runs read. */
export const steps = {
  saved: "preimages-saved",
  consuming: "consuming",
  consumed: "consumed",
  handing: "handing",
  handed: "handed",
  removing: "removing",
  removed: "removed",
  writing: "writing",
  wrote: "wrote",
} as const;

/** What an open run did, as the journal tells it: where to look, never what may be done (kernel K3). */
export interface RunSoFar {
  readonly saved: boolean;
  /** UID of the marker that the run made, by nonce. */
  readonly consumed: ReadonlyMap<string, string>;
  /** Identities of objects whose take-over was announced. */
  readonly handing: ReadonlySet<string>;
  /** Identities of objects that are made again, whose deletion was announced, and was answered. */
  readonly removing: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
  /** By identity: the MAC of the result that was promised; empty for a deletion. */
  readonly announced: ReadonlyMap<string, string>;
  /** By identity: the UID of the object that was written or deleted. */
  readonly wrote: ReadonlyMap<string, string>;
  /** By identity: the MAC of what the server answered; empty for a deletion. */
  readonly answers: ReadonlyMap<string, string>;
}

export function runSoFar(run: RunRecord | undefined): RunSoFar {
  const of = (name: string): readonly StepRecord["detail"][] =>
    (run?.steps ?? []).filter(({ step }) => step === name).map(({ detail }) => detail);
  const pairs = (name: string, key: string, value: string): ReadonlyMap<string, string> =>
    new Map(of(name).map((detail) => [detail[key] ?? "", detail[value] ?? ""]));
  return {
    saved: of(steps.saved).length > 0,
    consumed: pairs(steps.consumed, "nonce", "uid"),
    handing: new Set(of(steps.handing).map((detail) => detail["object"] ?? "")),
    removing: new Set(of(steps.removing).map((detail) => detail["object"] ?? "")),
    removed: new Set(of(steps.removed).map((detail) => detail["object"] ?? "")),
    announced: pairs(steps.writing, "object", "expected"),
    wrote: pairs(steps.wrote, "object", "uid"),
    answers: pairs(steps.wrote, "object", "answer"),
  };
}

/** Nonces that runs which have ended used, or were about to. */
export function endedNonces(runs: readonly RunRecord[]): ReadonlySet<string> {
  return new Set(
    runs
      .filter(({ outcome }) => outcome !== null)
      .flatMap((run) => run.steps.filter(({ step }) => step === steps.consuming))
      .map(({ detail }) => detail["nonce"] ?? ""),
  );
}
