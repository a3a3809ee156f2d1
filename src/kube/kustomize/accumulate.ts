import { printable } from "../printable.ts";
import { documentsOf, type Loader, loaderOf, located, MAX_OBJECTS, type State } from "./build-files.ts";
import { addChange, setFileOrigin } from "./build-metadata.ts";
import { change } from "./change.ts";
import { crdConfig } from "./crd-config.ts";
import { defaultConfig, type FieldConfig, joinedConfigs, mergedConfig } from "./field-config.ts";
import { generateInto } from "./generate-into.ts";
import { inlineObjects } from "./inline.ts";
import type { Kustomization, Named } from "./kustomization.ts";
import { loadFolder, noCycle } from "./load-folder.ts";
import { builtinSchemas } from "./merge-schema.ts";
import { addObjects } from "./objects.ts";
import { innerSchemas } from "./open-schemas.ts";
import { runGenerator } from "./plugins/generators.ts";
import { type PluginConfig, pluginConfig } from "./plugins/plugin-config.ts";
import { readTransformer } from "./plugins/transformers.ts";
import { readFieldConfig } from "./read-kustomization.ts";
import type { Resource } from "./resource.ts";
import { originOf } from "./resource-path.ts";
import { at, Fault } from "./stop.ts";
import { noTwins } from "./transform/no-twins.ts";
import { look } from "./tree.ts";
import { bindVars, mergeVars, type Vars } from "./vars.ts";

/** A kustomization on its way through a build. */
export interface Target {
  readonly folder: string;
  /** Folders that are being built, outermost first. */
  readonly chain: readonly string[];
  readonly kustomization: Kustomization;
  /** Path from the folder that is built, where the origin of objects is kept. */
  readonly origin: string | undefined;
  readonly vars: Vars;
}

/** A base or component of a target. */
function within(
  { chain, origin, vars }: Target,
  { name, place }: Named,
  inner: { readonly folder: string; readonly kustomization: Kustomization; readonly vars?: Vars },
): Target {
  const path = origin === undefined ? undefined : originOf(origin, name, place);
  return { chain: [...chain, inner.folder], vars, ...inner, origin: path };
}

/** The kustomization in the folder of a base or component. */
function loadInner(state: State, { chain }: Target, folder: string, named: Named): Kustomization {
  noCycle(state, chain, folder, named);
  const inner = loadFolder(state, folder, named.place);
  innerSchemas(inner, loaderOf(state, folder), state.origins.schemas !== builtinSchemas);
  return inner;
}

/** The kustomization's file as origins name it. */
function originFile({ origin, kustomization }: Target): string | undefined {
  if (origin === undefined) return undefined;
  const { file } = kustomization.place;
  return originOf(origin, file.slice(file.lastIndexOf("/") + 1), kustomization.place);
}

/**
 * Adds what a kustomization makes; gives the fields that hold for it and for what it builds on (kustomize
 * api/internal/target/kusttarget.go, accumulateTarget).
 */
export function accumulate(state: State, target: Target, into: Resource[], before: FieldConfig): FieldConfig {
  const { kustomization, folder } = target;
  const { place } = kustomization;
  const { origins } = state;
  const load = loaderOf(state, folder);
  const join = (one: FieldConfig, other: FieldConfig): FieldConfig =>
    mergedConfig(one, other, place, origins);
  let fields = before;
  for (const named of kustomization.resources) {
    const base = addResource(state, target, named, into);
    if (base !== undefined) fields = join(fields, base);
  }
  fields = join(fields, join(defaultConfig, ownConfig(state, load, kustomization)));
  if (kustomization.crds.length > 0) fields = join(fields, crdConfig(load, kustomization, origins));
  noTwins(into);
  generate(state, target, load, into);
  for (const named of kustomization.components) {
    const what = `the folder ${printable(named.name)}`;
    const { path: inner, kind } = located(state, folder, named, what);
    if (kind !== "folder") throw new Fault("kustomization/not-found", what, named.place);
    const component = loadInner(state, target, inner, named);
    if (!component.component)
      throw new Fault("kustomization/malformed", `${printable(named.name)} is no Component`, named.place);
    const part = within(target, named, { folder: inner, kustomization: component });
    // What comes of a component is taken over anew.
    const taken = accumulate(state, part, into, fields);
    fields = joinedConfigs([taken], place, origins);
  }
  const steps = pluginsOf(state, target, load, kustomization.transformers).map((config) => {
    const configPlace = config.document.places.value([]);
    return { config, place: configPlace, step: at(configPlace, () => readTransformer(config)) };
  });
  at(place, () => change(into, kustomization, { load, fields, origins, file: originFile(target) }));
  for (const { config, step, place: configPlace } of steps) {
    at(configPlace, () => step(into));
    if (config.maker !== undefined) addChange(into, config.maker, origins);
  }
  bindVars(into, kustomization.vars, target.vars);
  return fields;
}

function generate(state: State, target: Target, load: Loader, into: Resource[]): void {
  const { configMapGenerator, secretGenerator, generators } = target.kustomization;
  const plugins = pluginsOf(state, target, load, generators);
  look(state.origins, into.length * (configMapGenerator.length + secretGenerator.length + plugins.length));
  const file = originFile(target);
  for (const [kind, entries] of [
    ["ConfigMap", configMapGenerator],
    ["Secret", secretGenerator],
  ] as const) {
    const maker = file === undefined ? undefined : { file, kind: `${kind}Generator` };
    for (const entry of entries) generateInto(into, kind, entry, { load: load.bytes, maker });
  }
  for (const config of plugins) at(config.document.places.value([]), () => runGenerator(into, config));
}

/**
 * The configurations that `generators` or `transformers` name: those that are written there before those of files and
 * folders. A folder is built, with all that it asks for.
 */
function pluginsOf(
  state: State,
  target: Target,
  load: Loader,
  names: readonly Named[],
): readonly PluginConfig[] {
  const { origins } = state;
  const into: Resource[] = [];
  const file = originFile(target);
  const paths = names.filter(({ name, place }) => {
    const written = inlineObjects(name, place, origins);
    for (const one of written?.objects ?? []) {
      if (file !== undefined) setFileOrigin(one, file);
      into.push(one);
    }
    return written === undefined;
  });
  // Vars of such a folder end there.
  const apart: Target = { ...target, vars: new Map() };
  for (const named of paths) addResource(state, apart, named, into);
  noTwins(into);
  return into.map((resource) => pluginConfig(resource, load, origins));
}

function ownConfig({ origins }: State, load: Loader, { configurations, place }: Kustomization): FieldConfig {
  const configs = configurations.map((named) => {
    const [document] = load.documents(named.name, named.place);
    const isEmpty = document === undefined || document.value === null;
    return isEmpty ? [] : [at(named.place, () => readFieldConfig(document))];
  });
  return joinedConfigs(configs.flat(), place, origins);
}

/** Adds the objects of a file or a base; of a base it gives the fields that hold for it. */
function addResource(state: State, target: Target, named: Named, into: Resource[]): FieldConfig | undefined {
  const { name, place } = named;
  if (name === "") throw new Fault("kustomization/malformed", "a resource has no name", place);
  const { path: inner, kind } = located(state, target.folder, named, printable(name));
  let fields: FieldConfig | undefined;
  if (kind === "file") {
    const before = into.length;
    for (const document of documentsOf(state, target.folder, name, place))
      addObjects(state.origins, document, into);
    if (target.origin !== undefined) {
      const origin = originOf(target.origin, name, place);
      for (const resource of into.slice(before)) setFileOrigin(resource, origin);
    }
  } else {
    const kustomization = loadInner(state, target, inner, named);
    if (kustomization.component)
      throw new Fault("kustomization/malformed", `${printable(name)} is a Component`, place);
    const base: Resource[] = [];
    const vars: Vars = new Map();
    const part = within(target, named, { folder: inner, kustomization, vars });
    fields = accumulate(state, part, base, joinedConfigs([], place, state.origins));
    for (const resource of base) into.push(resource);
    mergeVars(target.vars, vars);
  }
  if (into.length > MAX_OBJECTS) throw new Fault("kustomization/too-large", `${MAX_OBJECTS} objects`, place);
  return fields;
}
