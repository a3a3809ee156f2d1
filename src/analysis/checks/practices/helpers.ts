import type { JsonPath } from "../../../kube/json.ts";
import type { Hit } from "./practice.ts";
import type { ContainerSubject, PodSubject } from "./subjects.ts";

/** Nothing found. */
export const none: readonly Hit[] = [];

/** One hit in a container, at a path below it. */
export function inContainer(subject: ContainerSubject, message: string, ...path: JsonPath): readonly Hit[] {
  return [
    {
      path: [...subject.path, ...path],
      message: `container ${subject.name} ${message}`,
      container: subject.name,
    },
  ];
}

/** One hit in a Pod's spec, at a path below it. */
export function inPod(subject: PodSubject, message: string, ...path: JsonPath): readonly Hit[] {
  return [{ path: [...subject.specPath, ...path], message }];
}

/** A whole Pod as a document, for examples of rows. */
export function podExample(spec: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {${spec}}`;
}

/** A Pod with one container, for examples of rows. */
export function containerExample(fields: string): string {
  return podExample(`containers: [{name: a, ${fields}}]`);
}

/** A Deployment with a template, for examples of rows. */
export function deploymentExample(fields: string, pod: string, name = "a"): string {
  const separator = fields === "" ? "" : `${fields}, `;
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: shop}\nspec: {${separator}selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}}}, spec: {${pod}}}}`;
}
