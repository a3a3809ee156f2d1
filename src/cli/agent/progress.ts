import type { Budget } from "../../agent/loop/budget.ts";
import type { ModelPort } from "../../agent/model/model-port.ts";
import type { AgentEvent } from "../../agent/orchestrate.ts";
import { printable } from "../../kube/printable.ts";
import type { CliContext } from "../context.ts";
import type { AskInputs } from "./ask-inputs.ts";

/** Lines on standard error while a model is asked. No word that it wrote is among them: only names that tables know. */
export interface Progress {
  readonly start: (port: ModelPort, inputs: AskInputs) => void;
  readonly observe: (event: AgentEvent) => void;
  readonly end: (budget: Budget) => void;
}

const what: Readonly<Record<AskInputs["kind"], string>> = {
  nothing: "the sentence",
  compose: "the sentence, and the structure of what the Compose file leads to",
  objects: "the sentence, and the structure of the given objects",
};

export function progressOf(context: CliContext, { quiet }: { readonly quiet: boolean }): Progress {
  const line = (text: string): void => {
    if (!quiet) context.process.stderr.write(`${text}\n`);
  };
  return {
    start: (port, inputs) =>
      line(`asking ${port.provider}/${printable(port.model)}; it sees ${what[inputs.kind]}, no values`),
    observe: (event) => {
      if (event.type === "asking") line(`${event.subagent}: asked`);
      else if (event.type === "waiting")
        line(`${event.subagent}: ${printable(event.reason)}; again in ${event.seconds} s`);
      else if (event.type === "call") line(`${event.subagent}: ${event.call} ${event.outcome}`);
      else line(`${event.subagent}: done, ${event.operations} operations, ${event.tokens} tokens`);
    },
    end: (budget) => {
      const micros = budget.micros();
      line(
        `${budget.tokens()} tokens in all${micros === undefined ? "; the price of the model is not known" : `, about ${(micros / 1_000_000).toFixed(4)} US dollars`}`,
      );
    },
  };
}
