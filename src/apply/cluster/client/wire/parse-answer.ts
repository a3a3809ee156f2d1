import type { Json } from "../../../../kube/json.ts";
import { clusterError } from "../errors/cluster-error.ts";

/** Deepest nesting that is taken from a server: what walks objects recurses, and no API object has 100. */
const MAX_DEPTH = 1000;

/** @throws {OpsError} CLUSTER_ANSWER for what is no JSON; without the text, which may hold values. */
export function parseAnswer(text: string, label: string, effect: "no" | "unknown"): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw clusterError("CLUSTER_ANSWER", `the answer to the ${label} is not JSON`, { effect });
  }
}

/**
 * Refuses what a comparison of objects could not see: numbers that a double does not carry exactly (kernel K4), and
 * nesting that nothing could walk.
 * @throws {OpsError} CLUSTER_ANSWER
 */
export function checkJson(text: string, value: Json, label: string, effect: "no" | "unknown"): void {
  if (tooDeep(value))
    throw clusterError("CLUSTER_ANSWER", `the answer to the ${label} is nested deeper than ${MAX_DEPTH}`, {
      effect,
    });
  if (!/\d{16}/.test(text)) return;
  let inexact = false;
  // The third argument is that of ES2025's JSON.parse source text access, which Node.js has and its types lack.
  const look = (_key: string, number: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source;
    if (typeof number === "number" && source !== undefined && !isExact(number, source)) inexact = true;
    return number;
  };
  JSON.parse(text, look);
  if (inexact) {
    throw clusterError(
      "CLUSTER_ANSWER",
      `the answer to the ${label} holds a number that cannot be carried exactly (more than 2^53)`,
      { effect },
    );
  }
}

function isExact(number: number, source: string): boolean {
  return !/^-?\d+$/.test(source) || BigInt(source) === BigInt(number);
}

function tooDeep(value: Json): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    const below: Json[] = [];
    for (const each of level) {
      if (typeof each !== "object" || each === null) continue;
      for (const part of Object.values<Json>(each)) {
        if (typeof part === "object" && part !== null) below.push(part);
      }
    }
    level = below;
  }
  return false;
}
