import type { Recorded } from "../../audit/event.ts";
import { jsonDigest } from "../../kube/digest.ts";
import type { JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { McpPorts, McpSession } from "../ports.ts";
import type { McpTool } from "../tools/tool.ts";
import { MAX_ANSWER } from "../view/rows.ts";
import { argumentsView, refusalView } from "../view/refusal-view.ts";
import { tooLarge } from "./bounded.ts";
import type { Gate } from "./gate.ts";

/** What a call gives: one projected object. Text and structured content of the answer are made of it alike. */
export interface Answer {
  readonly value: JsonObject;
  readonly isError: boolean;
}

export interface CallWorld {
  readonly ports: McpPorts;
  readonly gate: Gate;
  /** For the operator: errors as they are. */
  readonly report: (line: string) => void;
}

/**
 * Runs one call. In this order: the size of the arguments, the log (no log, no call), their form, the work, the size of the
 * answer. Refusals and failures are logged too, with their code.
 */
export async function runCall(
  tool: McpTool,
  args: unknown,
  { ports, gate, report }: CallWorld,
  signal: AbortSignal,
): Promise<Answer> {
  const refuse = (error: unknown): Answer => {
    report(OpsError.is(error) ? `${tool.name}: ${error.message} [${error.code}]` : stackOf(error));
    return { value: { error: refusalView(error) }, isError: true };
  };
  try {
    const answer = await gate.run(() => inSession(tool, args, ports, signal), signal);
    if (answer === "cancelled") throw new OpsError("INTERRUPTED", "the call was cancelled");
    if ("failure" in answer) return refuse(answer.failure);
    if (JSON.stringify(answer.value).length <= MAX_ANSWER) return answer;
    throw new OpsError("AGENT_LIMIT", `the answer has more than ${MAX_ANSWER} characters`);
  } catch (error) {
    return refuse(error);
  }
}

async function inSession(
  tool: McpTool,
  args: unknown,
  ports: McpPorts,
  signal: AbortSignal,
): Promise<Answer | { readonly failure: unknown }> {
  const session = await ports.open();
  try {
    const problem = tooLarge(args);
    const given = problem === undefined ? digestOf(args) : undefined;
    const read = given === undefined ? undefined : tool.read(args);
    const about: Omit<Recorded, "type"> = {
      call: tool.name,
      ...(given === undefined ? {} : { request: given }),
      ...(read?.ok === true && read.plan !== undefined ? { plan: read.plan } : {}),
    };
    session.record({ ...about, type: "tool-call" });
    if (read === undefined)
      return refused(session, about, new OpsError("AGENT_LIMIT", problem ?? "the arguments are no JSON"));
    if (!read.ok) {
      session.record({ ...about, type: "refusal", code: "USAGE" });
      return { value: { error: argumentsView(read.problems) }, isError: true };
    }
    try {
      return { value: await read.work(session, signal), isError: false };
    } catch (error) {
      return refused(session, about, error);
    }
  } finally {
    session.close();
  }
}

function refused(
  session: McpSession,
  about: Omit<Recorded, "type">,
  error: unknown,
): { readonly failure: unknown } {
  session.record({ ...about, type: "refusal", code: OpsError.is(error) ? error.code : "BUG" });
  return { failure: error };
}

/** Undefined where the arguments hold what canonical JSON has no form for, such as half of a surrogate pair. */
function digestOf(args: unknown): string | undefined {
  try {
    return jsonDigest(args);
  } catch (error) {
    if (OpsError.is(error)) return undefined;
    throw error;
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
