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
import { compareQuantities, parseQuantity } from "../../../kube/quantity.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import { type Fault, shown } from "../server/engine/run.ts";
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
  const known = new Map(before.map((read) => [identity(objectKey(read.object)), read.object]));
  return after.flatMap((read) => {
    const key = objectKey(read.object);
    const was = known.get(identity(key));
    return was === undefined
      ? []
      : changeFaults(was, read.object, key, minor).map((fault) => findingOf(fault, read, key));
  });
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
    if (row.specBut !== undefined) specBut(change, row.specBut, row.source);
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
  if (was !== undefined && is !== undefined && was !== "" && is !== "" && !semanticallyEqual(was, is))
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
  if (!semanticallyEqual(dataOf(change.was), dataOf(change.is))) tell(change, ["data"], FROZEN, why);
  if (!semanticallyEqual(change.was["binaryData"], change.is["binaryData"]))
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
}

function specOf(object: JsonObject): JsonObject {
  const spec = object["spec"];
  return isObject(spec) ? spec : {};
}

/** A claim may grow, and shrink only down to what was handed out already, which files do not say. */
function claim(change: Change): void {
  const path = ["spec", "resources", "requests", "storage"];
  const was = valueAt(change.was, path);
  const is = valueAt(change.is, path);
  if (typeof was !== "string" || typeof is !== "string") return;
  const before = parseQuantity(was);
  const after = parseQuantity(is);
  if (
    before !== undefined &&
    after !== undefined &&
    compareQuantities(after, before) < 0 &&
    change.minor < 34
  )
    tell(change, path, "core ValidatePersistentVolumeClaimUpdate", `it must not be less than ${shown(was)}`);
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
    if (gated && (name === "nodeSelector" || name === "affinity")) continue;
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
  if ((isArray(was) ? was : []).some((toleration) => !now.has(bare(toleration))))
    tell(
      change,
      ["spec", "tolerations"],
      "core validateOnlyAddedTolerations",
      "tolerations can only be added",
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
  ["/PersistentVolumeClaim", { rule: claim }],
  ["/Pod", { rule: pod }],
  ["/Service", { rule: service }],
  ["/ResourceQuota", { rule: quota, skips: ["spec.scopes"] }],
  ["batch/Job", { rule: job, skips: ["spec.template", "spec.completions"] }],
  ["networking.k8s.io/ServiceCIDR", { rule: serviceCidr, skips: ["spec.cidrs"] }],
]);
