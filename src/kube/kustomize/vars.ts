import { printable } from "../printable.ts";
import { changeField, type SetField } from "./field-path.ts";
import type { Var } from "./kustomization.ts";
import { lookUp, stepsOf } from "./look-up.ts";
import { byAnyId, effectiveNamespace, type Resource } from "./resource.ts";
import { setShared } from "./shared.ts";
import { at, Fault } from "./stop.ts";
import type { FieldRow } from "./tables.generated.ts";
import {
  isTreeMap,
  look,
  type Origins,
  scalarText,
  spelled,
  type Tree,
  treeAt,
  type TreeMap,
} from "./tree.ts";

/** Vars by their names. */
export type Vars = Map<string, Var>;

/**
 * Takes the vars of one kustomization, once its objects are made: each is bound to the object that it names now, whatever
 * that becomes (kustomize api/internal/accumulator/resaccumulator.go, MergeVars).
 */
export function bindVars(resources: readonly Resource[], fresh: readonly Var[], vars: Vars): void {
  for (const one of fresh) {
    const { id, place } = one;
    const found = byAnyId(
      resources,
      (other) =>
        other.name === id.name &&
        other.kind === id.kind &&
        other.group === id.group &&
        other.version === id.version &&
        // Without a namespace any fits; with one, no object fits that stands in none.
        (id.namespace === "" || effectiveNamespace(other) === id.namespace),
    );
    if (found.length > 1)
      throw new Fault("kustomization/var", `${printable(one.name)} may mean more than one object`, place);
    found[0]?.vars.push(one.name);
  }
  for (const one of fresh) addVar(vars, one);
}

/** Takes the vars of a base. */
export function mergeVars(vars: Vars, others: Vars): void {
  for (const one of others.values()) addVar(vars, one);
}

function addVar(vars: Vars, one: Var): void {
  if (vars.has(one.name))
    throw new Fault("kustomization/var", `${printable(one.name)} is there already`, one.place);
  vars.set(one.name, one);
}

/** Puts values in the place of `$(NAME)`, in the fields of the table (kustomize api/filters/refvar). */
export function resolveVars(
  resources: readonly Resource[],
  vars: Vars,
  fields: readonly FieldRow[],
  origins: Origins,
): void {
  const values = new Map<string, Tree>();
  for (const one of [...vars.values()].sort((left, right) => (left.name < right.name ? -1 : 1)))
    values.set(
      one.name,
      at(one.place, () => valueOf(resources, one, origins)),
    );
  if (values.size === 0) return;
  for (const { tree, place } of resources) {
    at(place, () => {
      for (const row of fields) {
        const set: SetField = (value, holder, name) =>
          replaced(value, { values, origins }, isUntyped(origins, holder, name));
        changeField(tree, row, set);
      }
    });
  }
}

interface Known {
  readonly values: ReadonlyMap<string, Tree>;
  readonly origins: Origins;
}

function isUntyped({ untyped }: Origins, holder: Tree, name: string): boolean {
  return isTreeMap(holder) && untyped.get(holder)?.has(name) === true;
}

function valueOf(resources: readonly Resource[], one: Var, origins: Origins): Tree {
  const source = resources.find(({ vars }) => vars.includes(one.name));
  if (source === undefined)
    throw new Fault("kustomization/var", `${printable(one.name)} names no object that is made`);
  const steps = stepsOf(one.fieldPath).flatMap(withoutIndex);
  const value = found(source.tree, steps);
  if (value === undefined || value === null)
    throw new Fault(
      "kustomization/var",
      `${printable(one.name)} names an object without ${printable(one.fieldPath)}`,
    );
  const holder = treeAt(source.tree, ...steps.slice(0, -1));
  return isUntyped(origins, holder ?? null, steps.at(-1) ?? "") ? scalarText(value) : value;
}

function found(tree: TreeMap, steps: readonly string[]): Tree | undefined {
  try {
    return lookUp(tree, steps);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** `ports[0]` is two steps. */
function withoutIndex(step: string): readonly string[] {
  const [, name = "", index] = /^(.*)\[(\d+)\]$/s.exec(step) ?? [];
  if (index === undefined) return [step];
  return name === "" ? [index] : [name, index];
}

function replaced(value: Tree, known: Known, untyped: boolean): Tree | undefined {
  if (typeof value === "string") return expanded(value, known);
  if (untyped && typeof value !== "object") return expanded(scalarText(value), known);
  if (isTreeMap(value)) {
    for (const [key, member] of value) {
      const isText = typeof member === "string" || isUntyped(known.origins, value, key);
      if (isText && typeof member !== "object")
        setShared(known.origins, value, key, { value: expanded(scalarText(member), known) });
    }
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (typeof item !== "string")
        throw new Fault("kustomization/var", "a list of a field with vars holds texts");
      value[index] = expanded(item, known);
    }
  }
  return undefined;
}

/** A text that is nothing but `$(NAME)` becomes the value, with its type; `$$` is one sign (filters/refvar/expand.go). */
function expanded(text: string, { values, origins }: Known): Tree {
  const whole = /^\$\(([^)]*)\)$/s.exec(text)?.[1];
  if (whole !== undefined) return singleValue(values, whole) ?? text;
  return text.replaceAll(/\$(?:\$|\(([^)]*)\)|\(|([^]))/gu, (match, name?: string, other?: string) => {
    if (name !== undefined) {
      const value = singleValue(values, name);
      if (value === undefined) return match;
      const spelt = spelled(value);
      // A text of many vars of long values is longer than any of them.
      look(origins, spelt.length);
      return spelt;
    }
    // kustomize takes a letter of several bytes apart, and cannot write what is left of it.
    if (other !== undefined && other > "\u007f")
      throw new Fault("kustomization/var", "a letter that is not ASCII stands behind $");
    return match === "$$" ? "$" : match;
  });
}

function singleValue(values: ReadonlyMap<string, Tree>, name: string): string | number | boolean | undefined {
  const value = values.get(name);
  return value === null || typeof value === "object" ? undefined : value;
}
