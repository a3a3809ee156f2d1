import { printable } from "../printable.ts";
import { Fault } from "./stop.ts";
import { isTreeMap, scalarText, type Tree } from "./tree.ts";

/** A text without quotes as YAML reads it. */
export function plain(text: string): Tree {
  if (/^(?:|~|null|Null|NULL)$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Steps of a path; brackets keep points together, a backslash too (kyaml utils/pathsplitter.go). */
export function stepsOf(path: string): readonly string[] {
  const parts: string[] = [];
  const split = path.split(".");
  if (split.length > 1 && split[0] === "") split.shift();
  for (const part of split) {
    const last = parts.at(-1);
    if (last?.endsWith("\\") === true) parts[parts.length - 1] = `${last.slice(0, -1)}.${part}`;
    else parts.push(part);
  }
  const steps: string[] = [];
  for (let index = 0; index < parts.length; index++) {
    let step = parts[index] ?? "";
    if (step.startsWith("[") && !step.endsWith("]")) {
      while (index < parts.length - 1 && !step.endsWith("]")) step += `.${parts[++index] ?? ""}`;
      if (!step.includes("=")) step = step.replaceAll(/^[[\]]+|[[\]]+$/g, "");
    }
    steps.push(step);
  }
  return steps;
}

/** A step that is the number of an item. */
export const index: RegExp = /^\d{1,9}$/;
/** A step that names an item by a member of it. */
export const item: RegExp = /^\[(?<field>[^=]*)=(?<text>.*)\]$/s;

/** The value at the end of a path; undefined when there is none. */
export function lookUp(value: Tree, steps: readonly string[]): Tree | undefined {
  let current: Tree | undefined = value;
  for (const step of steps) {
    const asked = item.exec(step)?.groups;
    if (asked !== undefined && Array.isArray(current)) {
      const { field = "", text = "" } = asked;
      current = current.find(
        (one) => scalarText((field === "" ? one : isTreeMap(one) ? one.get(field) : null) ?? null) === text,
      );
    } else if (Array.isArray(current) && index.test(step)) current = current[Number(step)];
    else if (Array.isArray(current) && step === "-") current = current.at(-1);
    else if (isTreeMap(current)) current = current.get(step);
    else
      throw new Fault(
        "kustomization/replacement",
        `${printable(step)} stands in neither a mapping nor a list`,
      );
    if (current === undefined || current === null) return undefined;
  }
  return current;
}
