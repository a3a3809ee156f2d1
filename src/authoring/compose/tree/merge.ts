import { placeText } from "../../../kube/place.ts";
import { splitVolume } from "../syntax/volume.ts";
import type { Ledger } from "./ledger.ts";
import {
  isNull,
  itemsOf,
  type ListNode,
  listOf,
  malformed,
  type MapNode,
  mapOf,
  namesOf,
  type Node,
  pairsOf,
  type ScalarNode,
  textOf,
} from "./node.ts";

/**
 * Merging of Compose files and of services that extend others (compose-spec 13-merge.md, 05-services.md "extends";
 * compose-go override/merge.go and override/uncity.go for what the documents leave open).
 */
type Rule = "replace" | "pairs" | "names" | "append" | "hosts";

const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries<Rule>({
    "services.*.command": "replace",
    "services.*.entrypoint": "replace",
    "services.*.healthcheck.test": "replace",
    // A short and a long form of the same field cannot be merged; the later one counts (compose-go merges canonical forms).
    "volumes.*.external": "replace",
    "networks.*.external": "replace",
    "configs.*.external": "replace",
    "secrets.*.external": "replace",
    "services.*.environment": "pairs",
    "services.*.labels": "pairs",
    "services.*.annotations": "pairs",
    "services.*.sysctls": "pairs",
    "services.*.deploy.labels": "pairs",
    "services.*.build.args": "pairs",
    "services.*.build.labels": "pairs",
    "services.*.build.additional_contexts": "pairs",
    "networks.*.labels": "pairs",
    "volumes.*.labels": "pairs",
    "services.*.depends_on": "names",
    "services.*.networks": "names",
    "services.*.models": "names",
    "services.*.dns": "append",
    "services.*.dns_opt": "append",
    "services.*.dns_search": "append",
    "services.*.env_file": "append",
    "services.*.label_file": "append",
    "services.*.tmpfs": "append",
    "services.*.extra_hosts": "hosts",
  }),
);

/** Fields that are a single value or a mapping: the later form counts. */
const eitherForm: ReadonlySet<string> = new Set([
  "services.*.build",
  "services.*.extends",
  "services.*.gpus",
]);

type UniqueKey = (item: Node) => string;

function valueOrMember(member: string): UniqueKey {
  return (item) =>
    item.kind === "map"
      ? textOf(item.entries.get(member) ?? malformed(item, `needs ${member}`))
      : textOf(item);
}

function portKey(item: Node): string {
  if (item.kind !== "map") return textOf(item);
  const part = (name: string, otherwise: string): string => {
    const found = item.entries.get(name);
    return found === undefined ? otherwise : textOf(found);
  };
  return `${part("host_ip", "0.0.0.0")}:${part("published", "")}:${part("target", "")}/${part("protocol", "tcp")}`;
}

function mountKey(folder: string): UniqueKey {
  return (item) => {
    if (item.kind !== "map") return `${folder}/${textOf(item)}`;
    const target = item.entries.get("target");
    return target === undefined ? `${folder}/${textOf(item.entries.get("source") ?? item)}` : textOf(target);
  };
}

function keyBeforeEquals(item: Node): string {
  return textOf(item).split("=", 1)[0] ?? "";
}

/** Lists of unique members: a later one takes the place of the one with the same key. */
const unique: ReadonlyMap<string, UniqueKey> = new Map(
  Object.entries<UniqueKey>({
    "services.*.ports": portKey,
    "services.*.volumes": (item) =>
      item.kind === "map"
        ? valueOrMember("target")(item)
        : (splitVolume(textOf(item))?.target ?? textOf(item)),
    "services.*.secrets": mountKey("/run/secrets"),
    "services.*.configs": mountKey(""),
    "services.*.devices": (item) =>
      item.kind === "map" ? valueOrMember("target")(item) : (textOf(item).split(":")[1] ?? textOf(item)),
    "services.*.cap_add": keyBeforeEquals,
    "services.*.cap_drop": keyBeforeEquals,
    "services.*.dns": keyBeforeEquals,
    "services.*.dns_opt": keyBeforeEquals,
    "services.*.dns_search": keyBeforeEquals,
    "services.*.env_file": valueOrMember("path"),
    "services.*.expose": textOf,
    "services.*.links": keyBeforeEquals,
    "services.*.networks.*.aliases": keyBeforeEquals,
    "services.*.profiles": keyBeforeEquals,
    "services.*.tmpfs": keyBeforeEquals,
    "services.*.security_opt": textOf,
    "services.*.external_links": textOf,
    "services.*.device_cgroup_rules": textOf,
    "services.*.group_add": textOf,
  }),
);

function lost(ledger: Ledger): (loser: Node, winner: Node) => void {
  return (loser, winner) => ledger.overridden(loser, `overridden at ${placeText(winner.place)}`);
}

function pattern(path: readonly string[]): string {
  // The names of services, networks and volumes are the users'; so are those of a service's networks.
  return path.map((step, i) => (i === 1 || (i === 3 && path[2] === "networks") ? "*" : step)).join(".");
}

function listLike(like: Node, items: readonly Node[]): ListNode {
  const { file, path, place, keyPlace, folder } = like;
  return { kind: "list", file, path, place, keyPlace, folder, items };
}

function mapLike(like: Node, entries: ReadonlyMap<string, Node>): MapNode {
  const { file, path, place, keyPlace, folder } = like;
  return { kind: "map", file, path, place, keyPlace, folder, entries };
}

function hostItems(node: Node): readonly Node[] {
  if (node.kind !== "map") return itemsOf(node);
  const items: Node[] = [];
  for (const [host, value] of node.entries) {
    for (const address of itemsOf(value)) {
      const derived: ScalarNode = {
        ...address,
        kind: "scalar",
        value: `${host}=${textOf(address)}`,
        variables: address.kind === "scalar" ? address.variables : [],
        raw: address.raw ?? address,
      };
      items.push(derived);
    }
  }
  return items;
}

/** Merges `over` over `base`. `path` is the path in the model, as `["services", "web", "ports"]`. */
export function mergeNodes(base: Node, over: Node, path: readonly string[], ledger: Ledger): Node {
  const overridden = lost(ledger);
  if (over.tag === "reset" || over.tag === "override") {
    overridden(base, over);
    return over;
  }
  const rule = rules.get(pattern(path));
  if (rule === "replace" || (isNull(base) && !isNull(over))) {
    overridden(base, over);
    return over;
  }
  if (isNull(over)) {
    ledger.mark(over, "used");
    return base;
  }
  if (rule === "append" || rule === "hosts") {
    const items = rule === "hosts" ? hostItems : itemsOf;
    return dedupe(listLike(base, [...items(base), ...items(over)]), path, ledger);
  }
  const same = (node: Node): Node =>
    rule === "pairs" ? pairsOf(node, overridden) : rule === "names" ? namesOf(node) : node;
  return mergeAlike(same(base), same(over), path, ledger);
}

function mergeAlike(left: Node, right: Node, path: readonly string[], ledger: Ledger): Node {
  const overridden = lost(ledger);
  if (left.kind === "map" && right.kind === "map") return mergeMaps(left, right, path, ledger);
  if (left.kind === "list" && right.kind === "list") {
    if (left.items.length === 0) overridden(left, right);
    if (right.items.length === 0) ledger.mark(right, "used");
    return dedupe(listLike(left, [...left.items, ...right.items]), path, ledger);
  }
  if (left.kind !== right.kind && !eitherForm.has(pattern(path))) {
    const what = left.kind === "scalar" ? "a single value" : `a ${left.kind}`;
    malformed(right, `cannot override ${what} at ${placeText(left.place)}`);
  }
  overridden(left, right);
  return right;
}

function mergeMaps(base: MapNode, over: MapNode, path: readonly string[], ledger: Ledger): MapNode {
  // An empty mapping, and an item of a list that stands for one, are leaves of their own.
  if (base.entries.size === 0) lost(ledger)(base, over);
  if (over.entries.size === 0) ledger.mark(over, "used");
  const entries = new Map(base.entries);
  for (const [key, value] of over.entries) {
    const before = entries.get(key);
    const merged = before === undefined ? value : mergeNodes(before, value, [...path, key], ledger);
    entries.set(key, merged);
  }
  return mapLike(base, entries);
}

/** Removes all but the last of equal members of a list whose members are unique. */
function dedupe(list: ListNode, path: readonly string[], ledger: Ledger): ListNode {
  const keyOf = unique.get(pattern(path));
  if (keyOf === undefined) return list;
  const items = new Map<string, Node>();
  for (const item of list.items) {
    const key = keyOf(item);
    const before = items.get(key);
    if (before !== undefined) ledger.overridden(before, `overridden at ${placeText(item.place)}`);
    items.set(key, item);
  }
  return { ...list, items: [...items.values()] };
}

/** Applies what does not need a second file: `!reset` takes a value away, and equal members of unique lists are one. */
export function settle(node: Node, path: readonly string[], ledger: Ledger): Node | undefined {
  if (node.tag === "reset") {
    ledger.mark(node, "used");
    return undefined;
  }
  if (node.kind === "scalar") return node;
  if (node.kind === "list") return dedupe(listOf(node), path, ledger);
  const entries = new Map<string, Node>();
  for (const [key, value] of mapOf(node).entries) {
    const settled = settle(value, [...path, key], ledger);
    if (settled !== undefined) entries.set(key, settled);
  }
  return entries.size === node.entries.size &&
    [...entries].every(([key, value]) => node.entries.get(key) === value)
    ? node
    : { ...node, entries };
}
