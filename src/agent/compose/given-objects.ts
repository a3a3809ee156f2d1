import { isObject, type Json, type JsonObject, valueAt } from "../../kube/json.ts";
import { policyTypesOf } from "../../kube/defaults/with-defaults.ts";
import { objectKey } from "../../kube/object-key.ts";
import { podTemplateOf } from "../../kube/pod-template.ts";
import { matchesLabels } from "../../kube/selector.ts";

/** A given object that runs Pods, and what selects them. */
export interface GivenWorkload {
  readonly object: JsonObject;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The labels that its own selector names; of a Pod all its labels. */
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly port: number; readonly name?: string; readonly protocol: string }[];
}

/** The given objects of a name that run Pods. */
export function workloadsNamed(objects: readonly JsonObject[], name: string): readonly GivenWorkload[] {
  return objects.flatMap((object) => {
    const key = objectKey(object);
    const template = key.name === name ? podTemplateOf(object) : undefined;
    if (template === undefined) return [];
    const matched = texts(valueAt(object, ["spec", "selector", "matchLabels"]));
    const selector = Object.keys(matched).length > 0 ? matched : { ...template.labels };
    const containers = valueAt(template.spec, ["containers"]);
    const ports = (Array.isArray(containers) ? (containers as readonly Json[]) : []).flatMap((container) => {
      const list = valueAt(container, ["ports"]);
      return (Array.isArray(list) ? (list as readonly Json[]) : []).flatMap(portOf);
    });
    return [{ object, name, namespace: key.namespace, labels: template.labels, selector, ports }];
  });
}

function portOf(port: Json): GivenWorkload["ports"] {
  if (!isObject(port) || typeof port["containerPort"] !== "number") return [];
  const { containerPort, name, protocol } = port;
  return [
    {
      port: containerPort,
      protocol: typeof protocol === "string" ? protocol : "TCP",
      ...(typeof name === "string" ? { name } : {}),
    },
  ];
}

/** Given NetworkPolicies that select a workload's Pods for a direction. */
export function policiesOn(
  objects: readonly JsonObject[],
  workload: GivenWorkload,
  direction: "Ingress" | "Egress",
): readonly JsonObject[] {
  return objects.filter((object) => {
    const key = objectKey(object);
    if (key.group !== "networking.k8s.io" || key.kind !== "NetworkPolicy") return false;
    const spec = valueAt(object, ["spec"]);
    if (!isObject(spec) || !policyTypesOf(spec).includes(direction)) return false;
    const selector = valueAt(spec, ["podSelector"]);
    return key.namespace === workload.namespace && matchesLabels(selector, workload.labels);
  });
}

export function texts(value: Json | undefined): Readonly<Record<string, string>> {
  const entries = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
