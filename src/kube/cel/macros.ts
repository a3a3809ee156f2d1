import type { Expr, FoldExpr } from "./ast.ts";

/** How macros make their parts: with new ids, at the place of the macro. */
export interface MacroParts {
  literal(value: bigint | boolean): Expr;
  ident(name: string): Expr;
  list(...items: readonly Expr[]): Expr;
  map(...entries: readonly (readonly [Expr, Expr])[]): Expr;
  call(name: string, ...args: readonly Expr[]): Expr;
  member(name: string, target: Expr, ...args: readonly Expr[]): Expr;
  fold(parts: Omit<FoldExpr, "id" | "at" | "kind">): Expr;
  select(operand: Expr, field: string, test: boolean): Expr;
  /** To be told of a part that a macro writes twice: such parts within each other double. */
  twice(part: Expr): void;
  /** Reports a fault and gives an expression that stands for it. */
  fault(at: Expr, message: string): Expr;
}

/** Undefined: the call is an ordinary one. */
export type Macro = (parts: MacroParts, target: Expr | undefined, args: readonly Expr[]) => Expr | undefined;

export const ACCU = "@result";
const OLD_ACCU = "__result__";

/** Macros by `name:arguments:member` and the first minor whose expressions may use them. Source: cel-go parser/macro.go, cel/library.go, ext/comprehensions.go, ext/lists.go. */
export function macroOf(
  name: string,
  count: number,
  member: boolean,
  introduced: (minor: number) => boolean,
): Macro | undefined {
  const row = macros.get(`${name}:${count}:${member ? "member" : "global"}`);
  return row !== undefined && introduced(row.since) ? row.macro : undefined;
}

interface MacroRow {
  readonly since: number;
  readonly macro: Macro;
}

function nameOf(parts: MacroParts, arg: Expr | undefined, message: string): string | Expr {
  if (arg === undefined) throw new Error("a macro lacks an argument");
  if (arg.kind !== "ident") return parts.fault(arg, message);
  if (arg.name === ACCU || arg.name === OLD_ACCU)
    return parts.fault(arg, "iteration variable overwrites accumulator variable");
  return arg.name;
}

type Quantifier = "all" | "exists" | "one";

function quantified(
  parts: MacroParts,
  kind: Quantifier,
  predicate: Expr,
): Pick<FoldExpr, "init" | "condition" | "step" | "result" | "accu"> {
  const accu = (): Expr => parts.ident(ACCU);
  switch (kind) {
    case "all":
      return {
        accu: ACCU,
        init: parts.literal(true),
        condition: parts.call("@not_strictly_false", accu()),
        step: parts.call("_&&_", accu(), predicate),
        result: accu(),
      };
    case "exists":
      return {
        accu: ACCU,
        init: parts.literal(false),
        condition: parts.call("@not_strictly_false", parts.call("!_", accu())),
        step: parts.call("_||_", accu(), predicate),
        result: accu(),
      };
    default:
      return {
        accu: ACCU,
        init: parts.literal(0n),
        condition: parts.literal(true),
        step: parts.call("_?_:_", predicate, parts.call("_+_", accu(), parts.literal(1n)), accu()),
        result: parts.call("_==_", accu(), parts.literal(1n)),
      };
  }
}

function quantifier(kind: Quantifier): Macro {
  return (parts, target, args) => {
    const [variable, predicate] = args;
    const item = nameOf(parts, variable, "argument must be a simple name");
    if (typeof item !== "string") return item;
    if (target === undefined || predicate === undefined) return undefined;
    return parts.fold({ range: target, item, item2: undefined, ...quantified(parts, kind, predicate) });
  };
}

function quantifier2(kind: Quantifier): Macro {
  return (parts, target, args) => {
    const names = twoNames(parts, args);
    const predicate = args[2];
    if (!Array.isArray(names)) return names as Expr;
    if (target === undefined || predicate === undefined) return undefined;
    const [item = "", item2 = ""] = names as readonly string[];
    return parts.fold({ range: target, item, item2, ...quantified(parts, kind, predicate) });
  };
}

function twoNames(parts: MacroParts, args: readonly Expr[]): readonly string[] | Expr {
  const first = nameOf(parts, args[0], "argument must be a simple name");
  if (typeof first !== "string") return first;
  const second = nameOf(parts, args[1], "argument must be a simple name");
  if (typeof second !== "string") return second;
  if (first === second && args[1] !== undefined)
    return parts.fault(args[1], `duplicate variable name: ${first}`);
  return [first, second];
}

function collecting(
  parts: MacroParts,
  filter: Expr | undefined,
  step: Expr,
  init: Expr,
): Pick<FoldExpr, "init" | "condition" | "step" | "result" | "accu"> {
  return {
    accu: ACCU,
    init,
    condition: parts.literal(true),
    step: filter === undefined ? step : parts.call("_?_:_", filter, step, parts.ident(ACCU)),
    result: parts.ident(ACCU),
  };
}

const mapMacro: Macro = (parts, target, args) => {
  const item = nameOf(parts, args[0], "argument is not an identifier");
  if (typeof item !== "string") return item;
  const made = args.at(-1);
  if (target === undefined || made === undefined) return undefined;
  const step = parts.call("_+_", parts.ident(ACCU), parts.list(made));
  const filter = args.length === 3 ? args[1] : undefined;
  return parts.fold({
    range: target,
    item,
    item2: undefined,
    ...collecting(parts, filter, step, parts.list()),
  });
};

const filterMacro: Macro = (parts, target, args) => {
  const [variable, filter] = args;
  const item = nameOf(parts, variable, "argument is not an identifier");
  if (typeof item !== "string") return item;
  if (target === undefined || variable === undefined || filter === undefined) return undefined;
  const step = parts.call("_+_", parts.ident(ACCU), parts.list(variable));
  return parts.fold({
    range: target,
    item,
    item2: undefined,
    ...collecting(parts, filter, step, parts.list()),
  });
};

const hasMacro: Macro = (parts, _target, [arg]) => {
  if (arg === undefined) return undefined;
  return arg.kind === "select"
    ? parts.select(arg.operand, arg.field, true)
    : parts.fault(arg, "invalid argument to has() macro");
};

/** transformList, transformMap, transformMapEntry: what one step makes of the accumulated. */
function transforming(kind: "list" | "map" | "entry"): Macro {
  return (parts, target, args) => {
    const names = twoNames(parts, args);
    if (!Array.isArray(names)) return names as Expr;
    const made = args.at(-1);
    if (target === undefined || made === undefined) return undefined;
    const [item = "", item2 = ""] = names as readonly string[];
    const accu = parts.ident(ACCU);
    const step =
      kind === "list"
        ? parts.call("_+_", accu, parts.list(made))
        : kind === "map"
          ? parts.call("cel.@mapInsert", accu, parts.ident(item), made)
          : parts.call("cel.@mapInsert", accu, made);
    const filter = args.length === 4 ? args[2] : undefined;
    const init = kind === "list" ? parts.list() : parts.map();
    return parts.fold({ range: target, item, item2, ...collecting(parts, filter, step, init) });
  };
}

/** `optMap` and `optFlatMap`: a fold over nothing that binds the value of an optional. */
function optional(flat: boolean): Macro {
  return (parts, target, [variable, made]) => {
    if (target === undefined || variable === undefined || made === undefined) return undefined;
    if (variable.kind !== "ident")
      return parts.fault(
        variable,
        `${flat ? "optFlatMap" : "optMap"}() variable name must be a simple identifier`,
      );
    parts.twice(target);
    const bound = parts.fold({
      range: parts.list(),
      item: "#unused",
      item2: undefined,
      accu: variable.name,
      init: parts.member("value", target),
      condition: parts.literal(false),
      step: parts.ident(variable.name),
      result: made,
    });
    return parts.call(
      "_?_:_",
      parts.member("hasValue", target),
      flat ? bound : parts.call("optional.of", bound),
      parts.call("optional.none"),
    );
  };
}

const sortBy: Macro = (parts, target, [variable, key]) => {
  if (target === undefined || variable === undefined || key === undefined) return undefined;
  if (!["list", "select", "ident", "fold", "call"].includes(target.kind))
    return parts.fault(
      target,
      "sortBy can only be applied to a list, identifier, comprehension, call or select expression",
    );
  const mapped = mapMacro(parts, parts.ident("@__sortBy_input__"), [variable, key]);
  if (mapped === undefined) return undefined;
  return parts.fold({
    range: parts.list(),
    item: "#unused",
    item2: undefined,
    accu: "@__sortBy_input__",
    init: target,
    condition: parts.literal(false),
    step: parts.ident("@__sortBy_input__"),
    result: parts.member("@sortByAssociatedKeys", parts.ident("@__sortBy_input__"), mapped),
  });
};

const always = 0;
const macros: ReadonlyMap<string, MacroRow> = new Map<string, MacroRow>([
  ["has:1:global", { since: always, macro: hasMacro }],
  ["all:2:member", { since: always, macro: quantifier("all") }],
  ["exists:2:member", { since: always, macro: quantifier("exists") }],
  ["exists_one:2:member", { since: always, macro: quantifier("one") }],
  ["existsOne:2:member", { since: 34, macro: quantifier("one") }],
  ["map:2:member", { since: always, macro: mapMacro }],
  ["map:3:member", { since: always, macro: mapMacro }],
  ["filter:2:member", { since: always, macro: filterMacro }],
  ["optMap:2:member", { since: 28, macro: optional(false) }],
  ["optFlatMap:2:member", { since: 28, macro: optional(true) }],
  ["all:3:member", { since: 32, macro: quantifier2("all") }],
  ["exists:3:member", { since: 32, macro: quantifier2("exists") }],
  ["exists_one:3:member", { since: 32, macro: quantifier2("one") }],
  ["existsOne:3:member", { since: 32, macro: quantifier2("one") }],
  ["transformList:3:member", { since: 32, macro: transforming("list") }],
  ["transformList:4:member", { since: 32, macro: transforming("list") }],
  ["transformMap:3:member", { since: 32, macro: transforming("map") }],
  ["transformMap:4:member", { since: 32, macro: transforming("map") }],
  ["transformMapEntry:3:member", { since: 32, macro: transforming("entry") }],
  ["transformMapEntry:4:member", { since: 32, macro: transforming("entry") }],
  ["sortBy:2:member", { since: 34, macro: sortBy }],
]);
