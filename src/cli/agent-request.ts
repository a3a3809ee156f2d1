import { type OperationsRequest, requestFromOperations } from "../agent/request-from-operations.ts";
import { OpsError } from "../kube/ops-error.ts";
import type { AskedFor } from "./request.ts";

/**
 * What operations ask for, as every way to a plan takes it. `ask` and the MCP server share it.
 * @throws {OpsError} AGENT_QUESTION with everything that is open: nobody but the person may answer it
 */
export function agentRequest(request: OperationsRequest): AskedFor {
  const made = requestFromOperations(request);
  if (made.ok) return made.asked;
  const texts = made.questions.map(({ code, text }) => `${text} [${code}]`);
  throw new OpsError(
    "AGENT_QUESTION",
    texts.length === 1 ? (texts[0] ?? "") : `${texts.length} things are open: ${texts.join("; ")}`,
    { hint: "say it in the request, and ask again" },
  );
}
