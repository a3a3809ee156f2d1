import { isArray, isObject, type Json, valueAt } from "../json.ts";
import { printable } from "../printable.ts";
import type { Loader } from "./build-files.ts";
import { emptyConfig, type FieldConfig, joinedConfigs, type NameReference } from "./field-config.ts";
import type { Kustomization } from "./kustomization.ts";
import { at, Fault } from "./stop.ts";
import type { FieldRow } from "./tables.generated.ts";
import { look, type Origins } from "./tree.ts";

/**
 * The fields that files of `crds` name: definitions of Go types as OpenAPI, whose properties say where labels, annotations and
 * names of other objects stand (kustomize api/internal/accumulator/loadconfigfromcrds.go).
 */
export function crdConfig(load: Loader, { crds, place }: Kustomization, origins: Origins): FieldConfig {
  const configs = crds.map((named) => {
    const [document] = load.documents(named.name, named.place);
    if (document === undefined) throw new Fault("kustomization/malformed", "it is empty", named.place);
    return at(document.places.value([]), () => ofDefinitions(document.value ?? null, origins));
  });
  return joinedConfigs(configs, place, origins);
}

interface Found {
  readonly annotations: FieldRow[];
  readonly labels: FieldRow[];
  readonly names: FieldRow[];
  readonly references: NameReference[];
}

interface Walk {
  readonly definitions: Json;
  readonly kind: string;
  readonly found: Found;
  readonly origins: Origins;
}

function ofDefinitions(definitions: Json, origins: Origins): FieldConfig {
  if (definitions !== null && !isObject(definitions)) throw malformed("it is no mapping of definitions");
  const found: Found = { annotations: [], labels: [], names: [], references: [] };
  for (const name of Object.keys(definitions ?? {}).sort()) {
    const properties = propertiesOf(definitions, name);
    if (!["kind", "apiVersion", "metadata"].every((member) => Object.hasOwn(properties, member))) continue;
    const kind = name.slice(name.lastIndexOf(".") + 1);
    collect({ definitions, kind, found, origins }, name, []);
  }
  return {
    ...emptyConfig,
    commonAnnotations: found.annotations,
    commonLabels: found.labels,
    namePrefix: found.names,
    nameReference: found.references,
  };
}

function malformed(what: string): Fault {
  return new Fault("kustomization/malformed", what);
}

/** Definitions that lead from one to the next; kustomize would follow a ring of them for ever. */
const MAX_DEPTH = 100;

function collect(walk: Walk, name: string, path: readonly string[]): void {
  const { definitions, kind, found, origins } = walk;
  if (path.length > MAX_DEPTH) throw malformed(`${printable(name)} holds itself`);
  const properties = propertiesOf(definitions, name);
  look(origins, 1 + Object.keys(properties).length);
  for (const member of Object.keys(properties).sort()) {
    const property = properties[member];
    const says = (extension: string): string | undefined => {
      const text = valueAt(property, [`x-kubernetes-${extension}`]);
      return typeof text === "string" ? text : undefined;
    };
    const row = (...more: readonly string[]): FieldRow => [
      [...path, member, ...more].join("/"),
      "",
      "",
      kind,
      0,
    ];
    if (says("annotation") !== undefined) found.annotations.push(row());
    if (says("label-selector") !== undefined) found.labels.push(row());
    if (says("identity") !== undefined) found.names.push(row());
    const [version, target] = [says("object-ref-api-version"), says("object-ref-kind")];
    if (version !== undefined && target !== undefined) {
      const reference = row(says("object-ref-name-key") ?? "name");
      found.references.push([["", version, target], [reference]]);
    }
    const ref = valueAt(property, ["$ref"]);
    if (typeof ref === "string" && ref !== "") collect(walk, ref, [...path, member]);
  }
}

function propertiesOf(definitions: Json, name: string): Readonly<Record<string, Json>> {
  const definition = valueAt(definitions, [name]) ?? {};
  if (!isObject(definition)) throw malformed(`${printable(name)} is no definition`);
  const schema = valueAt(definition, ["Schema"]) ?? valueAt(definition, ["schema"]) ?? {};
  const properties = valueAt(schema, ["properties"]) ?? {};
  if (!isObject(schema) || !isObject(properties) || Object.values(properties).some((one) => isArray(one)))
    throw malformed(`${printable(name)} is no definition`);
  return properties;
}
