import { isObject } from "../../../../kube/json.ts";
import type { SourceDocument, SourceNode } from "../../../../kube/yaml/source-tree.ts";
import { type Edit, edited } from "../edit.ts";
import { type Growth, growthSplice } from "./grow.ts";
import { dedupeSplices, removeSplice } from "./remove.ts";
import { renameSplice, replaceSplice } from "./replace.ts";
import { isNull, NotHere, spanOf, type Text, type Trail, trailOf } from "./source-place.ts";
import { type Splice, sortedSplices } from "./splice.ts";

export interface Spliced {
  readonly splices: readonly Splice[];
  /** The texts of the scalars that are quoted, by the JSON of their path. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Makes the splices for edits of one document; a text says why they cannot be made. */
export type Splicer = (edits: readonly Edit[]) => Spliced | string;

/** The splicer of a document of a text. */
export function splicer(text: string, document: SourceDocument): Splicer {
  const newline = text.slice(document.start, document.end).includes("\r\n") ? "\r\n" : "\n";
  const context: Text = { text, document, newline, members: new Map() };
  return (edits) => splicesFor(context, edits);
}

function splicesFor(context: Text, edits: readonly Edit[]): Spliced | string {
  const splices: Splice[] = [];
  const sources = new Map<string, string>();
  const growths = new Map<SourceNode, Growth>();
  try {
    for (const edit of edits) {
      if (edit.op === "dedupe") {
        splices.push(...dedupeSplices(context, edit.path));
        continue;
      }
      const trail = trailOf(context, edit.path);
      if (edit.op === "set" || edit.op === "append") add(context, trail, edit, { splices, growths });
      else if (!trail.whole) throw new NotHere("the field is not written at this place");
      else if (edit.op === "rename") splices.push(renameSplice(context, trail, edit.key));
      else if (edit.op === "remove") splices.push(removeSplice(context, trail));
      else {
        const { node } = trail;
        if (node.kind !== "scalar" || node.block || node.tagged)
          throw new NotHere("the value is not written at this place");
        const source = context.text.slice(node.start, node.end);
        sources.set(JSON.stringify(edit.path), source);
        splices.push({ ...spanOf(node), text: JSON.stringify(source), depth: 0 });
      }
    }
    for (const growth of growths.values()) splices.push(growthSplice(context, growth));
  } catch (error) {
    if (error instanceof NotHere) return error.reason;
    throw error;
  }
  const made = distinct(splices);
  return overlap(made) ? "another fix changes the same place" : { splices: made, sources };
}

/** Two findings may ask for the same change of a place. */
function distinct(splices: readonly Splice[]): readonly Splice[] {
  const known = new Set<string>();
  return splices.filter((splice) => {
    const id = JSON.stringify([splice.start, splice.end, splice.text]);
    if (splice.start === splice.end || !known.has(id)) {
      known.add(id);
      return true;
    }
    return false;
  });
}

function overlap(splices: readonly Splice[]): boolean {
  let end = 0;
  return sortedSplices(splices).some((splice) => {
    const before = end;
    end = Math.max(end, splice.end);
    return splice.start < before;
  });
}

function add(
  context: Text,
  trail: Trail,
  edit: Extract<Edit, { op: "set" | "append" }>,
  into: { readonly splices: Splice[]; readonly growths: Map<SourceNode, Growth> },
): void {
  const { node, depth, whole, parents, entry } = trail;
  const rest = edit.path.slice(depth);
  if (rest.some((step) => typeof step === "number")) throw new NotHere("the place is not there");
  const inner: Edit = { ...edit, path: rest };
  const growth = (): Growth => {
    const known = into.growths.get(node);
    if (known !== undefined) return known;
    const made: Growth = { node, parents, key: entry?.key, fields: {}, items: [] };
    into.growths.set(node, made);
    return made;
  };
  if (whole && edit.op === "append" && node.kind === "list") growth().items.push(edit.value);
  else if (whole && edit.op === "append" && !isNull(context, node)) throw new NotHere("no list stands there");
  else if (whole) {
    const value = edit.op === "append" ? [edit.value] : edit.value;
    if (!isNull(context, node) || !isObject(value)) into.splices.push(replaceSplice(context, trail, value));
    else Object.assign(growth(), { fields: value });
  } else if (node.kind === "mapping" || isNull(context, node)) {
    const target = growth();
    const fields = edited(target.fields, [inner], new Map());
    if (isObject(fields)) target.fields = fields;
  } else throw new NotHere("a part of the path is no mapping");
}
