import type { JsonObject } from "../kube/json.ts";
import type { Fragment } from "./compose-intent.ts";
import type { AgentEvent } from "./loop/agent-event.ts";
import type { Budget } from "./loop/budget.ts";
import { type ReadTools, readTools } from "./loop/read-tools.ts";
import { runSubagent } from "./loop/run-subagent.ts";
import type { ModelPort } from "./model/model-port.ts";
import { subagents } from "./subagents/subagents.ts";

export type { AgentEvent } from "./loop/agent-event.ts";

export interface Asking {
  /** The person's words. */
  readonly sentence: string;
  readonly namespace: string;
  /** What was given beside the sentence: read through the projection and in no other way. */
  readonly given: {
    readonly kind: "nothing" | "compose" | "objects";
    readonly objects: readonly JsonObject[];
  };
  readonly port: ModelPort;
  readonly budget: Budget;
  readonly observe: (event: AgentEvent) => void;
  readonly signal: AbortSignal;
}

export interface Answered {
  readonly fragments: readonly Fragment[];
  readonly prompts: readonly { readonly subagent: string; readonly digest: string }[];
  /** What the model read. */
  readonly taint: readonly string[];
}

/**
 * Asks every subagent in a fresh context: the person's words, and the projection of what the person gave. Their fragments
 * are typed and labelled; no word of one reaches another. All or nothing: one that fails ends the request.
 * @throws {OpsError} MODEL_*
 */
export async function orchestrate(asking: Asking): Promise<Answered> {
  const { given, port, budget, observe, signal } = asking;
  const read: ReadTools = readTools(given.objects, given.kind === "objects");
  const request = requestText(asking);
  const fragments: Fragment[] = [];
  const prompts: { readonly subagent: string; readonly digest: string }[] = [];
  for (const subagent of subagents) {
    const { operations, prompt } = await runSubagent({
      subagent,
      request,
      read,
      port,
      budget,
      observe,
      signal,
    });
    prompts.push({ subagent: subagent.name, digest: prompt });
    fragments.push(...operations.map((operation) => ({ source: subagent.name, operation })));
  }
  return {
    fragments,
    prompts,
    taint: given.objects.length === 0 ? ["request"] : ["request", "projection"],
  };
}

const kinds: Readonly<Record<Asking["given"]["kind"], string>> = {
  nothing: "The person gave no files: everything is new, or stands in the namespace already.",
  compose:
    "The person gave a Compose file. list_objects and read_object show the objects that it leads to; name its workloads as they are named there. Its single fields cannot be set with edit_field.",
  objects: "The person gave Kubernetes objects. list_objects and read_object show them.",
};

/** What every subagent reads first. The person's words come last, whole and as they are. */
function requestText({ sentence, namespace, given }: Asking): string {
  return `Namespace: ${namespace}\n${kinds[given.kind]}\n\nThe person asks:\n${sentence}`;
}
