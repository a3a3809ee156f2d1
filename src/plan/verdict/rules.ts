import type { PodSecurityLevel } from "../../analysis/checks/pod-security/pod-security.ts";
import { isObject, isArray, type Json, type JsonObject, valueAt } from "../../kube/json.ts";
import { identity, keyText } from "../../kube/object-key.ts";
import type { ObjectKey } from "../../kube/read-object.ts";
import type { Charter, CharterTarget } from "../charter.ts";
import { imageUses, namespaceOf } from "../facts/build-facts.ts";
import { imageAllowed, parseImage } from "../facts/image-reference.ts";
import { POD_SECURITY_LABEL } from "../facts/widening/namespace-rows.ts";
import type { ChangedObject } from "../facts/widening/row.ts";
import type { ClusterTarget, GitTarget, WideningFact } from "../plan.ts";
import { findingRules } from "./finding-rules.ts";
import { gainReasons, pathReasons } from "./permission-ceiling.ts";
import { reachabilityReasons } from "./reachability-ceiling.ts";
import { deny, type Reason, type VerdictRule } from "./verdict-rule.ts";
import { folderAllowed, isClusterRow, isGitRow } from "../target.ts";

/** Why a rule that is not written out for K8's kinds may still be lifted: the charter names the very object. */
function isNamed(charter: Charter, key: ObjectKey): boolean {
  return (charter.spec.deletions ?? []).some(
    (row) =>
      row.group === key.group &&
      row.kind === key.kind &&
      row.name === key.name &&
      (row.namespace ?? "") === key.namespace,
  );
}

const levels: readonly PodSecurityLevel[] = ["restricted", "baseline", "privileged"];

function exceeds(level: string, charter: Charter): boolean {
  const index = levels.findIndex((known) => known === level);
  return index < 0 || index > levels.indexOf(charter.spec.podSecurity ?? "restricted");
}

/** The rules in the order in which their reasons are told. */
export const verdictRules: readonly VerdictRule[] = [
  {
    id: "charter/unbound",
    title:
      "The trust root's key binds every plan; without it nobody can tell a plan from a forgery (kernel K17).",
    decides: "denied",
    example: "a trust root without its MAC key",
    judge: ({ bound }) => (bound ? [] : [deny("the trust root has no key to bind plans with")]),
  },
  {
    id: "charter/target",
    title: "The charter names the repository, the branch and the folder; or the cluster, by the very pin.",
    decides: "denied",
    example: "a folder apps/other where the charter names apps/shop",
    judge: ({ row, target, charter }) =>
      target.kind === "git"
        ? gitTargetReasons(charter, row, target)
        : clusterTargetReasons(charter, row, target),
  },
  {
    id: "charter/permissions",
    title:
      "Nobody gains a permission beyond the charter's ceiling; without a ceiling nobody gains any. What is within it a person looks at (kernel K7).",
    decides: "denied or needs-approval",
    example: "a RoleBinding that lets ServiceAccount shop/web read Secrets",
    judge: ({ charter, facts }) =>
      facts.permissions.gained.flatMap((gain) => gainReasons(charter.spec.ceilings?.permissions, gain)),
  },
  {
    id: "charter/attack-path",
    title:
      "No attack path opens to what the charter forbids; without a ceiling none opens at all (kernel K7).",
    decides: "denied or needs-approval",
    example: "a privileged Pod where somebody may run commands in pods",
    judge: ({ charter, facts }) =>
      facts.permissions.opened.flatMap((path) => pathReasons(charter.spec.ceilings?.permissions, path)),
  },
  {
    id: "charter/reachability",
    title:
      "What a plan newly opens stays below the charter's ceiling on reachability, for pods that exist and for those that could come (kernel K7).",
    decides: "denied or needs-approval",
    example: "a policy that lets the internet reach payments/db where ceilings.reachability forbids it",
    judge: ({ charter, facts }) => {
      const ceiling = charter.spec.ceilings?.reachability;
      return ceiling === undefined ? [] : reachabilityReasons(ceiling, facts.reachability);
    },
  },
  {
    id: "charter/max-changes",
    title: "More changes than a person can look through are not put before one (kernel K5).",
    decides: "denied",
    example: "101 changes where the charter says nothing",
    judge: ({ charter, facts }) => {
      const { create, update, recreate = 0, delete: deleted } = facts.counts;
      const count = create + update + recreate + deleted;
      const most = charter.spec.maxChanges ?? 100;
      return count > most
        ? [
            deny(
              `${count} changes are more than the ${most} that the charter lets one plan have; split the request`,
            ),
          ]
        : [];
    },
  },
  {
    id: "charter/namespace",
    title: "Every namespace stands in the charter.",
    decides: "denied",
    example: "a Deployment in namespace other",
    judge: ({ charter, changed }) =>
      changed.flatMap(({ key }) => {
        const namespace = namespaceOf(key);
        return namespace === undefined || charter.spec.namespaces.includes(namespace)
          ? []
          : [deny(`${keyText(key)}: the charter names no namespace ${namespace}`, key)];
      }),
  },
  {
    id: "charter/kind",
    title: "Every kind stands in the charter with what happens to it.",
    decides: "denied",
    example: "a Secret that is created where the charter names no Secret",
    judge: ({ charter, changed }) =>
      changed.flatMap(({ key, operation }) => {
        const missing = needs[operation].filter(
          (need) =>
            !charter.spec.kinds.some(
              (row) =>
                row.group === key.group && row.kinds.includes(key.kind) && row.operations.includes(need),
            ),
        );
        return missing.map((need) =>
          deny(`${keyText(key)}: the charter does not let ${key.kind} be ${past[need]}`, key),
        );
      }),
  },
  {
    id: "charter/deletion",
    title:
      "A deletion in a cluster, or one that a pruning controller follows, is denied unless the charter names object and kind (kernel K8).",
    decides: "denied",
    example: "a PersistentVolumeClaim's file is deleted and Argo CD prunes",
    judge: ({ charter, row, target, changed, changes, findings }) => {
      if (target.kind === "cluster") {
        const mayOwn = isClusterRow(row) && row.cluster.ownDeletions === true;
        // What an undo meets under a name that we once made may be somebody else's by now.
        const foreign = new Set(
          findings.flatMap(({ code, key }) =>
            code === "cluster/not-ours" && key !== undefined ? [identity(key)] : [],
          ),
        );
        const along = changes.flatMap(({ key, live }) =>
          (live?.dependents ?? [])
            .filter((dependent) => !isNamed(charter, dependent))
            .map((dependent) =>
              deny(
                `${keyText(dependent)}: the object is deleted with ${keyText(key)}, which it names as its owner; the charter does not name it under deletions`,
                dependent,
              ),
            ),
        );
        const themselves = changes.flatMap(({ key, operation, reversibility }) =>
          operation !== "delete" ||
          isNamed(charter, key) ||
          (mayOwn && !foreign.has(identity(key)) && reversibility.kind !== "irreversible")
            ? []
            : [
                deny(
                  `${keyText(key)}: the object is deleted${reversibility.kind === "irreversible" ? `, and ${reversibility.reason}` : ""}; the charter does not name it under deletions`,
                  key,
                ),
              ],
        );
        return [...themselves, ...along];
      }
      return isGitRow(row) && (row.git.reconciler ?? "pruning") !== "pruning"
        ? []
        : changed.flatMap(({ key, operation }) =>
            operation !== "delete" || isNamed(charter, key)
              ? []
              : [
                  deny(
                    `${keyText(key)}: a pruning controller deletes the object; the charter does not name it under deletions`,
                    key,
                  ),
                ],
          );
    },
  },
  {
    id: "charter/recreation",
    title:
      "An object that has to be deleted and made again is denied unless the charter names it (kernel K8).",
    decides: "denied",
    example: "another selector of a Deployment",
    judge: ({ charter, row, changes }) =>
      isGitRow(row) && row.git.reconciler === "none"
        ? []
        : changes.flatMap(({ key, operation, reversibility }) =>
            (operation !== "update" && operation !== "recreate") ||
            reversibility.kind === "reversible" ||
            isNamed(charter, key)
              ? []
              : [
                  deny(
                    `${keyText(key)}: ${reversibility.reason}; the charter does not name it under deletions`,
                    key,
                  ),
                ],
          ),
  },
  {
    id: "charter/image",
    title:
      "Every image is of a registry or repository of the charter; a tag is a fact that needs approval (kernel K21).",
    decides: "denied or needs-approval",
    example: "quay.io/x/y:1 where the charter allows docker.io/library",
    judge: ({ charter, changed }) =>
      changed.flatMap(({ key, after }) =>
        after === null ? [] : imageUses(after).flatMap((use) => imageReasons(charter, key, use)),
      ),
  },
  {
    id: "charter/pod-security",
    title: "No Pod needs, and no namespace enforces, less than the charter's Pod Security level.",
    decides: "denied",
    example: "a Pod that runs as root where the charter says restricted",
    judge: ({ charter, facts, changed }) => [
      ...facts.widening
        .filter((fact) => fact.id === "pod-security-level" && exceeds(fact.subject, charter))
        .map(({ key, subject }) =>
          deny(
            `${keyText(key)} needs Pod Security ${subject}; the charter allows ${charter.spec.podSecurity ?? "restricted"}`,
            key,
          ),
        ),
      ...changed.flatMap((change) => namespaceReasons(charter, change)),
    ],
  },
  {
    id: "charter/widening",
    title: "What widens something elsewhere is denied unless the charter names its row (kernel K7).",
    decides: "denied or needs-approval",
    example: "a RoleBinding where the charter has no row binding",
    judge: ({ charter, facts }) =>
      facts.widening
        .filter((fact) => fact.id !== "pod-security-level" && fact.id !== "field-ownership")
        .flatMap((fact) => wideningReasons(charter, fact)),
  },
  {
    id: "charter/ownership",
    title:
      "What another manager owns is touched only where the charter's sharedWith names the manager (kernel K7).",
    decides: "denied or needs-approval",
    example: "a Deployment that Helm installed, where the charter shares nothing",
    judge: ({ row, facts }) =>
      facts.widening
        .filter((fact) => fact.id === "field-ownership")
        .map(({ key, path, detail, subject }) => {
          const shared = isClusterRow(row) && (row.cluster.sharedWith ?? []).includes(subject);
          return {
            decision: shared ? "needs-approval" : "denied",
            message: `${keyText(key)}: ${detail}${shared ? "" : `; the charter does not share objects with ${subject}`}`,
            key,
            ...(path === "" ? {} : { path }),
          };
        }),
  },
  {
    id: "git/substitution",
    title: "Flux would put something else where ${ stands (kernel K18).",
    decides: "denied",
    example: 'args: ["echo ${HOME}"] under a Kustomization with postBuild',
    judge: ({ row, target, changed }) =>
      target.kind !== "git" || (isGitRow(row) && row.git.substitutes === false)
        ? []
        : changed.flatMap(({ key, after }) =>
            after === null || substitutionIsOff(after)
              ? []
              : substitutions(after, "").map((path) =>
                  deny(
                    `${keyText(key)}: ${path} holds \${, which Flux substitutes; what it applies would not be what the plan shows`,
                    key,
                    path,
                  ),
                ),
          ),
  },
  ...findingRules,
];

function gitTargetReasons(
  charter: Charter,
  row: CharterTarget | undefined,
  target: GitTarget,
): readonly Reason[] {
  if (!isGitRow(row)) {
    const known = charter.spec.targets
      .filter(isGitRow)
      .map((one) => one.git.url)
      .join(", ");
    return [deny(`the charter names no target ${target.url}${known === "" ? "" : `; it names ${known}`}`)];
  }
  const { git } = row;
  const reasons: Reason[] = [];
  // A branch that apply made is only a place to start from: nothing but a new branch of the same kind comes of it.
  const startsFromOurs = target.mode === "branch" && /^kubeops\/[0-9a-f]{12}$/.test(target.branch);
  if (!startsFromOurs && !git.branches.includes(target.branch)) {
    reasons.push(
      deny(
        `the charter allows no branch ${target.branch} of target ${row.name}; it allows ${git.branches.join(", ")}`,
      ),
    );
  }
  if (!folderAllowed(git.folders, target.folder)) {
    reasons.push(
      deny(
        `the charter allows no folder ${JSON.stringify(target.folder)} of target ${row.name}; it allows ${git.folders.map((folder) => JSON.stringify(folder)).join(", ")}`,
      ),
    );
  }
  if (target.root !== (git.root ?? target.folder)) {
    reasons.push(
      deny(
        `the plan was made under the root ${JSON.stringify(target.root)}, and the charter's is ${JSON.stringify(git.root ?? target.folder)}`,
      ),
    );
  }
  if (target.mode === "onto" && git.onto !== true) {
    reasons.push(deny(`the charter lets no plan move branch ${target.branch} of target ${row.name} itself`));
  }
  return reasons;
}

/** A name says nothing: the cluster is the one with this URL, this CA and this UID (kernel K14). */
function clusterTargetReasons(
  charter: Charter,
  row: CharterTarget | undefined,
  target: ClusterTarget,
): readonly Reason[] {
  if (!isClusterRow(row)) {
    const known = charter.spec.targets.filter(isClusterRow).map(({ name }) => `cluster:${name}`);
    return [
      deny(
        `the charter names no target cluster:${target.name}${known.length === 0 ? "" : `; it names ${known.join(", ")}`}`,
      ),
    ];
  }
  const pinned = [
    ["url", "URL"],
    ["caKeySha256", "CA key"],
    ["kubeSystemUid", "UID of kube-system"],
  ] as const;
  return pinned
    .filter(([member]) => target.pin[member] !== row.cluster[member])
    .map(([member, what]) =>
      deny(
        `the plan was made against a cluster with the ${what} ${target.pin[member]}; the charter pins ${row.cluster[member]} for ${row.name}`,
      ),
    );
}

/** What a row of the charter's kinds has to allow for an operation. */
const needs = {
  create: ["create"],
  update: ["update"],
  recreate: ["delete", "create"],
  delete: ["delete"],
} as const;
const past = { create: "created", update: "changed", delete: "deleted" } as const;

function imageReasons(
  charter: Charter,
  key: ObjectKey,
  use: { readonly image: string; readonly path: string },
): readonly Reason[] {
  const image = parseImage(use.image);
  const { allowed, tags } = charter.spec.images;
  if (image === undefined)
    return [deny(`${keyText(key)}: ${JSON.stringify(use.image)} is no name of an image`, key, use.path)];
  if (!imageAllowed(allowed, image)) {
    return [
      deny(
        `${keyText(key)}: the charter allows no image of ${image.registry}/${image.repository}`,
        key,
        use.path,
      ),
    ];
  }
  if (image.digest !== null) return [];
  return [
    {
      decision: tags === "deny" ? "denied" : "needs-approval",
      message: `${keyText(key)}: ${use.image} is named by a tag, which may become another image`,
      key,
      path: use.path,
    },
  ];
}

function namespaceReasons(charter: Charter, { key, before, after }: ChangedObject): readonly Reason[] {
  if (key.group !== "" || key.kind !== "Namespace" || after === null) return [];
  const path: readonly string[] = ["metadata", "labels", `${POD_SECURITY_LABEL}enforce`];
  const is = valueAt(after, path);
  const was = before === null ? undefined : valueAt(before, path);
  if (is === was) return [];
  // No label is no limit (unless the server's own default sets one, which is not known).
  const level = is === undefined ? "privileged" : typeof is === "string" ? is : "unknown";
  return exceeds(level, charter)
    ? [
        deny(
          `${keyText(key)} would enforce Pod Security ${level}; the charter allows ${charter.spec.podSecurity ?? "restricted"}`,
          key,
          `metadata.labels["${POD_SECURITY_LABEL}enforce"]`,
        ),
      ]
    : [];
}

function wideningReasons(charter: Charter, fact: WideningFact): readonly Reason[] {
  const namespace = namespaceOf(fact.key);
  const rows = charter.spec.widening.filter(
    (row) =>
      row.id === fact.id &&
      (row.namespaces === undefined || (namespace !== undefined && row.namespaces.includes(namespace))) &&
      (row.names === undefined || row.names.includes(fact.subject)),
  );
  const where = { key: fact.key, ...(fact.path === "" ? {} : { path: fact.path }), row: fact.id };
  if (rows.length === 0) {
    return [
      {
        decision: "denied",
        message: `${keyText(fact.key)}: ${fact.detail}; the charter does not name ${fact.id} for it`,
        ...where,
      },
    ];
  }
  // Of several rows the strictest counts.
  return rows.some((row) => row.decision === "approval")
    ? [{ decision: "needs-approval", message: `${keyText(fact.key)}: ${fact.detail}`, ...where }]
    : [];
}

/** Flux leaves objects alone that carry this label or annotation (kustomize-controller docs/spec/v1/kustomizations.md, Post build substitution). */
function substitutionIsOff(object: JsonObject): boolean {
  return (["labels", "annotations"] as const).some(
    (member) =>
      valueAt(object, ["metadata", member, "kustomize.toolkit.fluxcd.io/substitute"]) === "disabled",
  );
}

/** Paths of texts, and of keys, that hold `${`. `$${` is one as well: what is applied has one dollar less than the plan. */
function substitutions(value: Json, path: string): readonly string[] {
  if (typeof value === "string") return value.includes("${") ? [path] : [];
  if (isArray(value)) return value.flatMap((item, index) => substitutions(item, `${path}[${index}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([member, item]) => {
    const below = /^[A-Za-z_][A-Za-z0-9_-]*$/u.test(member)
      ? path === ""
        ? member
        : `${path}.${member}`
      : `${path}[${JSON.stringify(member)}]`;
    return member.includes("${") ? [below] : substitutions(item, below);
  });
}

/** The rule that a reason or an id of a row is of: charter/widening/secret-use is of charter/widening. */
export function ruleOfReason(id: string): VerdictRule | undefined {
  return verdictRules.find((rule) => rule.id === id || id.startsWith(`${rule.id}/`));
}
