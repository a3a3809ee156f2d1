import type { ApprovalStatement, SignedApproval } from "../approval-statement.ts";
import { anyText, integer, literal, need, type RecordShape, record, text } from "../../kube/shape/shape.ts";

const digest = text("a digest as sha256:<hex>", /^sha256:[0-9a-f]{64}$/u);
/** A date without a zone would mean another time on another machine (kernel K9). */
const time = text("a time in UTC as 2026-01-31T12:00:00Z", /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/u);

export const signedApprovalShape: RecordShape = record<SignedApproval>({
  statement: need(
    record<ApprovalStatement>({
      apiVersion: need(literal("kubernetes-operations.dev/v1")),
      kind: need(literal("Approval")),
      plan: need(digest),
      target: need(digest),
      approver: need(anyText),
      nonce: need(text("32 lower-case hexadecimal digits", /^[0-9a-f]{32}$/u)),
      notBefore: need(time),
      notAfter: need(time),
      checkpoint: need(
        record<ApprovalStatement["checkpoint"]>({
          origin: need(anyText),
          size: need(integer(0)),
          root: need(anyText),
        }),
      ),
    }),
  ),
  signature: need(
    text(
      "an armoured SSH signature",
      /^-----BEGIN SSH SIGNATURE-----\n[\s\S]+-----END SSH SIGNATURE-----\s*$/u,
    ),
  ),
});
