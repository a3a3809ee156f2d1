import { resourceOf } from "../../kube/catalogue/catalogue.ts";
import { isArray, isObject, type Json, type JsonPath } from "../../kube/json.ts";
import type { ObjectKey } from "../../kube/read-object.ts";

/**
 * Annotations whose values are structure: settings of controllers that the tables of this program know. Every other
 * annotation may hold anything, `kubectl.kubernetes.io/last-applied-configuration` the whole object (kernel K17).
 */
const knownAnnotations: readonly RegExp[] = [
  /^kubernetes-operations\.dev\//u,
  /^app\.kubernetes\.io\//u,
  /^kubernetes\.io\/(?:ingress\.class|description|change-cause)$/u,
  /^kubectl\.kubernetes\.io\/(?:default-container|restartedAt)$/u,
  /^container\.apparmor\.security\.beta\.kubernetes\.io\//u,
  /^seccomp\.security\.alpha\.kubernetes\.io\//u,
  /^cluster-autoscaler\.kubernetes\.io\/safe-to-evict$/u,
  /^deployment\.kubernetes\.io\/revision$/u,
  /^(?:kustomize|helm)\.toolkit\.fluxcd\.io\/(?:force|prune|reconcile|ssa|substitute)$/u,
  /^argocd\.argoproj\.io\/(?:sync-options|sync-wave|hook|hook-delete-policy|compare-options)$/u,
  /^helm\.sh\/(?:hook|hook-weight|hook-delete-policy|resource-policy)$/u,
  /^rbac\.authorization\.kubernetes\.io\/autoupdate$/u,
  /^storageclass\.kubernetes\.io\/is-default-class$/u,
];

/** Members that hold free text or credentials wherever they stand in a native kind. */
const freeMembers: ReadonlySet<string> = new Set([
  "args",
  "command",
  "httpHeaders",
  "parameters",
  "volumeAttributes",
  "controllerExpandSecretRef",
  "caBundle",
  "url",
]);

/** Whether the plan's own object holds this value at this kind of place: what a plan says anyway is no live value. */
export type Own = (path: JsonPath, value: Json) => boolean;

type Key = Pick<ObjectKey, "group" | "version" | "kind">;

/** Whether the value at a path may be a live value, which a plan holds only as a MAC (kernel K17). Indices do not matter. */
export function mayBeLive(key: Key, path: JsonPath): boolean {
  const steps = path.filter((step) => typeof step === "string");
  const [first, second] = steps;
  const annotation = steps.indexOf("annotations");
  if (annotation >= 0) {
    const name = steps[annotation + 1];
    if (steps[annotation - 1] === "metadata" && name !== undefined) {
      return !knownAnnotations.some((known) => known.test(name));
    }
  }
  if (first === undefined || first === "apiVersion" || first === "kind") return false;
  if (first === "metadata" && annotation < 0) return false;
  // Nothing is known about the fields of other people's kinds.
  if (resourceOf(key) === undefined) return true;
  if (key.group === "" && (key.kind === "Secret" || key.kind === "ConfigMap")) {
    return first === "data" || first === "stringData" || first === "binaryData";
  }
  if (steps.some((step) => freeMembers.has(step))) return true;
  if (steps.at(-1) === "value" && steps.includes("env")) return true;
  // Options of FlexVolumes go to a driver as they are.
  return second !== undefined && steps.includes("flexVolume") && steps.includes("options");
}

/** Whether a value holds, anywhere, what may be a live value. */
export function holdsLive(key: Key, path: JsonPath, value: Json): boolean {
  if (isArray(value))
    return value.some((item) => holdsLive(key, path, item)) || (value.length === 0 && mayBeLive(key, path));
  if (isObject(value)) {
    const members = Object.entries(value);
    return (
      members.some(([name, item]) => holdsLive(key, [...path, name], item)) ||
      (members.length === 0 && mayBeLive(key, path))
    );
  }
  return mayBeLive(key, path);
}
