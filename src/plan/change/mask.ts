import { canonicalJson } from "../../kube/canonical-json.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../kube/json.ts";
import { objectKey } from "../../kube/object-key.ts";

/** Steps into an object; `*` stands for every item of a list. */
type Pattern = readonly string[];

interface MaskRow {
  readonly path: Pattern;
  readonly source: string;
}

const dryRun = "measured on Kubernetes 1.37.2: two dry runs, or a dry run and the write, differ in it";

/** What the server writes about an object and nobody asks for: it says nothing about what the object means. */
export const bookkeeping: readonly MaskRow[] = [
  { path: ["status"], source: "written by controllers; apimachinery: the status subresource" },
  { path: ["metadata", "managedFields"], source: "carries times: apimachinery ManagedFieldsEntry" },
  { path: ["metadata", "resourceVersion"], source: `${dryRun}; moves with the status` },
  { path: ["metadata", "generation"], source: dryRun },
  { path: ["metadata", "uid"], source: `${dryRun}; bound by a precondition instead` },
  { path: ["metadata", "creationTimestamp"], source: dryRun },
  { path: ["metadata", "selfLink"], source: "deprecated: apimachinery ObjectMeta" },
];

interface GeneratedRow extends MaskRow {
  /** `group/kind`. */
  readonly kind: string;
  /** Only values whose JSON is of this form are generated. */
  readonly form?: RegExp;
}

const service =
  "kubernetes pkg/registry/core/service/ipallocator and portallocator: a dry run gets a placeholder";
const job = "kubernetes pkg/registry/batch/job/strategy.go (generateSelector): the UID of the attempt";
const account =
  "kubernetes plugin/pkg/admission/serviceaccount/admission.go: a random name of the token's volume";
const address = /^(?!.*"None").+/u;
const tokenVolume = /^"kube-api-access-/u;

/** What the server makes up for one request: another dry run, and the write itself, make up something else. */
export const generated: readonly GeneratedRow[] = [
  { kind: "/Service", path: ["spec", "clusterIP"], form: address, source: service },
  { kind: "/Service", path: ["spec", "clusterIPs"], form: address, source: service },
  { kind: "/Service", path: ["spec", "ports", "*", "nodePort"], source: service },
  { kind: "/Service", path: ["spec", "healthCheckNodePort"], source: service },
  ...["controller-uid", "batch.kubernetes.io/controller-uid"].flatMap((label): readonly GeneratedRow[] => [
    { kind: "batch/Job", path: ["spec", "selector", "matchLabels", label], source: job },
    { kind: "batch/Job", path: ["spec", "template", "metadata", "labels", label], source: job },
    {
      kind: "batch/Job",
      path: ["metadata", "labels", label],
      source: `${job}; pkg/apis/batch/v1/defaults.go copies it`,
    },
  ]),
  { kind: "/Pod", path: ["spec", "volumes", "*", "name"], form: tokenVolume, source: account },
  ...["containers", "initContainers"].map(
    (list): GeneratedRow => ({
      kind: "/Pod",
      path: ["spec", list, "*", "volumeMounts", "*", "name"],
      form: tokenVolume,
      source: account,
    }),
  ),
];

/**
 * A live object without the server's bookkeeping: two equal forms are one state (house.md, drift). Its UID and its
 * resourceVersion are bound by preconditions.
 */
export function maskLive(object: JsonObject): JsonObject {
  let masked: Json | undefined = object;
  for (const { path } of bookkeeping) masked = without(masked, path, () => true);
  return masked as JsonObject;
}

/** What a result is compared with: the object as it stood, and as it was asked for. */
export interface Known {
  readonly live: JsonObject | null;
  readonly desired: JsonObject | null;
}

/**
 * What a dry run, or a write, answered, in the form in which the two are the same (kernel K2): without bookkeeping, and
 * without what the server made up for this one request. A value that stands in the live object or in the desired one is
 * not made up: it stays, so that a change of it shows.
 */
export function maskResult(result: JsonObject, known: Known): JsonObject {
  const key = objectKey(result);
  const kind = `${key.group}/${key.kind}`;
  let masked: Json | undefined = maskLive(result);
  for (const row of generated) {
    if (row.kind !== kind) continue;
    const standing = new Set(
      [known.live, known.desired].flatMap((object) =>
        object === null ? [] : valuesAt(object, row.path).map((value) => canonicalJson(value)),
      ),
    );
    masked = without(masked, row.path, (value) => {
      const json = canonicalJson(value);
      return !standing.has(json) && (row.form === undefined || row.form.test(json));
    });
  }
  return masked as JsonObject;
}

/** The value without the parts at the pattern that are to go; the value itself where nothing goes. */
function without(value: Json | undefined, path: Pattern, goes: (value: Json) => boolean): Json | undefined {
  const [step, ...rest] = path;
  if (value === undefined) return undefined;
  if (step === undefined) return goes(value) ? undefined : value;
  if (step === "*") {
    if (!isArray(value)) return value;
    const items = value.map((item) => without(item, rest, goes));
    return items.every((item, index) => item === value[index])
      ? value
      : items.filter((item) => item !== undefined);
  }
  if (!isObject(value) || !Object.hasOwn(value, step)) return value;
  const was = value[step];
  const is = without(was, rest, goes);
  if (is === was) return value;
  const entries = Object.entries(value).filter(([name]) => name !== step);
  return Object.fromEntries(is === undefined ? entries : [...entries, [step, is]]);
}

function valuesAt(value: Json | undefined, path: Pattern): readonly Json[] {
  const [step, ...rest] = path;
  if (value === undefined) return [];
  if (step === undefined) return [value];
  if (step === "*") return isArray(value) ? value.flatMap((item) => valuesAt(item, rest)) : [];
  return isObject(value) && Object.hasOwn(value, step) ? valuesAt(value[step], rest) : [];
}
