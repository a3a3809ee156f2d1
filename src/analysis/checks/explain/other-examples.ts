import type { RuleExample } from "../../findings/rule.ts";
import { folderExamples } from "./folder-examples.ts";

/** Examples of checks that look at more than one object's text: at what stood before, at settings, at several steps. */
export interface OtherExample extends RuleExample {
  /** What stands before the example: the object as the cluster has it, the settings, or how its folder is checked. */
  readonly before?: string;
  readonly given?: "the object in the cluster" | "kubeops.yaml" | "the command";
}

const claim = (size: string, mode: string): string =>
  `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a, namespace: shop}\nspec: {accessModes: [${mode}], resources: {requests: {storage: ${size}}}}`;
const settings = (text: string): string =>
  `apiVersion: kubernetes-operations.dev/v1\nkind: Settings\ncheck: {${text}}`;
const workload = (labels: string, image: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop, labels: {${labels}}}\nspec: {containers: [{name: a, image: '${image}'}]}`;
const bound = (verbs: string): string =>
  `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: helper}\nrules: [{apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles, clusterrolebindings], verbs: [${verbs}]}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: helper}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: helper}\nsubjects: [{kind: ServiceAccount, name: helper, namespace: shop}]`;

/** Versions of Kubernetes for which the examples are, where the newest is not: what they show has changed since. */
export const exampleMinors: Readonly<Record<string, number>> = {
  "object/off-by-default": 34,
  "schema/field-off": 34,
};

/** What is found only in inputs that are too large to be shown. */
export const toldInWords: readonly string[] = ["custom-resource/not-certain", "definition/not-certain"];

const slice = (pool: string): string =>
  `apiVersion: resource.k8s.io/v1\nkind: ResourceSlice\nmetadata: {name: a}\nspec: {driver: d.example.com${pool}}`;

export const otherExamples: Readonly<Record<string, OtherExample>> = {
  ...folderExamples,
  "server/immutable": {
    before: claim("1Gi", "ReadWriteOnce"),
    given: "the object in the cluster",
    positive: claim("1Gi", "ReadWriteMany"),
    negative: claim("2Gi", "ReadWriteOnce"),
  },
  "schema/required": {
    positive: slice(""),
    negative: slice(", nodeName: n, pool: {name: p, generation: 1, resourceSliceCount: 1}"),
  },
  "custom-resource/not-certain": {
    positive: "# an object and its definition whose rules take more work than is done here",
    negative: "# an object and its definition whose rules can be computed",
  },
  "definition/not-certain": {
    positive: "# a CustomResourceDefinition with a schema of more parts than are looked at here",
    negative: "# a CustomResourceDefinition with a schema that is looked at as a whole",
  },
  "rbac/attack-path": { positive: bound("create, bind"), negative: bound("get, list") },
  "metadata/required-label": {
    before: settings("requiredLabels: [owner]"),
    given: "kubeops.yaml",
    positive: workload("app: a", "a:1"),
    negative: workload("app: a, owner: shop", "a:1"),
  },
  "supply-chain/registry-not-allowed": {
    before: settings("allowedRegistries: [ghcr.io/acme]"),
    given: "kubeops.yaml",
    positive: workload("app: a", "ghcr.io/acme-evil/a:1"),
    negative: workload("app: a", "ghcr.io/acme/a:1"),
  },
  "settings/unknown-kind": {
    before: settings(
      "rules: [{id: own/two-replicas, title: Two replicas, match: {kinds: [Rollout]}, expression: object.spec.replicas > 1}]",
    ),
    given: "kubeops.yaml",
    positive: workload("app: a", "a:1"),
    negative:
      "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a, namespace: shop}\nspec: {replicas: 2}",
  },
  "settings/unused-exemption": {
    before: settings(
      "exemptions: [{check: security/privileged, object: Pod/a, reason: it drives the node's disk}]",
    ),
    given: "kubeops.yaml",
    positive: workload("app: a", "a:1"),
    negative:
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {containers: [{name: a, image: 'a:1', securityContext: {privileged: true}}]}",
  },
};
