import type { ApplicationIntent } from "../authoring/intent/intent.ts";
import { author } from "../authoring/specialists/author.ts";
import type { JsonObject } from "../kube/json.ts";
import type { AgentRecord } from "../plan/plan.ts";
import type { PlanInput } from "../plan/plan-input.ts";
import { applyOperations, type Fragment, mergeOperations, type Question } from "./compose-intent.ts";

/** What `plan` would make of the same files; the agent's operations come upon it. */
export type GivenRequest = Pick<PlanInput, "request" | "intent" | "objects">;

export interface OperationsRequest {
  /** What the person gave beside the sentence; undefined for nothing. */
  readonly given?: GivenRequest;
  /** The person's. */
  readonly namespace: string;
  /** Name of the application; that of the given one, or the namespace, when undefined. */
  readonly application?: string;
  /** Whether the plan is for Git. */
  readonly gitTarget: boolean;
  /** What was asked for, as the command line would say it again. */
  readonly text: string;
  readonly fragments: readonly Fragment[];
  readonly agent: Omit<AgentRecord, "operations">;
}

/** A request as `buildPlan` takes it, or the questions that stand before one. */
export type RequestMade =
  | {
      readonly ok: true;
      readonly asked: Pick<PlanInput, "request" | "intent" | "objects" | "authored">;
    }
  | { readonly ok: false; readonly questions: readonly Question[] };

/**
 * From typed operations to the ordinary way to a plan: intent, objects by the specialists, and a record of who said what.
 * The same operations give the same request, without a model.
 * @throws {OpsError} INPUT_MALFORMED for names that no object can bear
 */
export function requestFromOperations(asked: OperationsRequest): RequestMade {
  const { given, namespace } = asked;
  const base: ApplicationIntent | undefined = given?.intent.source === "objects" ? undefined : given?.intent;
  const operations = mergeOperations(asked.fragments);
  const composed = applyOperations({
    base,
    objects: base === undefined ? (given?.objects ?? []) : [],
    operations,
    namespace,
    application: asked.application ?? base?.application ?? namespace,
    gitTarget: asked.gitTarget,
  });
  if (composed.questions.length > 0) return { ok: false, questions: composed.questions };
  const { intent } = composed;
  const authored =
    intent.source === "objects"
      ? { objects: composed.objects, relaxations: [], prerequisites: [], notes: [] }
      : author(intent);
  const agent: AgentRecord = {
    ...asked.agent,
    operations: operations.map(({ sources, operation }) => ({
      sources,
      operation: operation as unknown as JsonObject,
    })),
  };
  return {
    ok: true,
    asked: {
      request: { text: asked.text, inputs: given?.request.inputs ?? [], agent },
      intent,
      objects: authored.objects,
      authored,
    },
  };
}
