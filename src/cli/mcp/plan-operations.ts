import { requestFromOperations } from "../../agent/request-from-operations.ts";
import { LATEST_MINOR } from "../../kube/catalogue/catalogue.ts";
import type { JsonObject } from "../../kube/json.ts";
import type { MadePlan, PlanAsked } from "../../mcp/ports.ts";
import type { TargetSpec } from "../../plan/target.ts";
import { planFor } from "../commands/plan.impl.ts";
import type { CliContext } from "../context.ts";
import type { ClusterAccessFlags, GitAccessFlags } from "../flags.ts";
import { settingsOfPlan } from "../plan-settings.ts";
import { readAsked } from "../request.ts";
import type { Session } from "../session.ts";

/** What the operator gives beside the targets. */
export interface GivenFlags extends ClusterAccessFlags, GitAccessFlags {
  /** Absolute; rules of its kubeops.yaml judge what is planned. */
  readonly project: string;
  /** Files that the operations of a model come upon, as -f of `plan` names them. */
  readonly filename: readonly string[];
}

/**
 * The plan of operations that the model of an MCP client said, by the ordinary way; or the questions that stand before it.
 * @throws {OpsError} what reading the files, the target and planning throw
 */
export async function planOperations(
  context: CliContext,
  flags: GivenFlags,
  session: Session,
  { spec, namespace, operations }: Omit<PlanAsked, "target"> & { readonly spec: TargetSpec },
): Promise<MadePlan> {
  const { filename } = flags;
  const settings = await settingsOfPlan({ ...context, cwd: flags.project }, undefined);
  const given =
    filename.length === 0
      ? undefined
      : await readAsked(
          context,
          { filename, namespace, prune: false, recreate: false, takeOver: false },
          [],
          LATEST_MINOR,
        );
  const made = requestFromOperations({
    ...(given === undefined ? {} : { given }),
    namespace,
    gitTarget: spec.kind === "git",
    text: `plan_change -n ${namespace}${filename.map((name) => ` -f ${name}`).join("")}`,
    fragments: operations.map((operation) => ({ source: SOURCE, operation })),
    // Which model it is, and what it read, only its host knows.
    agent: { provider: "mcp", model: "unknown", prompts: [], taint: [SOURCE] },
  });
  if (!made.ok) {
    return {
      // Their texts name what stands in the operator's files; without files every word of them is the model's own.
      questions: made.questions.map(({ code, text }) => (given === undefined ? { code, text } : { code })),
    };
  }
  const asked = { ...made.asked, request: { ...made.asked.request, ...settings } };
  const planFlags = {
    ...flags,
    prune: false,
    onto: false,
    output: "json",
    color: "never",
    quiet: true,
  } as const;
  return { plan: await planFor(context, planFlags, session, { asked, spec, minor: null }) };
}

/** The objects of the operator's files, as `plan` would make them. @throws {OpsError} what reading them throws */
export async function givenObjects(context: CliContext, flags: GivenFlags): Promise<readonly JsonObject[]> {
  const { filename } = flags;
  if (filename.length === 0) return [];
  return (
    await readAsked(context, { filename, prune: false, recreate: false, takeOver: false }, [], LATEST_MINOR)
  ).objects;
}

const SOURCE = "mcp-client";
