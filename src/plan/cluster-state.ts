import type { JsonObject } from "../kube/json.ts";
import type { ObjectKey } from "../kube/read-object.ts";

/** What a cluster is pinned by (kernel K14): written into the charter by its owner, compared before a credential leaves. */
export interface ClusterPin {
  /** https URL of the API server. */
  readonly url: string;
  /** SHA-256 of the CA's public key (SubjectPublicKeyInfo, DER), lower-case hexadecimal. */
  readonly caKeySha256: string;
  /** UID of the namespace kube-system. */
  readonly kubeSystemUid: string;
}

/**
 * What a cluster target holds for one plan, as the pure rooms see it: gathered by apply/cluster for exactly the objects
 * that are asked for. It holds live values, so it never leaves the process; a plan made from it holds none (kernel K17).
 */
export interface ClusterState {
  readonly name: string;
  readonly pin: ClusterPin;
  /** `v1.37.2`, with the emulated minor behind it where there is one: `v1.37.2 (emulates 1.34)`. */
  readonly serverVersion: string;
  readonly minor: number;
  /** By identity (object-key.ts): every object that is to be written or deleted. */
  readonly objects: ReadonlyMap<string, LiveObject>;
  /**
   * Other live objects that facts look at: Namespaces of the changes, and Services, NetworkPolicies, ServiceAccounts,
   * PodDisruptionBudgets, ResourceQuotas and LimitRanges in them. Never a Secret or a ConfigMap.
   */
  readonly surroundings: readonly JsonObject[];
}

export interface LiveObject {
  readonly key: ObjectKey;
  /** Plural of the resource, as in URLs. */
  readonly resource: string;
  readonly namespaced: boolean;
  /** The object as the server holds it; null when there is none. */
  readonly live: JsonObject | null;
  /** What the server says it would become: the merged result of a dry run of exactly our request. Null for a deletion. */
  readonly merged: JsonObject | null;
  /** Why there is no merged result: the namespace or CRD comes with this plan, or the planner may not dry-run. */
  readonly notDryRun: string | null;
  /** SelfSubjectAccessReview of what apply will do, verb by verb. Of the planner: apply asks again for itself. */
  readonly access: readonly { readonly verb: string; readonly allowed: boolean }[];
  /** A dry run that the server refused, rebuilt without values. */
  readonly refusal: string | null;
  /**
   * The fields that the refusal names, and whether all that is wrong with each is that it cannot be changed. Absent: not
   * known, and the refusal stands for itself.
   */
  readonly refusedFields?: readonly { readonly path: string; readonly immutable: boolean }[];
  /** Where it was asked for, and the server refuses nothing but changes of fields that cannot be changed: the way round. */
  readonly recreation?: Recreation;
  /** `merged` is what the object becomes after what client-side appliers own has passed to us (take-over.ts). */
  readonly takenOver?: true;
  /** Other managers that own fields our object sets to another value (server-side apply conflicts). */
  readonly conflicts: readonly { readonly manager: string; readonly path: string }[];
  /** Admission warnings, rebuilt without values. */
  readonly warnings: readonly string[];
  /** Of what is to be deleted, or made again: objects that name it as their owner and go with it. */
  readonly dependents?: readonly ObjectKey[];
}

/** What the server says to the deletion of an object and to its creation in the new form. */
export interface Recreation {
  /** The result of a dry run of the creation under another name, with the name put back: while the old one stands there is no other. */
  readonly merged: JsonObject | null;
  /** Why there is no such result. */
  readonly notDryRun: string | null;
  /** The dry run of the deletion, or of the creation, was refused; rebuilt without values. */
  readonly refusal: string | null;
  readonly warnings: readonly string[];
}
