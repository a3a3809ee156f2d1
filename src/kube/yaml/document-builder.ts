import type { Json, JsonPath } from "../json.ts";
import { placeText } from "../place.ts";
import type { Problem } from "../problem.ts";
import { ambiguity } from "./scalars/ambiguous-scalar.ts";
import type { LineIndex } from "./line-index.ts";
import type { NodeSink } from "./node-sink.ts";
import { keyOffsetIn, type PlaceTape, placeTape } from "./place-tape.ts";
import { keyOf, type OddNumber, resolvePlain, type Scalar } from "./scalars/resolve-scalar.ts";
import { resolveTagged } from "./scalars/resolve-tagged.ts";
import { MAX_PROBLEMS, type YamlProblemCode, yamlProblem } from "./yaml-problems.ts";

type Members = Record<string, Json>;

interface Anchor {
  readonly node: number;
  readonly value: Json;
  /** Decodes that its node costs, aliases in it followed; undefined while the node is open. */
  cost: number | undefined;
  readonly kind: "scalar" | "list" | "mapping";
  /** A scalar as it was resolved, and its text: it may serve as a key. */
  readonly scalar: Scalar;
  readonly text: string;
}

interface Frame {
  readonly kind: "list" | "mapping" | "merge-list";
  readonly list: Json[];
  readonly members: Members;
  readonly node: number;
  readonly anchor: Anchor | undefined;
  readonly costBefore: number;
  key: string | undefined;
  keyAt: number;
  /** The pending key is a merge. */
  merging: boolean;
  /** Keys that a merge has set, with the offset of that merge. */
  merged: Map<string, number> | undefined;
  /** Parts of a merged list, in order: nodes of the tape and values. */
  readonly parts: { readonly node: number; readonly members: Members }[];
}

/**
 * Builds value, places and problems of one document from its nodes in document order, as go-yaml v2 and
 * sigs.k8s.io/yaml decode them. The first problem that makes the document unreadable sets `failed`; what is told
 * afterwards is ignored.
 */
export interface DocumentBuilder extends NodeSink {
  readonly tape: PlaceTape;
  readonly problems: Problem[];
  value(): Json;
}

const MERGE_TAG = "tag:yaml.org,2002:merge";
const ALIAS_RATIO_LOW = 400_000;
const ALIAS_RATIO_HIGH = 4_000_000;

/** Share of the decodes that may come from aliases (go-yaml decode.go allowedAliasRatio). */
function allowedAliasRatio(decodes: number): number {
  if (decodes <= ALIAS_RATIO_LOW) return 0.99;
  if (decodes >= ALIAS_RATIO_HIGH) return 0.1;
  return 0.99 - (0.89 * (decodes - ALIAS_RATIO_LOW)) / (ALIAS_RATIO_HIGH - ALIAS_RATIO_LOW);
}

export function documentBuilder(lines: LineIndex, base: number): DocumentBuilder {
  const tape = placeTape();
  const { offsets, keyOffsets, names, next } = tape;
  const problems: Problem[] = [];
  const stack: Frame[] = [];
  const anchors = new Map<string, Anchor>();
  let top: Frame | undefined;
  let root: Json = null;
  let failed = false;
  // The document node itself is the first decode.
  let decodes = 1;
  let aliasDecodes = 0;

  function path(): JsonPath {
    const steps: (string | number)[] = [];
    for (const frame of stack) {
      if (frame.kind === "mapping") {
        if (frame.key !== undefined) steps.push(frame.key);
      } else steps.push(frame.list.length);
    }
    return steps;
  }

  function problem(code: YamlProblemCode, at: number, what = "", other = ""): void {
    if (problems.length > MAX_PROBLEMS) return;
    if (problems.length === MAX_PROBLEMS) {
      problems.push(yamlProblem("yaml/too-many-problems", lines.place(base + at), String(MAX_PROBLEMS)));
    } else problems.push(yamlProblem(code, lines.place(base + at), what, other, path()));
  }

  function fail(code: YamlProblemCode, at: number, what = "", other = ""): void {
    if (failed) return;
    failed = true;
    // A document that cannot be read says so, however many problems it has already.
    if (problems.length > MAX_PROBLEMS) problems.pop();
    problems.push(yamlProblem(code, lines.place(base + at), what, other, path()));
  }

  function count(at: number): void {
    decodes++;
    if (aliasDecodes > 100) checkAliases(at);
  }

  function checkAliases(at: number): void {
    if (aliasDecodes > 100 && decodes > 1000 && aliasDecodes / decodes > allowedAliasRatio(decodes))
      fail("yaml/too-many-aliases", at);
  }

  /** Adds a node to the tape under the pending key of the open collection. */
  function addNode(at: number): number {
    const node = offsets.length;
    const keyed = top?.kind === "mapping" && top.key !== undefined;
    // A value that is left out stands where its key stands.
    offsets.push(at >= 0 ? at : keyed ? (top?.keyAt ?? 0) : 0);
    keyOffsets.push(keyed ? (top?.keyAt ?? -1) : -1);
    names.push(keyed ? (top?.key ?? "") : top?.merging === true ? "<<" : "");
    next.push(node + 1);
    return node;
  }

  function setMember(frame: Frame, key: string, value: Json, keyAt: number): void {
    const members = frame.members;
    if (Object.hasOwn(members, key)) collision(frame, key, keyAt);
    if (key === "__proto__") {
      Object.defineProperty(members, key, { value, enumerable: true, configurable: true, writable: true });
    } else members[key] = value;
  }

  function collision(frame: Frame, key: string, keyAt: number): void {
    const mergedAt = frame.merged?.get(key);
    // The node of this key is on the tape already: the first one of the name is the earlier.
    const earlier = mergedAt ?? keyOffsetIn(tape, frame.node, key) ?? keyAt;
    if (problems.length >= MAX_PROBLEMS) problem("yaml/duplicate-key", keyAt);
    else if (mergedAt === undefined)
      problem("yaml/duplicate-key", keyAt, key, placeText(lines.place(base + earlier)));
    else {
      problem("yaml/merge-override", keyAt, key, placeText(lines.place(base + mergedAt)));
      frame.merged?.delete(key);
    }
  }

  /** Puts a finished value into the open collection; its node is on the tape already. */
  function put(value: Json, keyAt: number): void {
    const frame = top;
    if (frame === undefined) root = value;
    else if (frame.kind === "mapping") {
      if (frame.key !== undefined) {
        setMember(frame, frame.key, value, keyAt);
        frame.key = undefined;
      }
    } else frame.list.push(value);
  }

  /** Merges the members of a mapping into the open one (go-yaml decode.go merge). */
  function merge(
    frame: Frame,
    source: { readonly node: number; readonly members: Members },
    at: number,
  ): void {
    const merged = (frame.merged ??= new Map());
    const end = next[source.node] ?? source.node + 1;
    const places = new Map<string, number>();
    for (let child = source.node + 1; child < end; child = next[child] ?? end)
      places.set(names[child] ?? "", child);
    for (const key of Object.keys(source.members)) {
      const value = source.members[key] ?? null;
      if (Object.hasOwn(frame.members, key)) {
        const mergedAt = merged.get(key);
        const earlier = mergedAt ?? keyOffsetIn(tape, frame.node, key) ?? at;
        const code = mergedAt === undefined ? "yaml/merge-order" : "yaml/merge-override";
        problem(code, at, key, placeText(lines.place(base + earlier)));
      }
      merged.set(key, at);
      const from = places.get(key) ?? source.node;
      const node = offsets.length;
      offsets.push(offsets[from] ?? at);
      keyOffsets.push(keyOffsets[from] ?? at);
      names.push(key);
      next.push(node + 1);
      tape.links.set(node, tape.links.get(from) ?? from);
      if (key === "__proto__") {
        Object.defineProperty(frame.members, key, {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      } else frame.members[key] = value;
    }
  }

  /** The value of a resolved scalar, with a problem when a number cannot be carried. */
  function carried(value: Scalar, text: string, at: number): Json {
    if (typeof value !== "object" || value === null) return value;
    return oddNumber(value, text, at);
  }

  function oddNumber(value: OddNumber, text: string, at: number): Json {
    if (value.odd === "not-exact") {
      problem("yaml/number-not-exact", at, text);
      return value.value;
    }
    fail("yaml/number-not-json", at, text);
    return null;
  }

  function key(value: Scalar, text: string, at: number): void {
    if (top === undefined) return;
    const name = keyOf(value, text);
    if (name === undefined)
      fail("yaml/key-type", at, value === null ? "an empty (null) value" : `the number ${text}`);
    else {
      top.key = name;
      top.keyAt = at;
    }
  }

  function isKey(): boolean {
    return top !== undefined && top.kind === "mapping" && top.key === undefined && !top.merging;
  }

  /** A node other than a mapping or an alias of one, where a merge wants one. */
  function refusesMerge(at: number): boolean {
    if (top === undefined || !(top.merging || top.kind === "merge-list")) return false;
    fail("yaml/merge", at);
    return true;
  }

  function resolved(scalar: Scalar, text: string, at: number, anchor: string | undefined): void {
    if (isKey()) {
      key(scalar, text, at);
      const value = typeof scalar === "object" ? null : scalar;
      if (anchor !== undefined)
        anchors.set(anchor, { node: -1, value, cost: 1, kind: "scalar", scalar, text });
      return;
    }
    if (refusesMerge(at)) return;
    const value = carried(scalar, text, at >= 0 ? at : (top?.keyAt ?? 0));
    const node = addNode(at);
    if (anchor !== undefined) anchors.set(anchor, { node, value, cost: 1, kind: "scalar", scalar, text });
    put(value, top?.keyAt ?? 0);
  }

  function warnAmbiguous(text: string, value: Scalar, at: number): void {
    const reading = ambiguity(text, value);
    if (reading !== undefined) problem("yaml/ambiguous-scalar", at, text, reading);
  }

  function open(kind: Frame["kind"], at: number, anchor: string | undefined): void {
    const asMapping = kind === "mapping";
    if (isKey()) {
      fail("yaml/key-type", at, asMapping ? "a mapping" : "a list");
      return;
    }
    const merging = top?.merging === true;
    if (merging && !asMapping) {
      push("merge-list", at, anchor);
      return;
    }
    if (top?.kind === "merge-list" && !asMapping) {
      fail("yaml/merge", at);
      return;
    }
    push(kind, at, anchor);
  }

  function push(kind: Frame["kind"], at: number, anchor: string | undefined): void {
    const costBefore = decodes;
    if (kind !== "merge-list") count(at);
    const node = addNode(at);
    const list: Json[] = [];
    const members: Members = {};
    if (kind === "mapping") tape.mappings.add(node);
    let made: Anchor | undefined;
    if (anchor !== undefined) {
      const value = kind === "mapping" ? members : list;
      made = {
        node,
        value,
        cost: undefined,
        kind: kind === "mapping" ? kind : "list",
        scalar: null,
        text: "",
      };
      anchors.set(anchor, made);
    }
    top = {
      kind,
      list,
      members,
      node,
      anchor: made,
      costBefore,
      key: undefined,
      keyAt: -1,
      merging: false,
      merged: undefined,
      parts: [],
    };
    stack.push(top);
  }

  function close(): void {
    const frame = stack.pop();
    if (failed || frame === undefined) return;
    top = stack.at(-1);
    next[frame.node] = offsets.length;
    if (frame.anchor !== undefined) frame.anchor.cost = decodes - frame.costBefore;
    if (frame.kind === "merge-list") {
      if (top === undefined) return;
      top.merging = false;
      // Of a list the earlier entry wins: the later ones are merged first.
      for (const part of frame.parts.reverse()) merge(top, part, offsets[frame.node] ?? 0);
      return;
    }
    if (top?.kind === "merge-list") top.parts.push({ node: frame.node, members: frame.members });
    else if (top?.merging === true) {
      top.merging = false;
      merge(top, { node: frame.node, members: frame.members }, offsets[frame.node] ?? 0);
    } else put(frame.kind === "mapping" ? frame.members : frame.list, top?.keyAt ?? 0);
  }

  function alias(name: string, at: number): void {
    if (failed) return;
    const target = anchors.get(name);
    if (target === undefined) {
      fail("yaml/alias", at, `there is no anchor of this name before the alias`);
      return;
    }
    if (target.cost === undefined) {
      fail("yaml/alias", at, `the value of anchor ${name} contains itself`);
      return;
    }
    decodes += 1 + target.cost;
    aliasDecodes += target.cost;
    checkAliases(at);
    if (failed) return;
    if (top !== undefined && (top.merging || top.kind === "merge-list")) {
      if (target.kind !== "mapping") fail("yaml/merge", at);
      else mergeAlias(top, target, at);
      return;
    }
    if (isKey()) {
      if (target.kind === "scalar") key(target.scalar, target.text, at);
      else fail("yaml/key-type", at, target.kind === "mapping" ? "a mapping" : "a list");
      return;
    }
    const node = addNode(at);
    if (target.kind !== "scalar") tape.links.set(node, target.node);
    put(target.value, top?.keyAt ?? 0);
  }

  function mergeAlias(frame: Frame, target: Anchor, at: number): void {
    const part = { node: target.node, members: target.value as Members };
    if (frame.kind === "merge-list") frame.parts.push(part);
    else {
      frame.merging = false;
      merge(frame, part, at);
    }
  }

  return {
    tape,
    problems,
    failed: () => failed,
    value: () => (failed ? null : root),
    plain(text, at) {
      if (failed) return;
      if (text === "<<" && isKey()) {
        if (top !== undefined) top.merging = true;
        return;
      }
      count(at);
      const value = resolvePlain(text);
      warnAmbiguous(text, value, at);
      resolved(value, text, at, undefined);
    },
    quoted(text, at) {
      if (failed) return;
      count(at);
      resolved(text, text, at, undefined);
    },
    scalar(node, at, anchor) {
      if (failed) return;
      const implicit = (node.plain && node.tag === "") || node.tag === "!";
      if (node.text === "<<" && (implicit || node.tag === MERGE_TAG) && isKey()) {
        if (top !== undefined) top.merging = true;
        // An alias may name it all the same, and is no mapping then.
        const { text } = node;
        if (anchor !== undefined)
          anchors.set(anchor, { node: -1, value: text, cost: 1, kind: "scalar", scalar: text, text });
        return;
      }
      count(at);
      const value = resolveTagged(node.tag, node.text, node.plain);
      if (typeof value === "object" && value !== null && "wants" in value) {
        fail(value.code, at, node.text, value.wants);
        return;
      }
      if (implicit) warnAmbiguous(node.text, value, at);
      resolved(value, node.text, at, anchor);
    },
    openList(at, anchor) {
      if (!failed) open("list", at, anchor);
    },
    openMapping(at, anchor) {
      if (!failed) open("mapping", at, anchor);
    },
    close,
    alias,
    resolved(value, text, at) {
      if (failed) return;
      count(at);
      resolved(value, text, at, undefined);
    },
    fail,
    problem,
  };
}
