import { printable } from "../printable.ts";
import type { Loader } from "./build-files.ts";
import type { Kustomization } from "./kustomization.ts";
import { clusterKinds, documentSchemas } from "./merge-schema.ts";
import type { Resource } from "./resource.ts";
import { Fault, Unsupported } from "./stop.ts";
import { clusterScoped } from "./tables.generated.ts";
import { type Origins, textAt } from "./tree.ts";

/** The only version of Kubernetes whose kinds kustomize has built in (kyaml openapi/kubernetesapi). */
const VERSION = "v1.21.2";

/**
 * Takes the schemas that the kustomization which is built names: they hold for all that it builds on, in the place of those
 * that are built in. Gives the kinds that have no namespace by that document.
 */
export function openSchemas(
  { openapi, places }: Kustomization,
  load: Loader,
  origins: Origins,
): ReadonlySet<string> {
  const place = places.key(["openapi"]);
  const path = openapi.get("path");
  const version = openapi.get("version");
  if (path === undefined) {
    if (version !== undefined && version !== "" && version !== VERSION)
      throw new Fault(
        "kustomization/malformed",
        `kustomize has the schemas of ${VERSION} and no others`,
        place,
      );
    return new Set();
  }
  const [document] = load.documents(path, places.value(["openapi", "path"]));
  if (version !== undefined)
    throw new Fault("kustomization/malformed", "openapi has either path or version", place);
  if (document === undefined || document.value === null) throw new Unsupported("an empty openapi", place);
  const schemas = documentSchemas(document.value);
  if (typeof schemas === "string")
    throw new Fault("kustomization/malformed", `${printable(path)}: ${schemas}`, place);
  origins.schemas = schemas;
  return clusterKinds(document.value);
}

/**
 * The schemas that a base, a component or a folder of transformers names: they hold only where what is built names none, and
 * then for what comes after them, which is not followed here.
 */
export function innerSchemas({ openapi, places }: Kustomization, load: Loader, isOpen: boolean): void {
  const path = openapi.get("path");
  if (path !== undefined) load.bytes(path, places.value(["openapi", "path"]));
  const version = openapi.get("version") ?? "";
  if (isOpen || (path === undefined && (version === "" || version === VERSION))) return;
  throw new Unsupported("openapi of a folder that is not the one that is built", places.key(["openapi"]));
}

/** Objects of kinds that only the document knows to have no namespace are not built here. */
export function noClusterKind(
  resources: readonly Resource[],
  kinds: ReadonlySet<string>,
  { places }: Kustomization,
): void {
  for (const { tree } of resources) {
    const name = `${textAt(tree, "apiVersion")}/${textAt(tree, "kind")}`;
    if (kinds.has(name) && !clusterScoped.has(name))
      throw new Unsupported(
        `openapi with ${printable(name)}, a kind without a namespace,`,
        places.key(["openapi"]),
      );
  }
}
