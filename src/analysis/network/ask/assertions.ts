import { isArray, isObject, type Json, valueAt } from "../../../kube/json.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { ReadDocument } from "../../../kube/read-object.ts";
import { withFresh } from "../engine/fresh.ts";
import type { Network } from "../engine/network.ts";
import { PortSpace } from "../sets/port-space.ts";
import { parseEnd, parseTarget } from "./ends.ts";
import { type Reply, reply } from "./question.ts";

/** What must, and what must not be possible: the document that `reach --assert` reads. */
export interface Assertion {
  readonly must: boolean;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export interface Judged {
  readonly assertion: Assertion;
  readonly held: boolean;
  /** Pairs against it. */
  readonly against: readonly string[];
  readonly reply: Reply;
}

const KIND = "ReachAssertions";
const members: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata", "mustReach", "mustNotReach"]);

/**
 * Reads `apiVersion: kubernetes-operations.dev/v1, kind: ReachAssertions` with the lists mustReach and mustNotReach of
 * `{from, to, why}`.
 * @throws {OpsError} INPUT_MALFORMED
 */
export function readAssertions(documents: readonly ReadDocument[]): readonly Assertion[] {
  const found = documents.flatMap((document) => {
    if (document.value === null && document.problems.length === 0) return [];
    return readDocument(document);
  });
  if (found.length === 0) {
    throw new OpsError("INPUT_MALFORMED", "there is no assertion in the file", {
      hint: `write kind: ${KIND} with mustReach or mustNotReach`,
    });
  }
  return found;
}

function readDocument({ value, places, problems }: ReadDocument): readonly Assertion[] {
  const fail = (path: readonly (string | number)[], message: string): never => {
    throw new OpsError("INPUT_MALFORMED", message, {
      place: places.value(path),
      hint: `see docs/guide/reachability.md: kind: ${KIND}, mustReach and mustNotReach with from and to`,
    });
  };
  const [problem] = problems.filter(({ severity }) => severity === "error");
  if (problem !== undefined) fail([], problem.message);
  if (!isObject(value) || value["kind"] !== KIND) return fail([], `this is no ${KIND}`);
  for (const key of Object.keys(value)) if (!members.has(key)) fail([key], `${key} is not known here`);
  return (["mustReach", "mustNotReach"] as const).flatMap((member) => {
    const list: Json = valueAt(value, [member]) ?? [];
    if (!isArray(list)) return fail([member], `${member} must be a list`);
    return list.map((row, index) => {
      const path = [member, index];
      const from = valueAt(row, ["from"]);
      const to = valueAt(row, ["to"]);
      const why = valueAt(row, ["why"]) ?? "";
      if (typeof from !== "string" || typeof to !== "string" || typeof why !== "string")
        return fail(path, "each entry needs the texts from and to");
      return { must: member === "mustReach", from, to, why };
    });
  });
}

/**
 * Judges each of them. What must be possible must be so for every pair and every port that the entry names; what must not
 * be possible, for none.
 * @throws {OpsError} USAGE for an end that is not in the input
 */
export function judge(own: Network, assertions: readonly Assertion[]): readonly Judged[] {
  const { networks, cut } = withFresh([own]);
  const net = networks[0] ?? own;
  return assertions.map((assertion) => {
    const answer = reply(net, parseEnd(net, assertion.from), parseTarget(net, assertion.to), cut);
    const anyPort = answer.ports === "any port";
    const against = answer.pairs.filter(({ answer: pair }) =>
      assertion.must
        ? anyPort
          ? pair.allowed === PortSpace.none
          : pair.allowed !== pair.asked
        : pair.allowed !== PortSpace.none,
    );
    return {
      assertion,
      held: against.length === 0 && (!assertion.must || answer.pairs.length > 0),
      against: against.map(({ from, to, answer: pair }) =>
        assertion.must
          ? `${from} does not reach ${to} on ${net.space.text(net.space.minus(pair.asked, pair.allowed))}`
          : `${from} reaches ${to} on ${net.space.text(pair.allowed)}`,
      ),
      reply: answer,
    };
  });
}
