import { expect, test } from "vitest";
import type { PlanDigest } from "../../plan/plan.ts";
import { askedDigits, namesDigest } from "./typed-digest.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}` as PlanDigest;

test("eight digits of a digest, or more, sign a plan; anything else does not", () => {
  expect(askedDigits(digest)).toBe("01234567");
  for (const answer of ["01234567", " 01234567\n", "0123456789ab", digest])
    expect(namesDigest(answer, digest), answer).toBe(true);
  for (const answer of ["", "y", "0123456", "01234568", "sha256:", `${digest}0`, "89abcdef"])
    expect(namesDigest(answer, digest), answer).toBe(false);
});
