import type { CallExpr, Expr, FoldExpr } from "./ast.ts";
import type { CheckedCel } from "./checker.ts";
import {
  addCost,
  type CallEstimate,
  type CostNode,
  fixed,
  librarySize,
  type Range,
  times,
  union,
  UNKNOWN,
} from "./estimate-library.ts";
import { estimateOverload } from "./estimate-library.ts";
import { type CelKind, type CelType, DYN, isOptional } from "./types.ts";
import { codePoints } from "./values.ts";

/** Says how many items, characters or bytes the value at a path of a schema can have; undefined: not known. */
export type SizeAt = (path: readonly string[]) => number | undefined;

interface EntrySize {
  readonly container: "list" | "map";
  readonly key: Range;
  readonly value: Range;
}

interface Local {
  readonly path: readonly string[];
  readonly size: Range | undefined;
  readonly entry: EntrySize | undefined;
}

const IDENT = fixed(1);
const NOTHING = fixed(0);
const ACCUMULATORS: ReadonlySet<string> = new Set(["@result", "__result__"]);

/** What an expression may cost at least and at most (cel-go checker/cost.go, k8s.io/apiserver pkg/cel/library/cost.go). */
export function estimateCost(checked: CheckedCel, sizeAt: SizeAt): Range {
  return new Estimator(checked, sizeAt).cost(checked.expr);
}

class Estimator {
  readonly #checked: CheckedCel;
  readonly #sizeAt: SizeAt;
  readonly #paths = new Map<number, readonly string[]>();
  readonly #sizes = new Map<number, Range>();
  readonly #entries = new Map<number, EntrySize>();
  readonly #locals = new Map<string, Local[]>();

  constructor(checked: CheckedCel, sizeAt: SizeAt) {
    this.#checked = checked;
    this.#sizeAt = sizeAt;
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case "literal":
        return NOTHING;
      case "ident":
        return this.#ident(expr.id, expr.name);
      case "select": {
        const name = this.#checked.names.get(expr.id);
        if (name !== undefined) return this.#ident(expr.id, name);
        const operand = this.cost(expr.operand);
        if (expr.test) return operand;
        this.#paths.set(expr.id, this.#child(expr.operand, expr.field));
        const kind = this.#type(expr.operand).kind;
        return kind === "map" || kind === "struct" || kind === "param" ? addCost(operand, IDENT) : operand;
      }
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr.id, expr.items);
      case "map": {
        const keys = expr.entries.map(({ key }) => key);
        const values = expr.entries.map(({ value }) => value);
        const sum = [...keys, ...values].reduce((total, part) => addCost(total, this.cost(part)), fixed(30));
        this.#entries.set(expr.id, { container: "map", key: this.#all(keys), value: this.#all(values) });
        return sum;
      }
      case "struct":
        return expr.fields.reduce((total, { value }) => addCost(total, this.cost(value)), fixed(40));
      case "fold":
        return isBind(expr) ? this.#bind(expr) : this.#fold(expr);
    }
  }

  #type(expr: Expr): CelType {
    return this.#checked.types[expr.id] ?? DYN;
  }

  #local(name: string): Local | undefined {
    return this.#locals.get(name)?.at(-1);
  }

  #push(name: string, local: Local): void {
    const before = this.#locals.get(name);
    if (before === undefined) this.#locals.set(name, [local]);
    else before.push(local);
  }

  #pop(name: string): void {
    this.#locals.get(name)?.pop();
  }

  #ident(id: number, name: string): Range {
    this.#paths.set(id, this.#local(name)?.path ?? [name]);
    return IDENT;
  }

  #path(expr: Expr): readonly string[] {
    if (expr.kind === "ident") {
      const local = this.#local(expr.name);
      if (local !== undefined) return local.path;
    }
    return this.#paths.get(expr.id) ?? [];
  }

  #child(expr: Expr, step: string): readonly string[] {
    return [...this.#path(expr), step];
  }

  #list(id: number, items: readonly Expr[]): Range {
    const sum = items.reduce((total, item) => addCost(total, this.cost(item)), fixed(10));
    this.#entries.set(id, { container: "list", key: fixed(1), value: this.#all(items) });
    return sum;
  }

  /** The sizes of all of them. */
  #all(parts: readonly Expr[]): Range {
    const [first, ...rest] = parts.map((part) => this.#sizeOrUnknown(part));
    return first === undefined ? { min: 0, max: 0 } : rest.reduce((total, size) => union(total, size), first);
  }

  #call(expr: CallExpr): Range {
    const name = this.#checked.names.get(expr.id) ?? expr.name;
    if (name === "dyn") {
      const [arg] = expr.args;
      if (arg === undefined) return NOTHING;
      const cost = this.cost(arg);
      this.#copy(expr, arg);
      return addCost(fixed(1), cost);
    }
    const argCosts = expr.args.map((arg) => this.cost(arg));
    const args = expr.args.map((arg) => this.#node(arg));
    const overloads = this.#checked.overloads.get(expr.id) ?? [];
    if (overloads.length === 0) return NOTHING;
    const qualified = this.#checked.names.has(expr.id);
    const member = expr.target !== undefined && !qualified ? expr.target : undefined;
    const before = member === undefined ? NOTHING : this.cost(member);
    const target = member === undefined ? undefined : this.#node(member);
    let total: Range | undefined;
    let size: Range | undefined;
    for (const { id } of overloads) {
      const { cost, size: made } = this.#overload(expr, { name, id, target, args, argCosts });
      total = total === undefined ? cost : union(total, cost);
      if (made !== undefined) size = size === undefined ? made : union(size, made);
      const [first] = expr.args;
      if (first !== undefined && (id === "index_list" || id === "index_map")) {
        size = this.#entry(first)?.value;
        this.#paths.set(expr.id, this.#child(first, id === "index_list" ? "@items" : "@values"));
      }
      size ??= this.#size(expr);
    }
    if (size !== undefined) this.#sizes.set(expr.id, size);
    return addCost(before, total ?? NOTHING);
  }

  #overload(expr: CallExpr, site: OverloadSite): CallEstimate {
    const sum = site.argCosts.reduce((total, cost) => addCost(total, cost), NOTHING);
    const special = estimateOverload(site);
    if (special !== undefined) return { ...special, cost: addCost(special.cost, sum) };
    const [first, second, third] = expr.args;
    switch (site.id) {
      case "logical_or":
      case "logical_and":
        return { cost: { min: site.argCosts[0]?.min ?? 0, max: sum.max } };
      case "conditional": {
        if (first === undefined || second === undefined || third === undefined) break;
        this.#joinEntries(expr, second, third);
        const [condition = NOTHING, yes = NOTHING, no = NOTHING] = site.argCosts;
        const size = union(this.#sizeOrUnknown(second), this.#sizeOrUnknown(third));
        return { cost: addCost(condition, union(yes, no)), size };
      }
      case "add_string":
      case "add_bytes":
      case "add_list": {
        if (first === undefined || second === undefined) break;
        const size = addCost(this.#sizeOrUnknown(first), this.#sizeOrUnknown(second));
        this.#joinEntries(expr, first, second);
        const own = site.id === "add_list" ? fixed(1) : times(size, 0.1);
        return { cost: addCost(own, sum), size };
      }
      default:
    }
    return { cost: addCost(fixed(1), sum) };
  }

  #joinEntries(expr: Expr, left: Expr, right: Expr): void {
    const one = this.#entry(left);
    const other = this.#entry(right);
    if (one === undefined || other === undefined) return;
    this.#entries.set(expr.id, {
      container: one.container,
      key: union(one.key, other.key),
      value: union(one.value, other.value),
    });
  }

  #fold(expr: FoldExpr): Range {
    const before = addCost(this.cost(expr.range), this.cost(expr.init));
    this.#push(expr.accu, this.#bound(expr.init));
    const items = this.#items(expr);
    for (const [name, local] of items) this.#push(name, local);
    const each = addCost(this.cost(expr.condition), this.cost(expr.step));
    for (const [name] of items) this.#pop(name);
    const after = this.cost(expr.result);
    this.#pop(expr.accu);
    const count = this.#sizeOrUnknown(expr.range);
    if (expr.init.kind === "literal") this.#setSize(expr, this.#size(expr.init));
    else if (expr.init.kind === "list" || expr.init.kind === "map") {
      this.#setSize(expr, count);
      const entry = this.#entry(expr.step);
      if (entry !== undefined) this.#entries.set(expr.id, entry);
    }
    return addCost(addCost(before, after), librarySize(count, each));
  }

  #bound(expr: Expr): Local {
    return { path: this.#path(expr), size: this.#size(expr), entry: this.#entry(expr) };
  }

  /** The variables of a fold and what is known of them. */
  #items(expr: FoldExpr): readonly (readonly [string, Local])[] {
    const entry = this.#entry(expr.range);
    const kind: CelKind = entry?.container ?? this.#type(expr.range).kind;
    const key: Local = {
      path: this.#child(expr.range, kind === "list" ? "@indices" : "@keys"),
      size: entry?.key,
      entry: undefined,
    };
    const value: Local = {
      path: this.#child(expr.range, kind === "list" ? "@items" : "@values"),
      size: entry?.value,
      entry: undefined,
    };
    if (expr.item2 !== undefined)
      return [
        [expr.item, key],
        [expr.item2, value],
      ];
    return [[expr.item, kind === "list" ? value : key]];
  }

  #bind(expr: FoldExpr): Range {
    const before = addCost(this.cost(expr.range), this.cost(expr.init));
    this.#push(expr.accu, this.#bound(expr.init));
    const result = this.cost(expr.result);
    this.#pop(expr.accu);
    this.#copy(expr, expr.result);
    return addCost(before, result);
  }

  #copy(to: Expr, from: Expr): void {
    this.#setSize(to, this.#size(from));
    const entry = this.#entry(from);
    if (entry !== undefined) this.#entries.set(to.id, entry);
  }

  #setSize(expr: Expr, size: Range | undefined): void {
    if (size !== undefined) this.#sizes.set(expr.id, size);
  }

  #node(expr: Expr): CostNode {
    const path = this.#path(expr);
    return {
      path: ACCUMULATORS.has(path[0] ?? "") ? [] : path,
      type: this.#type(expr),
      expr,
      size: this.#size(expr),
      sizeAt: this.#sizeAt,
    };
  }

  #sizeOrUnknown(expr: Expr): Range {
    return this.#size(expr) ?? UNKNOWN;
  }

  #size(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr.id) ?? literalSize(expr);
    if (known !== undefined) return known;
    const path = this.#path(expr);
    const declared = path.length === 0 ? undefined : this.#sizeAt(path);
    if (declared !== undefined) {
      const size = { min: 0, max: declared };
      this.#sizes.set(expr.id, size);
      return size;
    }
    if (isScalar(this.#type(expr))) return fixed(1);
    return expr.kind === "ident" ? this.#local(expr.name)?.size : undefined;
  }

  #entry(expr: Expr): EntrySize | undefined {
    return this.#entries.get(expr.id) ?? (expr.kind === "ident" ? this.#local(expr.name)?.entry : undefined);
  }
}

export interface OverloadSite {
  readonly name: string;
  readonly id: string;
  readonly target: CostNode | undefined;
  readonly args: readonly CostNode[];
  readonly argCosts: readonly Range[];
}

function isBind(expr: FoldExpr): boolean {
  return (
    expr.range.kind === "list" &&
    expr.range.items.length === 0 &&
    expr.condition.kind === "literal" &&
    expr.condition.value === false &&
    expr.accu !== "__result__"
  );
}

function literalSize(expr: Expr): Range | undefined {
  switch (expr.kind) {
    case "list":
      return fixed(expr.items.length);
    case "map":
      return fixed(expr.entries.length);
    case "literal":
      if (typeof expr.value === "string") return fixed(codePoints(expr.value));
      return fixed(expr.value instanceof Uint8Array ? expr.value.length : 1);
    default:
      return undefined;
  }
}

const scalars: ReadonlySet<CelKind> = new Set<CelKind>([
  "bool",
  "double",
  "duration",
  "int",
  "timestamp",
  "uint",
]);

function isScalar(type: CelType): boolean {
  if (isOptional(type)) return isScalar(type.params[0] ?? DYN);
  return scalars.has(type.kind);
}
