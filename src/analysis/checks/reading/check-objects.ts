import { type ResourceType, resourceOf, scopeOf, versionsOf } from "../../../kube/catalogue/catalogue.ts";
import { isObject, type Json, type JsonPath, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { podTemplateOf } from "../../../kube/pod-template.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import type { InputFile } from "../../../kube/read-inputs.ts";
import { type Finding, sortFindings } from "../../findings/finding.ts";
import { podSecurityFindings, type PodSecurityAsked } from "../pod-security/pod-security-findings.ts";
import type { Profile } from "../practices/practice.ts";
import { practiceFindings } from "../practices/practice-findings.ts";
import { backdoorFindings } from "../backdoors/backdoor-findings.ts";
import { secretFindings } from "../secrets/secret-findings.ts";
import { badName, notLabel, notLabelValue, notQualifiedName } from "./names.ts";
import { objectFinding } from "./object-findings.ts";

export interface CheckOptions {
  /** Minor of Kubernetes 1 that the objects are for. */
  readonly minor: number;
  /** Pod Security: a level for every Pod, or what the Namespaces of the inputs ask. Without it Pods are not judged. */
  readonly podSecurity?: PodSecurityAsked;
  /** Practices to judge by; without it none. */
  readonly profile?: Profile;
}

/**
 * What reading the inputs found, what the catalogue and the syntax of metadata decide about their objects, and what Pod
 * Security admission would refuse; sorted.
 */
export function checkInputs(inputs: readonly InputFile[], options: CheckOptions): readonly Finding[] {
  const documents = inputs.flatMap((input) => input.documents);
  const { objects, problems } = readObjects(documents);
  const defined = definedKinds(objects);
  const refused =
    options.podSecurity === undefined ? [] : podSecurityFindings(objects, options.podSecurity, options.minor);
  return sortFindings([
    ...documents.flatMap((document) => document.problems),
    ...problems,
    ...objects.flatMap((read) => checkObject(read, defined, options.minor)),
    ...refused,
    ...objects.flatMap(secretFindings),
    ...backdoorFindings(objects, options.minor),
    ...(options.profile === undefined
      ? []
      : practiceFindings(objects, { minor: options.minor, profile: options.profile, known: refused })),
  ]);
}

/** Kinds that CustomResourceDefinitions of the same inputs define, as `group/kind`. */
function definedKinds(objects: readonly ReadObject[]): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const { object } of objects) {
    if (object["kind"] !== "CustomResourceDefinition") continue;
    const key = objectKey(object);
    if (key.group !== "apiextensions.k8s.io") continue;
    const group = valueAt(object, ["spec", "group"]);
    const kind = valueAt(object, ["spec", "names", "kind"]);
    if (typeof group === "string" && typeof kind === "string") kinds.add(`${group}/${kind}`);
  }
  return kinds;
}

function checkObject(read: ReadObject, defined: ReadonlySet<string>, minor: number): readonly Finding[] {
  const key = objectKey(read.object);
  const template = podTemplateOf(read.object);
  return [
    ...checkServed(read, key, defined, minor),
    ...checkScope(read, key),
    ...checkNames(read, key, minor),
    ...checkMetadata(read, ["metadata"]),
    ...(template === undefined || template.path.length === 0
      ? []
      : checkMetadata(read, [...template.path, "metadata"])),
  ];
}

function checkServed(
  read: ReadObject,
  key: ObjectKey,
  defined: ReadonlySet<string>,
  minor: number,
): readonly Finding[] {
  const what = `${versionText(key)} ${key.kind}`;
  const other = `1.${minor}`;
  const path = ["apiVersion"];
  const type = resourceOf(key);
  if (type?.minors.includes(minor) === true) return [];
  if (type?.offByDefault.includes(minor) === true)
    return [objectFinding("object/off-by-default", read, path, { what, other })];
  const versions = versionsOf(key.group, key.kind);
  // A group without a point cannot be one of custom resources, so a kind of it that the catalogue lacks was removed.
  if (versions.length > 0 || !key.group.includes("."))
    return [
      objectFinding("object/not-served", read, path, { what, other, hint: advice(key, versions, minor) }),
    ];
  if (defined.has(`${key.group}/${key.kind}`)) return [];
  return [objectFinding("object/unknown-kind", read, ["kind"], { what })];
}

function versionText(key: { readonly group: string; readonly version: string }): string {
  return key.group === "" ? key.version : `${key.group}/${key.version}`;
}

/** Groups into which kinds of `extensions` and of other old groups went. */
const successors = ["apps", "networking.k8s.io", "policy", "batch", "autoscaling"];

function advice(key: ObjectKey, versions: readonly ResourceType[], minor: number): string {
  const others = versions.length > 0 ? versions : successors.flatMap((group) => versionsOf(group, key.kind));
  const served = others.find((type) => type.minors.includes(minor));
  if (served === undefined) return "no version of it is served any more";
  return `Kubernetes 1.${minor} serves it as ${versionText(served)}`;
}

function checkScope(read: ReadObject, key: ObjectKey): readonly Finding[] {
  if (key.namespace === "" || scopeOf(key.group, key.kind) !== "cluster") return [];
  const path = ["metadata", "namespace"];
  return [
    objectFinding("object/namespace-on-cluster-scoped", read, path, { what: key.kind, other: key.namespace }),
  ];
}

function checkNames(read: ReadObject, key: ObjectKey, minor: number): readonly Finding[] {
  const findings: Finding[] = [];
  const name = badName(key.group, key.kind, key.name, minor);
  if (name !== undefined)
    findings.push(objectFinding("object/name", read, ["metadata", "name"], { what: key.name, other: name }));
  const namespace = key.namespace === "" ? undefined : notLabel(key.namespace);
  if (namespace !== undefined)
    findings.push(
      objectFinding("object/namespace", read, ["metadata", "namespace"], {
        what: key.namespace,
        other: namespace,
      }),
    );
  return findings;
}

function checkMetadata(read: ReadObject, metadata: JsonPath): readonly Finding[] {
  return [
    ...checkLabels(read, [...metadata, "labels"]),
    ...checkAnnotations(read, [...metadata, "annotations"]),
  ];
}

function membersAt(read: ReadObject, path: JsonPath): readonly (readonly [string, Json])[] {
  const value = valueAt(read.object, path);
  return isObject(value) ? Object.entries(value) : [];
}

function checkLabels(read: ReadObject, path: JsonPath): readonly Finding[] {
  return membersAt(read, path).flatMap(([key, value]) => {
    const findings: Finding[] = [];
    const inner = [...path, key];
    const badKey = notQualifiedName(key);
    if (badKey !== undefined)
      findings.push(objectFinding("object/label-key", read, inner, { what: key, other: badKey }));
    const badValue = typeof value === "string" ? notLabelValue(value) : "it must be a text";
    if (badValue !== undefined) {
      const texts = { what: valueText(value), other: badValue };
      const advised = typeof value === "string" ? texts : { ...texts, hint: "write it in quotes" };
      findings.push(objectFinding("object/label-value", read, inner, advised));
    }
    return findings;
  });
}

const MAX_ANNOTATIONS = 256 * 1024;

function checkAnnotations(read: ReadObject, path: JsonPath): readonly Finding[] {
  const members = membersAt(read, path);
  const findings = members.flatMap(([key, value]) => {
    const found: Finding[] = [];
    const inner = [...path, key];
    // The server lowers the key before it looks at it.
    const badKey = notQualifiedName(key.toLowerCase());
    if (badKey !== undefined)
      found.push(objectFinding("object/annotation-key", read, inner, { what: key, other: badKey }));
    if (typeof value !== "string")
      found.push(
        objectFinding("object/annotation-value", read, inner, { what: key, other: valueText(value) }),
      );
    return found;
  });
  const size = annotationBytes(members);
  if (size > MAX_ANNOTATIONS)
    findings.push(objectFinding("object/annotations-size", read, path, { what: String(size) }));
  return findings;
}

/** Their size in UTF-8; where they are too short to reach the limit, only a bound of it. */
function annotationBytes(members: readonly (readonly [string, Json])[]): number {
  let units = 0;
  for (const [key, value] of members) units += key.length + (typeof value === "string" ? value.length : 0);
  // A UTF-16 unit is at most three bytes.
  if (units * 3 <= MAX_ANNOTATIONS) return units * 3;
  const encoder = new TextEncoder();
  let size = 0;
  for (const [key, value] of members) {
    size += encoder.encode(key).length + (typeof value === "string" ? encoder.encode(value).length : 0);
  }
  return size;
}

function valueText(value: Json): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "a mapping";
  return String(value);
}
