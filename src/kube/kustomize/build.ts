import { byText } from "../by-text.ts";
import { sha256Hex } from "../digest.ts";
import type { Files } from "../files.ts";
import type { Place } from "../place.ts";
import type { Problem } from "../problem.ts";
import type { ReadDocument, SourceLines } from "../read-object.ts";
import { accumulate } from "./accumulate.ts";
import { loaderOf, MAX_LOOKS, MAX_NODES, type State } from "./build-files.ts";
import { finishMetadata, tidyAnnotations } from "./build-metadata.ts";
import { joinedConfigs } from "./field-config.ts";
import { addHashes } from "./generate.ts";
import { loadFolder } from "./load-folder.ts";
import { builtinSchemas } from "./merge-schema.ts";
import { fixReferences } from "./name-references.ts";
import { noClusterKind, openSchemas } from "./open-schemas.ts";
import { kustomizationProblem } from "./problems.ts";
import type { Resource } from "./resource.ts";
import { sorted } from "./sort.ts";
import { Fault, Unsupported } from "./stop.ts";
import { jsonOf, TOO_LARGE, treeAt, treePlaces } from "./tree.ts";
import { resolveVars, type Vars } from "./vars.ts";

/** What a kustomization makes; or what is wrong with it; or which of its parts are not built here. */
export type Built =
  | {
      readonly kind: "built";
      readonly documents: readonly ReadDocument[];
      readonly sources: ReadonlyMap<string, SourceLines>;
      /** The files that were read, sorted, with SHA-256 of their bytes. */
      readonly read: readonly { readonly path: string; readonly sha256: string }[];
    }
  | {
      readonly kind: "refused";
      readonly problems: readonly Problem[];
      readonly sources: ReadonlyMap<string, SourceLines>;
    }
  | {
      readonly kind: "unsupported";
      readonly problem: Problem;
      readonly sources: ReadonlyMap<string, SourceLines>;
    };

/**
 * Builds the kustomization in a folder as `kustomize build` 5.8 does: the objects in its order, each with the places of
 * the files that it was made of. Only files of `files` are read, those of a kustomization only in its own folder.
 */
export function buildKustomization(
  files: Files,
  folder: string,
  sha256: (bytes: Uint8Array) => string = sha256Hex,
): Built {
  const state: State = {
    files,
    sha256,
    origins: {
      of: new WeakMap(),
      members: new WeakMap(),
      untyped: new WeakMap(),
      shared: new WeakMap(),
      schemas: builtinSchemas,
      left: MAX_NODES,
      looks: MAX_LOOKS,
    },
    documents: new Map(),
    digests: new Map(),
    sources: new Map(),
    problems: [],
    folders: 0,
  };
  // The folder, until its kustomization is read.
  let start: Place = { file: files.display(folder), line: 1, column: 1 };
  const refused = (problem: Problem): Built => ({
    kind: "refused",
    problems: state.problems.some(({ severity }) => severity === "error")
      ? state.problems
      : [...state.problems, problem],
    sources: state.sources,
  });
  try {
    const root = loadFolder(state, folder, start);
    start = root.places.value([]);
    const kinds = openSchemas(root, loaderOf(state, folder), state.origins);
    const resources: Resource[] = [];
    const origin = root.buildMetadata.length > 0 ? "" : undefined;
    const vars: Vars = new Map();
    const fields = accumulate(
      state,
      { folder, chain: [folder], kustomization: root, origin, vars },
      resources,
      joinedConfigs([], start, state.origins),
    );
    noClusterKind(resources, kinds, root);
    addHashes(resources);
    fixReferences(resources, state.origins, fields.nameReference);
    resolveVars(resources, vars, fields.varReference, state.origins);
    const made = sorted(resources.filter(isForCluster), root.sort);
    finishMetadata(made, root);
    return finished(state, made);
  } catch (error) {
    if (error === TOO_LARGE)
      return refused(
        kustomizationProblem(
          "kustomization/too-large",
          start,
          `${MAX_NODES} values, or ${MAX_LOOKS} looks at an object`,
        ),
      );
    if (error instanceof Unsupported)
      return {
        kind: "unsupported",
        problem: kustomizationProblem("kustomization/not-built", error.place ?? start, error.message),
        sources: state.sources,
      };
    if (error instanceof Fault)
      return refused(kustomizationProblem(error.code, error.place ?? start, error.message));
    throw error;
  }
}

function finished(state: State, resources: readonly Resource[]): Built {
  const documents: ReadDocument[] = resources.map((resource, index) => {
    tidyAnnotations(resource);
    const places = treePlaces(resource.tree, state.origins, resource.place);
    const { file } = places.value([]);
    const source = state.sources.get(file);
    return {
      file,
      index,
      value: jsonOf(resource.tree),
      places,
      problems: index === 0 ? state.problems : [],
      ...(source === undefined ? {} : { source }),
    };
  });
  const read = [...state.digests].map(([path, sha256]) => ({ path, sha256 }));
  return {
    kind: "built",
    documents,
    sources: state.sources,
    read: read.sort((one, other) => byText(one.path, other.path)),
  };
}

function isForCluster({ tree }: Resource): boolean {
  const local = treeAt(tree, "metadata", "annotations", "config.kubernetes.io/local-config");
  return local === undefined || local === "false" || local === false;
}
