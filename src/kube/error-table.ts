/** Exit codes of the command line (docs/reference/errors.md is made from this table). */
export const ExitCode = {
  done: 0,
  no: 1,
  usage: 2,
  refused: 3,
  bug: 4,
  interrupted: 130,
} as const;

export interface ErrorRow {
  readonly exit: number;
  /** When it can occur, in one sentence: the line of the reference page. */
  readonly when: string;
}

/** Every expected failure of the program: one row, one code. Bugs have no row. */
export const errorTable = {
  // Input
  USAGE: { exit: 2, when: "The command line cannot be understood." },
  INPUT_NOT_FOUND: { exit: 2, when: "A file or folder that was named does not exist." },
  INPUT_UNREADABLE: { exit: 2, when: "A file or folder exists and cannot be read." },
  INPUT_TOO_LARGE: { exit: 2, when: "An input is larger than the limit." },
  INPUT_ENCODING: { exit: 2, when: "An input is not UTF-8 text, or holds a NUL byte." },
  INPUT_MALFORMED: { exit: 2, when: "An input is not valid YAML or JSON, or not what its kind asks for." },
  INPUT_OUTSIDE: {
    exit: 2,
    when: "An input names a file outside the project folder, or reaches one through a link.",
  },
  INPUT_CYCLE: { exit: 2, when: "Inputs include or extend each other in a cycle." },
  INPUT_EMPTY: { exit: 2, when: "No object and no service was found in the inputs." },
  INPUT_SECRET_DATA: { exit: 2, when: "An input Secret carries data; values never enter a plan." },
  INPUT_DUPLICATE: { exit: 2, when: "Two objects of the inputs have the same identity." },
  INPUT_REFUSED: { exit: 2, when: "The API server would refuse an input object." },
  INPUT_CHANGED: {
    exit: 3,
    when: "A file changed after it was read, before it was written back; it is left as it is.",
  },
  OUTPUT_FAILED: {
    exit: 3,
    when: "A result could not be written: the disk is full or the folder cannot be written.",
  },
  // Charter and trust root
  CHARTER_INVALID: { exit: 2, when: "A charter does not follow its schema." },
  CHARTER_MISSING: { exit: 1, when: "No charter was found in the trust root." },
  CHARTER_UNSIGNED: { exit: 1, when: "The charter has no signature." },
  CHARTER_FOREIGN: {
    exit: 1,
    when: "The charter's signature is not by the pinned owner, or does not match its bytes.",
  },
  CHARTER_SERIAL: { exit: 1, when: "The charter's serial number is below one that was seen before." },
  CHARTER_CHANGED: { exit: 3, when: "The charter is no longer the one that the plan names." },
  CHARTER_EXISTS: { exit: 1, when: "A charter is already there; it is not overwritten." },
  TRUST_ROOT_INVALID: { exit: 1, when: "The trust root is incomplete, or others can write to it." },
  // Plan
  PLAN_NOT_FOUND: { exit: 2, when: "No plan has this digest or prefix, or a prefix fits several." },
  PLAN_MALFORMED: { exit: 2, when: "A plan file is not a plan, or not in canonical form." },
  PLAN_DIGEST: { exit: 3, when: "A plan's digest does not match its content." },
  PLAN_NOT_REPRODUCED: {
    exit: 3,
    when: "Recomputing the plan gives another result: the plan file says something that is not so.",
  },
  PLAN_DENIED: { exit: 1, when: "The charter denies the plan." },
  PLAN_EMPTY: { exit: 1, when: "The plan changes nothing." },
  PLAN_TOO_LARGE: {
    exit: 1,
    when: "The plan has more changes than the charter lets one person approve at once.",
  },
  // Approval
  APPROVAL_MISSING: { exit: 1, when: "The plan lacks an approval that the charter asks for." },
  APPROVAL_INVALID: { exit: 1, when: "An approval's signature or statement does not hold." },
  APPROVAL_EXPIRED: { exit: 1, when: "An approval is not valid yet, or not any more." },
  APPROVAL_USED: { exit: 3, when: "An approval was used already at this target." },
  APPROVER_UNKNOWN: { exit: 1, when: "The key is not an approver's key in the charter." },
  APPROVER_PRESENCE: {
    exit: 1,
    when: "The charter asks for a security key with a person present, and the signature does not prove it.",
  },
  KEY_UNUSABLE: { exit: 2, when: "A key file cannot be used to sign." },
  SIGN_FAILED: { exit: 3, when: "ssh-keygen or the agent did not sign." },
  // Target
  TARGET_INVALID: { exit: 2, when: "A target cannot be understood." },
  TARGET_DRIFT: { exit: 3, when: "The target is no longer what the plan saw." },
  TARGET_REFUSED: { exit: 3, when: "The target refused the change." },
  TARGET_UNREACHABLE: { exit: 3, when: "The target could not be read." },
  TARGET_UNSAFE: {
    exit: 3,
    when: "The target holds something that must not be written over or followed: a link, a submodule, a name that differs only by case.",
  },
  BRANCH_CHECKED_OUT: { exit: 3, when: "The branch to be moved is checked out somewhere." },
  // Cluster
  KUBECONFIG_INVALID: {
    exit: 2,
    when: "A kubeconfig cannot be read, or asks for something that is refused.",
  },
  CLUSTER_UNREACHABLE: {
    exit: 3,
    when: "The API server cannot be reached, or the connection broke before it answered.",
  },
  CLUSTER_TLS: { exit: 3, when: "The API server's certificate does not hold." },
  CLUSTER_PIN: { exit: 3, when: "The API server is not the cluster that the charter pins." },
  CLUSTER_AUTH: { exit: 3, when: "The API server does not accept the credentials." },
  CLUSTER_FORBIDDEN: { exit: 3, when: "The credentials do not allow a request." },
  CLUSTER_NOT_FOUND: { exit: 3, when: "An object, a namespace or a kind is not there." },
  CLUSTER_CONFLICT: {
    exit: 3,
    when: "An object exists already, was changed since it was read, or another manager owns a field.",
  },
  CLUSTER_REFUSED: { exit: 3, when: "The API server or an admission rule refuses an object." },
  CLUSTER_EXPIRED: {
    exit: 3,
    when: "The API server does not have the version that a list or watch asks for.",
  },
  CLUSTER_BUSY: { exit: 3, when: "The API server is overloaded or not ready, also after waiting." },
  CLUSTER_ANSWER: {
    exit: 3,
    when: "The API server's answer is not what its protocol says, too large, or an internal error.",
  },
  RESULT_DIFFERS: {
    exit: 3,
    when: "The API server makes something else of an object than the plan promises; the run stopped there.",
  },
  APPLY_PARTIAL: {
    exit: 3,
    when: "A run stopped half-way: some of the plan's objects are written and some are not; the message names both.",
  },
  CLUSTER_SET_BACK: {
    exit: 3,
    when: "The cluster's store is older than what the audit log has seen: it was restored from a backup.",
  },
  PREIMAGE_INVALID: {
    exit: 3,
    when: "What stood before a plan was applied is not kept here, or does not open with this trust root's key.",
  },
  // Log and journal
  LOG_INVALID: { exit: 3, when: "The audit log does not verify." },
  LOG_NOT_EXTENDED: {
    exit: 3,
    when: "The audit log does not extend the checkpoint that an approval or the target names.",
  },
  LOG_UNWRITABLE: { exit: 3, when: "The audit log could not be written; without it there is no effect." },
  STATE_UNWRITABLE: { exit: 3, when: "The state folder could not be written." },
  STATE_UNSAFE: {
    exit: 3,
    when: "The state folder, or a part of it, is a link, belongs to another user, or can be written by others.",
  },
  STATE_BUSY: { exit: 3, when: "Another process of kubeops holds the state; it was waited for." },
  JOURNAL_INVALID: { exit: 3, when: "The journal does not fit the log or the plan." },
  // Agents
  AGENT_LIMIT: {
    exit: 3,
    when: "An agent reached a limit: the size of a call, calls at once, or calls in all.",
  },
  AGENT_QUESTION: {
    exit: 2,
    when: "What a model proposed leaves something open, or contradicts itself: the person says which, and asks again.",
  },
  AGENT_EMPTY: { exit: 2, when: "A model proposed nothing that could be planned." },
  MODEL_MISSING: {
    exit: 2,
    when: "No model provider is set; the message names what to set, and what works without one.",
  },
  MODEL_CONFIG: {
    exit: 2,
    when: "The setting of a model provider cannot be used: its URL, its key or its name.",
  },
  MODEL_AUTH: { exit: 3, when: "The model provider does not accept the key." },
  MODEL_BUSY: { exit: 3, when: "The model provider is overloaded or limits the rate, also after waiting." },
  MODEL_UNREACHABLE: {
    exit: 3,
    when: "The model provider cannot be reached, or the connection broke before the answer was whole.",
  },
  MODEL_ANSWER: {
    exit: 3,
    when: "The model provider's answer is not what its protocol says, or it refuses the request.",
  },
  MODEL_BUDGET: {
    exit: 3,
    when: "The budget of tokens, money, turns or time is used up before the model was done.",
  },
  INTERRUPTED: { exit: 130, when: "The run was interrupted; a second run finishes it or refuses." },
} as const;

export type OpsErrorCode = keyof typeof errorTable;
