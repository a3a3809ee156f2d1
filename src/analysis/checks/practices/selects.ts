import { isObject, type Json } from "../../../kube/json.ts";
import { get, mappingsAt, membersAt, textAt, textsAt } from "./subjects.ts";

/**
 * Whether a LabelSelector fits labels. An empty one fits everything; one that is not there, or is malformed, nothing
 * (apimachinery meta/v1 LabelSelectorAsSelector).
 */
export function selects(selector: Json | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (!isObject(selector)) return false;
  for (const [key, value] of membersAt(selector, "matchLabels")) {
    if (labels[key] !== value) return false;
  }
  return mappingsAt(selector, "matchExpressions").every(([, one]) => {
    const label = labels[textAt(one, "key") ?? ""];
    const values = textsAt(one, "values").map(([, value]) => value);
    switch (textAt(one, "operator")) {
      case "In":
        return label !== undefined && values.includes(label);
      case "NotIn":
        return label === undefined || !values.includes(label);
      case "Exists":
        return label !== undefined;
      case "DoesNotExist":
        return label === undefined;
      default:
        return false;
    }
  });
}

/** Whether a Service's map of labels fits; an empty one fits nothing. */
export function mapSelects(selector: Json | undefined, labels: Readonly<Record<string, string>>): boolean {
  const members = membersAt(selector);
  return members.length > 0 && members.every(([key, value]) => labels[key] === value);
}

/** Labels of an object itself. */
export function labelsOf(object: Json): Readonly<Record<string, string>> {
  const labels = Object.create(null) as Record<string, string>;
  for (const [key, value] of membersAt(get(object, "metadata", "labels")))
    if (typeof value === "string") labels[key] = value;
  return labels;
}
