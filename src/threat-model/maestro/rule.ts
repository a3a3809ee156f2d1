import type { Evidence, Inventory } from "../inventory/inventory.ts";

export type ThreatStateName = "present" | "mitigated" | "not-applicable" | "not-certain";

/** Files of a folder by path. */
export type Fixture = Readonly<Record<string, string>>;

/** One row decides one state of one threat, from evidence and nothing else. */
export interface MaestroRule {
  /** `<threat>/<what>`. */
  readonly id: string;
  readonly threat: string;
  readonly state: Exclude<ThreatStateName, "not-certain">;
  /** Why the evidence means the state, in one sentence. */
  readonly reason: string;
  /** The evidence; none: the rule says nothing. */
  readonly when: (inventory: Inventory) => readonly Evidence[];
  /** Ids of the OWASP Agentic Top 10 that it belongs to. */
  readonly asi: readonly string[];
  readonly source: string;
  /** A folder in which it holds and one in which it does not; absent for rules over our own controls. */
  readonly positive?: Fixture;
  readonly negative?: Fixture;
}
