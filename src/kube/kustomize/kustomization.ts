import type { JsonPath } from "../json.ts";
import type { Place } from "../place.ts";
import type { PlaceMap } from "../read-object.ts";
import type { ImageChange } from "./image.ts";
import type { Behavior, ResourceId } from "./resource.ts";
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
  /** `path` of an OpenAPI document, or `version` of the one that is built in. */
  readonly openapi: ReadonlyMap<string, string>;
  readonly crds: readonly Named[];
  /** Configurations of generators and transformers: files, folders, or texts that hold them. */
  readonly generators: readonly Named[];
  readonly transformers: readonly Named[];
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
