/** Job and CronJob. */
import { isObject, type JsonObject } from "../../../../kube/json.ts";
import {
  byteLength,
  each,
  fields,
  from,
  isSet,
  listOf,
  maxItems,
  nonNegative,
  numberOf,
  objectOf,
  oneOf,
  required,
  text,
  textOf,
} from "../engine/build.ts";
import { type Check, report, reportAt, type Run, shown } from "../engine/run.ts";
import { labelSelector } from "../engine/selectors.ts";
import { notDomainPrefixed, notLabel, qualifiedName } from "../engine/texts.ts";
import { checkSelects, checkTemplate, labelsOf } from "../pods/templates.ts";
import { notSchedule } from "./cron.ts";
import { timeZoneNames } from "./time-zones.generated.ts";

const codesRule: Check = fields(
  "batch validatePodFailurePolicyRuleOnExitCodes",
  { operator: required(oneOf(["In", "NotIn"])) },
  (value, run) => {
    const values = listOf(value, "values");
    if (values.length === 0) reportAt(run, "values", "server/required", "values");
    if (values.length > 255)
      reportAt(run, "values", "server/too-many", "values", `${values.length} of at most 255`);
    for (const [index, code] of values.entries()) {
      if (typeof code !== "number") continue;
      const before = values[index - 1];
      if (code === 0 && value["operator"] === "In")
        reportAt(run, ["values", index], "server/invalid", "0", "operator In does not take it");
      if (values.indexOf(code) < index) reportAt(run, ["values", index], "server/duplicate", String(code));
      else if (typeof before === "number" && before > code)
        reportAt(run, ["values", index], "server/invalid", String(code), "the values must be in order");
    }
  },
);

const conditionRule: Check = fields("batch validatePodFailurePolicyRuleOnPodConditions", {
  type: required(qualifiedName),
  status: oneOf(["True", "False", "Unknown"], true),
});

function failureRule(spec: JsonObject): Check {
  const names = new Set<unknown>();
  const pod = objectOf(objectOf(spec, "template"), "spec");
  for (const container of [...listOf(pod, "containers"), ...listOf(pod, "initContainers")])
    if (isObject(container)) names.add(container["name"]);
  return (value, run) => {
    if (!isObject(value)) return;
    run.source = "batch validatePodFailurePolicyRule";
    const action = textOf(value, "action");
    if (action === "") reportAt(run, "action", "server/required", "action");
    else if (action === "FailIndex") {
      if (!isSet(spec, "backoffLimitPerIndex"))
        reportAt(run, "action", "server/invalid", shown(action), "spec.backoffLimitPerIndex is not set");
    } else if (action !== undefined && !["Count", "FailJob", "Ignore"].includes(action))
      reportAt(run, "action", "server/not-supported", shown(action), "Count, FailIndex, FailJob, Ignore");
    const codes = objectOf(value, "onExitCodes");
    const conditions = listOf(value, "onPodConditions");
    if (codes !== undefined) {
      run.path.push("onExitCodes");
      codesRule(codes, run);
      const name = codes["containerName"];
      if (typeof name === "string" && !names.has(name))
        reportAt(
          run,
          "containerName",
          "server/not-found",
          shown(name),
          "the template has no container of this name",
        );
      run.path.pop();
    }
    run.source = "batch validatePodFailurePolicyRule";
    if (isSet(value, "onExitCodes") && conditions.length > 0)
      report(run, "server/forbidden", "onPodConditions", "onExitCodes is set");
    if (!isSet(value, "onExitCodes") && conditions.length === 0)
      report(run, "server/required", "onExitCodes or onPodConditions");
    if (conditions.length > 0) {
      run.path.push("onPodConditions");
      maxItems(20)(conditions, run);
      each(conditionRule)(conditions, run);
      run.path.pop();
    }
  };
}

/** validateJobSpec: what Jobs and the templates of CronJobs share. The run stands at the spec. */
const jobRules: Check = fields(
  "batch validateJobSpec",
  {
    parallelism: nonNegative,
    completions: nonNegative,
    activeDeadlineSeconds: nonNegative,
    backoffLimit: nonNegative,
    ttlSecondsAfterFinished: nonNegative,
    backoffLimitPerIndex: nonNegative,
    maxFailedIndexes: nonNegative,
    managedBy: from(32, (value, run) => {
      text(notDomainPrefixed)(value, run);
      if (typeof value === "string" && byteLength(value) > 63)
        report(run, "server/too-long", shown(value), "at most 63 bytes are allowed");
    }),
    completionMode: oneOf(["NonIndexed", "Indexed"]),
  },
  checkIndexed,
  (value, run) => {
    const policy = objectOf(value, "podFailurePolicy");
    if (policy === undefined) return;
    const rules = listOf(policy, "rules");
    run.path.push("podFailurePolicy", "rules");
    maxItems(20)(rules, run);
    each(failureRule(value))(rules, run);
    run.path.pop();
    run.path.pop();
  },
  checkSuccessPolicy,
  (value, run) => {
    const policy = textOf(value, "podReplacementPolicy");
    if (policy === undefined || !isSet(value, "podReplacementPolicy")) return;
    run.source = "batch validatePodReplacementPolicy";
    const allowed = isSet(value, "podFailurePolicy") ? ["Failed"] : ["Failed", "TerminatingOrFailed"];
    if (!allowed.includes(policy))
      reportAt(run, "podReplacementPolicy", "server/not-supported", shown(policy), allowed.join(", "));
  },
  (value, run) => {
    run.path.push("template");
    checkTemplate(value["template"], { restart: ["OnFailure", "Never"] }, run);
    run.source = "batch validateJobSpec";
    const restart = textOf(objectOf(objectOf(value, "template"), "spec") ?? {}, "restartPolicy");
    if (isSet(value, "podFailurePolicy") && restart === "OnFailure")
      reportAt(
        run,
        ["spec", "restartPolicy"],
        "server/not-supported",
        shown(restart),
        "Never, since podFailurePolicy is set",
      );
    run.path.pop();
  },
);

function checkIndexed(value: JsonObject, run: Run): void {
  const failed = numberOf(value, "maxFailedIndexes");
  const completions = numberOf(value, "completions");
  const parallelism = numberOf(value, "parallelism") ?? 1;
  if (isSet(value, "maxFailedIndexes") && !isSet(value, "backoffLimitPerIndex"))
    reportAt(
      run,
      "backoffLimitPerIndex",
      "server/required",
      "backoffLimitPerIndex",
      "maxFailedIndexes is set",
    );
  if (value["completionMode"] !== "Indexed") {
    for (const field of ["backoffLimitPerIndex", "maxFailedIndexes"])
      if (isSet(value, field))
        reportAt(run, field, "server/forbidden", field, "it needs completionMode Indexed");
    return;
  }
  // A Job without both has one of each; the template of a CronJob has no such default (SetDefaults_Job).
  const inTemplate = run.path.includes("jobTemplate");
  if (!isSet(value, "completions") && (inTemplate || isSet(value, "parallelism")))
    reportAt(run, "completions", "server/required", "completions", "completionMode is Indexed");
  if (parallelism > 100_000)
    reportAt(
      run,
      "parallelism",
      "server/out-of-range",
      String(parallelism),
      "an indexed Job has at most 100000",
    );
  if (failed !== undefined && completions !== undefined && failed > completions)
    reportAt(
      run,
      "maxFailedIndexes",
      "server/out-of-range",
      String(failed),
      `it must not be more than completions, ${completions}`,
    );
  if (failed !== undefined && failed > 100_000)
    reportAt(
      run,
      "maxFailedIndexes",
      "server/out-of-range",
      String(failed),
      "it must not be more than 100000",
    );
  if (completions === undefined || completions <= 100_000 || !isSet(value, "backoffLimitPerIndex")) return;
  if (!isSet(value, "maxFailedIndexes"))
    reportAt(run, "maxFailedIndexes", "server/required", "maxFailedIndexes", "completions is above 100000");
  for (const field of ["parallelism", "maxFailedIndexes"]) {
    const amount = numberOf(value, field);
    if (amount !== undefined && amount > 10_000)
      reportAt(
        run,
        field,
        "server/out-of-range",
        String(amount),
        "it must not be more than 10000, since completions is above 100000",
      );
  }
}

function checkSuccessPolicy(value: JsonObject, run: Run): void {
  const policy = objectOf(value, "successPolicy");
  if (policy === undefined) return;
  run.source = "batch validateSuccessPolicy";
  if (value["completionMode"] !== "Indexed")
    return reportAt(
      run,
      "successPolicy",
      "server/forbidden",
      "successPolicy",
      "it needs completionMode Indexed",
    );
  const rules = listOf(policy, "rules");
  if (rules.length === 0) reportAt(run, ["successPolicy", "rules"], "server/required", "rules");
  if (rules.length > 20)
    reportAt(run, ["successPolicy", "rules"], "server/too-many", "rules", `${rules.length} of at most 20`);
  const completions = numberOf(value, "completions") ?? 1;
  for (const [index, rule] of rules.entries()) {
    if (!isObject(rule)) continue;
    run.path.push("successPolicy", "rules", index);
    checkSuccessRule(rule, completions, run);
    run.path.pop();
    run.path.pop();
    run.path.pop();
  }
}

function checkSuccessRule(rule: JsonObject, completions: number, run: Run): void {
  run.source = "batch validateSuccessPolicyRule";
  const indexes = textOf(rule, "succeededIndexes");
  const count = numberOf(rule, "succeededCount");
  if (!isSet(rule, "succeededIndexes") && !isSet(rule, "succeededCount"))
    report(run, "server/required", "succeededIndexes or succeededCount");
  let total = 0;
  if (isSet(rule, "succeededIndexes") && indexes !== undefined) {
    const parsed = indexesOf(indexes, completions);
    if (typeof parsed === "string")
      reportAt(run, "succeededIndexes", "server/invalid", shown(indexes), parsed);
    else total = parsed;
  }
  if (count === undefined) return;
  if (count < 0)
    reportAt(run, "succeededCount", "server/out-of-range", String(count), "it must be 0 or more");
  if (count > completions)
    reportAt(
      run,
      "succeededCount",
      "server/out-of-range",
      String(count),
      `it must not be more than completions, ${completions}`,
    );
  else if (isSet(rule, "succeededIndexes") && count > total)
    reportAt(
      run,
      "succeededCount",
      "server/out-of-range",
      String(count),
      `it must not be more than the ${total} indexes of succeededIndexes`,
    );
}

/** validateIndexesFormat: how many indexes `0,2-4` names, or why it is no list of indexes. */
function indexesOf(text: string, completions: number): number | string {
  if (text === "") return 0;
  let last = -1;
  let total = 0;
  for (const part of text.split(",")) {
    const match = /^(\+?[0-9]+)(?:-(\+?[0-9]+))?$/.exec(part);
    if (match === null) return `"${part}" is no index and no range of indexes`;
    const start = Number(match[1]);
    const end = match[2] === undefined ? start : Number(match[2]);
    if (start >= completions || end >= completions)
      return `an index must be below completions, ${completions}`;
    if (match[2] !== undefined && start >= end) return `"${part}" does not rise`;
    if (start <= last) return "the indexes must rise";
    last = end;
    total += end - start + 1;
  }
  return total;
}

const generatedLabels = new Set([
  "controller-uid",
  "batch.kubernetes.io/controller-uid",
  "job-name",
  "batch.kubernetes.io/job-name",
]);

/** ValidateJobCreate. */
export const job: Check = fields("batch ValidateJobCreate", {}, (value, run) => {
  const spec = value["spec"] ?? {};
  if (!isObject(spec)) return;
  const name = textOf(objectOf(value, "metadata") ?? {}, "name") ?? "";
  run.path.push("spec");
  jobRules(spec, run);
  checkJobSelector(spec, name, run);
  run.path.pop();
  const completions = numberOf(spec, "completions");
  if (spec["completionMode"] !== "Indexed" || completions === undefined || completions <= 0) return;
  run.source = "batch validateNameAllowsCompletions";
  const hostname = `${name}-${completions - 1}`;
  const reason = notLabel(hostname);
  if (reason !== undefined)
    reportAt(
      run,
      ["metadata", "name"],
      "server/name",
      shown(name),
      `its Pods would have the hostname ${hostname}: ${reason}`,
    );
});

function checkJobSelector(spec: JsonObject, name: string, run: Run): void {
  const selector = objectOf(spec, "selector");
  run.source = "batch ValidateJobSpec";
  if (selector !== undefined) {
    run.path.push("selector");
    labelSelector(selector, run);
    run.path.pop();
  }
  run.source = "batch validateGeneratedSelector";
  if (spec["manualSelector"] === true) {
    if (!isSet(spec, "selector"))
      reportAt(run, "selector", "server/required", "selector", "manualSelector is true");
    else checkSelects(spec, run);
    return;
  }
  const labels = labelsOf(spec["template"]);
  for (const key of ["job-name", "batch.kubernetes.io/job-name"]) {
    const label = labels[key];
    if (label !== undefined && label !== name)
      reportAt(
        run,
        ["template", "metadata", "labels", key],
        "server/invalid",
        shown(label),
        "the server sets it to the name of the Job",
      );
  }
  const keys = [
    ...Object.keys(objectOf(selector, "matchLabels") ?? {}),
    ...listOf(selector, "matchExpressions").flatMap((entry) =>
      isObject(entry) ? [textOf(entry, "key") ?? ""] : [],
    ),
  ];
  if (keys.some((key) => !generatedLabels.has(key)))
    reportAt(
      run,
      "selector",
      "server/forbidden",
      "selector",
      "the server makes it, unless manualSelector is true",
    );
}

let zones: ReadonlySet<string> | undefined;

/** validateTimeZone: a name of the IANA database, in its own upper and lower case. */
export function notTimeZone(name: string): string | undefined {
  if (name === "") return "it must not be empty";
  if (name.toLowerCase() === "local") return "it must be a zone of the IANA database, as in Europe/Vienna";
  zones ??= new Set(timeZoneNames.split(" "));
  return zones.has(name) ? undefined : "there is no time zone of this name (upper and lower case count)";
}

const schedule: Check = (value, run) => {
  if (typeof value !== "string") return;
  const reason = value.includes("TZ")
    ? "TZ and CRON_TZ are not allowed; use spec.timeZone"
    : notSchedule(value);
  if (reason !== undefined) report(run, "server/invalid", shown(value), reason);
};

/** ValidateCronJobCreate. */
export const cronJob: Check = fields(
  "batch ValidateCronJobCreate",
  {
    spec: fields(
      "batch validateCronJobSpec",
      {
        schedule: required(schedule),
        startingDeadlineSeconds: nonNegative,
        timeZone: text(notTimeZone, false),
        concurrencyPolicy: oneOf(["Allow", "Forbid", "Replace"], true),
        successfulJobsHistoryLimit: nonNegative,
        failedJobsHistoryLimit: nonNegative,
      },
      (value, run) => {
        const template = value["jobTemplate"] ?? {};
        if (!isObject(template)) return;
        const spec = template["spec"] ?? {};
        if (!isObject(spec)) return;
        run.path.push("jobTemplate", "spec");
        jobRules(spec, run);
        run.source = "batch ValidateJobTemplateSpec";
        if (isSet(spec, "selector"))
          reportAt(run, "selector", "server/forbidden", "selector", "the server makes it");
        if (spec["manualSelector"] === true)
          reportAt(
            run,
            "manualSelector",
            "server/forbidden",
            "manualSelector: true",
            "the server makes the selector",
          );
        run.path.pop();
        run.path.pop();
      },
    ),
  },
  (value, run) => {
    if (!isSet(value, "spec")) reportAt(run, ["spec", "schedule"], "server/required", "schedule");
    const name = textOf(objectOf(value, "metadata") ?? {}, "name") ?? "";
    if (name.length > 52)
      reportAt(
        run,
        ["metadata", "name"],
        "server/too-long",
        shown(name),
        "a CronJob's name has at most 52 characters",
      );
  },
);
