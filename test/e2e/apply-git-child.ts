import { readFileSync } from "node:fs";
import { sshSignatureVerifier } from "../../src/apply/approval/verify-signature.ts";
import { openGitTarget } from "../../src/apply/git/git-target.ts";
import { openJournal } from "../../src/apply/journal/journal.ts";
import { applyPlan } from "../../src/apply/run/apply-plan.ts";
import { openState } from "../../src/apply/state/state-folder.ts";
import { loadTrustRoot } from "../../src/apply/trust-root/trust-root.ts";
import { openLog } from "../../src/audit/log-store.ts";
import { OpsError } from "../../src/kube/ops-error.ts";

/**
 * Applies a plan in a process of its own, and kills that process with SIGKILL right after a step, or in the middle of a
 * push. Prints the outcome or the code of the refusal as one line of JSON.
 * Arguments: plan file, state folder, trust root, time (ms), version, minor, step to die at or `-`.
 */
const [planFile = "", statePath = "", trustRoot = "", now = "", version = "", minor = "", dieAt = "-"] =
  process.argv.slice(2);
const clock = { now: () => Number(now) };
const state = openState(statePath);
const log = openLog(state.logFolder, { clock, actor: "tester", tool: version });
const journal = openJournal(state.journalFile, clock);
const die = (): void => {
  process.kill(process.pid, "SIGKILL");
  // The signal arrives before the next statement of JavaScript in practice; nothing may run if it does not.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
try {
  const outcome = await applyPlan(readFileSync(planFile, "utf8"), planFile, {
    state,
    journal,
    log,
    trustRoot: loadTrustRoot({ path: trustRoot, named: true }),
    verifier: sshSignatureVerifier,
    clock,
    openTarget: async (url, branch) => {
      const target = await openGitTarget({ url, branch });
      if (dieAt === "pushing") {
        const push = target.push.bind(target);
        target.push = async (...args) => {
          // git goes on by itself when its parent dies.
          void push(...args);
          setTimeout(die, 5);
          await new Promise(() => {});
        };
      }
      return target;
    },
    toolVersion: version,
    minor: Number(minor),
    onStep: (step) => {
      if (step === dieAt) die();
    },
  });
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
} catch (error) {
  if (!OpsError.is(error)) throw error;
  process.stdout.write(`${JSON.stringify({ code: error.code, message: error.message })}\n`);
} finally {
  journal.close();
  log.close();
}
