import { isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import { matchesSelector } from "./matching.ts";
import type { Binding, Policy } from "./policy.ts";

/** The parameters with which a policy is evaluated: null is none. */
export type Params =
  | { readonly objects: readonly (JsonObject | null)[] }
  | { readonly uncertain: string }
  | { readonly fault: string };

/**
 * The parameters that a binding selects (k8s.io/apiserver pkg/admission/plugin/policy/generic/policy_dispatcher.go,
 * CollectParams). One that is named and not among the inputs may be in the cluster.
 */
export function paramsFor(
  policy: Policy,
  binding: Binding,
  namespace: string,
  reads: readonly ReadObject[],
): Params {
  const { paramKind } = policy;
  const { paramRef } = binding;
  if (paramKind === undefined) return { objects: [null] };
  if (paramRef === undefined) return { objects: [null] };
  const wanted = `${String(paramKind["apiVersion"])} ${String(paramKind["kind"])}`;
  const given = valueAt(paramRef, ["namespace"]);
  const within = typeof given === "string" && given !== "" ? given : namespace;
  const candidates = reads.filter(({ object }) => {
    if (`${String(object["apiVersion"])} ${String(object["kind"])}` !== wanted) return false;
    const key = objectKey(object);
    return key.namespace === "" || key.namespace === within;
  });
  const name = valueAt(paramRef, ["name"]);
  if (typeof name === "string" && name !== "") {
    const found = candidates.find(({ object }) => objectKey(object).name === name);
    return found === undefined
      ? { uncertain: `its parameter ${wanted} ${name} is not among the inputs` }
      : { objects: [found.object] };
  }
  const selector = valueAt(paramRef, ["selector"]);
  const selected = candidates.filter(({ object }) => {
    const labels = valueAt(object, ["metadata", "labels"]);
    return matchesSelector(selector, isObject(labels) ? labels : {});
  });
  return selected.length === 0
    ? { uncertain: `none of its parameters ${wanted} is among the inputs` }
    : { objects: selected.map(({ object }) => object) };
}
