import { canonicalJson } from "../../kube/canonical-json.ts";
import { isArray, isObject, type Json } from "../../kube/json.ts";
import type { Change, FieldChange, Shown } from "../plan.ts";

/**
 * Whether a change of a role or binding takes permissions away and gives none: by its diff, which shows both sides, since
 * rules and subjects are structure. What cannot be told gives.
 */
export function takesAway({ operation, key, diff }: Change): boolean {
  if (operation !== "update" || diff.length === 0) return false;
  const parts = diff.filter(({ path }) => !/^metadata\.(?:labels|annotations)\b/u.test(path));
  // A label may aggregate the rules of a ClusterRole into others.
  if (key.kind === "ClusterRole" && parts.length < diff.length) return false;
  return parts.length > 0 && parts.every((part) => partTakesAway(part));
}

function partTakesAway({ path, operation, before, after }: FieldChange): boolean {
  if (operation === "remove") return path === "rules" || path === "subjects";
  const was = valueOf(before);
  const is = valueOf(after);
  if (path === "subjects") return isSubset(is, was);
  if (path === "rules") {
    return isArray(is) && isArray(was) && is.every((rule) => was.some((old) => covers(old, rule)));
  }
  const member = /^rules\[\d+\]\.(?<name>verbs|resources|apiGroups|nonResourceURLs|resourceNames)$/u.exec(
    path,
  )?.groups?.["name"];
  if (member === undefined) return false;
  // Names limit a rule: the first ones take away, and none at all would give everything.
  if (member === "resourceNames")
    return operation === "add" || (isArray(is) && is.length > 0 && isSubset(is, was));
  return isSubset(is, was);
}

function valueOf(shown: Shown | undefined): Json | undefined {
  return shown !== undefined && "value" in shown ? shown.value : undefined;
}

/** Whether every item stands in the other list, or the other list has the wildcard. */
function isSubset(part: Json | undefined, whole: Json | undefined): boolean {
  if (!isArray(part) || !isArray(whole)) return false;
  const known = new Set(whole.map((item) => canonicalJson(item)));
  return known.has('"*"') || part.every((item) => known.has(canonicalJson(item)));
}

/** Whether one rule of a role grants everything that another one grants. */
function covers(old: Json, rule: Json): boolean {
  if (!isObject(old) || !isObject(rule)) return false;
  if (canonicalJson(old) === canonicalJson(rule)) return true;
  const limits = (value: Json | undefined): boolean => isArray(value) && value.length > 0;
  const names = limits(old["resourceNames"])
    ? limits(rule["resourceNames"]) && isSubset(rule["resourceNames"], old["resourceNames"])
    : true;
  return (
    names &&
    ["apiGroups", "resources", "verbs", "nonResourceURLs"].every((member) =>
      isSubset(rule[member] ?? [], old[member] ?? []),
    )
  );
}
