import type { ObjectKey } from "../../kube/read-object.ts";
import { type ShownField, shownKinds, shownOfAll } from "./shown-fields.ts";

/** The rows of a kind as a tree: what is not in it is not walked, and so cannot be shown. */
export interface ShownNode {
  readonly members: Map<string, ShownNode>;
  items: ShownNode | undefined;
  row: ShownField | undefined;
}

function node(): ShownNode {
  return { members: new Map(), items: undefined, row: undefined };
}

function tree(fields: readonly ShownField[]): ShownNode {
  const root = node();
  for (const field of fields) {
    let at = root;
    for (const step of field.path.split(".")) {
      const [name = "", ...lists] = step.split("[]");
      const next = at.members.get(name) ?? node();
      at.members.set(name, next);
      at = next;
      for (const _ of lists) at = at.items ??= node();
    }
    at.row = field;
  }
  return root;
}

const unknown = tree(shownOfAll);
const byKind: ReadonlyMap<string, ShownNode> = new Map(
  shownKinds.flatMap(({ kinds, fields }) => {
    const made = tree([...shownOfAll, ...fields]);
    return kinds.map((kind) => [kind, made] as const);
  }),
);

/** The tree of an object's kind; of a kind without rows that of all kinds. */
export function shownTree(key: Pick<ObjectKey, "group" | "kind">): ShownNode {
  return byKind.get(`${key.group}/${key.kind}`) ?? unknown;
}
