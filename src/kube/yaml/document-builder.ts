import type { Json, JsonPath } from "../json.ts";
import { placeText } from "../place.ts";
import type { Problem } from "../problem.ts";
import { ambiguity } from "./scalars/ambiguous-scalar.ts";
import type { LineIndex } from "./line-index.ts";
import type { NodeSink, ScalarNode } from "./node-sink.ts";
import { PlaceTape } from "./place-tape.ts";
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
  parts: Part[] | undefined;
}

interface Part {
  readonly node: number;
  readonly members: Members;
}

/** What a collection of the other kind holds: nothing, and nothing is put there. */
const noList: Json[] = [];
const noMembers: Members = {};

function addPart(frame: Frame, part: Part): void {
  frame.parts ??= [];
  frame.parts.push(part);
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

/**
 * Builds value, places and problems of one document from its nodes in document order, as go-yaml v2 and
 * sigs.k8s.io/yaml decode them. The first problem that makes the document unreadable sets `failed`; what is told
 * afterwards is ignored.
 */
export class DocumentBuilder implements NodeSink {
  readonly tape: PlaceTape = new PlaceTape();
  readonly problems: Problem[] = [];
  readonly #lines: LineIndex;
  readonly #base: number;
  readonly #stack: Frame[] = [];
  readonly #anchors = new Map<string, Anchor>();
  #top: Frame | undefined;
  #root: Json = null;
  #failed = false;
  // The document node itself is the first decode.
  #decodes = 1;
  #aliasDecodes = 0;

  constructor(lines: LineIndex, base: number) {
    this.#lines = lines;
    this.#base = base;
  }

  failed(): boolean {
    return this.#failed;
  }

  value(): Json {
    return this.#failed ? null : this.#root;
  }

  #path(): JsonPath {
    const steps: (string | number)[] = [];
    for (const frame of this.#stack) {
      if (frame.kind === "mapping") {
        if (frame.key !== undefined) steps.push(frame.key);
      } else steps.push(frame.list.length);
    }
    return steps;
  }

  problem(code: YamlProblemCode, at: number, what = "", other = ""): void {
    if (this.problems.length > MAX_PROBLEMS) return;
    if (this.problems.length === MAX_PROBLEMS) {
      this.problems.push(
        yamlProblem("yaml/too-many-problems", this.#lines.place(this.#base + at), String(MAX_PROBLEMS)),
      );
    } else
      this.problems.push(yamlProblem(code, this.#lines.place(this.#base + at), what, other, this.#path()));
  }

  fail(code: YamlProblemCode, at: number, what = "", other = ""): void {
    if (this.#failed) return;
    this.#failed = true;
    // A document that cannot be read says so, however many problems it has already.
    if (this.problems.length > MAX_PROBLEMS) this.problems.pop();
    this.problems.push(yamlProblem(code, this.#lines.place(this.#base + at), what, other, this.#path()));
  }

  #count(at: number): void {
    this.#decodes++;
    if (this.#aliasDecodes > 100) this.#checkAliases(at);
  }

  #checkAliases(at: number): void {
    if (
      this.#aliasDecodes > 100 &&
      this.#decodes > 1000 &&
      this.#aliasDecodes / this.#decodes > allowedAliasRatio(this.#decodes)
    )
      this.fail("yaml/too-many-aliases", at);
  }

  /** Adds a node to the tape under the pending key of the open collection. */
  #addNode(at: number): number {
    const keyed = this.#top?.kind === "mapping" && this.#top.key !== undefined;
    // A value that is left out stands where its key stands.
    const name = keyed ? (this.#top?.key ?? "") : this.#top?.merging === true ? "<<" : "";
    return this.tape.add(
      at >= 0 ? at : keyed ? (this.#top?.keyAt ?? 0) : 0,
      keyed ? (this.#top?.keyAt ?? -1) : -1,
      name,
    );
  }

  #setMember(frame: Frame, key: string, value: Json, keyAt: number): void {
    const members = frame.members;
    if (Object.hasOwn(members, key)) this.#collision(frame, key, keyAt);
    if (key === "__proto__") {
      Object.defineProperty(members, key, { value, enumerable: true, configurable: true, writable: true });
    } else members[key] = value;
  }

  #collision(frame: Frame, key: string, keyAt: number): void {
    const mergedAt = frame.merged?.get(key);
    // The node of this key is on the tape already: the first one of the name is the earlier.
    const earlier = mergedAt ?? this.tape.keyOffsetIn(frame.node, key) ?? keyAt;
    if (this.problems.length >= MAX_PROBLEMS) this.problem("yaml/duplicate-key", keyAt);
    else if (mergedAt === undefined)
      this.problem("yaml/duplicate-key", keyAt, key, placeText(this.#lines.place(this.#base + earlier)));
    else {
      this.problem("yaml/merge-override", keyAt, key, placeText(this.#lines.place(this.#base + mergedAt)));
      frame.merged?.delete(key);
    }
  }

  /** Puts a finished value into the open collection; its node is on the tape already. */
  #put(value: Json, keyAt: number): void {
    const frame = this.#top;
    if (frame === undefined) this.#root = value;
    else if (frame.kind === "mapping") {
      if (frame.key !== undefined) {
        this.#setMember(frame, frame.key, value, keyAt);
        frame.key = undefined;
      }
    } else frame.list.push(value);
  }

  /** Merges the members of a mapping into the open one (go-yaml decode.go merge). */
  #merge(frame: Frame, source: Part, at: number): void {
    const merged = (frame.merged ??= new Map());
    const { tape } = this;
    const end = tape.next(source.node);
    const places = new Map<string, number>();
    for (let child = source.node + 1; child < end; child = tape.next(child))
      places.set(tape.name(child), child);
    for (const key of Object.keys(source.members)) {
      const value = source.members[key] ?? null;
      if (Object.hasOwn(frame.members, key)) {
        const mergedAt = merged.get(key);
        const earlier = mergedAt ?? this.tape.keyOffsetIn(frame.node, key) ?? at;
        const code = mergedAt === undefined ? "yaml/merge-order" : "yaml/merge-override";
        this.problem(code, at, key, placeText(this.#lines.place(this.#base + earlier)));
      }
      merged.set(key, at);
      const from = places.get(key) ?? source.node;
      tape.link(tape.add(tape.offset(from), tape.keyOffset(from), key), from);
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
  #carried(value: Scalar, text: string, at: number): Json {
    if (typeof value !== "object" || value === null) return value;
    return this.#oddNumber(value, text, at);
  }

  #oddNumber(value: OddNumber, text: string, at: number): Json {
    if (value.odd === "not-exact") {
      this.problem("yaml/number-not-exact", at, text);
      return value.value;
    }
    this.fail("yaml/number-not-json", at, text);
    return null;
  }

  #key(value: Scalar, text: string, at: number): void {
    if (this.#top === undefined) return;
    const name = keyOf(value, text);
    if (name === undefined)
      this.fail("yaml/key-type", at, value === null ? "an empty (null) value" : `the number ${text}`);
    else {
      this.#top.key = name;
      this.#top.keyAt = at;
    }
  }

  #isKey(): boolean {
    return (
      this.#top !== undefined &&
      this.#top.kind === "mapping" &&
      this.#top.key === undefined &&
      !this.#top.merging
    );
  }

  /** A node other than a mapping or an alias of one, where a merge wants one. */
  #refusesMerge(at: number): boolean {
    if (this.#top === undefined || !(this.#top.merging || this.#top.kind === "merge-list")) return false;
    this.fail("yaml/merge", at);
    return true;
  }

  #resolved(scalar: Scalar, text: string, at: number, anchor: string | undefined): void {
    if (this.#isKey()) {
      this.#key(scalar, text, at);
      const value = typeof scalar === "object" ? null : scalar;
      if (anchor !== undefined)
        this.#anchors.set(anchor, { node: -1, value, cost: 1, kind: "scalar", scalar, text });
      return;
    }
    if (this.#refusesMerge(at)) return;
    const value = this.#carried(scalar, text, at >= 0 ? at : (this.#top?.keyAt ?? 0));
    const node = this.#addNode(at);
    if (anchor !== undefined)
      this.#anchors.set(anchor, { node, value, cost: 1, kind: "scalar", scalar, text });
    this.#put(value, this.#top?.keyAt ?? 0);
  }

  #warnAmbiguous(text: string, value: Scalar, at: number): void {
    const reading = ambiguity(text, value);
    if (reading !== undefined) this.problem("yaml/ambiguous-scalar", at, text, reading);
  }

  #open(kind: Frame["kind"], at: number, anchor: string | undefined): void {
    const asMapping = kind === "mapping";
    if (this.#isKey()) {
      this.fail("yaml/key-type", at, asMapping ? "a mapping" : "a list");
      return;
    }
    const merging = this.#top?.merging === true;
    if (merging && !asMapping) {
      this.#push("merge-list", at, anchor);
      return;
    }
    if (this.#top?.kind === "merge-list" && !asMapping) {
      this.fail("yaml/merge", at);
      return;
    }
    this.#push(kind, at, anchor);
  }

  #push(kind: Frame["kind"], at: number, anchor: string | undefined): void {
    const costBefore = this.#decodes;
    if (kind !== "merge-list") this.#count(at);
    const node = this.#addNode(at);
    const list: Json[] = kind === "mapping" ? noList : [];
    const members: Members = kind === "mapping" ? {} : noMembers;
    if (kind === "mapping") this.tape.markMapping(node);
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
      this.#anchors.set(anchor, made);
    }
    this.#top = {
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
      parts: undefined,
    };
    this.#stack.push(this.#top);
  }

  close(): void {
    const frame = this.#stack.pop();
    if (this.#failed || frame === undefined) return;
    this.#top = this.#stack.at(-1);
    this.tape.close(frame.node);
    if (frame.anchor !== undefined) frame.anchor.cost = this.#decodes - frame.costBefore;
    if (frame.kind === "merge-list") {
      if (this.#top === undefined) return;
      this.#top.merging = false;
      // Of a list the earlier entry wins: the later ones are merged first.
      for (const part of frame.parts?.reverse() ?? [])
        this.#merge(this.#top, part, this.tape.offset(frame.node));
      return;
    }
    if (this.#top?.kind === "merge-list") addPart(this.#top, { node: frame.node, members: frame.members });
    else if (this.#top?.merging === true) {
      this.#top.merging = false;
      this.#merge(this.#top, { node: frame.node, members: frame.members }, this.tape.offset(frame.node));
    } else this.#put(frame.kind === "mapping" ? frame.members : frame.list, this.#top?.keyAt ?? 0);
  }

  alias(name: string, at: number): void {
    if (this.#failed) return;
    const target = this.#anchors.get(name);
    if (target === undefined) {
      this.fail("yaml/alias", at, `there is no anchor of this name before the alias`);
      return;
    }
    if (target.cost === undefined) {
      this.fail("yaml/alias", at, `the value of anchor ${name} contains itself`);
      return;
    }
    this.#decodes += 1 + target.cost;
    this.#aliasDecodes += target.cost;
    this.#checkAliases(at);
    if (this.#failed) return;
    if (this.#top !== undefined && (this.#top.merging || this.#top.kind === "merge-list")) {
      if (target.kind !== "mapping") this.fail("yaml/merge", at);
      else this.#mergeAlias(this.#top, target, at);
      return;
    }
    if (this.#isKey()) {
      if (target.kind === "scalar") this.#key(target.scalar, target.text, at);
      else this.fail("yaml/key-type", at, target.kind === "mapping" ? "a mapping" : "a list");
      return;
    }
    const node = this.#addNode(at);
    if (target.kind !== "scalar") this.tape.link(node, target.node);
    this.#put(target.value, this.#top?.keyAt ?? 0);
  }

  #mergeAlias(frame: Frame, target: Anchor, at: number): void {
    const part = { node: target.node, members: target.value as Members };
    if (frame.kind === "merge-list") addPart(frame, part);
    else {
      frame.merging = false;
      this.#merge(frame, part, at);
    }
  }

  plain(text: string, at: number): void {
    if (this.#failed) return;
    if (text === "<<" && this.#isKey()) {
      if (this.#top !== undefined) this.#top.merging = true;
      return;
    }
    this.#count(at);
    const value = resolvePlain(text);
    this.#warnAmbiguous(text, value, at);
    this.#resolved(value, text, at, undefined);
  }

  quoted(text: string, at: number): void {
    if (this.#failed) return;
    this.#count(at);
    this.#resolved(text, text, at, undefined);
  }

  scalar(node: ScalarNode, at: number, anchor: string | undefined): void {
    if (this.#failed) return;
    const implicit = (node.plain && node.tag === "") || node.tag === "!";
    if (node.text === "<<" && (implicit || node.tag === MERGE_TAG) && this.#isKey()) {
      if (this.#top !== undefined) this.#top.merging = true;
      // An alias may name it all the same, and is no mapping then.
      const { text } = node;
      if (anchor !== undefined)
        this.#anchors.set(anchor, { node: -1, value: text, cost: 1, kind: "scalar", scalar: text, text });
      return;
    }
    this.#count(at);
    const value = resolveTagged(node.tag, node.text, node.plain);
    if (typeof value === "object" && value !== null && "wants" in value) {
      this.fail(value.code, at, node.text, value.wants);
      return;
    }
    if (implicit) this.#warnAmbiguous(node.text, value, at);
    this.#resolved(value, node.text, at, anchor);
  }

  openList(at: number, anchor: string | undefined): void {
    if (!this.#failed) this.#open("list", at, anchor);
  }

  openMapping(at: number, anchor: string | undefined): void {
    if (!this.#failed) this.#open("mapping", at, anchor);
  }

  resolved(value: Scalar, text: string, at: number): void {
    if (this.#failed) return;
    this.#count(at);
    this.#resolved(value, text, at, undefined);
  }
}
