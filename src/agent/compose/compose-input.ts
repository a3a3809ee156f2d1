import type { ApplicationIntent, FieldReport, Intent } from "../../authoring/intent/intent.ts";
import type { JsonObject } from "../../kube/json.ts";
import type { Operation } from "../operations/operation.ts";

/** An operation with everybody who said it: names of subagents, or `mcp-client`. */
export interface SourcedOperation {
  readonly sources: readonly string[];
  readonly operation: Operation;
}

export interface ComposeInput {
  /** What a Compose file asked for; undefined without one. */
  readonly base: ApplicationIntent | undefined;
  /** Objects that the person gave; none together with a base. */
  readonly objects: readonly JsonObject[];
  readonly operations: readonly SourcedOperation[];
  /** The person's, never a model's. */
  readonly namespace: string;
  /** Name of the application, a DNS label. */
  readonly application: string;
  /** Whether the change goes to Git: the person's to say. */
  readonly gitTarget: boolean;
}

/** What is to be clear before there can be a plan: nobody but the person may answer it. */
export interface Question {
  readonly code: QuestionCode;
  readonly text: string;
}
export type QuestionCode =
  | "agent/conflict"
  | "agent/unknown-workload"
  | "agent/ambiguous-object"
  | "agent/cannot-edit"
  | "agent/needs-git"
  | "agent/not-with-objects";

export interface Composed {
  readonly intent: Intent;
  /** For given objects: as they are to be. */
  readonly objects: readonly JsonObject[];
  /** Not empty: there is no plan. */
  readonly questions: readonly Question[];
  readonly report: readonly FieldReport[];
}
