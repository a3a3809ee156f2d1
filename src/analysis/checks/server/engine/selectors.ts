/** Label selectors: k8s.io/apimachinery pkg/apis/meta/v1/validation/validation.go. */
import { isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import { notLabelValue, notQualifiedName } from "./texts.ts";
import { each, eachMember, fields, isUnset, listOf, text, textOf } from "./build.ts";
import { type Check, report, reportAt, type Run, shown } from "./run.ts";

export const labelKey: Check = text(notQualifiedName);
export const labelValue: Check = text(notLabelValue);

/** ValidateLabels. */
export const labels: Check = eachMember(labelValue, labelKey);

/** ValidateAnnotations: the server lowers a key before it looks at it. */
export const annotations: Check = eachMember(
  undefined,
  text((key) => notQualifiedName(key.toLowerCase())),
);

/** How many values the operators take that every selector has; false for another operator. */
export function checkValueCount(operator: string, count: number, run: Run): boolean {
  switch (operator) {
    case "In":
    case "NotIn":
      if (count === 0)
        reportAt(run, "values", "server/required", "values", "operators In and NotIn need some");
      return true;
    case "Exists":
    case "DoesNotExist":
      if (count > 0)
        reportAt(run, "values", "server/forbidden", "values", "operators Exists and DoesNotExist have none");
      return true;
    default:
      return false;
  }
}

const requirement: Check = fields(
  "meta ValidateLabelSelectorRequirement",
  { key: labelKey },
  (value, run) => {
    const values = listOf(value, "values");
    const operator = textOf(value, "operator");
    if (operator === undefined) return;
    if (value["key"] === undefined) labelKeyMissing(value, run);
    if (!checkValueCount(operator, values.length, run))
      reportAt(run, "operator", "server/not-supported", shown(operator), "In, NotIn, Exists, DoesNotExist");
    if (values.length > 0) {
      run.path.push("values");
      each(labelValue)(values, run);
      run.path.pop();
    }
  },
);

const labelKeyMissing = (_: JsonObject, run: Run): void => reportAt(run, "key", "server/required", "key");

/** ValidateLabelSelector, with values that the server refuses refused. */
export const labelSelector: Check = fields("meta ValidateLabelSelector", {
  matchLabels: labels,
  matchExpressions: each(requirement),
});

/** Whether a selector selects everything: it has no requirement. */
export function isEmptySelector(selector: Json | undefined): boolean {
  if (!isObject(selector)) return true;
  const matchLabels = selector["matchLabels"];
  const some = isObject(matchLabels) && Object.keys(matchLabels).length > 0;
  return !some && isUnset(selector["matchExpressions"]);
}

/** A selector that must select something less than everything. */
export const nonEmptySelector: Check = (value, run) => {
  if (isObject(value) && isEmptySelector(value))
    report(run, "server/invalid", "the selector", "an empty selector would select every object");
};
