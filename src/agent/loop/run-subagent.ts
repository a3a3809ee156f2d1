import { canonicalJson } from "../../kube/canonical-json.ts";
import { jsonDigest, sha256Hex } from "../../kube/digest.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type {
  EndReason,
  ModelEvent,
  ModelMessage,
  ModelPort,
  ModelRequest,
  ModelTool,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  Usage,
} from "../model/model-port.ts";
import type { Operation } from "../operations/operation.ts";
import { MAX_OPERATIONS, operationSchema, parseOperation } from "../operations/parse-operation.ts";
import { operations as table } from "../operations/table.ts";
import type { Subagent } from "../subagents/subagent.ts";
import type { AgentEvent } from "./agent-event.ts";
import { aboutTokens, type Budget } from "./budget.ts";
import type { ReadTools } from "./read-tools.ts";

/** Most characters of the arguments of one call, and of everything that one turn says. */
const MAX_ARGUMENTS = 16_384;
const MAX_TURN = 262_144;
/** Most characters of a refusal: what a model wrote wrongly is answered, not discussed. */
const MAX_ANSWER = 1000;

export interface SubagentRun {
  readonly subagent: Subagent;
  /** What the person said, and what is known of the request. */
  readonly request: string;
  readonly read: ReadTools;
  readonly port: ModelPort;
  readonly budget: Budget;
  readonly observe: (event: AgentEvent) => void;
  readonly signal: AbortSignal;
}

export interface SubagentRan {
  /** What it said that parses, each once. */
  readonly operations: readonly Operation[];
  /** Digest of everything that it was told before it spoke. */
  readonly prompt: string;
}

/** The tools of a subagent: its operations, and the read tools. */
export function toolsOf(subagent: Subagent, read: ReadTools): readonly ModelTool[] {
  const own = table.filter((row) => subagent.operations.includes(row.name));
  return [
    ...own.map(({ name, description }) => ({ name, description, input: operationSchema(name) })),
    ...read.tools,
  ];
}

/**
 * Asks one subagent, in a context of its own, until it is done.
 * @throws {OpsError} MODEL_BUDGET when it uses up its turns, faults or tokens, MODEL_ANSWER when it refuses; nothing that
 *   it said before counts then
 */
export async function runSubagent(run: SubagentRun): Promise<SubagentRan> {
  const { subagent, budget, observe } = run;
  const { limits } = subagent;
  const said = new Map<string, Operation>();
  const faults = { count: 0, most: limits.faults };
  const messages: ModelMessage[] = [{ role: "user", parts: [{ type: "text", text: run.request }] }];
  const before = budget.tokens();
  const tools = toolsOf(subagent, run.read);
  const prompt = jsonDigest({ system: subagent.prompt, tools, request: run.request });
  observe({ type: "asking", subagent: subagent.name, prompt });
  for (let turn = 1; turn <= limits.turns; turn++) {
    const request: ModelRequest = {
      system: subagent.prompt,
      messages,
      tools,
      maxOutputTokens: limits.outputTokensPerTurn,
      cachePrefix: true,
    };
    const parts = await takeTurn(run, request);
    const calls = parts.filter((part) => part.type === "tool-call");
    if (calls.length === 0) {
      observe({
        type: "answered",
        subagent: subagent.name,
        operations: said.size,
        tokens: budget.tokens() - before,
      });
      return { operations: [...said.values()], prompt };
    }
    if (calls.length > limits.callsPerTurn) {
      throw stopped(subagent, `made ${calls.length} calls at once, more than ${limits.callsPerTurn}`);
    }
    const results = calls.map((call): ToolResultPart => answerCall(run, call, { said, faults, tools }));
    // Its texts are not used, and a provider may refuse blank ones: the history holds its calls.
    messages.push({ role: "assistant", parts: calls }, { role: "user", parts: results });
  }
  throw stopped(subagent, `was not done after ${limits.turns} turns`);
}

function stopped(subagent: Subagent, what: string): OpsError {
  return new OpsError("MODEL_BUDGET", `the subagent ${subagent.name} ${what}: nothing was planned`, {
    hint: "ask again, for less at once or with another model",
  });
}

async function takeTurn(
  run: SubagentRun,
  request: ModelRequest,
): Promise<readonly (TextPart | ToolCallPart)[]> {
  const { subagent, budget, observe, port, signal } = run;
  const input = aboutTokens(canonicalJson([request.system, request.messages, request.tools]).length);
  budget.reserve({ input, output: request.maxOutputTokens });
  let parts: (TextPart | ToolCallPart)[] = [];
  let size = 0;
  let usage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  let end: EndReason | undefined;
  for await (const event of port.send(request, signal)) {
    signal.throwIfAborted();
    size += sizeOf(event);
    if (size > MAX_TURN) throw stopped(subagent, `wrote more than ${MAX_TURN} characters in one turn`);
    if (event.type === "restart") {
      parts = [];
      size = 0;
    } else if (event.type === "waiting") {
      observe({ type: "waiting", subagent: subagent.name, seconds: event.seconds, reason: event.reason });
    } else if (event.type === "usage") usage = event.usage;
    else if (event.type === "end") end = event.reason;
    else add(parts, event);
  }
  budget.spend(usage, { input, output: aboutTokens(size) });
  if (end === "length") throw stopped(subagent, `was cut off at ${request.maxOutputTokens} tokens`);
  if (end === "refusal") {
    throw new OpsError("MODEL_ANSWER", `the model refuses the request (subagent ${subagent.name})`, {
      hint: "say it in other words; plan -f works without a model",
    });
  }
  return parts;
}

function sizeOf(event: ModelEvent): number {
  if (event.type === "text") return event.text.length;
  return event.type === "tool-call" ? event.json.length + event.name.length + event.id.length : 0;
}

function add(parts: (TextPart | ToolCallPart)[], event: TextPart | ToolCallPart): void {
  const last = parts.at(-1);
  if (event.type === "text" && last?.type === "text") {
    parts[parts.length - 1] = { type: "text", text: last.text + event.text };
  } else parts.push(event);
}

/** What one subagent has said and done wrong so far, and the tools that it has. */
interface Said {
  readonly said: Map<string, Operation>;
  readonly faults: { count: number; readonly most: number };
  readonly tools: readonly ModelTool[];
}

function answerCall(
  run: SubagentRun,
  call: ToolCallPart,
  { said, faults, tools: own }: Said,
): ToolResultPart {
  const { subagent, observe } = run;
  const tools = own.map((tool) => tool.name);
  const name = tools.includes(call.name) ? call.name : "unknown";
  const digest = `sha256:${sha256Hex(call.json.toWellFormed())}`;
  const { outcome, text } = handle(run, call, said, tools);
  observe({ type: "call", subagent: subagent.name, call: name, arguments: digest, outcome });
  if (outcome === "refused" || outcome === "repeated") {
    faults.count++;
    if (faults.count > faults.most) {
      throw stopped(subagent, `made ${faults.count} calls that were refused or repeated`);
    }
  }
  return {
    type: "tool-result",
    id: call.id,
    // What is read is bounded by itself.
    text: outcome === "read" ? text : text.slice(0, MAX_ANSWER),
    isError: outcome === "refused",
  };
}

interface Handled {
  readonly outcome: Extract<AgentEvent, { readonly type: "call" }>["outcome"];
  readonly text: string;
}

function handle(
  { subagent, read }: SubagentRun,
  call: ToolCallPart,
  said: Map<string, Operation>,
  tools: readonly string[],
): Handled {
  const refuse = (text: string): Handled => ({ outcome: "refused", text });
  if (!tools.includes(call.name)) return refuse(`there is no such tool; known: ${tools.join(", ")}`);
  if (call.json.length > MAX_ARGUMENTS)
    return refuse(`the arguments have more than ${MAX_ARGUMENTS} characters`);
  let args: unknown;
  try {
    args = JSON.parse(call.json);
  } catch {
    return refuse("the arguments are no JSON");
  }
  const answer = read.call(call.name, args);
  if (answer !== undefined) return { outcome: answer.ok ? "read" : "refused", text: answer.text };
  // The tools of others are refused above: a subagent says its own operations and no other.
  const parsed = parseOperation(call.name, args);
  if (!parsed.ok) return refuse(parsed.problems.join("; "));
  const key = canonicalJson(parsed.operation);
  if (said.has(key)) return { outcome: "repeated", text: "recorded already: do not repeat it" };
  if (said.size >= MAX_OPERATIONS) throw stopped(subagent, `said more than ${MAX_OPERATIONS} operations`);
  said.set(key, parsed.operation);
  return { outcome: "recorded", text: "recorded" };
}
