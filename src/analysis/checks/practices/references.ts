import type { JsonPath } from "../../../kube/json.ts";
import type { Severity } from "../../../kube/problem.ts";
import { deploymentExample, none } from "./helpers.ts";
import { type ObjectIndex, orMake } from "./object-index.ts";
import type { Hit } from "./practice.ts";
import type { ObjectSubject } from "./subjects.ts";

/** The folder of a file; a stream has none. */
export function folderOf(file: string): string {
  return file.slice(0, Math.max(0, file.lastIndexOf("/")));
}

/** A folder and those that it lies in. */
function upFrom(folder: string): readonly string[] {
  const all = [folder];
  for (let end = folder.lastIndexOf("/"); end > 0; end = folder.lastIndexOf("/", end - 1))
    all.push(folder.slice(0, end));
  return all;
}

const folders = Symbol("folders of objects by kind and namespace");

interface Folders {
  readonly own: ReadonlySet<string>;
  /** Those that an object lies in, however deep. */
  readonly above: ReadonlySet<string>;
}

/**
 * Whether the input has others of a kind in the namespace of an object, in its folder, in one below or in one that it lies
 * in: what stands in a folder beside it is as a rule another application.
 */
export function hasNear(index: ObjectIndex, kind: string, { namespace, read }: ObjectSubject): boolean {
  const known = index.once(folders, () => new Map<string, Folders>());
  const { own, above } = orMake(known, `${kind}\0${namespace}`, () => {
    const all = new Set(index.of(kind, namespace).map((other) => folderOf(other.read.file)));
    return { own: all, above: new Set([...all].flatMap(upFrom)) };
  });
  const folder = folderOf(read.file);
  return above.has(folder) || upFrom(folder).some((one) => own.has(one));
}

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
    {
      path,
      message: `${kind} ${name} is not in the input`,
      severity: certainty(index, kind, namespace),
    },
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
