import { sshSignatureVerifier } from "../../apply/approval/verify-signature.ts";
import { projectFiles } from "../../apply/files/node-files.ts";
import { ownFindingsWithoutValues } from "../../analysis/checks/own-rules/own-findings.ts";
import type { OwnRule } from "../../analysis/checks/own-rules/own-rule.ts";
import { type Finding, sortFindings } from "../../analysis/findings/finding.ts";
import { checkInputs } from "../../analysis/checks/reading/check-objects.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { type InputFile, readInputs, readStdin } from "../../kube/read-inputs.ts";
import { readObjects } from "../../kube/read-objects.ts";
import type { CharterView, CheckAsked, Checked, McpSession } from "../../mcp/ports.ts";
import { boundedFiles } from "../../mcp/work/bounded-files.ts";
import { storedApprovals } from "../../apply/run/stored-approvals.ts";
import { judgeApprovals } from "../../plan/approval/judge-approvals.ts";
import { parsePlan } from "../../plan/build-plan.ts";
import type { Charter } from "../../plan/charter.ts";
import type { Plan, PlanDigest } from "../../plan/plan.ts";
import type { CliContext } from "../context.ts";
import { activeOwnRules } from "../plan-settings.ts";
import { openSession, type Session } from "../session.ts";
import { sha256 } from "../sha256.ts";
import { storePlan } from "../commands/plan.impl.ts";
import { locationOf } from "../targets/git.ts";
import { applyApproved } from "./apply-approved.ts";
import { isOffered, type OfferedTarget, offeredTargets } from "./offered-targets.ts";
import { givenObjects, type GivenFlags, planOperations } from "./plan-operations.ts";

/** What the operator says at the start; none of it can be said by a call. */
export interface ServerFlags extends GivenFlags {
  readonly targets: readonly string[];
  readonly state?: string;
}

/** Everything that one call works with: the state, the trust root and the targets as they are now. */
export function openMcpSession(context: CliContext, flags: ServerFlags): McpSession {
  const session = openSession(context, flags);
  try {
    return sessionOf(context, flags, session);
  } catch (error) {
    session.close();
    throw error;
  }
}

function sessionOf(context: CliContext, flags: ServerFlags, session: Session): McpSession {
  const { trustRoot } = session;
  const locate = (url: string): string => locationOf(context, url);
  const offered = offeredTargets(trustRoot?.charter, flags.targets, locate);
  return {
    standing: trustRoot?.standing ?? "none",
    targets: offered.map(({ name, spec }) => ({ name, kind: spec.kind })),
    charter: trustRoot === undefined ? null : charterView(trustRoot.charter),
    record: session.record,
    check: (asked) => check(context, flags.project, asked),
    given: () => givenObjects(context, flags),
    plan: ({ target, namespace, operations }) =>
      planOperations(context, flags, session, {
        spec: specOf(offered, target),
        namespace,
        operations,
      }),
    store: (plan) => storePlan(context, session, plan, undefined),
    find: (digest) => find(session, digest),
    approvals: (plan) => approvals(context, session, plan),
    apply: async (plan) => {
      if (trustRoot === undefined) throw new OpsError("CHARTER_MISSING", "there is no charter");
      if (!isOffered(offered, plan, locate))
        throw new OpsError("TARGET_INVALID", "the plan is for a target that the operator does not offer");
      return applyApproved(context, flags, { ...session, trustRoot }, plan);
    },
    entries: () => session.log.entries(),
    close: session.close,
  };
}

function specOf(offered: readonly OfferedTarget[], name: string): OfferedTarget["spec"] {
  const found = offered.find((target) => target.name === name);
  if (found === undefined) throw new OpsError("TARGET_INVALID", "the operator offers no target of this name");
  return found.spec;
}

function charterView({ spec }: Charter): CharterView {
  return {
    namespaces: spec.namespaces,
    images: spec.images.allowed,
    kinds: spec.kinds.map(({ group, kinds, operations }) => ({ group, kinds, operations })),
    approvals: spec.approvals.required,
  };
}

async function check(
  context: CliContext,
  project: string,
  { manifests, minor, podSecurity }: CheckAsked,
): Promise<Checked> {
  const rules = await activeOwnRules({ ...context, cwd: project }, undefined);
  const { inputs, skipped } =
    manifests === undefined
      ? readInputs(boundedFiles(projectFiles(project, { displayFrom: context.cwd })), ["."], {
          leaveUnrendered: true,
          sha256,
        })
      : { inputs: [readStdin(Buffer.from(manifests, "utf8"), { sha256 })], skipped: [] };
  const findings = checkInputs(inputs, { minor, podSecurity: podSecurity ?? "labels" });
  return {
    findings: rules.length === 0 ? findings : sortFindings([...findings, ...foundBy(rules, inputs)]),
    files: inputs.length,
    skipped: skipped.length,
  };
}

/** What rules of the project's own find in the inputs. */
function foundBy(rules: readonly OwnRule[], inputs: readonly InputFile[]): readonly Finding[] {
  const { objects } = readObjects(inputs.flatMap(({ documents }) => documents));
  return ownFindingsWithoutValues(objects, rules, () => true);
}

/** A plan that was stored here. What is asked for is a digest, and never the name of a file. */
function find({ state }: Session, digest: PlanDigest): Plan {
  if (!state.plans().includes(digest))
    throw new OpsError("PLAN_NOT_FOUND", "no plan of this digest is stored here");
  const { text, path } = state.findPlan(digest);
  return parsePlan(text, path);
}

/** How many stored approvals hold now. Whether one was used at the target is only known there, to apply. */
function approvals(context: CliContext, { state, log, trustRoot }: Session, plan: Plan): number {
  if (trustRoot === undefined) return 0;
  return judgeApprovals({
    plan,
    charter: trustRoot.charter,
    approvals: storedApprovals(state, plan.digest).signed,
    verifier: sshSignatureVerifier,
    now: context.clock.now(),
    extendsCheckpoint: (checkpoint) => log.extends(checkpoint),
  }).accepted.length;
}
