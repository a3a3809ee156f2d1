import {
  canonicalJson,
  OpsError,
  type Plan,
  podSecurityLevelOf,
  readDocuments,
  readObjects,
} from "kubernetes-operations";

const text: string = canonicalJson({ b: 1, a: [true, null] });
const digestOf = (plan: Plan): string => plan.digest;
const pod =
  "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: on, containers: [{name: c, image: x}]}\n";
const { objects } = readObjects(readDocuments("pod.yaml", new TextEncoder().encode(pod)));
const levels = objects.map(({ object }) => podSecurityLevelOf(object, 37));
try {
  canonicalJson(Number.NaN);
} catch (error) {
  if (OpsError.is(error)) console.log(text, error.code, typeof digestOf, levels.join());
}
