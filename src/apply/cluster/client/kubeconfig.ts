export { loadKubeconfig, type KubeconfigOptions } from "./kubeconfig/load-kubeconfig.ts";
export { readKubeconfig } from "./kubeconfig/read-kubeconfig.ts";
