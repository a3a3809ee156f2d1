import type { PlanDigest } from "./plan.ts";

/** SSHSIG namespaces of ours: a signature made for one purpose is nothing for another. */
export const APPROVAL_NAMESPACE = "approval@kubernetes-operations.dev";
export const CHARTER_NAMESPACE = "charter@kubernetes-operations.dev";

/** What a person signs: this plan, for this target, once, for a while (kernel K9). Signed as canonical JSON. */
export interface ApprovalStatement {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "Approval";
  readonly plan: PlanDigest;
  /** `sha256:` digest of the plan's target. */
  readonly target: string;
  /** Literal principal of the charter. */
  readonly approver: string;
  /** 32 lower-case hexadecimal digits, random. */
  readonly nonce: string;
  /** RFC 3339 with `Z`, whole seconds. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** The audit log as the approver saw it (kernel K19). */
  readonly checkpoint: { readonly origin: string; readonly size: number; readonly root: string };
}

/** A statement and its armoured SSHSIG: what stands in approvals/<digest>/<nonce>.json. */
export interface SignedApproval {
  readonly statement: ApprovalStatement;
  /** `-----BEGIN SSH SIGNATURE-----` … */
  readonly signature: string;
}

/** What a signature proves, besides that the key made it over these bytes in this namespace. */
export interface VerifiedSignature {
  /** OpenSSH public key: `ssh-ed25519 AAAA…`. */
  readonly key: string;
  readonly fingerprint: string;
  /** For security keys: user presence and verification flags; null for software keys. */
  readonly presence: { readonly userPresent: boolean; readonly userVerified: boolean } | null;
}

/** Verifies an armoured SSHSIG over `message` in `namespace`; undefined when it does not hold. Given by apply/approval. */
export interface SignatureVerifier {
  verify(message: Uint8Array, namespace: string, armoured: string): VerifiedSignature | undefined;
}
