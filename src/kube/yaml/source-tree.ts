import { parseDocument } from "./grammar/parse-document.ts";
import type { NodeSink } from "./node-sink.ts";
import { readJson, skipJsonSpace } from "./read-json.ts";
import { keyOf, resolvePlain } from "./scalars/resolve-scalar.ts";
import { resolveTagged } from "./scalars/resolve-tagged.ts";
import { splitDocuments } from "./split-documents.ts";
import { afterJsonSpace, MAX_DEPTH } from "./read-documents.ts";

/** A node as it is written: where it begins and ends, and what stands in it. For who edits a text in place. */
export interface SourceNode {
  /** A value that is left out (`a:`) has a node too; `start` and `end` are the end of its key then. */
  readonly kind: "scalar" | "list" | "mapping" | "alias" | "left-out";
  /** Offsets in the text of the file, without anchor and tag. */
  readonly start: number;
  /** Behind the last character; of a collection in block style that of its last part; see `block`. */
  readonly end: number;
  /** Name of its anchor; of an alias, that of the anchor it names. */
  readonly anchor: string | undefined;
  readonly tagged: boolean;
  /** A collection in brackets. */
  readonly flow: boolean;
  /** A block of text (`|` or `>`): `end` is behind the line ends that follow it. */
  readonly block: boolean;
  readonly entries: readonly SourceEntry[];
}

/** An item of a list, or a member of a mapping with its key. */
export interface SourceEntry {
  readonly key: SourceKey | undefined;
  readonly value: SourceNode;
}

export interface SourceKey {
  readonly node: SourceNode;
  /** The key as the API server reads it; undefined where it is none, or a merge. */
  readonly name: string | undefined;
  readonly merge: boolean;
}

export interface SourceDocument {
  /** What is read as one document; of YAML without the line that separates it from the one before. */
  readonly start: number;
  readonly end: number;
  readonly json: boolean;
  /** Undefined where the document is empty or cannot be read. */
  readonly root: SourceNode | undefined;
  /** Names of anchors that aliases stand for. */
  readonly aliased: ReadonlySet<string>;
}

/** The documents of a text, one for each of `readDocuments` and in its order. */
export function sourceTrees(text: string): readonly SourceDocument[] {
  const documents: SourceDocument[] = [];
  const yamlFrom = /^\s*\{/.test(text) ? jsonTrees(text, documents) : 0;
  if (yamlFrom === undefined) return documents;
  for (const { start, end, badSeparator } of splitDocuments(text, yamlFrom)) {
    const sink = treeSink(text, start);
    if (badSeparator === undefined) parseDocument(text.slice(start, end), sink, MAX_DEPTH);
    const readable = badSeparator === undefined && !sink.failed();
    documents.push({
      start,
      end,
      json: false,
      root: readable ? sink.root() : undefined,
      aliased: sink.aliased,
    });
  }
  return documents;
}

/** JSON objects one after the other; gives where YAML begins, as `readDocuments` finds it. */
function jsonTrees(text: string, documents: SourceDocument[]): number | undefined {
  let at = 0;
  for (;;) {
    const start = skipJsonSpace(text, at);
    if (start >= text.length) return undefined;
    const sink = treeSink(text, start);
    const result = readJson(text, start, sink, MAX_DEPTH);
    if ("end" in result) {
      documents.push({ start, end: result.end, json: true, root: sink.root(), aliased: sink.aliased });
      at = result.end;
    } else if (result.tooDeep || documents.length > 1) {
      documents.push({ start, end: text.length, json: true, root: undefined, aliased: sink.aliased });
      return undefined;
    } else return afterJsonSpace(text, at);
  }
}

interface TreeSink extends NodeSink {
  root(): SourceNode | undefined;
  readonly aliased: Set<string>;
}

interface Open {
  readonly kind: "list" | "mapping";
  readonly start: number;
  readonly anchor: string | undefined;
  readonly entries: SourceEntry[];
  key: SourceKey | undefined;
}

const noEntries: readonly SourceEntry[] = [];

/** Builds the tree of a document that begins at `base` in the text of its file. */
function treeSink(text: string, base: number): TreeSink {
  const stack: Open[] = [];
  const aliased = new Set<string>();
  let root: SourceNode | undefined;
  let failed = false;

  function put(node: SourceNode, key: Omit<SourceKey, "node">): void {
    const top = stack.at(-1);
    if (top === undefined) root ??= node;
    else if (top.kind === "list") top.entries.push({ key: undefined, value: node });
    else if (top.key === undefined) top.key = { node, ...key };
    else {
      top.entries.push({ key: top.key, value: node });
      top.key = undefined;
    }
  }

  /** Where a value that is left out stands: behind its key, else where the reader says. */
  function leftOut(at: number): number {
    return stack.at(-1)?.key?.node.end ?? (at < 0 ? base : base + at);
  }

  function scalar(name: string | undefined, at: number, end: number, more: Partial<SourceNode> = {}): void {
    const absent = end < 0 || end === at;
    const start = absent ? leftOut(at) : base + at;
    const first = text[start];
    const block = !absent && more.kind !== "alias" && (first === "|" || first === ">");
    const node: SourceNode = {
      kind: absent ? "left-out" : "scalar",
      start,
      end: absent ? start : Math.min(base + end, text.length),
      anchor: undefined,
      tagged: false,
      flow: false,
      block,
      entries: noEntries,
      ...more,
    };
    put(node, { name, merge: name === "<<" && first === "<" });
  }

  function open(kind: Open["kind"], at: number, anchor: string | undefined): void {
    stack.push({ kind, start: base + at, anchor, entries: [], key: undefined });
  }

  return {
    aliased,
    root: () => root,
    failed: () => failed,
    plain: (source, at, end) => scalar(keyOf(resolvePlain(source), source), at, end),
    quoted: (source, at, end) => scalar(source, at, end),
    scalar({ text: source, plain, tag }, at, anchor, end) {
      const value = resolveTagged(tag, source, plain);
      const known = typeof value === "object" && value !== null && "wants" in value ? undefined : value;
      const name = known === undefined ? undefined : keyOf(known, source);
      scalar(name, at, end, { anchor, tagged: tag !== "" });
    },
    openList: (at, anchor) => open("list", at, anchor),
    openMapping: (at, anchor) => open("mapping", at, anchor),
    close(end) {
      const top = stack.pop();
      if (top === undefined) return;
      const last = top.entries.at(-1)?.value;
      put(
        {
          kind: top.kind,
          start: top.start,
          end: end >= 0 ? base + end : (last?.end ?? top.start),
          anchor: top.anchor,
          tagged: false,
          flow: end >= 0,
          block: false,
          entries: top.entries,
        },
        { name: undefined, merge: false },
      );
    },
    alias(name, at, end) {
      aliased.add(name);
      scalar(undefined, at, end, { kind: "alias", anchor: name });
    },
    resolved: (value, source, at, end) => scalar(keyOf(value, source), at, end),
    fail() {
      failed = true;
    },
    problem() {
      // The reader of values tells them.
    },
  };
}
