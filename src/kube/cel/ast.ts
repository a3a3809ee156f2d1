import type { CelUint } from "./values.ts";

interface Base {
  readonly id: number;
  /** Offset into the source, in UTF-16 units, of what stands for the expression: its operator, bracket or first token. */
  readonly at: number;
}

export type LiteralValue = null | boolean | bigint | number | string | Uint8Array | CelUint;

export interface LiteralExpr extends Base {
  readonly kind: "literal";
  readonly value: LiteralValue;
}

export interface IdentExpr extends Base {
  readonly kind: "ident";
  readonly name: string;
}

export interface SelectExpr extends Base {
  readonly kind: "select";
  readonly operand: Expr;
  readonly field: string;
  /** `has(operand.field)`. */
  readonly test: boolean;
}

export interface CallExpr extends Base {
  readonly kind: "call";
  readonly name: string;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
}

export interface ListExpr extends Base {
  readonly kind: "list";
  readonly items: readonly Expr[];
  /** Indices of items written `?item`. */
  readonly optional: ReadonlySet<number>;
}

export interface MapEntry {
  readonly id: number;
  readonly at: number;
  readonly key: Expr;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface MapExpr extends Base {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
}

export interface FieldEntry {
  readonly id: number;
  readonly at: number;
  readonly field: string;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface StructExpr extends Base {
  readonly kind: "struct";
  readonly name: string;
  readonly fields: readonly FieldEntry[];
}

/** What macros become: a fold over a range. */
export interface FoldExpr extends Base {
  readonly kind: "fold";
  readonly range: Expr;
  readonly item: string;
  /** The second variable of a two-variable macro. */
  readonly item2: string | undefined;
  readonly accu: string;
  readonly init: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

export type Expr =
  | LiteralExpr
  | IdentExpr
  | SelectExpr
  | CallExpr
  | ListExpr
  | MapExpr
  | StructExpr
  | FoldExpr;

/** A fault of an expression: what, and where in its source. */
export interface CelProblem {
  readonly message: string;
  /** Offset into the source in UTF-16 units; -1 when it is about the whole. */
  readonly at: number;
}

/** Most code points of an expression, and most nested parts (cel-go parser/parser.go, defaults). */
export const MAX_CODE_POINTS = 100_000;
export const MAX_DEPTH = 250;

/** The parts of an expression right below it. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "literal":
    case "ident":
      return [];
    case "select":
      return [expr.operand];
    case "call":
      return expr.target === undefined ? expr.args : [expr.target, ...expr.args];
    case "list":
      return expr.items;
    case "map":
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case "struct":
      return expr.fields.map(({ value }) => value);
    default:
      return [expr.range, expr.init, expr.condition, expr.step, expr.result];
  }
}

/** Every part of an expression, itself first. */
export function walk(expr: Expr, visit: (part: Expr) => void): void {
  visit(expr);
  for (const child of childrenOf(expr)) walk(child, visit);
}
