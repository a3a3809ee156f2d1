import type { Severity } from "../../../kube/problem.ts";

export type SecretCode =
  | "secret/known-form"
  | "secret/private-key"
  | "secret/url-password"
  | "secret/variable"
  | "secret/command"
  | "secret/config-map"
  | "secret/annotation"
  | "secret/manifest";

export interface SecretRow {
  readonly severity: Severity;
  /** What stands there, without any of it. */
  readonly message: (where: string) => string;
  readonly hint: string;
  readonly source: string;
  readonly same: readonly string[];
  readonly positive: string;
  readonly negative: string;
}

const pod = (fields: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {containers: [{name: a, ${fields}}]}`;
const reference =
  "put it into a Secret that is not in this repository, and name it by secretKeyRef; change the credential, since it was published";

/** Credentials in manifests: by the form of a value, by the name that it stands under, and in Secrets themselves. */
export const secretTable: Readonly<Record<SecretCode, SecretRow>> = {
  "secret/known-form": {
    severity: "error",
    message: (where) => `${where} holds a token of a known form`,
    hint: reference,
    source: "token formats that vendors publish (src/analysis/checks/secrets/credentials.ts)",
    same: ["trivy:secret", "kubescape:C-0012", "marvin:M-201", "checkov:CKV_SECRET_6"],
    positive: pod("env: [{name: A, value: ghp_0123456789abcdefghijABCDEFGHIJ012345}]"),
    negative: pod("env: [{name: A, value: ghp_short}]"),
  },
  "secret/private-key": {
    severity: "error",
    message: (where) => `${where} holds a private key`,
    hint: reference,
    source: "RFC 7468",
    same: ["kubescape:C-0012", "checkov:CKV_SECRET_13"],
    positive:
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata:\n  k: |\n    -----BEGIN RSA PRIVATE KEY-----\n    AAAA\n",
    negative:
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata:\n  k: |\n    -----BEGIN CERTIFICATE-----\n    AAAA\n",
  },
  "secret/url-password": {
    severity: "error",
    message: (where) => `${where} holds an address with a password`,
    hint: reference,
    source: "RFC 3986 3.2.1",
    same: ["kubescape:C-0012", "checkov:CKV_SECRET_4"],
    positive: pod("env: [{name: A, value: 'postgres://u:Wq8zTk2m@db/x'}]"),
    negative: pod("env: [{name: A, value: 'postgres://u:$(PASSWORD)@db/x'}]"),
  },
  "secret/variable": {
    severity: "warning",
    message: (where) => `${where} has the name of a credential and a value of its own`,
    hint: reference,
    source: "kube-linter env-var-secret; polaris sensitiveContainerEnvVar",
    same: [
      "kube-linter:env-var-secret",
      "polaris:sensitiveContainerEnvVar",
      "kubescape:C-0012",
      "marvin:M-201",
    ],
    positive: pod("env: [{name: DB_PASSWORD, value: Wq8zTk2m}]"),
    negative: pod("env: [{name: DB_PASSWORD, value: changeme}]"),
  },
  "secret/command": {
    severity: "warning",
    message: (where) => `${where} carries a credential, which every user of the node can read`,
    hint: reference,
    source: "proc(5): command lines are readable",
    same: ["kubescape:C-0012"],
    positive: pod("command: [mysql, -pWq8zTk2m]"),
    negative: pod("command: [mysql, -p$(PASSWORD)]"),
  },
  "secret/config-map": {
    severity: "warning",
    message: (where) => `${where} holds a credential in a ConfigMap`,
    hint: reference,
    source: "trivy-checks KSV-0109, KSV-01010; polaris sensitiveConfigmapContent",
    same: ["trivy:KSV-0109", "trivy:KSV-01010", "polaris:sensitiveConfigmapContent", "kubescape:C-0012"],
    positive:
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata: {password: Wq8zTk2m}",
    negative:
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata: {password: 'TODO'}",
  },
  "secret/annotation": {
    severity: "warning",
    message: (where) =>
      `${where} holds a credential in an annotation, which everybody reads who reads the object`,
    hint: reference,
    source: "src/analysis/checks/secrets/credentials.ts",
    same: ["kubescape:C-0012"],
    positive:
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop, annotations: {note: 'password=Wq8zTk2m'}}\nspec: {containers: [{name: a}]}",
    negative:
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop, annotations: {note: 'password=$PASSWORD'}}\nspec: {containers: [{name: a}]}",
  },
  "secret/manifest": {
    severity: "warning",
    message: (where) => `${where} is a Secret with its value in the file`,
    hint: "keep Secrets out of the repository: SealedSecret, ExternalSecret or SOPS",
    source: "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    same: ["kubescape:C-0012", "checkov:CKV_SECRET_6"],
    positive:
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: shop}\nstringData: {password: Wq8zTk2m}",
    negative:
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: shop}\nstringData: {password: <replace me>}",
  },
};
