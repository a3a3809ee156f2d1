import { canonicalJson } from "../../../kube/canonical-json.ts";
import { macHex } from "../../../kube/digest.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { Detail, Journal, Run, RunRecord, StepRecord } from "../../journal/journal.ts";

/** What a run in a cluster needs of the journal. */
export type SealedJournal = Pick<Journal, "begin" | "runs" | "consumeNonce">;

/**
 * The journal as a run in a cluster keeps it: every step carries a MAC under the trust root's key over the run, the steps
 * before it and itself, so that nobody without the key adds, changes, reorders or leaves out a step in the middle. A
 * resume looks where the journal says, and takes the marker of an approval for its own because the journal names it: both
 * must have been written by a run (kernel K3, K11). That the last steps are missing cannot be seen here: the cluster shows
 * what was written, and the audit log which approvals are used.
 * @throws {OpsError} JOURNAL_INVALID from `runs` and `begin`, for a step that no run with this key wrote.
 */
export function sealedJournal(journal: SealedJournal, macKey: Uint8Array): SealedJournal {
  return {
    begin: (plan, target) => {
      const run = journal.begin(plan, target);
      const chain = { plan, target, run: run.id, macKey };
      let last = opened(run.steps(), chain).last;
      const sealed: Run = {
        ...run,
        steps: () => opened(run.steps(), chain).steps,
        record: (step, detail) => {
          const next = sealOf(chain, last, { step, detail });
          run.record(step, { ...detail, seal: next });
          last = next;
        },
      };
      return sealed;
    },
    runs: (plan) =>
      journal.runs(plan).map((record): RunRecord => {
        const chain = { plan, target: record.target, run: record.id, macKey };
        return { ...record, steps: opened(record.steps, chain).steps };
      }),
    consumeNonce: (nonce, run) => journal.consumeNonce(nonce, run),
  };
}

interface Chain {
  readonly plan: string;
  readonly target: string;
  readonly run: number;
  readonly macKey: Uint8Array;
}

function sealOf({ plan, target, run, macKey }: Chain, last: string, { step, detail }: StepRecord): string {
  return macHex(macKey, "journal", canonicalJson([plan, target, run, last, step, { ...detail }]));
}

function opened(
  steps: readonly StepRecord[],
  chain: Chain,
): { readonly steps: readonly StepRecord[]; readonly last: string } {
  let last = "";
  const found = steps.map(({ step, detail }): StepRecord => {
    const { seal, ...said } = detail;
    const bare: Detail = Object.freeze(Object.assign(Object.create(null) as Record<string, string>, said));
    const expected = sealOf(chain, last, { step, detail: bare });
    if (seal !== expected)
      throw new OpsError(
        "JOURNAL_INVALID",
        `a step of run ${chain.run} was not written by a run with this trust root's key`,
        { hint: "keep the journal for inspection, and look at the cluster; move it away to begin a new one" },
      );
    last = expected;
    return { step, detail: bare };
  });
  return { steps: found, last };
}
