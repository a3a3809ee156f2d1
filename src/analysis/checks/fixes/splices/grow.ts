import type { Json, JsonObject } from "../../../../kube/json.ts";
import type { SourceKey, SourceNode } from "../../../../kube/yaml/source-tree.ts";
import { columnOf, linesBehind, stepAt } from "./lines.ts";
import { ALIASED, NotHere, spanOf, type Text } from "./source-place.ts";
import type { Splice } from "./splice.ts";
import { blockLines, inlineText, itemLines, jsonLines, membersText, type Style } from "./write-value.ts";

/** Everything that is added to one mapping or list, or to a value that is left out. */
export interface Growth {
  readonly node: SourceNode;
  readonly parents: readonly SourceNode[];
  readonly key: SourceKey | undefined;
  fields: JsonObject;
  readonly items: Json[];
}

export function growthSplice(context: Text, growth: Growth): Splice {
  const { node, parents, fields, items } = growth;
  if (node.kind === "list") return listSplice(context, growth);
  if (node.kind !== "mapping") return fillSplice(context, growth);
  if (node.flow) return flowSplice(context, node, { fields, items });
  const column = columnOf(context.text, node.start);
  const lines = blockLines(fields, " ".repeat(column), stepAt(context, [...parents, node]));
  return linesBehind(context, node, lines, column);
}

function listSplice(context: Text, { node, parents, fields, items }: Growth): Splice {
  if (node.flow) return flowSplice(context, node, { fields, items });
  const column = columnOf(context.text, node.start);
  const step = stepAt(context, parents);
  const lines = items.flatMap((item) => itemLines(item, " ".repeat(column), step));
  return linesBehind(context, node, lines, column);
}

/** Members for a key without a value, or with the value null. */
function fillSplice(context: Text, { node, parents, key, fields }: Growth): Splice {
  const { text, document } = context;
  const parent = parents.at(-1);
  if (node.kind === "scalar")
    return { ...spanOf(node), text: inlineText(fields, styleOf(context, parent)), depth: 0 };
  if (parent === undefined || parent.kind !== "mapping" || parent.flow || key === undefined || document.json)
    throw new NotHere("there is no place for a value");
  if (node.anchor !== undefined || node.tagged) throw new NotHere(ALIASED);
  const column = columnOf(text, parent.start);
  const step = stepAt(context, parents);
  return linesBehind(context, node, blockLines(fields, " ".repeat(column) + step, step), column + 1);
}

export function styleOf({ text, document }: Text, node: SourceNode | undefined): Style {
  const last = node?.entries.at(-1);
  const spaced =
    last?.key === undefined || last.value.kind === "left-out"
      ? true
      : /\s/.test(text.slice(last.key.node.end, last.value.start));
  const json = document.json || (last?.key !== undefined && text[last.key.node.start] === '"');
  return { json, colon: spaced ? ": " : ":", comma: spaced ? ", " : "," };
}

/** What is added to a collection in brackets. */
function flowSplice(
  context: Text,
  node: SourceNode,
  { fields, items }: { readonly fields: JsonObject; readonly items: readonly Json[] },
): Splice {
  const { text, document } = context;
  const known = styleOf(context, node);
  const last = node.entries.at(-1);
  // In brackets of JSON that hold nothing yet, JSON is written.
  const style = document.json ? { ...known, json: true } : known;
  const list = node.kind === "list";
  const inner = list
    ? items.map((item) => inlineText(item, style)).join(style.comma)
    : membersText(fields, style);
  if (last === undefined) return { start: node.start + 1, end: node.end - 1, text: inner, depth: 0 };
  const { end } = last.value;
  const first = last.key?.node.start ?? last.value.start;
  // Only what stands inside the brackets is looked at: the line may be as long as the file.
  const lead = text.slice(node.start, first);
  const indent = lead.slice(lead.lastIndexOf("\n") + 1);
  if (!lead.includes("\n") || !/^[ \t]*$/.test(indent))
    return { start: end, end, text: style.comma + inner, depth: 0 };
  const tail = text.slice(end, node.end - 1);
  const close = tail.slice(tail.lastIndexOf("\n") + 1);
  const unit = /^[ \t]*$/.test(close) && indent.startsWith(close) ? indent.slice(close.length) || "  " : "  ";
  const lines = list
    ? items.map((item, index) => `${indent}${inlineText(item, style)}${index < items.length - 1 ? "," : ""}`)
    : style.json
      ? jsonLines(fields, style, indent, unit)
      : [indent + inner];
  return { start: end, end, text: `,${context.newline}${lines.join(context.newline)}`, depth: 0 };
}
