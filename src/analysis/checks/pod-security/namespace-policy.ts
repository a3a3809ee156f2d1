import { isObject, type JsonPath, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { printable } from "../../../kube/printable.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import type { PodSecurityLevel } from "./pod-security.ts";
import { NAMESPACE_LABEL } from "./rules.ts";

/** What a violation leads to: a refused Pod, a warning to who applies, a note in the audit log. */
export type PodSecurityMode = "enforce" | "warn" | "audit";

/** The severest first. */
export const MODES: readonly PodSecurityMode[] = ["enforce", "warn", "audit"];

/** A level in one version of the standards; `latest` is that of the server. */
export interface LevelAt {
  readonly level: PodSecurityLevel;
  readonly version: number | "latest";
}

export type NamespacePolicy = Readonly<Partial<Record<PodSecurityMode, LevelAt>>>;

export interface NamespacePolicies {
  /** By the namespace's name. */
  readonly policies: ReadonlyMap<string, NamespacePolicy>;
  readonly findings: readonly Finding[];
}

const PREFIX = "pod-security.kubernetes.io/";
const versionForm = /^v1\.(0|[1-9][0-9]*)$/;

/**
 * What the Namespaces among the objects ask of their Pods by their labels, and the labels that the API server refuses
 * (pod-security-admission api/helpers.go, PolicyToEvaluate; admission.go, ValidateNamespace). A refused label asks nothing.
 */
export function namespacePolicies(objects: readonly ReadObject[]): NamespacePolicies {
  const policies = new Map<string, NamespacePolicy>();
  const findings: Finding[] = [];
  for (const read of objects) {
    if (read.object["kind"] !== "Namespace") continue;
    const key = objectKey(read.object);
    if (key.group !== "") continue;
    const policy: Partial<Record<PodSecurityMode, LevelAt>> = {};
    for (const mode of MODES) {
      const version = versionOf(read, mode, findings);
      const level = levelOf(read, mode, findings);
      if (level !== undefined) policy[mode] = { level, version };
    }
    if (!policies.has(key.name)) policies.set(key.name, policy);
  }
  return { policies, findings };
}

function labelOf(
  read: ReadObject,
  label: string,
): { readonly path: JsonPath; readonly value: string } | undefined {
  const path = ["metadata", "labels", PREFIX + label];
  const labels = valueAt(read.object, ["metadata", "labels"]);
  const value = isObject(labels) ? valueAt(labels, [PREFIX + label]) : undefined;
  return typeof value === "string" ? { path, value } : undefined;
}

function levelOf(read: ReadObject, mode: PodSecurityMode, findings: Finding[]): PodSecurityLevel | undefined {
  const label = labelOf(read, mode);
  if (label === undefined) return undefined;
  const { value } = label;
  if (value === "privileged" || value === "baseline" || value === "restricted") return value;
  findings.push(refused(read, label, "must be one of privileged, baseline, restricted"));
  return undefined;
}

function versionOf(read: ReadObject, mode: PodSecurityMode, findings: Finding[]): number | "latest" {
  const label = labelOf(read, `${mode}-version`);
  if (label === undefined || label.value === "latest") return "latest";
  const match = versionForm.exec(label.value);
  if (match !== null) return Number(match[1]);
  findings.push(refused(read, label, 'must be "latest" or "v1.x"'));
  return "latest";
}

function refused(
  read: ReadObject,
  { path, value }: { readonly path: JsonPath; readonly value: string },
  why: string,
): Finding {
  return {
    code: NAMESPACE_LABEL,
    severity: "error",
    message: `the API server refuses "${printable(value)}" as the value of ${String(path.at(-1))}: it ${why}`,
    place: read.places.value(path),
    path: [...read.path, ...path],
    object: objectKey(read.object),
  };
}
