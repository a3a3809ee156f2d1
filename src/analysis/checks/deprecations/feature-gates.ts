import { SUPPORTED_MINORS } from "../../../kube/catalogue/catalogue.ts";
import { isArray, isObject, type Json, type JsonObject, type JsonPath, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { containersOf, podTemplateOf } from "../../../kube/pod-template.ts";
import { featureGates } from "./gates.generated.ts";

/** A gate that somebody sets, and where. */
interface SetGate {
  readonly name: string;
  readonly on: boolean;
  readonly path: JsonPath;
}

export interface BrokenGate {
  readonly name: string;
  readonly path: JsonPath;
  readonly reason: string;
}

interface Gate {
  readonly known: number;
  readonly on: number;
  readonly locked: number;
}

const gates: ReadonlyMap<string, Gate> = new Map(
  featureGates.map(([name, known, on, locked]) => [name, { known, on, locked }]),
);

function bit(minor: number): number {
  return 1 << (minor - (SUPPORTED_MINORS[0] ?? 0));
}

/**
 * Gates that a component takes in one minor and stops at in another: it does not know them any more, or lets nobody
 * change them. Gates that neither knows are none of ours.
 */
export function brokenGates(object: JsonObject, from: number, to: number): readonly BrokenGate[] {
  return setGates(object).flatMap(({ name, on, path }) => {
    const gate = gates.get(name);
    if (gate === undefined || (gate.known & bit(from)) === 0) return [];
    if ((gate.known & bit(to)) === 0)
      return [{ name, path, reason: `Kubernetes 1.${to} has no feature gate of this name` }];
    const isOn = (gate.on & bit(to)) !== 0;
    const was = (gate.locked & bit(from)) !== 0 && ((gate.on & bit(from)) !== 0) !== on;
    if ((gate.locked & bit(to)) === 0 || isOn === on || was) return [];
    return [{ name, path, reason: `Kubernetes 1.${to} locks it to ${isOn}` }];
  });
}

const configurations: ReadonlySet<string> = new Set([
  "kubelet.config.k8s.io/KubeletConfiguration",
  "kubeproxy.config.k8s.io/KubeProxyConfiguration",
]);

const components: ReadonlySet<string> = new Set([
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
  "kubelet",
]);

function setGates(object: JsonObject): readonly SetGate[] {
  const { group, kind } = objectKey(object);
  if (configurations.has(`${group}/${kind}`)) return gatesOfMap(object);
  if (group === "kubeadm.k8s.io" && kind === "ClusterConfiguration")
    return ["apiServer", "controllerManager", "scheduler"].flatMap((part) =>
      gatesOfArguments(object, [part, "extraArgs"]),
    );
  if (group === "kubeadm.k8s.io") return gatesOfArguments(object, ["nodeRegistration", "kubeletExtraArgs"]);
  return gatesOfPods(object);
}

function gatesOfMap(object: JsonObject): readonly SetGate[] {
  const map = object["featureGates"];
  if (!isObject(map)) return [];
  return Object.entries(map).flatMap(([name, on]) =>
    typeof on === "boolean" ? [{ name, on, path: ["featureGates", name] }] : [],
  );
}

/** `extraArgs` of kubeadm: a map in v1beta3, a list of names and values since. */
function gatesOfArguments(object: JsonObject, path: JsonPath): readonly SetGate[] {
  const value = valueAt(object, path);
  if (isArray(value))
    return value.flatMap((one, index) =>
      valueAt(one, ["name"]) === "feature-gates"
        ? parsed(valueAt(one, ["value"]), [...path, index, "value"])
        : [],
    );
  return isObject(value) ? parsed(value["feature-gates"], [...path, "feature-gates"]) : [];
}

/** Pods that run a component of Kubernetes, such as static Pods. */
function gatesOfPods(object: JsonObject): readonly SetGate[] {
  const template = podTemplateOf(object);
  if (template === undefined) return [];
  return containersOf(template.spec).flatMap(({ container, path }) => {
    const words = ["command", "args"].flatMap((part) => {
      const list = container[part];
      return isArray(list) ? list.map((word, index) => ({ word, at: [part, index] })) : [];
    });
    const [first] = words;
    const program = typeof first?.word === "string" ? (first.word.split("/").at(-1) ?? "") : "";
    if (!components.has(program)) return [];
    return words.flatMap(({ word, at }) => {
      const value = typeof word === "string" ? /^--feature-gates=(.*)$/.exec(word)?.[1] : undefined;
      return value === undefined ? [] : parsed(value, [...template.path, "spec", ...path, ...at]);
    });
  });
}

/** `A=true,B=false`, as k8s.io/component-base cli/flag MapStringBool reads it. */
function parsed(value: Json | undefined, path: JsonPath): readonly SetGate[] {
  if (typeof value !== "string") return [];
  return value.split(",").flatMap((part) => {
    const [name = "", on = ""] = part.split("=").map((word) => word.trim());
    return /^(?:true|false)$/.test(on) ? [{ name, on: on === "true", path }] : [];
  });
}
