import type { Expr } from "./ast.ts";
import type { OverloadSite, SizeAt } from "./estimate-cost.ts";
import type { CelType } from "./types.ts";

/** Least and most; counts above 2⁵³ are near enough. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface CallEstimate {
  readonly cost: Range;
  readonly size?: Range;
}

/** A part of an expression, as estimates of functions see it. */
export interface CostNode {
  readonly path: readonly string[];
  readonly type: CelType;
  readonly expr: Expr | undefined;
  readonly size: Range | undefined;
  readonly sizeAt: SizeAt;
}

const MAX = 2 ** 64;
const TRAVERSAL = 0.1;
const REGEX = 0.25;

export const UNKNOWN: Range = { min: 0, max: MAX };

export function fixed(value: number): Range {
  return { min: value, max: value };
}

function capped(value: number): number {
  return Math.min(value, MAX);
}

export function addCost(left: Range, right: Range): Range {
  return { min: capped(left.min + right.min), max: capped(left.max + right.max) };
}

function multiply(left: Range, right: Range): Range {
  return { min: capped(left.min * right.min), max: capped(left.max * right.max) };
}

/** `each` for every one of `count`. */
export function librarySize(count: Range, each: Range): Range {
  return multiply(count, each);
}

export function times(range: Range, factor: number): Range {
  return { min: capped(Math.ceil(range.min * factor)), max: capped(Math.ceil(range.max * factor)) };
}

export function union(left: Range, right: Range): Range {
  return { min: Math.min(left.min, right.min), max: Math.max(left.max, right.max) };
}

function sizeOf(node: CostNode | undefined): Range {
  if (node === undefined) return UNKNOWN;
  if (node.size !== undefined) return node.size;
  const declared = node.path.length === 0 ? undefined : node.sizeAt(node.path);
  return declared === undefined ? UNKNOWN : { min: 0, max: declared };
}

function itemOf(node: CostNode): CostNode | undefined {
  const [type] = node.type.params;
  if (type === undefined) return undefined;
  const path = node.path.length === 0 ? [] : [...node.path, "@items"];
  return { path, type, expr: undefined, size: undefined, sizeAt: node.sizeAt };
}

function words(names: string): ReadonlySet<string> {
  return new Set(names.split(" "));
}

const nominal = words(
  "serviceAccount path group resource subresource namespace name allowed reason error errored masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast format.named sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch getScheme getHostname getHost getPort getEscapedPath getQuery",
);
const scanning = words("isSorted sum max min indexOf lastIndexOf includes");
const transforming = words("lowerAscii upperAscii substring trim");
const parsing = words("cidr isIP isCIDR quantity isQuantity semver isSemver");
const opaque = words(
  "net.IP net.CIDR kubernetes.Quantity kubernetes.Semver kubernetes.authorization.Authorizer kubernetes.authorization.PathCheck kubernetes.authorization.GroupCheck kubernetes.authorization.ResourceCheck kubernetes.authorization.Decision",
);

/** The cost of a call without that of its arguments; undefined where the language decides (see estimate-cost.ts). */
export function estimateOverload(site: OverloadSite): CallEstimate | undefined {
  return listEstimate(site) ?? kubernetesEstimate(site) ?? standardEstimate(site);
}

function allocating(factor: number, size: Range): CallEstimate {
  return { cost: addCost(times(size, factor), fixed(11)), size };
}

function literal(node: CostNode | undefined, otherwise: number): number {
  const expr = node?.expr;
  if (expr?.kind !== "literal" || typeof expr.value !== "bigint") return otherwise;
  return Math.max(0, Number(expr.value));
}

function listEstimate({ id, target, args }: OverloadSite): CallEstimate | undefined {
  const size = sizeOf(target);
  const [first, second] = args;
  switch (id) {
    case "list_sets_contains_list":
    case "list_sets_intersects_list":
    case "list_sets_equivalent_list": {
      const factor = id === "list_sets_equivalent_list" ? 2 : 1;
      return { cost: addCost(times(multiply(sizeOf(first), sizeOf(second)), factor), fixed(1)) };
    }
    case "list_slice":
      return allocating(1, fixed(Math.max(0, literal(second, size.max) - literal(first, 0))));
    case "lists_range":
      return allocating(1, fixed(literal(first, MAX)));
    case "list_reverse":
      return allocating(1, size);
    case "list_flatten":
      return allocating(1, size);
    case "list_flatten_int":
      return allocating(literal(first, MAX), size);
    case "list_distinct":
      return allocating(2, multiply(size, size));
    default:
  }
  const sort = /^list_(.*)_(sort|sortByAssociatedKeys)$/.exec(id);
  if (sort === null) return undefined;
  const sorted = sort[2] === "sort" ? size : sizeOf(first);
  const factor = sort[1] === "string" || sort[1] === "bytes" ? 2 + TRAVERSAL : 2;
  return allocating(factor, multiply(sorted, sorted));
}

function kubernetesEstimate(site: OverloadSite): CallEstimate | undefined {
  const { name, id, target, args } = site;
  const [first, second] = args;
  if (name === "check") return { cost: fixed(350_000) };
  if (nominal.has(name)) return { cost: fixed(1) };
  if (scanning.has(name) && target !== undefined) return scanEstimate(name, target);
  if (transforming.has(name) && target !== undefined) {
    const size = sizeOf(target);
    return { cost: times(size, TRAVERSAL), size };
  }
  if (parsing.has(name) && first !== undefined) return { cost: times(sizeOf(first), TRAVERSAL) };
  switch (name) {
    case "fieldSelector":
    case "labelSelector": {
      const size = sizeOf(first);
      return { cost: addCost(fixed(10), addCost(times(size, TRAVERSAL), times(times(size, 0.5), 50))) };
    }
    case "url":
    case "jsonpatch.escapeKey": {
      const size = sizeOf(first);
      return { cost: times(size, TRAVERSAL), size };
    }
    case "replace":
      return replaceEstimate(sizeOf(target), sizeOf(first), sizeOf(second));
    case "split": {
      const size = sizeOf(target);
      return { cost: times(size, 2 * TRAVERSAL), size: { min: 0, max: literal(second, size.max) } };
    }
    case "join":
      return target === undefined ? undefined : joinEstimate(target, first);
    case "find":
    case "findAll": {
      const size = sizeOf(target);
      return { cost: regexEstimate(size, sizeOf(first)), size: { min: 0, max: size.max } };
    }
    case "ip":
      return { cost: id === "cidr_ip" ? fixed(1) : times(sizeOf(first), TRAVERSAL) };
    case "ip.isCanonical":
      return { cost: times(sizeOf(first), 2 * TRAVERSAL) };
    case "containsIP":
    case "containsCIDR":
      return networkEstimate(name, id, first);
    case "validate":
      return { cost: times(times(sizeOf(first), TRAVERSAL), 128 * REGEX) };
    case "_==_":
      return equalEstimate(first, second);
    default:
      return undefined;
  }
}

function scanEstimate(name: string, target: CostNode): CallEstimate {
  const item = itemOf(target);
  if (item === undefined) {
    const size = sizeOf(target);
    return { cost: name === "includes" ? size : times(size, TRAVERSAL) };
  }
  const text = item.type.kind === "string" || item.type.kind === "bytes";
  const each = text ? addCost(fixed(1), times(sizeOf(item), TRAVERSAL)) : fixed(1);
  return { cost: multiply(sizeOf(target), each) };
}

function regexEstimate(text: Range, pattern: Range): Range {
  return multiply(times(addCost(text, fixed(1)), TRAVERSAL), times(pattern, REGEX));
}

/** How often the replaced may stand in a text, and how much of the text stays, at most. */
function replaceEstimate(text: Range, old: Range, fresh: Range): CallEstimate {
  let most = 0;
  let kept = 0;
  if (old.min === 0) {
    most = text.max + 1;
    kept = text.max;
  } else if (fresh.max <= old.min) kept = text.max;
  else most = Math.ceil(text.max / old.min);
  let least = 0;
  let keptLeast = 0;
  if (old.max === 0) {
    least = text.min + 1;
    keptLeast = text.min;
  } else if (old.max <= fresh.min) keptLeast = text.min;
  else least = Math.ceil(text.min / old.max);
  const size = addCost(multiply({ min: least, max: capped(most) }, fresh), { min: keptLeast, max: kept });
  return { cost: times(text, 2 * TRAVERSAL), size };
}

function joinEstimate(target: CostNode, separator: CostNode | undefined): CallEstimate {
  const list = sizeOf(target);
  const item = itemOf(target);
  let size: Range = item === undefined ? fixed(0) : multiply(list, sizeOf(item));
  if (separator !== undefined) {
    const between = { min: Math.max(0, list.min - 1), max: Math.max(0, list.max - 1) };
    size = addCost(size, multiply(sizeOf(separator), between));
  }
  return { cost: times(size, TRAVERSAL), size };
}

function networkEstimate(name: string, id: string, other: CostNode | undefined): CallEstimate {
  const bytes: Range = { min: 4, max: 16 };
  let cost = times(addCost(bytes, bytes), TRAVERSAL);
  if (name === "containsCIDR") cost = addCost(cost, addCost(times(bytes, TRAVERSAL), fixed(1)));
  if (id.endsWith("_string")) cost = addCost(cost, times(sizeOf(other), TRAVERSAL));
  return { cost };
}

function equalEstimate(left: CostNode | undefined, right: CostNode | undefined): CallEstimate | undefined {
  const type = left?.type;
  if (type === undefined || right === undefined || type.name !== right.type.name) return undefined;
  if (opaque.has(type.name)) return { cost: fixed(1) };
  if (type.name === "kubernetes.NamedFormat") return { cost: times({ min: 1, max: 64 }, TRAVERSAL) };
  if (type.name === "kubernetes.URL")
    return { cost: times({ min: 1, max: right.size?.max ?? 1 }, TRAVERSAL) };
  return undefined;
}

function standardEstimate({ id, target, args }: OverloadSite): CallEstimate | undefined {
  const [first, second] = args;
  switch (id) {
    case "string_format":
      return { cost: times(sizeOf(target), TRAVERSAL) };
    case "string_to_bytes": {
      const size = sizeOf(first);
      return { cost: times(size, TRAVERSAL), size: { min: size.min, max: capped(size.max * 4) } };
    }
    case "bytes_to_string": {
      const size = sizeOf(first);
      return { cost: times(size, TRAVERSAL), size: { min: Math.floor(size.min / 4), max: size.max } };
    }
    case "strings_quote": {
      const size = sizeOf(first);
      return { cost: times(size, TRAVERSAL), size: { min: size.min + 2, max: capped(size.max * 2 + 2) } };
    }
    case "starts_with_string":
    case "ends_with_string":
      return { cost: times(sizeOf(first), TRAVERSAL) };
    case "in_list":
      return { cost: sizeOf(second) };
    case "matches":
      return { cost: regexEstimate(sizeOf(first), sizeOf(second)) };
    case "matches_string":
      return { cost: regexEstimate(sizeOf(target), sizeOf(first)) };
    case "contains_string":
      return { cost: multiply(times(sizeOf(target), TRAVERSAL), times(sizeOf(first), TRAVERSAL)) };
    default:
  }
  if (id !== "equals" && id !== "not_equals" && !/^(?:less|greater)(?:_equals)?_(?:string|bytes)$/.test(id))
    return undefined;
  const most = Math.min(sizeOf(first).max, sizeOf(second).max);
  return { cost: times({ min: most > 0 ? 1 : 0, max: most }, TRAVERSAL) };
}
