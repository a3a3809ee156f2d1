import { type CallExpr, type CelProblem, childrenOf, type Expr, type ListExpr, type MapExpr } from "./ast.ts";
import type { CheckedCel } from "./checker.ts";
import { toDuration, toTimestamp } from "./convert.ts";
import { formatProblem } from "./library/format-check.ts";
import { compileRegex } from "./library/regex.ts";
import { type CelType, isOptional, sameType, typeText } from "./types.ts";
import { CelError } from "./values.ts";

/**
 * Literals that can never be right: durations, times and patterns that nobody can read, formats that do not fit their
 * arguments, lists and maps of several types (validators of cel-go cel/validator.go, on since 1.29).
 */
export function literalProblems(checked: CheckedCel, homogeneous: boolean): readonly CelProblem[] {
  const problems: CelProblem[] = [];
  const visit = (part: Expr, exempt: boolean): void => {
    const inner = exempt || (part.kind === "call" && part.name === "format");
    if (part.kind === "call") problems.push(...callProblems(part, checked));
    if (homogeneous && !exempt) problems.push(...mixedProblems(part, checked));
    for (const child of childrenOf(part)) visit(child, inner);
  };
  visit(checked.expr, false);
  return problems;
}

function callProblems(part: CallExpr, checked: CheckedCel): readonly CelProblem[] {
  if (part.name === "format") return formatProblem(part, checked);
  const wanted = checks.get(part.name);
  const [literal] = part.args;
  if (wanted === undefined || literal?.kind !== "literal" || typeof literal.value !== "string") return [];
  return wanted(literal.value) ? [] : [{ at: literal.at, message: `invalid ${part.name} argument` }];
}

const checks: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ["duration", (text: string) => !(toDuration(text) instanceof CelError)],
  ["timestamp", (text: string) => !(toTimestamp(text) instanceof CelError)],
  ["matches", (text: string) => typeof compileRegex(text) !== "string"],
]);

function mixedProblems(part: Expr, checked: CheckedCel): readonly CelProblem[] {
  if (part.kind === "list") return mixedList(part, checked);
  return part.kind === "map" ? mixedMap(part, checked) : [];
}

function mixedList(part: ListExpr, checked: CheckedCel): readonly CelProblem[] {
  const found = part.items.map((item, at) => ({ expr: item, optional: part.optional.has(at) }));
  return firstMixed(found, checked);
}

function mixedMap(part: MapExpr, checked: CheckedCel): readonly CelProblem[] {
  return [
    ...firstMixed(
      part.entries.map(({ key }) => ({ expr: key, optional: false })),
      checked,
    ),
    ...firstMixed(
      part.entries.map(({ value, optional }) => ({ expr: value, optional })),
      checked,
    ),
  ];
}

interface Member {
  readonly expr: Expr;
  readonly optional: boolean;
}

/** The first member whose type is not that of those before it. */
function firstMixed(members: readonly Member[], checked: CheckedCel): readonly CelProblem[] {
  const typeOf = ({ expr, optional }: Member): CelType | undefined => {
    const type = checked.types[expr.id];
    return type !== undefined && optional && isOptional(type) ? type.params[0] : type;
  };
  const [first] = members;
  const wanted = first === undefined ? undefined : typeOf(first);
  if (wanted === undefined) return [];
  for (const member of members) {
    const type = typeOf(member);
    if (type !== undefined && !sameType(wanted, type))
      return [
        { at: member.expr.at, message: `expected type '${typeText(wanted)}' but found '${typeText(type)}'` },
      ];
  }
  return [];
}
