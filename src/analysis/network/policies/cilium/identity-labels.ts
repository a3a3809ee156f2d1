/** Names of labels that Cilium gives to every pod (cilium pkg/k8s/apis/cilium.io/const.go). */
export const NAMESPACE_LABEL = "io.kubernetes.pod.namespace";
export const NAMESPACE_LABELS_PREFIX = "io.cilium.k8s.namespace.labels.";
export const SERVICE_ACCOUNT_LABEL = "io.cilium.k8s.policy.serviceaccount";
export const CLUSTER_LABEL = "io.cilium.k8s.policy.cluster";

/** Labels of a pod under this prefix are taken off: nobody may write what Cilium itself writes (pkg/k8s/utils RemoveCiliumLabels). */
const OWN_PREFIX = "io.cilium.k8s";

/** What the default filter leaves out of the identity of a pod (pkg/labelsfilter/filter.go defaultLabelPrefixCfg), at the start of the key. */
const leftOut: readonly RegExp[] = [
  /^io\.kubernetes/,
  /^kubernetes\.io/,
  /^statefulset\.kubernetes\.io\/pod-name/,
  /^apps\.kubernetes\.io\/pod-index/,
  /^batch\.kubernetes\.io\/job-completion-index/,
  /^batch\.kubernetes\.io\/controller-uid/,
  /^k8s\.io/,
  /^pod-template-generation/,
  /^pod-template-hash/,
  /^controller-revision-hash/,
  /^controller-uid/,
  /^annotation/,
  /^etcd_node/,
  /^topology\.kubernetes\.io/,
];

const BETA = "beta.kubernetes.io";

/** Does a label of a pod take part in policies of Cilium, with its default filter of labels? */
export function isPodLabelSeen(key: string): boolean {
  // The prefix of the recommended labels is longer than what leaves it out.
  if (key.startsWith("app.kubernetes.io")) return true;
  return !key.startsWith(OWN_PREFIX) && !key.includes(BETA) && !leftOut.some((pattern) => pattern.test(key));
}

const given: ReadonlySet<string> = new Set([NAMESPACE_LABEL, SERVICE_ACCOUNT_LABEL, CLUSTER_LABEL]);

/** Does a label that a selector names take part in policies: of the pod, of its namespace, or one that Cilium gives? */
export function isLabelSeen(key: string): boolean {
  if (given.has(key)) return true;
  return key.startsWith(NAMESPACE_LABELS_PREFIX)
    ? isNamespaceLabelSeen(key.slice(NAMESPACE_LABELS_PREFIX.length))
    : isPodLabelSeen(key);
}

/** The same for a label of its namespace. */
export function isNamespaceLabelSeen(key: string): boolean {
  return !key.includes(BETA);
}
