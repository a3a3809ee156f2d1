import type { JsonPath } from "../../../../kube/json.ts";
import type { SourceEntry } from "../../../../kube/yaml/source-tree.ts";
import { behindLines, lineStartOf } from "./lines.ts";
import { entriesAt, NotHere, type Text, type Trail, trailOf } from "./source-place.ts";
import type { Splice } from "./splice.ts";

/** Takes a member or an item away: with its lines in block style, with its comma in brackets. */
export function removeSplice(context: Text, { node, parents, entry }: Trail): Splice {
  const { text } = context;
  const parent = parents.at(-1);
  if (parent === undefined || entry === undefined) throw new NotHere("the whole document cannot be removed");
  const index = parent.entries.indexOf(entry);
  const start = entry.key?.node.start ?? node.start;
  const next = parent.entries[index + 1];
  const before = parent.entries[index - 1];
  if (parent.flow) return removeInFlow(context, { start, end: node.end, next, before });
  if (node.tagged || node.anchor !== undefined) throw new NotHere("a tag or an anchor stands at this place");
  const lineStart = lineStartOf(text, start);
  const prefix = text.slice(lineStart, start);
  const own = entry.key === undefined ? /^ *- *$/ : /^ *$/;
  if (parent.entries.length === 1) throw new NotHere("nothing would be left of what holds it");
  if (own.test(prefix)) {
    const end = behindLines(context, node);
    // Without a line end behind it, the one before it goes.
    if (end > lineStart && text[end - 1] !== "\n" && lineStart > 0) {
      const from = text[lineStart - 2] === "\r" ? lineStart - 2 : lineStart - 1;
      return { start: from, end, text: "", depth: 0 };
    }
    return { start: lineStart, end, text: "", depth: 0 };
  }
  const follows = next?.key?.node.start;
  if (entry.key === undefined || follows === undefined || text.slice(start, follows).includes("#"))
    throw new NotHere("it shares its line with others");
  return { start, end: follows, text: "", depth: 0 };
}

/** Takes away all but the last of the members of one name, where they say the same. */
export function dedupeSplices(context: Text, path: JsonPath): readonly Splice[] {
  const { text } = context;
  const { node, whole, parents } = trailOf(context, path.slice(0, -1));
  const entries = whole ? entriesAt(context, node, path.at(-1)) : [];
  const last = entries.at(-1);
  const written = ({ value }: SourceEntry): string => text.slice(value.start, value.end);
  if (last === undefined || entries.length < 2) throw new NotHere("the field is not written at this place");
  const plain = entries.every(
    ({ value }) => value.kind === "scalar" && !value.tagged && value.anchor === undefined,
  );
  if (!plain || entries.some((entry) => written(entry) !== written(last)))
    throw new NotHere("the values differ, and which one is meant only a person knows");
  return entries.slice(0, -1).map((entry) =>
    removeSplice(context, {
      node: entry.value,
      entry,
      whole: true,
      depth: path.length,
      parents: [...parents, node],
    }),
  );
}

function removeInFlow(
  { text }: Text,
  part: {
    readonly start: number;
    readonly end: number;
    readonly next: SourceEntry | undefined;
    readonly before: SourceEntry | undefined;
  },
): Splice {
  const nextStart = part.next?.key?.node.start ?? part.next?.value.start;
  const [start, end] =
    nextStart !== undefined
      ? [part.start, nextStart]
      : [part.before === undefined ? part.start : part.before.value.end, part.end];
  if (text.slice(start, end).includes("#")) throw new NotHere("comments stand in what would be removed");
  return { start, end, text: "", depth: 0 };
}
