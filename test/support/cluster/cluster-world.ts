import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateKey, signMessage } from "../../../src/apply/approval/sign.ts";
import { sshSignatureVerifier } from "../../../src/apply/approval/verify-signature.ts";
import { applyToCluster } from "../../../src/apply/cluster/run/apply-to-cluster.ts";
import type { ClusterApplyPorts, ClusterOutcome } from "../../../src/apply/cluster/run/ports.ts";
import { observeCluster } from "../../../src/apply/cluster/observe/observe-cluster.ts";
import { readPreimages } from "../../../src/apply/cluster/preimages/preimages.ts";
import { type Journal, openJournal } from "../../../src/apply/journal/journal.ts";
import { asClusterPlan, type ClusterPlan } from "../../../src/apply/run/git-plan.ts";
import { openState } from "../../../src/apply/state/state-folder.ts";
import { initTrustRoot, loadTrustRoot, signCharter } from "../../../src/apply/trust-root/trust-root.ts";
import type { AuditEvent } from "../../../src/audit/event.ts";
import { type AuditLog, openLog } from "../../../src/audit/log-store.ts";
import { author } from "../../../src/authoring/specialists/author.ts";
import type { Authored, Intent } from "../../../src/authoring/intent/intent.ts";
import { canonicalJson } from "../../../src/kube/canonical-json.ts";
import { jsonDigest } from "../../../src/kube/digest.ts";
import type { JsonObject } from "../../../src/kube/json.ts";
import { objectKey } from "../../../src/kube/object-key.ts";
import type { ObjectKey } from "../../../src/kube/read-object.ts";
import { APPROVAL_NAMESPACE } from "../../../src/plan/approval-statement.ts";
import { makeStatement, statementBytes } from "../../../src/plan/approval/judge-approvals.ts";
import { buildPlan, planText } from "../../../src/plan/build-plan.ts";
import type { CharterSpec } from "../../../src/plan/charter.ts";
import { objectsToApply } from "../../../src/plan/cluster/cluster-side.ts";
import { wideningIds } from "../../../src/plan/facts/widening-ids.ts";
import { charterClusterTarget } from "../../../src/plan/target.ts";
import { undoClusterRequest } from "../../../src/plan/undo.ts";
import type { ControlPlane } from "../control-plane.ts";
import { temporaryFolder } from "../git-repository.ts";
import { connectionOf, pinOfPlane, plannerOf } from "./connect.ts";

export const VERSION = "0.0.0-test";
export const INVENTORY = "kubeops";
export const TARGET = "dev";

/** A trust root with two approvers and a state folder for one control plane: all real. */
export interface ClusterWorld {
  readonly path: string;
  readonly statePath: string;
  readonly trustRootPath: string;
  plan(options: PlanOptions): Promise<ClusterPlan>;
  /** Plans the way back. */
  undo(plan: ClusterPlan): Promise<ClusterPlan>;
  approve(plan: ClusterPlan, options?: ApproveOptions): Promise<string>;
  apply(plan: ClusterPlan, options?: ApplyOptions): Promise<ClusterOutcome>;
  ports(options?: ApplyOptions): ClusterApplyPorts & { readonly log: AuditLog; readonly journal: Journal };
  events(): readonly AuditEvent[];
  charter(change: (spec: CharterSpec) => CharterSpec): Promise<void>;
  remove(): void;
}

export interface PlanOptions {
  readonly objects?: readonly JsonObject[];
  readonly deletions?: readonly ObjectKey[];
  readonly intent?: Intent;
  readonly user?: string;
  readonly recreate?: boolean;
  readonly takeOver?: boolean;
}

export interface ApproveOptions {
  readonly approver?: "alice" | "bob";
  readonly validitySeconds?: number;
  readonly now?: number;
}

export interface ApplyOptions extends Partial<ClusterApplyPorts> {
  readonly user?: string;
  readonly statePath?: string;
}

export async function clusterWorld(
  plane: ControlPlane,
  change: (spec: CharterSpec) => CharterSpec = (same) => same,
): Promise<ClusterWorld> {
  const folder = temporaryFolder();
  const statePath = join(folder.path, "state");
  const trustRootPath = join(folder.path, "trust");
  const keys = new Map<string, { readonly file: string; readonly line: string }>();
  for (const name of ["owner", "alice", "bob"]) {
    const { privateKey, publicKey } = generateKey();
    const file = join(folder.path, `${name}.key`);
    writeFileSync(file, privateKey, { mode: 0o600 });
    keys.set(name, { file, line: publicKey });
  }
  const keyOf = (name: string): { readonly file: string; readonly line: string } => {
    const key = keys.get(name);
    if (key === undefined) throw new Error(`no key of ${name}`);
    return key;
  };
  const pin = await pinOfPlane(plane);
  let serial = 1;
  let spec = change({
    targets: [
      {
        name: TARGET,
        cluster: {
          url: pin.url,
          caKeySha256: pin.caKeySha256,
          kubeSystemUid: pin.kubeSystemUid,
          inventory: INVENTORY,
        },
      },
    ],
    namespaces: ["shop", "other", "fresh", "store"],
    kinds: allKinds,
    images: { allowed: ["*"] },
    widening: wideningIds.map((id) => ({ id, decision: "approval" })),
    findings: { deny: "error" },
    deletions: ["a", "b", "c", "late", "new"].map((name) => ({
      group: "",
      kind: "ConfigMap",
      namespace: "shop",
      name,
    })),
    approvals: {
      required: 1,
      approvers: ["alice", "bob"].map((principal) => ({ principal, key: keyOf(principal).line })),
      maxValiditySeconds: 86_400,
      softwareKeysFor: [TARGET],
    },
  });
  const charterText = (): string =>
    JSON.stringify({
      apiVersion: "kubernetes-operations.dev/v1",
      kind: "Charter",
      metadata: { name: "test", serial },
      spec,
    });
  // Worlds share a cluster, and with it the markers of used approvals.
  const hex = (bytes: number): string => randomBytes(bytes).toString("hex");
  mkdirSync(statePath, { mode: 0o700 });
  initTrustRoot(trustRootPath, { charterText: charterText(), ownerKey: keyOf("owner").line, ids: { hex } });
  await signCharter(trustRootPath, keyOf("owner").file, {});
  const load = () => loadTrustRoot({ path: trustRootPath, named: true });
  const opened: { close(): void }[] = [];

  const ports = (given: ApplyOptions = {}): ReturnType<ClusterWorld["ports"]> => {
    const { user, statePath: otherState, ...rest } = given;
    const state = openState(otherState ?? statePath);
    const clock = given.clock ?? { now: () => Date.now() };
    const log = openLog(state.logFolder, { clock, actor: "tester", tool: VERSION });
    const journal = openJournal(state.journalFile, clock);
    opened.push({
      close: () => {
        journal.close();
        log.close();
      },
    });
    return {
      state,
      journal,
      log,
      trustRoot: load(),
      verifier: sshSignatureVerifier,
      clock,
      openCluster: () => connectionOf(plane, user),
      toolVersion: VERSION,
      minor: 37,
      ...rest,
    };
  };

  const build = async (
    request: {
      readonly request: Parameters<typeof buildPlan>[0]["request"];
      readonly intent: Intent;
      readonly objects: readonly JsonObject[];
      readonly deletions: readonly ObjectKey[];
      readonly authored: Pick<Authored, "relaxations" | "prerequisites" | "notes">;
    },
    user: string | undefined,
  ): Promise<ClusterPlan> => {
    const trustRoot = load();
    const reader = await plannerOf(plane, user);
    try {
      const cluster = await observeCluster({
        reader,
        name: TARGET,
        pin,
        objects: objectsToApply(request.objects, {
          row: charterClusterTarget(trustRoot.charter, TARGET),
          undoes: request.request.undoes !== undefined,
        }),
        deletions: request.deletions,
        recreate: request.request.recreate === true,
        takeOver: request.request.takeOver === true,
      });
      const plan = asClusterPlan(
        buildPlan({
          ...request,
          cluster,
          charter: trustRoot.charter,
          charterOwner: trustRoot.owner.fingerprint,
          macKey: trustRoot.macKey,
          toolVersion: VERSION,
          minor: cluster.minor,
        }),
      );
      openState(statePath).savePlan(plan.digest, planText(plan));
      return plan;
    } finally {
      reader.close();
    }
  };

  const world: ClusterWorld = {
    path: folder.path,
    statePath,
    trustRootPath,
    ports,
    plan: ({ objects = [], deletions = [], intent, user, recreate = false, takeOver = false }) => {
      if (intent !== undefined && intent.source !== "objects") {
        const authored = author(intent);
        const request = { text: "plan -f compose.yaml", inputs: [] };
        return build({ request, intent, objects: authored.objects, deletions, authored }, user);
      }
      return build(
        {
          request: {
            text: "plan -f objects.yaml",
            inputs: [{ path: "objects.yaml", sha256: "0".repeat(64) }],
            ...(recreate ? { recreate: true } : {}),
            ...(takeOver ? { takeOver: true } : {}),
          },
          intent: {
            apiVersion: "kubernetes-operations.dev/v1",
            kind: "Intent",
            source: "objects",
            namespace: "shop",
            report: [],
            objects: objects.map((object) => ({ key: objectKey(object), digest: jsonDigest(object) })),
          },
          objects,
          deletions,
          authored: { relaxations: [], prerequisites: [], notes: [] },
        },
        user,
      );
    },
    undo: (plan) => {
      const kept = readPreimages(openState(statePath), plan.digest, load().macKey) ?? new Map();
      return build(
        undoClusterRequest(plan, new Map([...kept].map(([id, object]) => [id, object.live]))),
        undefined,
      );
    },
    approve: async (plan, given = {}) => {
      const { approver = "alice", validitySeconds = 3600, now = Date.now() } = given;
      const nonce = hex(16);
      const { log, state } = ports();
      const statement = makeStatement({
        plan,
        approver,
        nonce,
        now,
        validitySeconds,
        checkpoint: log.checkpoint(),
      });
      const signature = await signMessage({
        keyFile: keyOf(approver).file,
        namespace: APPROVAL_NAMESPACE,
        message: statementBytes(statement),
        environment: {},
      });
      state.saveApproval(plan.digest, nonce, `${canonicalJson({ statement, signature })}\n`);
      return nonce;
    },
    apply: (plan, options) => {
      const { text, name } = storedPlan(world, plan);
      return applyToCluster(text, name, ports(options));
    },
    events: () => {
      const log = openLog(join(statePath, "log"), {
        clock: { now: () => Date.now() },
        actor: "tester",
        tool: VERSION,
      });
      try {
        return [...log.entries()].map(({ event }) => event);
      } finally {
        log.close();
      }
    },
    charter: async (next) => {
      spec = next(spec);
      serial++;
      writeFileSync(join(trustRootPath, "charter.yaml"), charterText());
      await signCharter(trustRootPath, keyOf("owner").file, {});
    },
    remove: () => {
      for (const each of opened.splice(0)) each.close();
      folder.remove();
    },
  };
  return world;
}

/** The canonical text of a plan as it is stored. */
export function storedPlan(
  world: ClusterWorld,
  plan: ClusterPlan,
): { readonly text: string; readonly name: string } {
  const name = join(world.statePath, "plans", `${plan.digest.slice("sha256:".length)}.json`);
  return { text: readFileSync(name, "utf8"), name };
}

const every = ["create", "update", "delete"] as const;
const allKinds: CharterSpec["kinds"] = [
  {
    group: "",
    kinds: [
      "Namespace",
      "ServiceAccount",
      "Service",
      "ConfigMap",
      "PersistentVolumeClaim",
      "Secret",
      "LimitRange",
      "ResourceQuota",
      "Pod",
    ],
    operations: every,
  },
  { group: "apps", kinds: ["Deployment", "StatefulSet", "DaemonSet"], operations: every },
  { group: "batch", kinds: ["Job", "CronJob"], operations: every },
  { group: "networking.k8s.io", kinds: ["NetworkPolicy", "Ingress"], operations: every },
  { group: "policy", kinds: ["PodDisruptionBudget"], operations: every },
  { group: "autoscaling", kinds: ["HorizontalPodAutoscaler"], operations: every },
  { group: "rbac.authorization.k8s.io", kinds: ["Role", "RoleBinding"], operations: every },
  { group: "apiextensions.k8s.io", kinds: ["CustomResourceDefinition"], operations: every },
  { group: "example.org", kinds: ["Widget"], operations: every },
];
