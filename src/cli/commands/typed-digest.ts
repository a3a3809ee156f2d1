import type { PlanDigest } from "../../plan/plan.ts";
import { shortDigest } from "../display/plan-text.ts";

/** The digits that are asked for, so that a plan is not signed by a key that was pressed too often. */
export function askedDigits(digest: PlanDigest): string {
  return shortDigest(digest).slice(0, 8);
}

/** Whether an answer names the digest: the digits that are asked for, or more of them up to the whole. */
export function namesDigest(answer: string, digest: PlanDigest): boolean {
  const digits = answer.trim().replace(/^sha256:/, "");
  return digits.length >= askedDigits(digest).length && digest.slice("sha256:".length).startsWith(digits);
}
