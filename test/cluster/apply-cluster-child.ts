import { readFileSync } from "node:fs";
import { sshSignatureVerifier } from "../../src/apply/approval/verify-signature.ts";
import { readKubeconfig } from "../../src/apply/cluster/client/kubeconfig.ts";
import { applyToCluster } from "../../src/apply/cluster/run/apply-to-cluster.ts";
import { openJournal } from "../../src/apply/journal/journal.ts";
import { openState } from "../../src/apply/state/state-folder.ts";
import { loadTrustRoot } from "../../src/apply/trust-root/trust-root.ts";
import { openLog } from "../../src/audit/log-store.ts";
import { OpsError } from "../../src/kube/ops-error.ts";

/**
 * Applies a plan to a cluster in a process of its own, and kills that process with SIGKILL right after a step. Prints the
 * outcome or the code of the refusal as one line of JSON.
 * Arguments: plan file, state folder, trust root, kubeconfig, version, step to die at (`writing a`) or `-`.
 */
const [planFile = "", statePath = "", trustRoot = "", kubeconfig = "", version = "", dieAt = "-"] =
  process.argv.slice(2);
const clock = { now: () => Date.now() };
const state = openState(statePath);
const log = openLog(state.logFolder, { clock, actor: "tester", tool: version });
const journal = openJournal(state.journalFile, clock);
try {
  const outcome = await applyToCluster(readFileSync(planFile, "utf8"), planFile, {
    state,
    journal,
    log,
    trustRoot: loadTrustRoot({ path: trustRoot, named: true }),
    verifier: sshSignatureVerifier,
    clock,
    openCluster: () => readKubeconfig(kubeconfig),
    toolVersion: version,
    minor: 37,
    onStep: ({ step, key }) => {
      if (dieAt !== (key === undefined ? step : `${step} ${key.name}`)) return;
      process.kill(process.pid, "SIGKILL");
      // The signal arrives before the next statement of JavaScript in practice; nothing may run if it does not.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
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
