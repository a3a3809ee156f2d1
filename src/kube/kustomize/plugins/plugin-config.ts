import { printable } from "../../printable.ts";
import type { ReadDocument } from "../../read-object.ts";
import { type Maker, originPath } from "../build-metadata.ts";
import type { Loader } from "../build-files.ts";
import { type Reader, reader } from "../read-members.ts";
import type { Resource } from "../resource.ts";
import { Fault, Unsupported } from "../stop.ts";
import { jsonOf, type Origins, textAt, treePlaces } from "../tree.ts";

/** The configuration of a generator or transformer: an object of its own, built as every other. */
export interface PluginConfig {
  readonly kind: string;
  readonly document: ReadDocument;
  readonly read: Reader;
  /** Files are those of the kustomization that names the configuration, not of the folder in which it stands. */
  readonly load: Loader;
  readonly origins: Origins;
  readonly maker: Maker | undefined;
}

export function pluginConfig(resource: Resource, load: Loader, origins: Origins): PluginConfig {
  const { tree, place } = resource;
  const kind = textAt(tree, "kind");
  const places = treePlaces(tree, origins, place);
  const file = originPath(resource);
  const document = { file: place.file, index: 0, value: jsonOf(tree), places, problems: [] };
  return {
    kind,
    document,
    read: reader(document, "loose"),
    load,
    origins,
    maker:
      file === undefined
        ? undefined
        : {
            file,
            kind,
            name: textAt(tree, "metadata", "name"),
            namespace: textAt(tree, "metadata", "namespace"),
          },
  };
}

/**
 * The row of a table for the kind of a configuration. Only kinds that are built into kustomize are built here: a function or
 * plug-in is a program of somebody else, and none is run.
 * @throws {Fault | Unsupported}
 */
export function rowOf<T>(
  table: ReadonlyMap<string, T>,
  { kind, document, read }: PluginConfig,
  member: "generators" | "transformers",
): T {
  const place = document.places.value([]);
  const apiVersion = read.text(["apiVersion"]);
  if (apiVersion !== "builtin") {
    const what = printable([apiVersion, kind].join(" ").trim());
    throw new Unsupported(`${member} with the function or plug-in ${what}`, place);
  }
  const row = table.get(kind);
  if (row !== undefined) return row;
  if (notBuilt.has(kind)) throw new Unsupported(`${member} with the ${kind}`, place);
  const what = `${printable(kind)} is not one of the ${member} that are built into kustomize`;
  throw new Fault("kustomization/malformed", what, place);
}

/** Kinds that are built into kustomize: one renders a Helm chart, the others hardly anybody uses. */
const notBuilt: ReadonlySet<string> = new Set([
  "HelmChartInflationGenerator",
  "IAMPolicyGenerator",
  "ValueAddTransformer",
]);
