import { emptyWorkload } from "../../authoring/intent/empty-workload.ts";
import { author } from "../../authoring/specialists/author.ts";
import type { ApplicationIntent, Authored, Intent, WorkloadIntent } from "../../authoring/intent/intent.ts";
import { jsonDigest, sha256Hex } from "../../kube/digest.ts";
import type { JsonObject } from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";
import type { Charter, CharterGitTarget, CharterSpec } from "../charter.ts";
import type { GitPlanInput as PlanInput } from "../plan-input.ts";
import type { GitState } from "../git-state.ts";

/** A key with a valid blob: `ssh-ed25519` and 32 bytes of one value. */
export function publicKey(fill: number, type: string = "ssh-ed25519"): string {
  const length = (size: number): string => String.fromCharCode(0, 0, 0, size);
  return `${type} ${btoa(`${length(type.length)}${type}${length(32)}${String.fromCharCode(fill).repeat(32)}`)}`;
}

export const macKey: Uint8Array = new Uint8Array(32).fill(7);
export const URL_OF_REPOSITORY = "/srv/gitops";

/** A charter that allows what the tests plan, unless a part is given. */
export function charterWith(
  spec: Partial<CharterSpec> = {},
  git: Partial<CharterGitTarget["git"]> = {},
): Charter {
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Charter",
    metadata: { name: "test", serial: 1 },
    spec: {
      targets: [
        {
          name: "gitops",
          git: {
            url: URL_OF_REPOSITORY,
            branches: ["main"],
            folders: ["apps/shop"],
            reconciler: "none",
            substitutes: false,
            ...git,
          },
        },
      ],
      namespaces: ["shop"],
      kinds: [
        {
          group: "",
          kinds: ["Namespace", "ServiceAccount", "Service", "ConfigMap", "PersistentVolumeClaim", "Secret"],
          operations: ["create", "update", "delete"],
        },
        { group: "apps", kinds: ["Deployment", "StatefulSet"], operations: ["create", "update", "delete"] },
        { group: "networking.k8s.io", kinds: ["NetworkPolicy"], operations: ["create", "update", "delete"] },
        { group: "policy", kinds: ["PodDisruptionBudget"], operations: ["create", "update", "delete"] },
      ],
      images: { allowed: ["*"] },
      widening: [
        "own-service-account",
        "secret-use",
        "configmap-use",
        "pod-security-label",
        "namespace-label",
        "networkpolicy-added",
        "networkpolicy-removed-with-its-pods",
      ].map((id) => ({ id, decision: "approval" as const })),
      approvals: {
        required: 1,
        approvers: [{ principal: "owner@example.org", key: publicKey(1) }],
        maxValiditySeconds: 3600,
      },
      ...spec,
    },
  };
}

/** A branch that holds these files; blob ids are made from the text. */
export function stateWith(files: Readonly<Record<string, string>>, more: Partial<GitState> = {}): GitState {
  return {
    url: URL_OF_REPOSITORY,
    branch: "main",
    base: "1".repeat(40),
    root: "apps/shop",
    rootTree: jsonDigest(files).slice(7, 47),
    files: Object.entries(files).map(([path, text]) => ({
      path,
      mode: "100644",
      blob: sha256Hex(text).slice(0, 40),
      text,
    })),
    ...more,
  };
}

/** The state after a plan's files were written. */
export function stateAfter(state: GitState, texts: ReadonlyMap<string, string | null>): GitState {
  const files = new Map(state.files.map((file) => [file.path, file.text ?? ""]));
  for (const [path, text] of texts) {
    if (text === null) files.delete(path);
    else files.set(path, text);
  }
  return { ...stateWith(Object.fromEntries(files)), base: "2".repeat(40), root: state.root };
}

export function workload(name: string, more: Partial<WorkloadIntent> = {}): WorkloadIntent {
  return {
    ...emptyWorkload,
    name,
    place: { file: "compose.yaml", line: 1, column: 1 },
    image: "ghcr.io/acme/web:1.2.3",
    user: { uid: 1000 },
    ...more,
  };
}

export function application(
  workloads: readonly WorkloadIntent[],
  more: Partial<ApplicationIntent> = {},
): ApplicationIntent {
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Intent",
    source: "compose",
    namespace: "shop",
    report: [],
    application: "shop",
    workloads,
    configs: [],
    secrets: [],
    volumes: [],
    connections: [],
    ...more,
  };
}

const none: Pick<Authored, "relaxations" | "prerequisites" | "notes"> = {
  relaxations: [],
  prerequisites: [],
  notes: [],
};

/** A request for these objects. */
export function requestFor(objects: readonly JsonObject[]): {
  readonly intent: Intent;
  readonly objects: readonly JsonObject[];
  readonly authored: typeof none;
} {
  return {
    intent: {
      apiVersion: "kubernetes-operations.dev/v1",
      kind: "Intent",
      source: "objects",
      namespace: "shop",
      objects: objects.map((object) => ({ key: objectKey(object), digest: jsonDigest(object) })),
      report: [],
    },
    objects,
    authored: none,
  };
}

/** An input for buildPlan: these objects, into an empty folder, under a charter that allows what the tests plan. */
export function inputFor(objects: readonly JsonObject[], more: Partial<PlanInput> = {}): PlanInput {
  return {
    ...requestFor(objects),
    request: { text: "plan -f k8s", inputs: [{ path: "k8s/all.yaml", sha256: "0".repeat(64) }] },
    deletions: [],
    state: stateWith({}),
    folder: "apps/shop",
    mode: "branch",
    charter: charterWith(),
    charterOwner: "SHA256:owner",
    macKey,
    toolVersion: "0.1.0",
    minor: 34,
    ...more,
  };
}

export function inputForApplication(intent: ApplicationIntent, more: Partial<PlanInput> = {}): PlanInput {
  const authored = author(intent);
  return { ...inputFor([]), intent, objects: authored.objects, authored, ...more };
}

/** A ConfigMap in namespace shop. */
export function configMap(
  name: string,
  data: Readonly<Record<string, string>> = { a: "1" },
  metadata: JsonObject = {},
): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop", ...metadata }, data };
}

/** A Deployment that passes the level restricted, with an image by digest and a ServiceAccount of its own. */
export function deployment(name: string, spec: JsonObject = {}, container: JsonObject = {}): JsonObject {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "shop" },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "web",
              image: `ghcr.io/acme/web@sha256:${"a".repeat(64)}`,
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
              ...container,
            },
          ],
          ...spec,
        },
      },
    },
  };
}

export function serviceAccount(name: string): JsonObject {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace: "shop" },
    automountServiceAccountToken: false,
  };
}
