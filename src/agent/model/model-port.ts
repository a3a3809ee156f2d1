import type { JsonObject } from "../../kube/json.ts";

/** One turn of a model. Everything that comes back is data of an untrusted author. */
export interface ModelPort {
  /** As plans and logs name it. */
  readonly provider: string;
  readonly model: string;
  /**
   * Sends a request and gives the answer as it comes. Ends with exactly one `end`; after `restart` everything before it is
   * void. Throws OpsError MODEL_* and, when the signal is aborted, whatever the signal's reason is.
   */
  send(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
}

export interface ModelRequest {
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ModelTool[];
  readonly maxOutputTokens: number;
  /** System text and tools are the same in the next request: a provider may keep them. */
  readonly cachePrefix: boolean;
}

export interface ModelTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema, an object at its root. */
  readonly input: JsonObject;
}

export type ModelMessage =
  | { readonly role: "user"; readonly parts: readonly (TextPart | ToolResultPart)[] }
  | { readonly role: "assistant"; readonly parts: readonly (TextPart | ToolCallPart)[] };

export interface TextPart {
  readonly type: "text";
  readonly text: string;
}
export interface ToolCallPart {
  readonly type: "tool-call";
  readonly id: string;
  readonly name: string;
  /** Arguments as the model wrote them: JSON, or not. */
  readonly json: string;
}
export interface ToolResultPart {
  readonly type: "tool-result";
  readonly id: string;
  readonly text: string;
  readonly isError: boolean;
}

export type ModelEvent =
  | { readonly type: "text"; readonly text: string }
  | ToolCallPart
  | { readonly type: "usage"; readonly usage: Usage }
  | { readonly type: "waiting"; readonly seconds: number; readonly reason: string }
  | { readonly type: "restart" }
  | { readonly type: "end"; readonly reason: EndReason };

/** `length`: the answer was cut at maxOutputTokens. */
export type EndReason = "done" | "tools" | "length" | "refusal";

/** Tokens of one turn, as the provider counts them. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}
