import type { AccessRequest } from "../model/policy-rule.ts";

interface Part {
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
  /** The rule takes the name of the need, where it has one. */
  readonly named: boolean;
}

/** A job in words, and the requests that it takes. */
export interface NeedRow {
  readonly id: string;
  /** How it is said; NAME and NAMESPACE stand for one word each. */
  readonly says: readonly string[];
  readonly why: string;
  readonly parts: readonly Part[];
}

const see = ["get", "list", "watch"];
const workloads: readonly (readonly [string, string])[] = [
  ["apps", "deployments"],
  ["apps", "statefulsets"],
  ["apps", "daemonsets"],
  ["batch", "cronjobs"],
  ["", "services"],
  ["", "configmaps"],
  ["networking.k8s.io", "ingresses"],
  ["autoscaling", "horizontalpodautoscalers"],
  ["policy", "poddisruptionbudgets"],
];

/** Jobs that are often asked for. None has Secrets, roles or exec, unless it says so. */
export const needRows: readonly NeedRow[] = [
  {
    id: "deploy",
    says: ["deploys to NAMESPACE", "deploys in NAMESPACE"],
    why: "server-side apply takes patch, and create for what is new; waiting for a rollout takes get, list and watch. No delete, no Secrets.",
    parts: [
      ...workloads.map(([group, resource]) => ({
        group,
        resource,
        verbs: ["get", "list", "watch", "create", "patch"],
        named: false,
      })),
      { group: "", resource: "pods", verbs: see, named: false },
      { group: "apps", resource: "replicasets", verbs: see, named: false },
    ],
  },
  {
    id: "deploy-one",
    says: ["deploys NAME to NAMESPACE", "deploys NAME in NAMESPACE"],
    why: "create by name is allowed to server-side apply and to nothing else; watching a rollout takes list and watch without names.",
    parts: [
      { group: "apps", resource: "deployments", verbs: ["get", "create", "patch"], named: true },
      { group: "", resource: "services", verbs: ["get", "create", "patch"], named: true },
      { group: "", resource: "configmaps", verbs: ["get", "create", "patch"], named: true },
      { group: "apps", resource: "deployments", verbs: ["list", "watch"], named: false },
    ],
  },
  {
    id: "set-image",
    says: ["updates NAME in NAMESPACE", "sets the image of NAME in NAMESPACE", "restarts NAME in NAMESPACE"],
    why: "a new image, or a restart, is a patch of the Deployment.",
    parts: [{ group: "apps", resource: "deployments", verbs: ["get", "patch"], named: true }],
  },
  {
    id: "scale",
    says: ["scales NAME in NAMESPACE"],
    why: "scaling is a patch of the subresource scale, which changes nothing else.",
    parts: [{ group: "apps", resource: "deployments/scale", verbs: ["get", "patch"], named: true }],
  },
  {
    id: "read",
    says: ["reads NAMESPACE", "views NAMESPACE"],
    why: "workloads, Services and their state; no Secrets.",
    parts: [
      ...workloads.map(([group, resource]) => ({ group, resource, verbs: see, named: false })),
      { group: "", resource: "pods", verbs: see, named: false },
      { group: "", resource: "events", verbs: see, named: false },
    ],
  },
  {
    id: "logs",
    says: ["reads logs in NAMESPACE", "reads the logs of NAMESPACE"],
    why: "logs are a subresource of pods, whose names are found by list.",
    parts: [
      { group: "", resource: "pods", verbs: ["get", "list"], named: false },
      { group: "", resource: "pods/log", verbs: ["get"], named: false },
    ],
  },
  {
    id: "secret",
    says: ["reads secret NAME in NAMESPACE"],
    why: "get of one Secret by name; list would show all of them.",
    parts: [{ group: "", resource: "secrets", verbs: ["get"], named: true }],
  },
  {
    id: "config",
    says: ["reads config NAME in NAMESPACE", "reads configmap NAME in NAMESPACE"],
    why: "get of one ConfigMap by name.",
    parts: [{ group: "", resource: "configmaps", verbs: ["get"], named: true }],
  },
  {
    id: "jobs",
    says: ["runs jobs in NAMESPACE"],
    why: "a Job is created without a name in the request. Who can create Jobs can run as every ServiceAccount of the namespace.",
    parts: [
      { group: "batch", resource: "jobs", verbs: ["get", "list", "watch", "create", "delete"], named: false },
      { group: "", resource: "pods", verbs: see, named: false },
      { group: "", resource: "pods/log", verbs: ["get"], named: false },
    ],
  },
  {
    id: "leader",
    says: ["elects leader NAME in NAMESPACE"],
    why: "leader election creates one Lease and renews it.",
    parts: [
      { group: "coordination.k8s.io", resource: "leases", verbs: ["create"], named: false },
      { group: "coordination.k8s.io", resource: "leases", verbs: ["get", "update", "patch"], named: true },
    ],
  },
];

export interface NeedFound {
  readonly row: NeedRow;
  readonly requests: readonly AccessRequest[];
}

const word = "([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)";

/** The requests of a job in words; undefined for a job that no row knows. */
export function needOf(sentence: string): NeedFound | undefined {
  const said = sentence.trim().toLowerCase().replaceAll(/\s+/g, " ");
  if (said.length > 500) return undefined;
  for (const row of needRows) {
    for (const form of row.says) {
      const order = [...form.matchAll(/NAMESPACE|NAME/g)].map(([one]) => one);
      const match = new RegExp(`^${form.replaceAll(/NAMESPACE|NAME/g, word)}$`).exec(said);
      if (match === null) continue;
      const namespace = match[order.indexOf("NAMESPACE") + 1] ?? "";
      const name = order.includes("NAME") ? (match[order.indexOf("NAME") + 1] ?? "") : "";
      return { row, requests: row.parts.flatMap((part) => requestsOf(part, namespace, name)) };
    }
  }
  return undefined;
}

function requestsOf(part: Part, namespace: string, name: string): readonly AccessRequest[] {
  const [resource = "", subresource = ""] = part.resource.split("/");
  return part.verbs.map((verb) => ({
    kind: "resource",
    verb,
    group: part.group,
    resource,
    subresource,
    namespace,
    name: part.named ? name : "",
  }));
}
