import type { JsonObject } from "../../../kube/json.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import type { LiveObject } from "../../../plan/cluster-state.ts";
import { refusesOnlyImmutable } from "../../../plan/cluster/immutable.ts";
import { clusterErrorCause } from "../client/errors/cluster-error.ts";
import { appliedAfter, takeOverOf } from "../../../plan/cluster/take-over.ts";
import { type PlannedRequest, replacementRequest } from "../client/request/planned-request.ts";
import type { KubePlanner, WriteAnswer } from "../client/writer.ts";
import { deletionRequest, pathOf, type ServedKind, writeRequest } from "./change-request.ts";
import { askRecreation } from "./ask-recreation.ts";
import { isTerminating, uidOf, versionOf } from "./live-facts.ts";

export interface ObjectQuestion {
  readonly key: ObjectKey;
  readonly kind: ServedKind;
  /** What is to be written; null for a deletion. */
  readonly object: JsonObject | null;
  readonly fieldManager: string;
  /** Why the server is not asked for a dry run; null when it is. */
  readonly notDryRun: string | null;
  /** Where only immutable fields are in the way, the server is asked about a deletion and a creation. */
  readonly recreate: boolean;
  /** What client-side appliers own of it is to pass to us. */
  readonly takeOver: boolean;
}

/** Attempts at a dry run while somebody changes the object at the same time. */
const mostAttempts = 5;

/** An object as it stands, and what the server says it would become. */
export async function observeObject(reader: KubePlanner, question: ObjectQuestion): Promise<LiveObject> {
  for (let attempt = 1; ; attempt++) {
    const seen = await look(reader, question);
    if (seen !== "changed") return seen;
    if (attempt === mostAttempts)
      throw new OpsError(
        "CLUSTER_CONFLICT",
        `${printable(question.key.kind)} ${printable(question.key.name)} changes all the time: it was another one at each of ${mostAttempts} attempts`,
        { hint: "find out who writes it, and run the command again" },
      );
  }
}

async function look(reader: KubePlanner, question: ObjectQuestion): Promise<LiveObject | "changed"> {
  const { key, kind, object } = question;
  const base = {
    key,
    resource: kind.resource,
    namespaced: kind.namespaced,
    merged: null,
    notDryRun: null,
    access: [],
    refusal: null,
    conflicts: [],
    warnings: [],
  };
  let request: PlannedRequest | undefined;
  let live: JsonObject | null;
  try {
    live = (await reader.get(pathOf(key, kind))) ?? null;
    const uid = live === null ? null : uidOf(live);
    if (object !== null) request = writeRequest(key, kind, object, uid, question.fieldManager);
    else if (uid !== null) request = deletionRequest(key, kind, uid);
  } catch (error) {
    if (error instanceof TypeError) return { ...base, live: null, refusal: printable(error.message) };
    throw error;
  }
  const access = await askAccess(reader, question, live);
  const found = { ...base, live, access };
  if (request === undefined) return found;
  if (live !== null && isTerminating(live)) return { ...found, refusal: "it is being deleted" };
  if (question.notDryRun !== null) return { ...found, notDryRun: question.notDryRun };
  if (access.some(({ allowed }) => !allowed))
    return { ...found, notDryRun: "the planner may not write it, so the server's dry run waits for apply" };
  try {
    const after = await askAfterTakeOver(reader, question, { live, request });
    if (after !== undefined) return { ...found, ...after };
    const version = (live === null ? null : versionOf(live)) ?? undefined;
    return { ...found, ...promise(await reader.dryRun(request, version), object) };
  } catch (error) {
    const said = failed(error, found);
    if (said === "changed" || object === null || !question.recreate || !mayBeRecreated(said)) return said;
    return withRecreation(reader, { ...question, object }, said);
  }
}

/** What an apply makes of the object after fields have passed to us; undefined where none do. */
async function askAfterTakeOver(
  reader: KubePlanner,
  { key, kind, object, fieldManager, takeOver }: ObjectQuestion,
  { live, request }: { readonly live: JsonObject | null; readonly request: PlannedRequest },
): Promise<Partial<LiveObject> | undefined> {
  if (!takeOver || object === null || live === null) return undefined;
  const found = takeOverOf(live);
  if (found === undefined) return undefined;
  const version = versionOf(live) ?? undefined;
  const conflicts = await conflictsBeside(reader, request, { version, from: found.from });
  if (conflicts.length > 0) return { conflicts };
  const wanted = appliedAfter(live, object, found);
  const uid = uidOf(live) ?? "";
  const asked = replacementRequest(pathOf(key, kind), { uid, live, wanted, fieldManager });
  return { ...promise(await reader.dryRun(asked, version), object), takenOver: true };
}

/** Fields that still others own and want otherwise, beside the client-side appliers whose fields pass to us. */
async function conflictsBeside(
  reader: KubePlanner,
  request: PlannedRequest,
  given: { readonly version: string | undefined; readonly from: readonly string[] },
): Promise<LiveObject["conflicts"]> {
  try {
    await reader.dryRun(request, given.version);
    return [];
  } catch (error) {
    const causes = clusterErrorCause(error)?.failure?.causes ?? [];
    const owned = causes.flatMap(({ manager, field }) => (manager === undefined ? [] : [{ manager, field }]));
    // What else is wrong is said of the object as it becomes.
    if (owned.length === 0) {
      if (OpsError.is(error) && error.code === "CLUSTER_REFUSED") return [];
      throw error;
    }
    return owned
      .filter(
        ({ manager }) =>
          manager.operation !== "Update" ||
          manager.subresource !== null ||
          !given.from.includes(manager.manager),
      )
      .map(({ manager, field }) => ({ manager: manager.manager, path: field }));
  }
}

/** All that the server refuses is that fields change which cannot be changed. */
function mayBeRecreated(found: LiveObject): boolean {
  return found.live !== null && refusesOnlyImmutable(found);
}

async function withRecreation(
  reader: KubePlanner,
  question: ObjectQuestion & { readonly object: JsonObject },
  found: LiveObject,
): Promise<LiveObject | "changed"> {
  const more = await ask(reader, question, ["create", "delete"]);
  const recreation = more.every(({ allowed }) => allowed)
    ? await askRecreation(reader, question, found.live)
    : {
        merged: null,
        notDryRun: "the planner may not delete it and make it again, so the server's dry run waits for apply",
        refusal: null,
        warnings: [],
      };
  return recreation === "changed" ? "changed" : { ...found, access: [...found.access, ...more], recreation };
}

function promise(answer: WriteAnswer, object: JsonObject | null): Pick<LiveObject, "merged" | "warnings"> {
  return {
    merged: object === null ? null : answer.object,
    warnings: answer.warnings.map(({ text }) => text),
  };
}

/** What a refused dry run says about the object; what says nothing about it is thrown on. */
function failed(error: unknown, found: LiveObject): LiveObject | "changed" {
  const failure = clusterErrorCause(error)?.failure;
  if (!OpsError.is(error) || failure === null || failure === undefined) throw error;
  if (["CLUSTER_AUTH", "CLUSTER_BUSY", "CLUSTER_EXPIRED"].includes(error.code)) throw error;
  const conflicts = failure.causes.flatMap(({ manager, field }) =>
    manager === undefined ? [] : [{ manager: manager.manager, path: field }],
  );
  if (conflicts.length > 0) return { ...found, conflicts };
  if (error.code === "CLUSTER_CONFLICT") return "changed";
  const refusedFields = failure.causes.map(({ field, immutable }) => ({ path: field, immutable }));
  return {
    ...found,
    refusal: error.message,
    // Invalid is what validation says; what admission says is no reason to delete anything.
    ...(failure.status === 422 && failure.reason === "Invalid" && failure.denial === null
      ? { refusedFields }
      : {}),
  };
}

/** Server-side apply asks for `patch`, and for `create` as well where there is nothing yet (apiserver, handlers/patch.go). */
function askAccess(
  reader: KubePlanner,
  question: ObjectQuestion,
  live: JsonObject | null,
): Promise<LiveObject["access"]> {
  const { object } = question;
  return ask(
    reader,
    question,
    object === null ? ["delete"] : live === null ? ["create", "patch"] : ["patch"],
  );
}

function ask(
  reader: KubePlanner,
  { key, kind }: ObjectQuestion,
  verbs: readonly string[],
): Promise<LiveObject["access"]> {
  return Promise.all(
    verbs.map(async (verb) => {
      const { group, version, namespace, name } = pathOf(key, kind);
      const { allowed } = await reader.selfSubjectAccessReview({
        verb,
        group,
        version,
        resource: kind.resource,
        namespace,
        name,
      });
      return { verb, allowed };
    }),
  );
}
