import { isArray, isObject, type Json, type JsonObject, type JsonPath, valueAt } from "../../../kube/json.ts";
import { containersOf, type PodTemplate, podTemplateOf } from "../../../kube/pod-template.ts";
import type { Gvk } from "./lifecycle.ts";

/** A value, annotation or label that Kubernetes wants no more, in an object. */
export interface DeprecatedUse {
  readonly path: JsonPath;
  /** Is it the key that is told? */
  readonly key: boolean;
}

export interface UseRow {
  /** How it is called in a message. */
  readonly what: string;
  /** The minor in which it was deprecated; before the first that is known where it is low. */
  readonly since: number;
  /** The first minor in which nothing looks at it. */
  readonly dead?: number;
  /** A Pod with it does not start: an error from `dead` on. */
  readonly fatal?: true;
  readonly instead: string;
  readonly source: string;
  readonly find: (object: JsonObject, subject: UseSubject) => readonly DeprecatedUse[];
}

/** What is known of an object before any row looks at it. */
interface UseSubject {
  readonly key: Gvk;
  readonly template: PodTemplate | undefined;
}

const podWarnings = "k8s.io/kubernetes pkg/api/pod/warnings.go";
const volumeWarnings = "k8s.io/kubernetes pkg/api/persistentvolume/util.go";
const none: readonly DeprecatedUse[] = [];

/** The key of a mapping, where it is there. */
function keyOf(object: JsonObject, path: JsonPath): readonly DeprecatedUse[] {
  return valueAt(object, path) === undefined ? none : [{ path, key: true }];
}

function isKind(key: Gvk, group: string, ...kinds: readonly string[]): boolean {
  return key.group === group && kinds.includes(key.kind);
}

/** An annotation of objects of some kinds. */
function annotation(group: string, kinds: readonly string[], name: string): UseRow["find"] {
  return (object, { key }) =>
    isKind(key, group, ...kinds) ? keyOf(object, ["metadata", "annotations", name]) : none;
}

/** An annotation of Pods, unless the field that replaces it is there. */
function podAnnotation(name: string, field?: JsonPath): UseRow["find"] {
  return (object, { template }) =>
    template === undefined || (field !== undefined && valueAt(template.spec, field) !== undefined)
      ? none
      : keyOf(object, [...template.path, "metadata", "annotations", name]);
}

/** Annotations of Pods for one container each, unless the container or the Pod has the field that replaces it. */
function containerAnnotations(prefix: string, field: string): UseRow["find"] {
  return (_, { template }) => {
    if (template === undefined || valueAt(template.spec, ["securityContext", field]) !== undefined)
      return none;
    const done = new Set(
      containersOf(template.spec)
        .filter(({ container }) => valueAt(container, ["securityContext", field]) !== undefined)
        .map(({ container }) => container["name"]),
    );
    return Object.keys(template.annotations)
      .filter((name) => name.startsWith(prefix) && !done.has(name.slice(prefix.length)))
      .map((name) => ({ path: [...template.path, "metadata", "annotations", name], key: true }));
  };
}

/** A source of a volume: in Pods, and in PersistentVolumes. */
function volume(source: string, inVolumes: string = source): UseRow["find"] {
  return (object, { key, template }) => {
    if (isKind(key, "", "PersistentVolume")) return keyOf(object, ["spec", inVolumes]);
    const volumes = template === undefined ? undefined : template.spec["volumes"];
    if (template === undefined || !isArray(volumes)) return none;
    return volumes.flatMap((one, index) =>
      isObject(one) && one[source] !== undefined
        ? [{ path: [...template.path, "spec", "volumes", index, source], key: true }]
        : [],
    );
  };
}

const oldVolumes: readonly (readonly [string, string, number, number])[] = [
  // In Pods, in PersistentVolumes, deprecated, gone.
  ["photonPersistentDisk", "photonPersistentDisk", 11, 16],
  ["scaleIO", "scaleIO", 16, 22],
  ["flocker", "flocker", 22, 25],
  ["storageos", "storageos", 22, 25],
  ["quobyte", "quobyte", 22, 25],
  ["glusterfs", "glusterfs", 25, 26],
  ["cephfs", "cephfs", 28, 31],
  ["rbd", "rbd", 28, 31],
];

/** k8s.io/kubernetes pkg/api/node/util.go deprecatedNodeLabels: what takes the place, and since when. */
const nodeLabels: readonly (readonly [string, number, string])[] = [
  ["beta.kubernetes.io/arch", 14, "kubernetes.io/arch"],
  ["beta.kubernetes.io/os", 14, "kubernetes.io/os"],
  ["failure-domain.beta.kubernetes.io/region", 17, "topology.kubernetes.io/region"],
  ["failure-domain.beta.kubernetes.io/zone", 17, "topology.kubernetes.io/zone"],
  ["beta.kubernetes.io/instance-type", 17, "node.kubernetes.io/instance-type"],
  ["node-role.kubernetes.io/master", 20, "node-role.kubernetes.io/control-plane"],
];

/** Where objects name labels of nodes. */
function nodeLabel(label: string): UseRow["find"] {
  return (object, { key, template }) => {
    const found: DeprecatedUse[] = [];
    const selector = (path: JsonPath): void => {
      const at = [...path, label];
      if (valueAt(object, at) !== undefined) found.push({ path: at, key: true });
    };
    const named = (path: JsonPath): void => {
      if (valueAt(object, path) === label) found.push({ path, key: false });
    };
    const terms = (path: JsonPath, expressions: JsonPath): void => {
      for (const at of items(object, path))
        for (const inner of items(object, [...at, ...expressions])) named([...inner, "key"]);
    };
    const topology = (path: JsonPath, inner: JsonPath = []): void => {
      for (const at of items(object, path)) named([...at, ...inner, "topologyKey"]);
    };
    if (template !== undefined) {
      const spec = [...template.path, "spec"];
      selector([...spec, "nodeSelector"]);
      topology([...spec, "topologySpreadConstraints"]);
      const affinity = [...spec, "affinity"];
      terms([...affinity, "nodeAffinity", REQUIRED, "nodeSelectorTerms"], ["matchExpressions"]);
      terms([...affinity, "nodeAffinity", PREFERRED], ["preference", "matchExpressions"]);
      for (const kind of ["podAffinity", "podAntiAffinity"]) {
        topology([...affinity, kind, REQUIRED]);
        topology([...affinity, kind, PREFERRED], ["podAffinityTerm"]);
      }
    } else if (isKind(key, "", "PersistentVolume"))
      terms(["spec", "nodeAffinity", "required", "nodeSelectorTerms"], ["matchExpressions"]);
    else if (isKind(key, "node.k8s.io", "RuntimeClass")) selector(["scheduling", "nodeSelector"]);
    else if (isKind(key, "storage.k8s.io", "StorageClass"))
      terms(["allowedTopologies"], ["matchLabelExpressions"]);
    return found;
  };
}

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

function items(object: JsonObject, path: JsonPath): readonly JsonPath[] {
  const list = valueAt(object, path);
  return isArray(list) ? list.map((_, index) => [...path, index]) : [];
}

function valueIs(path: JsonPath, value: Json): (object: JsonObject) => readonly DeprecatedUse[] {
  return (object) => (valueAt(object, path) === value ? [{ path, key: false }] : none);
}

/** What the API server warns of, and what it stopped to look at: one row a use. */
const useTable: readonly UseRow[] = [
  ...oldVolumes.map(
    ([inPods, inVolumes, since, dead]): UseRow => ({
      what: `the volume type ${inPods}`,
      since,
      dead,
      fatal: true,
      instead: "use a CSI driver",
      source: `${podWarnings}; ${volumeWarnings}`,
      find: volume(inPods, inVolumes),
    }),
  ),
  {
    what: "the volume type gitRepo",
    since: 11,
    dead: 33,
    fatal: true,
    instead:
      "clone into an emptyDir by an init container, or mount an image; the feature gate GitRepoVolumeDriver, which brings it back, goes away",
    source: `${podWarnings}; KEP-5040`,
    find: volume("gitRepo"),
  },
  {
    what: "the annotation scheduler.alpha.kubernetes.io/critical-pod",
    since: 13,
    dead: 16,
    instead: "set priorityClassName",
    source: podWarnings,
    find: podAnnotation("scheduler.alpha.kubernetes.io/critical-pod", ["priorityClassName"]),
  },
  ...["sysctls", "unsafe-sysctls"].map(
    (name): UseRow => ({
      what: `the annotation security.alpha.kubernetes.io/${name}`,
      since: 11,
      dead: 11,
      instead: "set securityContext.sysctls of the Pod",
      source: podWarnings,
      find: podAnnotation(`security.alpha.kubernetes.io/${name}`, ["securityContext", "sysctls"]),
    }),
  ),
  {
    what: "the annotation seccomp.security.alpha.kubernetes.io/pod",
    since: 19,
    dead: 27,
    instead: "set securityContext.seccompProfile of the Pod",
    source: podWarnings,
    find: podAnnotation("seccomp.security.alpha.kubernetes.io/pod", ["securityContext", "seccompProfile"]),
  },
  {
    what: "the annotation container.seccomp.security.alpha.kubernetes.io/<container>",
    since: 19,
    dead: 27,
    instead: "set securityContext.seccompProfile of the container",
    source: podWarnings,
    find: containerAnnotations("container.seccomp.security.alpha.kubernetes.io/", "seccompProfile"),
  },
  {
    what: "the annotation container.apparmor.security.beta.kubernetes.io/<container>",
    since: 30,
    instead: "set securityContext.appArmorProfile of the container",
    source: podWarnings,
    find: containerAnnotations("container.apparmor.security.beta.kubernetes.io/", "appArmorProfile"),
  },
  ...nodeLabels.map(
    ([label, since, instead]): UseRow => ({
      what: `the node label ${label}`,
      since,
      instead: `use ${instead}`,
      source: "k8s.io/kubernetes pkg/api/node/util.go",
      find: nodeLabel(label),
    }),
  ),
  {
    what: "the annotation volume.beta.kubernetes.io/storage-class",
    since: 8,
    instead: "set spec.storageClassName",
    source: `${volumeWarnings}; k8s.io/kubernetes pkg/api/persistentvolumeclaim/util.go`,
    find: (object, { key }) => {
      const name = "volume.beta.kubernetes.io/storage-class";
      if (isKind(key, "", "PersistentVolume", "PersistentVolumeClaim"))
        return keyOf(object, ["metadata", "annotations", name]);
      if (!isKind(key, "apps", "StatefulSet")) return none;
      return items(object, ["spec", "volumeClaimTemplates"]).flatMap((at) =>
        keyOf(object, [...at, "metadata", "annotations", name]),
      );
    },
  },
  {
    what: "the annotation volume.beta.kubernetes.io/mount-options",
    since: 31,
    instead: "set spec.mountOptions",
    source: volumeWarnings,
    find: annotation("", ["PersistentVolume"], "volume.beta.kubernetes.io/mount-options"),
  },
  {
    what: "the reclaim policy Recycle",
    since: 31,
    instead: "provision volumes dynamically, with the policy Delete",
    source: volumeWarnings,
    find: (object, { key }) =>
      isKind(key, "", "PersistentVolume")
        ? valueIs(["spec", "persistentVolumeReclaimPolicy"], "Recycle")(object)
        : none,
  },
  {
    what: "the annotation storageclass.beta.kubernetes.io/is-default-class",
    since: 6,
    instead: "write storageclass.kubernetes.io/is-default-class",
    source: "k8s.io/kubernetes pkg/apis/storage/util/helpers.go",
    find: annotation("storage.k8s.io", ["StorageClass"], "storageclass.beta.kubernetes.io/is-default-class"),
  },
  {
    what: "the annotation kubernetes.io/ingress.class",
    since: 18,
    instead: "set spec.ingressClassName, unless the controller asks for the annotation",
    source: "k8s.io/kubernetes pkg/registry/networking/ingress/strategy.go",
    find: (object, subject) =>
      valueAt(object, ["spec", "ingressClassName"]) === undefined
        ? annotation("networking.k8s.io", ["Ingress"], "kubernetes.io/ingress.class")(object, subject)
        : none,
  },
  {
    what: "the annotation service.kubernetes.io/topology-aware-hints",
    since: 27,
    instead: "set spec.trafficDistribution, or write service.kubernetes.io/topology-mode",
    source: "k8s.io/kubernetes pkg/api/service/warnings.go",
    find: annotation("", ["Service"], "service.kubernetes.io/topology-aware-hints"),
  },
  {
    what: "the annotation service.alpha.kubernetes.io/tolerate-unready-endpoints",
    since: 11,
    dead: 31,
    instead: "set spec.publishNotReadyAddresses",
    source: "k8s.io/api core/v1 types.go ServiceSpec.publishNotReadyAddresses",
    find: annotation("", ["Service"], "service.alpha.kubernetes.io/tolerate-unready-endpoints"),
  },
  {
    what: "spec.trafficDistribution: PreferClose",
    since: 35,
    instead: "write PreferSameZone, which is the same (since 1.34)",
    source: "k8s.io/kubernetes pkg/api/service/warnings.go; KEP-3015",
    find: (object, { key }) =>
      isKind(key, "", "Service") ? valueIs(["spec", "trafficDistribution"], "PreferClose")(object) : none,
  },
  {
    what: "spec.externalIPs",
    since: 36,
    instead: "use a load balancer or the Gateway API; the implementation in kube-proxy goes away",
    source: "k8s.io/kubernetes pkg/api/service/warnings.go; KEP-5707",
    find: (object, { key }) => {
      const path = ["spec", "externalIPs"];
      const list = valueAt(object, path);
      const used = isKind(key, "", "Service") && isArray(list) && list.length > 0;
      const ignored =
        valueAt(object, ["spec", "type"]) === "ExternalName" ||
        valueAt(object, ["spec", "clusterIP"]) === "None";
      return used && !ignored ? [{ path, key: true }] : none;
    },
  },
  {
    what: "the address type FQDN",
    since: 31,
    instead: "use IPv4 or IPv6: nothing in Kubernetes reads FQDN",
    source: "k8s.io/kubernetes pkg/registry/discovery/endpointslice/strategy.go",
    find: (object, { key }) =>
      isKind(key, "discovery.k8s.io", "EndpointSlice") ? valueIs(["addressType"], "FQDN")(object) : none,
  },
  {
    what: "the annotation kubernetes.io/enforce-mountable-secrets",
    since: 32,
    instead: "keep Secrets apart by namespace",
    source: "k8s.io/kubernetes pkg/registry/core/serviceaccount/strategy.go",
    find: annotation("", ["ServiceAccount"], "kubernetes.io/enforce-mountable-secrets"),
  },
  {
    what: "the mode ipvs of kube-proxy",
    since: 35,
    instead: "use nftables",
    source: "k8s.io/kubernetes cmd/kube-proxy/app/server_linux.go; KEP-5495",
    find: (object, { key }) =>
      isKind(key, "kubeproxy.config.k8s.io", "KubeProxyConfiguration")
        ? valueIs(["mode"], "ipvs")(object)
        : none,
  },
];

/** Every use of the table in an object that a minor deprecates. */
export function deprecatedUses(
  object: JsonObject,
  key: Gvk,
  minor: number,
): readonly { readonly row: UseRow; readonly use: DeprecatedUse }[] {
  const subject: UseSubject = { key, template: podTemplateOf(object) };
  return useTable.flatMap((row) =>
    row.since > minor ? [] : row.find(object, subject).map((use) => ({ row, use })),
  );
}
