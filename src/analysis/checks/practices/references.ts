import type { JsonPath } from "../../../kube/json.ts";
import type { Severity } from "../../../kube/problem.ts";
import { deploymentExample, none } from "./helpers.ts";
import type { ObjectIndex } from "./object-index.ts";
import type { Hit } from "./practice.ts";

/**
 * A name that is not in the input may be in the cluster. It counts as a fault where the input holds others of its kind in
 * the same namespace, and as a remark where it holds none.
 */
function certainty(index: ObjectIndex, kind: string, namespace: string): Severity {
  return index.of(kind, namespace).length > 0 ? "warning" : "info";
}

/** One hit where the input has no object of this name, at the path that names it. */
export function missing(
  index: ObjectIndex,
  kind: string,
  namespace: string,
  name: string,
  path: JsonPath,
): readonly Hit[] {
  if (index.named(kind, namespace, name) !== undefined) return none;
  return [
    { path, message: `${kind} ${name} is not in the input`, severity: certainty(index, kind, namespace) },
  ];
}

/** A Service, for examples of rows. */
export function exampleService(fields: string, name = "a"): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {${fields}}`;
}

/** A Deployment with a named port, for examples of rows. */
export const exampleWorkload: string = deploymentExample(
  "",
  "containers: [{name: a, ports: [{name: web, containerPort: 8080}]}]",
);
