export { loadKubeconfig, type KubeconfigOptions } from "./kubeconfig/load-kubeconfig.ts";
export { readKubeconfig, readKubeconfigFile } from "./kubeconfig/read-kubeconfig.ts";
