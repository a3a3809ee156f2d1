import { canonicalJson } from "../../../kube/canonical-json.ts";
import { withDefaults } from "../../../kube/defaults/with-defaults.ts";
import {
  isArray,
  isObject,
  type Json,
  type JsonObject,
  type JsonPath,
  pathText,
  valueAt,
} from "../../../kube/json.ts";
import { identity, objectKey } from "../../../kube/object-key.ts";
import { compareQuantities, quantityText } from "../../../kube/quantity.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import { withoutDroppedFields } from "../schema/dropped-fields.ts";
import { schemaFindings } from "../schema/schema-findings.ts";
import { quantityOf } from "../server/engine/amounts.ts";
import type { Fault } from "../server/engine/run.ts";
import { findingOf } from "../server/server-findings.ts";
import { semanticallyEqual } from "./equal.ts";
import { immutableRowsOf, isFrozen } from "./immutable-fields.ts";

/**
 * What the API server would refuse when objects that stand as `before` are replaced by `after`: changes of immutable fields.
 * What a creation would be refused for is not told again. Objects without a counterpart are new, and have none.
 */
export function changeFindings(
  before: readonly ReadObject[],
  after: readonly ReadObject[],
  minor: number,
): readonly Finding[] {
  const known = new Map(before.map((read) => [identity(objectKey(read.object)), read]));
  return after.flatMap((read) => {
    const key = objectKey(read.object);
    const was = known.get(identity(key));
    return was === undefined
      ? []
      : changeFaults(kept(was, minor), kept(read, minor), key, minor).map((fault) =>
          findingOf(fault, read, key),
        );
  });
}

/** What the server keeps of an object; a field that it drops is no change. */
function kept(read: ReadObject, minor: number): JsonObject {
  return withoutDroppedFields(read, schemaFindings(read, objectKey(read.object), minor)).object;
}

/** The same for one object. */
export function changeFaults(
  before: JsonObject,
  after: JsonObject,
  key: ObjectKey,
  minor: number,
): readonly Fault[] {
  const change: Change = {
    was: withDefaults(before, key, minor),
    is: withDefaults(after, key, minor),
    minor,
    faults: [],
  };
  const special = rules.get(`${key.group}/${key.kind}`);
  for (const row of immutableRowsOf(key.group, key.kind)) {
    for (const field of row.fields ?? []) {
      if (special?.skips?.includes(pathText(field)) !== true) immutable(change, field, row.source);
    }
    for (const field of row.once ?? []) once(change, field, row.source);
    if (row.specBut !== undefined && special?.ownSpec !== true) specBut(change, row.specBut, row.source);
  }
  if (isFrozen(before, after)) frozen(change);
  special?.rule(change);
  return change.faults;
}

interface Change {
  readonly was: JsonObject;
  readonly is: JsonObject;
  readonly minor: number;
  readonly faults: Fault[];
}

function tell({ faults }: Change, path: JsonPath, source: string, other = ""): void {
  faults.push({ code: "server/immutable", path, what: pathText(path), other, source });
}

function immutable(change: Change, path: JsonPath, source: string): void {
  if (!semanticallyEqual(valueAt(change.was, path), valueAt(change.is, path))) tell(change, path, source);
}

/** A field that the server may have set itself: only two written values contradict each other. */
function once(change: Change, path: JsonPath, source: string): void {
  const was = valueAt(change.was, path);
  const is = valueAt(change.is, path);
  if (!semanticallyEqual(was, undefined) && !semanticallyEqual(is, undefined) && !semanticallyEqual(was, is))
    tell(change, path, source);
}

function specBut(change: Change, free: readonly string[], source: string): void {
  const was = valueAt(change.was, ["spec"]);
  const is = valueAt(change.is, ["spec"]);
  if (!isObject(was) || !isObject(is)) return;
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  for (const name of [...names].sort()) if (!free.includes(name)) immutable(change, ["spec", name], source);
}

const FROZEN = "core ValidateConfigMapUpdate, ValidateSecretUpdate";

function frozen(change: Change): void {
  const why = "the object is immutable";
  if (change.is["immutable"] !== true) tell(change, ["immutable"], FROZEN, why);
  if (canonicalJson(dataOf(change.was)) !== canonicalJson(dataOf(change.is)))
    tell(change, ["data"], FROZEN, why);
  if (canonicalJson(change.was["binaryData"] ?? {}) !== canonicalJson(change.is["binaryData"] ?? {}))
    tell(change, ["binaryData"], FROZEN, why);
}

/** Data as the server keeps them: of Secrets in base64, stringData among them. */
function dataOf(object: JsonObject): Json {
  const data = isObject(object["data"]) ? object["data"] : {};
  const texts = object["stringData"];
  if (!isObject(texts)) return data;
  const merged: Record<string, Json> = { ...data };
  for (const [key, value] of Object.entries(texts))
    if (typeof value === "string") merged[key] = base64(value);
  return merged;
}

function base64(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

interface Special {
  readonly rule: (change: Change) => void;
  /** Fields of the table that this rule judges in its own way. */
  readonly skips?: readonly string[];
  /** This rule judges the whole spec in its own way. */
  readonly ownSpec?: true;
}

function specOf(object: JsonObject): JsonObject {
  const spec = object["spec"];
  return isObject(spec) ? spec : {};
}

const mayBeSet = new Set(["volumeName", "storageClassName"]);

/** Of the two the server fills in the one from the other. */
const sources = new Set(["dataSource", "dataSourceRef"]);

function withoutSize(resources: Json | undefined): Json {
  if (!isObject(resources)) return {};
  const { requests, ...rest } = resources;
  if (!isObject(requests)) return rest;
  const { storage: _storage, ...others } = requests;
  return { ...rest, requests: others };
}

/**
 * A claim's class may be set where there was none, and a bound claim may grow; before 1.34 it could not shrink. Of a file,
 * which tells no phase, the claim is taken to be bound.
 */
function claim(change: Change): void {
  const source = "core ValidatePersistentVolumeClaimUpdate";
  const was = specOf(change.was);
  const is = specOf(change.is);
  const phase = valueAt(change.was, ["status", "phase"]);
  const bound = phase === undefined || phase === "Bound";
  for (const name of [...new Set([...Object.keys(was), ...Object.keys(is)])].sort()) {
    if (name === "volumeAttributesClassName" && bound) continue;
    if (mayBeSet.has(name) && semanticallyEqual(was[name], undefined)) continue;
    // The server fills in what a file leaves out.
    if (name === "volumeName" && is[name] === undefined) continue;
    if (sources.has(name) && is[name] === undefined && [...sources].some((other) => is[other] !== undefined))
      continue;
    const [left, right] =
      name === "resources" && bound ? [withoutSize(was[name]), withoutSize(is[name])] : [was[name], is[name]];
    if (!semanticallyEqual(left, right)) tell(change, ["spec", name], source);
  }
  const path = ["spec", "resources", "requests", "storage"];
  const before = quantityOf(valueAt(change.was, path));
  const after = quantityOf(valueAt(change.is, path));
  if (
    before !== undefined &&
    after !== undefined &&
    compareQuantities(after, before) < 0 &&
    change.minor < 34
  )
    tell(change, path, source, `it must not be less than ${quantityText(before)}`);
}

/** Names of labels that the server takes for the same when a node affinity changes (core betaToGALabel). */
const renamed: ReadonlyMap<string, string> = new Map([
  ["failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"],
  ["failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"],
  ["beta.kubernetes.io/os", "kubernetes.io/os"],
  ["beta.kubernetes.io/arch", "kubernetes.io/arch"],
  ["beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"],
]);

function withNewLabels(value: Json | undefined): Json {
  if (isArray(value)) return value.map(withNewLabels);
  if (!isObject(value)) return value ?? null;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      name === "key" && typeof part === "string" ? (renamed.get(part) ?? part) : withNewLabels(part),
    ]),
  );
}

function volume(change: Change): void {
  const was = specOf(change.was)["nodeAffinity"];
  const is = specOf(change.is)["nodeAffinity"];
  if (was !== undefined && !semanticallyEqual(withNewLabels(was), withNewLabels(is)))
    tell(change, ["spec", "nodeAffinity"], "core validatePvNodeAffinity", "it stays once it is set");
}

/** Drivers of a node stay as they are, but for what can be allocated of them (1.35 and later). */
function csiNode(change: Change): void {
  const bare = (driver: Json): Json => {
    if (!isObject(driver) || change.minor < 35) return driver;
    const { allocatable: _allocatable, ...rest } = driver;
    return rest;
  };
  const now = specOf(change.is)["drivers"];
  for (const driver of arrayOf(specOf(change.was)["drivers"])) {
    const index = arrayOf(now).findIndex(
      (other) => isObject(other) && isObject(driver) && other["name"] === driver["name"],
    );
    if (index >= 0 && !semanticallyEqual(bare(driver), bare(arrayOf(now)[index] ?? null)))
      tell(change, ["spec", "drivers", index], "storage ValidateCSINodeUpdate");
  }
}

function arrayOf(value: Json | undefined): readonly Json[] {
  return isArray(value) ? value : [];
}

function job(change: Change): void {
  const was = specOf(change.was);
  const is = specOf(change.is);
  const source = "batch ValidateJobSpecUpdate";
  if (!semanticallyEqual(was["completions"], is["completions"])) {
    const indexed = is["completionMode"] === "Indexed";
    if (!indexed) tell(change, ["spec", "completions"], source);
    else if (is["completions"] !== undefined && is["completions"] !== is["parallelism"])
      tell(change, ["spec", "completions"], source, "it can only change together with parallelism");
  }
  const suspended = was["suspend"] === true;
  const before = suspended ? withoutPlacing(was["template"], change.minor) : was["template"];
  const after = suspended ? withoutPlacing(is["template"], change.minor) : is["template"];
  if (!semanticallyEqual(before, after)) {
    const why = suspended
      ? "of a suspended Job only labels, annotations, node selection, tolerations and resources can"
      : "";
    tell(change, ["spec", "template"], source, why);
  }
}

/** The template without what may change while a Job is suspended and has not started. */
function withoutPlacing(template: Json | undefined, minor: number): Json | undefined {
  if (!isObject(template) || !isObject(template["spec"])) return template;
  const { nodeSelector: _n, tolerations: _t, schedulingGates: _g, ...spec } = template["spec"];
  const affinity = isObject(spec["affinity"]) ? spec["affinity"] : {};
  const { nodeAffinity: _a, ...others } = affinity;
  const bare: Record<string, Json> = { ...spec, affinity: others };
  // Resources since 1.36 (feature MutablePodResourcesForSuspendedJobs).
  if (minor >= 36)
    for (const list of ["containers", "initContainers"]) bare[list] = withoutResources(spec[list]);
  return { spec: bare };
}

function withoutResources(list: Json | undefined): Json {
  if (!isArray(list)) return [];
  return list.map((container) => {
    if (!isObject(container)) return container;
    const { resources: _resources, ...rest } = container;
    return rest;
  });
}

/** core ValidatePodUpdate: images, a shorter deadline, more tolerations, fewer gates. */
function pod(change: Change): void {
  const source = "core ValidatePodUpdate";
  const was = specOf(change.was);
  const is = specOf(change.is);
  for (const list of ["containers", "initContainers"]) {
    if (lengthOf(was[list]) !== lengthOf(is[list]))
      return tell(change, ["spec", list], source, "no container can come or go");
  }
  const before = was["activeDeadlineSeconds"];
  const after = is["activeDeadlineSeconds"];
  if (typeof before === "number" && (typeof after !== "number" || after > before))
    tell(change, ["spec", "activeDeadlineSeconds"], source, "it can only become shorter");
  checkTolerations(change, was["tolerations"], is["tolerations"]);
  checkGates(change, was["schedulingGates"], is["schedulingGates"]);
  const gated = lengthOf(was["schedulingGates"]) > 0;
  for (const name of [...new Set([...Object.keys(was), ...Object.keys(is)])].sort()) {
    if (["activeDeadlineSeconds", "tolerations", "schedulingGates"].includes(name)) continue;
    if (assigned.has(name) && (was[name] === undefined || is[name] === undefined)) continue;
    if (gated && name === "affinity") continue;
    if (gated && name === "nodeSelector") {
      checkSelectorGrows(change, was[name], is[name]);
      continue;
    }
    const [left, right] =
      name === "containers" || name === "initContainers"
        ? [withoutImages(was[name], is[name]), withoutImages(is[name], was[name])]
        : [was[name], is[name]];
    if (!semanticallyEqual(left, right)) tell(change, ["spec", name], source, "of a Pod only its images can");
  }
}

/** What admission and the scheduler set. */
const assigned = new Set([
  "nodeName",
  "serviceAccountName",
  "serviceAccount",
  "priority",
  "preemptionPolicy",
  "resources",
]);

function lengthOf(list: Json | undefined): number {
  return isArray(list) ? list.length : 0;
}

/** Containers without their images; a pull policy that an image's tag decides goes with it. */
function withoutImages(list: Json | undefined, other: Json | undefined): Json {
  if (!isArray(list)) return [];
  return list.map((container, index) => {
    const counterpart = isArray(other) ? other[index] : undefined;
    if (!isObject(container) || !isObject(counterpart)) return container;
    const { image, imagePullPolicy, ...rest } = container;
    const same = image === counterpart["image"];
    return same && imagePullPolicy !== undefined ? { ...rest, imagePullPolicy } : rest;
  });
}

function checkTolerations(change: Change, was: Json | undefined, is: Json | undefined): void {
  const bare = (toleration: Json): string => {
    if (!isObject(toleration)) return canonicalJson(toleration);
    const { tolerationSeconds: _seconds, ...rest } = toleration;
    return canonicalJson(rest);
  };
  const now = new Set((isArray(is) ? is : []).map(bare));
  if ((isArray(was) ? was : []).some((toleration) => !byAdmission(toleration) && !now.has(bare(toleration))))
    tell(
      change,
      ["spec", "tolerations"],
      "core validateOnlyAddedTolerations",
      "tolerations can only be added",
    );
}

/** The tolerations that admission (DefaultTolerationSeconds) adds again where they are missing. */
function byAdmission(toleration: Json): boolean {
  return (
    isObject(toleration) &&
    toleration["effect"] === "NoExecute" &&
    (toleration["key"] === "node.kubernetes.io/not-ready" ||
      toleration["key"] === "node.kubernetes.io/unreachable")
  );
}

/** A Pod that waits at a gate may get more of a node selector, not less. */
function checkSelectorGrows(change: Change, was: Json | undefined, is: Json | undefined): void {
  const now = isObject(is) ? is : {};
  for (const [label, value] of Object.entries(isObject(was) ? was : {}))
    if (now[label] !== value)
      return tell(
        change,
        ["spec", "nodeSelector"],
        "core validateNodeSelectorMutation",
        "labels can only be added",
      );
}

function checkGates(change: Change, was: Json | undefined, is: Json | undefined): void {
  const names = new Set((isArray(was) ? was : []).map((gate) => (isObject(gate) ? gate["name"] : undefined)));
  for (const [index, gate] of (isArray(is) ? is : []).entries()) {
    if (isObject(gate) && !names.has(gate["name"]))
      tell(
        change,
        ["spec", "schedulingGates", index],
        "core validateOnlyDeletedSchedulingGates",
        "gates can only go",
      );
  }
}

/** core validateUpgradeDowngradeClusterIPs and validateUpgradeDowngradeIPFamilies: the first address and family stay. */
function service(change: Change): void {
  const was = specOf(change.was);
  const is = specOf(change.is);
  if (was["type"] === "ExternalName" || is["type"] === "ExternalName") return;
  const first = (spec: JsonObject, name: string): Json | undefined => {
    const list = spec[name];
    return isArray(list) ? list[0] : undefined;
  };
  const before = first(was, "ipFamilies");
  const after = first(is, "ipFamilies");
  const headless = was["clusterIP"] === "None" || is["clusterIP"] === "None";
  if (before !== undefined && after !== undefined && before !== after && !headless)
    tell(change, ["spec", "ipFamilies"], "core validateUpgradeDowngradeIPFamilies", "the first family stays");
  if (was["type"] === "LoadBalancer" && is["type"] === "LoadBalancer")
    immutable(change, ["spec", "loadBalancerClass"], "core validateLoadBalancerClassField");
}

/** A second range may be added to a single one. */
function serviceCidr(change: Change): void {
  const was = specOf(change.was)["cidrs"];
  const is = specOf(change.is)["cidrs"];
  if (!isArray(was) || !isArray(is)) return;
  const grows = was.length === 1 && is.length === 2 && was[0] === is[0];
  if (!grows && canonicalJson(was) !== canonicalJson(is))
    tell(
      change,
      ["spec", "cidrs"],
      "networking ValidateServiceCIDRUpdate",
      "only a second range can be added",
    );
}

/** The order of scopes does not count. */
function quota(change: Change): void {
  const sorted = (object: JsonObject): string => {
    const scopes = specOf(object)["scopes"];
    return isArray(scopes) ? [...new Set(scopes.map(String))].sort().join(" ") : "";
  };
  if (sorted(change.was) !== sorted(change.is))
    tell(change, ["spec", "scopes"], "core ValidateResourceQuotaUpdate");
}

const rules: ReadonlyMap<string, Special> = new Map<string, Special>([
  ["/PersistentVolume", { rule: volume }],
  ["/PersistentVolumeClaim", { rule: claim, ownSpec: true }],
  ["/Pod", { rule: pod }],
  ["/Service", { rule: service }],
  ["/ResourceQuota", { rule: quota, skips: ["spec.scopes"] }],
  ["batch/Job", { rule: job, skips: ["spec.template", "spec.completions"] }],
  ["storage.k8s.io/CSINode", { rule: csiNode }],
  ["networking.k8s.io/ServiceCIDR", { rule: serviceCidr, skips: ["spec.cidrs"] }],
]);
