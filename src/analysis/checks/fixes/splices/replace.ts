import { isArray, isObject, type Json } from "../../../../kube/json.ts";
import type { SourceNode } from "../../../../kube/yaml/source-tree.ts";
import { styleOf } from "./grow.ts";
import { columnOf, lastPart, stepAt } from "./lines.ts";
import { NotHere, spanOf, type Text, type Trail } from "./source-place.ts";
import type { Splice } from "./splice.ts";
import { blockLines, inlineText, itemLines, keyText, type Style, yamlStyle } from "./write-value.ts";

export function renameSplice({ text, document }: Text, { entry }: Trail, key: string): Splice {
  const node = entry?.key?.node;
  if (node === undefined || node.kind !== "scalar" || node.block || node.tagged)
    throw new NotHere("the field is not written at this place");
  const quoted = text[node.start] === '"' || document.json;
  return {
    ...spanOf(node),
    text: quoted ? JSON.stringify(key) : keyText(key, yamlStyle),
    depth: 0,
  };
}

function quoteOf({ text }: Text, node: SourceNode): "" | "'" | '"' {
  const first = node.kind === "scalar" ? text[node.start] : "";
  return first === "'" || first === '"' ? first : "";
}

export function replaceSplice(context: Text, trail: Trail, value: Json): Splice {
  const { node, parents, entry } = trail;
  const { text, document } = context;
  if (node.tagged) throw new NotHere("a tag stands at this place");
  const inFlow = document.json || parents.some(({ flow }) => flow);
  const style: Style = document.json ? { ...styleOf(context, parents.at(-1)), json: true } : yamlStyle;
  const quote = typeof value === "string" ? quoteOf(context, node) : "";
  const inline = inlineText(value, style, quote, inFlow);
  if (node.kind === "left-out") {
    if (entry?.key === undefined || text[node.start] !== ":")
      throw new NotHere("there is no place for a value");
    return { start: node.start + 1, end: node.start + 1, text: ` ${inline}`, depth: 0 };
  }
  if (node.kind === "scalar" && !node.block) return { ...spanOf(node), text: inline, depth: 0 };
  const { end } = lastPart(node);
  if (node.block || lastPart(node).block) throw new NotHere("a block of text stands at this place");
  if (text.slice(node.start, end).includes("#"))
    throw new NotHere("comments stand in what would be replaced");
  if (node.flow) return { start: node.start, end, text: inline, depth: 0 };
  return replaceLines(context, trail, value, inline);
}

/** Replaces a collection in block style: by lines where the value has some, else on the line of its key. */
function replaceLines(context: Text, { node, parents, entry }: Trail, value: Json, inline: string): Splice {
  const { text, newline } = context;
  const { end } = lastPart(node);
  const column = columnOf(text, node.start);
  const indent = " ".repeat(column);
  const step = stepAt(context, parents);
  const lines = isObject(value)
    ? blockLines(value, indent, step)
    : isArray(value)
      ? value.flatMap((item) => itemLines(item, indent, step))
      : [];
  if (lines.length > 0) return { start: node.start, end, text: lines.join(newline).slice(column), depth: 0 };
  const from = entry?.key?.node.end;
  if (from === undefined || text[from] !== ":") throw new NotHere("the value is written over several lines");
  if (text.slice(from, end).includes("#")) throw new NotHere("comments stand in what would be replaced");
  return { start: from + 1, end, text: ` ${inline}`, depth: 0 };
}
