import { priceOf } from "../../agent/model/prices.ts";
import type { BudgetLimits } from "../../agent/loop/budget.ts";
import { holdsCredential } from "../../analysis/checks/secrets/credentials.ts";
import { author } from "../../authoring/specialists/author.ts";
import { isDnsLabel } from "../../authoring/specialists/names.ts";
import type { JsonObject } from "../../kube/json.ts";
import { OpsError } from "../../kube/ops-error.ts";
import { desiredObjects } from "../../plan/assemble/desired-objects.ts";
import type { AskCommandFlags } from "./ask-flags.ts";
import type { CliContext } from "../context.ts";
import { type AskedFor, readAsked } from "../request.ts";

/** Longest sentence, in characters: who has more to say has a file to give. */
const MAX_SENTENCE = 4000;
const DEFAULT_TOKENS = 200_000;

/** What the person said and gave, read and judged before a model hears of it. */
export interface AskInputs {
  readonly sentence: string;
  readonly kind: "nothing" | "compose" | "objects";
  readonly given: AskedFor | undefined;
  /** The objects whose structure the model may read. */
  readonly visible: readonly JsonObject[];
  readonly namespace: string;
  /** The request as the same words would say it again. */
  readonly text: string;
  /** The command that makes a plan without a model. */
  readonly without: string;
}

/**
 * Reads the sentence and the files. What no plan could hold is refused here, so that nothing of it is sent.
 * @throws {OpsError} USAGE, INPUT_SECRET_DATA, and what reading the files throws
 */
export async function readAskInputs(
  context: CliContext,
  flags: AskCommandFlags,
  words: readonly string[],
  minor: number,
): Promise<AskInputs> {
  const sentence = sentenceOf(words);
  const files = flags.filename ?? [];
  const given = files.length === 0 ? undefined : await readAsked(context, flags, [], minor);
  if (given !== undefined) {
    desiredObjects(given.objects, { literals: given.intent.source === "objects" ? "refused" : "known" });
  }
  const namespace = given?.intent.namespace ?? flags.namespace;
  if (namespace === undefined) {
    throw new OpsError("USAGE", "no namespace was named", {
      hint: "-n says which one: a model never chooses it",
    });
  }
  if (!isDnsLabel(namespace)) {
    throw new OpsError("USAGE", `${JSON.stringify(namespace)} is no name of a namespace`);
  }
  if (flags.application !== undefined && !isDnsLabel(flags.application)) {
    throw new OpsError("USAGE", `${JSON.stringify(flags.application)} is no name of an application`);
  }
  const kind = given === undefined ? "nothing" : given.intent.source === "objects" ? "objects" : "compose";
  const rest = given?.request.text.split(" ").slice(1) ?? ["-n", namespace];
  const target = flags.target.map((name) => ` --target ${name}`).join("");
  return {
    sentence,
    kind,
    given,
    visible: given === undefined ? [] : visibleObjects(given),
    namespace,
    text: ["ask", JSON.stringify(sentence), ...rest].join(" "),
    without: `kubeops plan ${files.length === 0 ? `-f compose.yaml -n ${namespace}` : rest.join(" ")}${target}`,
  };
}

/**
 * The objects as they are shown to a model, by way of the projection: of a Compose file those of the same intent without the
 * images that variables are part of, since a value of a variable is no structure, and a version label repeats it.
 */
function visibleObjects({ intent, objects }: AskedFor): readonly JsonObject[] {
  if (
    intent.source === "objects" ||
    !intent.workloads.some((workload) => workload.imageInterpolated === true)
  )
    return objects;
  const workloads = intent.workloads.map((workload) =>
    workload.imageInterpolated === true ? { ...workload, image: "withheld" } : workload,
  );
  return author({ ...intent, workloads }).objects;
}

function sentenceOf(words: readonly string[]): string {
  const sentence = words.join(" ").trim();
  if (sentence === "") {
    throw new OpsError("USAGE", "no sentence was given", {
      hint: 'kubeops ask "three replicas of ghcr.io/acme/api:1.4.2 on 8080" -n shop --target …',
    });
  }
  if (sentence.length > MAX_SENTENCE || !sentence.isWellFormed()) {
    throw new OpsError(
      "USAGE",
      `the sentence is longer than ${MAX_SENTENCE} characters, or no Unicode text`,
      {
        hint: "give files with -f for what is long",
      },
    );
  }
  if (holdsCredential(sentence)) {
    throw new OpsError(
      "INPUT_SECRET_DATA",
      "the sentence holds what looks like a credential: it would reach the model, the plan and the log",
      {
        hint: "put the value into a Secret, and name the Secret and its key in the sentence",
      },
    );
  }
  return sentence;
}

/**
 * The budget that the flags say.
 * @throws {OpsError} USAGE for what is no amount, and for money where no price is known
 */
export function budgetLimits(
  flags: Pick<AskCommandFlags, "budgetTokens" | "budgetUsd">,
  model: string,
): BudgetLimits {
  const { budgetTokens, budgetUsd } = flags;
  const tokens = budgetTokens === undefined ? DEFAULT_TOKENS : Number(budgetTokens);
  if (budgetTokens !== undefined && !/^[1-9]\d{0,9}$/u.test(budgetTokens)) {
    throw new OpsError("USAGE", `--budget-tokens ${JSON.stringify(budgetTokens)} is no number of tokens`);
  }
  if (budgetUsd === undefined) return { tokens };
  if (!/^\d{1,6}(?:\.\d{1,6})?$/u.test(budgetUsd)) {
    throw new OpsError("USAGE", `--budget-usd ${JSON.stringify(budgetUsd)} is no amount of dollars`);
  }
  if (priceOf(model) === undefined) {
    throw new OpsError("USAGE", `the price of ${model} is not known, so that --budget-usd cannot be kept`, {
      hint: "limit tokens with --budget-tokens, or name a model whose price is known with --model (docs/guide/ask.md)",
    });
  }
  return { tokens, micros: Math.round(Number(budgetUsd) * 1_000_000) };
}
