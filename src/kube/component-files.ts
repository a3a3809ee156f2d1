import { groupVersion } from "./object-key.ts";

/** API groups of files that components read at their start; the API server serves none of them. */
const groups: ReadonlySet<string> = new Set([
  "apiserver.config.k8s.io",
  "apiserver.k8s.io",
  "audit.k8s.io",
  "client.authentication.k8s.io",
  "controllermanager.config.k8s.io",
  "kubeadm.k8s.io",
  "kubecontrollermanager.config.k8s.io",
  "kubelet.config.k8s.io",
  "kubeproxy.config.k8s.io",
  "kubescheduler.config.k8s.io",
  "pod-security.admission.config.k8s.io",
]);

/** Is an object of this apiVersion a file for a component: an audit policy, the configuration of a kubelet? */
export function isComponentFile(apiVersion: string): boolean {
  return groups.has(groupVersion(apiVersion).group);
}
