import type {
  Charter,
  CharterApprovals,
  CharterApprover,
  CharterClusterTarget,
  CharterGitTarget,
  CharterKind,
  CharterSpec,
  PermissionCeiling,
  ReachabilityCeiling,
} from "../charter.ts";
import { wideningIds } from "../facts/widening-ids.ts";
import {
  boolean,
  choice,
  integer,
  list,
  literal,
  may,
  need,
  type RecordShape,
  record,
  text,
} from "../../kube/shape/shape.ts";

const name = text(
  "a name of lower-case letters, digits, dots and dashes",
  /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/u,
);
const namespace = text(
  "the literal name of a namespace",
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u,
  wildcardReason,
);
const group = text(
  "the literal name of an API group (empty for the core group)",
  /^(?:|[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/u,
  wildcardReason,
);
const kind = text("the literal name of a kind, as Deployment", /^[A-Z][A-Za-z0-9]{0,62}$/u, wildcardReason);
const objectName = text(
  "the literal name of an object",
  /^[A-Za-z0-9](?:[A-Za-z0-9._:/-]{0,251}[A-Za-z0-9])?$/u,
  wildcardReason,
);

function wildcardReason(value: string): string | undefined {
  return /[*?]/u.test(value) ? "holds a wildcard: names stand in a charter literally" : undefined;
}

/** A principal is compared as text. OpenSSH would read `*`, `?`, `!` and `,` as patterns (ssh-keygen(1), ALLOWED SIGNERS). */
const principal = text(
  "a literal name of letters, digits and . _ @ + -",
  /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/u,
  (value) =>
    /[*?!,]/u.test(value)
      ? "holds a wildcard or a list: an approver is one literal name (kernel K9)"
      : undefined,
);

/** Types of keys that sign; certificates (`…-cert-v01@openssh.com`) stand for an authority and are refused. */
const keyTypes =
  "ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\\.com|sk-ecdsa-sha2-nistp256@openssh\\.com";
const publicKey = text(
  "one OpenSSH public key: its type and its base64, nothing else",
  new RegExp(`^(?:${keyTypes}) [A-Za-z0-9+/]{16,}={0,2}$`, "u"),
  (value) => {
    if (/cert-authority/iu.test(value))
      return "names a cert-authority, which stands for keys that nobody listed (kernel K9)";
    if (/-cert-v\d+@/u.test(value))
      return "is a certificate; a charter lists the keys themselves (kernel K9)";
    if (new RegExp(`^.+[ \\t](?:${keyTypes})[ \\t]`, "u").test(value))
      return "carries options before the key type (kernel K9)";
    if (new RegExp(`^(?:${keyTypes}) \\S+ .`, "u").test(value))
      return "carries a comment; only type and base64 stand in a charter";
    return undefined;
  },
);

const image = text(
  "a registry or repository prefix, as docker.io/library, or * alone",
  /^(?:\*|[a-z0-9.-]+(?::[0-9]{1,5})?(?:\/[a-z0-9._-]+)*)$/u,
);
const repository = text(
  "an absolute path or an https URL without credentials",
  /^(?:\/|https:\/\/)[^\s@?#]+$/u,
);
const branch = text("the literal name of a branch", /^[A-Za-z0-9][A-Za-z0-9._/@+-]{0,199}$/u, wildcardReason);
const folder = text(
  "a folder relative to the repository (apps/* for every folder one level below apps)",
  /^(?:|(?:[A-Za-z0-9._+@=,~-]+\/)*(?:\*|[A-Za-z0-9._+@=,~-]+))$/u,
);
const root = text(
  "a folder relative to the repository",
  /^(?:|[A-Za-z0-9._+@=,~-]+(?:\/[A-Za-z0-9._+@=,~-]+)*)$/u,
);

const flowEnd = text(
  "internet, a block of addresses, or namespace/name with * for either",
  /^(?:internet|[0-9A-Fa-f.:]+(?:\/[0-9]{1,3})?|(?:\*|[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/(?:\*|[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?))$/u,
);
const opening = literal("deny", "approval", "allow");
const reachabilityCeiling: RecordShape = record<ReachabilityCeiling>({
  opened: may(opening, "New flows between pods. Default: deny."),
  internet: may(opening, "New flows with addresses outside of the cluster. Default: deny."),
  isolated: may(list(namespace), "Namespaces over whose border no flow may newly lead."),
  forbidden: may(
    list(record<{ readonly from: string; readonly to: string }>({ from: need(flowEnd), to: need(flowEnd) })),
    "Flows that must never open, also by pods that do not exist yet.",
  ),
});

const gitTarget: RecordShape = record<CharterGitTarget>({
  name: need(name, "Name of the target, used by softwareKeysFor."),
  git: need(
    record<CharterGitTarget["git"]>({
      url: need(repository, "Absolute path of a local repository or https URL, compared literally."),
      branches: need(list(branch, { least: 1, distinct: true }), "Branches that a change may be based on."),
      folders: need(
        list(folder, { least: 1, distinct: true }),
        "Folders that may be written: exact, or apps/* for one level.",
      ),
      root: may(root, "Folder that a reconciler follows as a whole. Default: the folder that is written."),
      onto: may(boolean, "The branch itself may be moved. Default: false."),
      reconciler: may(
        literal("none", "keeping", "pruning"),
        "What follows the repository. pruning (default): a deleted file is a deleted object.",
      ),
      substitutes: may(
        boolean,
        "Flux substitutes ${variables} in what it applies; they are refused. Default: true.",
      ),
    }),
  ),
});

export const clusterTargetShape: RecordShape = record<CharterClusterTarget>({
  name: need(name, "Name of the target: cluster:<name>; used by softwareKeysFor."),
  cluster: need(
    record<CharterClusterTarget["cluster"]>({
      url: need(text("an https URL", /^https:\/\/[^\s@?#]+$/u), "URL of the API server, compared literally."),
      caKeySha256: need(
        text("a SHA-256 in lower-case hexadecimal", /^[0-9a-f]{64}$/u),
        "SHA-256 of the public key of the server's CA.",
      ),
      kubeSystemUid: need(
        text("a UID", /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u),
        "UID of the namespace kube-system.",
      ),
      inventory: need(
        namespace,
        "Namespace of the inventory and of the markers of used approvals; it must exist.",
      ),
      sharedWith: may(
        list(
          text(
            "the literal name of a field manager",
            /^[A-Za-z0-9][A-Za-z0-9 ._:/@-]{0,127}$/u,
            wildcardReason,
          ),
          { least: 1, distinct: true },
        ),
        "Field managers whose objects may be taken part in. Default: none; objects of other tools are denied.",
      ),
      ownDeletions: may(
        boolean,
        "Objects of our inventory may be deleted by kind where no data goes with them. Default: false: each has to be named under deletions.",
      ),
    }),
  ),
});

const kinds: RecordShape = record<CharterKind>({
  group: need(group, "API group; empty for the core group."),
  kinds: need(list(kind, { least: 1, distinct: true })),
  operations: need(list(literal("create", "update", "delete"), { least: 1, distinct: true })),
});

const widening: RecordShape = record<CharterSpec["widening"][number]>({
  id: need(literal(...wideningIds), "Row of the widening table."),
  decision: need(literal("allow", "approval")),
  namespaces: may(list(namespace, { least: 1, distinct: true }), "Only in these namespaces."),
  names: may(
    list(objectName, { least: 1, distinct: true }),
    "Only for these: the Secret, ServiceAccount or class that is used, the label that is set, or else the object itself.",
  ),
});

const deletion: RecordShape = record<NonNullable<CharterSpec["deletions"]>[number]>({
  group: need(group),
  kind: need(kind),
  namespace: may(namespace),
  name: need(objectName),
});

const approvals: RecordShape = record<CharterApprovals>({
  required: need(
    integer(0, 16),
    "Number of distinct approvers of every plan; a plan that needs approval needs one at least.",
  ),
  approvers: need(
    list(
      record<CharterApprover>({
        principal: need(principal, "Literal name."),
        key: need(publicKey, "OpenSSH public key: type and base64."),
      }),
    ),
  ),
  maxValiditySeconds: need(integer(60, 31 * 24 * 3600), "Longest validity of an approval, in seconds."),
  softwareKeysFor: may(
    list(name, { distinct: true }),
    "Targets for which a key is good enough that does not prove a person's presence.",
  ),
});

const word = text("a text that is not empty", /^[^\0]{1,512}$/u);
const words = list(word, { distinct: true });
const permissionCeiling: RecordShape = record<PermissionCeiling>({
  max: need(
    list(
      record<PermissionCeiling["max"][number]>({
        namespaces: may(
          list(text("the literal name of a namespace, or empty for the cluster", /^[a-z0-9-]{0,63}$/u), {
            distinct: true,
          }),
          "Where; without it in every namespace and in the cluster.",
        ),
        rules: need(
          list(
            record<PermissionCeiling["max"][number]["rules"][number]>({
              verbs: need(list(word, { least: 1, distinct: true })),
              apiGroups: may(
                list(text("the name of an API group, empty for core", /^[^\0]{0,253}$/u), { distinct: true }),
              ),
              resources: may(words),
              resourceNames: may(words),
              nonResourceURLs: may(words),
            }),
          ),
          "Rules as in a Role. A gain is within them when one rule covers each of its rights.",
        ),
      }),
    ),
  ),
  forbiddenVerbs: may(words, "Verbs that nobody gains, wildcards included."),
  forbiddenPaths: may(
    list(literal("cluster-admin", "node", "secrets", "namespace", "traffic"), { distinct: true }),
    "Goals to which no attack path may open. Default: all.",
  ),
  subjectsThatNeverGain: may(words, "user:NAME or group:NAME, as bindings name them."),
});

/** The charter, key by key. What is absent is zero; a key that is not here refuses to load. */
export const charterShape: RecordShape = record<Charter>({
  apiVersion: need(literal("kubernetes-operations.dev/v1")),
  kind: need(literal("Charter")),
  metadata: need(
    record<Charter["metadata"]>({
      name: need(name),
      serial: need(integer(1), "Rises with every signed version."),
    }),
  ),
  spec: need(
    record<CharterSpec>({
      targets: need(
        list(choice(clusterTargetShape, gitTarget)),
        "Repositories and clusters that may be changed.",
      ),
      namespaces: need(list(namespace, { distinct: true }), "Namespaces that objects may be in, literally."),
      kinds: need(list(kinds), "Kinds that may be changed, and how."),
      images: need(
        record<CharterSpec["images"]>({
          allowed: need(list(image, { distinct: true }), "Registries and repositories; * alone allows all."),
          tags: may(
            literal("deny", "approval"),
            "Images named by a tag instead of a digest. Default: approval.",
          ),
        }),
      ),
      widening: need(list(widening), "Rows of the widening table that may appear. An absent row is denied."),
      deletions: may(
        list(deletion),
        "Objects that may be deleted although that cannot be taken back (kernel K8).",
      ),
      podSecurity: may(
        literal("restricted", "baseline", "privileged"),
        "The least strict Pod Security level that a Pod may need or a namespace may enforce. Default: restricted.",
      ),
      findings: may(
        record<NonNullable<CharterSpec["findings"]>>({
          deny: may(
            literal("error", "warning", "none"),
            "Findings of this severity or above deny. Default: error.",
          ),
          repositoryExemptions: may(
            boolean,
            "Exemptions written in a repository count, except for what a model asked for. Default: false.",
          ),
          ownRules: may(
            text("sha256: and 64 hexadecimal digits, as a plan shows it", /^sha256:[0-9a-f]{64}$/u),
            "Digest of the rules of the repository's own that every plan must be judged by. Default: any or none.",
          ),
        }),
      ),
      ceilings: may(
        record<NonNullable<CharterSpec["ceilings"]>>({
          permissions: may(
            permissionCeiling,
            "What subjects may gain at most; without it nobody gains anything.",
          ),
          reachability: may(
            reachabilityCeiling,
            "What a plan may newly open. Absent: only the widening table decides.",
          ),
        }),
        "What may be gained and opened at most.",
      ),
      approvals: need(approvals),
      maxChanges: may(integer(1, 10_000), "More changes than this are denied. Default: 100."),
    }),
  ),
});
