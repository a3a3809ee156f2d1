import { isComponentFile } from "./component-files.ts";
import {
  holds,
  isArray,
  isObject,
  type Json,
  type JsonObject,
  type JsonPath,
  pathText,
  valueAt,
} from "./json.ts";
import { identity, keyText, objectKey } from "./object-key.ts";
import { objectProblem } from "./object-problems.ts";
import { type Place, placeText } from "./place.ts";
import { printable } from "./printable.ts";
import type { Problem } from "./problem.ts";
import type { PlaceMap, ReadDocument, ReadObject } from "./read-object.ts";

export interface ObjectsRead {
  readonly objects: readonly ReadObject[];
  readonly problems: readonly Problem[];
  /** Files that a component reads at its start, e.g. an audit policy: each a problem too, for nothing can apply them. */
  readonly componentFiles: readonly ReadObject[];
}

export interface ReadObjectsOptions {
  /**
   * Folders may be for different clusters (`dev/` and `prod/`): one identity in two of them is worth a remark. Without it
   * everything is for one cluster.
   */
  readonly foldersApart?: boolean;
}

/**
 * The objects of documents, in their order. Lists (`kind: List`, and every kind `…List` with `items`) are taken apart, also
 * inside each other; an item of a `PodList` that names no kind is a Pod, as kubectl reads it. A document without a value
 * is skipped: it is empty, or its own problems say why it could not be read. Everything else that is no object with an
 * identity is a problem and no object.
 *
 * Members whose value is null are dropped here, as the server does when it decodes into its types (facts: schemas.md 5),
 * so that an object means the same to every check; in maps of texts the server reads null as an empty text, and so does
 * this. Null items of lists stay.
 */
export function readObjects(
  documents: readonly ReadDocument[],
  { foldersApart = false }: ReadObjectsOptions = {},
): ObjectsRead {
  const objects: ReadObject[] = [];
  const problems: Problem[] = [];
  const componentFiles: ReadObject[] = [];
  const into = { objects, problems, componentFiles };
  for (const document of documents) {
    if (document.value !== null) readValue(document, into);
  }
  problems.push(...duplicates(objects, foldersApart));
  return into;
}

interface Item {
  readonly value: Json;
  readonly path: JsonPath;
  /** The kind that an item of a typed list may leave out. */
  readonly implied: { readonly apiVersion: string; readonly kind: string } | undefined;
}

interface Into {
  readonly objects: ReadObject[];
  readonly problems: Problem[];
  readonly componentFiles: ReadObject[];
}

function readValue(document: ReadDocument, into: Into): void {
  // A stack, in reverse, instead of recursion: lists may nest as deep as a document may.
  const rest: Item[] = [{ value: document.value, path: [], implied: undefined }];
  for (let item = rest.pop(); item !== undefined; item = rest.pop()) {
    const items = listItems(item.value);
    if (items === undefined) readItem(document, item, into);
    else rest.push(...itemsOf(item, items).reverse());
  }
}

/** The items of a list of objects; undefined for everything else. */
function listItems(value: Json): readonly Json[] | undefined {
  if (!isObject(value) || !Object.hasOwn(value, "kind")) return undefined;
  const kind = value["kind"];
  if (typeof kind !== "string" || !kind.endsWith("List")) return undefined;
  const items = Object.hasOwn(value, "items") ? value["items"] : undefined;
  if (isArray(items)) return items;
  return kind === "List" && (items === null || items === undefined) ? [] : undefined;
}

function itemsOf(list: Item, items: readonly Json[]): Item[] {
  const kind = text(list.value, "kind").slice(0, -"List".length);
  const apiVersion = text(list.value, "apiVersion");
  const implied = kind === "" || apiVersion === "" ? undefined : { apiVersion, kind };
  return items.map((value, index) => ({ value, path: [...list.path, "items", index], implied }));
}

function text(value: Json | undefined, key: string): string {
  const member = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof member === "string" ? member : "";
}

function readItem(document: ReadDocument, item: Item, { objects, problems, componentFiles }: Into): void {
  const places = item.path.length === 0 ? document.places : under(document.places, item.path);
  if (!isObject(item.value)) {
    problems.push(objectProblem("object/not-an-object", places.value([]), { what: typeName(item.value) }));
    return;
  }
  const implied = item.implied;
  const bare =
    implied !== undefined && text(item.value, "kind") === "" && text(item.value, "apiVersion") === "";
  const object = withoutNulls(
    bare ? { ...implied, ...present(item.value) } : item.value,
    document,
    item.path,
    problems,
  );
  const wrong = identityParts.find((path) => isOddPart(valueAt(object, path)));
  if (wrong !== undefined) {
    const texts = { what: pathText(wrong), other: typeName(valueAt(object, wrong) ?? null) };
    problems.push(objectProblem("object/identity-type", places.value(wrong), texts, wrong));
    return;
  }
  const read = { object, file: document.file, document: document.index, path: item.path, places };
  if (isComponentFile(text(object, "apiVersion")) && text(object, "kind") !== "") {
    componentFiles.push(read);
    const what = `${printable(text(object, "apiVersion"))} ${naming(object)}`;
    problems.push(objectProblem("object/component-file", places.key(["kind"]), { what }));
    return;
  }
  const code = missing(object);
  if (code === undefined) {
    objects.push(read);
    return;
  }
  const path = code === "object/no-name" || code === "object/generate-name" ? ["metadata"] : [];
  problems.push(objectProblem(code, places.key(path), { what: naming(object) }));
}

/** What an object is known by. */
const identityParts: readonly JsonPath[] = [
  ["apiVersion"],
  ["kind"],
  ["metadata", "name"],
  ["metadata", "namespace"],
  ["metadata", "generateName"],
];

function isOddPart(value: Json | undefined): boolean {
  return value !== undefined && typeof value !== "string";
}

/** The members but for empty `kind` and `apiVersion`. */
function present(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== "kind" && key !== "apiVersion"));
}

function missing(
  object: JsonObject,
): "object/no-api-version" | "object/no-kind" | "object/no-name" | "object/generate-name" | undefined {
  if (text(object, "apiVersion") === "") return "object/no-api-version";
  if (text(object, "kind") === "") return "object/no-kind";
  const metadata = Object.hasOwn(object, "metadata") ? object["metadata"] : undefined;
  if (text(metadata, "name") !== "") return undefined;
  return text(metadata, "generateName") === "" ? "object/no-name" : "object/generate-name";
}

/** What is known of an object without an identity. */
function naming(object: JsonObject): string {
  const kind = text(object, "kind");
  const name = text(Object.hasOwn(object, "metadata") ? object["metadata"] : undefined, "name");
  return printable(kind === "" ? name : kind);
}

function typeName(value: Json): string {
  if (value === null) return "null";
  if (isArray(value)) return "a list";
  return typeof value === "string" ? "a text" : `a ${typeof value}`;
}

/** Places of the value at `path`, relative to it. */
function under(places: PlaceMap, path: JsonPath): PlaceMap {
  return {
    value: (inner) => places.value([...path, ...inner]),
    key: (inner) => places.key([...path, ...inner]),
  };
}

/** Members that are maps of texts: null in them is an empty text for the server (encoding/json, null into a string). */
const textMaps: ReadonlySet<string> = new Set([
  "labels",
  "annotations",
  "matchLabels",
  "nodeSelector",
  "data",
  "stringData",
  "binaryData",
]);

/** The object without null members; the same object when it has none. Values that the same alias shares stay shared. */
function withoutNulls(
  object: JsonObject,
  document: ReadDocument,
  base: JsonPath,
  problems: Problem[],
): JsonObject {
  const known = new Map<Json, Json>();
  const clean = (value: Json, parent: string, path: JsonPath): Json => {
    if (typeof value !== "object" || value === null) return value;
    const before = known.get(value);
    if (before !== undefined) return before;
    const made = isArray(value)
      ? cleanList(value, path)
      : isObject(value)
        ? cleanMembers(value, parent, path)
        : value;
    known.set(value, made);
    return made;
  };
  const cleanList = (list: readonly Json[], path: JsonPath): Json => {
    const items = list.map((item, index) => clean(item, "", [...path, index]));
    return items.some((item, index) => item !== list[index]) ? items : list;
  };
  const cleanMembers = (members: JsonObject, parent: string, path: JsonPath): JsonObject => {
    const kept: [string, Json][] = [];
    let changed = false;
    for (const [key, value] of Object.entries(members)) {
      const made = value === null && textMaps.has(parent) ? "" : clean(value, key, [...path, key]);
      if (value === null && made === "") {
        problems.push(
          objectProblem("object/null-text", document.places.key([...path, key]), { what: printable(key) }, [
            ...path,
            key,
          ]),
        );
      }
      changed ||= made !== value || value === null;
      if (made !== null) kept.push([key, made]);
    }
    // fromEntries defines own members, a key named __proto__ too.
    return changed ? Object.fromEntries(kept) : members;
  };
  // Most objects hold no null: they stay as they are, and no path is built for them.
  return holdsNull(object) ? cleanMembers(object, "", base) : object;
}

function holdsNull(object: JsonObject): boolean {
  return holds(object, (value) => value === null);
}

/** Kernel K4: one identity once, whatever the apiVersion; and names that differ only by case, which Git on some systems cannot hold apart. */
function duplicates(objects: readonly ReadObject[], foldersApart: boolean): Problem[] {
  const problems: Problem[] = [];
  const seen = new Map<string, ReadObject>();
  const folded = new Map<string, ReadObject>();
  const anywhere = new Map<string, ReadObject>();
  for (const object of objects) {
    const key = objectKey(object.object);
    const id = identity(key);
    const here = foldersApart ? `${folderOf(object.file)}\0${id}` : id;
    const lower = here.toLowerCase();
    const first = seen.get(here);
    const near = first ?? folded.get(lower);
    const elsewhere = anywhere.get(id);
    if (first === undefined) seen.set(here, object);
    if (near === undefined) folded.set(lower, object);
    if (elsewhere === undefined) anywhere.set(id, object);
    const other = near ?? elsewhere;
    if (other === undefined) continue;
    const same = near === undefined ? "object/same-elsewhere" : "object/duplicate-identity";
    const code = first === undefined && near !== undefined ? "object/case-collision" : same;
    // Places are asked for only here: for most objects nobody wants one, and each costs an index of its document.
    const texts = { what: printable(keyText(key)), other: placeText(nameOf(other)) };
    problems.push(objectProblem(code, nameOf(object), texts));
  }
  return problems;
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}

function nameOf(object: ReadObject): Place {
  return object.places.value(["metadata", "name"]);
}
