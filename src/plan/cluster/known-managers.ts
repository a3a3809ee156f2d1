import { isArray, isObject, type JsonObject, valueAt } from "../../kube/json.ts";
import type { ManagedEntry } from "./managed-fields.ts";

/** Managers of the control plane: what they own beside the status belongs to the API's own machinery. */
const controlPlane: readonly {
  readonly manager: string;
  readonly owns: string;
  readonly source: string;
}[] = [
  {
    manager: "kube-controller-manager",
    owns: "annotations of rollouts, bindings of claims, finalizers",
    source: "kubernetes cmd/kube-controller-manager; its user agent names it",
  },
  {
    manager: "kube-scheduler",
    owns: "the node of a Pod, the selected node of a claim",
    source: "kubernetes pkg/scheduler/framework/plugins/volumebinding",
  },
  { manager: "kubelet", owns: "annotations of Pods and nodes", source: "kubernetes cmd/kubelet" },
  {
    manager: "kube-apiserver",
    owns: "objects that the server makes itself",
    source: "kubernetes pkg/controlplane",
  },
  {
    manager: "cloud-controller-manager",
    owns: "finalizers and annotations of Services",
    source: "kubernetes staging/src/k8s.io/cloud-provider/controllers/service",
  },
];

/**
 * Whether an entry says nothing about who decides over the object: a status, or the control plane at work. The scale of a
 * workload is somebody's decision, whoever writes it (a HorizontalPodAutoscaler does it through the controller manager).
 */
export function isMachinery({ manager, subresource }: ManagedEntry): boolean {
  if (subresource === "scale") return false;
  return subresource !== "" || controlPlane.some((row) => row.manager === manager);
}

interface ToolRow {
  readonly tool: string;
  /** Field managers it writes as; the first one is how the charter's sharedWith names it. */
  readonly managers: readonly [string, ...string[]];
  readonly marks: readonly {
    readonly member: "annotations" | "labels";
    readonly name: string;
    /** Absent: any value. */
    readonly value?: string;
  }[];
  readonly source: string;
}

/** Tools that put objects back as their own sources say, and how one knows their objects. */
export const tools: readonly ToolRow[] = [
  {
    tool: "Argo CD",
    managers: ["argocd-controller", "argocd-application-controller"],
    marks: [
      { member: "annotations", name: "argocd.argoproj.io/tracking-id" },
      { member: "labels", name: "argocd.argoproj.io/instance" },
    ],
    source: "argoproj/argo-cd:docs/user-guide/resource_tracking.md; common/common.go (ArgoCDSSAManager)",
  },
  {
    tool: "Flux (Kustomization)",
    managers: ["kustomize-controller"],
    marks: [{ member: "labels", name: "kustomize.toolkit.fluxcd.io/name" }],
    source: "fluxcd/kustomize-controller:docs/spec/v1/kustomizations.md",
  },
  {
    tool: "Flux (HelmRelease)",
    managers: ["helm-controller"],
    marks: [{ member: "labels", name: "helm.toolkit.fluxcd.io/name" }],
    source: "fluxcd/helm-controller:docs/spec/v2/helmreleases.md",
  },
  {
    tool: "Flux Operator",
    managers: ["flux-operator"],
    marks: [
      { member: "labels", name: "fluxcd.controlplane.io/name" },
      { member: "labels", name: "resourceset.fluxcd.controlplane.io/name" },
    ],
    source: "controlplaneio-fluxcd/flux-operator:docs/api/v1/resourceset.md",
  },
  {
    tool: "Helm",
    managers: ["helm"],
    marks: [
      { member: "annotations", name: "meta.helm.sh/release-name" },
      { member: "labels", name: "app.kubernetes.io/managed-by", value: "Helm" },
    ],
    source: "helm/helm:pkg/action/validate.go (release ownership metadata)",
  },
  {
    tool: "the addon manager",
    managers: ["kube-addon-manager"],
    marks: [{ member: "labels", name: "addonmanager.kubernetes.io/mode" }],
    source: "kubernetes cluster/addons/addon-manager/README.md",
  },
  {
    tool: "Operator Lifecycle Manager",
    managers: ["olm"],
    marks: [
      { member: "labels", name: "olm.managed" },
      { member: "labels", name: "olm.owner" },
    ],
    source: "operator-framework/operator-lifecycle-manager:pkg/controller/install",
  },
];

/** Name of the tool that a field manager belongs to; undefined for one that no table knows. */
export function toolOf(manager: string): string | undefined {
  return tools.find((row) => row.managers.includes(manager))?.tool;
}

/** One sign that something else decides over an object. */
export interface Sign {
  /** As the charter's sharedWith names it: a field manager, or the kind of a controlling owner. */
  readonly manager: string;
  readonly path: string;
  readonly detail: string;
}

/** Tools and controllers that mark a live object as theirs. Values of marks are not told: they may be live values. */
export function signsOf(live: JsonObject): readonly Sign[] {
  const found: Sign[] = [];
  for (const { tool, managers, marks } of tools) {
    for (const { member, name, value } of marks) {
      const is = valueAt(live, ["metadata", member, name]);
      if (is === undefined || (value !== undefined && is !== value)) continue;
      found.push({
        manager: managers[0],
        path: `metadata.${member}[${JSON.stringify(name)}]`,
        detail: `is managed by ${tool}`,
      });
    }
  }
  const owners = valueAt(live, ["metadata", "ownerReferences"]);
  for (const owner of isArray(owners) ? owners : []) {
    if (!isObject(owner) || owner["controller"] !== true) continue;
    const kind = kindText(owner);
    found.push({
      manager: kind,
      path: "metadata.ownerReferences",
      detail: `belongs to ${kind} ${text(owner["name"])}, whose controller makes it what it wants`,
    });
  }
  return found;
}

function kindText(owner: JsonObject): string {
  const version = text(owner["apiVersion"]);
  const slash = version.indexOf("/");
  return slash < 0 ? text(owner["kind"]) : `${text(owner["kind"])}.${version.slice(0, slash)}`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "?";
}
