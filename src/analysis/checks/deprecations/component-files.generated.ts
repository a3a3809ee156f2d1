// Made by tools/generate-deprecations.mjs from k8s.io/kubernetes v1.31.14, v1.32.13, v1.33.13, v1.34.4, v1.35.4, v1.36.3, v1.37.2 and its staging modules (register.go of the files of components).
/** group, version, kind, then a bit mask (bit 0 = 1.31) of the minors whose component knows it; what all of them know is left out. */
export type ComponentFileRow = readonly [string, string, string, number];
export const componentFileVersions: readonly ComponentFileRow[] = [
["apiserver.config.k8s.io","v1","AuthenticationConfiguration",120],
["apiserver.config.k8s.io","v1","AuthorizationConfiguration",126],
["apiserver.config.k8s.io","v1","TracingConfiguration",120],
["kubeadm.k8s.io","v1","ClusterConfiguration",64],
["kubeadm.k8s.io","v1","InitConfiguration",64],
["kubeadm.k8s.io","v1","JoinConfiguration",64],
["kubeadm.k8s.io","v1","ResetConfiguration",64],
["kubeadm.k8s.io","v1","UpgradeConfiguration",64],
["kubeadm.k8s.io","v1beta3","ClusterConfiguration",63],
["kubeadm.k8s.io","v1beta3","InitConfiguration",63],
["kubeadm.k8s.io","v1beta3","JoinConfiguration",63],
["kubelet.config.k8s.io","v1beta1","ImagePullIntent",112],
["kubelet.config.k8s.io","v1beta1","ImagePulledRecord",112],
["kubescheduler.config.k8s.io","v1","DynamicResourcesArgs",120],
];
