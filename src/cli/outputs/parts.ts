import type { ObjectKey } from "../../kube/read-object.ts";
import type { Place, RenderedPlace } from "../../kube/place.ts";
import {
  any,
  anyText,
  integer,
  list,
  literal,
  type Member,
  may,
  need,
  type RecordShape,
  record,
  type Shape,
} from "../../kube/shape/shape.ts";

/** What several kinds of output have in common. */
export const texts: Shape = list(anyText);
export const natural: Shape = integer(0);
const position: Shape = integer(1);

/** A record of which no type is declared: tests hold it to what is printed. */
export function members(named: Readonly<Record<string, Member>>): RecordShape {
  return { kind: "record", members: named };
}

/** The members of a record of which the type names `apiVersion` and `kind` itself. */
export const head: Readonly<Record<"apiVersion", ReturnType<typeof need>>> = {
  apiVersion: need(literal("kubernetes-operations.dev/v1")),
};

/** What a command prints: `apiVersion` and `kind`, then its own. */
export function output(kind: string, named: Readonly<Record<string, Member>>): RecordShape {
  return members({ ...head, kind: need(literal(kind)), ...named });
}

export const placeShape: RecordShape = record<Place & Partial<RenderedPlace>>({
  file: need(anyText, "The file, as it was named."),
  line: need(position, "Counted from 1."),
  column: need(position, "Counted from 1, in UTF-16 units."),
  rendered: may(
    position,
    "The line of what helm template prints, where the line of the template is only the nearest known one.",
  ),
});

/** Keys of mappings and indices of lists, outermost first. */
export const pathShape: Shape = list(any);

export const severityShape: Shape = literal("error", "warning", "info");

/** An object as somebody wrote it: its names need not be ones that a server takes. */
export const keyShape: RecordShape = record<ObjectKey>({
  group: need(anyText, "Empty for the core group."),
  version: need(anyText),
  kind: need(anyText),
  namespace: need(anyText, "Empty where the object names none."),
  name: need(anyText),
});
