import { isArray, isObject, type Json, type JsonPath, valueAt } from "../json.ts";
import type { Place } from "../place.ts";
import { printable } from "../printable.ts";
import type { PlaceMap, ReadDocument } from "../read-object.ts";
import { type FieldConfig, type FieldLists, fieldLists } from "./field-config.ts";
import type { ImageChange } from "./image.ts";
import type { Behavior, ResourceId } from "./resource.ts";
import { Fault, Unsupported } from "./stop.ts";
import { isSameName, writtenPath, writtenPlaces } from "./written-names.ts";
import type { FieldRow } from "./tables.generated.ts";

export interface Named {
  readonly name: string;
  readonly place: Place;
}

export interface LabelChange {
  readonly path: JsonPath;
  readonly pairs: ReadonlyMap<string, string>;
  readonly includeSelectors: boolean;
  readonly includeTemplates: boolean;
  readonly fields: readonly FieldRow[];
}

/** What a patch or replacement is for: texts and patterns of an id, each empty where it fits everything. */
export interface PatchTarget extends ResourceId {
  readonly labelSelector: string;
  readonly annotationSelector: string;
}

export interface PatchEntry {
  readonly place: Place;
  /** The patch itself, or else the file that holds it. */
  readonly patch: string;
  readonly path: string;
  readonly target: PatchTarget | undefined;
  readonly allowNameChange: boolean;
  readonly allowKindChange: boolean;
}

export interface FieldOptions {
  readonly delimiter: string;
  readonly index: number;
  readonly create: boolean;
}

export interface ReplacementTarget {
  readonly select: PatchTarget | undefined;
  readonly reject: readonly PatchTarget[];
  readonly fieldPaths: readonly string[];
  readonly options: FieldOptions;
}

export interface Replacement {
  readonly places: PlaceMap;
  readonly path: JsonPath;
  readonly source: (ResourceId & { readonly fieldPath: string; readonly options: FieldOptions }) | undefined;
  readonly sourceValue: string | undefined;
  readonly targets: readonly ReplacementTarget[] | undefined;
}

export interface GeneratorEntry {
  readonly place: Place;
  readonly name: string;
  readonly namespace: string;
  readonly behavior: Behavior;
  readonly type: string;
  readonly literals: readonly string[];
  readonly files: readonly string[];
  readonly envs: readonly string[];
  readonly options: GeneratorOptions;
}

export interface GeneratorOptions {
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly disableNameSuffixHash: boolean;
  readonly immutable: boolean;
}

/** What a kustomization says, of the members that are built here. */
export interface Kustomization {
  readonly component: boolean;
  readonly place: Place;
  readonly places: PlaceMap;
  readonly resources: readonly Named[];
  readonly components: readonly Named[];
  readonly namespace: string;
  readonly namePrefix: string;
  readonly nameSuffix: string;
  readonly commonLabels: ReadonlyMap<string, string>;
  readonly labels: readonly LabelChange[];
  readonly commonAnnotations: ReadonlyMap<string, string>;
  readonly images: readonly ImageChange[];
  readonly replicas: readonly { readonly name: string; readonly count: number; readonly place: Place }[];
  readonly patches: readonly PatchEntry[];
  readonly patchesStrategicMerge: readonly Named[];
  readonly patchesJson6902: readonly PatchEntry[];
  readonly configMapGenerator: readonly GeneratorEntry[];
  readonly secretGenerator: readonly GeneratorEntry[];
  readonly replacements: readonly ReplacementEntry[];
  readonly sort: Sort;
  readonly configurations: readonly Named[];
  readonly vars: readonly Var[];
  readonly buildMetadata: readonly string[];
}

/** A name that stands for a value of an object. */
export interface Var {
  readonly name: string;
  readonly place: Place;
  readonly id: ResourceId;
  readonly fieldPath: string;
}

/** A replacement, or the file that holds one or a list of them. */
export interface ReplacementEntry {
  readonly place: Place;
  readonly file: string;
  readonly own: Replacement | undefined;
}

/** How the objects stand in the result. */
export type Sort =
  | { readonly order: "fifo" }
  | { readonly order: "legacy"; readonly first?: readonly string[]; readonly last?: readonly string[] };

/** Members that kustomize knows and that are not built here. */
const unsupported: readonly string[] = [
  "generators",
  "transformers",
  "validators",
  "helmGlobals",
  "helmCharts",
  "helmChartInflationGenerator",
  "openapi",
  "crds",
];

const members: readonly string[] = [
  "apiVersion",
  "kind",
  "metadata",
  "resources",
  "bases",
  "components",
  "namespace",
  "namePrefix",
  "nameSuffix",
  "commonLabels",
  "labels",
  "commonAnnotations",
  "images",
  "imageTags",
  "replicas",
  "replacements",
  "patches",
  "patchesStrategicMerge",
  "patchesJson6902",
  "configMapGenerator",
  "secretGenerator",
  "generatorOptions",
  "sortOptions",
  "configurations",
  "vars",
  "buildMetadata",
];

/**
 * Reads a kustomization; members that are empty count as absent.
 * @throws {Fault} what kustomize refuses; {Unsupported} what is not built here.
 */
export function readKustomization(document: ReadDocument): Kustomization {
  const { value } = document;
  const places = writtenPlaces(document);
  const root = places.value([]);
  if (!isObject(value)) throw new Fault("kustomization/malformed", "it is a mapping", root);
  for (const [name, member] of Object.entries(value)) {
    if (members.some((one) => isSameName(one, name))) continue;
    const place = places.key([name]);
    if (!unsupported.some((one) => isSameName(one, name)))
      throw new Fault("kustomization/malformed", `it has no member ${printable(name)}`, place);
    if (!isEmpty(member)) throw new Unsupported(name, place);
  }
  const read = reader(document);
  const kind = read.text(["kind"]);
  const component = kind === "Component";
  if (kind !== "" && kind !== "Kustomization" && !component)
    throw new Fault(
      "kustomization/malformed",
      "its kind is Kustomization or Component",
      places.value(["kind"]),
    );
  const apiVersion = read.text(["apiVersion"]);
  const wanted = `kustomize.config.k8s.io/${component ? "v1alpha1" : "v1beta1"}`;
  if (apiVersion !== "" && apiVersion !== wanted)
    throw new Fault("kustomization/malformed", `its apiVersion is ${wanted}`, places.value(["apiVersion"]));
  const options = read.options(["generatorOptions"]);
  return {
    component,
    place: root,
    places,
    resources: [...read.names(["resources"]), ...read.names(["bases"])],
    components: read.names(["components"]),
    namespace: read.text(["namespace"]),
    namePrefix: read.text(["namePrefix"]),
    nameSuffix: read.text(["nameSuffix"]),
    commonLabels: read.texts(["commonLabels"]),
    labels: read.items(["labels"], labelMembers).map((path) => ({
      path: [...path, "pairs"],
      pairs: read.texts([...path, "pairs"]),
      includeSelectors: read.flag([...path, "includeSelectors"]),
      includeTemplates: read.flag([...path, "includeTemplates"]),
      fields: read.items([...path, "fields"], fieldMembers).map((path) => read.field(path)),
    })),
    commonAnnotations: read.texts(["commonAnnotations"]),
    images: [...read.items(["images"], imageMembers), ...read.items(["imageTags"], imageMembers)].map(
      (path) => read.image(path),
    ),
    replicas: read.items(["replicas"], ["name", "count"]).map((path) => ({
      name: read.text([...path, "name"]),
      count: read.count([...path, "count"]),
      place: places.value(path),
    })),
    patches: read.items(["patches"], patchMembers).map((path) => read.patch(path)),
    patchesStrategicMerge: read.names(["patchesStrategicMerge"]),
    patchesJson6902: read.items(["patchesJson6902"], patchMembers).map((path) => read.patch(path)),
    configMapGenerator: read
      .items(["configMapGenerator"], generatorMembers)
      .map((path) => read.generator(path, options)),
    secretGenerator: read
      .items(["secretGenerator"], [...generatorMembers, "type"])
      .map((path) => read.generator(path, options)),
    replacements: read.items(["replacements"], [...replacementMembers, "path"]).map((path) => ({
      place: places.value(path),
      file: read.text([...path, "path"]),
      own: replacementMembers.some(
        (name) => valueAt(value, writtenPath(value, [...path, name])) !== undefined,
      )
        ? read.replacement(path)
        : undefined,
    })),
    sort: read.sort(),
    configurations: read.names(["configurations"]),
    vars: read.items(["vars"], ["name", "objref", "fieldref"]).map((path) => read.var(path)),
    buildMetadata: read.list(["buildMetadata"]),
  };
}

/**
 * The replacements of a file: one, or a list.
 * @throws {Fault}
 */
export function readReplacements(document: ReadDocument): readonly Replacement[] {
  const read = reader(document);
  if (isArray(document.value))
    return read.items([], replacementMembers).map((path) => read.replacement(path));
  if (!isObject(document.value))
    throw new Fault("kustomization/replacement", "it is a mapping or a list", document.places.value([]));
  return [read.replacement([])];
}

/**
 * The fields that a file of `configurations` adds.
 * @throws {Fault}
 */
export function readFieldConfig(document: ReadDocument): FieldConfig {
  const read = reader(document);
  read.known([], [...fieldLists, "nameReference"]);
  const rows = (path: JsonPath): readonly FieldRow[] =>
    read.items(path, fieldMembers).map((row) => read.field(row));
  return {
    ...(Object.fromEntries(fieldLists.map((list) => [list, rows([list])])) as FieldLists),
    nameReference: read
      .items(["nameReference"], ["group", "version", "kind", "fieldSpecs"])
      .map((path) => [
        [read.text([...path, "group"]), read.text([...path, "version"]), read.text([...path, "kind"])],
        rows([...path, "fieldSpecs"]),
      ]),
  };
}

const replacementMembers = ["source", "sourceValue", "targets"];
const fieldOptionMembers = ["delimiter", "index", "encoding", "create"];

const labelMembers = ["pairs", "includeSelectors", "includeTemplates", "fields"];
const fieldMembers = ["path", "group", "version", "kind", "create"];
const imageMembers = ["name", "newName", "newTag", "tagSuffix", "digest"];
const patchMembers = ["path", "patch", "target", "options"];
const idMembers = ["group", "version", "kind", "name", "namespace"];
const sourceMembers = [...idMembers, "fieldPath", "options"];
const targetMembers = [...idMembers, "labelSelector", "annotationSelector"];
const generatorMembers = ["name", "namespace", "behavior", "literals", "files", "envs", "env", "options"];
const optionMembers = ["labels", "annotations", "disableNameSuffixHash", "immutable"];

function isEmpty(value: Json): boolean {
  if (value === null) return true;
  if (isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

interface Reader {
  /** Refuses members of a mapping that are not known. */
  known(path: JsonPath, names: readonly string[]): void;
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
  patch(path: JsonPath): PatchEntry;
  generator(path: JsonPath, global: GeneratorOptions): GeneratorEntry;
  var(path: JsonPath): Var;
  sort(): Sort;
}

function reader(document: ReadDocument): Reader {
  const { value: root } = document;
  const places = writtenPlaces(document);
  const wrong = (path: JsonPath, what: string): never => {
    throw new Fault("kustomization/malformed", `${printable(path.join("."))} is ${what}`, places.value(path));
  };
  const get = (path: JsonPath): Json | undefined => valueAt(root, writtenPath(root, path)) ?? undefined;
  const known = (path: JsonPath, names: readonly string[]): void => {
    const value = get(path);
    if (value === undefined) return;
    if (!isObject(value)) return wrong(path, "a mapping");
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
    text(path) {
      const value = get(path) ?? "";
      return typeof value === "string" ? value : wrong(path, "a text");
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
