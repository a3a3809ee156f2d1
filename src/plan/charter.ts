/**
 * What may ever be done, declared by the operator. Default deny: what is absent is zero (kernel K7); an unknown key
 * refuses to load. Signed by its owner, kept in the trust root. The YAML form has the same keys.
 */
export interface Charter {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "Charter";
  readonly metadata: {
    readonly name: string /** Rises with every signed version. */;
    readonly serial: number;
  };
  readonly spec: CharterSpec;
}

export interface CharterSpec {
  readonly targets: readonly CharterTarget[];
  readonly namespaces: readonly string[];
  /** Kinds and what may happen to them. `delete` of kinds that hold data needs the object named (kernel K8). */
  readonly kinds: readonly CharterKind[];
  /** Registry or repository prefixes on a path boundary: `docker.io/library`, `ghcr.io/acme`. `*` alone allows every registry. */
  readonly images: {
    readonly allowed: readonly string[] /** Tags that are not digests: deny, or approval. Default: approval. */;
    readonly tags?: "deny" | "approval";
  };
  /** Rows of the widening table that may appear, and how. Absent row: denied. */
  readonly widening: readonly {
    readonly id: string;
    readonly decision: "allow" | "approval";
    readonly namespaces?: readonly string[];
    readonly names?: readonly string[];
  }[];
  readonly deletions?: readonly {
    readonly group: string;
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
  }[];
  /** Highest Pod Security level (lowest strictness) that a namespace label or a Pod may need. Default: restricted. */
  readonly podSecurity?: "restricted" | "baseline" | "privileged";
  /** Findings at this severity or above deny. Default: error. `none`: findings never deny. */
  readonly findings?: {
    readonly deny?: "error" | "warning" | "none";
    /** Exemptions of a repository count, but never for what a model asked for. Default: false. */
    readonly repositoryExemptions?: boolean;
    /** Digest of the rules of a repository's own that plans must be judged by. Default: whatever rules there are, or none. */
    readonly ownRules?: string;
  };
  /** What plans may give and open at most. Absent is zero for permissions; for reachability the widening table decides then. */
  readonly ceilings?: {
    readonly permissions?: PermissionCeiling;
    readonly reachability?: ReachabilityCeiling;
  };
  readonly approvals: CharterApprovals;
  /** More changes than this are refused instead of overwhelming a reviewer. Default: 100. */
  readonly maxChanges?: number;
}

/** The most that subjects may gain, and what may never be. */
export interface PermissionCeiling {
  /** Rules of a role, for namespaces (the empty text is the cluster); without namespaces for every one and the cluster. */
  readonly max: readonly {
    readonly namespaces?: readonly string[];
    readonly rules: readonly {
      readonly verbs: readonly string[];
      readonly apiGroups?: readonly string[];
      readonly resources?: readonly string[];
      readonly resourceNames?: readonly string[];
      readonly nonResourceURLs?: readonly string[];
    }[];
  }[];
  /** Verbs that nobody gains, wildcards included. */
  readonly forbiddenVerbs?: readonly string[];
  /** Goals to which no attack path may open. Default: all. */
  readonly forbiddenPaths?: readonly ("cluster-admin" | "node" | "secrets" | "namespace" | "traffic")[];
  /** `user:NAME`, `group:NAME`: as bindings name them; a ServiceAccount by its user name. */
  readonly subjectsThatNeverGain?: readonly string[];
}

/** What a plan may newly open between pods, and with the outside. What is absent is zero (kernel K7). */
export interface ReachabilityCeiling {
  /** New flows between pods. Default: deny. */
  readonly opened?: "deny" | "approval" | "allow";
  /** New flows with addresses outside of the cluster. Default: deny. */
  readonly internet?: "deny" | "approval" | "allow";
  /** Namespaces over whose border no flow may newly lead. */
  readonly isolated?: readonly string[];
  /** Flows that must never open: `namespace/name` with `*` for either, `internet`, or a block of addresses. */
  readonly forbidden?: readonly { readonly from: string; readonly to: string }[];
}

/** A target is a repository or a cluster: exactly one of `git` and `cluster`. */
export type CharterTarget = CharterGitTarget | CharterClusterTarget;

export interface CharterClusterTarget {
  readonly name: string;
  readonly cluster: {
    /** What `charter pin` showed and the owner signed. */
    readonly url: string;
    readonly caKeySha256: string;
    readonly kubeSystemUid: string;
    /** Namespace that holds the inventory and the markers of used approvals; it must exist. */
    readonly inventory: string;
    /**
     * Objects that these field managers own may be taken part in, as `argocd-controller`; the controller of an object's
     * owner is named by its kind, as `Certificate.cert-manager.io`. Absent: objects of other tools are denied.
     */
    readonly sharedWith?: readonly string[];
    /**
     * Objects of our own inventory may be deleted as `kinds` says, where no data or other objects go with them. Default:
     * false: every deletion has to be named under `deletions` (kernel K8).
     */
    readonly ownDeletions?: boolean;
  };
}

export interface CharterGitTarget {
  readonly name: string;
  readonly git: {
    /** Absolute path or https URL, exact. */
    readonly url: string;
    readonly branches: readonly string[];
    /** Folders that may be written: exact, or `apps/*` for one level. */
    readonly folders: readonly string[];
    /** Folder that a reconciler follows as a whole; the written folder when absent. */
    readonly root?: string;
    /** The base branch itself may be moved. Default: false. */
    readonly onto?: boolean;
    /** What follows the repository: `pruning` makes a deleted file a deleted object (kernel K8). Default: pruning. */
    readonly reconciler?: "none" | "keeping" | "pruning";
    /** Flux substitutes variables in what it applies: `${` is refused (kernel K18). Default: true. */
    readonly substitutes?: boolean;
  };
}

export interface CharterKind {
  readonly group: string;
  readonly kinds: readonly string[];
  readonly operations: readonly ("create" | "update" | "delete")[];
}

export interface CharterApprovals {
  /** Number of distinct approvers. 0 lets a plan that needs no approval through without one. */
  readonly required: number;
  readonly approvers: readonly CharterApprover[];
  /** Longest validity of an approval, in seconds. */
  readonly maxValiditySeconds: number;
  /** Targets (by name) for which a key without proof of presence is good enough. */
  readonly softwareKeysFor?: readonly string[];
}

export interface CharterApprover {
  /** Literal name: no wildcard (kernel K9). */
  readonly principal: string;
  /** One OpenSSH public key line: type and base64, no options. */
  readonly key: string;
}
