import { type Member, integer, may, need, text } from "../../agent/operations/field.ts";
import type { PlanDigest } from "../../plan/plan.ts";

/** A plan by its whole digest: no prefix and no path is one (attack class K9 of design/kernel: file access). */
export interface PlanArgument {
  readonly plan: PlanDigest;
}

export const planMember: Member & { readonly required: true } = need(
  text({
    what: "the whole digest of a plan: sha256: and 64 hexadecimal digits",
    pattern: /^sha256:[0-9a-f]{64}$/u,
    most: 71,
  }),
  "Digest of a plan, whole, as plan_change gave it.",
);

/** Where a long list goes on. */
export const offsetMember: Member & { readonly required: false } = may(
  integer(0, 100_000),
  "Row from which long lists go on; default 0.",
);
