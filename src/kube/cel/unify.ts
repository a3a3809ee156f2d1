import type { Overload } from "./declare.ts";
import { type CelType, DYN, listType, mapType, opaqueType, paramType, sameType, typeType } from "./types.ts";

/** What is known of type variables (cel-go checker/types.go). A value: assigning gives another one. */
export class TypeMapping {
  readonly #known: Map<string, CelType>;
  readonly #counter: { next: number };

  constructor(known: Map<string, CelType> = new Map(), counter: { next: number } = { next: 0 }) {
    this.#known = known;
    this.#counter = counter;
  }

  fresh(): CelType {
    return paramType(`_var${this.#counter.next++}`);
  }

  /** The mapping under which each type is assignable to its counterpart; undefined when there is none. */
  assign(from: readonly CelType[], to: readonly CelType[]): TypeMapping | undefined {
    const copy = new TypeMapping(new Map(this.#known), this.#counter);
    return copy.#assignAll(from, to) ? copy : undefined;
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
      if (!this.#occurs(variable, wider)) this.#known.set(variable.name, wider);
      return { valid: true, known: true };
    }
    if (this.#occurs(variable, type)) return { valid: false, known: false };
    this.#known.set(variable.name, type);
    return { valid: true, known: false };
  }

  #occurs(variable: CelType, within: CelType): boolean {
    if (sameType(variable, within)) return true;
    if (within.kind === "param") {
      const known = this.#known.get(within.name);
      return known !== undefined && this.#occurs(variable, known);
    }
    return within.params.some((param) => this.#occurs(variable, param));
  }

  /** The more general of two types that fit each other. */
  general(left: CelType, right: CelType): CelType {
    return isAtMostAsSpecific(left, right) ? left : right;
  }

  /** The type with what is known of its variables; the rest becomes dyn where asked. */
  substitute(type: CelType, toDyn: boolean): CelType {
    if (type.kind === "param") {
      const known = this.#known.get(type.name);
      if (known !== undefined) return this.substitute(known, toDyn);
      return toDyn ? DYN : type;
    }
    if (type.params.length === 0) return type;
    const params = type.params.map((param) => this.substitute(param, toDyn));
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
