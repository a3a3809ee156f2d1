/**
 * One entry of the audit log: canonical JSON, digests instead of bodies, no secret value, no path but the target's.
 * `intent` rows are written and fsynced before an effect, `outcome` rows after (kernel K20).
 */
export interface AuditEvent {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "AuditEvent";
  readonly type: AuditEventType;
  /** RFC 3339 with `Z`, milliseconds. */
  readonly time: string;
  /** User name of the operating system, as the process sees it: a claim, not an identity. */
  readonly actor: string;
  /** Version of the tool. */
  readonly tool: string;
  readonly plan?: string;
  readonly target?: string;
  readonly verdict?: "allowed" | "needs-approval" | "denied";
  readonly charter?: string;
  readonly approver?: string;
  readonly nonce?: string;
  /** Digest of the signed approval. */
  readonly approval?: string;
  /** Git commit, or what else was made. */
  readonly result?: string;
  /** Error code of a refusal or failure. */
  readonly code?: string;
  readonly presence?: "proved" | "not proved";
  readonly trustRoot?: "owned by another user" | "advisory";
  readonly undoes?: string;
  /** Name of the tool that an agent called; of a refusal: in which call. */
  readonly call?: string;
  /** Digest of what was asked: of the arguments of a call, of a prompt. */
  readonly request?: string;
  /** `provider/name`, as the operator set it. */
  readonly model?: string;
  /** Name of the subagent. */
  readonly subagent?: string;
  /** Tokens, as the provider counts them: of an intent the most that the request may use, else what it used. Digits. */
  readonly tokens?: string;
}

export type AuditEventType =
  | "log-created"
  | "charter-signed"
  | "plan"
  | "approval"
  | "apply-intent"
  | "apply-outcome"
  | "apply-failure"
  | "refusal"
  | "tool-call"
  /** Before a model is asked: who is asked, and the digest of everything that it is told. */
  | "agent-intent"
  | "agent-outcome"
  | "agent-failure";

/** A checkpoint as data: what the first three lines of a C2SP checkpoint say. `root` is base64. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
}

/** An event as it is told to the log, which adds when, who and by which program. */
export type Recorded = Omit<AuditEvent, "apiVersion" | "kind" | "time" | "actor" | "tool">;
