import type { Json, JsonObject } from "../../kube/json.ts";
import type { Change, Facts, Plan, VerdictReason } from "../../plan/plan.ts";
import { ruleOfReason } from "../../plan/verdict/rules.ts";
import { planFindingView } from "./finding-view.ts";
import { MAX_ANSWER, ROWS, rowsOf } from "./rows.ts";
import { safeCode, safeFile, safeImage, safeName, safeObject, safePath, WITHHELD } from "./safe.ts";

/**
 * A plan as a model may see it: what a reviewer sees, without values, prose and messages. Ids of facts and rules stand
 * for their texts, which `explain` gives from the tables; a person reads the whole plan with `kubeops show`.
 */
export function planView(plan: Plan, offset = 0): JsonObject {
  const view = whole(plan, offset, FIELDS);
  // A plan whose fields fill more than an answer is shown without them: which objects it changes comes first.
  return JSON.stringify(view).length <= MAX_ANSWER ? view : whole(plan, offset, 0);
}

/** Changed fields that are shown of one object. */
const FIELDS = 12;

function whole(plan: Plan, offset: number, fields: number): JsonObject {
  const { facts, verdict } = plan;
  const changed = plan.changes.filter(({ operation }) => operation !== "unchanged");
  return {
    plan: plan.digest,
    decision: verdict.decision,
    target: targetView(plan),
    ...(plan.request.undoes === undefined ? {} : { undoes: plan.request.undoes }),
    approvals: {
      required: verdict.approvals.required,
      approvers: verdict.approvals.approvers.slice(0, ROWS).map(safeName),
      securityKey: verdict.approvals.presence,
    },
    reasons: { ...rowsOf(verdict.reasons, 0, reasonView) },
    counts: { ...facts.counts },
    changes: { ...rowsOf(changed, offset, (change) => changeView(change, fields)) },
    ...factsView(facts),
    findings: { ...rowsOf(plan.findings, offset, planFindingView) },
    relaxations: rowsOf(plan.authoring.relaxations, 0, ({ workload, container, level, check }) => ({
      workload: safeName(workload),
      container: safeName(container),
      level,
      check: fieldName(check),
    })).rows,
    before: rowsOf(plan.authoring.prerequisites, 0, ({ kind, subject }) => ({
      kind,
      subject: kind === "image" ? safeImage(subject) : safeFile(subject),
    })).rows,
    ...operationsView(plan),
    assumptions: plan.assumptions.slice(0, ROWS).map(({ id }) => safeCode(id)),
    next: nextStep(plan),
  };
}

/** Operations that are not in the plan as they were said. What they became is in the plan, and its reviewer reads why. */
function operationsView({ intent }: Plan): JsonObject {
  if (intent.source !== "operations") return {};
  const rows = intent.report.filter(({ disposition }) => disposition !== "used");
  return {
    operations: {
      ...rowsOf(rows, 0, ({ field, disposition }) => ({
        operation: /^operations\[\d{1,3}\]\.[a-z_]{1,32}$/u.test(field) ? field : WITHHELD,
        disposition,
      })),
    },
  };
}

/** Nobody but a person approves; and what a person sees is not this view. */
function nextStep(plan: Plan): string {
  const { create, update, delete: remove } = plan.facts.counts;
  if (create + update + remove === 0) return "Nothing to do: the target is what was asked for.";
  switch (plan.verdict.decision) {
    case "denied":
      return "Denied. The reasons name the rules; explain tells what each asks for. Ask for less, or tell the person.";
    case "allowed":
      return "apply_plan carries it out, after the person agreed.";
    default:
      return "request_approval gives the command with which a person reads and signs it; only then does apply_plan work.";
  }
}

function targetView({ target }: Plan): JsonObject {
  return target.kind === "cluster"
    ? { kind: "cluster", name: safeName(target.name) }
    : {
        kind: "git",
        branch: safeFile(target.branch),
        folder: target.folder === "" ? "" : safeFile(target.folder),
        how: target.mode === "onto" ? "moves the branch" : "makes a new branch",
      };
}

function changeView(change: Change, fields: number): Json {
  const { reversibility } = change;
  return {
    operation: change.operation,
    object: safeObject(change.key),
    ...(change.file === "" ? {} : { file: safeFile(change.file) }),
    ...(change.diff.length === 0 || fields === 0
      ? {}
      : {
          fields: change.diff.slice(0, fields).map(({ operation, path }) => `${operation} ${safePath(path)}`),
        }),
    ...(change.diff.length > fields ? { moreFields: change.diff.length - fields } : {}),
    ...(reversibility.kind === "reversible" ? {} : { reversibility: reversibility.kind }),
    ...(change.live === undefined || change.live.owners.length === 0
      ? {}
      : { sharedWith: [...new Set(change.live.owners.map(({ manager }) => safeName(manager)))] }),
  };
}

function factsView(facts: Facts): JsonObject {
  return {
    namespaces: facts.namespaces.slice(0, ROWS).map(safeName),
    widens: {
      ...rowsOf(facts.widening, 0, ({ id, key, path, subject, operation }) => ({
        id: safeCode(id),
        operation,
        object: safeObject(key),
        ...(path === "" ? {} : { path: safePath(path) }),
        subject: safeName(subject),
      })),
    },
    exposes: rowsOf(facts.exposure, 0, ({ key }) => safeObject(key)).rows,
    deletes: rowsOf(facts.deletions, 0, ({ key }) => safeObject(key)).rows,
    cannotBeUndone: rowsOf(facts.irreversible, 0, ({ key }) => safeObject(key)).rows,
    images: {
      ...rowsOf(facts.images, 0, ({ image, digest, change }) => ({
        image: safeImage(image),
        pinned: digest !== null,
        change,
      })),
    },
    secretsThatMustExist: rowsOf(facts.secrets, 0, ({ namespace, name, keys }) => ({
      name: `${safeName(namespace)}/${safeName(name)}`,
      keys: keys.slice(0, ROWS).map(safeName),
    })).rows,
    ...(facts.resets === undefined || facts.resets.length === 0
      ? {}
      : {
          resets: rowsOf(facts.resets, 0, ({ key, path }) => `${safeObject(key)} ${safePath(path)}`).rows,
        }),
  };
}

function reasonView({ rule, decision, key, path }: VerdictReason): Json {
  return {
    rule: safeCode(rule),
    decision,
    says: titleOf(rule),
    ...(key === undefined ? {} : { object: safeObject(key) }),
    ...(path === undefined ? {} : { path: safePath(path) }),
  };
}

function titleOf(rule: string): string {
  return ruleOfReason(rule)?.title ?? "see explain";
}

function fieldName(text: string): string {
  return /^[A-Za-z0-9_]{1,64}$/u.test(text) ? text : WITHHELD;
}
