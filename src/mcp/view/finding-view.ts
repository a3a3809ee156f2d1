import { ruleOf } from "../../analysis/checks/rule-table.ts";
import { familyOf, type Finding } from "../../analysis/findings/finding.ts";
import { type Json, pathText } from "../../kube/json.ts";
import type { PlanFinding } from "../../plan/plan.ts";
import { safeCode, safeFile, safeObject, safePath } from "./safe.ts";

/**
 * A finding as a model may see it: where and what rule, never the message, which echoes values of the file. The title of
 * the rule stands in its place.
 */
export function findingView(finding: Finding): Json {
  const { place, path, object } = finding;
  return {
    id: safeCode(finding.code),
    severity: finding.severity,
    rule: titleOf(finding.code),
    ...(object === undefined ? {} : { object: safeObject(object) }),
    ...(path === undefined ? {} : { path: safePath(pathText(path)) }),
    ...(place === undefined ? {} : { file: shownFile(place.file), line: place.line, column: place.column }),
  };
}

function shownFile(file: string): string {
  return file === "<stdin>" ? file : safeFile(file);
}

/** The title of a rule of our tables. That of a rule of the repository's own is its author's prose: a model gets its id. */
function titleOf(code: string): string {
  if (familyOf(code) === "own")
    return "a rule of the repository's own; kubeops explain with this id tells a person what it asks for";
  return ruleOf(code)?.title ?? "see explain";
}

/** A finding of a plan, likewise. */
export function planFindingView(finding: PlanFinding): Json {
  return {
    id: safeCode(finding.code),
    severity: finding.severity,
    rule: titleOf(finding.code),
    ...(finding.key === undefined ? {} : { object: safeObject(finding.key) }),
    ...(finding.path === undefined || finding.path === "" ? {} : { path: safePath(finding.path) }),
    // The reason is somebody's prose.
    ...(finding.exempt === undefined ? {} : { exempt: true }),
  };
}
