import type { ModelEvent, ModelPort, ModelRequest } from "../model-port.ts";

/** A port that answers what a function says: for tests in one process. The command line has no way to it. */
export function scripted(
  answer: (request: ModelRequest, turn: number) => readonly ModelEvent[] | Promise<readonly ModelEvent[]>,
): ModelPort {
  let turn = 0;
  return {
    provider: "scripted",
    model: "scripted",
    async *send(request, signal) {
      signal.throwIfAborted();
      for (const event of await answer(request, turn++)) {
        signal.throwIfAborted();
        yield event;
      }
    },
  };
}
