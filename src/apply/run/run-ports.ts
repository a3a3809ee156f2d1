import type { AuditLog } from "../../audit/log-store.ts";
import type { Clock } from "../../kube/clock.ts";
import type { SignatureVerifier } from "../../plan/approval-statement.ts";
import type { Journal } from "../journal/journal.ts";
import type { StateFolder } from "../state/state-folder.ts";
import type { TrustRoot } from "../trust-root/trust-root.ts";

/** What carrying a plan out needs, whatever its target. */
export interface RunPorts {
  readonly state: StateFolder;
  readonly journal: Journal;
  readonly log: AuditLog;
  readonly trustRoot: TrustRoot;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
  readonly toolVersion: string;
  /** Newest minor version of Kubernetes 1 whose tables this program has. */
  readonly minor: number;
}
