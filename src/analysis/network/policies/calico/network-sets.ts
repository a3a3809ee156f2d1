import { isObject, type Json, type JsonObject, textMap, valueAt } from "../../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../../kube/object-key.ts";
import type { Labels } from "../../../../kube/selector.ts";
import type { NamespaceModel } from "../../model/workload.ts";
import { type IpSet, noIps, unionIps } from "../../sets/ip-set.ts";
import type { PolicyReader } from "../reading.ts";
import { readNets } from "./nets.ts";
import { type CalicoSelector, matchesCalico } from "./selector.ts";
import { NAME_LABEL, NAMESPACE_LABEL, NAMESPACE_PREFIX } from "./selector-terms.ts";

/** A NetworkSet or GlobalNetworkSet: addresses with labels, which selectors of peers find like pods. */
export interface NetworkSetModel {
  /** With those that Calico gives it: the name of its namespace, and the labels of that. */
  readonly labels: Labels;
  readonly ips: IpSet;
}

/** Reads one (updateprocessors/networksetprocessor.go, globalnetworksetprocessor.go). */
export function readNetworkSet(
  reader: PolicyReader,
  namespaces: ReadonlyMap<string, NamespaceModel>,
): NetworkSetModel {
  const { object } = reader;
  const labels: Record<string, string> = { ...calicoMetadata(object).labels };
  if (objectKey(object).kind === "NetworkSet") {
    const namespace = namespaceOf(object);
    for (const [key, value] of Object.entries(namespaces.get(namespace)?.labels ?? {}))
      inherit(labels, NAMESPACE_PREFIX + key, value);
    inherit(labels, NAMESPACE_PREFIX + NAME_LABEL, namespace);
    labels[NAMESPACE_LABEL] = namespace;
  }
  return { labels, ips: readNets(reader, ["spec", "nets"]) ?? noIps };
}

/** What something has itself counts before what it inherits (felix/labelindex, itemData.GetHandle). */
function inherit(labels: Record<string, string>, key: string, value: string): void {
  if (!Object.hasOwn(labels, key)) labels[key] = value;
}

/** The addresses of the sets that a selector finds. */
export function addressesOf(selector: CalicoSelector, sets: readonly NetworkSetModel[]): IpSet {
  return unionIps(sets.filter(({ labels }) => matchesCalico(selector, labels)).map(({ ips }) => ips));
}

export interface CalicoMetadata {
  readonly name: string;
  readonly labels: Labels;
}

/**
 * Name and labels. Calico keeps those of its crd.projectcalico.org/v1 objects in an annotation, and the name of a policy
 * of the default tier with a prefix (libcalico-go/lib/backend/k8s/resources/resources.go, ConvertK8sResourceToCalicoResource).
 */
export function calicoMetadata(object: JsonObject): CalicoMetadata {
  const { group, name } = objectKey(object);
  const labels = textMap(valueAt(object, ["metadata", "labels"]));
  const kept = valueAt(object, ["metadata", "annotations", "projectcalico.org/metadata"]);
  if (group !== "crd.projectcalico.org" || typeof kept !== "string") return { name, labels };
  const metadata = parsed(kept);
  const tier = valueAt(object, ["spec", "tier"]) ?? "default";
  return {
    name:
      typeof metadata["name"] === "string" && metadata["name"] !== ""
        ? metadata["name"]
        : tier === "default" || tier === ""
          ? name.replace(/^default\./, "")
          : name,
    labels: { ...labels, ...textMap(metadata["labels"]) },
  };
}

function parsed(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : {};
  } catch {
    // Somebody else wrote it: the object counts as one that Calico did not write.
    return {};
  }
}
