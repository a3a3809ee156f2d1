import { enforced } from "../maestro/queries.ts";
import type { DecisionRow } from "./decision.ts";

/** The mitigation factor in hundredths: what is present and tested, never what is said (AIVSS v0.8 table 4b). */
export const mitigationRules: readonly DecisionRow<67 | 83 | 100>[] = [
  {
    id: "mitigation/validated",
    value: 67,
    reason:
      "the controls are in place, hold against an adversarial suite, and fail closed: all tests that say so ran",
    when: (inventory) => enforced(inventory, "C1.1", "C1.3", "C1.6", "C2.1", "C3.1", "C4.1", "C5.1", "C6.4"),
  },
  {
    id: "mitigation/sandbox",
    value: 83,
    reason: "commands run in a sandbox that its settings switch on; whether it holds was not tested",
    when: ({ settings }) => settings.filter(({ kind }) => kind === "sandbox").map((one) => one.evidence),
  },
  {
    id: "mitigation/fail-closed-guard",
    value: 83,
    reason: "a guard runs before tools and stops them when it fails; its host can switch it off",
    when: ({ hooks }) =>
      hooks
        .filter(({ event, failsClosed }) => event === "PreToolUse" && failsClosed)
        .map((one) => one.evidence),
  },
];
