import { isArray, isObject, type Json, type JsonPath } from "../json.ts";
import { printable } from "../printable.ts";
import type { ReadDocument } from "../read-object.ts";
import { type FieldConfig, type FieldLists, fieldLists } from "./field-config.ts";
import type { Kustomization, Replacement } from "./kustomization.ts";
import {
  fieldMembers,
  generatorMembers,
  imageMembers,
  labelMembers,
  patchMembers,
  reader,
  replacementMembers,
} from "./read-members.ts";
import { Fault, Unsupported } from "./stop.ts";
import type { FieldRow } from "./tables.generated.ts";
import { isSameName, writtenPlaces } from "./written-names.ts";

/** Members that kustomize knows and that are not built here. */
const unsupported: readonly string[] = [
  "validators",
  "helmGlobals",
  "helmCharts",
  "helmChartInflationGenerator",
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
  "generators",
  "transformers",
  "openapi",
  "crds",
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
    replacements: read.replacementEntries(["replacements"]),
    sort: read.sort(),
    configurations: read.names(["configurations"]),
    vars: read.items(["vars"], ["name", "objref", "fieldref"]).map((path) => read.var(path)),
    buildMetadata: read.list(["buildMetadata"]),
    openapi: read.texts(["openapi"]),
    crds: read.names(["crds"]),
    generators: read.names(["generators"]),
    transformers: read.names(["transformers"]),
  };
}

/**
 * The replacements of a file: one, or a list. kustomize takes members that it does not know.
 * @throws {Fault}
 */
export function readReplacements(document: ReadDocument): readonly Replacement[] {
  const read = reader(document, "loose");
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

function isEmpty(value: Json): boolean {
  if (value === null) return true;
  if (isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}
