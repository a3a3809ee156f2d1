import { resourceOf, scopeOf, versionsOf } from "../../../kube/catalogue/catalogue.ts";
import {
  isArray,
  isObject,
  type Json,
  type JsonObject,
  type JsonPath,
  pathText,
  valueAt,
} from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { podTemplateOf } from "../../../kube/pod-template.ts";
import { walk } from "../references.ts";
import { added, anyChange, deployment, type Detected, example, taken, type WideningRow } from "./row.ts";

const admission = "admissionregistration.k8s.io";
const kubernetes = "kubernetes/website:content/en/docs";

/** A text field of the Pods' spec that names something of the cluster. */
function podField(field: string, what: string): (object: JsonObject) => readonly Detected[] {
  return (object) => {
    const template = podTemplateOf(object);
    const value = template === undefined ? undefined : valueAt(template.spec, [field]);
    return template === undefined || typeof value !== "string" || value === ""
      ? []
      : [
          {
            path: pathText([...template.path, "spec", field]),
            detail: `uses ${what} ${value}`,
            subject: value,
          },
        ];
  };
}

function hostPaths(object: JsonObject): readonly Detected[] {
  const found: Detected[] = [];
  walk(object, "", (member, value, path) => {
    // A PersistentVolume's `local` is a path of a node as well.
    const isLocal = member === "local" && objectKey(object).kind === "PersistentVolume";
    if ((member === "hostPath" || isLocal) && isObject(value)) {
      const host = valueAt(value, ["path"]);
      found.push({ path, detail: `reaches ${typeof host === "string" ? host : "a path"} of the node` });
    }
  });
  return found;
}

/** Claims on a certain volume or its data: of a claim, and of every template of claims (StatefulSets, ephemeral volumes). */
function boundVolume(object: JsonObject): readonly Detected[] {
  const key = objectKey(object);
  const found: Detected[] = [];
  const look = (claim: Json, path: string): void => {
    const name = valueAt(claim, ["spec", "volumeName"]);
    if (typeof name === "string" && name !== "")
      found.push({ path: `${path}spec.volumeName`, detail: `takes PersistentVolume ${name}`, subject: name });
    if (valueAt(claim, ["spec", "selector"]) !== undefined)
      found.push({ path: `${path}spec.selector`, detail: "chooses PersistentVolumes by label" });
    for (const member of ["dataSource", "dataSourceRef"]) {
      const source = valueAt(claim, ["spec", member, "name"]);
      const from = valueAt(claim, ["spec", member, "namespace"]);
      if (typeof source !== "string") continue;
      const subject = typeof from === "string" && from !== "" ? `${from}/${source}` : source;
      found.push({ path: `${path}spec.${member}`, detail: `starts with the data of ${subject}`, subject });
    }
  };
  if (key.group === "" && key.kind === "PersistentVolumeClaim") look(object, "");
  walk(object, "", (member, value, path) => {
    if (member === "volumeClaimTemplate") look(value, `${path}.`);
    if (member !== "volumeClaimTemplates" || !isArray(value)) return;
    for (const [index, claim] of value.entries()) look(claim, `${path}[${index}].`);
  });
  return found;
}

function placement(object: JsonObject): readonly Detected[] {
  const template = podTemplateOf(object);
  if (template === undefined) return [];
  const found: Detected[] = [];
  const node = valueAt(template.spec, ["nodeName"]);
  if (typeof node === "string" && node !== "") {
    found.push({
      path: pathText([...template.path, "spec", "nodeName"]),
      detail: `runs on node ${node}`,
      subject: node,
    });
  }
  const scheduler = valueAt(template.spec, ["schedulerName"]);
  if (typeof scheduler === "string" && scheduler !== "" && scheduler !== "default-scheduler") {
    found.push({
      path: pathText([...template.path, "spec", "schedulerName"]),
      detail: `is placed by ${scheduler}`,
      subject: scheduler,
    });
  }
  const tolerations = valueAt(template.spec, ["tolerations"]);
  for (const toleration of isArray(tolerations) ? tolerations : []) {
    const key = valueAt(toleration, ["key"]);
    const taint = typeof key === "string" && key !== "" ? key : "every taint";
    found.push({
      path: pathText([...template.path, "spec", "tolerations"]),
      detail: `may run on nodes with ${taint}`,
      subject: taint,
    });
  }
  return found;
}

function metadataList(
  member: string,
  what: (item: JsonObject | string) => string,
): (object: JsonObject) => readonly Detected[] {
  return (object) => {
    const template = podTemplateOf(object);
    const paths: readonly JsonPath[] = [
      ["metadata", member],
      ...(template === undefined || template.path.length === 0
        ? []
        : [[...template.path, "metadata", member]]),
    ];
    return paths.flatMap((path) => {
      const items = valueAt(object, path);
      return (isArray(items) ? items : []).flatMap((item) =>
        typeof item === "string" || isObject(item) ? [{ path: pathText(path), detail: what(item) }] : [],
      );
    });
  };
}

const owners = metadataList("ownerReferences", (item) => {
  const kind = valueAt(item, ["kind"]);
  const name = valueAt(item, ["name"]);
  return `is deleted with ${typeof kind === "string" ? kind : "an object"} ${typeof name === "string" ? name : ""}`.trim();
});
const finalizers = metadataList(
  "finalizers",
  (item) => `waits for finalizer ${typeof item === "string" ? item : "?"}`,
);

/** Kinds with a row of their own, or harmless without one; every other cluster-scoped kind is in the row cluster-scoped. */
const clusterKindsWithRow: readonly string[] = [
  "/Namespace",
  "/PersistentVolume",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  `${admission}/ValidatingWebhookConfiguration`,
  `${admission}/MutatingWebhookConfiguration`,
  `${admission}/ValidatingAdmissionPolicy`,
  `${admission}/ValidatingAdmissionPolicyBinding`,
  `${admission}/MutatingAdmissionPolicy`,
  `${admission}/MutatingAdmissionPolicyBinding`,
  "apiextensions.k8s.io/CustomResourceDefinition",
  "apiregistration.k8s.io/APIService",
  "scheduling.k8s.io/PriorityClass",
  "node.k8s.io/RuntimeClass",
  "networking.k8s.io/IngressClass",
];

const pods: JsonObject = deployment({ containers: [] });
const claim: JsonObject = example("v1", "PersistentVolumeClaim", { spec: {} });

export const clusterRows: readonly WideningRow[] = [
  {
    id: "webhook",
    title: "An admission webhook",
    why: "It sees and may change every object that it registers for, Secrets included; taking one away takes a guard away.",
    source: `${kubernetes}/concepts/security/rbac-good-practices.md (Control admission webhooks)`,
    detect: anyChange([
      `${admission}/ValidatingWebhookConfiguration`,
      `${admission}/MutatingWebhookConfiguration`,
    ]),
    positive: { before: null, after: example(`${admission}/v1`, "MutatingWebhookConfiguration") },
    negative: { before: null, after: pods },
  },
  {
    id: "admission-policy",
    title: "An admission policy or its binding",
    why: "It refuses or changes objects of others; taking one away takes a guard away.",
    source: `${kubernetes}/reference/access-authn-authz/validating-admission-policy.md`,
    detect: anyChange([
      `${admission}/ValidatingAdmissionPolicy`,
      `${admission}/ValidatingAdmissionPolicyBinding`,
      `${admission}/MutatingAdmissionPolicy`,
      `${admission}/MutatingAdmissionPolicyBinding`,
    ]),
    positive: { before: null, after: example(`${admission}/v1`, "ValidatingAdmissionPolicyBinding") },
    negative: { before: null, after: pods },
  },
  {
    id: "quota",
    title: "A ResourceQuota or LimitRange is changed or removed",
    why: "What it held back may take the resources of others.",
    source: `${kubernetes}/concepts/policy/resource-quotas.md`,
    detect: (change) =>
      change.operation === "create"
        ? []
        : anyChange(["/ResourceQuota", "/LimitRange"])(change, { before: [], after: [] }),
    positive: { before: example("v1", "ResourceQuota", { spec: { hard: { pods: "1" } } }), after: null },
    negative: { before: null, after: example("v1", "ResourceQuota", { spec: { hard: { pods: "1" } } }) },
  },
  {
    id: "crd",
    title: "A CustomResourceDefinition",
    why: "It brings a kind to the whole cluster; taking it away deletes every object of the kind.",
    source: `${kubernetes}/tasks/extend-kubernetes/custom-resources/custom-resource-definitions.md`,
    detect: anyChange(["apiextensions.k8s.io/CustomResourceDefinition"]),
    positive: { before: null, after: example("apiextensions.k8s.io/v1", "CustomResourceDefinition") },
    negative: { before: null, after: pods },
  },
  {
    id: "apiservice",
    title: "An APIService",
    why: "It sends requests for a whole API group to another server, with the credentials that come with them.",
    source: `${kubernetes}/concepts/extend-kubernetes/api-extension/apiserver-aggregation.md`,
    detect: anyChange(["apiregistration.k8s.io/APIService"]),
    positive: { before: null, after: example("apiregistration.k8s.io/v1", "APIService") },
    negative: { before: null, after: pods },
  },
  {
    id: "pv",
    title: "A PersistentVolume, or a claim on a certain volume or data",
    why: "It reaches storage of nodes or of others.",
    source: `${kubernetes}/concepts/security/rbac-good-practices.md (Persistent volume creation)`,
    detect: (change, folder) => [
      ...anyChange(["/PersistentVolume"])(change, folder),
      ...added(change, boundVolume),
    ],
    positive: {
      before: null,
      after: example("v1", "PersistentVolumeClaim", { spec: { volumeName: "pv1" } }),
    },
    negative: { before: null, after: claim },
  },
  {
    id: "hostpath",
    title: "A path of the node",
    why: "Files of the node are its credentials and its other Pods.",
    source: `${kubernetes}/concepts/storage/volumes.md (hostPath)`,
    detect: (change) => added(change, hostPaths),
    positive: { before: null, after: deployment({ volumes: [{ name: "v", hostPath: { path: "/" } }] }) },
    negative: { before: null, after: deployment({ volumes: [{ name: "v", emptyDir: {} }] }) },
  },
  {
    id: "priority-class",
    title: "A PriorityClass, or its use",
    why: "Pods of higher priority push others off their nodes.",
    source: `${kubernetes}/concepts/scheduling-eviction/pod-priority-preemption.md`,
    detect: (change, folder) => [
      ...anyChange(["scheduling.k8s.io/PriorityClass"])(change, folder),
      ...added(change, podField("priorityClassName", "PriorityClass")),
    ],
    positive: { before: null, after: deployment({ priorityClassName: "system-node-critical" }) },
    negative: { before: null, after: pods },
  },
  {
    id: "runtime-class",
    title: "A RuntimeClass, or its use",
    why: "It chooses how containers are kept apart from the node.",
    source: `${kubernetes}/concepts/containers/runtime-class.md`,
    detect: (change, folder) => [
      ...anyChange(["node.k8s.io/RuntimeClass"])(change, folder),
      ...added(change, podField("runtimeClassName", "RuntimeClass")),
    ],
    positive: { before: null, after: deployment({ runtimeClassName: "kata" }) },
    negative: { before: null, after: pods },
  },
  {
    id: "node-placement",
    title: "A certain node, nodes that are kept free of others, or another scheduler",
    why: "Pods beside the control plane or past the scheduler's checks.",
    source: `${kubernetes}/concepts/scheduling-eviction/assign-pod-node.md (nodeName); taint-and-toleration.md`,
    detect: (change) => added(change, placement),
    positive: { before: null, after: deployment({ tolerations: [{ operator: "Exists" }] }) },
    negative: { before: null, after: deployment({ nodeSelector: { disk: "ssd" } }) },
  },
  {
    id: "owner-reference",
    title: "An owner of the object",
    why: "The garbage collector deletes what has no owner left; the owner's controller takes the object over.",
    source: `${kubernetes}/concepts/architecture/garbage-collection.md`,
    detect: (change) => [...added(change, owners), ...taken(change, owners)],
    positive: {
      before: null,
      after: example("v1", "ConfigMap", {}, { ownerReferences: [{ kind: "Pod", name: "p" }] }),
    },
    negative: { before: null, after: example("v1", "ConfigMap") },
  },
  {
    id: "finalizer",
    title: "A finalizer",
    why: "It holds up a deletion for ever, or lets one through that something waits for.",
    source: `${kubernetes}/concepts/overview/working-with-objects/finalizers.md`,
    detect: (change) => [...added(change, finalizers), ...taken(change, finalizers)],
    positive: {
      before: example("v1", "ConfigMap", {}, { finalizers: ["a/b"] }),
      after: example("v1", "ConfigMap"),
    },
    negative: { before: null, after: example("v1", "ConfigMap") },
  },
  {
    id: "cluster-scoped",
    title: "A cluster-scoped kind without a row of its own",
    why: "It stands in no namespace, so that no namespace of the charter bounds it.",
    source: `${kubernetes}/concepts/overview/working-with-objects/namespaces.md`,
    detect: (change, folder) => {
      const kind = `${change.key.group}/${change.key.kind}`;
      return scopeOf(change.key.group, change.key.kind) === "cluster" && !clusterKindsWithRow.includes(kind)
        ? anyChange([kind])(change, folder)
        : [];
    },
    positive: { before: null, after: example("storage.k8s.io/v1", "StorageClass") },
    negative: { before: null, after: example("v1", "Namespace") },
  },
  {
    id: "unknown-kind",
    title: "A kind, or a version of one, that Kubernetes does not serve",
    why: "What a controller makes of it is not known.",
    source: "the catalogue of this program (kube/catalogue)",
    detect: (change, folder) => {
      const { key } = change;
      if (resourceOf(key) !== undefined) return [];
      const known = versionsOf(key.group, key.kind).length > 0;
      return anyChange([`${key.group}/${key.kind}`])(change, folder).map((found) => ({
        ...found,
        detail: known
          ? `${found.detail}; no known version of Kubernetes serves ${key.version}`
          : `${found.detail}; its kind is not known`,
      }));
    },
    positive: { before: null, after: example("example.org/v1", "Widget") },
    negative: { before: null, after: pods },
  },
];
