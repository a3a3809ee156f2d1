import type { Json, JsonPath } from "../../../kube/json.ts";

/**
 * One structured edit. Every path is that of a value as it stands before any edit is made, also where several edits
 * belong to one fix: they are made together.
 */
export type Edit =
  /** The value becomes `value`; mappings on the way to it are made. */
  | { readonly op: "set"; readonly path: JsonPath; readonly value: Json }
  /** `value` becomes the last item of the list; a list that is not there is made. */
  | { readonly op: "append"; readonly path: JsonPath; readonly value: Json }
  /** The member or item goes, with its key. */
  | { readonly op: "remove"; readonly path: JsonPath }
  /** The key that ends the path becomes `key`; its value stays. */
  | { readonly op: "rename"; readonly path: JsonPath; readonly key: string }
  /** A number or a truth value becomes the text that stands in the file. */
  | { readonly op: "quote"; readonly path: JsonPath }
  /** Of a key that is written several times with one value the last one stays. */
  | { readonly op: "dedupe"; readonly path: JsonPath };

/** In which order edits do not get in each other's way: what moves others comes last, the deepest and last first. */
const order: Readonly<Record<Edit["op"], number>> = {
  dedupe: 0,
  set: 0,
  quote: 0,
  append: 1,
  remove: 2,
  rename: 3,
};

/** A copy that is the function's own, so that many edits of one large object cost no copy each. */
type Own = null | boolean | number | string | Own[] | { [key: string]: Own };

function own(value: Json): Own {
  return JSON.parse(JSON.stringify(value)) as Own;
}

/** What the document has to be when `edits` are made; `sources` has the texts of quoted scalars, by the JSON of their path. */
export function edited(value: Json, edits: readonly Edit[], sources: ReadonlyMap<string, string>): Json {
  const sorted = [...edits].sort(
    (left, right) => order[left.op] - order[right.op] || (order[left.op] < 2 ? 0 : lastFirst(left, right)),
  );
  const box: Own[] = [own(value)];
  for (const edit of sorted) {
    // The reader keeps the last one anyway.
    if (edit.op === "dedupe") continue;
    const path = [0, ...edit.path];
    const step = path.at(-1) ?? 0;
    const parent = ownAt(box, path.slice(0, -1), edit.op === "set" || edit.op === "append");
    if (edit.op === "set") put(parent, step, own(edit.value));
    else if (edit.op === "quote") put(parent, step, sources.get(JSON.stringify(edit.path)) ?? null);
    else if (edit.op === "append") {
      const list = memberOf(parent, step);
      if (Array.isArray(list)) list.push(own(edit.value));
      else put(parent, step, [own(edit.value)]);
    } else if (edit.op === "rename") {
      const inner = memberOf(parent, step);
      drop(parent, step);
      put(parent, edit.key, inner ?? null);
    } else drop(parent, step);
  }
  return box[0] ?? null;
}

/** The deepest step first, of items of a list the last one. */
function lastFirst({ path: left }: Edit, { path: right }: Edit): number {
  for (let depth = 0; depth < Math.max(left.length, right.length); depth++) {
    const [one, other] = [left[depth], right[depth]];
    if (one === other) continue;
    if (one === undefined) return 1;
    if (other === undefined) return -1;
    if (typeof one === "number" && typeof other === "number") return other - one;
    return String(one) < String(other) ? -1 : 1;
  }
  return 0;
}

function memberOf(parent: Own | undefined, step: string | number): Own | undefined {
  if (typeof step === "number") return Array.isArray(parent) ? parent[step] : undefined;
  const mapping = typeof parent === "object" && parent !== null && !Array.isArray(parent);
  return mapping && Object.hasOwn(parent, step) ? parent[step] : undefined;
}

/** The list or mapping at a path; with `make` mappings that are not there are made. */
function ownAt(box: Own, path: JsonPath, make: boolean): Own | undefined {
  let at: Own | undefined = box;
  for (const step of path) {
    let next = memberOf(at, step);
    if (make && (next === undefined || next === null)) {
      next = {};
      put(at, step, next);
    }
    at = next;
  }
  return at;
}

function put(parent: Own | undefined, step: string | number, value: Own): void {
  if (Array.isArray(parent)) {
    if (typeof step === "number" && step < parent.length) parent[step] = value;
  } else if (typeof parent === "object" && parent !== null) {
    // An own member, also one named __proto__.
    Object.defineProperty(parent, step, { value, enumerable: true, configurable: true, writable: true });
  }
}

function drop(parent: Own | undefined, step: string | number): void {
  if (Array.isArray(parent)) {
    if (typeof step === "number") parent.splice(step, 1);
  } else if (typeof parent === "object" && parent !== null) Reflect.deleteProperty(parent, step);
}
