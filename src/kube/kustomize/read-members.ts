import { isArray, isObject, type Json, type JsonPath, valueAt } from "../json.ts";
import { printable } from "../printable.ts";
import type { ReadDocument } from "../read-object.ts";
import type { ImageChange } from "./image.ts";
import type {
  FieldOptions,
  GeneratorEntry,
  GeneratorOptions,
  Named,
  PatchEntry,
  PatchTarget,
  Replacement,
  ReplacementEntry,
  Sort,
  Var,
} from "./kustomization.ts";
import type { ResourceId } from "./resource.ts";
import { Fault } from "./stop.ts";
import type { FieldRow } from "./tables.generated.ts";
import { spelled } from "./tree.ts";
import { isSameName, writtenPath, writtenPlaces } from "./written-names.ts";

export const replacementMembers: readonly string[] = ["source", "sourceValue", "targets"];
const fieldOptionMembers = ["delimiter", "index", "encoding", "create"];

export const labelMembers: readonly string[] = ["pairs", "includeSelectors", "includeTemplates", "fields"];
export const fieldMembers: readonly string[] = ["path", "group", "version", "kind", "create"];
export const imageMembers: readonly string[] = ["name", "newName", "newTag", "tagSuffix", "digest"];
export const patchMembers: readonly string[] = ["path", "patch", "target", "options"];
const idMembers = ["group", "version", "kind", "name", "namespace"];
const sourceMembers = [...idMembers, "fieldPath", "options"];
const targetMembers = [...idMembers, "labelSelector", "annotationSelector"];
export const generatorMembers: readonly string[] = [
  "name",
  "namespace",
  "behavior",
  "literals",
  "files",
  "envs",
  "env",
  "options",
];
const optionMembers = ["labels", "annotations", "disableNameSuffixHash", "immutable"];

/**
 * How members are read. `strict`, as in a kustomization: a member that is not known is refused, and so is a value of another
 * type. `loose`, as in the configuration of a transformer: more members are left alone, and a number or true is a text where
 * a text is asked for. `exact`: loose, and names only as they are spelled (those that kyaml's YAML reader decodes).
 */
export type Reading = "strict" | "loose" | "exact";

/** Reads members of a document by their paths, each as the type that it has to have. */
export interface Reader {
  /** Refuses members of a mapping that are not known. */
  known(path: JsonPath, names: readonly string[]): void;
  /** Whether there is a value that is not null. */
  has(path: JsonPath): boolean;
  text(path: JsonPath): string;
  flag(path: JsonPath): boolean;
  count(path: JsonPath): number;
  texts(path: JsonPath): ReadonlyMap<string, string>;
  list(path: JsonPath): readonly string[];
  names(path: JsonPath): readonly Named[];
  /** Paths of the items of a list of mappings that have no other members. */
  items(path: JsonPath, known: readonly string[]): readonly JsonPath[];
  options(path: JsonPath): GeneratorOptions;
  image(path: JsonPath): ImageChange;
  field(path: JsonPath): FieldRow;
  id(path: JsonPath): ResourceId;
  target(path: JsonPath): PatchTarget;
  fieldOptions(path: JsonPath): FieldOptions;
  replacement(path: JsonPath): Replacement;
  replacementEntries(path: JsonPath): readonly ReplacementEntry[];
  patch(path: JsonPath): PatchEntry;
  generator(path: JsonPath, global: GeneratorOptions): GeneratorEntry;
  var(path: JsonPath): Var;
  sort(): Sort;
}

/**
 * A reader of one document.
 * @throws {Fault} by its methods: a value of another type, a member that is not known.
 */
export function reader(document: ReadDocument, how: Reading = "strict"): Reader {
  const { value: root } = document;
  const places = how === "exact" ? document.places : writtenPlaces(document);
  const written = (path: JsonPath): JsonPath => (how === "exact" ? path : writtenPath(root, path));
  const wrong = (path: JsonPath, what: string): never => {
    throw new Fault("kustomization/malformed", `${printable(path.join("."))} is ${what}`, places.value(path));
  };
  const get = (path: JsonPath): Json | undefined => valueAt(root, written(path)) ?? undefined;
  const known = (path: JsonPath, names: readonly string[]): void => {
    const value = get(path);
    if (value === undefined) return;
    if (!isObject(value)) return wrong(path, "a mapping");
    if (how !== "strict") return;
    for (const name of Object.keys(value)) {
      if (names.some((one) => isSameName(one, name))) continue;
      throw new Fault(
        "kustomization/malformed",
        `${printable(path.join("."))} has no member ${printable(name)}`,
        places.key([...path, name]),
      );
    }
  };
  const listAt = (path: JsonPath): readonly Json[] => {
    const value = get(path);
    if (value === undefined) return [];
    return isArray(value) ? value : wrong(path, "a list");
  };
  const read: Reader = {
    known,
    has: (path) => get(path) !== undefined,
    text(path) {
      const value = get(path) ?? "";
      if (typeof value === "string") return value;
      const isSpelled = how !== "strict" && (typeof value === "number" || typeof value === "boolean");
      return isSpelled ? spelled(value) : wrong(path, "a text");
    },
    flag(path) {
      const value = get(path) ?? false;
      return typeof value === "boolean" ? value : wrong(path, "true or false");
    },
    count(path) {
      const value = get(path) ?? 0;
      return typeof value === "number" && Number.isInteger(value) ? value : wrong(path, "a whole number");
    },
    texts(path) {
      const value = get(path);
      if (value === undefined) return new Map();
      if (!isObject(value)) return wrong(path, "a mapping of texts");
      return new Map(Object.keys(value).map((key) => [key, read.text([...path, key])]));
    },
    list: (path) => listAt(path).map((_, index) => read.text([...path, index])),
    names: (path) =>
      listAt(path).map((_, index) => ({
        name: read.text([...path, index]),
        place: places.value([...path, index]),
      })),
    items: (path, names) =>
      listAt(path).map((_, index) => {
        known([...path, index], names);
        return [...path, index];
      }),
    options(path) {
      known(path, optionMembers);
      return {
        labels: read.texts([...path, "labels"]),
        annotations: read.texts([...path, "annotations"]),
        disableNameSuffixHash: read.flag([...path, "disableNameSuffixHash"]),
        immutable: read.flag([...path, "immutable"]),
      };
    },
    image: (path) => ({
      name: read.text([...path, "name"]),
      newName: read.text([...path, "newName"]),
      newTag: read.text([...path, "newTag"]),
      tagSuffix: read.text([...path, "tagSuffix"]),
      digest: read.text([...path, "digest"]),
    }),
    field: (path) => [
      read.text([...path, "path"]),
      read.text([...path, "group"]),
      read.text([...path, "version"]),
      read.text([...path, "kind"]),
      read.flag([...path, "create"]) ? 1 : 0,
    ],
    id: (path) => ({
      group: read.text([...path, "group"]),
      version: read.text([...path, "version"]),
      kind: read.text([...path, "kind"]),
      name: read.text([...path, "name"]),
      namespace: read.text([...path, "namespace"]),
    }),
    target(path) {
      known(path, targetMembers);
      return {
        ...read.id(path),
        labelSelector: read.text([...path, "labelSelector"]),
        annotationSelector: read.text([...path, "annotationSelector"]),
      };
    },
    fieldOptions(path) {
      known(path, fieldOptionMembers);
      return {
        delimiter: read.text([...path, "delimiter"]),
        index: read.count([...path, "index"]),
        create: read.flag([...path, "create"]),
      };
    },
    replacement(path) {
      const source = [...path, "source"];
      known(source, sourceMembers);
      const targets = [...path, "targets"];
      return {
        places,
        path,
        source:
          get(source) === undefined
            ? undefined
            : {
                ...read.id(source),
                fieldPath: read.text([...source, "fieldPath"]),
                options: read.fieldOptions([...source, "options"]),
              },
        sourceValue:
          get([...path, "sourceValue"]) === undefined ? undefined : read.text([...path, "sourceValue"]),
        targets:
          get(targets) === undefined
            ? undefined
            : read.items(targets, ["select", "reject", "fieldPaths", "options"]).map((target) => ({
                select:
                  get([...target, "select"]) === undefined ? undefined : read.target([...target, "select"]),
                reject: read.items([...target, "reject"], targetMembers).map((one) => read.target(one)),
                fieldPaths: read.list([...target, "fieldPaths"]),
                options: read.fieldOptions([...target, "options"]),
              })),
      };
    },
    replacementEntries: (path) =>
      read.items(path, [...replacementMembers, "path"]).map((entry) => ({
        place: places.value(entry),
        file: read.text([...entry, "path"]),
        own: replacementMembers.some((name) => get([...entry, name]) !== undefined)
          ? read.replacement(entry)
          : undefined,
      })),
    patch(path) {
      const target = [...path, "target"];
      known([...path, "options"], ["allowNameChange", "allowKindChange"]);
      return {
        place: places.value(path),
        patch: read.text([...path, "patch"]).trim(),
        path: read.text([...path, "path"]),
        target: get(target) === undefined ? undefined : read.target(target),
        allowNameChange: read.flag([...path, "options", "allowNameChange"]),
        allowKindChange: read.flag([...path, "options", "allowKindChange"]),
      };
    },
    generator(path, global) {
      const own = read.options([...path, "options"]);
      const env = read.text([...path, "env"]);
      const behavior = read.text([...path, "behavior"]);
      return {
        place: places.value(path),
        name: read.text([...path, "name"]),
        namespace: read.text([...path, "namespace"]),
        behavior:
          behavior === "create" || behavior === "replace" || behavior === "merge" ? behavior : "unspecified",
        type: read.text([...path, "type"]),
        literals: read.list([...path, "literals"]),
        files: read.list([...path, "files"]),
        envs: [...read.list([...path, "envs"]), ...(env === "" ? [] : [env])],
        options: {
          labels: new Map([...global.labels, ...own.labels]),
          annotations: new Map([...global.annotations, ...own.annotations]),
          disableNameSuffixHash: own.disableNameSuffixHash || global.disableNameSuffixHash,
          immutable: own.immutable || global.immutable,
        },
      };
    },
    var(path) {
      const object = [...path, "objref"];
      known(object, ["apiVersion", ...idMembers]);
      const field = [...path, "fieldref"];
      known(field, ["fieldPath"]);
      const apiVersion = read.text([...object, "apiVersion"]);
      const parts = apiVersion.split("/");
      const id = read.id(object);
      // A version of more parts is none (types/var.go, GVK).
      const [group, version] =
        apiVersion === "" || parts.length > 2
          ? [id.group, id.version]
          : parts.length === 2
            ? [parts[0] ?? "", parts[1] ?? ""]
            : [id.group, apiVersion];
      const fieldPath = read.text([...field, "fieldPath"]);
      return {
        name: read.text([...path, "name"]),
        place: places.value(path),
        id: { ...id, group, version },
        fieldPath: fieldPath === "" ? "metadata.name" : fieldPath,
      };
    },
    sort() {
      if (get(["sortOptions"]) === undefined) return { order: "legacy" };
      known(["sortOptions"], ["order", "legacySortOptions"]);
      known(["sortOptions", "legacySortOptions"], ["orderFirst", "orderLast"]);
      const order = read.text(["sortOptions", "order"]);
      const legacy = ["sortOptions", "legacySortOptions"];
      if (order !== "fifo" && order !== "legacy") return wrong(["sortOptions", "order"], "fifo or legacy");
      if (order === "fifo")
        return get(legacy) === undefined ? { order } : wrong(legacy, "for the order legacy");
      if (get(legacy) === undefined) return { order };
      return {
        order,
        first: read.list([...legacy, "orderFirst"]),
        last: read.list([...legacy, "orderLast"]),
      };
    },
  };
  return read;
}
