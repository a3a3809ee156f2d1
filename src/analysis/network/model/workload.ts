import type { JsonObject } from "../../../kube/json.ts";
import type { Labels } from "../../../kube/selector.ts";
import type { Protocol } from "../sets/port-space.ts";

export interface ContainerPort {
  readonly protocol: Protocol;
  readonly port: number;
  readonly name: string;
  readonly hostPort: number | undefined;
}

/** Pods that are alike for every policy: those of one controller, or one Pod. */
export interface Workload {
  readonly namespace: string;
  /** Kind of the controller, or Pod. */
  readonly kind: string;
  readonly name: string;
  readonly labels: Labels;
  readonly ports: readonly ContainerPort[];
  /** Its Pods use the network of their nodes: policies neither select them nor see them as pods. */
  readonly hostNetwork: boolean;
  /** Name of its ServiceAccount; `default` where none is written, as the API server sets it. */
  readonly serviceAccount: string;
  /** Known addresses of its Pods. */
  readonly ips: readonly string[];
  /** The object that it was read from. */
  readonly object: JsonObject;
}

export interface NamespaceModel {
  readonly name: string;
  /** With `kubernetes.io/metadata.name`, which the API server sets. */
  readonly labels: Labels;
  /** False where objects use it and none declares it: then its other labels are not known. */
  readonly declared: boolean;
}

/** `shop/web`; with its kind where two workloads of the namespace share the name. */
export function workloadId(workload: Workload): string {
  return `${workload.namespace}/${workload.kind}/${workload.name}`;
}
