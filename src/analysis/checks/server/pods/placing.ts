/** Where a Pod may run: affinity, tolerations, spreading. */
import { isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import {
  each,
  fields,
  isSet,
  listOf,
  numberOf,
  objectOf,
  oneOf,
  positive,
  range,
  required,
  text,
  textOf,
} from "../engine/build.ts";
import { type Check, reportAt, type Run, shown } from "../engine/run.ts";
import { checkValueCount, labelKey, labelSelector, labelValue } from "../engine/selectors.ts";
import { notLabel, notLabelValue, notQualifiedName, notSubdomain } from "../engine/texts.ts";

/** ValidateNodeSelectorRequirement. `values`: whether the syntax of values is held (required terms only). */
function nodeRequirement(values: boolean): Check {
  return fields(
    "core ValidateNodeSelectorRequirement",
    { key: required(labelKey), ...(values ? { values: each(labelValue) } : {}) },
    (value, run) => {
      const operator = textOf(value, "operator");
      const count = listOf(value, "values").length;
      if (operator === undefined || checkValueCount(operator, count, run)) return;
      if (operator !== "Gt" && operator !== "Lt")
        reportAt(
          run,
          "operator",
          "server/not-supported",
          shown(operator),
          "In, NotIn, Exists, DoesNotExist, Gt, Lt",
        );
      else if (count !== 1)
        reportAt(run, "values", "server/required", "values", "operators Gt and Lt have exactly one");
    },
  );
}

const fieldRequirement: Check = fields("core ValidateNodeFieldSelectorRequirement", {}, (value, run) => {
  const operator = textOf(value, "operator");
  const values = listOf(value, "values");
  if (operator === "In" || operator === "NotIn") {
    if (values.length !== 1) reportAt(run, "values", "server/required", "values", "exactly one is needed");
  } else if (operator !== undefined)
    reportAt(run, "operator", "server/not-supported", shown(operator), "In, NotIn");
  const key = textOf(value, "key");
  if (key === undefined) return;
  if (key !== "metadata.name") reportAt(run, "key", "server/not-supported", shown(key), "metadata.name");
  else {
    for (const [index, name] of values.entries()) {
      const reason = typeof name === "string" ? notSubdomain(name) : undefined;
      if (reason !== undefined) reportAt(run, ["values", index], "server/name", shown(name), reason);
    }
  }
});

function nodeTerm(values: boolean): Check {
  return fields("core ValidateNodeSelectorTerm", {
    matchExpressions: each(nodeRequirement(values)),
    matchFields: each(fieldRequirement),
  });
}

const strictTerm: Check = nodeTerm(true);
const looseTerm: Check = nodeTerm(false);

/** ValidateNodeSelector. */
export const nodeSelector: Check = fields("core ValidateNodeSelector", {
  nodeSelectorTerms: required(each(strictTerm)),
});

const looseSelector: Check = fields("core ValidateNodeSelector", {
  nodeSelectorTerms: required(each(looseTerm)),
});
/** Values of required node affinity are held to the syntax of labels since 1.32. */
const podNodeSelector: Check = (value, run) => (run.minor >= 32 ? nodeSelector : looseSelector)(value, run);

const weight: Check = range(1, 100);

function requiredWeight(value: JsonObject, run: Run): void {
  if (!isSet(value, "weight")) reportAt(run, "weight", "server/required", "weight", "a number from 1 to 100");
}

const nodeAffinity: Check = fields("core validateNodeAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: podNodeSelector,
  preferredDuringSchedulingIgnoredDuringExecution: each(
    fields("core ValidatePreferredSchedulingTerms", { weight, preference: looseTerm }, requiredWeight),
  ),
});

const podAffinityTerm: Check = fields(
  "core validatePodAffinityTerm",
  {
    labelSelector,
    namespaceSelector: labelSelector,
    namespaces: each(text(notLabel)),
    topologyKey: required(labelKey),
  },
  (value, run) => matchLabelKeys(value, run, true),
);

const podAffinity: Check = fields("core validatePodAffinity", {
  requiredDuringSchedulingIgnoredDuringExecution: each(podAffinityTerm),
  preferredDuringSchedulingIgnoredDuringExecution: each(
    fields(
      "core validateWeightedPodAffinityTerms",
      { weight, podAffinityTerm: podAffinityTerm },
      requiredWeight,
      (value, run) => {
        if (!isSet(value, "podAffinityTerm"))
          reportAt(run, ["podAffinityTerm", "topologyKey"], "server/required", "topologyKey");
      },
    ),
  ),
});

/** ValidateMatchLabelKeysAndMismatchLabelKeys; `affinity`: of a term of affinity, else of spreading. */
function matchLabelKeys(value: JsonObject, run: Run, affinity: boolean): void {
  const match = listOf(value, "matchLabelKeys");
  const mismatch = affinity ? listOf(value, "mismatchLabelKeys") : [];
  if (match.length === 0 && mismatch.length === 0) return;
  run.source = "core ValidateMatchLabelKeysAndMismatchLabelKeys";
  keysAllowed("matchLabelKeys", match, value, run);
  keysAllowed("mismatchLabelKeys", mismatch, value, run);
  const selector = objectOf(value, "labelSelector");
  const labelsOfSelector = objectOf(selector, "matchLabels") ?? {};
  const known = new Set<Json>(Object.keys(labelsOfSelector));
  if (!affinity && run.minor < 34) {
    for (const expression of listOf(selector, "matchExpressions"))
      if (isObject(expression)) known.add(expression["key"] ?? null);
    for (const [index, key] of match.entries())
      if (known.has(key))
        reportAt(run, ["matchLabelKeys", index], "server/forbidden", shown(key), "labelSelector has it too");
  } else {
    for (const expression of listOf(selector, "matchExpressions")) {
      const key = isObject(expression) ? expression["key"] : undefined;
      if (typeof key !== "string") continue;
      const index = match.lastIndexOf(key);
      if (index >= 0 && known.has(key))
        reportAt(run, ["matchLabelKeys", index], "server/forbidden", shown(key), "labelSelector has it too");
      known.add(key);
    }
  }
  for (const [index, key] of match.entries())
    if (mismatch.includes(key))
      reportAt(
        run,
        ["matchLabelKeys", index],
        "server/forbidden",
        shown(key),
        "mismatchLabelKeys has it too",
      );
}

function keysAllowed(name: string, keys: readonly Json[], value: JsonObject, run: Run): void {
  if (keys.length === 0) return;
  if (!isSet(value, "labelSelector"))
    return reportAt(run, name, "server/forbidden", name, "labelSelector is not set");
  for (const [index, key] of keys.entries()) {
    const reason = typeof key === "string" ? notQualifiedName(key) : undefined;
    if (reason !== undefined) reportAt(run, [name, index], "server/name", shown(key), reason);
  }
}

export const affinity: Check = fields("core validateAffinity", {
  nodeAffinity,
  podAffinity,
  podAntiAffinity: podAffinity,
});

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** ValidateTolerations. */
export const tolerations: Check = each(
  fields("core ValidateTolerations", { effect: oneOf(effects, true) }, (value, run) => {
    const key = textOf(value, "key");
    const operator = textOf(value, "operator");
    const given = textOf(value, "value");
    if (key === undefined || operator === undefined || given === undefined) return;
    const badKey = key === "" ? undefined : notQualifiedName(key);
    if (badKey !== undefined) reportAt(run, "key", "server/name", shown(key), badKey);
    if (key === "" && operator !== "Exists")
      reportAt(run, "operator", "server/invalid", shown(operator), "without a key it must be Exists");
    if (isSet(value, "tolerationSeconds") && textOf(value, "effect") !== "NoExecute")
      reportAt(
        run,
        "effect",
        "server/invalid",
        shown(value["effect"] ?? ""),
        "with tolerationSeconds it must be NoExecute",
      );
    if (operator === "" || operator === "Equal") {
      const reason = notLabelValue(given);
      if (reason !== undefined) reportAt(run, "value", "server/invalid", shown(given), reason);
    } else if (operator === "Exists") {
      if (given !== "") reportAt(run, "value", "server/forbidden", "value", "operator is Exists");
    } else reportAt(run, "operator", "server/not-supported", shown(operator), "Equal, Exists");
  }),
);

/** Taints of a node: validateNodeTaints. */
export const taints: Check = (value, run) => {
  each(
    fields("core validateNodeTaints", {
      key: required(labelKey),
      value: text(notLabelValue, false),
      effect: required(oneOf(effects)),
    }),
  )(value, run);
  const seen = new Set<string>();
  for (const [index, taint] of (Array.isArray(value) ? (value as readonly Json[]) : []).entries()) {
    if (!isObject(taint)) continue;
    const id = `${textOf(taint, "key")} ${textOf(taint, "effect")}`;
    if (seen.has(id)) reportAt(run, [index], "server/duplicate", shown(taint["key"]), "with the same effect");
    seen.add(id);
  }
};

const inclusion: Check = oneOf(["Honor", "Ignore"]);
const actions = ["DoNotSchedule", "ScheduleAnyway"];

const constraint: Check = fields(
  "core validateTopologySpreadConstraints",
  {
    topologyKey: required(),
    whenUnsatisfiable: required(oneOf(actions)),
    minDomains: positive,
    nodeAffinityPolicy: inclusion,
    nodeTaintsPolicy: inclusion,
    labelSelector,
  },
  (value, run) => {
    const skew = numberOf(value, "maxSkew");
    if (!isSet(value, "maxSkew"))
      reportAt(run, "maxSkew", "server/required", "maxSkew", "it must be greater than 0");
    else if (skew !== undefined && skew <= 0)
      reportAt(run, "maxSkew", "server/out-of-range", String(skew), "it must be greater than 0");
    if (isSet(value, "minDomains") && value["whenUnsatisfiable"] !== "DoNotSchedule")
      reportAt(
        run,
        "minDomains",
        "server/forbidden",
        "minDomains",
        "it works with whenUnsatisfiable DoNotSchedule only",
      );
    matchLabelKeys(value, run, false);
  },
);

/** validateTopologySpreadConstraints. */
export const topologySpreadConstraints: Check = (value, run) => {
  each(constraint)(value, run);
  const seen = new Set<string>();
  run.source = "core ValidateSpreadConstraintNotRepeat";
  for (const [index, item] of (Array.isArray(value) ? (value as readonly Json[]) : []).entries()) {
    if (!isObject(item)) continue;
    const id = `${textOf(item, "topologyKey")} ${textOf(item, "whenUnsatisfiable")}`;
    if (seen.has(id))
      reportAt(
        run,
        [index],
        "server/duplicate",
        shown(item["topologyKey"]),
        "with the same whenUnsatisfiable",
      );
    seen.add(id);
  }
};
