import { type JsonObject, valueAt } from "../../../kube/json.ts";
import { identity, keyText, objectKey } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import { printable } from "../../../kube/printable.ts";
import type { LiveObject } from "../../../plan/cluster-state.ts";
import type { Run } from "../../journal/journal.ts";
import { clusterErrorCause } from "../client/errors/cluster-error.ts";
import type { PlannedRequest } from "../client/request/planned-request.ts";
import type { KubeWriter } from "../client/writer.ts";
import { takeOverMac, takeOverOf } from "../../../plan/cluster/take-over.ts";
import { handOverRequest, pathOf } from "../observe/change-request.ts";
import { finalizersOf, uidOf, versionOf } from "../observe/live-facts.ts";
import { refuseMoved, refuseSuccessor } from "./drift.ts";
import type { LiveWrite, PlannedWrites } from "./planned-writes.ts";
import type { WrittenObject } from "./ports.ts";
import { resultMac } from "../../../plan/change/object-mac.ts";
import type { Known } from "../../../plan/change/mask.ts";
import { differingFields } from "./live-state.ts";
import { steps } from "./run-steps.ts";
import { untilGone } from "./until-gone.ts";
import { maskResult } from "../../../plan/change/mask.ts";

export interface WriteContext {
  readonly writer: KubeWriter;
  readonly run: Run;
  readonly macKey: Uint8Array;
  /** The objects as they stood before the plan. */
  readonly before: ReadonlyMap<string, LiveObject>;
  /** This very run has read all of `before` from the cluster a moment ago. */
  readonly fresh: boolean;
  readonly requests: Pick<PlannedWrites, "changes" | "removals" | "handOvers">;
  /** What passed to us in an earlier process. */
  readonly handed: ReadonlyMap<string, LiveWrite>;
  readonly onHanded: (change: LiveWrite) => void;
  /** What the run deleted in an earlier process to make it again. */
  readonly removed: ReadonlyMap<string, LiveWrite>;
  readonly removalTimeoutMs: number;
  readonly onStep: (
    step: "handing" | "handed" | "removing" | "removed" | "gone" | "writing" | "answered",
    change: LiveWrite,
    waitsFor?: readonly string[],
  ) => Promise<void>;
  /** Called as soon as an object that is made again is on its way out. */
  readonly onRemoved: (change: LiveWrite) => void;
  /** Called with every version of the store that an answer names. */
  readonly onVersion: (resourceVersion: string) => void;
  /** Called as soon as an object is written, also when it is not what was promised. */
  readonly onWritten: (object: WrittenObject) => void;
  /** Called when it is not known whether the write took effect. */
  readonly onUncertain: (change: LiveWrite) => void;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/**
 * Carries one change out: the object must stand as the plan saw it; the server's dry run must promise what it promised; the
 * write carries the UID and the version that the dry run was for; its answer must be what was promised (kernel K2).
 * Announced in the journal before, recorded after.
 * @throws {OpsError} TARGET_DRIFT, RESULT_DIFFERS, CLUSTER_…
 */
export async function writeObject(change: LiveWrite, context: WriteContext): Promise<WrittenObject> {
  const id = identity(change.key);
  const request = context.requests.changes.get(id);
  if (request === undefined) throw new TypeError("every change has its request");
  const planned = { change, id, request };
  if (change.operation === "recreate") return recreate(planned, context);
  if (change.live.takesOver !== undefined) {
    if (!context.handed.has(id)) await takeOver(planned, context);
    return put(await promise({ ...planned, touched: true }, context), context);
  }
  if (change.operation === "delete") return remove(await standing(planned, context), context);
  return put(await promise(planned, context), context);
}

/**
 * Lets fields of client-side appliers pass to us: who owns what changes, and nothing else. Only then the server's dry run
 * shows what our apply takes away, which must be what the plan promises.
 */
async function takeOver(planned: Planned, context: WriteContext): Promise<void> {
  const { change, id } = planned;
  const { key, live: bound } = change;
  const request = context.requests.handOvers.get(id);
  const { live, version } = await standing(planned, context);
  const found = live === null ? undefined : takeOverOf(live);
  if (request === undefined || live === null || version === undefined)
    throw new TypeError("what passes to us stands there and has its request");
  if (found === undefined || takeOverMac(found, context.macKey) !== bound.takesOver?.mac)
    throw new OpsError(
      "TARGET_DRIFT",
      `other fields of ${printable(keyText(key))} are owned by client-side appliers than when the plan was made`,
      { hint: "make a new plan" },
    );
  const fresh = handOverRequest(key, bound, live, bound.uid ?? "");
  context.run.record(steps.handing, { object: id });
  await context.onStep("handing", change);
  try {
    const { object } = await context.writer.handOver(request, fresh, version);
    context.onVersion(versionOf(object) ?? "");
  } catch (error) {
    if (clusterErrorCause(error)?.effect !== "no") context.onUncertain(change);
    throw error;
  }
  context.onHanded(change);
  context.run.record(steps.handed, { object: id });
  await context.onStep("handed", change);
}

/**
 * Deletes the object as it stood when the plan was made, waits until it is gone, and makes the new one: with the dry run
 * right before, and with the promise that the plan could make. What somebody made in its place meanwhile stays.
 */
async function recreate(planned: Planned, context: WriteContext): Promise<WrittenObject> {
  const { change, id } = planned;
  if (!context.removed.has(id)) {
    const request = context.requests.removals.get(id);
    if (request === undefined) throw new TypeError("what is made again has its deletion");
    const asked = await standing({ ...planned, request }, context);
    context.run.record(steps.removing, { object: id, uid: change.live.uid ?? "" });
    await context.onStep("removing", change);
    await send(asked, context);
    context.onRemoved(change);
    context.run.record(steps.removed, { object: id, uid: change.live.uid ?? "" });
  }
  await untilGone(change, {
    reader: context.writer,
    timeoutMs: context.removalTimeoutMs,
    wait: context.wait,
    onWaiting: (waitsFor) => context.onStep("removed", change, waitsFor),
  });
  await context.onStep("gone", change);
  return put(await promise({ ...planned, gone: true }, context), context);
}

interface Planned {
  readonly change: LiveWrite;
  readonly id: string;
  readonly request: PlannedRequest;
  /** The object that stood there is deleted by this run: nothing may stand there now. */
  readonly gone?: true;
  /** This run has just written it: what was read before is not its version any more. */
  readonly touched?: true;
}

interface Sending extends Planned {
  /** The object as it was read a moment ago, and its version. */
  readonly live: JsonObject | null;
  readonly version: string | undefined;
}

interface Promised extends Sending {
  readonly merged: JsonObject;
  /** MAC of the result that the server promises. */
  readonly mac: string;
}

/** @throws {OpsError} TARGET_DRIFT where the object is not as it stood. */
async function standing(planned: Planned, { writer, before }: WriteContext): Promise<Sending> {
  const { change, id, gone } = planned;
  const live = (await writer.get(pathOf(change.key, change.live))) ?? null;
  if (gone === true) refuseSuccessor(change, live);
  else refuseMoved(change, before.get(id)?.live ?? null, live);
  return sending(planned, live);
}

function sending(planned: Planned, live: JsonObject | null): Sending {
  return { ...planned, live, version: (live && versionOf(live)) ?? undefined };
}

async function put(promised: Promised, context: WriteContext): Promise<WrittenObject> {
  const { change, id, live, merged } = promised;
  const { key, operation, object } = change;
  const known = { live, desired: object };
  context.run.record(steps.writing, { object: id, operation, expected: promised.mac });
  await context.onStep("writing", change);
  const answer = await send(promised, context);
  await context.onStep("answered", change);
  const version = versionOf(answer) ?? "";
  context.onVersion(version);
  const answered = resultMac(context.macKey, answer, known);
  context.run.record(steps.wrote, { object: id, uid: uidOf(answer) ?? "", version, answer: answered });
  const written: WrittenObject = { key, operation, waitsFor: [] };
  context.onWritten(written);
  if (answered !== promised.mac)
    throw new OpsError(
      "RESULT_DIFFERS",
      `the server made something else of ${printable(keyText(key))} than its dry run promised a moment before${differing(merged, answer, known)}: it was written so`,
      {
        hint: "something in the cluster tells dry runs from writes, which no plan can cover: look at its admission policies and webhooks, and at the object",
      },
    );
  if (isDefinition(change)) await untilServed(change, context);
  return written;
}

/** The dry run right before the write: it must give what the plan promises, where the plan could promise something. */
async function promise(planned: Planned, context: WriteContext): Promise<Promised> {
  const { change, id } = planned;
  const { macKey, before } = context;
  const asked = await dryRun(planned, context);
  const known = { live: asked.live, desired: change.object };
  const mac = resultMac(macKey, asked.merged, known);
  const { mergedMac } = change.live;
  if (mergedMac === null || mac === mergedMac) return { ...asked, mac };
  const found = before.get(id);
  const promised = change.operation === "recreate" ? found?.recreation?.merged : found?.merged;
  throw new OpsError(
    "RESULT_DIFFERS",
    `the server would make something else of ${printable(keyText(change.key))} than it promised when the plan was made${differing(promised ?? null, asked.merged, known)}; nothing of it was written`,
    { hint: "an admission rule or a default was changed: make a new plan" },
  );
}

/**
 * What was read a moment ago is not read again: the dry run carries its UID and its version (where there was nothing, a
 * version that nothing has), so the server itself refuses where the object is another by now. Only then it is looked at,
 * and what only controllers wrote meanwhile is no drift.
 */
async function dryRun(planned: Planned, context: WriteContext): Promise<Omit<Promised, "mac">> {
  const ask = async (asked: Sending): Promise<Omit<Promised, "mac">> => {
    const { object } = await context.writer.dryRun(asked.request, asked.version);
    return { ...asked, merged: object };
  };
  if (planned.touched === true || (!context.fresh && planned.gone !== true))
    return ask(await standing(planned, context));
  const before = planned.gone === true ? null : (context.before.get(planned.id)?.live ?? null);
  try {
    return await ask(sending(planned, before));
  } catch (error) {
    const status = clusterErrorCause(error)?.failure?.status;
    if (status !== 404 && status !== 409 && status !== 422) throw error;
    return ask(await standing(planned, context));
  }
}

async function remove(asked: Sending, context: WriteContext): Promise<WrittenObject> {
  const { change, id } = asked;
  const { key, operation } = change;
  context.run.record(steps.writing, { object: id, operation, expected: "" });
  await context.onStep("writing", change);
  await send(asked, context);
  await context.onStep("answered", change);
  context.run.record(steps.wrote, { object: id, uid: change.live.uid ?? "", answer: "" });
  context.onWritten({ key, operation, waitsFor: [] });
  const left = await context.writer.get(pathOf(key, change.live));
  const waits = left !== undefined && uidOf(left) === change.live.uid;
  return { key, operation, waitsFor: waits ? finalizersOf(left) : [] };
}

async function send(
  { change, request, version }: Sending,
  { writer, onUncertain }: WriteContext,
): Promise<JsonObject> {
  try {
    return (await writer.write(request, version)).object;
  } catch (error) {
    if (clusterErrorCause(error)?.effect !== "no") onUncertain(change);
    throw error;
  }
}

function differing(was: JsonObject | null, is: JsonObject, known: Known): string {
  if (was === null) return "";
  return ` (${differingFields(maskResult(was, known), maskResult(is, known))})`;
}

function isDefinition({ key }: LiveWrite): boolean {
  return key.group === "apiextensions.k8s.io" && key.kind === "CustomResourceDefinition";
}

/** A kind is served a moment after its definition was written (41 ms, measured); what is of that kind waits. */
async function untilServed(change: LiveWrite, { writer, wait }: WriteContext): Promise<void> {
  const { object } = change;
  const group = valueAt(object ?? undefined, ["spec", "group"]);
  const kind = valueAt(object ?? undefined, ["spec", "names", "kind"]);
  const versions = valueAt(object ?? undefined, ["spec", "versions"]);
  const names = (Array.isArray(versions) ? versions : []).flatMap((version) => {
    const name = valueAt(version, ["name"]);
    return valueAt(version, ["served"]) === true && typeof name === "string" ? [name] : [];
  });
  if (typeof group !== "string" || typeof kind !== "string") return;
  for (let attempt = 0; ; attempt++) {
    writer.discovery.refresh();
    const served = await Promise.all(
      names.map((version) => writer.discovery.resourceFor({ group, version, kind })),
    );
    if (served.every((resource) => resource !== undefined)) return;
    if (attempt === 150)
      throw new OpsError(
        "TARGET_REFUSED",
        `${printable(keyText(objectKey(object ?? {})))} was written, and the API server does not serve its kind after 30 s`,
        { hint: "look at its conditions: kubectl describe crd" },
      );
    await wait(200);
  }
}
