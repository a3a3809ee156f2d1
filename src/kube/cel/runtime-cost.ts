import { netSize } from "./library/net.ts";
import { spend } from "./meter.ts";
import type { NamedFormat } from "./library/named-formats.ts";
import { CelList, CelMap, CelOpaque, CelOptional, type CelValue, codePoints, utf8 } from "./values.ts";

/**
 * What a call costs while an expression is evaluated (cel-go interpreter/runtimecost.go, ext/{lists,sets}.go,
 * k8s.io/apiserver pkg/cel/library/cost.go). Unlike there, costs that depend on the arguments alone are known before
 * the call, so that a call beyond the budget is not begun.
 */
export type CallCost = (args: readonly CelValue[], result: CelValue) => number;

const TRAVERSAL = 0.1;
const REGEX = 0.25;
const LIST = 10;

/** Size as CEL counts it: characters, bytes, items, entries; 1 for everything else. */
export function sizeOf(value: CelValue | undefined): number {
  if (typeof value === "string") return codePoints(value);
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof CelOpaque) return netSize(value) ?? 1;
  if (value instanceof CelOptional && value.value !== undefined) return sizeOf(value.value);
  return 1;
}

function traversal(size: number, times = 1): number {
  return Math.ceil(size * times * TRAVERSAL);
}

function regexCost(text: number, pattern: number): number {
  return Math.ceil((1 + text) * TRAVERSAL) * Math.ceil(pattern * REGEX);
}

/** A walk through everything in a value. */
function wholeCost(value: CelValue | undefined): number {
  spend(1);
  if (typeof value === "string") return Math.trunc(utf8(value).length * TRAVERSAL);
  if (value instanceof Uint8Array) return Math.trunc(value.length * TRAVERSAL);
  let sum = 0;
  if (value instanceof CelList) for (const item of value) sum += wholeCost(item);
  else if (value instanceof CelMap)
    for (const key of value.keys()) sum += wholeCost(key) + wholeCost(value.find(key));
  else return 1;
  return sum;
}

function allocating(factor: number, size: number): number {
  return Math.trunc(size * (factor < 0 ? 1 : factor)) + 1 + LIST;
}

function selfCompare(list: CelValue | undefined): number {
  const size = sizeOf(list);
  const first = list instanceof CelList && size > 0 ? list.at(0) : null;
  const texts = typeof first === "string" || first instanceof Uint8Array;
  return allocating(size > 0 && texts ? 2 + TRAVERSAL : 2, size * size);
}

function selectorCost(size: number): number {
  return LIST + Math.ceil(size * TRAVERSAL) + Math.ceil(Math.ceil(size * 0.5) * 50);
}

const one: CallCost = () => 1;
const text: CallCost = ([a]) => traversal(sizeOf(a));
const twice: CallCost = ([a]) => traversal(sizeOf(a), 2);
const whole: CallCost = ([a]) => wholeCost(a);
const smaller: CallCost = ([a, b]) => Math.ceil(Math.min(sizeOf(a), sizeOf(b)) * TRAVERSAL);
const output: CallCost = (_args, result) => allocating(1, sizeOf(result));
const joined: CallCost = ([a, b]) => Math.ceil((sizeOf(a) + sizeOf(b)) * TRAVERSAL);
const matching: CallCost = ([a, b]) => regexCost(sizeOf(a), sizeOf(b));
const sets =
  (factor: number): CallCost =>
  ([a, b]) =>
    1 + Math.trunc(sizeOf(a) * sizeOf(b) * factor);

/** Costs by the id of an overload, before everything else. */
const byOverload: ReadonlyMap<string, CallCost> = new Map<string, CallCost>([
  ["list_slice", output],
  ["list_flatten", ([a]) => allocating(1, sizeOf(a))],
  ["list_flatten_int", ([a, b]) => allocating(typeof b === "bigint" ? Number(b) : 1, sizeOf(a))],
  ["lists_range", output],
  ["list_reverse", output],
  ["list_distinct", ([a]) => selfCompare(a)],
  ["list_sets_contains_list", sets(1)],
  ["list_sets_intersects_list", sets(1)],
  ["list_sets_equivalent_list", sets(2)],
]);

function constant(names: string, cost: CallCost): readonly (readonly [string, CallCost])[] {
  return names.split(" ").map((name) => [name, cost]);
}

function containment(parse: string, extra: (network: number) => number): (overload: string) => CallCost {
  return (overload) =>
    ([a, b]) => {
      const network = sizeOf(a);
      const parsed = overload === parse ? traversal(sizeOf(b)) : 0;
      return traversal(network + network) + extra(network) + parsed;
    };
}

const byFunction: ReadonlyMap<string, CallCost> = new Map<string, CallCost>([
  ["check", () => 350_000],
  ...constant(
    "serviceAccount path group resource subresource namespace name allowed reason error errored",
    one,
  ),
  ...constant("fieldSelector labelSelector", ([, b]) => selectorCost(sizeOf(b))),
  ...constant("isSorted sum max min indexOf lastIndexOf includes", whole),
  ...constant("url lowerAscii upperAscii substring trim jsonpatch.escapeKey", text),
  ...constant("replace split", twice),
  ["join", (_args, result) => traversal(sizeOf(result), 2)],
  ...constant("find findAll", matching),
  ...constant("cidr isIP isCIDR quantity isQuantity semver isSemver", text),
  ["ip.isCanonical", twice],
  ...constant(
    "masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast",
    one,
  ),
  [
    "validate",
    ([a, b]) => regexCost(sizeOf(b), a instanceof CelOpaque ? (a.data as NamedFormat).regexSize : 1),
  ],
  ["format.named", one],
  ...constant(
    "sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch",
    one,
  ),
  ...constant("getScheme getHostname getHost getPort getEscapedPath getQuery", one),
  ["_==_", (args, result) => (args[0] instanceof CelOpaque ? 1 : smaller(args, result))],
  ["_!=_", smaller],
]);

const texts = ["string", "bytes"];
/** Costs of standard functions, known only where the checker left one overload. */
const standard: ReadonlyMap<string, CallCost> = new Map<string, CallCost>([
  ...constant("starts_with_string ends_with_string", ([, b]) => Math.ceil(sizeOf(b) * TRAVERSAL)),
  ...constant("string_to_bytes bytes_to_string strings_quote string_format", text),
  ["in_list", ([, b]) => sizeOf(b)],
  ...texts.flatMap((type) =>
    ["less", "less_equals", "greater", "greater_equals"].map((name): readonly [string, CallCost] => [
      `${name}_${type}`,
      smaller,
    ]),
  ),
  ...constant("add_string add_bytes", joined),
  ...constant("matches matches_string", matching),
  ["contains_string", ([a, b]) => traversal(sizeOf(a)) * traversal(sizeOf(b))],
]);

const containsIp = containment("cidr_contains_ip_string", () => 0);
const containsCidr = containment("cidr_contains_cidr_string", (network) => traversal(network) + 1);

/** The cost of calls of a function; `overload` is empty where several may be meant. */
export function callCostOf(name: string, overload: string): CallCost {
  const special = byOverload.get(overload);
  if (special !== undefined) return special;
  if (overload.endsWith("_sort")) return ([a]) => selfCompare(a);
  if (overload.endsWith("_sortByAssociatedKeys")) return ([, b]) => selfCompare(b);
  if (name === "containsIP") return containsIp(overload);
  if (name === "containsCIDR") return containsCidr(overload);
  if (name === "ip") return overload === "cidr_ip" ? one : text;
  return byFunction.get(name) ?? standard.get(overload) ?? one;
}

/** Functions whose work grows faster than their arguments: their cost is asked before the call. */
export const EXPENSIVE: ReadonlySet<string> = new Set([
  "distinct",
  "sort",
  "@sortByAssociatedKeys",
  "sets.contains",
  "sets.equivalent",
  "sets.intersects",
  "flatten",
]);
