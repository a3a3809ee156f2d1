import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sshSignatureVerifier } from "../../src/apply/approval/verify-signature.ts";
import { generateKey, signMessage } from "../../src/apply/approval/sign.ts";
import { type GitTargetPort, openGitTarget } from "../../src/apply/git/git-target.ts";
import { type Journal, openJournal } from "../../src/apply/journal/journal.ts";
import { type ApplyPorts, type ApplyStep } from "../../src/apply/run/apply-plan.ts";
import { asGitPlan, type GitPlan } from "../../src/apply/run/git-plan.ts";
import { openState } from "../../src/apply/state/state-folder.ts";
import { initTrustRoot, loadTrustRoot, signCharter } from "../../src/apply/trust-root/trust-root.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { type AuditLog, openLog } from "../../src/audit/log-store.ts";
import { canonicalJson } from "../../src/kube/canonical-json.ts";
import { jsonDigest } from "../../src/kube/digest.ts";
import type { JsonObject } from "../../src/kube/json.ts";
import { objectKey } from "../../src/kube/object-key.ts";
import {
  APPROVAL_NAMESPACE,
  type ApprovalStatement,
  type SignedApproval,
} from "../../src/plan/approval-statement.ts";
import { makeStatement, statementBytes } from "../../src/plan/approval/judge-approvals.ts";
import { buildPlan, planText } from "../../src/plan/build-plan.ts";
import type { CharterSpec } from "../../src/plan/charter.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { commitFiles, git, temporaryFolder } from "./git-repository.ts";

/** 2026-03-01T12:00:00Z: when everything in these worlds happens, unless a test says otherwise. */
export const NOON: number = Date.UTC(2026, 2, 1, 12);
export const FOLDER = "apps/shop";
export const VERSION: string = "0.0.0-test";
export const MINOR: number = 34;

/** A repository, a trust root with two approvers, and a state folder: all real, in one folder. */
export interface ApplyWorld {
  readonly path: string;
  readonly repository: string;
  readonly statePath: string;
  readonly trustRootPath: string;
  /** Changes the charter and signs it with the next serial. */
  charter(change?: (spec: CharterSpec) => CharterSpec): Promise<void>;
  /** A plan of these objects, as its canonical text, stored where `apply` looks. */
  plan(options?: PlanOptions): Promise<GitPlan>;
  /** Signs the plan as one of the approvers and stores the approval. */
  approve(plan: Plan, options?: ApproveOptions): Promise<SignedApproval>;
  /** What `applyPlan` needs. Closed with the world. */
  ports(options?: PortOptions): ApplyPorts & { readonly log: AuditLog; readonly journal: Journal };
  events(statePath?: string): readonly AuditEvent[];
  remove(): void;
}
export interface PlanOptions {
  readonly objects?: readonly JsonObject[];
  readonly mode?: "branch" | "onto";
  readonly branch?: string;
}
export interface ApproveOptions {
  readonly approver?: "alice" | "bob";
  readonly nonce?: string;
  readonly now?: number;
  readonly validitySeconds?: number;
  readonly change?: (statement: ApprovalStatement) => ApprovalStatement;
}
export interface PortOptions {
  readonly statePath?: string;
  readonly now?: () => number;
  readonly onStep?: (step: ApplyStep) => void;
  readonly signCommitWith?: string;
  readonly target?: (port: GitTargetPort) => GitTargetPort;
}

export const NONCE: string = "1".repeat(32);

export function configMap(name: string, value = "1"): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data: { key: value } };
}

export interface WorldOptions {
  readonly files?: Readonly<Record<string, string>>;
  /** Folder that is bound as a whole. */
  readonly root?: string;
  readonly required?: number;
  /** A bare repository instead of one with a working tree. */
  readonly bare?: boolean;
}

export async function applyWorld(options: WorldOptions = {}): Promise<ApplyWorld> {
  const folder = temporaryFolder();
  const repository = join(folder.path, "gitops");
  const statePath = join(folder.path, "state");
  const trustRootPath = join(folder.path, "trust");
  mkdirSync(repository);
  if (options.bare === true) git(repository, "init", "--quiet", "--bare", "--initial-branch=main");
  else {
    git(repository, "init", "--quiet", "--initial-branch=main");
    commitFiles(repository, options.files ?? { README: "gitops\n", "apps/shop/notes.txt": "ours to be\n" });
  }
  const keys: Record<string, { file: string; line: string }> = {};
  for (const name of ["owner", "alice", "bob"]) {
    const { privateKey, publicKey } = generateKey();
    const file = join(folder.path, `${name}.key`);
    writeFileSync(file, privateKey, { mode: 0o600 });
    keys[name] = { file, line: publicKey };
  }
  const keyOf = (name: string): { file: string; line: string } => {
    const key = keys[name];
    if (key === undefined) throw new Error(`no key of ${name}`);
    return key;
  };
  let serial = 1;
  let spec: CharterSpec = {
    targets: [
      {
        name: "gitops",
        git: {
          url: repository,
          branches: ["main"],
          folders: [FOLDER],
          onto: true,
          reconciler: "none",
          ...(options.root === undefined ? {} : { root: options.root }),
        },
      },
    ],
    namespaces: ["shop"],
    kinds: [{ group: "", kinds: ["ConfigMap"], operations: ["create", "update", "delete"] }],
    images: { allowed: [] },
    widening: [],
    approvals: {
      required: options.required ?? 1,
      approvers: ["alice", "bob"].map((principal) => ({ principal, key: keyOf(principal).line })),
      maxValiditySeconds: 86_400,
      softwareKeysFor: ["gitops"],
    },
  };
  const charterText = (): string =>
    JSON.stringify({
      apiVersion: "kubernetes-operations.dev/v1",
      kind: "Charter",
      metadata: { name: "test", serial },
      spec,
    });
  let number = 0;
  const ids = { hex: (bytes: number): string => (++number).toString(16).padStart(bytes * 2, "0") };
  initTrustRoot(trustRootPath, { charterText: charterText(), ownerKey: keyOf("owner").line, ids });
  await signCharter(trustRootPath, keyOf("owner").file, {});
  const load = () => loadTrustRoot({ path: trustRootPath, named: true });
  const openPorts: { close(): void }[] = [];

  const ports = (given: PortOptions = {}): ReturnType<ApplyWorld["ports"]> => {
    const state = openState(given.statePath ?? statePath);
    const clock = { now: given.now ?? (() => NOON) };
    const log = openLog(state.logFolder, { clock, actor: "tester", tool: VERSION });
    const journal = openJournal(state.journalFile, clock);
    openPorts.push({
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
      openTarget: async (url, branch) => {
        const opened = await openGitTarget({ url, branch });
        return given.target === undefined ? opened : given.target(opened);
      },
      toolVersion: VERSION,
      minor: MINOR,
      ...(given.signCommitWith === undefined ? {} : { signCommitWith: given.signCommitWith }),
      ...(given.onStep === undefined ? {} : { onStep: given.onStep }),
    };
  };

  return {
    path: folder.path,
    repository,
    statePath,
    trustRootPath,
    ports,
    charter: async (change = (same) => same) => {
      spec = change(spec);
      serial++;
      writeFileSync(join(trustRootPath, "charter.yaml"), charterText());
      await signCharter(trustRootPath, keyOf("owner").file, {});
    },
    plan: async ({ objects = [configMap("web")], mode = "branch", branch } = {}) => {
      const trustRoot = load();
      const target = await openGitTarget({ url: repository, branch: branch ?? null });
      try {
        const built = buildPlan({
          request: { text: "plan -f web.yaml", inputs: [{ path: "web.yaml", sha256: "0".repeat(64) }] },
          intent: {
            apiVersion: "kubernetes-operations.dev/v1",
            kind: "Intent",
            source: "objects",
            namespace: "shop",
            report: [],
            objects: objects.map((object) => ({ key: objectKey(object), digest: jsonDigest(object) })),
          },
          objects,
          deletions: [],
          authored: { relaxations: [], prerequisites: [], notes: [] },
          state: await target.readState(options.root ?? FOLDER),
          folder: FOLDER,
          mode,
          charter: trustRoot.charter,
          charterOwner: trustRoot.owner.fingerprint,
          macKey: trustRoot.macKey,
          toolVersion: VERSION,
          minor: MINOR,
        });
        const plan = asGitPlan(built);
        openState(statePath).savePlan(plan.digest, planText(plan));
        return plan;
      } finally {
        await target.close();
      }
    },
    approve: async (plan, given = {}) => {
      const { approver = "alice", nonce = NONCE, now = NOON, validitySeconds = 3600 } = given;
      const opened = ports();
      const made = makeStatement({
        plan,
        approver,
        nonce,
        now,
        validitySeconds,
        checkpoint: opened.log.checkpoint(),
      });
      const statement = given.change?.(made) ?? made;
      const signature = await signMessage({
        keyFile: keyOf(approver).file,
        namespace: APPROVAL_NAMESPACE,
        message: statementBytes(statement),
        environment: {},
      });
      const signed = { statement, signature };
      opened.state.saveApproval(plan.digest, statement.nonce, `${canonicalJson(signed)}\n`);
      return signed;
    },
    events: (path = statePath) => {
      const log = openLog(join(path, "log"), { clock: { now: () => NOON }, actor: "tester", tool: VERSION });
      try {
        return [...log.entries()].map(({ event }) => event);
      } finally {
        log.close();
      }
    },
    remove: () => {
      for (const opened of openPorts.splice(0)) opened.close();
      folder.remove();
    },
  };
}

/** The canonical text of a plan as it is stored. */
export function storedPlan(world: ApplyWorld, plan: Plan): { readonly text: string; readonly name: string } {
  const name = join(world.statePath, "plans", `${plan.digest.slice("sha256:".length)}.json`);
  return { text: readFileSync(name, "utf8"), name };
}
