// Where the packages of one Kubernetes minor lie in the Go module cache.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { moduleFolder } from "../catalogue/go-modules.mjs";

/** Modules of the staging area of Kubernetes that hold types of objects or of component files. */
const staging = [
  "k8s.io/api",
  "k8s.io/apimachinery",
  "k8s.io/apiextensions-apiserver",
  "k8s.io/kube-aggregator",
  "k8s.io/apiserver",
  "k8s.io/component-base",
  "k8s.io/kubelet",
  "k8s.io/kube-scheduler",
  "k8s.io/kube-proxy",
  "k8s.io/pod-security-admission",
];

/**
 * Folders of the modules of a Kubernetes version by module path, or a text that says why not. A version that was
 * never published for one of the side modules is left out of it.
 */
export function stagingModules(kubernetes, cachedOnly) {
  const folders = new Map([["k8s.io/kubernetes", kubernetes.folder]]);
  for (const path of staging) {
    const { folder, why } = moduleFolder(`${path}@v0.${kubernetes.version.slice(2)}`, cachedOnly);
    if (folder !== undefined) folders.set(path, folder);
    else if (!optional.has(path)) return why;
  }
  return folders;
}

/** Published without 0.31.14; their older minors are described by the next one. */
const optional = new Set(["k8s.io/kube-scheduler", "k8s.io/kube-proxy"]);

/** Folder of a Go import path among the modules. */
export function packageFolder(folders, importPath) {
  let best;
  for (const [path, folder] of folders) {
    if (importPath === path || importPath.startsWith(`${path}/`)) {
      if (best === undefined || path.length > best.path.length) best = { path, folder };
    }
  }
  return best === undefined ? undefined : join(best.folder, importPath.slice(best.path.length + 1));
}

/** Import paths of the packages with types of API objects. */
export function apiPackages(folders) {
  const found = [];
  const api = folders.get("k8s.io/api");
  for (const group of readdirSync(api, { withFileTypes: true })) {
    if (!group.isDirectory()) continue;
    for (const version of readdirSync(join(api, group.name), { withFileTypes: true })) {
      if (version.isDirectory() && /^v[0-9]+(?:(?:alpha|beta)[0-9]+)?$/.test(version.name))
        found.push(`k8s.io/api/${group.name}/${version.name}`);
    }
  }
  return [
    ...found.sort(),
    "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1",
    "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1",
  ];
}

/** Packages of files that components read at their start, never sent to the API server. */
export const componentPackages = [
  "k8s.io/apiserver/pkg/apis/audit/v1",
  "k8s.io/apiserver/pkg/apis/apiserver/v1",
  "k8s.io/apiserver/pkg/apis/apiserver/v1beta1",
  "k8s.io/apiserver/pkg/apis/apiserver/v1alpha1",
  "k8s.io/kubelet/config/v1beta1",
  "k8s.io/kubelet/config/v1",
  "k8s.io/kube-scheduler/config/v1",
  "k8s.io/kube-proxy/config/v1alpha1",
  "k8s.io/pod-security-admission/admission/api/v1",
  "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/v1beta3",
  "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/v1beta4",
  "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/v1",
];
