import { isCustom, resourceOf, scopeOf } from "../../../kube/catalogue/catalogue.ts";
import { isObject, type Json, type JsonObject, type JsonPath, valueAt } from "../../../kube/json.ts";
import { objectKey, versionText } from "../../../kube/object-key.ts";
import { podTemplateOf } from "../../../kube/pod-template.ts";
import { readObjects } from "../../../kube/read-objects.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import type { InputFile } from "../../../kube/read-inputs.ts";
import { familyOf, type Finding, sortFindings } from "../../findings/finding.ts";
import { admissionFindings } from "../admission/admission-findings.ts";
import { customResourceFindings } from "../custom-resources/custom-resource-findings.ts";
import { comparedFindings } from "../deprecations/compare-versions.ts";
import { type Gvk, wasNative } from "../deprecations/lifecycle.ts";
import type { Release } from "../deprecations/third-party-table.ts";
import { componentAdvice, isRead } from "../deprecations/component-files.ts";
import { readerOf } from "../deprecations/component-table.ts";
import {
  adviceFor,
  deprecatedByDefault,
  deprecatedComponentApi,
  upgradeFindings,
} from "../deprecations/upgrade-findings.ts";
import { findNetworkFaults } from "../../network/findings/find.ts";
import { definedKinds, unknownKinds as unknownKindsOf } from "../own-rules/unknown-kinds.ts";
import { permissionFindings } from "../permissions/permission-findings.ts";
import { podSecurityFindings, type PodSecurityAsked } from "../pod-security/pod-security-findings.ts";
import { componentFindings, isDecodingFault, schemaFindings } from "../schema/schema-findings.ts";
import { withoutDroppedFields } from "../schema/dropped-fields.ts";
import { judgeObjects, type JudgeOptions } from "../judge-objects.ts";
import { serverFindings } from "../server/server-findings.ts";
import { applySettings, type Exempted } from "../settings/exempt.ts";
import { type CheckSettings, noSettings } from "../settings/settings.ts";
import { badName, notLabel, notLabelValue, notQualifiedName } from "./names.ts";
import { objectFinding } from "./object-findings.ts";

export interface CheckOptions {
  /** Minor of Kubernetes 1 that the objects are for. */
  readonly minor: number;
  /** Pod Security: a level for every Pod, or what the Namespaces of the inputs ask. Without it Pods are not judged. */
  readonly podSecurity?: PodSecurityAsked;
  /** The CustomResourceDefinition of a kind that the inputs do not define, from a store; undefined when there is none. */
  readonly storedDefinition?: (group: string, kind: string) => JsonObject | undefined;
  /** Every kind that the store has a definition of. */
  readonly storedKinds?: () => readonly Gvk[];
  /** Also say what an upgrade to a minor changes for the objects, and to releases of other products. */
  readonly upgrade?: { readonly to: number; readonly products?: ReadonlyMap<string, Release> };
  /** Also judge practices, credentials and backdoors, and apply settings. */
  readonly judge?: Pick<JudgeOptions, "profile" | "settings">;
}

/** The findings of `checkAll` that no exemption takes out. */
export function checkInputs(inputs: readonly InputFile[], options: CheckOptions): readonly Finding[] {
  return checkAll(inputs, options).kept;
}

/**
 * What reading the inputs found, what decoding, the catalogue and the syntax of metadata decide about their objects, what
 * Pod Security admission would refuse, and what should not be although it is taken; sorted.
 */
export function checkAll(inputs: readonly InputFile[], options: CheckOptions): Exempted {
  const { minor, podSecurity, upgrade, judge } = options;
  const documents = inputs.flatMap((input) => input.documents);
  const { objects, problems, componentFiles } = readObjects(documents, { foldersApart: true });
  const definitions = definitionsFor(objects, options);
  const defined = new Set(definitions.keys());
  const violationsIn = (version: number): readonly Finding[] =>
    podSecurity === undefined ? [] : podSecurityFindings(objects, podSecurity, version);
  const judged = (version: number): readonly Finding[] => [
    ...objects.flatMap((read) => checkObject(read, version)),
    ...componentFiles.flatMap((read) => checkComponentFile(read, version)),
    ...customResourceFindings(objects, version, definitions),
    ...admissionFindings(objects, version, definitions),
  ];
  const violations = violationsIn(minor);
  const judgement = judged(minor);
  const found = [
    ...documents.flatMap((document) => document.problems),
    // A file for a component cannot be applied, and can be checked.
    ...problems.filter(({ code }) => code !== "object/component-file"),
    ...judgement,
    ...unknownKinds(objects, defined),
    ...(upgrade === undefined
      ? [
          ...objects.flatMap((read) => deprecatedByDefault(read, minor)),
          ...componentFiles.flatMap((read) => deprecatedComponentApi(read, minor)),
        ]
      : [
          ...upgradeFindings([...objects, ...componentFiles], { ...upgrade, from: minor }, definitions),
          ...comparedFindings({
            before: [...judgement, ...violations],
            after: [...judged(upgrade.to), ...violationsIn(upgrade.to)],
            to: upgrade.to,
          }),
        ]),
    ...permissionFindings(objects, minor),
    ...findNetworkFaults(objects),
    ...violations,
    ...(judge === undefined
      ? []
      : [
          ...judgeObjects(objects, { minor, known: violations, ...judge }),
          ...rulesForNobody(objects, judge.settings ?? noSettings, options),
        ]),
  ];
  if (judge === undefined) return { kept: sortFindings(found), exempt: [] };
  const { kept, exempt } = applySettings(found, objects, judge.settings ?? noSettings);
  return { kept: sortFindings(kept), exempt };
}

/**
 * The CustomResourceDefinitions of the kinds of the objects, by `group/kind`: those of the inputs, else what the store
 * has. Kinds of Kubernetes itself have none.
 */
function definitionsFor(
  objects: readonly ReadObject[],
  { storedDefinition }: CheckOptions,
): ReadonlyMap<string, JsonObject> {
  const definitions = new Map<string, JsonObject>();
  for (const { object } of objects) {
    if (object["kind"] !== "CustomResourceDefinition") continue;
    const group = valueAt(object, ["spec", "group"]);
    const kind = valueAt(object, ["spec", "names", "kind"]);
    const isOne = objectKey(object).group === "apiextensions.k8s.io";
    if (isOne && typeof group === "string" && typeof kind === "string")
      definitions.set(`${group}/${kind}`, object);
  }
  if (storedDefinition === undefined) return definitions;
  const asked = new Set<string>();
  for (const { object } of objects) {
    const { group, kind } = objectKey(object);
    const id = `${group}/${kind}`;
    if (definitions.has(id) || asked.has(id) || !mayBeCustom(group, kind)) continue;
    asked.add(id);
    const stored = storedDefinition(group, kind);
    if (stored !== undefined) definitions.set(id, stored);
  }
  return definitions;
}

/** Rules of one's own for kinds that neither Kubernetes, nor the inputs, nor the store know. */
function rulesForNobody(
  objects: readonly ReadObject[],
  { rules, disable }: CheckSettings,
  { storedKinds }: CheckOptions,
): readonly Finding[] {
  const code = "settings/unknown-kind";
  if (rules.length === 0 || disable.includes(code)) return [];
  const known = objects.flatMap(({ object }) => [objectKey(object), ...definedKinds(object)]);
  return unknownKindsOf(
    rules.filter(({ id }) => !disable.includes(id)),
    [...known, ...(storedKinds?.() ?? [])],
  ).map(({ message, place, hint }): Finding => ({ code, severity: "warning", message, place, hint }));
}

/** What is neither of the catalogue nor of the table of lifecycles, which knows what was removed. */
function mayBeCustom(group: string, kind: string): boolean {
  return isCustom(group, kind) && !wasNative(group, kind);
}

/** Places of further objects of one kind that its finding names. */
const MORE_PLACES = 20;

/** One finding for each kind that nothing is known of, at its first object. */
function unknownKinds(objects: readonly ReadObject[], defined: ReadonlySet<string>): readonly Finding[] {
  const kinds = new Map<string, ReadObject[]>();
  for (const read of objects) {
    const { group, version, kind } = objectKey(read.object);
    if (!mayBeCustom(group, kind) || defined.has(`${group}/${kind}`)) continue;
    const id = `${group}/${version} ${kind}`;
    const before = kinds.get(id);
    if (before === undefined) kinds.set(id, [read]);
    else before.push(read);
  }
  return [...kinds].flatMap(([what, [first, ...others]]) => {
    if (first === undefined) return [];
    const path = ["kind"];
    const other = others.length === 0 ? "" : String(others.length + 1);
    const finding = objectFinding("object/unknown-kind", first, path, { what, other });
    const related = others
      .slice(0, MORE_PLACES)
      .map((read) => ({ place: read.places.value(path), path: [...read.path, ...path] }));
    return [related.length === 0 ? finding : { ...finding, related }];
  });
}

function checkComponentFile(read: ReadObject, minor: number): readonly Finding[] {
  const key = objectKey(read.object);
  const what = `${versionText(key)} ${key.kind}`;
  if (isRead(key, minor) === false) {
    const other = `${readerOf(key.group)} of Kubernetes 1.${minor}`;
    const hint = componentAdvice(key, minor);
    return [objectFinding("object/component-not-read", read, ["apiVersion"], { what, other, hint })];
  }
  const findings = componentFindings(read, key, minor);
  if (findings !== undefined) return findings;
  return [objectFinding("object/unknown-component-file", read, ["kind"], { what, other: `1.${minor}` })];
}

/** What the API server's decoding, catalogue and validation say of one object. */
export function checkObject(read: ReadObject, minor: number): readonly Finding[] {
  const key = objectKey(read.object);
  const template = podTemplateOf(read.object);
  const schema = schemaFindings(read, key, minor);
  return oncePerPath([
    ...checkServed(read, key, minor),
    ...checkScope(read, key),
    ...checkNames(read, key, minor),
    ...checkMetadata(read, ["metadata"]),
    ...(template === undefined || template.path.length === 0
      ? []
      : checkMetadata(read, [...template.path, "metadata"])),
    ...schema.filter(isDecodingFault),
    // The server looks no further at what it cannot decode; whoever mends it wants to know all the same.
    ...serverFindings(withoutDroppedFields(read, schema), key, minor),
    ...schema.filter((finding) => !isDecodingFault(finding)),
  ]);
}

/**
 * Several tables may know one fault: of the findings at a path those of the first family stay. The name that the schema
 * thinks was meant is told with them.
 */
function oncePerPath(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length < 2) return findings;
  const kept: Finding[] = [];
  const first = new Map<string, number>();
  for (const finding of findings) {
    const at = JSON.stringify(finding.path ?? []);
    const before = first.get(at);
    const told = before === undefined ? undefined : kept[before];
    if (told === undefined || familyOf(told.code) === familyOf(finding.code)) {
      if (before === undefined) first.set(at, kept.length);
      kept.push(finding);
    } else if (before !== undefined && finding.code === "schema/enum" && finding.hint !== undefined)
      kept[before] = {
        ...told,
        hint: told.hint === undefined ? finding.hint : `${finding.hint} ${told.hint}`,
      };
  }
  return kept;
}

function checkServed(read: ReadObject, key: ObjectKey, minor: number): readonly Finding[] {
  const what = `${versionText(key)} ${key.kind}`;
  const other = `1.${minor}`;
  const path = ["apiVersion"];
  const type = resourceOf(key);
  if (type?.minors.includes(minor) === true) return [];
  if (type?.offByDefault.includes(minor) === true)
    return [objectFinding("object/off-by-default", read, path, { what, other })];
  if (mayBeCustom(key.group, key.kind)) return [];
  return [objectFinding("object/not-served", read, path, { what, other, hint: adviceFor(key, minor) })];
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
  const at = valueAt(read.object, metadata);
  if (!isObject(at)) return none;
  const findings: Finding[] = [];
  const { labels, annotations } = at;
  if (isObject(labels)) checkLabels(read, [...metadata, "labels"], labels, findings);
  if (isObject(annotations)) checkAnnotations(read, [...metadata, "annotations"], annotations, findings);
  return findings;
}

const none: readonly Finding[] = [];

function checkLabels(read: ReadObject, path: JsonPath, labels: JsonObject, findings: Finding[]): void {
  for (const key in labels) {
    const value = labels[key] ?? null;
    const badKey = notQualifiedName(key);
    if (badKey !== undefined)
      findings.push(objectFinding("object/label-key", read, [...path, key], { what: key, other: badKey }));
    const badValue = typeof value === "string" ? notLabelValue(value) : "it must be a text";
    if (badValue === undefined) continue;
    const texts = { what: valueText(value), other: badValue };
    const advised = typeof value === "string" ? texts : { ...texts, hint: "write it in quotes" };
    findings.push(objectFinding("object/label-value", read, [...path, key], advised));
  }
}

const MAX_ANNOTATIONS = 256 * 1024;

function checkAnnotations(
  read: ReadObject,
  path: JsonPath,
  annotations: JsonObject,
  findings: Finding[],
): void {
  for (const key in annotations) {
    const value = annotations[key] ?? null;
    // The server lowers the key before it looks at it.
    const badKey = notQualifiedName(key.toLowerCase());
    if (badKey !== undefined)
      findings.push(
        objectFinding("object/annotation-key", read, [...path, key], { what: key, other: badKey }),
      );
    if (typeof value !== "string")
      findings.push(
        objectFinding("object/annotation-value", read, [...path, key], {
          what: key,
          other: valueText(value),
        }),
      );
  }
  const size = annotationBytes(annotations);
  if (size > MAX_ANNOTATIONS)
    findings.push(objectFinding("object/annotations-size", read, path, { what: String(size) }));
}

/** Their size in UTF-8; where they are too short to reach the limit, only a bound of it. */
function annotationBytes(annotations: JsonObject): number {
  let units = 0;
  for (const key in annotations) units += key.length + textOf(annotations, key).length;
  // A UTF-16 unit is at most three bytes.
  if (units * 3 <= MAX_ANNOTATIONS) return units * 3;
  const encoder = new TextEncoder();
  let size = 0;
  for (const key in annotations)
    size += encoder.encode(key).length + encoder.encode(textOf(annotations, key)).length;
  return size;
}

function textOf(members: JsonObject, key: string): string {
  const value = members[key];
  return typeof value === "string" ? value : "";
}

function valueText(value: Json): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "a mapping";
  return String(value);
}
