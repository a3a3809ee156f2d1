import { ruleMembers, type WrittenRule } from "../../analysis/checks/own-rules/rule-shape.ts";
import type { ClusterPin } from "../cluster-state.ts";
import type * as plan from "../plan.ts";
import { type RecordedMember, recordedMembers } from "../recorded-rule.ts";
import { wideningIds } from "../facts/widening-ids.ts";
import {
  intentShape,
  noteShape,
  objectKeyShape,
  prerequisiteShape,
  relaxationShape,
} from "./intent-shape.ts";
import {
  any,
  anyObject,
  anyText,
  boolean,
  choice,
  integer,
  list,
  literal,
  may,
  type MembersOf,
  need,
  nullable,
  type RecordShape,
  record,
  text,
} from "../../kube/shape/shape.ts";

type Item<T> = T extends readonly (infer I)[] ? I : never;

const digest = text("a digest as sha256:<hex>", /^sha256:[0-9a-f]{64}$/u);
const sha256 = text("a SHA-256 in hexadecimal", /^[0-9a-f]{64}$/u);
const texts = list(anyText);
const natural = integer(0);
const mode = literal("branch", "onto");
const operation = literal("create", "update", "recreate", "delete", "unchanged");
const mac = nullable(sha256);

const recordedRule = Object.fromEntries(recordedMembers.map((name) => [name, ruleMembers[name]])) as Pick<
  MembersOf<WrittenRule>,
  RecordedMember
>;

const request: RecordShape = record<plan.RequestRecord>({
  text: need(anyText, "What was asked for, as flags would say it again."),
  inputs: need(
    list(record<Item<plan.RequestRecord["inputs"]>>({ path: need(anyText), sha256: need(sha256) })),
  ),
  undoes: may(digest, "Digest of the plan that this one undoes."),
  target: need(
    choice(
      record<plan.RequestedGitTarget>({
        url: need(anyText),
        branch: need(anyText),
        folder: need(anyText),
        mode: need(mode),
      }),
      record<plan.RequestedClusterTarget>({ cluster: need(anyText, "Name of the target in the charter.") }),
    ),
  ),
  deletions: need(list(objectKeyShape), "Objects that were asked to be deleted."),
  recreate: may(boolean, "For a cluster: what cannot be changed may be deleted and made again."),
  takeOver: may(boolean, "For a cluster: what kubectl's client-side apply owns passes to us."),
  minor: need(natural, "Minor version of Kubernetes 1."),
  rules: may(
    list(
      record<plan.PlanRule>({
        ...recordedRule,
        severity: need(literal("error", "warning", "info"), "What the settings make of it."),
      }),
      { least: 1 },
    ),
    "Rules of the repository's own that judged the plan, by id; absent: none.",
  ),
  exemptions: may(
    list(
      record<plan.PlanExemption>({
        check: need(anyText, "The id of the check."),
        namespace: may(anyText, "A namespace; * stands for any characters."),
        object: may(anyText, "Kind/name; * stands for any characters."),
        container: may(anyText, "The name of a container; * stands for any characters."),
        reason: need(anyText, "Why the place need not keep the check."),
      }),
    ),
    "Exemptions of the repository, where the charter says that they count; absent: none counts, also of annotations.",
  ),
  agent: may(
    record<plan.AgentRecord>({
      provider: need(anyText),
      model: need(anyText, "As the provider names it."),
      prompts: need(
        list(record<Item<plan.AgentRecord["prompts"]>>({ subagent: need(anyText), digest: need(digest) })),
        "Digest of what each subagent was told.",
      ),
      taint: need(texts, "What a model read before it spoke."),
      operations: need(
        list(
          record<Item<plan.AgentRecord["operations"]>>({ sources: need(texts), operation: need(anyObject) }),
        ),
        "Everything that the model said.",
      ),
    }),
    "For a request that a model made.",
  ),
  mac: need(mac, "HMAC-SHA-256 of request and intent under the trust root's key."),
});

export const gitTargetShape: RecordShape = record<plan.GitTarget>({
  kind: need(literal("git")),
  url: need(anyText),
  branch: need(anyText),
  folder: need(anyText),
  base: need(nullable(anyText), "Commit that the branch named; null for an unborn branch."),
  root: need(anyText, "Folder that a reconciler follows as a whole."),
  rootTree: need(nullable(anyText)),
  mode: need(mode),
});

export const clusterTargetShape: RecordShape = record<plan.ClusterTarget>({
  kind: need(literal("cluster")),
  name: need(anyText, "Name of the target in the charter."),
  pin: need(
    record<ClusterPin>({
      url: need(anyText, "https URL of the API server."),
      caKeySha256: need(sha256, "SHA-256 of the public key of the server's CA."),
      kubeSystemUid: need(anyText, "UID of the namespace kube-system."),
    }),
  ),
  serverVersion: need(anyText),
});

const shown = choice(
  record<Extract<plan.Shown, { readonly value: unknown }>>({ value: need(any) }),
  record<Extract<plan.Shown, { readonly mac: unknown }>>({
    mac: need(mac, "MAC of what may be a live value."),
  }),
);

const fieldChange: RecordShape = record<plan.FieldChange>({
  path: need(anyText),
  operation: need(literal("add", "remove", "replace")),
  before: may(shown),
  after: may(shown),
});

type Way<K extends plan.Reversibility["kind"]> = Extract<plan.Reversibility, { readonly kind: K }>;
const reversibility = choice(
  record<Way<"reversible">>({ kind: need(literal("reversible")) }),
  record<Way<"new-identity">>({ kind: need(literal("new-identity")), reason: need(anyText) }),
  record<Way<"irreversible">>({ kind: need(literal("irreversible")), reason: need(anyText) }),
);

const live: RecordShape = record<plan.LiveChange>({
  resource: need(anyText, "Plural of the resource."),
  namespaced: need(boolean),
  uid: need(nullable(anyText), "UID of the object that stood there; null for a create."),
  mergedMac: need(mac, "MAC of the masked result of the server's dry run; null when there was none."),
  notDryRun: need(nullable(anyText), "Why there was no dry run."),
  takesOver: may(
    record<NonNullable<plan.LiveChange["takesOver"]>>({
      from: need(texts),
      paths: need(texts),
      mac: need(mac),
    }),
    "Fields that pass to us from client-side appliers.",
  ),
  dependents: may(list(objectKeyShape), "Objects that are garbage-collected with a deleted one."),
  owners: need(
    list(record<Item<plan.LiveChange["owners"]>>({ manager: need(anyText), path: need(anyText) })),
    "Other managers of fields that the change touches.",
  ),
  warnings: need(texts),
});

export const changeShape: RecordShape = record<plan.Change>({
  key: need(objectKeyShape),
  operation: need(operation),
  file: need(anyText, "Below the target folder; empty for a cluster."),
  object: need(
    nullable(anyObject),
    "The object to apply; null for delete, and for what a Git folder holds unchanged.",
  ),
  digest: need(nullable(digest)),
  beforeMac: need(mac),
  diff: need(list(fieldChange)),
  reversibility: need(reversibility),
  live: may(live, "For a cluster: what binds the change to the live object."),
});

const finding: RecordShape = record<plan.PlanFinding>({
  code: need(anyText),
  severity: need(literal("error", "warning", "info")),
  message: need(anyText),
  key: may(objectKeyShape),
  path: may(anyText),
  exempt: may(anyText, "Why it denies nothing: the reason of an exemption."),
});

const aboutObject = list(
  record<Item<plan.Facts["deletions"]>>({ key: need(objectKeyShape), reason: need(anyText) }),
);

const permissionGain: RecordShape = record<plan.PermissionGain>({
  subject: need(anyText),
  who: need(anyText),
  namespace: need(anyText),
  sentences: need(texts),
  atoms: need(
    list(
      record<Item<plan.PermissionGain["atoms"]>>({
        verb: need(anyText),
        group: may(anyText),
        resource: may(anyText),
        name: may(anyText),
        path: may(anyText),
      }),
    ),
  ),
  bindings: need(texts),
  truncated: need(boolean),
});

const pathFact: RecordShape = record<plan.PathFact>({
  subject: need(anyText),
  who: need(anyText),
  goal: need(anyText),
  reaches: need(anyText),
  steps: need(texts),
});

const facts: RecordShape = record<plan.Facts>({
  counts: need(
    record<plan.Facts["counts"]>({
      create: need(natural),
      update: need(natural),
      delete: need(natural),
      unchanged: need(natural),
      recreate: may(natural),
    }),
  ),
  kinds: need(
    list(
      record<Item<plan.Facts["kinds"]>>({
        group: need(anyText),
        kind: need(anyText),
        operation: need(operation),
        count: need(natural),
      }),
    ),
  ),
  namespaces: need(texts),
  images: need(
    list(
      record<plan.ImageFact>({
        image: need(anyText),
        registry: need(anyText),
        repository: need(anyText),
        tag: need(nullable(anyText)),
        digest: need(nullable(anyText)),
        change: need(literal("added", "removed", "kept")),
        usedBy: need(texts),
      }),
    ),
  ),
  widening: need(
    list(
      record<plan.WideningFact>({
        id: need(literal(...wideningIds)),
        key: need(objectKeyShape),
        path: need(anyText),
        detail: need(anyText),
        subject: need(anyText),
        operation: need(operation),
      }),
    ),
    "Fields that widen something elsewhere.",
  ),
  deletions: need(aboutObject),
  irreversible: need(aboutObject),
  resets: may(
    list(record<Item<NonNullable<plan.Facts["resets"]>>>({ key: need(objectKeyShape), path: need(anyText) })),
    "For a cluster: fields that are set no more and take their default again.",
  ),
  secrets: need(
    list(
      record<Item<plan.Facts["secrets"]>>({
        namespace: need(anyText),
        name: need(anyText),
        keys: need(texts),
        usedBy: need(texts),
      }),
    ),
  ),
  exposure: need(
    list(record<Item<plan.Facts["exposure"]>>({ key: need(objectKeyShape), how: need(anyText) })),
  ),
  permissions: need(
    record<plan.PermissionFacts>({
      state: need(literal("computed")),
      partial: need(boolean, "Roles and bindings beyond those that were read may be there."),
      gained: need(list(permissionGain), "Who gains what, by subject and namespace (empty: everywhere)."),
      lost: need(list(permissionGain)),
      opened: need(list(pathFact), "Attack paths that open."),
      closed: need(list(pathFact)),
      pathsComplete: need(boolean, "Paths were followed from every subject that has rights."),
    }),
  ),
  reachability: need(
    record<plan.Facts["reachability"]>({
      state: need(literal("computed")),
      flows: need(
        list(
          record<plan.ReachabilityFact>({
            what: need(literal("opened", "changed", "closed")),
            from: need(texts),
            to: need(texts),
            gained: need(anyText),
            lost: need(anyText),
            future: need(boolean),
          }),
        ),
      ),
      incomplete: need(texts),
    }),
  ),
});

const verdict: RecordShape = record<plan.Verdict>({
  decision: need(literal("allowed", "needs-approval", "denied")),
  reasons: need(
    list(
      record<plan.VerdictReason>({
        rule: need(anyText),
        decision: need(literal("needs-approval", "denied")),
        message: need(anyText),
        key: may(objectKeyShape),
        path: may(anyText),
      }),
    ),
  ),
  approvals: need(
    record<plan.Verdict["approvals"]>({
      required: need(natural),
      approvers: need(texts),
      presence: need(boolean),
    }),
  ),
});

/** A plan file, key by key. */
export const planShape: RecordShape = record<plan.Plan>({
  apiVersion: need(literal("kubernetes-operations.dev/v1")),
  kind: need(literal("Plan")),
  digest: need(digest, "SHA-256 over the canonical JSON of everything but itself."),
  tool: need(
    record<plan.Plan["tool"]>({ name: need(literal("kubernetes-operations")), version: need(anyText) }),
  ),
  request: need(request),
  intent: need(intentShape, "What was asked for, as typed data."),
  target: need(choice(gitTargetShape, clusterTargetShape)),
  readSet: need(
    list(record<plan.ReadSetEntry>({ what: need(anyText), version: need(anyText) })),
    "Files or live objects that the plan relied on.",
  ),
  changes: need(list(changeShape)),
  files: need(
    list(
      record<plan.FileChange>({
        path: need(anyText, "From the repository's root."),
        operation: need(literal("create", "update", "delete")),
        sha256: need(nullable(sha256)),
      }),
    ),
  ),
  findings: need(list(finding)),
  facts: need(facts),
  authoring: need(
    record<plan.Plan["authoring"]>({
      relaxations: need(list(relaxationShape)),
      prerequisites: need(list(prerequisiteShape)),
      notes: need(list(noteShape)),
    }),
  ),
  assumptions: need(list(record<plan.Assumption>({ id: need(anyText), text: need(anyText) }))),
  charter: need(
    nullable(
      record<plan.CharterReference>({
        digest: need(digest),
        name: need(anyText),
        serial: need(natural),
        owner: need(anyText, "Fingerprint of the owner's key."),
      }),
    ),
  ),
  verdict: need(verdict),
});
