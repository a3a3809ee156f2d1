import { checkInputs } from "../../../src/analysis/checks/reading/check-objects.ts";
import type { JsonObject } from "../../../src/kube/json.ts";
import { readStdin } from "../../../src/kube/read-inputs.ts";
import { differences, type Difference } from "./differences.ts";
import type { Case } from "./generate.ts";
import { accepted, type Verdict } from "./server.ts";

const encoder = new TextEncoder();

/** Codes of the errors that check finds in an object, with the messages. */
export function ourErrors(
  object: JsonObject,
  minor: number,
): readonly { readonly code: string; readonly text: string }[] {
  const input = readStdin(encoder.encode(JSON.stringify(object)));
  return checkInputs([input], { minor, podSecurity: "labels" })
    .filter(({ severity }) => severity === "error")
    .map(({ code, message, path = [] }) => ({ code, text: `${code} at ${path.join(".")}: ${message}` }));
}

export interface Agreement {
  readonly cases: number;
  /** Refusals of the server that hang on the object alone. */
  readonly refused: number;
  /** Refusals of the server that check finds too. */
  readonly found: number;
  /** How often each allowed difference occurred. */
  readonly explained: ReadonlyMap<string, number>;
  /** Cases of no allowed difference, as a person reads them. */
  readonly unexplained: readonly string[];
}

/** Compares check with the server over cases. */
export function compare(cases: readonly Case[], verdicts: readonly Verdict[], minor: number): Agreement {
  const explained = new Map<string, number>();
  const unexplained: string[] = [];
  let refused = 0;
  let found = 0;
  for (const [index, one] of cases.entries()) {
    const verdict = verdicts[index];
    if (verdict === undefined) throw new Error(`no verdict about ${one.id}`);
    const ours = ourErrors(one.object, minor);
    const takes = accepted(verdict);
    if (!takes) refused++;
    if (!takes && ours.length > 0) found++;
    if (takes === (ours.length === 0)) continue;
    const difference = explain(
      one,
      verdict,
      ours.map(({ code }) => code),
      takes ? "extra" : "missed",
    );
    if (difference === undefined) {
      unexplained.push(
        takes
          ? `${one.id}: the server takes it; ${ours[0]?.text ?? ""}`
          : `${one.id}: only the server refuses: ${verdict.message.slice(0, 300)}`,
      );
    } else {
      if (difference.cluster === true) refused--;
      explained.set(difference.id, (explained.get(difference.id) ?? 0) + 1);
    }
  }
  return { cases: cases.length, refused, found, explained, unexplained };
}

function explain(
  one: Case,
  verdict: Verdict,
  codes: readonly string[],
  side: Difference["side"],
): Difference | undefined {
  return differences.find((row) => row.side === side && row.holds(verdict.message, one, codes, verdict));
}

/** The agreement in one line. */
export function agreementText({ cases, refused, found, explained, unexplained }: Agreement): string {
  const share = refused === 0 ? 100 : (found / refused) * 100;
  const kinds = [...explained].map(([id, count]) => `${id} ${count}`).join(", ");
  return `${cases} cases: the server refuses ${refused} for the object's own sake, check finds ${found} of them (${share.toFixed(2)} %); allowed differences: ${kinds === "" ? "none" : kinds}; others: ${unexplained.length}`;
}
