import { compileRegex } from "../cel/library/regex.ts";
import type { Place } from "../place.ts";
import { printable } from "../printable.ts";
import { index, item, plain } from "./look-up.ts";
import { Fault, Unsupported } from "./stop.ts";
import { readText } from "./structured-text.ts";
import { isTreeMap, type Origins, scalarText, type Tree } from "./tree.ts";

function missed(what: string): Fault {
  return new Fault("kustomization/replacement", what);
}

/** What a field that is made begins as. */
export type Made = "single" | "map" | "list";

export function emptyLike(value: Tree): Made {
  if (Array.isArray(value)) return "list";
  return isTreeMap(value) ? "map" : "single";
}

/** A field that a path names. */
export interface Spot {
  readonly holder: Tree;
  readonly key: string | undefined;
  readonly get: () => Tree | undefined;
  readonly set: (value: Tree) => void;
  /** It stands in a copy of what a text holds: what is set there is lost. */
  readonly inert?: true;
}

export interface Walk {
  readonly made: Made | undefined;
  readonly place: Place;
  readonly origins: Origins;
}

/** The fields that a path names, made where they are not there and may be (kyaml yaml/match.go). */
export function spots(root: Tree, steps: readonly string[], walk: Walk): readonly Spot[] {
  const self: Spot = { holder: root, key: undefined, get: () => root, set: () => undefined };
  return below(self, steps, walk);
}

function below(spot: Spot, steps: readonly string[], walk: Walk): readonly Spot[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [spot];
  const value = spot.get();
  if (value === null) throw new Unsupported("a replacement inside of null", walk.place);
  if (value !== undefined && typeof value !== "object") return inertSpots(value, steps, walk);
  if (index.test(step)) {
    const list = listOf(value, step);
    if (Number(step) === list.length && walk.made !== undefined) {
      const made = fresh(rest[0], walk.made);
      list.push(made ?? null);
      // A single value that is made has no type yet.
      if (made === undefined) return [{ ...itemSpot(list, Number(step)), get: () => undefined }];
    }
    if (Number(step) >= list.length) throw missed(`a target has no item ${step}`);
    return below(itemSpot(list, Number(step)), rest, walk);
  }
  const asked = item.exec(step)?.groups;
  if (asked !== undefined)
    return belowItems(listOf(value, step), asked["field"] ?? "", asked["text"] ?? "", rest, walk);
  if (step === "*")
    return listOf(value, step).flatMap((_, position) =>
      below(itemSpot(listOf(value, step), position), rest, walk),
    );
  if (!isTreeMap(value)) throw missed(`${printable(step)} stands in no mapping`);
  if (!value.has(step)) {
    if (walk.made === undefined) return [];
    const made = fresh(rest[0], walk.made);
    if (made !== undefined) value.set(step, made);
  }
  return below(
    { holder: value, key: step, get: () => value.get(step), set: (to) => void value.set(step, to) },
    rest,
    walk,
  );
}

/**
 * Fields of what a text holds. kustomize takes it for structured data here as well, but forgets to write it back (kyaml
 * yaml/match.go, handleStructuredDataInScalar).
 */
function inertSpots(text: Tree, steps: readonly string[], walk: Walk): readonly Spot[] {
  const copy = readText(text, walk.origins);
  const self: Spot = { holder: null, key: undefined, get: () => copy, set: () => undefined };
  return below(self, steps, walk).map((spot) => ({ ...spot, inert: true }));
}

function belowItems(
  list: Tree[],
  field: string,
  text: string,
  rest: readonly string[],
  walk: Walk,
): readonly Spot[] {
  const regex = compileRegex(text);
  if (typeof regex === "string") throw missed("a path has a bad pattern");
  const find = (): readonly Spot[] =>
    list.flatMap((one, position) => {
      const value = field === "" ? one : isTreeMap(one) ? one.get(field) : undefined;
      if (value === undefined || !regex.matcher(scalarText(value)).find()) return [];
      return field === "" ? [itemSpot(list, position)] : below(itemSpot(list, position), rest, walk);
    });
  const found = find();
  if (found.length > 0 || walk.made === undefined) return found;
  list.push(field === "" ? text : new Map<string, Tree>([[field, plain(text)]]));
  return find();
}

function itemSpot(list: Tree[], position: number): Spot {
  return { holder: list, key: undefined, get: () => list[position], set: (to) => void (list[position] = to) };
}

function listOf(value: Tree | undefined, step: string): Tree[] {
  if (!Array.isArray(value)) throw missed(`${printable(step)} stands in no list`);
  return value;
}

/** What a step that is not there begins as, by what comes after it; undefined: a single value. */
function fresh(next: string | undefined, made: Made): Tree | undefined {
  if (next !== undefined) return index.test(next) || next === "*" || item.test(next) ? [] : new Map();
  if (made === "list") return [];
  return made === "map" ? new Map() : undefined;
}
