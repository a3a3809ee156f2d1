import { type Json, isArray, isObject, pointerSteps } from "../json.ts";
import { Fault } from "./stop.ts";
import {
  copyTree,
  isTreeMap,
  type Origin,
  type Origins,
  tellOrigin,
  type Tree,
  type TreeMap,
} from "./tree.ts";

export interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value: Json | undefined;
}

/** The operations of a JSON patch (RFC 6902); a text says why a value is none. */
export function operationsOf(value: Json | undefined): readonly Operation[] | string {
  if (!isArray(value)) return "a JSON patch is a list of operations";
  const operations: Operation[] = [];
  for (const item of value) {
    const op = isObject(item) && Object.hasOwn(item, "op") ? item["op"] : undefined;
    const path = isObject(item) && Object.hasOwn(item, "path") ? item["path"] : undefined;
    const from = isObject(item) && Object.hasOwn(item, "from") ? item["from"] : undefined;
    if (!isObject(item) || typeof op !== "string" || typeof path !== "string")
      return "an operation has op and path";
    if (from !== undefined && typeof from !== "string") return "from is a path";
    const given = Object.hasOwn(item, "value") ? item["value"] : undefined;
    operations.push({ op, path, value: given, ...(from === undefined ? {} : { from }) });
  }
  return operations;
}

/** Values of the patch, and where they stand. */
export interface Sources {
  readonly origins: Origins;
  readonly valueOf: (operation: Operation, index: number) => Tree;
  readonly originOf: (index: number) => Origin;
}

/**
 * Does the operations on an object, as kustomize does (github.com/evanphx/json-patch v4: negative indices are taken, a
 * test of an absent member against null passes). `valueOf` makes a tree of a value of the patch.
 * @throws {Fault} when one cannot be done.
 */
export function applyOperations(
  object: TreeMap,
  operations: readonly Operation[],
  { origins, valueOf, originOf }: Sources,
): void {
  for (const [index, operation] of operations.entries()) {
    const { op, path, from } = operation;
    const fail = (why: string): never => {
      throw new Fault("kustomization/patch", `operation ${index + 1} (${op} ${path}): ${why}`);
    };
    switch (op) {
      case "add":
      case "replace":
        place(object, path, valueOf(operation, index), op, fail);
        tellOfMember(object, path, origins, originOf(index));
        break;
      case "remove":
        take(object, path, fail);
        break;
      case "move":
        place(object, path, take(object, from ?? "", fail), "add", fail);
        break;
      case "copy":
        place(object, path, copyTree(find(object, from ?? "", fail), origins), "add", fail);
        break;
      case "test": {
        const found = lookUp(object, path);
        if (found === undefined ? operation.value !== null : !equals(found, operation.value ?? null))
          fail("the value is another");
        break;
      }
      default:
        fail("there is no such operation");
    }
  }
}

function tellOfMember(object: TreeMap, path: string, origins: Origins, origin: Origin): void {
  const holder = lookUp(object, path.slice(0, path.lastIndexOf("/")));
  const last = pointerSteps(path).at(-1);
  if (isTreeMap(holder) && last !== undefined && typeof holder.get(last) !== "object")
    tellOrigin(origins, holder, last, origin);
}

type Fail = (why: string) => never;

function lookUp(object: Tree, path: string): Tree | undefined {
  let current: Tree | undefined = object;
  for (const step of pointerSteps(path)) {
    if (Array.isArray(current)) {
      const at = position(step, current.length);
      current = at === undefined ? undefined : current[at];
    } else current = isTreeMap(current) ? current.get(step) : undefined;
  }
  return current;
}

function find(object: Tree, path: string, fail: Fail): Tree {
  return lookUp(object, path) ?? fail("nothing is there");
}

/** Index in a list, counted from its end when negative; undefined when it is none of an item. */
function position(step: string, length: number): number | undefined {
  if (!/^-?\d{1,9}$/.test(step)) return undefined;
  const at = Number(step) < 0 ? Number(step) + length : Number(step);
  return at >= 0 && at < length ? at : undefined;
}

function place(object: TreeMap, path: string, value: Tree, how: "add" | "replace", fail: Fail): void {
  const steps = pointerSteps(path);
  const last = steps.at(-1);
  if (last === undefined) return fail("the whole object cannot be exchanged");
  const holder = find(object, path.slice(0, path.lastIndexOf("/")), fail);
  if (isTreeMap(holder)) {
    // What is not there is made, also by replace: this is what version 4 of the library does.
    holder.set(last, value);
  } else if (Array.isArray(holder)) {
    if (how === "replace") {
      const at = position(last, holder.length);
      if (at === undefined) return fail("nothing is there");
      holder[at] = value;
    } else if (last === "-") holder.push(value);
    else {
      const at = position(last, holder.length + 1);
      if (at === undefined) return fail("the index is outside of the list");
      holder.splice(at, 0, value);
    }
  } else fail("nothing can be there");
}

function take(object: TreeMap, path: string, fail: Fail): Tree {
  const last = pointerSteps(path).at(-1);
  if (last === undefined) return fail("the whole object cannot be removed");
  const holder = find(object, path.slice(0, path.lastIndexOf("/")), fail);
  if (isTreeMap(holder)) {
    const value = holder.get(last);
    if (value === undefined) return fail("nothing is there");
    holder.delete(last);
    return value;
  }
  if (!Array.isArray(holder)) return fail("nothing is there");
  const at = position(last, holder.length);
  if (at === undefined) return fail("nothing is there");
  return holder.splice(at, 1)[0] ?? null;
}

function equals(tree: Tree, value: Json): boolean {
  if (isTreeMap(tree))
    return (
      isObject(value) &&
      Object.keys(value).length === tree.size &&
      [...tree].every(([key, member]) => Object.hasOwn(value, key) && equals(member, value[key] ?? null))
    );
  if (Array.isArray(tree))
    return (
      isArray(value) &&
      value.length === tree.length &&
      tree.every((item, index) => equals(item, value[index] ?? null))
    );
  return tree === value;
}
