import type { Authored, Intent } from "../authoring/intent/intent.ts";
import { canonicalJson } from "../kube/canonical-json.ts";
import { jsonDigest, macHex, sha256Hex } from "../kube/digest.ts";
import {
  deepFreeze,
  isArray,
  isObject,
  type Json,
  type JsonObject,
  pathText,
  type JsonPath,
} from "../kube/json.ts";
import { identity, keyText, objectKey } from "../kube/object-key.ts";
import { OpsError } from "../kube/ops-error.ts";
import { printable } from "../kube/printable.ts";
import type { ObjectKey } from "../kube/read-object.ts";
import { layOutFiles, placeChanges } from "./change/file-layout.ts";
import { reversibilityOf } from "./change/reversibility.ts";
import { literalCredential } from "./secrets/literal-credentials.ts";
import { assertSafeTarget } from "./change/safe-tree.ts";
import { semanticDiff } from "./change/semantic-diff.ts";
import { inFolder, readTargetFolder, type TargetFolder } from "./change/target-folder.ts";
import { charterDigest } from "./charter/parse-charter.ts";
import type { Charter } from "./charter.ts";
import { buildFacts, byKey } from "./facts/build-facts.ts";
import { findProblems } from "./facts/find-problems.ts";
import type { ChangedObject, FolderView } from "./facts/widening/row.ts";
import type { GitState } from "./git-state.ts";
import type { Change, FileChange, Operation, Plan, PlanDigest, RequestRecord } from "./plan.ts";
import { planDigest } from "./plan-text.ts";
import { charterTargetFor } from "./target.ts";
import { assumptionsOf } from "./verdict/assumptions.ts";
import { judge } from "./verdict/judge.ts";

export interface PlanInput {
  readonly request: {
    readonly text: string;
    readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
    readonly undoes?: PlanDigest;
  };
  readonly intent: Intent;
  /** Desired objects: of `author(intent)` for an application; the given objects, with their namespaces, for ObjectsIntent. */
  readonly objects: readonly JsonObject[];
  /** Objects to delete: only those whose file a plan of ours wrote. One that is not there is a finding. */
  readonly deletions: readonly ObjectKey[];
  readonly authored: Pick<Authored, "relaxations" | "prerequisites" | "notes">;
  readonly state: GitState;
  readonly folder: string;
  readonly mode: "branch" | "onto";
  readonly charter: Charter | null;
  /** Fingerprint of the key that signed the charter. */
  readonly charterOwner: string | null;
  readonly macKey: Uint8Array | null;
  readonly toolVersion: string;
  readonly minor: number;
}

/** One object of the change set before files and facts are known. */
interface Step {
  readonly key: ObjectKey;
  readonly operation: Operation;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
}

/**
 * The plan that the input leads to. Pure: the same input gives the same bytes, whatever the order of objects, deletions
 * and files of the state.
 * @throws {OpsError} INPUT_SECRET_DATA, INPUT_DUPLICATE, INPUT_REFUSED, TARGET_UNSAFE
 */
export function assemblePlan(input: PlanInput): Plan {
  const { state, folder, macKey, minor, charter } = input;
  assertSafeTarget(state, folder);
  const target = readTargetFolder(state, folder);
  const desired = desiredObjects(input.objects);
  // What authoring makes has references already, and what an undo brings back stands in the history of the target.
  if (input.intent.source === "objects" && input.request.undoes === undefined)
    for (const object of desired.values()) refuseLiteralCredential(object);
  const { steps, absent } = changeSet(desired, input.deletions, target);
  const files = placeChanges(steps, target);
  const row = charter === null ? undefined : charterTargetFor(charter, state.url);
  const reconciler = row?.git.reconciler ?? "pruning";
  const changes = steps.map((step): Change => {
    const { key, operation, before, after } = step;
    return {
      key,
      operation,
      file: files.get(identity(key)) ?? "",
      object: operation === "create" || operation === "update" ? after : null,
      digest: after === null ? null : jsonDigest(after),
      beforeMac: before === null || macKey === null ? null : macHex(macKey, canonicalJson(before)),
      diff:
        operation === "update" && before !== null && after !== null
          ? semanticDiff(before, after, macKey)
          : [],
      reversibility: reversibilityOf(key, before, after, reconciler),
    };
  });
  const changed = steps.flatMap(({ operation, ...step }): readonly ChangedObject[] =>
    operation === "unchanged" ? [] : [{ ...step, operation }],
  );
  const view = folderView(target, steps);
  const facts = buildFacts(changes, changed, view, minor);
  const findings = findProblems(changed, {
    folder: view,
    target,
    absent,
    podSecurity: charter?.spec.podSecurity ?? "restricted",
    minor,
  });
  const gitTarget: Plan["target"] = {
    kind: "git",
    url: state.url,
    branch: state.branch,
    folder,
    base: state.base,
    root: state.root,
    rootTree: state.rootTree,
    mode: input.mode,
  };
  const plan: Omit<Plan, "digest"> = {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Plan",
    tool: { name: "kubernetes-operations", version: input.toolVersion },
    request: requestRecord(input),
    intent: input.intent,
    target: gitTarget,
    readSet: readSet(target, state, folder),
    changes,
    files: fileChanges(
      layOutFiles(changes, target, { folder, existing: state.files.map(({ path }) => path) }),
      state,
    ),
    findings,
    facts,
    // What objects say about their making is known only where this program made them.
    authoring:
      input.intent.source === "objects"
        ? { relaxations: [], prerequisites: [], notes: [] }
        : {
            relaxations: input.authored.relaxations,
            prerequisites: input.authored.prerequisites,
            notes: input.authored.notes,
          },
    assumptions: assumptionsOf({ row, facts }),
    charter:
      charter === null
        ? null
        : {
            digest: charterDigest(charter),
            name: charter.metadata.name,
            serial: charter.metadata.serial,
            owner: input.charterOwner ?? "",
          },
    verdict: judge({
      charter,
      row,
      target: gitTarget,
      changes,
      changed,
      facts,
      findings,
      bound: macKey !== null,
    }),
  };
  // A copy without the caller's parts and without undefined members: what is frozen, hashed and written is one thing.
  const copy = JSON.parse(canonicalJson(plan)) as Omit<Plan, "digest">;
  return deepFreeze({ ...copy, digest: planDigest(copy) });
}

function requestRecord(input: PlanInput): RequestRecord {
  const { request, state, folder, mode, minor, intent, macKey } = input;
  const record: Omit<RequestRecord, "mac"> = {
    text: request.text,
    inputs: request.inputs,
    ...(request.undoes === undefined ? {} : { undoes: request.undoes }),
    target: { url: state.url, branch: state.branch, folder, mode },
    deletions: distinct(input.deletions),
    minor,
  };
  return { ...record, mac: macKey === null ? null : requestMac(macKey, record, intent) };
}

/** Binds the words of a request, what was asked for, where it goes and what it deletes to the trust root's key. */
export function requestMac(key: Uint8Array, request: Omit<RequestRecord, "mac">, intent: Intent): string {
  return macHex(key, canonicalJson({ request, intent }));
}

function distinct(keys: readonly ObjectKey[]): readonly ObjectKey[] {
  const byIdentity = new Map(keys.map((key) => [identity(key), key]));
  return [...byIdentity.values()]
    .map((key) => ({ key }))
    .sort(byKey)
    .map(({ key }) => key);
}

/** The desired objects by identity. Refuses what no plan may hold. */
function desiredObjects(objects: readonly JsonObject[]): ReadonlyMap<string, JsonObject> {
  const byIdentity = new Map<string, JsonObject>();
  for (const object of objects) {
    const key = objectKey(object);
    const name = printable(keyText(key));
    if (key.version === "" || key.kind === "" || key.name === "") {
      throw new OpsError(
        "INPUT_REFUSED",
        `${name === " " ? "an object" : name} lacks apiVersion, kind or metadata.name`,
      );
    }
    const inexact = inexactNumber(object, []);
    if (inexact !== undefined) {
      throw new OpsError(
        "INPUT_REFUSED",
        `${name}: ${printable(pathText(inexact))} is a number that JSON cannot carry exactly`,
      );
    }
    refuseSecretData(key, object);
    const id = identity(key);
    if (byIdentity.has(id)) {
      throw new OpsError("INPUT_DUPLICATE", `${name} stands twice in the request`, {
        hint: "one object has one place; remove the other",
      });
    }
    byIdentity.set(id, object);
  }
  return byIdentity;
}

const harmlessOfSecret: ReadonlySet<string> = new Set([
  "apiVersion",
  "kind",
  "metadata",
  "type",
  "immutable",
]);

/** Kernel K16: a value that entered a plan would stand in files, logs and Git for ever. */
function refuseSecretData(key: ObjectKey, object: JsonObject): void {
  if (key.group !== "" || key.kind !== "Secret") return;
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  const annotations = isObject(metadata["annotations"]) ? metadata["annotations"] : {};
  // Also a member that Kubernetes does not know: a misspelt one holds the same values.
  const holder = Object.keys(object).find((member) => {
    if (harmlessOfSecret.has(member)) return false;
    const value = object[member];
    return isObject(value) ? Object.keys(value).length > 0 : value !== undefined && value !== null;
  });
  // kubectl writes the whole object, values included, into this annotation.
  const copied = Object.hasOwn(annotations, "kubectl.kubernetes.io/last-applied-configuration");
  if (holder === undefined && !copied) return;
  const name = printable(key.name);
  throw new OpsError(
    "INPUT_SECRET_DATA",
    `Secret ${printable(key.namespace)}/${name} carries values in ${holder === undefined ? "its annotation last-applied-configuration" : printable(holder)}; values never enter a plan`,
    {
      hint: `take the Secret out of the request and let its owner create it: kubectl create secret generic ${name} -n ${printable(key.namespace)} --from-file=KEY=FILE; workloads name it by reference`,
    },
  );
}

/** Kernel K16: given objects are carried out as they are, so that a literal cannot become a reference on the way. */
function refuseLiteralCredential(object: JsonObject): void {
  const found = literalCredential(object);
  if (found === undefined) return;
  throw new OpsError(
    "INPUT_SECRET_DATA",
    `${printable(keyText(objectKey(object)))}: ${printable(found.path)} looks like a credential (${found.what}); values never enter a plan`,
    {
      hint: "let its owner put it into a Secret (kubectl create secret generic NAME --from-file=KEY=FILE) and name that: valueFrom.secretKeyRef, envFrom or a volume",
    },
  );
}

function inexactNumber(value: Json, path: JsonPath): JsonPath | undefined {
  if (typeof value === "number") {
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
      ? undefined
      : path;
  }
  const parts: readonly (readonly [string | number, Json])[] = isArray(value)
    ? [...value.entries()]
    : isObject(value)
      ? Object.entries(value)
      : [];
  for (const [step, part] of parts) {
    const found = inexactNumber(part, [...path, step]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function changeSet(
  desired: ReadonlyMap<string, JsonObject>,
  deletions: readonly ObjectKey[],
  target: TargetFolder,
): { readonly steps: readonly Step[]; readonly absent: readonly ObjectKey[] } {
  const steps: Step[] = [];
  const absent: ObjectKey[] = [];
  for (const [id, after] of desired) {
    const key = objectKey(after);
    const standing = target.objects.get(id);
    if (standing === undefined) refuseUnplaced(key, target);
    const before = standing?.object ?? null;
    const operation =
      before === null ? "create" : canonicalJson(before) === canonicalJson(after) ? "unchanged" : "update";
    steps.push({ key, operation, before, after });
  }
  for (const key of distinct(deletions)) {
    const id = identity(key);
    if (desired.has(id)) {
      throw new OpsError("INPUT_DUPLICATE", `${printable(keyText(key))} is to be written and to be deleted`);
    }
    const standing = target.objects.get(id);
    if (standing === undefined) absent.push(key);
    else steps.push({ key: standing.key, operation: "delete", before: standing.object, after: null });
  }
  return { steps: steps.sort(byKey), absent };
}

/** An object of the target that names no namespace may be the one that is to be written: nobody can tell. */
function refuseUnplaced(key: ObjectKey, target: TargetFolder): void {
  if (key.namespace === "") return;
  const bare = target.objects.get(identity({ ...key, namespace: "" }));
  if (bare !== undefined) {
    throw new OpsError(
      "TARGET_UNSAFE",
      `${printable(bare.file)} holds ${printable(keyText(bare.key))} without a namespace: whether it is ${printable(keyText(key))} cannot be told`,
      { hint: "write the namespace into the file" },
    );
  }
}

function folderView(target: TargetFolder, steps: readonly Step[]): FolderView {
  const before = [...target.objects].map(([, { object }]) => object);
  const changed = new Map(steps.map((step) => [identity(step.key), step]));
  const kept = [...target.objects].filter(([id]) => !changed.has(id)).map(([, { object }]) => object);
  const after = steps.flatMap((step) => (step.after === null ? [] : [step.after]));
  return { before: sorted(before), after: sorted([...kept, ...after]) };
}

function sorted(objects: readonly JsonObject[]): readonly JsonObject[] {
  return objects
    .map((object) => ({ key: objectKey(object), object }))
    .sort(byKey)
    .map(({ object }) => object);
}

function readSet(target: TargetFolder, state: GitState, folder: string): Plan["readSet"] {
  const read = new Set([...target.files.keys()].map((file) => inFolder(folder, file)));
  return state.files
    .filter(({ path }) => read.has(path))
    .map(({ path, blob }) => ({ what: `git:${path}`, version: blob }))
    .sort((left, right) => (left.what < right.what ? -1 : 1));
}

function fileChanges(texts: ReadonlyMap<string, string | null>, state: GitState): readonly FileChange[] {
  const existing = new Set(state.files.map(({ path }) => path));
  return [...texts].map(([path, text]) => ({
    path,
    operation: text === null ? "delete" : existing.has(path) ? "update" : "create",
    sha256: text === null ? null : sha256Hex(text),
  }));
}
