import {
  isArray,
  isObject,
  type Json,
  type JsonObject,
  type JsonPath,
  pathText,
  valueAt,
} from "../../../kube/json.ts";
import { withDefaults } from "../../../kube/defaults/with-defaults.ts";
import { canonicalJson } from "../../../kube/canonical-json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { LATEST_MINOR } from "../../../kube/catalogue/catalogue.ts";
import { semanticallyEqual } from "./equal.ts";

export interface ImmutableRow {
  /** `group/kind`. */
  readonly kinds: readonly string[];
  /** Fields that cannot change. */
  readonly fields?: readonly JsonPath[];
  /** Fields that cannot change or go once they are set. */
  readonly once?: readonly JsonPath[];
  /** Nothing of `spec` can change but these members. */
  readonly specBut?: readonly string[];
  /** The Go function that refuses a change. */
  readonly source: string;
}

/** Fields that the API server refuses to change: the object has to be deleted and made again. */
export const immutableRows: readonly ImmutableRow[] = [
  {
    kinds: ["apps/Deployment", "apps/ReplicaSet", "apps/DaemonSet"],
    fields: [["spec", "selector"]],
    source: "apps ValidateDeploymentUpdate, ValidateReplicaSetUpdate, ValidateDaemonSetSpecUpdate",
  },
  {
    kinds: ["apps/StatefulSet"],
    fields: [
      ["spec", "selector"],
      ["spec", "volumeClaimTemplates"],
      ["spec", "serviceName"],
      ["spec", "podManagementPolicy"],
    ],
    source: "apps ValidateStatefulSetUpdate",
  },
  { kinds: ["apps/ControllerRevision"], fields: [["data"]], source: "apps ValidateControllerRevisionUpdate" },
  {
    kinds: ["batch/Job"],
    fields: [
      ["spec", "selector"],
      ["spec", "template"],
      ["spec", "completionMode"],
      ["spec", "podFailurePolicy"],
      ["spec", "backoffLimitPerIndex"],
      ["spec", "managedBy"],
      ["spec", "successPolicy"],
      ["spec", "completions"],
    ],
    source: "batch ValidateJobSpecUpdate",
  },
  {
    kinds: ["/Service"],
    once: [
      ["spec", "clusterIP"],
      ["spec", "healthCheckNodePort"],
    ],
    source: "core ValidateServiceUpdate",
  },
  {
    kinds: ["/PersistentVolumeClaim"],
    specBut: ["resources", "volumeAttributesClassName", "volumeName"],
    source: "core ValidatePersistentVolumeClaimUpdate",
  },
  {
    kinds: ["/PersistentVolume"],
    specBut: [
      "capacity",
      "accessModes",
      "persistentVolumeReclaimPolicy",
      "storageClassName",
      "mountOptions",
      "nodeAffinity",
      "claimRef",
      "volumeAttributesClassName",
    ],
    source: "core ValidatePersistentVolumeUpdate",
  },
  {
    kinds: ["events.k8s.io/Event"],
    fields: [
      ["regarding"],
      ["related"],
      ["reason"],
      ["note"],
      ["action"],
      ["type"],
      ["reportingController"],
      ["reportingInstance"],
      ["eventTime"],
    ],
    source: "core ValidateEventUpdate",
  },
  {
    kinds: ["rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/ClusterRoleBinding"],
    fields: [["roleRef"]],
    source: "rbac ValidateRoleBindingUpdate",
  },
  {
    kinds: ["storage.k8s.io/StorageClass"],
    fields: [["provisioner"], ["parameters"], ["reclaimPolicy"], ["volumeBindingMode"]],
    source: "storage ValidateStorageClassUpdate",
  },
  {
    kinds: ["storage.k8s.io/CSIDriver"],
    fields: [
      ["spec", "attachRequired"],
      ["spec", "volumeLifecycleModes"],
    ],
    source: "storage ValidateCSIDriverUpdate",
  },
  {
    kinds: ["storage.k8s.io/VolumeAttachment"],
    specBut: [],
    source: "storage ValidateVolumeAttachmentUpdate",
  },
  {
    kinds: ["storage.k8s.io/VolumeAttributesClass"],
    fields: [["driverName"], ["parameters"]],
    source: "storage ValidateVolumeAttributesClassUpdate",
  },
  {
    kinds: ["storage.k8s.io/CSIStorageCapacity"],
    fields: [["nodeTopology"], ["storageClassName"]],
    source: "storage ValidateCSIStorageCapacityUpdate",
  },
  {
    kinds: ["storagemigration.k8s.io/StorageVersionMigration"],
    specBut: [],
    source: "storagemigration ValidateStorageVersionMigrationUpdate",
  },
  {
    kinds: ["apiextensions.k8s.io/CustomResourceDefinition"],
    fields: [
      ["spec", "scope"],
      ["spec", "group"],
      ["spec", "names", "plural"],
    ],
    source:
      "apiextensions-apiserver pkg/apis/apiextensions/validation ValidateCustomResourceDefinitionUpdate",
  },
  { kinds: ["/Secret"], fields: [["type"]], source: "core ValidateSecretUpdate" },
  { kinds: ["/ResourceQuota"], fields: [["spec", "scopes"]], source: "core ValidateResourceQuotaUpdate" },
  {
    kinds: ["/Node"],
    once: [
      ["spec", "podCIDR"],
      ["spec", "providerID"],
    ],
    source: "core ValidateNodeUpdate",
  },
  {
    kinds: ["scheduling.k8s.io/PriorityClass"],
    fields: [["value"], ["preemptionPolicy"]],
    source: "scheduling ValidatePriorityClassUpdate",
  },
  { kinds: ["node.k8s.io/RuntimeClass"], fields: [["handler"]], source: "node ValidateRuntimeClassUpdate" },
  {
    kinds: ["networking.k8s.io/IngressClass"],
    fields: [["spec", "controller"]],
    source: "networking validateIngressClassSpecUpdate",
  },
  {
    kinds: ["networking.k8s.io/IPAddress"],
    fields: [["spec", "parentRef"]],
    source: "networking ValidateIPAddressUpdate",
  },
  {
    kinds: ["networking.k8s.io/ServiceCIDR"],
    fields: [["spec", "cidrs"]],
    source: "networking ValidateServiceCIDRUpdate",
  },
  {
    kinds: ["discovery.k8s.io/EndpointSlice"],
    fields: [["addressType"]],
    source: "discovery ValidateEndpointSliceUpdate",
  },
  {
    kinds: ["resource.k8s.io/ResourceClaim", "resource.k8s.io/ResourceClaimTemplate"],
    specBut: [],
    source: "resource ValidateResourceClaimUpdate",
  },
  {
    kinds: ["resource.k8s.io/ResourceSlice"],
    fields: [
      ["spec", "driver"],
      ["spec", "nodeName"],
      ["spec", "pool", "name"],
    ],
    source: "resource validateResourceSliceSpec",
  },
  {
    kinds: ["certificates.k8s.io/ClusterTrustBundle"],
    fields: [["spec", "signerName"]],
    source: "certificates ValidateClusterTrustBundleUpdate",
  },
];

const byKind = new Map<string, ImmutableRow[]>();
for (const row of immutableRows) {
  for (const kind of row.kinds) byKind.set(kind, [...(byKind.get(kind) ?? []), row]);
}

/** The rows of a kind. */
export function immutableRowsOf(group: string, kind: string): readonly ImmutableRow[] {
  return byKind.get(`${group}/${kind}`) ?? [];
}

/** Paths of immutable fields that differ between two forms of one object; the cluster cannot take such a change as an update. */
export function immutableChanges(before: JsonObject, after: JsonObject): readonly string[] {
  const key = objectKey(after);
  const was = withDefaults(before, key, LATEST_MINOR);
  const is = withDefaults(after, key, LATEST_MINOR);
  return changesOf(was, is, (left, right, path, once) => {
    const first = valueAt(left, path);
    const second = valueAt(right, path);
    if (once && (first === undefined || second === undefined)) return false;
    return !semanticallyEqual(first, second);
  });
}

/**
 * Paths of immutable fields that an object asks to be other than they live. What it leaves out stays as it is, and what
 * it says stands among defaults: only what contradicts the live object is told.
 */
export function immutableContradictions(live: JsonObject, desired: JsonObject): readonly string[] {
  return changesOf(live, desired, (was, is, path) => {
    const wanted = valueAt(is, path);
    return wanted !== undefined && !covers(valueAt(was, path), wanted);
  });
}

type Compare = (before: JsonObject, after: JsonObject, path: JsonPath, once: boolean) => boolean;

function changesOf(before: JsonObject, after: JsonObject, changes: Compare): readonly string[] {
  const key = objectKey(after);
  const changed: string[] = [];
  for (const row of immutableRowsOf(key.group, key.kind)) {
    for (const field of row.fields ?? [])
      if (changes(before, after, field, false)) changed.push(pathText(field));
    for (const field of row.once ?? [])
      if (changes(before, after, field, true)) changed.push(pathText(field));
    if (row.specBut === undefined) continue;
    for (const name of memberNames(before, after)) {
      if (!row.specBut.includes(name) && changes(before, after, ["spec", name], false))
        changed.push(`spec.${name}`);
    }
  }
  if (isFrozen(before, after)) {
    for (const name of ["data", "stringData", "binaryData", "immutable"])
      if (changes(before, after, [name], false)) changed.push(name);
  }
  return changed;
}

/** A ConfigMap or Secret that says that its data stay as they are. */
export function isFrozen(before: JsonObject, after: JsonObject): boolean {
  const key = objectKey(after);
  return (
    key.group === "" && (key.kind === "ConfigMap" || key.kind === "Secret") && before["immutable"] === true
  );
}

function memberNames(before: JsonObject, after: JsonObject): readonly string[] {
  const names = [before, after].flatMap((object) => {
    const spec = valueAt(object, ["spec"]);
    return isObject(spec) ? Object.keys(spec) : [];
  });
  return [...new Set(names)].sort();
}

/** Whether a live value is what is wanted, with defaults of the server beside it. Lists are matched item by item. */
function covers(live: Json | undefined, wanted: Json): boolean {
  if (isObject(wanted)) {
    return (
      isObject(live) &&
      Object.entries(wanted).every(([name, value]) =>
        covers(Object.hasOwn(live, name) ? live[name] : undefined, value),
      )
    );
  }
  if (isArray(wanted)) {
    return (
      isArray(live) &&
      live.length === wanted.length &&
      wanted.every((value, index) => covers(live[index], value))
    );
  }
  // What is null is left out.
  return wanted === null || (live !== undefined && canonicalJson(live) === canonicalJson(wanted));
}
