import type { SourceNode } from "../../../../kube/yaml/source-tree.ts";
import type { Text } from "./source-place.ts";
import type { Splice } from "./splice.ts";

export function columnOf(text: string, at: number): number {
  return at - lineStartOf(text, at);
}

export function lineStartOf(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

/** Offset of the line end behind `at`, before its `\r`; the end of the text where there is none. */
function lineEndOf({ text, document }: Text, at: number): number {
  const found = text.indexOf("\n", at);
  const end = found < 0 || found > document.end ? document.end : found;
  return end > at && text[end - 1] === "\r" ? end - 1 : end;
}

/** Where a node ends that a line may follow: of a collection in block style its last part. */
export function lastPart(node: SourceNode): SourceNode {
  let at = node;
  while ((at.kind === "mapping" || at.kind === "list") && !at.flow) {
    const last = at.entries.at(-1);
    if (last === undefined) return at;
    at = last.value;
  }
  return at;
}

/** Offset behind the line on which a node ends: the start of the next one, or the end of the text. */
export function behindLines(context: Text, node: SourceNode): number {
  const { text, document } = context;
  const last = lastPart(node);
  let at = last.end;
  if (last.block) {
    const header = text.slice(last.start, lineEndOf(context, last.start));
    const whole = text.slice(last.start, Math.min(last.end, document.end));
    // Empty lines behind a block that keeps them (`|+`) are part of it, and so is what is no line of its own.
    if (/^[|>][0-9]?\+/.test(header)) return Math.min(lineStartOf(text, at), document.end);
    at = last.start + whole.trimEnd().length;
  }
  const end = lineEndOf(context, at);
  return Math.min(text[end] === "\r" ? end + 2 : end + 1, document.end);
}

/** Whole lines put behind those of a node. */
export function linesBehind(
  context: Text,
  node: SourceNode,
  lines: readonly string[],
  depth: number,
): Splice {
  const { text, newline } = context;
  const at = behindLines(context, node);
  const ended = at === 0 || text[at - 1] === "\n";
  const body = lines.join(newline);
  return { start: at, end: at, text: ended ? body + newline : newline + body, depth };
}

/** Members that are asked how they are indented. */
const LOOKED_AT = 50;

/** How much deeper the members of a mapping in a mapping stand, by what is written near it. */
export function stepAt({ text }: Text, nodes: readonly SourceNode[]): string {
  for (const node of nodes.toReversed()) {
    if (node.kind !== "mapping" || node.flow) continue;
    const column = columnOf(text, node.start);
    for (const { value } of node.entries.slice(0, LOOKED_AT)) {
      if (value.kind !== "mapping" || value.flow) continue;
      const deeper = columnOf(text, value.start) - column;
      if (deeper > 0) return " ".repeat(deeper);
    }
  }
  return "  ";
}
