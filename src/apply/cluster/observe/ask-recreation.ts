import { sha256Hex } from "../../../kube/digest.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../../kube/json.ts";
import { identity } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import type { Recreation } from "../../../plan/cluster-state.ts";
import type { ApiFailure } from "../client/errors/api-failure.ts";
import { clusterErrorCause } from "../client/errors/cluster-error.ts";
import type { KubePlanner } from "../client/writer.ts";
import { removalRequest, type ServedKind, writeRequest } from "./change-request.ts";
import { uidOf, versionOf } from "./live-facts.ts";

export interface RecreationQuestion {
  readonly key: ObjectKey;
  readonly kind: ServedKind;
  readonly object: JsonObject;
  readonly fieldManager: string;
}

/**
 * What the server says to the deletion of an object and to the creation of its new form. As long as the old one stands,
 * a creation under its name has no dry run: it is asked under a name that nothing has, and the name is put back in what
 * comes of it (kernel K2; the plan says so).
 * @returns `changed` when the object is not the one that was read any more
 */
export async function askRecreation(
  reader: KubePlanner,
  question: RecreationQuestion,
  live: JsonObject | null,
): Promise<Recreation | "changed"> {
  const { key, kind, object, fieldManager } = question;
  const none = { merged: null, notDryRun: null, refusal: null, warnings: [] };
  const uid = live === null ? null : uidOf(live);
  const version = live === null ? null : versionOf(live);
  if (uid === null || version === null) return "changed";
  try {
    await reader.dryRun(removalRequest(key, kind, uid), version);
  } catch (error) {
    const failure = failureOf(error);
    if (failure.status === 404 || failure.status === 409) return "changed";
    return { ...none, refusal: (error as OpsError).message };
  }
  const name = `kubeops-dry-run-${sha256Hex(identity(key)).slice(0, 12)}`;
  const named = standingIn(object, key.name, name);
  try {
    const { object: result, warnings } = await reader.dryRun(
      writeRequest({ ...key, name }, kind, named, null, fieldManager),
    );
    return {
      ...none,
      merged: renamed(result, name, key.name) as JsonObject,
      warnings: warnings.map(({ text }) => text),
    };
  } catch (error) {
    const unknowable = ofTheStandIn(failureOf(error));
    return unknowable === undefined
      ? { ...none, refusal: (error as OpsError).message }
      : { ...none, notDryRun: unknowable };
  }
}

/** The server's answer; what is none, and what says nothing about the object, is thrown on. */
function failureOf(error: unknown): ApiFailure {
  const failure = clusterErrorCause(error)?.failure;
  if (!OpsError.is(error) || failure === null || failure === undefined) throw error;
  if (["CLUSTER_AUTH", "CLUSTER_BUSY", "CLUSTER_EXPIRED"].includes(error.code)) throw error;
  return failure;
}

/** What is refused only because the old object stands, or because the name is another; undefined for everything else. */
function ofTheStandIn({ causes, denial, unauthorized, status }: ApiFailure): string | undefined {
  const waits = "so its creation has no dry run before the old one is gone";
  if (denial?.id === "quota") return `the quota counts the object that still stands, ${waits}`;
  if (unauthorized) return `the credentials may create it under its own name only, ${waits}`;
  if (status === 409) return `another object has the name that stands for it, ${waits}`;
  const fields = causes.map(({ field }) => field);
  if (fields.length === 0) return undefined;
  if (fields.every((field) => /^metadata\.name\b/u.test(field)))
    return `its kind allows no other name, ${waits}`;
  // kubernetes pkg/registry/core/service: an address and a port belong to one Service at a time.
  if (
    fields.every((field) =>
      /^spec\.(?:clusterIPs?|ports\[\d+\]\.nodePort|healthCheckNodePort)\b/u.test(field),
    )
  )
    return `the old one still holds its address or port, ${waits}`;
  return undefined;
}

/** Labels that a server compares with the name (kubernetes pkg/apis/batch/validation, ValidateGeneratedSelector). */
const nameLabels: ReadonlySet<string> = new Set(["job-name", "batch.kubernetes.io/job-name"]);

function standingIn(object: JsonObject, from: string, to: string): JsonObject {
  const labelled = relabelled(object, from, to) as JsonObject;
  const metadata = isObject(labelled["metadata"]) ? labelled["metadata"] : {};
  return { ...labelled, metadata: { ...metadata, name: to } };
}

function relabelled(value: Json, from: string, to: string): Json {
  if (isArray(value)) return value.map((item) => relabelled(item, from, to));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, item]) => [
      member,
      nameLabels.has(member) && item === from ? to : relabelled(item, from, to),
    ]),
  );
}

function renamed(value: Json, from: string, to: string): Json {
  if (value === from) return to;
  if (isArray(value)) return value.map((item) => renamed(item, from, to));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([member, item]) => [member, renamed(item, from, to)]));
}
