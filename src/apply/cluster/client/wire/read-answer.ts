import type { IncomingMessage } from "node:http";
import type { Json } from "../../../../kube/json.ts";
import { OpsError } from "../../../../kube/ops-error.ts";
import { clusterError } from "../errors/cluster-error.ts";
import type { PreparedRequest } from "../request/prepare-request.ts";
import type { TransportLimits } from "./limits.ts";
import { checkJson, parseAnswer } from "./parse-answer.ts";
import { effectOf } from "./wire-errors.ts";

export interface Answer {
  readonly status: number;
  /** Undefined for failures, for 304, and for documents that are no JSON. */
  readonly body: Json | undefined;
  /** What came, where `body` is undefined. It may hold values: it goes to `readFailure` and nowhere else. */
  readonly text: string;
  readonly etag: string | undefined;
  readonly rawHeaders: readonly string[];
  /** Id of the server's audit event: `auditID` in its log. */
  readonly auditId: string | null;
}

/** @throws {OpsError} CLUSTER_ANSWER, CLUSTER_UNREACHABLE: never with what the answer holds. */
export async function readAnswer(
  response: IncomingMessage,
  prepared: PreparedRequest,
  limits: TransportLimits,
): Promise<Answer> {
  const status = response.statusCode ?? 0;
  const effect = status < 300 || status >= 500 ? effectOf(prepared, true) : "no";
  const text = await readText(response, prepared, limits, effect);
  if (status >= 300 && status < 400 && status !== 304) {
    const message = `the API server answers the ${prepared.label} with a redirect (${status}), which is not followed`;
    throw clusterError("CLUSTER_ANSWER", message);
  }
  const isJson = /^application\/json\b/.test(response.headers["content-type"] ?? "");
  let body: Json | undefined;
  if (status < 300 && isJson && prepared.method !== "HEAD") {
    body = parseAnswer(text, prepared.label, effect);
    if (prepared.headers["accept"]?.includes("PartialObjectMetadata") !== true)
      checkJson(text, body, prepared.label, effect);
  }
  const auditId = response.headers["audit-id"];
  return {
    status,
    body,
    text: body === undefined ? text : "",
    etag: response.headers.etag,
    rawHeaders: response.rawHeaders,
    auditId: typeof auditId === "string" && /^[0-9a-f-]{36}$/.test(auditId) ? auditId : null,
  };
}

async function readText(
  response: IncomingMessage,
  prepared: PreparedRequest,
  { answerBytes, answerMs }: TransportLimits,
  effect: "no" | "unknown",
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => response.destroy(new Error("slow")), answerMs);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > answerBytes) {
        const message = `the answer to the ${prepared.label} is larger than ${answerBytes} bytes`;
        throw clusterError("CLUSTER_ANSWER", message, { effect });
      }
      chunks.push(chunk);
    }
  } catch (error) {
    if (OpsError.is(error)) throw error;
    const message = `the connection broke in the middle of the answer to the ${prepared.label}`;
    throw clusterError("CLUSTER_UNREACHABLE", message, { effect });
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
