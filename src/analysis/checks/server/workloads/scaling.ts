/** HorizontalPodAutoscaler and PodDisruptionBudget. */
import { isObject, type JsonObject } from "../../../../kube/json.ts";
import { atMostAll, nonNegativeQuantity, numberOrPercent, positiveQuantity } from "../engine/amounts.ts";
import {
  all,
  each,
  fields,
  isSet,
  listOf,
  numberOf,
  oneOf,
  positive,
  range,
  required,
  text,
  textOf,
} from "../engine/build.ts";
import { type Check, reportAt, type Run, shown } from "../engine/run.ts";
import { labelSelector } from "../engine/selectors.ts";
import { label, notPathSegment } from "../engine/texts.ts";
import { notContainerResource } from "../pods/resources.ts";

const segment: Check = text(notPathSegment);

/** ValidateCrossVersionObjectReference. What is scaled must name a group since 1.34. */
function reference(scaled: boolean): Check {
  return fields(
    "autoscaling ValidateCrossVersionObjectReference",
    { kind: required(segment), name: required(segment) },
    (value, run) => {
      const version = textOf(value, "apiVersion");
      if (version === undefined) return;
      const parts = version.split("/");
      if (parts.length > 2)
        reportAt(
          run,
          "apiVersion",
          "server/invalid",
          shown(version),
          "it must be <group>/<version> or <version>",
        );
      else if (scaled && run.minor >= 34 && (parts.length < 2 || parts[0] === ""))
        reportAt(run, "apiVersion", "server/invalid", shown(version), "it must name a group, as in apps/v1");
    },
  );
}

const target: Check = reference(false);

const metricTarget: Check = fields("autoscaling validateMetricTarget", {
  type: required(oneOf(["Utilization", "Value", "AverageValue"])),
  value: positiveQuantity,
  averageValue: positiveQuantity,
  averageUtilization: positive,
});

const identifier: Check = fields("autoscaling validateMetricIdentifier", { name: required(segment) });

type Needs = (target: JsonObject, run: Run) => void;

const valueNeeded: Needs = (value, run) => {
  if (!isSet(value, "value") && !isSet(value, "averageValue"))
    reportAt(run, ["target", "averageValue"], "server/required", "value or averageValue");
};
const externalNeeds: Needs = (value, run) => {
  valueNeeded(value, run);
  if (isSet(value, "value") && isSet(value, "averageValue"))
    reportAt(run, ["target", "value"], "server/forbidden", "value", "averageValue is set");
};
const averageNeeded: Needs = (value, run) => {
  if (!isSet(value, "averageValue"))
    reportAt(run, ["target", "averageValue"], "server/required", "averageValue");
};
const resourceNeeds: Needs = (value, run) => {
  if (!isSet(value, "averageUtilization") && !isSet(value, "averageValue"))
    reportAt(run, ["target", "averageUtilization"], "server/required", "averageUtilization or averageValue");
  if (isSet(value, "averageUtilization") && isSet(value, "averageValue"))
    reportAt(
      run,
      ["target", "averageValue"],
      "server/forbidden",
      "averageValue",
      "averageUtilization is set",
    );
};

function source(name: string, table: Parameters<typeof fields>[1], needs: Needs): Check {
  return fields(`autoscaling ${name}`, table, (value, run) => {
    const inner = value["target"] ?? {};
    if (!isObject(inner)) return;
    run.path.push("target");
    metricTarget(inner, run);
    run.path.pop();
    run.source = `autoscaling ${name}`;
    needs(inner, run);
    if ("metric" in table && !isSet(value, "metric"))
      reportAt(run, ["metric", "name"], "server/required", "metric.name");
    if ("describedObject" in table && !isSet(value, "describedObject"))
      reportAt(run, ["describedObject", "kind"], "server/required", "describedObject.kind");
  });
}

/** Sources of a metric in the order in which the server looks at them: only the first one that is set. */
const sources: readonly (readonly [string, string, Check])[] = [
  [
    "object",
    "Object",
    source("validateObjectSource", { describedObject: target, metric: identifier }, valueNeeded),
  ],
  ["external", "External", source("validateExternalSource", { metric: identifier }, externalNeeds)],
  ["pods", "Pods", source("validatePodsSource", { metric: identifier }, averageNeeded)],
  ["resource", "Resource", source("validateResourceSource", { name: required() }, resourceNeeds)],
  [
    "containerResource",
    "ContainerResource",
    source(
      "validateContainerResourceSource",
      { name: required(text(notContainerResource)), container: required(label) },
      resourceNeeds,
    ),
  ],
];
const sourceTypes = sources.map(([, type]) => type);

const metric: Check = fields(
  "autoscaling validateMetricSpec",
  { type: required(oneOf(sourceTypes)) },
  (value, run) => {
    const type = textOf(value, "type");
    let first = true;
    for (const [name, own, check] of sources) {
      const inner = value[name];
      if (inner === undefined || inner === null) {
        if (own === type) reportAt(run, name, "server/required", name, `the type is ${own}`);
        continue;
      }
      if (own !== type) reportAt(run, name, "server/forbidden", name, `the type is ${type ?? ""}`);
      if (first) {
        run.path.push(name);
        check(inner, run);
        run.path.pop();
        run.source = "autoscaling validateMetricSpec";
      }
      first = false;
    }
  },
);

const policy: Check = fields(
  "autoscaling validateScalingPolicy",
  { type: oneOf(["Pods", "Percent"]) },
  (value, run) => {
    if (!isSet(value, "type")) reportAt(run, "type", "server/required", "type");
    const amount = numberOf(value, "value") ?? 0;
    const period = numberOf(value, "periodSeconds") ?? 0;
    if (amount <= 0)
      reportAt(run, "value", "server/out-of-range", String(amount), "it must be greater than 0");
    if (period <= 0 || period > 1800)
      reportAt(run, "periodSeconds", "server/out-of-range", String(period), "it must be between 1 and 1800");
  },
);

const scaling: Check = fields(
  "autoscaling validateScalingRules",
  {
    stabilizationWindowSeconds: range(0, 3600),
    selectPolicy: oneOf(["Max", "Min", "Disabled"]),
    policies: each(policy),
    tolerance: (value, run) => {
      if (run.minor >= 35) nonNegativeQuantity(value, run);
    },
  },
  (value, run) => {
    // Only an empty list stays empty: a list that is left out takes the default.
    if (Array.isArray(value["policies"]) && value["policies"].length === 0)
      reportAt(run, "policies", "server/required", "policies", "at least one");
  },
);

/** validateHorizontalPodAutoscalerSpec. */
export const autoscaler: Check = fields(
  "autoscaling validateHorizontalPodAutoscalerSpec",
  {
    scaleTargetRef: reference(true),
    metrics: each(metric),
    behavior: fields("autoscaling validateBehavior", { scaleUp: scaling, scaleDown: scaling }),
    targetCPUUtilizationPercentage: positive,
  },
  (value, run) => {
    if (!isSet(value, "scaleTargetRef"))
      reportAt(run, ["scaleTargetRef", "kind"], "server/required", "scaleTargetRef.kind");
    const least = numberOf(value, "minReplicas") ?? 1;
    const most = numberOf(value, "maxReplicas") ?? 0;
    // Scaling to zero is on since 1.37 (feature HPAScaleToZero).
    const bound = run.minor >= 37 ? 0 : 1;
    if (least < bound)
      reportAt(run, "minReplicas", "server/out-of-range", String(least), `it must be ${bound} or more`);
    if (!isSet(value, "maxReplicas")) reportAt(run, "maxReplicas", "server/required", "maxReplicas");
    else if (most < 1)
      reportAt(run, "maxReplicas", "server/out-of-range", String(most), "it must be 1 or more");
    else if (most < least)
      reportAt(
        run,
        "maxReplicas",
        "server/out-of-range",
        String(most),
        `it must not be less than minReplicas, ${least}`,
      );
    if (least === 0 && bound === 0) {
      const types = listOf(value, "metrics").map((entry) => (isObject(entry) ? entry["type"] : undefined));
      if (!types.includes("Object") && !types.includes("External"))
        reportAt(
          run,
          "metrics",
          "server/required",
          "a metric of type Object or External",
          "minReplicas is 0",
        );
    }
  },
);

const budgetAmount: Check = all(numberOrPercent, atMostAll);

/** ValidatePodDisruptionBudgetSpec. */
export const disruptionBudget: Check = fields(
  "policy ValidatePodDisruptionBudgetSpec",
  {
    minAvailable: budgetAmount,
    maxUnavailable: budgetAmount,
    selector: labelSelector,
    unhealthyPodEvictionPolicy: oneOf(["IfHealthyBudget", "AlwaysAllow"]),
  },
  (value, run) => {
    if (isSet(value, "minAvailable") && isSet(value, "maxUnavailable"))
      reportAt(
        run,
        "maxUnavailable",
        "server/forbidden",
        "maxUnavailable",
        "minAvailable is set; only one of the two may be",
      );
  },
);
