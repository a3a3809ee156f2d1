import type { JsonPath } from "../../json.ts";
import { mergeDocuments, patchDocuments, replacementsOf } from "../asked-patches.ts";
import { addHashes } from "../generate.ts";
import { inline } from "../inline.ts";
import { applyAnyPatch, applyJsonPatchOf, applyMergePatches } from "../patches.ts";
import { fieldMembers, type Reader, reader } from "../read-members.ts";
import { replaceValues } from "../replace.ts";
import type { Resource } from "../resource.ts";
import { Fault } from "../stop.ts";
import type { FieldRow } from "../tables.generated.ts";
import { setAffix } from "../transform/affix.ts";
import { setImages } from "../transform/images.ts";
import { setNamespace, type SubjectMode, subjectModes } from "../transform/namespace.ts";
import { setReplicas } from "../transform/replicas.ts";
import { teller } from "../transform/tell.ts";
import { setTexts } from "../transform/texts.ts";
import type { TellSet } from "../field-path.ts";
import { look } from "../tree.ts";
import { type PluginConfig, rowOf } from "./plugin-config.ts";

/** What a transformer does with the objects, once its configuration is read. */
export type Step = (resources: Resource[]) => void;
type Read = (config: PluginConfig) => Step;

/** Transformers that kustomize has built in, by their kinds (kustomize internal/plugins/builtinhelpers/builtins.go). */
const transformers: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["AnnotationsTransformer", (config) => texts(config, "annotations")],
  ["HashTransformer", () => addHashes],
  ["ImageTagTransformer", images],
  ["LabelTransformer", (config) => texts(config, "labels")],
  ["NamespaceTransformer", namespace],
  ["PatchJson6902Transformer", jsonPatch],
  ["PatchStrategicMergeTransformer", mergePatch],
  ["PatchTransformer", patch],
  ["PrefixSuffixTransformer", prefixAndSuffix],
  ["PrefixTransformer", (config) => affix(config, "prefix")],
  ["ReplacementTransformer", replacement],
  ["ReplicaCountTransformer", replicas],
  ["SuffixTransformer", (config) => affix(config, "suffix")],
]);

/** Reads the configuration of a transformer: kustomize reads all of them before it runs the first. */
export function readTransformer(config: PluginConfig): Step {
  const read = rowOf(transformers, config, "transformers");
  const run = read(config);
  return (resources) => {
    look(config.origins, resources.length * (2 + rowsOf(config.read).length));
    run(resources);
  };
}

function rowsOf(read: Reader): readonly FieldRow[] {
  return read.items(["fieldSpecs"], fieldMembers).map((path) => read.field(path));
}

function tellOf({ document, origins }: PluginConfig, path: JsonPath): TellSet {
  return teller(document, origins, path);
}

function texts(config: PluginConfig, member: "annotations" | "labels"): Step {
  const pairs = config.read.texts([member]);
  const rows = rowsOf(config.read);
  return (resources) =>
    setTexts(resources, rows, pairs, { origins: config.origins, tell: tellOf(config, [member]) });
}

function images(config: PluginConfig): Step {
  const { read, origins } = config;
  const image = read.image(["imageTag"]);
  const rows = rowsOf(read);
  return (resources) => setImages(resources, { image, rows, origins, tell: tellOf(config, ["imageTag"]) });
}

function namespace(config: PluginConfig): Step {
  const { read } = config;
  read.texts(["metadata", "labels"]);
  read.texts(["metadata", "annotations"]);
  const asked = read.text(["setRoleBindingSubjects"]);
  const subjects: SubjectMode | undefined =
    asked === "" ? "defaultOnly" : subjectModes.find((mode) => mode === asked);
  if (subjects === undefined)
    throw new Fault(
      "kustomization/malformed",
      `setRoleBindingSubjects is ${subjectModes.join(", ")}`,
      config.document.places.value(["setRoleBindingSubjects"]),
    );
  const change = {
    namespace: read.text(["metadata", "namespace"]),
    rows: rowsOf(read),
    unsetOnly: read.flag(["unsetOnly"]),
    subjects,
    tell: tellOf(config, ["metadata", "namespace"]),
  };
  return (resources) => setNamespace(resources, change);
}

function jsonPatch({ read, document, load, origins }: PluginConfig): Step {
  const place = document.places.value([]);
  const target = read.has(["target"]) ? read.target(["target"]) : undefined;
  const text = read.text(["jsonOp"]);
  const entry = { patch: text, path: read.text(["path"]), place: document.places.value(["jsonOp"]) };
  const documents = patchDocuments(load, entry);
  return (resources) => applyJsonPatchOf(resources, documents, { target, place }, origins);
}

function mergePatch({ read, document, load, origins }: PluginConfig): Step {
  const place = document.places.value([]);
  const named = mergeDocuments(load, read.names(["paths"]), origins);
  const text = read.text(["patches"]);
  const written = text === "" ? [] : inline(text, document.places.value(["patches"]));
  const documents = [...named, ...written.filter(({ value }) => value !== null)];
  return (resources) => applyMergePatches(resources, documents, place, origins);
}

function patch({ read, document, load, origins }: PluginConfig): Step {
  const entry = read.patch([]);
  const place = document.places.value(["patch"]);
  const documents = patchDocuments(load, { ...entry, place });
  return (resources) => applyAnyPatch(resources, documents, entry, origins);
}

/** kustomize reads these two with another reader, which takes names only as they are spelled. */
function affix({ document }: PluginConfig, which: "prefix" | "suffix"): Step {
  const read = reader(document, "exact");
  const text = read.text([which]);
  if (!read.has(["fieldSpecs"]))
    throw new Fault("kustomization/malformed", "it has no fieldSpecs", document.places.value([]));
  const rows = rowsOf(read);
  return (resources) => setAffix(resources, { affix: which, text, rows });
}

function prefixAndSuffix(config: PluginConfig): Step {
  const steps = [affix(config, "prefix"), affix(config, "suffix")];
  return (resources) => {
    for (const step of steps) step(resources);
  };
}

function replacement({ read, load, origins }: PluginConfig): Step {
  const asked = replacementsOf(load, read.replacementEntries(["replacements"]));
  return (resources) => replaceValues(resources, asked, origins);
}

function replicas(config: PluginConfig): Step {
  const { read, document } = config;
  const change = {
    name: read.text(["replica", "name"]),
    count: read.count(["replica", "count"]),
    place: document.places.value([]),
    rows: rowsOf(read),
    tell: tellOf(config, ["replica", "count"]),
  };
  return (resources) => setReplicas(resources, change);
}
