import type { JsonObject } from "../../../kube/json.ts";
import { byText } from "../../../kube/by-text.ts";
import { isLabelValue, isQualifiedName } from "../names.ts";
import type { Application, Workload } from "../workload.ts";

/** Labels that tell objects of ours apart: the input cannot set them. */
const reserved: ReadonlySet<string> = new Set([
  "app.kubernetes.io/name",
  "app.kubernetes.io/instance",
  "app.kubernetes.io/part-of",
  "app.kubernetes.io/managed-by",
]);

/**
 * What every selector of ours selects a workload by. Both values never change while the workload keeps its name, so the
 * immutable selectors of workloads stay as they are (apps/v1 refuses a change of spec.selector).
 */
export function selectorLabels(application: Application, workload: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": workload,
    "app.kubernetes.io/instance": application.intent.application,
  };
}

/** Labels of objects that belong to no single workload. */
export function applicationLabels(application: Application): Record<string, string> {
  return {
    "app.kubernetes.io/instance": application.intent.application,
    "app.kubernetes.io/part-of": application.intent.application,
    "app.kubernetes.io/managed-by": "kubeops",
  };
}

/** Labels of the objects that run a workload: the recommended set, then the input's that are valid. */
export function runningLabels(application: Application, workload: Workload): Record<string, string> {
  const { intent, image } = workload;
  const version =
    image.tag !== undefined && image.tag !== "latest" && isLabelValue(image.tag) ? image.tag : undefined;
  return sorted({
    ...(version === undefined || version === "" ? {} : { "app.kubernetes.io/version": version }),
    ...workloadLabels(application, workload),
    ...validLabels(intent.labels),
    ...selectorLabels(application, intent.name),
    ...applicationLabels(application),
  });
}

/** Labels of the objects beside a workload. Without a version: another image is no change of them. */
function workloadLabels(application: Application, workload: Workload): Record<string, string> {
  const { intent, known } = workload;
  return sorted({
    ...(known?.component === undefined ? {} : { "app.kubernetes.io/component": known.component }),
    ...selectorLabels(application, intent.name),
    ...applicationLabels(application),
  });
}

/** Labels of the input that an object can carry; the rest is said by `noteLabels`. */
export function validLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).filter(
      ([key, value]) => isQualifiedName(key) && isLabelValue(value) && !reserved.has(key),
    ),
  );
}

/** Says which labels and annotations of the input no object can carry. */
export function noteLabels(application: Application, workload: Workload): void {
  const { intent } = workload;
  for (const [key, value] of Object.entries(intent.labels)) {
    if (!isQualifiedName(key) || !isLabelValue(value))
      application.ledger.note(
        "labels/invalid",
        intent.name,
        `label ${JSON.stringify(key)} is left out: its key or value breaks the syntax of labels; annotations take any value.`,
      );
    else if (reserved.has(key))
      application.ledger.note(
        "labels/reserved",
        intent.name,
        `label ${key} is left out: selectors of the generated objects use it.`,
      );
  }
  for (const key of Object.keys(intent.annotations))
    if (!isQualifiedName(key))
      application.ledger.note(
        "labels/invalid",
        intent.name,
        `annotation ${JSON.stringify(key)} is left out: its key breaks the syntax of annotations.`,
      );
}

export function validAnnotations(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return sorted(Object.fromEntries(Object.entries(annotations).filter(([key]) => isQualifiedName(key))));
}

export function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([left], [right]) => byText(left, right)));
}

/** Metadata of an object of the application as a whole. */
export function objectMetadata(
  application: Application,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): JsonObject {
  return {
    name,
    namespace: application.intent.namespace,
    labels: sorted({ ...validLabels(labels), ...applicationLabels(application) }),
  };
}

/** Metadata of an object that stands beside one workload. */
export function workloadMetadata(application: Application, workload: Workload, name: string): JsonObject {
  return { name, namespace: application.intent.namespace, labels: workloadLabels(application, workload) };
}
