import type { RecordField } from "../../agent/operations/field.ts";
import { recordSchema } from "../../agent/operations/field-schema.ts";
import { parseRecord } from "../../agent/operations/parse-field.ts";
import type { JsonObject } from "../../kube/json.ts";
import type { McpSession } from "../ports.ts";

/** One tool: what is published of it, how its arguments are read, and what it does. One row of table.ts. */
export interface McpTool {
  readonly name: string;
  readonly title: string;
  /** At most 2 KB: hosts cut what is longer. */
  readonly description: string;
  /** A plain object at its root: hosts flatten or skip anything else. */
  readonly inputSchema: JsonObject;
  readonly annotations: ToolHints;
  readonly _meta?: JsonObject;
  /** Reads the arguments, strictly, and gives the work, or what is wrong. */
  readonly read: (args: unknown) => Read;
}

/** Hints for people's eyes: nothing here is consulted by us, and no host may take it for a permission. */
export interface ToolHints {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

export type Read =
  | { readonly ok: true; readonly plan?: string; readonly work: Work }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Gives what the model sees, projected already. What it throws is projected by the caller. */
export type Work = (session: McpSession, signal: AbortSignal) => JsonObject | Promise<JsonObject>;

export const reads: ToolHints = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

interface Spec<T extends object> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: RecordField;
  readonly annotations: ToolHints;
  readonly _meta?: JsonObject;
  /** The plan that a call is about, for the log. */
  readonly plan?: (args: T) => string;
  readonly run: (args: T, session: McpSession, signal: AbortSignal) => JsonObject | Promise<JsonObject>;
}

/** A tool whose arguments are one record of fields. */
export function tool<T extends object>({ input, plan, run, ...spec }: Spec<T>): McpTool {
  return {
    ...spec,
    inputSchema: recordSchema(input),
    read: (args) => {
      const problems: string[] = [];
      const read = parseRecord(input, args, "", problems);
      if (read === undefined) return { ok: false, problems };
      const given = read as T;
      return {
        ok: true,
        ...(plan === undefined ? {} : { plan: plan(given) }),
        work: (session, signal) => run(given, session, signal),
      };
    },
  };
}
