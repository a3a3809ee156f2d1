import { jsonDigest } from "../../../kube/digest.ts";
import { identity } from "../../../kube/object-key.ts";
import { OpsError } from "../../../kube/ops-error.ts";
import type { ObjectKey } from "../../../kube/read-object.ts";
import { parsePlan } from "../../../plan/build-plan.ts";
import type { LiveObject } from "../../../plan/cluster-state.ts";
import { runOrder } from "../../../plan/change/run-order.ts";
import type { Run, RunRecord } from "../../journal/journal.ts";
import { finalRefusals } from "../../run/final-refusals.ts";
import { asClusterPlan, type ClusterPlan } from "../../run/git-plan.ts";
import { planHistory } from "../../run/plan-history.ts";
import { clusterErrorCause } from "../client/errors/cluster-error.ts";
import type { KubeConnection } from "../client/connection.ts";
import { permitPlan } from "../client/request/permits.ts";
import { type KubePlanner, type KubeWriter, openPlanner, openWriter } from "../client/writer.ts";
import { waitHealthy } from "../health/wait-healthy.ts";
import { highWaterText, loggedHighWater, refuseSetBack, storeVersion } from "../inventory/high-water.ts";
import { uidOf } from "../observe/live-facts.ts";
import { readPreimages, savePreimages } from "../preimages/preimages.ts";
import {
  type ApprovedClusterPlan,
  assertApprovedForCluster,
  charterTargetOf,
  type ClusterVerification,
  confirmApproved,
  loadApprovedClusterPlan,
} from "./approved-cluster-plan.ts";
import { halfWayError } from "./half-way.ts";
import { type LiveWrite, writesOf } from "./planned-writes.ts";
import type {
  ClusterApplyPorts,
  ClusterOutcome,
  ClusterStep,
  ClusterStepName,
  WrittenObject,
} from "./ports.ts";
import { clusterRecords, type Presence } from "./records.ts";
import { endedNonces, type RunSoFar, runSoFar, steps } from "./run-steps.ts";
import { sealedJournal, type SealedJournal } from "./sealed-journal.ts";
import { type Standing, standingOf } from "./standing.ts";
import { writeObject } from "./write-objects.ts";

/**
 * Carries an approved plan out in its cluster, once. In this order, each durable before the next: everything verified; the
 * intent in the audit log (kernel K20: no log, no effect); the pre-images kept; the approvals marked as used in the
 * cluster (K11); then one object after the other, each read, dry-run, written and compared (K2). A run that was cut off
 * anywhere is finished by the next call or refused: what stands in the cluster decides, and no permission is taken from
 * the journal (K3). Refusals and failures are logged too.
 * @throws {OpsError} with the code of what does not hold or failed; APPLY_PARTIAL when objects are written and others are
 *   not (`halfWayOf` tells which).
 */
export function applyToCluster(
  planText: string,
  planName: string,
  ports: ClusterApplyPorts,
): Promise<ClusterOutcome> {
  return ports.state.lock(async () => {
    const plan = readPlan(planText, planName, ports);
    const work = new Work(plan, ports);
    try {
      return await work.carryOut();
    } catch (error) {
      throw OpsError.is(error) ? work.failed(error) : error;
    } finally {
      work.close();
    }
  });
}

function readPlan(planText: string, planName: string, ports: ClusterApplyPorts): ClusterPlan {
  try {
    return asClusterPlan(parsePlan(planText, planName));
  } catch (error) {
    if (OpsError.is(error)) {
      const { code } = error;
      attempt(() => ports.log.append({ type: "refusal", code, trustRoot: ports.trustRoot.standing }));
    }
    throw error;
  }
}

/** One call: what it knows of the run, and the clients that it opened. */
class Work {
  readonly plan: ClusterPlan;
  readonly ports: ClusterApplyPorts;
  readonly writes: readonly LiveWrite[];
  readonly #journal: SealedJournal;
  readonly #records: ReturnType<typeof clusterRecords>;
  #reader: KubePlanner | undefined;
  #writer: KubeWriter | undefined;
  readonly #written = new Map<string, WrittenObject>();
  /** What was deleted to be made again, and is not made yet. */
  readonly #removed = new Map<string, LiveWrite>();
  /** What passed to us, and is not written yet. */
  readonly #handed = new Map<string, LiveWrite>();
  #uncertain: LiveWrite | null = null;
  /** The earlier process announced a write, and it is not known yet what became of it. */
  #unknown: boolean;
  #version: bigint = 0n;

  constructor(plan: ClusterPlan, ports: ClusterApplyPorts) {
    this.plan = plan;
    this.ports = ports;
    this.writes = runOrder(writesOf(plan));
    this.#journal = sealedJournal(ports.journal, ports.trustRoot.macKey);
    this.#records = clusterRecords(plan, ports);
    const { announced, removing, handing } = this.#soFar();
    this.#unknown = announced.size > 0 || removing.size > 0 || handing.size > 0;
  }

  close(): void {
    this.#reader?.close();
    this.#writer?.close();
  }

  async carryOut(): Promise<ClusterOutcome> {
    const { plan, ports } = this;
    const { trustRoot, target } = charterTargetOf(plan, ports.trustRoot);
    const connection = await ports.openCluster(plan.target);
    const reader = openPlanner(connection, plan.target.pin, ports.clientOptions);
    this.#reader = reader;
    this.#version = await storeVersion(reader, target.cluster.inventory);
    const { kubeSystemUid } = plan.target.pin;
    refuseSetBack(this.#version, loggedHighWater(ports.log, kubeSystemUid, trustRoot.charterDigest));
    const before = readPreimages(ports.state, plan.digest, trustRoot.macKey) ?? new Map();
    const done = this.#journal.runs(plan.digest).find(({ outcome }) => outcome === "done");
    if (done !== undefined) {
      const standing = await this.#stands(reader, runSoFar(done), before);
      if (standing !== undefined) return this.#outcome(this.#records.presence(), { alreadyDone: true });
    }
    const run = this.#soFar();
    const standing = await standingOf(reader, this.writes, run, before, trustRoot.macKey);
    for (const [id, object] of standing.written) this.#written.set(id, object);
    for (const [id, change] of standing.removed) this.#removed.set(id, change);
    for (const [id, change] of standing.handed) this.#handed.set(id, change);
    this.#unknown = false;
    if (standing.written.size === this.writes.length) return this.#complete(reader, standing);
    const approved = await loadApprovedClusterPlan(plan, this.#world(reader, before));
    await this.#step("verified");
    return this.#write(approved, connection, standing);
  }

  #world(reader: KubePlanner, preimages: ReadonlyMap<string, LiveObject>): ClusterVerification {
    const { plan, ports } = this;
    return {
      reader,
      state: ports.state,
      log: ports.log,
      trustRoot: ports.trustRoot,
      verifier: ports.verifier,
      clock: ports.clock,
      toolVersion: ports.toolVersion,
      minor: ports.minor,
      // A journal can be set back or lost: what the log says was carried out used its approvals as well.
      endedNonces: new Set([
        ...endedNonces(this.#journal.runs(plan.digest)),
        ...planHistory(ports.log, plan.digest).usedNonces,
      ]),
      ownMarkers: this.#soFar().consumed,
      written: this.#written,
      removed: this.#removed,
      handed: this.#handed,
      preimages,
    };
  }

  async #write(
    approved: ApprovedClusterPlan,
    connection: KubeConnection,
    standing: Standing,
  ): Promise<ClusterOutcome> {
    const { plan, ports } = this;
    assertApprovedForCluster(approved);
    const run = this.#begin();
    this.#recordFound(run, standing);
    this.#records.intent(approved.approvals, this.#highWater());
    await this.#step("intent-logged");
    // On a resume what stood before is known from the pre-images, not from a look at the cluster.
    const fresh = this.#written.size === 0 && this.#removed.size === 0 && this.#handed.size === 0;
    if (fresh) {
      const kept = this.writes.flatMap(({ key }) => approved.before.get(identity(key)) ?? []);
      savePreimages(ports.state, plan.digest, ports.trustRoot.macKey, kept);
      run.record(steps.saved, {});
    }
    await this.#step("preimages-saved");
    const remaining = this.writes.filter(({ key }) => !this.#written.has(identity(key)));
    const { changes, removals, handOvers, markers } = approved.requests;
    const removed = new Map(this.#removed);
    const handed = new Map(this.#handed);
    const permits = permitPlan([
      ...markers.values(),
      ...remaining.flatMap(({ key }) => {
        const id = identity(key);
        return [
          removed.has(id) ? undefined : removals.get(id),
          handed.has(id) ? undefined : handOvers.get(id),
          changes.get(id),
        ].filter((request) => request !== undefined);
      }),
    ]);
    const writer = openWriter(connection, plan.target.pin, permits, ports.clientOptions);
    this.#writer = writer;
    await this.#useApprovals(approved, writer, run);
    await this.#step("approvals-used");
    // Between the first look and the first write the world had time to change.
    await confirmApproved(approved, this.#world(writer, approved.before));
    for (const change of remaining) {
      const written = await writeObject(change, {
        writer,
        run,
        macKey: ports.trustRoot.macKey,
        before: approved.before,
        fresh,
        requests: approved.requests,
        removed,
        handed,
        onHanded: (of) => this.#handed.set(identity(of.key), of),
        removalTimeoutMs: ports.removalTimeoutMs ?? 300_000,
        onStep: (step, of, waitsFor) => this.#step(step, of, waitsFor),
        onRemoved: (of) => this.#removed.set(identity(of.key), of),
        onVersion: (version) => this.#seen(version),
        onWritten: (object) => this.#done(object),
        onUncertain: (of) => (this.#uncertain = of),
        wait: ports.clientOptions?.wait ?? pause,
      });
      this.#done(written);
      await this.#step("written", change);
    }
    const presence = approved.approvals.map(({ signed, presence: proof }) => ({
      approver: signed.statement.approver,
      presence: proof,
    }));
    return this.#finish(run, writer, presence, true);
  }

  /** Kernel K11: each approval is marked in the cluster, before the first effect; a marker that is there already refuses. */
  async #useApprovals(approved: ApprovedClusterPlan, writer: KubeWriter, run: Run): Promise<void> {
    const own = this.#soFar().consumed;
    for (const { signed } of approved.approvals) {
      const { nonce } = signed.statement;
      if (own.has(nonce)) continue;
      const used = (): OpsError =>
        new OpsError("APPROVAL_USED", `the approval ${nonce} was used by another run already`, {
          hint: "an approval is for one use: approve again",
        });
      if (!this.#journal.consumeNonce(nonce, run)) throw used();
      const request = approved.requests.markers.get(nonce);
      if (request === undefined) throw new TypeError("every approval has its marker");
      run.record(steps.consuming, { nonce });
      try {
        const { object } = await writer.write(request);
        run.record(steps.consumed, { nonce, uid: uidOf(object) ?? "" });
      } catch (error) {
        if (clusterErrorCause(error)?.failure?.reason === "AlreadyExists") throw used();
        throw error;
      }
    }
  }

  /** Everything is written by an earlier process: only the records are made whole. */
  async #complete(reader: KubePlanner, standing: Standing): Promise<ClusterOutcome> {
    const run = this.#begin();
    this.#recordFound(run, standing);
    return this.#finish(run, reader, this.#records.presence(), false);
  }

  async #finish(
    run: Run,
    reader: KubePlanner,
    presence: readonly Presence[],
    intent: boolean,
  ): Promise<ClusterOutcome> {
    const { wait } = this.ports;
    const health =
      wait === undefined
        ? null
        : await waitHealthy(
            reader,
            this.writes.filter(({ operation }) => operation !== "delete").map(({ key }) => key),
            wait,
          );
    if (health?.healthy === true) await this.#step("healthy");
    this.#records.outcome(presence, this.#highWater(), intent);
    await this.#step("outcome-logged");
    run.finish("done", {});
    await this.#step("done");
    return { ...this.#outcome(presence, { resumed: run.resumed }), health };
  }

  #recordFound(run: Run, standing: Standing): void {
    const { announced } = this.#soFar();
    for (const [object, uid] of standing.unrecorded)
      run.record(steps.wrote, { object, uid, answer: announced.get(object) ?? "" });
  }

  #begin(): Run {
    return this.#journal.begin(this.plan.digest, jsonDigest(this.plan.target));
  }

  #soFar(): RunSoFar {
    return runSoFar(openRun(this.#journal, this.plan));
  }

  /** Whether everything that a finished run wrote is still the same objects. */
  async #stands(
    reader: KubePlanner,
    run: RunSoFar,
    before: ReadonlyMap<string, LiveObject>,
  ): Promise<Standing | undefined> {
    try {
      const standing = await standingOf(reader, this.writes, run, before, this.ports.trustRoot.macKey);
      if (standing.written.size !== this.writes.length) return undefined;
      for (const [id, object] of standing.written) this.#written.set(id, object);
      return standing;
    } catch (error) {
      if (OpsError.is(error) && error.code === "TARGET_DRIFT") return undefined;
      throw error;
    }
  }

  #certain(of: ReadonlyMap<string, LiveWrite>): readonly ObjectKey[] {
    return [...of.values()].map(({ key }) => key).filter((key) => key !== this.#uncertain?.key);
  }

  #done(object: WrittenObject): void {
    this.#written.set(identity(object.key), object);
    this.#removed.delete(identity(object.key));
    this.#handed.delete(identity(object.key));
  }

  #seen(version: string): void {
    if (/^\d{1,20}$/.test(version) && BigInt(version) > this.#version) this.#version = BigInt(version);
  }

  #highWater(): string {
    return highWaterText(this.plan.target.pin.kubeSystemUid, this.#version);
  }

  async #step(step: ClusterStepName, change?: LiveWrite, waitsFor?: readonly string[]): Promise<void> {
    const told: ClusterStep = {
      step,
      ...(change === undefined ? {} : { key: change.key, operation: change.operation }),
      done: this.#written.size,
      of: this.writes.length,
      ...(waitsFor === undefined ? {} : { waitsFor }),
    };
    await this.ports.onStep?.(told);
  }

  #outcome(presence: readonly Presence[], flags: Partial<ClusterOutcome>): ClusterOutcome {
    return {
      plan: this.plan.digest,
      cluster: this.plan.target.name,
      written: this.writes.flatMap(({ key }) => this.#written.get(identity(key)) ?? []),
      resumed: false,
      alreadyDone: false,
      presence,
      health: null,
      ...flags,
    };
  }

  /** Records why the run stopped, and gives the error that says where it stands. */
  failed(error: OpsError): OpsError {
    const begun = this.#written.size + this.#removed.size + this.#handed.size > 0;
    const half = begun || this.#uncertain !== null;
    const known = !this.#unknown && this.#uncertain === null;
    this.#records.refusal(error.code, known, this.#version > 0n ? this.#highWater() : undefined);
    const over = error.code === "RESULT_DIFFERS" && half;
    if (over || (known && !half && finalRefusals.has(error.code))) {
      attempt(() => {
        if (openRun(this.#journal, this.plan) !== undefined)
          this.#begin().finish(over ? "failed" : "refused", { code: error.code });
      });
    }
    if (!half) return error;
    const missing = this.writes.filter(
      ({ key }) =>
        !this.#written.has(identity(key)) &&
        !this.#removed.has(identity(key)) &&
        !this.#handed.has(identity(key)) &&
        key !== this.#uncertain?.key,
    );
    return halfWayError(
      error,
      {
        written: [...this.#written.values()].map(({ key }) => key),
        missing: missing.map(({ key }) => key),
        handed: this.#certain(this.#handed),
        removed: this.#certain(this.#removed),
        uncertain: this.#uncertain?.key ?? null,
        resumable: !over,
      },
      this.plan.digest.slice("sha256:".length, "sha256:".length + 12),
    );
  }
}

function openRun(journal: SealedJournal, plan: ClusterPlan): RunRecord | undefined {
  return journal.runs(plan.digest).find(({ outcome }) => outcome === null);
}

/** Does what records a refusal. That it cannot be recorded must not hide the refusal itself: it is what there is to say. */
function attempt(act: () => unknown): void {
  try {
    act();
  } catch (failure) {
    if (!OpsError.is(failure)) throw failure;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
