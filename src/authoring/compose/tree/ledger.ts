import { type JsonPath, pathText } from "../../../kube/json.ts";
import type { FieldReport } from "../../intent/intent.ts";
import { holdsCredential } from "../../../analysis/checks/secrets/credentials.ts";
import type { Node } from "./node.ts";

export type Disposition = FieldReport["disposition"];

interface Mark {
  readonly disposition: Disposition;
  readonly reason: string | undefined;
  /** Depth of the node that was marked: rows are not drawn together above it. */
  readonly level: number;
  readonly rank: number;
}

/** One document of the input, and why its fields have no effect when nothing took them. */
export interface Root {
  readonly node: Node;
  readonly unused: (leaf: JsonPath) => { readonly reason: string; readonly level: number };
}

/**
 * The account of every leaf of every document. Handlers mark what they take; what nobody marked is reported as
 * dropped. Since the report is drawn from the documents and not from the marks, no field can be lost.
 */
export interface Ledger {
  mark(node: Node, disposition: Disposition, reason?: string): void;
  /** The node lost to another when files were merged. Any other mark of it wins. */
  overridden(node: Node, reason: string): void;
  report(roots: readonly Root[]): readonly FieldReport[];
}

// A field that two services share (extends, anchors) is shown by what matters most about it.
const ranks: Readonly<Record<Disposition, number>> = { reference: 4, changed: 3, used: 2, dropped: 1 };

function isLeaf(node: Node): boolean {
  if (node.kind === "map") return node.entries.size === 0;
  return node.kind === "scalar" || node.items.length === 0;
}

function childrenOf(node: Node): readonly Node[] {
  if (node.kind === "map") return [...node.entries.values()];
  return node.kind === "list" ? node.items : [];
}

export function createLedger(): Ledger {
  const marks = new Map<Node, Mark>();

  function set(node: Node, mark: Mark): void {
    const target = node.raw ?? node;
    if (isLeaf(target)) {
      const before = marks.get(target);
      if (before === undefined || before.rank < mark.rank) marks.set(target, mark);
      return;
    }
    for (const child of childrenOf(target)) set(child, mark);
  }

  function markOf(leaf: Node, root: Root): Mark {
    const found = marks.get(leaf);
    if (found !== undefined) return found;
    const { reason, level } = root.unused(leaf.path);
    return { disposition: "dropped", reason, level, rank: -1 };
  }

  /** The mark that all leaves share, when it was made at `level` or above; otherwise undefined. */
  function shared(node: Node, root: Root, level: number): Mark | undefined {
    if (isLeaf(node)) {
      const mark = markOf(node, root);
      return mark.level <= level ? mark : undefined;
    }
    let first: Mark | undefined;
    for (const child of childrenOf(node)) {
      const mark = shared(child, root, level);
      if (mark === undefined) return undefined;
      if (first !== undefined && (first.disposition !== mark.disposition || first.reason !== mark.reason))
        return undefined;
      first = mark;
    }
    return first;
  }

  function rows(node: Node, root: Root, into: FieldReport[]): void {
    const mark = isLeaf(node) ? markOf(node, root) : shared(node, root, node.path.length);
    if (mark === undefined) {
      for (const child of childrenOf(node)) rows(child, root, into);
      return;
    }
    const { disposition, reason } = mark;
    const field = pathText(node.path.map((step) => safeStep(step)));
    const place = typeof node.path.at(-1) === "string" ? node.keyPlace : node.place;
    into.push({ field, place, disposition, ...(reason === undefined ? {} : { reason }) });
  }

  return {
    mark(node, disposition, reason) {
      set(node, { disposition, reason, level: node.path.length, rank: ranks[disposition] });
    },
    overridden(node, reason) {
      set(node, { disposition: "dropped", reason, level: node.path.length, rank: 0 });
    },
    report(roots) {
      const into: FieldReport[] = [];
      for (const root of roots) rows(root.node, root, into);
      return into;
    },
  };
}

/** A key is shown as it stands, unless somebody wrote a credential where a key belongs. */
function safeStep(step: string | number): string | number {
  return typeof step === "string" && holdsCredential(step) ? "(a key that holds a credential)" : step;
}
