import type {
  CallExpr,
  CelProblem,
  Expr,
  FoldExpr,
  ListExpr,
  MapExpr,
  SelectExpr,
  StructExpr,
} from "./ast.ts";
import type { CheckedCel } from "./checker.ts";
import type { Implementation, Overload } from "./declare.ts";
import { compileRegex } from "./library/regex.ts";
import { contains, index, NO_OVERLOAD, optionalIndex } from "./operations.ts";
import { type CallCost, callCostOf, EXPENSIVE } from "./runtime-cost.ts";
import type { CelType } from "./types.ts";
import {
  CelError,
  CelList,
  CelMap,
  CelOptional,
  CelTypeValue,
  CelUint,
  type CelValue,
  fits,
  listOf,
  mapOf,
  typeNameOf,
} from "./values.ts";

/** The state of one evaluation. */
export interface Frame {
  /** Values of variables, by their slot. */
  readonly slots: CelValue[];
  /** Global variables. */
  readonly read: (name: string) => CelValue;
  cost: number;
  readonly limit: number;
}

export type Run = (frame: Frame) => CelValue;

/** The evaluation took more than its budget: nothing absorbs this. */
export class CostExceeded extends Error {}

/** How a part is evaluated. A chain (`a.b[c]`) costs 1 more as a value than as a branch of `?:` (cel-go interpreter/planner.go). */
interface Plan {
  readonly run: Run;
  /** Set for chains: without what its root costs. */
  readonly raw?: Run;
  readonly constant?: { readonly value: CelValue };
}

interface Scope {
  readonly names: ReadonlyMap<string, number>;
}

export interface Compiled {
  readonly run: Run;
  readonly slots: number;
}

function charge(frame: Frame, cost: number): void {
  frame.cost += cost;
  if (frame.cost > frame.limit) throw new CostExceeded();
}

/** Turns a checked expression into closures; a problem is what the server finds when it plans the program. */
export function compileChecked(
  checked: CheckedCel,
  structs: (name: string) => CelType | undefined,
): Compiled | CelProblem {
  const compiler = new Compiler(checked, structs);
  const { run } = compiler.plan(checked.expr);
  return compiler.problem ?? { run, slots: compiler.slots };
}

const conversions: ReadonlySet<string> = new Set(
  "bool bytes double duration dyn int string timestamp type uint".split(" "),
);
/** Functions whose second argument is a pattern. */
const patterned: ReadonlySet<string> = new Set(["matches", "find", "findAll"]);
/** Operators look at their operands themselves. */
const universal = /^[_!@-]/;

class Compiler {
  problem: CelProblem | undefined;
  slots = 0;
  readonly #checked: CheckedCel;
  readonly #structs: (name: string) => CelType | undefined;
  #scopes: readonly Scope[] = [];

  constructor(checked: CheckedCel, structs: (name: string) => CelType | undefined) {
    this.#checked = checked;
    this.#structs = structs;
  }

  plan(expr: Expr): Plan {
    switch (expr.kind) {
      case "literal":
        return constant(expr.value);
      case "ident":
        return this.#ident(expr.name, expr.id);
      case "select": {
        const name = this.#checked.names.get(expr.id);
        return name === undefined ? this.#select(expr) : this.#ident(name, expr.id);
      }
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return this.#struct(expr);
      case "fold":
        return this.#fold(expr);
    }
  }

  #ident(written: string, id: number): Plan {
    const name = written.replace(/^\./, "");
    if (!written.startsWith(".")) {
      for (let depth = this.#scopes.length - 1; depth >= 0; depth--) {
        const slot = this.#scopes[depth]?.names.get(name);
        if (slot !== undefined) return chain((frame) => frame.slots[slot] ?? null);
      }
    }
    const type = this.#checked.types[id];
    if (type?.kind === "type") return constant(new CelTypeValue(type.params[0]?.name ?? name));
    return chain((frame) => frame.read(name));
  }

  #select(expr: SelectExpr): Plan {
    const operand = this.plan(expr.operand);
    const from = operand.raw ?? operand.run;
    const { field } = expr;
    if (expr.test) {
      const test: Run = (frame) => {
        const value = from(frame);
        if (!isNone(value)) charge(frame, 1);
        return hasField(value, field);
      };
      return { run: test, raw: test };
    }
    return chain((frame) => {
      const value = from(frame);
      const found = fieldOf(value, field);
      if (!isNone(found)) charge(frame, 1);
      return found;
    }, rootCost(operand));
  }

  #call(expr: CallExpr): Plan {
    switch (expr.name) {
      case "_&&_":
        return logic(
          expr.args.map((arg) => this.plan(arg).run),
          false,
        );
      case "_||_":
        return logic(
          expr.args.map((arg) => this.plan(arg).run),
          true,
        );
      case "_?_:_":
        return this.#conditional(expr);
      case "_[_]":
        return this.#index(expr, index);
      case "_[?_]":
      case "_?._":
        return this.#index(expr, optionalIndex);
      default:
    }
    const qualified = this.#checked.names.get(expr.id);
    const target = qualified === undefined ? expr.target : undefined;
    const parts = target === undefined ? expr.args : [target, ...expr.args];
    const args = parts.map((arg) => this.plan(arg));
    const name = qualified ?? expr.name.replace(/^\./, "");
    const overloads = this.#checked.overloads.get(expr.id) ?? [];
    if (name === "or" || name === "orValue") return orElse(args, name === "orValue");
    const set = name === "@in" ? membership(args) : undefined;
    if (set !== undefined) return set;
    const pattern = patterned.has(name) ? args[1]?.constant?.value : undefined;
    if (typeof pattern === "string") {
      const regex = compileRegex(pattern);
      if (typeof regex === "string") this.problem ??= { at: expr.at, message: regex };
    }
    const run = this.#invoke(name, overloads, parts, args);
    return conversions.has(name) && args[0]?.constant !== undefined ? this.#folded(run, expr) : { run };
  }

  /** A conversion of a constant is one. */
  #folded(run: Run, expr: CallExpr): Plan {
    const value = run({ slots: [], read: () => null, cost: 0, limit: Number.POSITIVE_INFINITY });
    if (value instanceof CelError) this.problem ??= { at: expr.at, message: value.message };
    return constant(value);
  }

  #invoke(name: string, overloads: readonly Overload[], parts: readonly Expr[], args: readonly Plan[]): Run {
    const single = overloads.length === 1 ? overloads[0] : undefined;
    const cost = callCostOf(name, single?.id ?? (name === "_==_" ? "equals" : ""));
    const safe =
      single !== undefined && single.params.every((param, at) => this.#isCertain(param, parts[at]));
    const first = overloads[0];
    const work: Implementation =
      first !== undefined && (safe || universal.test(name))
        ? first.run
        : dispatcher(name, overloads, args.length);
    const call: CallSite = {
      work,
      cost,
      lenient: first?.lenient === true,
      before: EXPENSIVE.has(name),
      runs: args.map((arg) => arg.run),
    };
    return call.runs.length === 2 && !call.lenient && !call.before ? binary(call) : general(call);
  }

  #isCertain(param: CelType, arg: Expr | undefined): boolean {
    if (param.kind === "param" || param.kind === "dyn") return true;
    const type = arg === undefined ? undefined : this.#checked.types[arg.id];
    return (
      type !== undefined && type.kind === param.kind && type.params.every((inner) => inner.kind !== "dyn")
    );
  }

  #conditional({ args }: CallExpr): Plan {
    const [condition, yes, no] = args.map((arg) => this.plan(arg));
    if (condition === undefined || yes === undefined || no === undefined)
      throw new Error("a condition lacks a branch");
    const test = condition.run;
    const then = yes.raw ?? yes.run;
    const otherwise = no.raw ?? no.run;
    const run: Run = (frame) => {
      const value = test(frame);
      if (value === true) return then(frame);
      if (value === false) return otherwise(frame);
      return value instanceof CelError ? value : NO_OVERLOAD;
    };
    return { run, raw: run };
  }

  #index({ args }: CallExpr, by: (from: CelValue, at: CelValue) => CelValue): Plan {
    const [operand, place] = args.map((arg) => this.plan(arg));
    if (operand === undefined || place === undefined) throw new Error("an index lacks a part");
    const from = operand.raw ?? operand.run;
    const at = place.raw ?? place.run;
    return chain((frame) => {
      const value = from(frame);
      const found = by(value, at(frame));
      if (!isNone(found)) charge(frame, 1);
      return found;
    }, rootCost(operand));
  }

  #list(expr: ListExpr): Plan {
    const items = expr.items.map((item) => this.plan(item));
    const values = items.flatMap(({ constant: known }) => (known === undefined ? [] : [known.value]));
    if (values.length === items.length && expr.optional.size === 0) return constant(listOf(values));
    const runs = items.map((item) => item.run);
    const { optional } = expr;
    return {
      run: (frame) => {
        const found: CelValue[] = [];
        for (const [at, run] of runs.entries()) {
          const value = run(frame);
          if (value instanceof CelError) {
            charge(frame, LIST_COST);
            return value;
          }
          if (!optional.has(at)) found.push(value);
          else if (!(value instanceof CelOptional))
            return new CelError("cannot initialize optional list element from non-optional value");
          else if (value.value !== undefined) found.push(value.value);
        }
        charge(frame, LIST_COST);
        return listOf(found);
      },
    };
  }

  #map(expr: MapExpr): Plan {
    const entries = expr.entries.map(({ key, value, optional }) => ({
      key: this.plan(key),
      value: this.plan(value),
      optional,
    }));
    const run: Run = (frame) => {
      const found: (readonly [CelValue, CelValue])[] = [];
      for (const entry of entries) {
        const key = entry.key.run(frame);
        if (key instanceof CelError) return key;
        const value = entry.value.run(frame);
        if (value instanceof CelError) return value;
        if (!isKey(key)) return new CelError(`unsupported key type: ${typeNameOf(key)}`);
        if (!entry.optional) found.push([key, value]);
        else if (!(value instanceof CelOptional))
          return new CelError("cannot initialize optional entry from non-optional value");
        else if (value.value !== undefined) found.push([key, value.value]);
      }
      charge(frame, 30);
      return mapOf(found);
    };
    const known = entries.every(
      ({ key, value, optional }) => key.constant !== undefined && value.constant !== undefined && !optional,
    );
    if (!known) return { run };
    const value = run({ slots: [], read: () => null, cost: 0, limit: Number.POSITIVE_INFINITY });
    return constant(value);
  }

  #struct(expr: StructExpr): Plan {
    const type = this.#structs(expr.name.replace(/^\./, ""));
    const fields = expr.fields.map(({ field, value, optional }) => ({
      field,
      run: this.plan(value).run,
      optional,
    }));
    return {
      run: (frame) => {
        const found: (readonly [CelValue, CelValue])[] = [];
        for (const { field, run, optional } of fields) {
          const value = run(frame);
          if (value instanceof CelError) return value;
          if (!optional) found.push([field, value]);
          else if (value instanceof CelOptional && value.value !== undefined)
            found.push([field, value.value]);
        }
        charge(frame, 40);
        return mapOf(found, type?.name ?? expr.name);
      },
    };
  }

  #fold(expr: FoldExpr): Plan {
    const range = this.plan(expr.range).run;
    const init = this.plan(expr.init).run;
    const accu = this.slots++;
    const item = this.slots++;
    const item2 = expr.item2 === undefined ? undefined : this.slots++;
    const before = this.#scopes;
    this.#scopes = [...before, { names: new Map([[expr.accu, accu]]) }];
    const outer = this.#scopes;
    const names = new Map([[expr.item, item]]);
    if (expr.item2 !== undefined && item2 !== undefined) names.set(expr.item2, item2);
    this.#scopes = [...outer, { names }];
    const condition = this.plan(expr.condition);
    const step = this.plan(expr.step).run;
    this.#scopes = outer;
    const result = this.plan(expr.result).run;
    this.#scopes = before;
    const always = condition.constant?.value === true;
    const test = condition.run;
    /** One step; false ends the fold. */
    const advance = (frame: Frame, first: CelValue, second: CelValue): boolean => {
      frame.slots[item] = first;
      if (item2 !== undefined) frame.slots[item2] = second;
      if (!always && test(frame) === false) return false;
      frame.slots[accu] = step(frame);
      return true;
    };
    return {
      run: (frame) => {
        const over = range(frame);
        if (over instanceof CelError) return over;
        frame.slots[accu] = init(frame);
        if (over instanceof CelList) {
          for (let at = 0; at < over.size; at++) {
            const value = over.at(at);
            const goes =
              item2 === undefined ? advance(frame, value, null) : advance(frame, BigInt(at), value);
            if (!goes) break;
          }
        } else if (over instanceof CelMap) {
          for (const key of over.keys()) {
            if (!advance(frame, key, item2 === undefined ? null : (over.find(key) ?? null))) break;
          }
        } else return new CelError(`got '${typeNameOf(over)}', expected iterable type`);
        return result(frame);
      },
    };
  }
}

const LIST_COST = 10;

/** Nothing was found: a chain that ends early does not pay for the rest. */
function isNone(value: CelValue): boolean {
  return value instanceof CelOptional && value.value === undefined;
}

function constant(value: CelValue): Plan {
  return { run: () => value, constant: { value } };
}

function chain(raw: Run, root = 1): Plan {
  if (root === 0) return { run: raw, raw };
  return {
    raw,
    run: (frame) => {
      const value = raw(frame);
      charge(frame, 1);
      return value;
    },
  };
}

/** A chain that begins with `?:` costs nothing for its root. */
function rootCost(operand: Plan): number {
  return operand.raw !== undefined && operand.raw === operand.run ? 0 : 1;
}

function isKey(value: CelValue): boolean {
  const name = typeNameOf(value);
  return name === "string" || name === "int" || name === "uint" || name === "bool";
}

function fieldOf(value: CelValue, field: string): CelValue {
  if (value instanceof CelMap) {
    const found = value.find(field);
    return found === undefined ? new CelError(`no such key: ${field}`) : found;
  }
  if (value instanceof CelOptional)
    return value.value === undefined ? value : optionalIndex(value.value, field);
  if (value instanceof CelError) return value;
  return new CelError(`no such key: ${field}`);
}

function hasField(value: CelValue, field: string): CelValue {
  if (value instanceof CelMap) {
    const found = value.find(field);
    return found instanceof CelError && found.unknown ? found : found !== undefined;
  }
  if (value instanceof CelOptional) return value.value !== undefined && hasField(value.value, field) === true;
  return value instanceof CelError ? value : false;
}

/** `&&` and `||`: one operand that decides is enough, whatever the others are. */
function logic(terms: readonly Run[], decisive: boolean): Plan {
  return {
    run: (frame) => {
      let fault: CelError | undefined;
      for (const term of terms) {
        const value = term(frame);
        if (value === decisive) return decisive;
        if (typeof value === "boolean") continue;
        const error = value instanceof CelError ? value : NO_OVERLOAD;
        // What is not known outweighs what failed.
        if (fault === undefined || (error.unknown && !fault.unknown)) fault = error;
      }
      return fault ?? !decisive;
    },
  };
}

/** `or` and `orValue` look at their argument only where they need it. */
function orElse([first, second]: readonly Plan[], unwrap: boolean): Plan {
  if (first === undefined || second === undefined) throw new Error("or lacks an argument");
  return {
    run: (frame) => {
      const value = first.run(frame);
      if (value instanceof CelError) return value;
      if (!(value instanceof CelOptional)) return NO_OVERLOAD;
      if (value.value === undefined) return second.run(frame);
      return unwrap ? value.value : value;
    },
  };
}

/** `x in [constants]` is a look-up, and free. */
function membership(args: readonly Plan[]): Plan | undefined {
  const [item, list] = args;
  const values = list?.constant?.value;
  if (item === undefined || !(values instanceof CelList)) return undefined;
  const known = new Set<CelValue>();
  let plain = true;
  for (const value of values) {
    if (value === null || (typeof value === "object" && !(value instanceof CelUint))) return undefined;
    plain &&= typeof value === "string" || typeof value === "bigint";
    known.add(value);
  }
  const run = item.run;
  return {
    run: (frame) => {
      const value = run(frame);
      if (value instanceof CelError) return value;
      const quick = plain && (typeof value === "string" || typeof value === "bigint");
      return quick ? known.has(value) : contains(values, value);
    },
  };
}

interface CallSite {
  readonly work: Implementation;
  readonly cost: CallCost;
  readonly lenient: boolean;
  readonly before: boolean;
  readonly runs: readonly Run[];
}

function binary({ work, cost, runs }: CallSite): Run {
  const [left, right] = runs;
  if (left === undefined || right === undefined) throw new Error("an operator lacks an operand");
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    const failed = failure(a, b);
    const value = failed ?? work(a, b, null, null);
    charge(frame, cost([a, b], value));
    return value;
  };
}

function failure(a: CelValue, b: CelValue): CelError | undefined {
  if (a instanceof CelError) return b instanceof CelError && b.unknown ? b : a;
  return b instanceof CelError ? b : undefined;
}

function general({ work, cost, lenient, before, runs }: CallSite): Run {
  return (frame) => {
    const args = runs.map((run) => run(frame));
    const errors = lenient ? [] : args.filter((arg) => arg instanceof CelError);
    const failed = errors.find((error) => error.unknown) ?? errors[0];
    const [a = null, b = null, c = null, d = null] = args;
    if (failed === undefined && before) charge(frame, cost(args, null));
    const value = failed ?? work(a, b, c, d);
    if (!before || failed !== undefined) charge(frame, failed === undefined ? cost(args, value) : 1);
    return value;
  };
}

function dispatcher(name: string, overloads: readonly Overload[], count: number): Implementation {
  return (a, b, c, d) => {
    const args = [a, b, c, d].slice(0, count);
    for (const overload of overloads) {
      if (overload.params.every((param, at) => fits(args[at] ?? null, param)))
        return overload.run(a, b, c, d);
    }
    return new CelError(`no such overload: ${name}(${args.map(typeNameOf).join(", ")})`);
  };
}
