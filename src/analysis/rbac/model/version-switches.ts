/** What the answer depends on beside the objects: one row for each behaviour that a minor version changed. */
export interface VersionSwitch {
  readonly id: string;
  readonly what: string;
  /** First minor of Kubernetes 1 in which it holds by default, and the last one. */
  readonly from?: number;
  readonly until?: number;
  readonly source: string;
}

export const versionSwitches: Readonly<Record<VersionSwitchName, VersionSwitch>> = {
  execByGet: {
    id: "exec-by-get",
    what: "get on pods/exec, pods/attach and pods/portforward is enough to use them over a WebSocket",
    until: 34,
    source:
      "kubernetes pkg/features/kube_features.go (AuthorizePodWebsocketUpgradeCreatePermission, beta and on in 1.35)",
  },
  constrainedImpersonation: {
    id: "constrained-impersonation",
    what: "impersonate:MODE together with impersonate-on:MODE:VERB lets a subject act as another for those verbs",
    from: 36,
    source: "kubernetes-sigs KEP-5284; apiserver pkg/features/kube_features.go (beta and on in 1.36)",
  },
  kubeletFineGrained: {
    id: "kubelet-fine-grained",
    what: "the kubelet asks for nodes/metrics, stats, log, healthz, pods and configz before it asks for nodes/proxy",
    from: 33,
    source:
      "KEP-2862; kubernetes pkg/features/kube_features.go (KubeletFineGrainedAuthz, beta and on in 1.33, GA 1.36)",
  },
};

export type VersionSwitchName = "execByGet" | "constrainedImpersonation" | "kubeletFineGrained";

/** Whether a behaviour holds in a minor of Kubernetes 1, with default feature gates. */
export function holdsIn(name: VersionSwitchName, minor: number): boolean {
  const row: VersionSwitch = versionSwitches[name];
  return (row.from === undefined || minor >= row.from) && (row.until === undefined || minor <= row.until);
}
