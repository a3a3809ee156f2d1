import type { Exemption } from "../analysis/checks/settings/settings.ts";
import type { WrittenRule } from "../analysis/checks/own-rules/rule-shape.ts";
import type { Intent, Prerequisite, Relaxation, AuthoringNote } from "../authoring/intent/intent.ts";
import type { Severity } from "../kube/problem.ts";
import type { Json, JsonObject } from "../kube/json.ts";
import type { ClusterPin } from "./cluster-state.ts";
import type { ObjectKey } from "../kube/read-object.ts";
import type { RecordedMember } from "./recorded-rule.ts";

/** `sha256:` and 64 hexadecimal digits: the name of a plan. */
export type PlanDigest = string & { readonly __brand: "PlanDigest" };

/**
 * Request + intent + change set + findings + facts + verdict, canonical and content-addressed. Everything that a
 * reviewer sees is rendered from it. It holds no time, no live value and no pre-image (kernel K17): what stood before is
 * shown where the field is structure, and as a MAC under the trust root's key where it may be a value.
 * Everything in it but `request` and `intent` is recomputed by approve and apply (kernel K1).
 */
export interface Plan {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "Plan";
  /** SHA-256 over the canonical JSON of everything but itself. */
  readonly digest: PlanDigest;
  readonly tool: { readonly name: "kubernetes-operations"; readonly version: string };
  readonly request: RequestRecord;
  readonly intent: Intent;
  readonly target: GitTarget | ClusterTarget;
  /** The target's objects and files the plan relied on, with what they were (kernel K3). */
  readonly readSet: readonly ReadSetEntry[];
  readonly changes: readonly Change[];
  /** What happens to which file of the target folder, in path order; kustomization.yaml and the inventory included. Empty for a cluster. */
  readonly files: readonly FileChange[];
  readonly findings: readonly PlanFinding[];
  readonly facts: Facts;
  readonly authoring: {
    readonly relaxations: readonly Relaxation[];
    readonly prerequisites: readonly Prerequisite[];
    readonly notes: readonly AuthoringNote[];
  };
  readonly assumptions: readonly Assumption[];
  readonly charter: CharterReference | null;
  readonly verdict: Verdict;
}

export interface RequestRecord {
  /** What was asked for, as flags would say it again: `plan -f compose.yaml -n shop`, or `undo <digest>`. */
  readonly text: string;
  /** Input files, relative to the project folder, in reading order. */
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
  /** Digest of the plan that this one undoes. */
  readonly undoes?: PlanDigest;
  /** Where the change was asked to go; here, so that `mac` covers it. */
  readonly target: RequestedGitTarget | RequestedClusterTarget;
  /** Objects that were asked to be deleted, by identity. */
  readonly deletions: readonly ObjectKey[];
  /** For a cluster: objects whose fields cannot be changed may be deleted and made again. Absent: they may not. */
  readonly recreate?: true;
  /** For a cluster: what kubectl's client-side apply owns of the objects passes to us. Absent: it does not. */
  readonly takeOver?: true;
  /** Minor version of Kubernetes 1 that the request is for. */
  readonly minor: number;
  /**
   * Rules of the repository's own that judged the plan, sorted by id; absent: none. They add findings and take none away.
   * Here, so that `mac` covers them and approve and apply judge by them again (kernel K1).
   */
  readonly rules?: readonly PlanRule[];
  /**
   * Exemptions of the repository's settings, sorted; absent: none counts, for the charter does not say that they do, or a
   * model made the request. Present: those that annotations of objects make count as well.
   */
  readonly exemptions?: readonly PlanExemption[];
  /** For a request that a model made: what is known of the model, and everything that it said. */
  readonly agent?: AgentRecord;
  /** HMAC of request and intent under the trust root's key: nobody without the key words a request. Null without a trust root. */
  readonly mac: string | null;
}

/** A rule of a repository's own, as far as it decides what it finds. */
export type PlanRule = Pick<WrittenRule, RecordedMember> & { readonly severity: Severity };

/** An exemption as the settings of a repository write it. */
export type PlanExemption = Omit<Exemption, "place">;

/**
 * Where a request of a model comes from. The operations are all that it could say; the intent was made of them by code, and
 * approve and apply need no model to make the plan again (kernel K1).
 */
export interface AgentRecord {
  /** `anthropic`, `openai-compatible`, or `mcp` for the model of an MCP client, which nobody here knows. */
  readonly provider: string;
  /** As the provider names it: a claim. */
  readonly model: string;
  /** Digest of what each subagent was told: instructions, tools and request. */
  readonly prompts: readonly { readonly subagent: string; readonly digest: string }[];
  /** What a model read before it spoke: `request`, `projection`, `mcp-client`. None of it is trusted. */
  readonly taint: readonly string[];
  /** Each with the subagents that said it; arguments by the grammars of the operations, and the rationale, which is prose. */
  readonly operations: readonly { readonly sources: readonly string[]; readonly operation: JsonObject }[];
}

export type RequestedGitTarget = Pick<GitTarget, "url" | "branch" | "folder" | "mode">;

export interface RequestedClusterTarget {
  /** Name of the target in the charter. */
  readonly cluster: string;
}

export interface GitTarget {
  readonly kind: "git";
  /** Absolute path of a local repository, or an https URL without credentials. */
  readonly url: string;
  readonly branch: string;
  /** Folder that the objects are written to, relative, no leading or trailing slash; empty for the root of the tree. */
  readonly folder: string;
  /** Commit that the branch named when the plan was made; null for an unborn branch. */
  readonly base: string | null;
  /** Folder whose whole content a reconciler follows (charter; `folder` when it says nothing), and its tree then; null when absent. */
  readonly root: string;
  readonly rootTree: string | null;
  /** `branch`: apply creates kubeops/<12 of digest> on top of base. `onto`: apply moves `branch` itself. */
  readonly mode: "branch" | "onto";
}

/** A cluster by its pin. Everything that apply does there, it does with exactly this cluster or not at all (kernel K14). */
export interface ClusterTarget {
  readonly kind: "cluster";
  /** Name of the target in the charter. */
  readonly name: string;
  readonly pin: ClusterPin;
  readonly serverVersion: string;
}

export interface ReadSetEntry {
  /** `git:<path>` for a file of the base tree; `cluster:<group>/<kind>/<namespace>/<name>` for an object. */
  readonly what: string;
  /**
   * Git blob id; for an object of a cluster its UID and the MAC of its masked form (change/mask.ts), or `absent`. Not its
   * resourceVersion: the restart of a Pod moves that of the Deployment, and the plan would be void without reason.
   */
  readonly version: string;
}

/** `recreate`: the object that stands in the cluster is deleted, and another one made in its place. */
export type Operation = "create" | "update" | "recreate" | "delete" | "unchanged";

export interface Change {
  readonly key: ObjectKey;
  readonly operation: Operation;
  /** File below the target folder that holds the object (before, for a delete); empty for a cluster. */
  readonly file: string;
  /**
   * The full object to apply; null for delete. An unchanged object is null in Git, where the file holds it; of a cluster it
   * stands here, since what stands there is more than what was asked for.
   */
  readonly object: JsonObject | null;
  /** Digest of the object's canonical JSON; null for delete. */
  readonly digest: string | null;
  /** MAC of the canonical JSON of the object that stands in the target (of a cluster: masked); null for create, or without a trust root. */
  readonly beforeMac: string | null;
  /** For an update, against what stands there; for a creation in a cluster, what the server makes of the object beside defaults. */
  readonly diff: readonly FieldChange[];
  readonly reversibility: Reversibility;
  /** For a cluster target: what binds the change to the live object and to the result that the server promised. */
  readonly live?: LiveChange;
}

export interface LiveChange {
  /** Plural of the resource. */
  readonly resource: string;
  readonly namespaced: boolean;
  /** UID of the object that stood there; null for a create. With it a write can only be an update. */
  readonly uid: string | null;
  /**
   * MAC of the merged result of the server's dry run, masked (change/mask.ts, maskResult); null for a deletion, without a
   * trust root, and when it could not be dry-run (K2).
   */
  readonly mergedMac: string | null;
  readonly notDryRun: string | null;
  /** Fields that pass from client-side appliers to us before the write, so that what the request leaves out goes. */
  readonly takesOver?: {
    readonly from: readonly string[];
    readonly paths: readonly string[];
    readonly mac: string | null;
  };
  /** Of a deletion or a recreation: other objects that the server's garbage collector deletes with it. */
  readonly dependents?: readonly ObjectKey[];
  /** Other managers of fields that this change touches. */
  readonly owners: readonly { readonly manager: string; readonly path: string }[];
  readonly warnings: readonly string[];
}

export type Reversibility =
  | { readonly kind: "reversible" }
  | { readonly kind: "new-identity"; readonly reason: string }
  | { readonly kind: "irreversible"; readonly reason: string };

/** One difference, at the deepest path that differs; items of keyed lists are matched by their keys: `containers[name=web]`. */
export interface FieldChange {
  readonly path: string;
  readonly operation: "add" | "remove" | "replace";
  readonly before?: Shown;
  readonly after?: Shown;
}
/** A value as a plan may hold it: structure as it is, what may be a live value as its MAC. */
export type Shown = { readonly value: Json } | { readonly mac: string | null };

export interface FileChange {
  /** Path relative to the repository's root. */
  readonly path: string;
  readonly operation: "create" | "update" | "delete";
  /** SHA-256 of the new bytes; null for delete. */
  readonly sha256: string | null;
}

export interface PlanFinding {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly key?: ObjectKey;
  readonly path?: string;
  /** Why it denies nothing: the reason of an exemption in the repository, where the charter says that these count. */
  readonly exempt?: string;
}

export interface Facts {
  readonly counts: {
    readonly create: number;
    readonly update: number;
    readonly delete: number;
    readonly unchanged: number;
    /** Absent when there are none. */
    readonly recreate?: number;
  };
  readonly kinds: readonly {
    readonly group: string;
    readonly kind: string;
    readonly operation: Operation;
    readonly count: number;
  }[];
  readonly namespaces: readonly string[];
  readonly images: readonly ImageFact[];
  readonly widening: readonly WideningFact[];
  readonly deletions: readonly { readonly key: ObjectKey; readonly reason: string }[];
  readonly irreversible: readonly { readonly key: ObjectKey; readonly reason: string }[];
  /** Of a cluster: fields that only we owned, set no more, and that take their default again (kernel K8). */
  readonly resets?: readonly { readonly key: ObjectKey; readonly path: string }[];
  readonly secrets: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly keys: readonly string[];
    readonly usedBy: readonly string[];
  }[];
  readonly exposure: readonly { readonly key: ObjectKey; readonly how: string }[];
  /** Who gains and loses which permission, and which attack paths open and close. */
  readonly permissions: PermissionFacts;
  /** Who can newly reach whom, and who no longer can. */
  readonly reachability: {
    readonly state: "computed";
    /** Flows that open, change or close; those that open first. */
    readonly flows: readonly ReachabilityFact[];
    /** Why it is not the whole truth; empty where it is, as far as the assumptions hold. */
    readonly incomplete: readonly string[];
  };
}

/** Pods and addresses that newly reach others, or reach them no more. */
export interface ReachabilityFact {
  readonly what: "opened" | "changed" | "closed";
  /** `shop/web`, `shop/*`, `internet`, blocks of addresses, kinds of pods that do not exist yet. */
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Ports: `TCP 80,443, UDP 53`, `all`, `none`. */
  readonly gained: string;
  readonly lost: string;
  /** It is about pods that do not exist yet. */
  readonly future: boolean;
}

export interface PermissionFacts {
  readonly state: "computed";
  /** Roles and bindings beyond those that were read may be there. */
  readonly partial: boolean;
  readonly gained: readonly PermissionGain[];
  readonly lost: readonly PermissionGain[];
  readonly opened: readonly PathFact[];
  readonly closed: readonly PathFact[];
  /** Paths were followed from every subject that has rights. */
  readonly pathsComplete: boolean;
}

/** What a subject gains, or loses, in a namespace (empty: everywhere). */
export interface PermissionGain {
  /** `user:NAME` or `group:NAME`, as bindings name it. */
  readonly subject: string;
  readonly who: string;
  readonly namespace: string;
  /** In plain words. */
  readonly sentences: readonly string[];
  readonly atoms: readonly {
    readonly verb: string;
    readonly group?: string;
    readonly resource?: string;
    readonly name?: string;
    readonly path?: string;
  }[];
  readonly bindings: readonly string[];
  readonly truncated: boolean;
}

export interface PathFact {
  readonly subject: string;
  readonly who: string;
  /** `cluster-admin`, `node`, `secrets`, `namespace` or `traffic`. */
  readonly goal: string;
  readonly reaches: string;
  readonly steps: readonly string[];
}

export interface ImageFact {
  readonly image: string;
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
  readonly change: "added" | "removed" | "kept";
  readonly usedBy: readonly string[];
}

/** A field that widens something elsewhere (the table of kernel K7). */
export interface WideningFact {
  /** Row of the table: `role`, `binding`, `service-account-use`, `secret-use`, `pod-security-label`, `networkpolicy-added`… */
  readonly id: string;
  readonly key: ObjectKey;
  readonly path: string;
  /** What it is, in words, without values: `enforce=baseline`, `uses Secret shop/db`. */
  readonly detail: string;
  /** What is used or gains, as the charter's `names` name it: a Secret, a ServiceAccount, a class; else the object's name. */
  readonly subject: string;
  readonly operation: Operation;
}

export interface Assumption {
  readonly id: string;
  readonly text: string;
}

export interface CharterReference {
  readonly digest: string;
  readonly name: string;
  readonly serial: number;
  /** `SHA256:` fingerprint of the owner's key. */
  readonly owner: string;
}

export interface Verdict {
  readonly decision: "allowed" | "needs-approval" | "denied";
  readonly reasons: readonly VerdictReason[];
  /** Zero when denied. */
  readonly approvals: {
    readonly required: number;
    readonly approvers: readonly string[];
    readonly presence: boolean;
  };
}
export interface VerdictReason {
  /** Row of the table of rules: `charter/target`, `charter/kind`, `charter/registry`, `charter/widening/…`, `finding/error`. */
  readonly rule: string;
  readonly decision: "needs-approval" | "denied";
  readonly message: string;
  readonly key?: ObjectKey;
  readonly path?: string;
}
