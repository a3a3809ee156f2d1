import type { Overload } from "./declare.ts";
import { type CelType, DYN, listType, mapType, opaqueType, paramType, sameType, typeType } from "./types.ts";

/** What is known of type variables (cel-go checker/types.go). */
export class TypeMapping {
  readonly #known = new Map<string, CelType>();
  /** What the assignment under way has learned, with what was known before: taken back when it fails. */
  #learned: { readonly name: string; readonly before: CelType | undefined }[] = [];
  #next = 0;

  fresh(): CelType {
    return paramType(`_var${this.#next++}`);
  }

  /**
   * Is each type assignable to its counterpart? Then what that says of variables is known from now on; else nothing is.
   * No copy is made of what is known: an expression has as many variables as operators, and each operator asks.
   */
  assign(from: readonly CelType[], to: readonly CelType[]): boolean {
    this.#learned = [];
    if (this.#assignAll(from, to)) return true;
    for (const { name, before } of this.#learned.reverse()) {
      if (before === undefined) this.#known.delete(name);
      else this.#known.set(name, before);
    }
    return false;
  }

  #learn(name: string, type: CelType): void {
    this.#learned.push({ name, before: this.#known.get(name) });
    this.#known.set(name, type);
  }

  #assignAll(from: readonly CelType[], to: readonly CelType[]): boolean {
    return from.length === to.length && from.every((type, at) => this.#assign(type, to[at] ?? DYN));
  }

  #assign(from: CelType, to: CelType): boolean {
    if (to.kind === "param") {
      const { valid, known } = this.#substitutes(from, to);
      if (valid) return true;
      if (known) return false;
    }
    if (from.kind === "param") return this.#substitutes(to, from).valid;
    if (isOpen(from) || isOpen(to)) return true;
    if (from.kind === "null") return isNullable(to);
    if (to.kind === "null") return isNullable(from);
    switch (from.kind) {
      case "type":
        return to.kind === "type";
      case "opaque":
      case "list":
      case "map":
        return from.kind === to.kind && from.name === to.name && this.#assignAll(from.params, to.params);
      default:
        return from.kind === to.kind && from.name === to.name;
    }
  }

  /** May `type` stand for the variable? */
  #substitutes(type: CelType, variable: CelType): { readonly valid: boolean; readonly known: boolean } {
    if (sameType(type, variable)) return { valid: true, known: true };
    const known = this.#known.get(variable.name);
    if (known !== undefined) {
      if (sameType(type, known)) return { valid: true, known: true };
      if (!this.#assign(type, known)) return { valid: false, known: true };
      const wider = this.general(type, known);
      if (!this.#occurs(variable, wider)) this.#learn(variable.name, wider);
      return { valid: true, known: true };
    }
    if (this.#occurs(variable, type)) return { valid: false, known: false };
    this.#learn(variable.name, type);
    return { valid: true, known: false };
  }

  /** @param seen variables that were looked into already: what they stand for may be shared many times over */
  #occurs(variable: CelType, within: CelType, seen: Set<string> = new Set()): boolean {
    if (sameType(variable, within)) return true;
    if (within.kind === "param") {
      const known = this.#known.get(within.name);
      if (known === undefined || seen.has(within.name)) return false;
      seen.add(within.name);
      return this.#occurs(variable, known, seen);
    }
    return within.params.some((param) => this.#occurs(variable, param, seen));
  }

  /** The more general of two types that fit each other. */
  general(left: CelType, right: CelType): CelType {
    return isAtMostAsSpecific(left, right) ? left : right;
  }

  /**
   * The type with what is known of its variables; the rest becomes dyn where asked.
   * @param made what variables became: each once, however often it stands in the type
   */
  substitute(type: CelType, toDyn: boolean, made: Map<string, CelType> = new Map()): CelType {
    if (type.kind === "param") {
      const known = this.#known.get(type.name);
      if (known === undefined) return toDyn ? DYN : type;
      const result = made.get(type.name) ?? this.substitute(known, toDyn, made);
      made.set(type.name, result);
      return result;
    }
    if (type.params.length === 0) return type;
    const params = type.params.map((param) => this.substitute(param, toDyn, made));
    const [first = DYN, second = DYN] = params;
    switch (type.kind) {
      case "list":
        return listType(first);
      case "map":
        return mapType(first, second);
      case "type":
        return typeType(first);
      default:
        return opaqueType(type.name, ...params);
    }
  }
}

function isOpen(type: CelType): boolean {
  return type.kind === "dyn" || type.kind === "error";
}

function isNullable(type: CelType): boolean {
  return (
    type.kind === "opaque" ||
    type.kind === "struct" ||
    type.kind === "duration" ||
    type.kind === "timestamp" ||
    type.kind === "null"
  );
}

function isAtMostAsSpecific(left: CelType, right: CelType): boolean {
  if (left.kind === "dyn" || left.kind === "param") return true;
  if (right.kind === "dyn" || right.kind === "param" || left.kind !== right.kind) return false;
  if (left.kind === "type") return true;
  if (left.name !== right.name || left.params.length !== right.params.length) return false;
  return left.params.every((param, at) => isAtMostAsSpecific(param, right.params[at] ?? DYN));
}

/** The signature with variables of its own. */
export function instantiate(
  overload: Overload,
  mapping: TypeMapping,
): { readonly params: readonly CelType[]; readonly result: CelType } {
  const fresh = new Map<string, CelType>();
  const renamed = (type: CelType): CelType => {
    if (type.kind === "param") {
      const known = fresh.get(type.name) ?? mapping.fresh();
      fresh.set(type.name, known);
      return known;
    }
    return type.params.length === 0 ? type : { ...type, params: type.params.map(renamed) };
  };
  return { params: overload.params.map(renamed), result: renamed(overload.result) };
}
