/** Versions of the files that a component reads, of which something is to be said besides which minors know them. */
export interface ComponentFileRow {
  readonly group: string;
  readonly versions: readonly string[];
  /** The minor from which the component warns of it. */
  readonly deprecated?: number;
  /** The first minor whose component does not read it. */
  readonly removed?: number;
  /** Minors whose component knows it and refuses it all the same, as not ready. */
  readonly experimental?: readonly number[];
  /** The version to write instead. */
  readonly replacement: string;
  /** How to come to it. */
  readonly note?: string;
  readonly source: string;
}

/** Which component reads the files of a group. */
const readers: Readonly<Record<string, string>> = {
  "apiserver.config.k8s.io": "kube-apiserver",
  "apiserver.k8s.io": "kube-apiserver",
  "audit.k8s.io": "kube-apiserver",
  "kubeadm.k8s.io": "kubeadm",
  "kubelet.config.k8s.io": "the kubelet",
  "kubeproxy.config.k8s.io": "kube-proxy",
  "kubescheduler.config.k8s.io": "kube-scheduler",
  "pod-security.admission.config.k8s.io": "kube-apiserver",
};

/** The component that reads the files of a group. */
export function readerOf(group: string): string {
  return readers[group] ?? "the component";
}

const kubeadm = "k8s.io/kubernetes cmd/kubeadm/app/util/config/common.go (validateSupportedVersion)";
const scheduler = "k8s.io/kube-scheduler config of each minor";
export const componentFileRows: readonly ComponentFileRow[] = [
  {
    group: "kubeadm.k8s.io",
    versions: ["v1alpha1", "v1alpha2", "v1alpha3"],
    removed: 15,
    replacement: "v1beta4",
    note: "no kubeadm of today reads it: write the file anew, from kubeadm config print init-defaults",
    source: kubeadm,
  },
  {
    group: "kubeadm.k8s.io",
    versions: ["v1beta1"],
    deprecated: 15,
    removed: 22,
    replacement: "v1beta4",
    note: "write the file anew, from kubeadm config print init-defaults",
    source: kubeadm,
  },
  {
    group: "kubeadm.k8s.io",
    versions: ["v1beta2"],
    deprecated: 22,
    removed: 27,
    replacement: "v1beta4",
    note: "write the file anew, from kubeadm config print init-defaults",
    source: kubeadm,
  },
  {
    group: "kubeadm.k8s.io",
    versions: ["v1beta3"],
    deprecated: 31,
    removed: 37,
    replacement: "v1beta4",
    note: "kubeadm config migrate of a kubeadm from 1.31 to 1.36 rewrites the file; extraArgs become a list of name and value, and timeouts stand in InitConfiguration and JoinConfiguration",
    source: `${kubeadm}; apis/kubeadm/v1beta4/doc.go`,
  },
  {
    group: "kubeadm.k8s.io",
    versions: ["v1"],
    experimental: [37],
    replacement: "v1beta4",
    note: "only kubeadm config migrate and validate take it, with --allow-experimental-api",
    source: kubeadm,
  },
  {
    group: "audit.k8s.io",
    versions: ["v1alpha1", "v1beta1"],
    deprecated: 21,
    removed: 24,
    replacement: "v1",
    note: "the rules of a Policy stay as they are",
    source:
      "k8s.io/apiserver pkg/audit/policy/reader.go of 1.21 (#98858) and pkg/apis/audit of 1.24 (#108092)",
  },
  {
    group: "kubescheduler.config.k8s.io",
    versions: ["v1alpha1", "v1alpha2"],
    removed: 19,
    replacement: "v1",
    note: "plugins and their arguments stand under profiles",
    source: scheduler,
  },
  {
    group: "kubescheduler.config.k8s.io",
    versions: ["v1beta1"],
    removed: 23,
    replacement: "v1",
    source: scheduler,
  },
  {
    group: "kubescheduler.config.k8s.io",
    versions: ["v1beta2"],
    deprecated: 25,
    removed: 28,
    replacement: "v1",
    source: `${scheduler}; KEP-785`,
  },
  {
    group: "kubescheduler.config.k8s.io",
    versions: ["v1beta3"],
    deprecated: 26,
    removed: 29,
    replacement: "v1",
    source: `${scheduler}; KEP-785`,
  },
];
