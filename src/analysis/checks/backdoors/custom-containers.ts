import { isCustom } from "../../../kube/catalogue/catalogue.ts";
import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../../../kube/json.ts";
import { printable } from "../../../kube/printable.ts";
import { type ObjectSubject, textAt } from "../practices/subjects.ts";
import { commandTexts, MAX_TEXT } from "./commands.ts";
import { commandHits } from "./fits.ts";
import type { Hit } from "./pod-findings.ts";

/** Values of one object that are looked at, and the depth: workflows have thousands of steps, and no more. */
const MOST_VALUES = 100_000;
const MOST_DEPTH = 64;

/**
 * What runs in custom resources: the steps of Argo Workflows and Tekton, and whatever else has an image beside a command,
 * arguments or a script. Which kinds make Pods of them nobody can list; what they would run can be read in each.
 */
export function customContainers(subject: ObjectSubject): readonly Hit[] {
  const { group, kind } = subject.key;
  if (!isCustom(group, kind)) return [];
  const hits: Hit[] = [];
  const rest: (readonly [Json, JsonPath])[] = [[subject.object, []]];
  for (let seen = 0; seen < MOST_VALUES; seen++) {
    const next = rest.pop();
    if (next === undefined) break;
    const [value, path] = next;
    if (path.length > MOST_DEPTH) continue;
    if (isArray(value)) for (const [index, item] of value.entries()) rest.push([item, [...path, index]]);
    if (!isObject(value)) continue;
    if (typeof value["image"] === "string") hits.push(...inStep(value, path));
    for (const [key, member] of Object.entries(value))
      if (typeof member === "object" && member !== null) rest.push([member, [...path, key]]);
  }
  return hits;
}

function inStep(step: JsonObject, path: JsonPath): readonly Hit[] {
  const name = printable(textAt(step, "name") ?? String(path.at(-1) ?? ""));
  // `script` of Tekton, `source` of Argo.
  const scripts = ["script", "source"].flatMap((field) => {
    const text = textAt(step, field);
    return text === undefined ? [] : [{ path: [...path, field], text: text.slice(0, MAX_TEXT) }];
  });
  return commandHits([...commandTexts(step, path), ...scripts], `step ${name}`, false);
}
