import { canonicalJson } from "../../kube/canonical-json.ts";
import {
  isArray,
  isObject,
  type Json,
  type JsonObject,
  type JsonPath,
  pathText,
  valueAt,
} from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";

interface ImmutableRow {
  readonly kinds: readonly string[];
  /** Fields that cannot change once they are set. */
  readonly fields?: readonly JsonPath[];
  /** Nothing of `spec` can change but these members. */
  readonly specBut?: readonly string[];
  readonly source: string;
}

/** Fields that the API server refuses to change: the object has to be deleted and made again. */
const rows: readonly ImmutableRow[] = [
  {
    kinds: ["apps/Deployment", "apps/ReplicaSet", "apps/DaemonSet"],
    fields: [["spec", "selector"]],
    source: "pkg/apis/apps/validation/validation.go (ValidateImmutableField of selector)",
  },
  {
    kinds: ["apps/StatefulSet"],
    specBut: [
      "replicas",
      "ordinals",
      "template",
      "updateStrategy",
      "revisionHistoryLimit",
      "persistentVolumeClaimRetentionPolicy",
      "minReadySeconds",
    ],
    source: "pkg/apis/apps/validation/validation.go (ValidateStatefulSetUpdate)",
  },
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
    ],
    source: "pkg/apis/batch/validation/validation.go (ValidateJobSpecUpdate)",
  },
  {
    kinds: ["/Service"],
    fields: [["spec", "clusterIP"]],
    source: "pkg/apis/core/validation/validation.go (ValidateServiceUpdate)",
  },
  {
    kinds: ["/PersistentVolumeClaim"],
    specBut: ["resources", "volumeAttributesClassName"],
    source: "pkg/apis/core/validation/validation.go (ValidatePersistentVolumeClaimUpdate)",
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
    source: "pkg/apis/core/validation/validation.go (ValidatePersistentVolumeUpdate)",
  },
  {
    kinds: ["rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/ClusterRoleBinding"],
    fields: [["roleRef"]],
    source: "pkg/apis/rbac/validation/validation.go (ValidateRoleBindingUpdate)",
  },
  {
    kinds: ["storage.k8s.io/StorageClass"],
    fields: [["provisioner"], ["parameters"], ["reclaimPolicy"], ["volumeBindingMode"]],
    source: "pkg/apis/storage/validation/validation.go (ValidateStorageClassUpdate)",
  },
  {
    kinds: ["apiextensions.k8s.io/CustomResourceDefinition"],
    fields: [
      ["spec", "scope"],
      ["spec", "group"],
      ["spec", "names", "plural"],
    ],
    source: "apiextensions-apiserver pkg/apis/apiextensions/validation (updateValidation)",
  },
  {
    kinds: ["/Secret"],
    fields: [["type"]],
    source: "pkg/apis/core/validation/validation.go (ValidateSecretUpdate)",
  },
  {
    kinds: ["scheduling.k8s.io/PriorityClass"],
    fields: [["value"], ["preemptionPolicy"]],
    source: "pkg/apis/scheduling/validation/validation.go",
  },
  {
    kinds: ["node.k8s.io/RuntimeClass"],
    fields: [["handler"]],
    source: "pkg/apis/node/validation/validation.go",
  },
  {
    kinds: ["networking.k8s.io/IngressClass"],
    fields: [["spec", "controller"]],
    source: "pkg/apis/networking/validation/validation.go",
  },
];

/** Paths of immutable fields that differ between two forms of one object; the cluster cannot take such a change as an update. */
export function immutableChanges(before: JsonObject, after: JsonObject): readonly string[] {
  return changesOf(before, after, differs);
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

type Compare = (before: JsonObject, after: JsonObject, path: JsonPath) => boolean;

function changesOf(before: JsonObject, after: JsonObject, changes: Compare): readonly string[] {
  const key = objectKey(after);
  const kind = `${key.group}/${key.kind}`;
  const changed: string[] = [];
  for (const row of rows) {
    if (!row.kinds.includes(kind)) continue;
    for (const field of row.fields ?? []) if (changes(before, after, field)) changed.push(pathText(field));
    if (row.specBut !== undefined) {
      for (const name of memberNames(before, after)) {
        if (!row.specBut.includes(name) && changes(before, after, ["spec", name]))
          changed.push(`spec.${name}`);
      }
    }
  }
  if (
    key.group === "" &&
    (key.kind === "ConfigMap" || key.kind === "Secret") &&
    before["immutable"] === true
  ) {
    for (const name of ["data", "stringData", "binaryData", "immutable"]) {
      if (changes(before, after, [name])) changed.push(name);
    }
  }
  return changed;
}

function memberNames(before: JsonObject, after: JsonObject): readonly string[] {
  const names = [before, after].flatMap((object) => {
    const spec = valueAt(object, ["spec"]);
    return isObject(spec) ? Object.keys(spec) : [];
  });
  return [...new Set(names)].sort();
}

/** A field that the object leaves out takes a default, which need not differ: only two written values are known to. */
function differs(before: JsonObject, after: JsonObject, path: JsonPath): boolean {
  const was: Json | undefined = valueAt(before, path);
  const is: Json | undefined = valueAt(after, path);
  if (was === undefined && is === undefined) return false;
  if (path.length === 2 && path[1] === "clusterIP" && (was === undefined || is === undefined)) return false;
  return canonicalJson(was ?? null) !== canonicalJson(is ?? null);
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
