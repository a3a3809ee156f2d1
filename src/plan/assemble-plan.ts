import type { Intent } from "../authoring/intent/intent.ts";
import { canonicalJson } from "../kube/canonical-json.ts";
import { macHex } from "../kube/digest.ts";
import { deepFreeze } from "../kube/json.ts";
import { desiredObjects, distinct } from "./assemble/desired-objects.ts";
import { gitSide, targetFolderOf } from "./assemble/git-side.ts";
import type { Side } from "./assemble/side.ts";
import { charterDigest } from "./charter/parse-charter.ts";
import { clusterSide } from "./cluster/cluster-side.ts";
import { buildFacts } from "./facts/build-facts.ts";
import { findProblems } from "./facts/find-problems.ts";
import type { Plan, RequestRecord } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";
import { compiledRules, recordedExemptions } from "./plan-rules.ts";
import { planDigest } from "./plan-text.ts";
import { assumptionsOf } from "./verdict/assumptions.ts";
import { judge } from "./verdict/judge.ts";

/**
 * The plan that the input leads to. Pure: the same input gives the same bytes, whatever the order of objects, deletions
 * and files or objects of the state.
 * @throws {OpsError} INPUT_SECRET_DATA, INPUT_DUPLICATE, INPUT_REFUSED, TARGET_UNSAFE, TARGET_DRIFT
 */
export function assemblePlan(input: PlanInput): Plan {
  const { macKey, minor, charter } = input;
  const side = sideOf(input);
  const { row, target, changes, changed, view } = side;
  const request = requestRecord(input, side);
  const facts = buildFacts(changes, changed, view, { minor, resets: side.resets });
  const findings = findProblems(changed, {
    folder: view,
    absent: side.absent,
    podSecurity: charter?.spec.podSecurity ?? "restricted",
    minor,
    // What a cluster would store is known without its values; what was asked for is looked at instead.
    checked: "cluster" in input ? input.objects : view.after,
    rules: compiledRules(request.rules ?? []),
    exemptions: request.exemptions && recordedExemptions(request.exemptions),
    ofTarget: side.findings,
  });
  const plan: Omit<Plan, "digest"> = {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Plan",
    tool: { name: "kubernetes-operations", version: input.toolVersion },
    request,
    intent: input.intent,
    target,
    readSet: side.readSet,
    changes,
    files: side.files(),
    findings,
    facts,
    // What objects say about their making is known only where this program made them.
    authoring:
      input.intent.source === "objects"
        ? { relaxations: [], prerequisites: [], notes: [] }
        : {
            relaxations: input.authored.relaxations,
            prerequisites: input.authored.prerequisites,
            notes: input.authored.notes,
          },
    assumptions: assumptionsOf({ target, row, facts, ofTarget: side.assumptions }),
    charter:
      charter === null
        ? null
        : {
            digest: charterDigest(charter),
            name: charter.metadata.name,
            serial: charter.metadata.serial,
            owner: input.charterOwner ?? "",
          },
    verdict: judge({
      charter,
      row,
      target,
      changes,
      changed,
      facts,
      findings,
      request,
      bound: macKey !== null,
    }),
  };
  // A copy without the caller's parts and without undefined members: what is frozen, hashed and written is one thing.
  const copy = JSON.parse(canonicalJson(plan)) as Omit<Plan, "digest">;
  return deepFreeze({ ...copy, digest: planDigest(copy) });
}

function sideOf(input: PlanInput): Side {
  const literals =
    input.intent.source === "objects" && input.request.undoes === undefined ? "refused" : "known";
  if ("cluster" in input) return clusterSide(input, desiredObjects(input.objects, { literals }));
  // A target that must not be followed is told before what is wrong with the request.
  const folder = targetFolderOf(input);
  return gitSide(input, desiredObjects(input.objects, { literals }), folder);
}

function requestRecord(input: PlanInput, side: Side): RequestRecord {
  const { request, minor, intent, macKey } = input;
  const record: Omit<RequestRecord, "mac"> = {
    text: request.text,
    inputs: request.inputs,
    ...(request.undoes === undefined ? {} : { undoes: request.undoes }),
    target: side.asked,
    deletions: distinct(input.deletions),
    ...(request.recreate === undefined ? {} : { recreate: request.recreate }),
    ...(request.takeOver === undefined ? {} : { takeOver: request.takeOver }),
    minor,
    ...(request.rules === undefined || request.rules.length === 0 ? {} : { rules: request.rules }),
    ...(exemptionsCount(input) ? { exemptions: request.exemptions ?? [] } : {}),
    ...(request.agent === undefined ? {} : { agent: request.agent }),
  };
  return { ...record, mac: macKey === null ? null : requestMac(macKey, record, intent) };
}

/** Does the charter let exemptions of a repository count? What a model asked for they are never for (kernel K7). */
function exemptionsCount({ request, charter }: PlanInput): boolean {
  return charter?.spec.findings?.repositoryExemptions === true && request.agent === undefined;
}

/** Binds the words of a request, what was asked for, where it goes and what it deletes to the trust root's key. */
export function requestMac(key: Uint8Array, request: Omit<RequestRecord, "mac">, intent: Intent): string {
  return macHex(key, "request", canonicalJson({ request, intent }));
}
