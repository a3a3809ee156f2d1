import { isObject, type JsonObject, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { podTemplateOf } from "../../../kube/pod-template.ts";
import { podSecurityLevelOf } from "../../../analysis/checks/pod-security/pod-security.ts";
import { added, deployment, type Detected, example, taken, type WideningRow } from "./row.ts";

/** Labels by which a namespace chooses its Pod Security level (pod-security-admission api/constants.go). */
export const POD_SECURITY_LABEL = "pod-security.kubernetes.io/";

function labels(object: JsonObject, wanted: (label: string) => boolean): readonly Detected[] {
  const key = objectKey(object);
  if (key.group !== "" || key.kind !== "Namespace") return [];
  const written = valueAt(object, ["metadata", "labels"]);
  if (!isObject(written)) return [];
  return Object.entries(written)
    .filter(([label]) => wanted(label))
    .map(([label, value]) => ({
      path: `metadata.labels[${JSON.stringify(label)}]`,
      detail: `${label.startsWith(POD_SECURITY_LABEL) ? label.slice(POD_SECURITY_LABEL.length) : label}=${typeof value === "string" ? value : "?"}`,
      subject: label,
    }));
}

function podSecurityLabels(object: JsonObject): readonly Detected[] {
  return labels(object, (label) => label.startsWith(POD_SECURITY_LABEL));
}

/** The API server writes this one itself, and nothing else can be written there (NamespaceDefaultLabelName). */
function otherLabels(object: JsonObject): readonly Detected[] {
  return labels(
    object,
    (label) => !label.startsWith(POD_SECURITY_LABEL) && label !== "kubernetes.io/metadata.name",
  );
}

function gone(found: readonly Detected[]): readonly Detected[] {
  return found.map(({ detail, ...rest }) => ({ ...rest, detail: `no more ${detail}` }));
}

function namespace(marks: JsonObject): JsonObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", labels: marks } };
}

/** Rows that need to know which version of the Pod Security Standards counts. */
export function podSecurityRows(minor: number): readonly WideningRow[] {
  return [
    {
      id: "pod-security-level",
      title: "Pods that do not pass the level restricted",
      why: "The charter's podSecurity says how far Pods may go; this row is decided by it alone.",
      source: "kubernetes/website:content/en/docs/concepts/security/pod-security-standards.md",
      detect: (change) =>
        added(change, (object) => {
          const level =
            podTemplateOf(object) === undefined ? "restricted" : podSecurityLevelOf(object, minor);
          return level === "restricted"
            ? []
            : [{ path: "", detail: `needs Pod Security ${level}`, subject: level }];
        }),
      positive: { before: null, after: deployment({ hostNetwork: true, containers: [] }) },
      negative: { before: null, after: example("v1", "ConfigMap") },
    },
  ];
}

export const namespaceRows: readonly WideningRow[] = [
  {
    id: "pod-security-label",
    title: "Pod Security labels of a namespace",
    why: "They decide which Pods everybody may run in the namespace.",
    source: "kubernetes/website:content/en/docs/concepts/security/pod-security-admission.md",
    detect: (change) => [...added(change, podSecurityLabels), ...gone(taken(change, podSecurityLabels))],
    positive: { before: null, after: namespace({ "pod-security.kubernetes.io/enforce": "privileged" }) },
    negative: { before: null, after: namespace({ team: "a" }) },
  },
  {
    id: "namespace-label",
    title: "Other labels of a namespace",
    why: "NetworkPolicies, admission policies and webhooks of others select namespaces by them.",
    source:
      "kubernetes/website:content/en/docs/concepts/services-networking/network-policies.md (Targeting multiple namespaces by label)",
    detect: (change) => [...added(change, otherLabels), ...gone(taken(change, otherLabels))],
    positive: { before: namespace({ team: "a" }), after: namespace({}) },
    negative: { before: null, after: namespace({ "kubernetes.io/metadata.name": "shop" }) },
  },
];
