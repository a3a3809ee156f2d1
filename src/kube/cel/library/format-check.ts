import type { CallExpr, CelProblem, Expr } from "../ast.ts";
import type { CheckedCel } from "../checker.ts";
import type { CelKind } from "../types.ts";

/** Does a literal format fit the literal list of its arguments? (stringFormatValidator of cel-go ext/formatting.go) */
export function formatProblem({ target, args, at }: CallExpr, checked: CheckedCel): readonly CelProblem[] {
  const [list] = args;
  if (target?.kind !== "literal" || typeof target.value !== "string" || list?.kind !== "list") return [];
  let next = 0;
  for (const [, precision, verb] of target.value.matchAll(/%(?:\.([0-9]*))?([\s\S]|$)/g)) {
    if (verb === "%" && precision === undefined) continue;
    const rule = verbs.get(verb ?? "");
    if (verb === "" || verb === undefined) return [{ at, message: "unexpected end of string" }];
    if (rule === undefined)
      return [{ at, message: `could not parse formatting clause: unrecognized formatting clause "${verb}"` }];
    const arg = list.items[next];
    if (arg === undefined) return [{ at, message: `index ${next} out of range` }];
    next++;
    const wrong = misfit(arg, rule, checked);
    if (wrong !== undefined) return [{ at: arg.at, message: wrong }];
  }
  return list.items.length > next
    ? [
        {
          at,
          message: `too many arguments supplied to string.format (expected ${next}, got ${list.items.length})`,
        },
      ]
    : [];
}

interface VerbRule {
  readonly kinds: readonly CelKind[];
  readonly text: string;
}

const anyText: readonly CelKind[] = [
  "string",
  "bool",
  "bytes",
  "int",
  "uint",
  "double",
  "duration",
  "timestamp",
  "type",
  "null",
  "list",
  "map",
];
const hex: VerbRule = {
  kinds: ["int", "uint", "string", "bytes"],
  text: "only integers, byte buffers, and strings can be formatted as hex",
};
const verbs: ReadonlyMap<string, VerbRule> = new Map<string, VerbRule>([
  [
    "s",
    {
      kinds: anyText,
      text: "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
    },
  ],
  ["d", { kinds: ["int", "uint"], text: "decimal clause can only be used on integers" }],
  ["f", { kinds: ["double", "string"], text: "fixed-point clause can only be used on doubles" }],
  ["e", { kinds: ["double", "string"], text: "scientific clause can only be used on doubles" }],
  ["b", { kinds: ["int", "uint", "bool"], text: "only integers and bools can be formatted as binary" }],
  ["x", hex],
  ["X", hex],
  ["o", { kinds: ["int", "uint"], text: "octal clause can only be used on integers" }],
]);

function misfit(arg: Expr, { kinds, text }: VerbRule, checked: CheckedCel): string | undefined {
  const type = checked.types[arg.id];
  if (type === undefined || type.kind === "dyn" || type.kind === "param" || kinds.includes(type.kind))
    return undefined;
  return `error during formatting: ${text}, was given ${type.name}`;
}
