import { newBudget } from "../../agent/loop/budget.ts";
import type { ModelPort } from "../../agent/model/model-port.ts";
import { priceOf } from "../../agent/model/prices.ts";
import { modelPort } from "../../agent/model/provider-config.ts";
import { defaultRetries, retrying, sleep } from "../../agent/model/retrying.ts";
import { type Answered, type Asking, orchestrate } from "../../agent/orchestrate.ts";
import { LATEST_MINOR } from "../../kube/catalogue/catalogue.ts";
import { ExitCode } from "../../kube/error-table.ts";
import { OpsError } from "../../kube/ops-error.ts";
import type { Plan } from "../../plan/plan.ts";
import { parseTargetSpec, type TargetSpec } from "../../plan/target.ts";
import { agentRequest } from "../agent-request.ts";
import { type AgentLog, agentLog } from "../agent/agent-log.ts";
import type { AskCommandFlags } from "../agent/ask-flags.ts";
import { type AskInputs, budgetLimits, readAskInputs } from "../agent/ask-inputs.ts";
import { progressOf } from "../agent/progress.ts";
import type { CliContext } from "../context.ts";
import { planOutput } from "../display/plan-output.ts";
import { guarded } from "../errors.ts";
import { namedMinor } from "../kube-version.ts";
import { type PlanSettings, settingsOfPlan } from "../plan-settings.ts";
import { openSession, type Session } from "../session.ts";
import { numbered, planFor, storePlan } from "./plan.impl.ts";

/** One request of a person to a model. */
interface AskRun {
  readonly context: CliContext;
  readonly flags: AskCommandFlags;
  readonly session: Session;
  readonly inputs: AskInputs;
  readonly port: ModelPort;
  readonly log: AgentLog;
  readonly settings: PlanSettings;
}

export async function ask(this: CliContext, flags: AskCommandFlags, ...words: string[]): Promise<void> {
  await guarded(this, flags, async () => {
    const specs = flags.target.map(parseTargetSpec);
    const minor = namedMinor(flags.kubeVersion);
    const inputs = await readAskInputs(this, flags, words, minor ?? LATEST_MINOR);
    const settings = await settingsOfPlan(this, flags.config);
    // Before anything is written: without a provider nothing happens at all.
    const port = modelPort({
      ...(flags.provider === undefined ? {} : { provider: flags.provider }),
      ...(flags.model === undefined ? {} : { model: flags.model }),
      environment: this.env,
      without: inputs.without,
    });
    const limits = budgetLimits(flags, port.model);
    const session = openSession(this, flags);
    const budget = newBudget(limits, priceOf(port.model));
    const log = agentLog(session, port, { budget, most: limits.tokens });
    try {
      const run: AskRun = { context: this, flags, session, inputs, port, log, settings };
      // Asked once, whatever the number of targets: two plans of one answer.
      const answered = await answer(run, budget);
      let denied = false;
      for (const [index, spec] of specs.entries()) {
        const out =
          flags.out === undefined || specs.length === 1 ? flags.out : numbered(flags.out, index + 1);
        const made = await planOf(run, answered, { spec, minor, out });
        log.outcome(made.digest);
        planOutput(this, flags, session, made, out);
        denied ||= made.verdict.decision === "denied";
      }
      return denied ? ExitCode.no : ExitCode.done;
    } catch (error) {
      log.failure(error);
      throw error;
    } finally {
      session.close();
    }
  });
}

async function answer(run: AskRun, budget: Asking["budget"]): Promise<Answered> {
  const { context, flags, inputs, port, log } = run;
  const progress = progressOf(context, flags);
  const controller = new AbortController();
  // The program ends right after this: what is known by then is in the log.
  const done = context.onInterrupt(() => {
    log.failure(new OpsError("INTERRUPTED", "interrupted while a model was asked"));
    controller.abort(new OpsError("INTERRUPTED", "interrupted while a model was asked"));
  });
  try {
    progress.start(port, inputs);
    const answered = await orchestrate({
      sentence: inputs.sentence,
      namespace: inputs.namespace,
      given: { kind: inputs.kind, objects: inputs.visible },
      port: retrying(port, { ...defaultRetries, sleep }),
      budget,
      observe: (event) => {
        log.observe(event);
        progress.observe(event);
      },
      signal: controller.signal,
    });
    progress.end(budget);
    if (answered.fragments.length === 0) {
      throw new OpsError("AGENT_EMPTY", "the model proposed nothing for this sentence", {
        hint: "say what is to run, scale, connect or be edited, by name",
      });
    }
    return answered;
  } finally {
    done();
  }
}

async function planOf(
  { context, flags, session, inputs, port, settings }: AskRun,
  answered: Answered,
  {
    spec,
    minor,
    out,
  }: { readonly spec: TargetSpec; readonly minor: number | null; readonly out: string | undefined },
): Promise<Plan> {
  const asked = agentRequest({
    ...(inputs.given === undefined ? {} : { given: inputs.given }),
    namespace: inputs.namespace,
    ...(flags.application === undefined ? {} : { application: flags.application }),
    gitTarget: spec.kind === "git",
    text: inputs.text,
    fragments: answered.fragments,
    agent: {
      provider: port.provider,
      model: port.model,
      prompts: answered.prompts,
      taint: answered.taint,
    },
  });
  const made = await planFor(context, flags, session, {
    asked: { ...asked, request: { ...asked.request, ...settings } },
    spec,
    minor,
  });
  storePlan(context, session, made, out);
  return made;
}
