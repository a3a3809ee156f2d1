import type { IncomingMessage } from "node:http";
import { OpsError } from "../../../../kube/ops-error.ts";
import { clusterError } from "../errors/cluster-error.ts";
import type { TransportLimits } from "./limits.ts";

/** A stream of lines that ends when the server or the caller ends it. */
export interface LineStream extends AsyncIterable<string> {
  close(): void;
}

/** The lines of an answer as they come. A stream that falls silent, or ends within a line, is broken. */
export function lineStream(response: IncomingMessage, url: string, limits: TransportLimits): LineStream {
  return {
    close: () => response.destroy(),
    async *[Symbol.asyncIterator]() {
      const decoder = new TextDecoder("utf-8");
      const broken = (): OpsError => clusterError("CLUSTER_UNREACHABLE", `the watch of ${url} broke off`);
      const stop = (): NodeJS.Timeout => setTimeout(() => response.destroy(), limits.silenceMs);
      let rest = "";
      let timer = stop();
      try {
        for await (const chunk of response as AsyncIterable<Buffer>) {
          clearTimeout(timer);
          timer = stop();
          rest += decoder.decode(chunk, { stream: true });
          const lines = rest.split("\n");
          rest = lines.pop() ?? "";
          if (rest.length > limits.answerBytes) {
            const message = `a watch event of ${url} is larger than ${limits.answerBytes} bytes`;
            throw clusterError("CLUSTER_ANSWER", message);
          }
          yield* lines;
        }
      } catch (error) {
        throw OpsError.is(error) ? error : broken();
      } finally {
        clearTimeout(timer);
        response.destroy();
      }
      if (rest.trim() !== "") throw broken();
    },
  };
}
