import { generateInto } from "../generate-into.ts";
import type { GeneratorEntry } from "../kustomization.ts";
import type { Resource } from "../resource.ts";
import { type PluginConfig, rowOf } from "./plugin-config.ts";

type Run = (resources: Resource[], config: PluginConfig) => void;

/** Generators that kustomize has built in, by their kinds (kustomize internal/plugins/builtinhelpers/builtins.go). */
const generators: ReadonlyMap<string, Run> = new Map<string, Run>([
  ["ConfigMapGenerator", (resources, config) => into(resources, "ConfigMap", config)],
  ["SecretGenerator", (resources, config) => into(resources, "Secret", config)],
]);

/** Runs a generator that has a configuration of its own. */
export function runGenerator(resources: Resource[], config: PluginConfig): void {
  rowOf(generators, config, "generators")(resources, config);
}

function into(resources: Resource[], kind: "ConfigMap" | "Secret", config: PluginConfig): void {
  const { load, maker } = config;
  generateInto(resources, kind, entryOf(config), { load: load.bytes, maker });
}

const noOptions = {
  labels: new Map<string, string>(),
  annotations: new Map<string, string>(),
  disableNameSuffixHash: false,
  immutable: false,
};

/** Name and namespace are those of the configuration where it gives no others. `env` is only for a kustomization. */
function entryOf({ read }: PluginConfig): GeneratorEntry {
  const entry = read.generator([], noOptions);
  read.texts(["metadata", "labels"]);
  read.texts(["metadata", "annotations"]);
  return {
    ...entry,
    envs: read.list(["envs"]),
    name: entry.name === "" ? read.text(["metadata", "name"]) : entry.name,
    namespace: entry.namespace === "" ? read.text(["metadata", "namespace"]) : entry.namespace,
  };
}
