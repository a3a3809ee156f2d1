import { isCustom } from "./catalogue/catalogue.ts";
import { isObject, type JsonObject, valueAt } from "./json.ts";
import { objectKey } from "./object-key.ts";
import type { Labels, Selector } from "./selector.ts";

/** A custom resource whose controller makes Pods, as an Alertmanager or a Rollout: which ones, nobody can read from files. */
export interface PodMaker {
  readonly name: string;
  /** Its own labels and those that it gives its Pods by itself. */
  readonly labels: Labels;
}

/** Fields by which a custom resource says that Pods come of it. */
const podFields: readonly string[] = ["podMetadata", "template", "podTemplate"];

/** The maker in a custom resource; undefined for kinds of Kubernetes itself and for what does not read like one. */
export function podMakerOf(object: JsonObject): PodMaker | undefined {
  const { group, kind, name } = objectKey(object);
  if (!isCustom(group, kind)) return undefined;
  const makes =
    typeof valueAt(object, ["spec", "replicas"]) === "number" ||
    podFields.some((field) => isObject(valueAt(object, ["spec", field])));
  if (!makes) return undefined;
  const labels = Object.create(null) as Record<string, string>;
  const places = [
    ["metadata", "labels"],
    ["spec", "podMetadata", "labels"],
    ["spec", "template", "metadata", "labels"],
    ["spec", "podTemplate", "metadata", "labels"],
  ];
  for (const path of places) {
    const written = valueAt(object, path);
    if (!isObject(written)) continue;
    for (const [key, value] of Object.entries(written)) if (typeof value === "string") labels[key] = value;
  }
  return { name, labels };
}

/** Labels that everything of an application has: they say nothing about one of its parts. */
const ofWholeApplications: ReadonlySet<string> = new Set([
  "app.kubernetes.io/part-of",
  "app.kubernetes.io/managed-by",
]);

/** Whether Pods that a selector asks for may come of one of the makers: it has such a label, or a label has its name. */
export function mayMake(makers: readonly PodMaker[], selector: Selector): boolean {
  const asked = selector.filter(({ key, operator }) => operator === "In" && !ofWholeApplications.has(key));
  return makers.some(({ name, labels }) =>
    asked.some(
      ({ key, values }) =>
        values.includes(name) || (Object.hasOwn(labels, key) && values.includes(labels[key] ?? "")),
    ),
  );
}
