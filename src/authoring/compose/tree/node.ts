import type { JsonPath } from "../../../kube/json.ts";
import { pathText } from "../../../kube/json.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { Place } from "../../../kube/place.ts";

/**
 * A Compose document as a tree whose every node knows where it stands. Merging, `extends` and `include` build new
 * containers around the nodes of the files, so that the report can say for every field of every file what became of it.
 */
export type Node = ScalarNode | ListNode | MapNode;
export type Scalar = null | boolean | number | string;

interface NodeBase {
  /** The file that the node stands in, as people name it. */
  readonly file: string;
  /** Path inside its own document. */
  readonly path: JsonPath;
  readonly place: Place;
  /** Place of the key that names it; its own place in a list. */
  readonly keyPlace: Place;
  /** Folder that relative paths in it start from, relative to the project. */
  readonly folder: string;
  /** `!reset` and `!override` of Compose (compose-spec 13-merge.md). */
  readonly tag?: "reset" | "override";
  /** The node of the file that this one was derived from: it is accounted for in its place. */
  readonly raw?: Node;
}
export interface ScalarNode extends NodeBase {
  readonly kind: "scalar";
  readonly value: Scalar;
  /** Variables that interpolation looked up to make the value. */
  readonly variables: readonly string[];
}
export interface ListNode extends NodeBase {
  readonly kind: "list";
  readonly items: readonly Node[];
}
export interface MapNode extends NodeBase {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Node>;
}

/** `services.web.ports[0]`: how the report and messages name a node. */
export function fieldText(node: Node): string {
  return pathText(node.path);
}

/** Throws INPUT_MALFORMED about a node: `services.web.ports must be a list`. */
export function malformed(node: Node, message: string, hint?: string): never {
  const variables = node.kind === "scalar" ? node.variables : [];
  const made = `it was made from ${variables.join(", ")}: set what is missing in .env, or name it with --env NAME`;
  const help = hint ?? (variables.length > 0 ? made : undefined);
  const details = { place: node.place, ...(help === undefined ? {} : { hint: help }) };
  throw new OpsError("INPUT_MALFORMED", `${fieldText(node) || "the document"} ${message}`, details);
}

export function isNull(node: Node): boolean {
  return node.kind === "scalar" && node.value === null;
}

export function mapOf(node: Node): MapNode {
  if (node.kind === "map") return node;
  return malformed(node, "must be a mapping");
}

export function listOf(node: Node): ListNode {
  if (node.kind === "list") return node;
  return malformed(node, "must be a list");
}

export function scalarOf(node: Node): ScalarNode {
  if (node.kind === "scalar") return node;
  return malformed(node, "must be a single value");
}

/** Text of a scalar as Compose prints it; empty for null. */
export function textOf(node: Node): string {
  const { value } = scalarOf(node);
  return value === null ? "" : String(value);
}

/** A boolean, also one that interpolation gave as text (compose-go loader/interpolate.go, toBoolean). */
export function booleanOf(node: Node): boolean {
  const { value } = scalarOf(node);
  if (typeof value === "boolean") return value;
  const text = String(value).toLowerCase();
  if (["true", "yes", "y", "on"].includes(text)) return true;
  if (["false", "no", "n", "off"].includes(text)) return false;
  return malformed(node, "must be true or false");
}

/** A number, also one that interpolation gave as text. */
export function numberOf(node: Node): number {
  const { value } = scalarOf(node);
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "string" && /^[-+]?\d+(\.\d+)?$/.test(value.trim())) return Number(value);
  return malformed(node, "must be a number");
}

export function integerOf(node: Node, lowest = 0): number {
  const value = numberOf(node);
  if (!Number.isSafeInteger(value) || value < lowest)
    malformed(node, `must be a whole number from ${lowest}`);
  return value;
}

/** A list, or a single value that stands for a list of one (compose-spec: `dns`, `env_file`, `tmpfs`…). */
export function itemsOf(node: Node): readonly Node[] {
  if (node.kind === "list") return node.items;
  if (node.kind === "scalar") return node.value === null ? [] : [node];
  return malformed(node, "must be a list or a single value");
}

/** The member of a mapping; undefined when it is absent or null. */
export function member(node: MapNode, key: string): Node | undefined {
  const found = node.entries.get(key);
  return found === undefined || isNull(found) ? undefined : found;
}

/** What `read` makes of a member; undefined when it is absent or null. */
export function readMember<T>(
  node: MapNode | undefined,
  key: string,
  read: (node: Node) => T,
): T | undefined {
  const found = node === undefined ? undefined : member(node, key);
  return found === undefined ? undefined : read(found);
}

/** An object with the member, or without it when the value is undefined. */
export function optional<Key extends string, T>(key: Key, value: T | undefined): { readonly [K in Key]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: T });
}

/**
 * Key and value pairs of a field that Compose writes as a mapping or as a list of `KEY=VALUE`
 * (`environment`, `labels`, `sysctls`…). A key without a value is null. The last of equal keys wins.
 */
export function pairsOf(node: Node, overridden: (lost: Node, winner: Node) => void): MapNode {
  if (node.kind === "map") return node;
  const entries = new Map<string, Node>();
  for (const item of itemsOf(node)) {
    const text = textOf(item);
    const equals = text.indexOf("=");
    const key = equals < 0 ? text : text.slice(0, equals);
    if (key === "") malformed(item, "must be KEY=VALUE");
    const derived: ScalarNode = {
      ...scalarOf(item),
      value: equals < 0 ? null : text.slice(equals + 1),
      raw: item.raw ?? item,
    };
    const before = entries.get(key);
    if (before !== undefined) overridden(before, derived);
    entries.set(key, derived);
  }
  const { file, path, place, keyPlace, folder } = node;
  return { kind: "map", file, path, place, keyPlace, folder, entries };
}

/** A mapping from a list of names (`depends_on`, `networks`, `models`): every name stands for an empty mapping. */
export function namesOf(node: Node): MapNode {
  if (node.kind === "map") return node;
  const entries = new Map<string, Node>();
  for (const item of itemsOf(node)) {
    const { file, path, place, keyPlace, folder } = item;
    entries.set(textOf(item), {
      kind: "map",
      file,
      path,
      place,
      keyPlace,
      folder,
      entries: new Map(),
      raw: item.raw ?? item,
    });
  }
  const { file, path, place, keyPlace, folder } = node;
  return { kind: "map", file, path, place, keyPlace, folder, entries };
}
