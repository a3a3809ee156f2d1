import { schemaAddress } from "../../kube/schema-address.ts";
import { emitYaml } from "../../kube/yaml/emit-yaml.ts";

interface Group {
  readonly group: string;
  readonly kinds: readonly string[];
}

/** The kinds that authoring makes by default. */
const authored: readonly Group[] = [
  { group: "", kinds: ["Namespace", "ServiceAccount", "Service", "ConfigMap", "PersistentVolumeClaim"] },
  { group: "apps", kinds: ["Deployment", "StatefulSet", "DaemonSet"] },
  { group: "batch", kinds: ["Job", "CronJob"] },
  { group: "autoscaling", kinds: ["HorizontalPodAutoscaler"] },
  { group: "policy", kinds: ["PodDisruptionBudget"] },
  { group: "networking.k8s.io", kinds: ["NetworkPolicy"] },
];

/** The rows of the widening table that what authoring makes by default touches, and undoing it. */
const widening: readonly { readonly id: string; readonly names?: readonly string[]; readonly why: string }[] =
  [
    { id: "own-service-account", why: "Pods run as a ServiceAccount of the same folder, without its token." },
    { id: "secret-use", why: "Secrets are used by name; their values are never in a plan." },
    { id: "configmap-use", why: "ConfigMaps are used by name." },
    { id: "pod-security-label", why: "Namespaces enforce a level; podSecurity below says which." },
    {
      id: "namespace-label",
      names: ["app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "app.kubernetes.io/part-of"],
      why: "Namespaces say which application they are of.",
    },
    {
      id: "networkpolicy-added",
      why: "Policies may be added, not edited: networkpolicy-changed would allow that.",
    },
    {
      id: "networkpolicy-removed-with-its-pods",
      why: "A policy may go together with everything in the folder that it applies to, so that a plan can be undone.",
    },
  ];

/**
 * A first charter, as commented YAML: it allows, with approval and in the namespaces it names, what authoring makes by
 * default (kernel K7) and to undo it, and nothing else. Without a target nothing can be planned for. The owner approves.
 */
export function initialCharter(input: {
  readonly name: string;
  readonly owner: { readonly principal: string; readonly key: string };
  readonly target?: {
    readonly name: string;
    readonly url: string;
    readonly branches: readonly string[];
    readonly folders: readonly string[];
  };
  readonly namespaces: readonly string[];
  /** Keys that do not prove a person's presence may approve for the target (kernel K10). */
  readonly softwareKeys?: boolean;
  /** What follows the repository. Default: pruning, under which a deleted file is a deleted object (kernel K8). */
  readonly reconciler?: "none" | "keeping" | "pruning";
}): string {
  const { target, owner } = input;
  const lines = [
    `# yaml-language-server: $schema=${schemaAddress("charter")}`,
    "# What may ever be done. What is not named here is denied; an unknown key refuses to load.",
    "# It counts when its owner has signed it: kubeops charter sign. Raise the serial with every change.",
    "apiVersion: kubernetes-operations.dev/v1",
    "kind: Charter",
    "metadata:",
    `  name: ${scalar(input.name)}`,
    "  serial: 1",
    "spec:",
    "  # Repositories, compared literally. Folders: exact, or apps/* for every folder one level below apps.",
    ...targetLines(target, input.reconciler ?? "pruning"),
    "  # Namespaces that objects may be in, literally.",
    ...list("  ", "namespaces", input.namespaces),
    "  # Kinds, and what may happen to their objects.",
    "  kinds:",
    ...authored.flatMap(({ group, kinds }) => [
      `    - group: ${scalar(group)}`,
      `      kinds: [${kinds.join(", ")}]`,
      "      operations: [create, update, delete]",
    ]),
    "  # Registries or repositories, as docker.io/library or ghcr.io/acme. * allows all: narrow it.",
    "  images:",
    '    allowed: ["*"]',
    "    # An image that is named by a tag may become another one: deny, or approval.",
    "    tags: approval",
    "  # What widens something elsewhere: an absent row is denied. decision: allow, or approval.",
    "  widening:",
    ...widening.flatMap(({ id, names, why }) => [
      `    # ${why}`,
      `    - id: ${id}`,
      "      decision: approval",
      ...(names === undefined ? [] : [`      names: [${names.join(", ")}]`]),
    ]),
    "  # The least strict Pod Security level that a Pod may need or a namespace may enforce.",
    "  podSecurity: restricted",
    "  # Objects that may be deleted, or made anew, under a pruning controller: each by name.",
    "  deletions: []",
    "  findings:",
    "    deny: error",
    "    # Exemptions written in a repository (kubeops.yaml, annotations) do not count; for what a model asked for they never do.",
    "    repositoryExemptions: false",
    "  approvals:",
    "    # Number of distinct approvers of every plan.",
    "    required: 1",
    "    approvers:",
    `      - principal: ${scalar(owner.principal)}`,
    `        key: ${scalar(owner.key.trim().split(/\s+/u).slice(0, 2).join(" "))}`,
    "    # Longest validity of an approval: 4 hours.",
    "    maxValiditySeconds: 14400",
    "    # Targets for which a key is good enough that does not prove that a person was present.",
    ...list(
      "    ",
      "softwareKeysFor",
      input.softwareKeys === true && target !== undefined ? [target.name] : [],
    ),
    "  # More changes than this are denied instead of put before one person.",
    "  maxChanges: 100",
  ];
  return `${lines.join("\n")}\n`;
}

function targetLines(
  target: Parameters<typeof initialCharter>[0]["target"],
  reconciler: "none" | "keeping" | "pruning",
): readonly string[] {
  if (target === undefined) return ["  targets: []"];
  return [
    "  targets:",
    `    - name: ${scalar(target.name)}`,
    "      git:",
    `        url: ${scalar(target.url)}`,
    ...list("        ", "branches", target.branches),
    ...list("        ", "folders", target.folders),
    "        # The branch itself may be moved (--onto).",
    "        onto: false",
    "        # What follows the repository: none, or Argo CD or Flux keeping or pruning objects whose files go. With",
    "        # pruning a deleted file is a deleted object, and each has to be named under deletions.",
    `        reconciler: ${reconciler}`,
    "        # Flux may substitute ${variables} in what it applies: they are denied unless this is false.",
    `        substitutes: ${reconciler !== "none"}`,
  ];
}

function list(indent: string, key: string, items: readonly string[]): readonly string[] {
  if (items.length === 0) return [`${indent}${key}: []`];
  return [`${indent}${key}:`, ...items.map((item) => `${indent}  - ${scalar(item)}`)];
}

function scalar(text: string): string {
  return emitYaml(text).trimEnd();
}
