import type {
  CelProblem,
  Expr,
  FoldExpr,
  ListExpr,
  MapExpr,
  SelectExpr,
  StructExpr,
  CallExpr,
} from "./ast.ts";
import type { CelEnvironment } from "./environment.ts";
import type { Overload } from "./declare.ts";
import { instantiate, TypeMapping } from "./unify.ts";
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DYN,
  ERROR,
  INT,
  isOptional,
  listType,
  mapType,
  NULL,
  optionalType,
  STRING,
  typeText,
  UINT,
} from "./types.ts";
import { CelUint } from "./values.ts";

/** What the type checker found out about the parts of an expression, by their id. */
export interface CheckedCel {
  readonly expr: Expr;
  readonly types: readonly CelType[];
  /** The overloads that a call may mean. */
  readonly overloads: ReadonlyMap<number, readonly Overload[]>;
  /** Selections that are names (`a.b`), and names of functions that take their target in (`optional.of`). */
  readonly names: ReadonlyMap<number, string>;
  readonly result: CelType;
}

interface Scope {
  readonly variables: Map<string, CelType>;
}

/** Checks types (cel-go checker/checker.go); problems in the order in which they are found. */
export function checkCel(
  expr: Expr,
  environment: CelEnvironment,
): CheckedCel | { readonly problems: readonly CelProblem[] } {
  const checker = new Checker(environment);
  const result = checker.check(expr);
  if (checker.problems.length > 0) return { problems: checker.problems };
  const types = checker.types.map((type) => checker.mapping.substitute(type, true));
  return {
    expr,
    types,
    overloads: checker.overloads,
    names: checker.names,
    result: checker.mapping.substitute(result, true),
  };
}

class Checker {
  readonly problems: CelProblem[] = [];
  readonly types: CelType[] = [];
  readonly overloads = new Map<number, readonly Overload[]>();
  readonly names = new Map<number, string>();
  mapping = new TypeMapping();
  readonly #environment: CelEnvironment;
  readonly #scopes: Scope[] = [];

  constructor(environment: CelEnvironment) {
    this.#environment = environment;
  }

  check(expr: Expr): CelType {
    const type = this.#typeOf(expr);
    this.types[expr.id] = type;
    return type;
  }

  #typeOf(expr: Expr): CelType {
    switch (expr.kind) {
      case "literal":
        return literalType(expr.value);
      case "ident":
        return this.#variable(expr.name) ?? this.#undeclared(expr.at, expr.name);
      case "select":
        return this.#select(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return this.#struct(expr);
      default:
        return this.#fold(expr);
    }
  }

  #fault(at: number, message: string): CelType {
    this.problems.push({ at, message });
    return ERROR;
  }

  #undeclared(at: number, name: string): CelType {
    return this.#fault(at, `undeclared reference to '${name}' (in container '')`);
  }

  #variable(written: string): CelType | undefined {
    const global = written.startsWith(".");
    const name = global ? written.slice(1) : written;
    if (!global) {
      for (let depth = this.#scopes.length - 1; depth >= 0; depth--) {
        const type = this.#scopes[depth]?.variables.get(name);
        if (type !== undefined) return type;
      }
    }
    return this.#environment.variable(name);
  }

  #isLocal(name: string): boolean {
    return this.#scopes.some((scope) => scope.variables.has(name));
  }

  /** `a.b.c` as one name, when it is nothing but names. */
  #qualified(expr: Expr): string | undefined {
    if (expr.kind === "ident") return expr.name;
    if (expr.kind !== "select" || expr.test) return undefined;
    const prefix = this.#qualified(expr.operand);
    return prefix === undefined ? undefined : `${prefix}.${expr.field}`;
  }

  #select(expr: SelectExpr): CelType {
    const qualified = this.#qualified(expr);
    const first = qualified?.split(".")[0] ?? "";
    if (qualified !== undefined && !this.#isLocal(first)) {
      const type = this.#environment.variable(qualified.replace(/^\./, ""));
      if (type !== undefined) {
        this.names.set(expr.id, qualified.replace(/^\./, ""));
        return type;
      }
    }
    const type = this.#field(expr.at, expr.operand, expr.field, false);
    return expr.test ? BOOL : this.mapping.substitute(type, false);
  }

  #field(at: number, operand: Expr, field: string, optional: boolean): CelType {
    const checked = this.check(operand);
    const operandType = this.mapping.substitute(checked, false);
    const wrapped = isOptional(operandType);
    const target = wrapped ? (operandType.params[0] ?? DYN) : operandType;
    const found = this.#fieldOf(at, target, field);
    return wrapped || optional ? optionalType(found) : found;
  }

  #fieldOf(at: number, target: CelType, field: string): CelType {
    switch (target.kind) {
      case "map":
        return target.params[1] ?? DYN;
      case "struct":
        return target.fields?.get(field) ?? target.anyField ?? this.#fault(at, `undefined field '${field}'`);
      case "param":
        this.#assignable(DYN, target);
        return DYN;
      case "dyn":
      case "error":
        return DYN;
      default:
        this.#fault(at, `type '${typeText(target)}' does not support field selection`);
        return DYN;
    }
  }

  #assignable(left: CelType, right: CelType): boolean {
    return this.mapping.assign([left], [right]);
  }

  #call(expr: CallExpr): CelType {
    if (expr.name === "_?._") return this.#optionalField(expr);
    for (const arg of expr.args) this.check(arg);
    if (expr.target === undefined) {
      const name = expr.name.replace(/^\./, "");
      const overloads = this.#environment.functionNamed(name);
      return overloads === undefined
        ? this.#undeclared(expr.at, expr.name)
        : this.#resolve(expr, overloads, undefined);
    }
    const qualified = this.#qualified(expr.target);
    if (qualified !== undefined) {
      const name = `${qualified.replace(/^\./, "")}.${expr.name}`;
      const overloads = this.#environment.functionNamed(name);
      if (overloads !== undefined) {
        this.names.set(expr.id, name);
        return this.#resolve({ ...expr, name, target: undefined }, overloads, undefined);
      }
    }
    const target = this.check(expr.target);
    const overloads = this.#environment.functionNamed(expr.name);
    return overloads === undefined
      ? this.#undeclared(expr.at, expr.name)
      : this.#resolve(expr, overloads, target);
  }

  #optionalField(expr: CallExpr): CelType {
    const [operand, field] = expr.args;
    if (operand === undefined || field?.kind !== "literal" || typeof field.value !== "string")
      return this.#fault(expr.at, "unsupported optional field selection");
    this.types[field.id] = STRING;
    const type = this.#field(expr.at, operand, field.value, true);
    this.overloads.set(expr.id, this.#environment.functionNamed("_?._") ?? []);
    return this.mapping.substitute(type, false);
  }

  #resolve(expr: CallExpr, overloads: readonly Overload[], target: CelType | undefined): CelType {
    const args = expr.args.map((arg) => this.types[arg.id] ?? DYN);
    if (expr.name === "_&&_" || expr.name === "_||_") return this.#logic(expr, overloads, args);
    const types = target === undefined ? args : [target, ...args];
    const matching: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of overloads) {
      if (overload.member !== (target !== undefined) || overload.params.length !== types.length) continue;
      const { params, result: returned } = overload.generic ? instantiate(overload, this.mapping) : overload;
      if (!this.mapping.assign(types, params)) continue;
      matching.push(overload);
      const found = this.mapping.substitute(returned, false);
      if (result === undefined) result = found;
      else if (result.kind !== "dyn" && !isSame(result, found)) result = DYN;
    }
    if (result === undefined) {
      const shown = types.map((type) => typeText(this.mapping.substitute(type, true)));
      const signature =
        target === undefined ? `(${shown.join(", ")})` : `${shown[0] ?? ""}.(${shown.slice(1).join(", ")})`;
      return this.#fault(expr.at, `found no matching overload for '${expr.name}' applied to '${signature}'`);
    }
    this.overloads.set(expr.id, matching);
    return result;
  }

  #logic(expr: CallExpr, overloads: readonly Overload[], args: readonly CelType[]): CelType {
    let wrong = false;
    for (const [at, type] of args.entries()) {
      if (this.#assignable(type, BOOL)) continue;
      wrong = true;
      const shown = typeText(this.mapping.substitute(type, false));
      this.#fault(expr.args[at]?.at ?? expr.at, `expected type 'bool' but found '${shown}'`);
    }
    this.overloads.set(expr.id, overloads);
    return wrong ? ERROR : BOOL;
  }

  /** The type under `optional`; a fault when a `?` stands before what is none. */
  #unwrapped(value: Expr, type: CelType, optional: boolean): CelType {
    if (!optional) return type;
    if (isOptional(type)) return type.params[0] ?? DYN;
    if (type.kind !== "dyn")
      this.#fault(value.at, `expected type '${typeText(optionalType(type))}' but found '${typeText(type)}'`);
    return type;
  }

  /** Items of several types make a literal of dyn; where one type is asked for, `literals.ts` says so. */
  #join(before: CelType | undefined, type: CelType): CelType {
    if (before === undefined) return type;
    if (this.#assignable(before, type)) return this.mapping.general(before, type);
    return DYN;
  }

  #list(expr: ListExpr): CelType {
    let element: CelType | undefined;
    for (const [at, item] of expr.items.entries()) {
      const type = this.#unwrapped(item, this.check(item), expr.optional.has(at));
      element = this.#join(element, type);
    }
    return listType(element ?? this.mapping.fresh());
  }

  #map(expr: MapExpr): CelType {
    let keys: CelType | undefined;
    let values: CelType | undefined;
    for (const { key, value, optional } of expr.entries) {
      keys = this.#join(keys, this.check(key));
      values = this.#join(values, this.#unwrapped(value, this.check(value), optional));
    }
    return mapType(keys ?? this.mapping.fresh(), values ?? this.mapping.fresh());
  }

  #struct(expr: StructExpr): CelType {
    const type = this.#environment.structNamed(expr.name.replace(/^\./, ""));
    if (type === undefined) {
      const known = this.#environment.variable(expr.name);
      return known === undefined
        ? this.#undeclared(expr.at, expr.name)
        : this.#fault(expr.at, `'${typeText(known)}' is not a type`);
    }
    for (const field of expr.fields) {
      const given = this.#unwrapped(field.value, this.check(field.value), field.optional);
      const wanted =
        type.fields?.get(field.field) ??
        type.anyField ??
        this.#fault(field.at, `undefined field '${field.field}'`);
      if (!this.#assignable(wanted, given))
        this.#fault(
          field.at,
          `expected type of field '${field.field}' is '${typeText(wanted)}' but provided type is '${typeText(given)}'`,
        );
    }
    return type;
  }

  #fold(expr: FoldExpr): CelType {
    // Checking changes the mapping: it comes first.
    const ranged = this.check(expr.range);
    const range = this.mapping.substitute(ranged, false);
    const accu = this.check(expr.init);
    const outer: Scope = { variables: new Map([[expr.accu, accu]]) };
    this.#scopes.push(outer);
    const [item, item2] = this.#itemTypes(expr, range);
    const inner: Scope = { variables: new Map([[expr.item, item]]) };
    if (expr.item2 !== undefined) inner.variables.set(expr.item2, item2);
    this.#scopes.push(inner);
    this.#mustBe(expr.condition, BOOL);
    this.#mustBe(expr.step, accu);
    this.#scopes.pop();
    const result = this.check(expr.result);
    this.#scopes.pop();
    return this.mapping.substitute(result, false);
  }

  #itemTypes(expr: FoldExpr, range: CelType): readonly [CelType, CelType] {
    const [first = DYN, second = DYN] = range.params;
    switch (range.kind) {
      case "list":
        return expr.item2 === undefined ? [first, DYN] : [INT, first];
      case "map":
        return [first, second];
      case "dyn":
      case "error":
      case "param":
        this.#assignable(DYN, range);
        return [DYN, DYN];
      default:
        this.#fault(
          expr.range.at,
          `expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        );
        return [ERROR, ERROR];
    }
  }

  #mustBe(expr: Expr, wanted: CelType): void {
    const type = this.check(expr);
    if (!this.#assignable(wanted, type))
      this.#fault(expr.at, `expected type '${typeText(wanted)}' but found '${typeText(type)}'`);
  }
}

function isSame(left: CelType, right: CelType): boolean {
  return typeText(left) === typeText(right);
}

function literalType(value: unknown): CelType {
  switch (typeof value) {
    case "boolean":
      return BOOL;
    case "bigint":
      return INT;
    case "number":
      return DOUBLE;
    case "string":
      return STRING;
    default:
  }
  if (value === null) return NULL;
  return value instanceof CelUint ? UINT : BYTES;
}
