import { type Spot, spots, type Walk } from "./field-spots.ts";
import { index, item, lookUp, plain } from "./look-up.ts";
import { setShared } from "./shared.ts";
import { Fault } from "./stop.ts";
import { readText, writtenText } from "./structured-text.ts";
import { copyTree, isTreeMap, scalarText, type Origins, type Tree, type TreeMap } from "./tree.ts";

/** A value, and whether its text may be read as YAML would: a number, or true. */
export interface Value {
  readonly tree: Tree;
  readonly isPlain: boolean;
}

/**
 * Sets a value inside of a text that holds JSON, where the path of a target leads into one; false when it leads into none, or
 * the value has no place there (kustomize api/filters/replacement, setValueInStructuredData: every failure of it means
 * that the path is taken in the usual way).
 */
export function setInText(root: TreeMap, steps: readonly string[], value: Value, walk: Walk): boolean {
  for (let length = 1; length < steps.length; length++) {
    const spot = spotAt(root, steps.slice(0, length));
    const text = spot?.get();
    if (spot === undefined || text === undefined || text === null || typeof text === "object") continue;
    try {
      return setIn({ spot, text: scalarText(text), steps: steps.slice(length), value, walk });
    } catch (error) {
      if (error instanceof Fault) return false;
      throw error;
    }
  }
  return false;
}

interface InText {
  readonly spot: Spot;
  readonly text: string;
  readonly steps: readonly string[];
  readonly value: Value;
  readonly walk: Walk;
}

function setIn({ spot, text, steps, value, walk }: InText): boolean {
  const { origins } = walk;
  const holds = readText(text, origins);
  const found = spots(holds, steps, walk);
  if (found.length === 0) return false;
  for (const one of found) {
    if (one.inert === true) continue;
    const fresh = freshIn(one.get(), value, origins);
    if (fresh === undefined) return false;
    one.set(fresh);
  }
  const written = writtenText(text, holds);
  // The text still stands where it was written.
  if (spot.key !== undefined && isTreeMap(spot.holder))
    setShared(origins, spot.holder, spot.key, { value: written });
  else spot.set(written);
  return true;
}

/** What takes the place of a value in a text; undefined where it is of another type: kustomize then leaves all as it was. */
function freshIn(old: Tree | undefined, { tree, isPlain }: Value, origins: Origins): Tree | undefined {
  if (typeof old === "object" && old !== null)
    return typeof tree === "string" && isPlain ? plain(tree) : copyTree(tree, origins);
  const text = scalarText(tree);
  if (typeof old === "string") return text;
  const read = plain(text);
  if (old === undefined) return read;
  // Nothing is written in quotes, and so becomes a text.
  if (old === null && text === "") return "";
  if (old === null) return read === null ? null : undefined;
  if (typeof old === "number" && Number.isInteger(old))
    return typeof read === "number" && Number.isInteger(read) ? read : undefined;
  return typeof read === typeof old ? read : undefined;
}

/** The place at the end of a path of names, numbers and members; undefined when it leads nowhere. */
function spotAt(root: TreeMap, steps: readonly string[]): Spot | undefined {
  const last = steps.at(-1) ?? "";
  let holder: Tree | undefined;
  try {
    holder = lookUp(root, steps.slice(0, -1));
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
  if (isTreeMap(holder)) {
    const map = holder;
    return { holder, key: last, get: () => map.get(last), set: (to) => void map.set(last, to) };
  }
  if (!Array.isArray(holder)) return undefined;
  const list = holder;
  const at = positionIn(list, last);
  if (at === undefined) return undefined;
  return { holder, key: undefined, get: () => list[at], set: (to) => void (list[at] = to) };
}

function positionIn(list: readonly Tree[], step: string): number | undefined {
  if (index.test(step)) return Number(step);
  if (step === "-") return list.length - 1;
  const asked = item.exec(step)?.groups;
  if (asked === undefined) return undefined;
  const { field = "", text = "" } = asked;
  const at = list.findIndex(
    (one) => scalarText((field === "" ? one : isTreeMap(one) ? one.get(field) : null) ?? null) === text,
  );
  return at < 0 ? undefined : at;
}
