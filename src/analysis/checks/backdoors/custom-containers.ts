import { versionsOf } from "../../../kube/catalogue/catalogue.ts";
import { isArray, isObject, type Json, type JsonPath } from "../../../kube/json.ts";
import { printable } from "../../../kube/printable.ts";
import { type ObjectSubject, textAt, textsAt } from "../practices/subjects.ts";
import { commandTable } from "./command-table.ts";
import { fits } from "./fits.ts";
import type { Sign } from "./more-findings.ts";

/** Values of one object that are looked at, and the depth: workflows have thousands of steps, and no more. */
const MOST_VALUES = 100_000;
const MOST_DEPTH = 64;
const MAX_TEXT = 64 * 1024;

/**
 * What runs in custom resources: the steps of Argo Workflows and Tekton, and whatever else has an image beside a command,
 * arguments or a script. Which kinds make Pods of them nobody can list; what they would run can be read in each.
 */
export function customContainers(subject: ObjectSubject): readonly Sign[] {
  const { group, kind } = subject.key;
  if (!group.includes(".") || versionsOf(group, kind).length > 0) return [];
  const signs: Sign[] = [];
  const rest: (readonly [Json, JsonPath])[] = [[subject.object, []]];
  for (let seen = 0; seen < MOST_VALUES; seen++) {
    const next = rest.pop();
    if (next === undefined) break;
    const [value, path] = next;
    if (path.length > MOST_DEPTH) continue;
    if (isArray(value)) for (const [index, item] of value.entries()) rest.push([item, [...path, index]]);
    if (!isObject(value)) continue;
    if (typeof value["image"] === "string") signs.push(...inStep(value, path));
    for (const [key, member] of Object.entries(value))
      if (typeof member === "object" && member !== null) rest.push([member, [...path, key]]);
  }
  return signs;
}

function inStep(step: Json, path: JsonPath): readonly Sign[] {
  const name = printable(textAt(step, "name") ?? String(path.at(-1) ?? ""));
  const words = [...textsAt(step, "command"), ...textsAt(step, "args")].map(([, word]) => word);
  // `script` of Tekton, `source` of Argo.
  const scripts = (["script", "source"] as const).flatMap((field) => {
    const text = textAt(step, field);
    return text === undefined ? [] : [{ path: [...path, field], text }];
  });
  const texts = [
    ...(words.length === 0
      ? []
      : [
          {
            path: [...path, textsAt(step, "command").length > 0 ? "command" : "args"],
            text: words.join(" "),
          },
        ]),
    ...scripts,
  ].map((one) => ({ ...one, text: one.text.slice(0, MAX_TEXT) }));
  return commandTable.flatMap((row): readonly Sign[] => {
    const found = row.onNode === true ? undefined : texts.find(({ text }) => fits(row, text));
    return found === undefined ? [] : [{ id: row.id, path: found.path, message: `step ${name} ${row.what}` }];
  });
}
