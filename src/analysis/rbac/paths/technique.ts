import type { PolicyRule } from "../model/policy-rule.ts";
import type { AttackWorld } from "./world.ts";
import type { Evidence, Held } from "./held.ts";

export type AttackSeverity = "critical" | "high" | "medium" | "low";

/** What a technique finds: one more thing that is held, and the rights that it took. */
export interface Found {
  readonly to: Held;
  readonly evidence: readonly Evidence[];
  /** What is done, in words. */
  readonly detail: string;
}

/** The smallest world in which an edge is there, or just not. */
export interface AttackFixture {
  /** Rules of ClusterRole `attack`, bound to ServiceAccount `evil/attacker` by a ClusterRoleBinding. */
  readonly rules: readonly Partial<PolicyRule>[];
  /** Namespace of a RoleBinding instead of the ClusterRoleBinding. */
  readonly namespace?: string;
  /** More objects, as YAML. */
  readonly objects?: string;
  /** Minor of Kubernetes 1; the newest when it is left out. */
  readonly minor?: number;
}

/** One edge of the attack graph: one row. */
export interface Technique {
  readonly id: string;
  readonly title: string;
  readonly severity: AttackSeverity;
  /** The precondition in words. */
  readonly needs: string;
  /** Where the rule comes from, and the names that others have for it. */
  readonly sources: readonly string[];
  /** How the step is taken away. */
  readonly cut: string;
  /** What must be held for the technique to be tried. */
  readonly from: "rights" | "accounts" | "pod" | "node";
  /** Resources of which the holder must have a right, for it to be worth trying; empty: any. */
  readonly resources: readonly string[];
  /** Rights of several things that are held may be used together: tried again when more is held. */
  readonly joint: boolean;
  find(world: AttackWorld, from: Held): Iterable<Found>;
  readonly positive: AttackFixture;
  readonly counter: AttackFixture;
  /** What the positive fixture leads to (`heldKey`). */
  readonly leadsTo: string;
}

export const goodPractices = "kubernetes/website rbac-good-practices.md";
