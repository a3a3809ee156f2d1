import { canonicalJson } from "../../kube/canonical-json.ts";
import { macHex } from "../../kube/digest.ts";
import {
  isArray,
  isObject,
  type Json,
  type JsonArray,
  type JsonObject,
  type JsonPath,
} from "../../kube/json.ts";
import { listShape } from "../../kube/list-keys/list-keys.ts";
import { identity, objectKey } from "../../kube/object-key.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import type { FieldChange, Shown } from "../plan.ts";
import { holdsLive, mayBeLive, type Own } from "./live-values.ts";

/**
 * Map lists in which the order of items means something although they are joined by key: init containers run one after
 * the other, and `$(NAME)` in a variable sees those above it (core/v1 EnvVar.value, PodSpec.initContainers).
 */
const orderedLists: ReadonlySet<string> = new Set(["initContainers", "env"]);

/** A path in two forms: real steps for the tables, and the text that people read. */
interface Place {
  readonly steps: JsonPath;
  readonly text: string;
}

/**
 * The differences between two forms of one object, each at the deepest path that differs, in path order. Items of lists
 * that server-side apply joins by key are matched by their keys, wherever they stand; the order of such items is no
 * difference, unless it means something (then it is one difference, at the list: the names in their order). What stood
 * before is shown where it is structure and is a MAC under `macKey` where it may be a live value (kernel K17); null
 * without a key. What comes after is the plan's own object and is shown; where it is what a server made of that object,
 * `own` says which values are the plan's, and the others are MACs too.
 */
export function semanticDiff(
  before: JsonObject,
  after: JsonObject,
  macKey: Uint8Array | null,
  own?: Own,
): readonly FieldChange[] {
  const differ: Differ = { key: objectKey(after), macKey, own, found: [] };
  compareObjects(differ, { steps: [], text: "" }, before, after);
  return differ.found;
}

interface Differ {
  readonly key: ObjectKey;
  readonly macKey: Uint8Array | null;
  readonly own: Own | undefined;
  readonly found: FieldChange[];
}

function member(place: Place, name: string): Place {
  const plain = /^[A-Za-z_][A-Za-z0-9_-]*$/u.test(name);
  const text = plain
    ? place.text === ""
      ? name
      : `${place.text}.${name}`
    : `${place.text}[${JSON.stringify(name)}]`;
  return { steps: [...place.steps, name], text };
}

function item(place: Place, index: number, label: string): Place {
  return { steps: [...place.steps, index], text: `${place.text}[${label}]` };
}

function compare(differ: Differ, place: Place, before: Json, after: Json): void {
  if (isObject(before) && isObject(after)) compareObjects(differ, place, before, after);
  else if (isArray(before) && isArray(after)) compareLists(differ, place, before, after);
  else if (canonicalJson(before) !== canonicalJson(after)) replaced(differ, place, before, after);
}

function compareObjects(differ: Differ, place: Place, before: JsonObject, after: JsonObject): void {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  for (const name of names) {
    const was = Object.hasOwn(before, name) ? before[name] : undefined;
    const is = Object.hasOwn(after, name) ? after[name] : undefined;
    const below = member(place, name);
    if (was !== undefined && is !== undefined) compare(differ, below, was, is);
    else if (was !== undefined) removed(differ, below, was);
    else if (is !== undefined) added(differ, below, is);
  }
}

function compareLists(differ: Differ, place: Place, before: JsonArray, after: JsonArray): void {
  const shape = listShape(differ.key, place.steps);
  if (shape?.type === "map") {
    const keyed = { keys: shape.keys, defaults: shape.defaults ?? {} };
    const was = byKey(before, keyed);
    const is = byKey(after, keyed);
    if (was !== undefined && is !== undefined) {
      compareKeyed(differ, place, was, is);
      return;
    }
  }
  if (shape?.type === "set" && !mayBeLive(differ.key, place.steps)) {
    const was = byValue(before);
    const is = byValue(after);
    if (was !== undefined && is !== undefined) {
      compareKeyed(differ, place, was, is);
      return;
    }
  }
  if (canonicalJson(before) === canonicalJson(after)) return;
  // Lists that are replaced whole: where items stand in pairs, the pair that differs says more than the whole list.
  if (before.length === after.length && before.every(isObject) && after.every(isObject)) {
    for (const [index, was] of before.entries()) {
      const is = after[index];
      if (is !== undefined) compare(differ, item(place, index, String(index)), was, is);
    }
    return;
  }
  replaced(differ, place, before, after);
}

interface Keyed {
  readonly index: number;
  readonly label: string;
  readonly value: Json;
}

function compareKeyed(
  differ: Differ,
  place: Place,
  before: ReadonlyMap<string, Keyed>,
  after: ReadonlyMap<string, Keyed>,
): void {
  const ids = [...new Set([...before.keys(), ...after.keys()])].sort();
  for (const id of ids) {
    const was = before.get(id);
    const is = after.get(id);
    if (was !== undefined && is !== undefined) {
      compare(differ, item(place, is.index, is.label), was.value, is.value);
    } else if (was !== undefined) removed(differ, item(place, was.index, was.label), was.value);
    else if (is !== undefined) added(differ, item(place, is.index, is.label), is.value);
  }
  const list = place.steps.at(-1);
  if (typeof list !== "string" || !orderedLists.has(list)) return;
  const common = (from: ReadonlyMap<string, Keyed>, other: ReadonlyMap<string, Keyed>): string[] =>
    [...from].filter(([id]) => other.has(id)).map(([, { label }]) => label);
  const was = common(before, after);
  const is = common(after, before);
  if (was.join("\0") !== is.join("\0")) {
    differ.found.push({
      path: `${place.text}{order}`,
      operation: "replace",
      before: { value: was },
      after: { value: is },
    });
  }
}

/** Items by their keys, in their order; undefined where an item has none or two have the same: then nothing can be matched. */
function byKey(
  list: JsonArray,
  shape: { readonly keys: readonly string[]; readonly defaults: Readonly<Record<string, Json>> },
): ReadonlyMap<string, Keyed> | undefined {
  const map = new Map<string, Keyed>();
  for (const [index, value] of list.entries()) {
    if (!isObject(value)) return undefined;
    const parts: [string, Json][] = [];
    for (const key of shape.keys) {
      const part = Object.hasOwn(value, key) ? value[key] : shape.defaults[key];
      if (part !== undefined) parts.push([key, part]);
    }
    const id = canonicalJson(parts);
    if (parts.length === 0 || map.has(id)) return undefined;
    map.set(id, { index, value, label: parts.map(([key, part]) => `${key}=${keyPart(part)}`).join(",") });
  }
  return map;
}

function keyPart(part: Json): string {
  return typeof part === "string" && /^[^\s,[\]{}="]+$/u.test(part) ? part : canonicalJson(part);
}

function byValue(list: JsonArray): ReadonlyMap<string, Keyed> | undefined {
  const map = new Map<string, Keyed>();
  for (const [index, value] of list.entries()) {
    const id = canonicalJson(value);
    if (map.has(id)) return undefined;
    map.set(id, { index, value, label: `=${keyPart(value)}` });
  }
  return map;
}

function shownBefore(differ: Differ, place: Place, value: Json): Shown {
  if (!holdsLive(differ.key, place.steps, value)) return { value };
  return { mac: macOfValue(differ, place, value) };
}

/** Of one place in one object: the same value elsewhere has another one, so that no guess elsewhere finds it out. */
function macOfValue({ key, macKey }: Differ, place: Place, value: Json): string | null {
  return macKey === null ? null : macHex(macKey, "value", canonicalJson([identity(key), place.text, value]));
}

function shownAfter(differ: Differ, place: Place, value: Json): Shown {
  if (!holdsForeign(differ, place.steps, value)) return { value };
  return { mac: macOfValue(differ, place, value) };
}

/** Whether a value holds, anywhere, what may be a live value that the plan's own object does not hold. */
function holdsForeign(differ: Differ, path: JsonPath, value: Json): boolean {
  const { own } = differ;
  if (own === undefined) return false;
  if (isArray(value)) return value.some((part, index) => holdsForeign(differ, [...path, index], part));
  if (isObject(value))
    return Object.entries(value).some(([name, part]) => holdsForeign(differ, [...path, name], part));
  return mayBeLive(differ.key, path) && !own(path, value);
}

function replaced(differ: Differ, place: Place, before: Json, after: Json): void {
  differ.found.push({
    path: place.text,
    operation: "replace",
    before: shownBefore(differ, place, before),
    after: shownAfter(differ, place, after),
  });
}

/** As with a part that goes: where values that are not the plan's stand among structure, it is shown member by member. */
function added(differ: Differ, place: Place, after: Json): void {
  if (isObject(after) && Object.keys(after).length > 0 && holdsForeign(differ, place.steps, after)) {
    for (const name of Object.keys(after).sort()) {
      const value = after[name];
      if (value !== undefined) added(differ, member(place, name), value);
    }
    return;
  }
  differ.found.push({ path: place.text, operation: "add", after: shownAfter(differ, place, after) });
}

/** A part that goes is shown whole where it is structure; where live values stand among structure, member by member. */
function removed(differ: Differ, place: Place, before: Json): void {
  const mixed =
    isObject(before) &&
    holdsLive(differ.key, place.steps, before) &&
    !allLive(differ.key, place.steps, before);
  if (!mixed) {
    differ.found.push({ path: place.text, operation: "remove", before: shownBefore(differ, place, before) });
    return;
  }
  for (const name of Object.keys(before).sort()) {
    const value = before[name];
    if (value !== undefined) removed(differ, member(place, name), value);
  }
}

function allLive(key: ObjectKey, path: JsonPath, value: Json): boolean {
  if (isArray(value)) return value.every((part) => allLive(key, path, part));
  if (isObject(value))
    return Object.entries(value).every(([name, part]) => allLive(key, [...path, name], part));
  return mayBeLive(key, path);
}
