/** Deployment, ReplicaSet, StatefulSet, DaemonSet, ReplicationController, ControllerRevision. */
import { isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import { amountOf, atMostAll, numberOrPercent } from "../engine/amounts.ts";
import {
  all,
  each,
  fields,
  isSet,
  listOf,
  nonNegative,
  numberOf,
  objectOf,
  oneOf,
  required,
  textOf,
} from "../engine/build.ts";
import { type Check, report, reportAt, type Run, shown } from "../engine/run.ts";
import { labelSelector, nonEmptySelector } from "../engine/selectors.ts";
import { labelOrEmpty } from "../engine/texts.ts";
import { checkSelects, checkTemplate, labelsOf, type TemplateRules } from "../pods/templates.ts";
import { claimSpec } from "../storage/claims.ts";

const selector: Check = all(labelSelector, nonEmptySelector);

/** The template of Pods that run for ever, and the selector that must select them. */
function template(kind: string) {
  const rules: TemplateRules = { restart: ["Always"], noDeadline: kind };
  return (spec: JsonObject, run: Run): void => {
    checkSelects(spec, run);
    run.path.push("template");
    checkTemplate(spec["template"], rules, run);
    run.path.pop();
  };
}

const percent: Check = all(numberOrPercent, atMostAll);

const deploymentStrategy: Check = fields(
  "apps ValidateDeploymentStrategy",
  { type: oneOf(["Recreate", "RollingUpdate"], true) },
  (value, run) => {
    const type = textOf(value, "type");
    const rolling = objectOf(value, "rollingUpdate");
    if (type === "Recreate" && isSet(value, "rollingUpdate"))
      reportAt(run, "rollingUpdate", "server/forbidden", "rollingUpdate", "the type is Recreate");
    if ((type !== "" && type !== "RollingUpdate") || rolling === undefined) return;
    run.path.push("rollingUpdate");
    rollingDeployment(rolling, run);
    run.path.pop();
  },
);

const rollingDeployment: Check = fields(
  "apps ValidateRollingUpdateDeployment",
  { maxUnavailable: percent, maxSurge: numberOrPercent },
  (value, run) => {
    if (amountOf(value["maxUnavailable"] ?? "25%") === 0 && amountOf(value["maxSurge"] ?? "25%") === 0)
      reportAt(
        run,
        "maxUnavailable",
        "server/invalid",
        "0",
        "maxSurge is 0 too, so nothing could be replaced",
      );
  },
);

export const deployment: Check = fields(
  "apps ValidateDeploymentSpec",
  {
    replicas: nonNegative,
    selector: required(selector),
    strategy: deploymentStrategy,
    minReadySeconds: nonNegative,
    revisionHistoryLimit: nonNegative,
    progressDeadlineSeconds: nonNegative,
  },
  template("Deployment"),
  (value, run) => {
    const deadline = isSet(value, "progressDeadlineSeconds")
      ? numberOf(value, "progressDeadlineSeconds")
      : 600;
    const ready = numberOf(value, "minReadySeconds") ?? 0;
    if (deadline !== undefined && deadline <= ready)
      reportAt(
        run,
        "progressDeadlineSeconds",
        "server/out-of-range",
        String(deadline),
        `it must be greater than minReadySeconds, ${ready}`,
      );
  },
);

export const replicaSet: Check = fields(
  "apps ValidateReplicaSetSpec",
  {
    replicas: nonNegative,
    minReadySeconds: nonNegative,
    selector: required(selector),
  },
  template("ReplicaSet"),
);

const rollingDaemonSet: Check = fields(
  "apps ValidateRollingUpdateDaemonSet",
  { maxUnavailable: percent, maxSurge: percent },
  (value, run) => {
    const unavailable = amountOf(value["maxUnavailable"] ?? 1);
    const surge = amountOf(value["maxSurge"] ?? 0);
    if (unavailable === undefined || surge === undefined) return;
    if (unavailable !== 0 && surge !== 0)
      reportAt(run, "maxSurge", "server/forbidden", "maxSurge", "maxUnavailable is not 0");
    if (unavailable === 0 && surge === 0)
      reportAt(
        run,
        "maxUnavailable",
        "server/invalid",
        "0",
        "maxSurge is 0 too, so nothing could be replaced",
      );
  },
);

export const daemonSet: Check = fields(
  "apps ValidateDaemonSetSpec",
  {
    selector: required(selector),
    minReadySeconds: nonNegative,
    revisionHistoryLimit: nonNegative,
    updateStrategy: fields(
      "apps ValidateDaemonSetUpdateStrategy",
      { type: oneOf(["RollingUpdate", "OnDelete"], true) },
      (value, run) => {
        const rolling = objectOf(value, "rollingUpdate");
        const type = textOf(value, "type");
        if (rolling === undefined || (type !== "" && type !== "RollingUpdate")) return;
        run.path.push("rollingUpdate");
        rollingDaemonSet(rolling, run);
        run.path.pop();
      },
    ),
  },
  template("DaemonSet"),
);

const rollingStatefulSet: Check = fields("apps validateRollingUpdateStatefulSet", {
  partition: nonNegative,
  maxUnavailable: (value, run) => (run.minor >= 37 ? maxUnavailable(value, run) : undefined),
});

const maxUnavailable: Check = (value, run) => {
  percent(value, run);
  if (amountOf(value) === 0) report(run, "server/invalid", shown(value), "it must not be 0");
};

const retention: Check = oneOf(["Retain", "Delete"], true);

function statefulVolumes(spec: JsonObject): Json {
  const template = spec["template"];
  const claims = listOf(spec, "volumeClaimTemplates");
  if (!isObject(template) || claims.length === 0) return template ?? null;
  const podSpec = template["spec"] ?? {};
  if (!isObject(podSpec)) return template;
  const names = new Set<string>();
  const made: Json[] = [];
  for (const claim of claims) {
    const name = isObject(claim) ? textOf(objectOf(claim, "metadata") ?? {}, "name") : undefined;
    if (name === undefined || names.has(name)) continue;
    names.add(name);
    made.push({ name, persistentVolumeClaim: { claimName: name } });
  }
  const own = listOf(podSpec, "volumes").filter(
    (volume) => !(isObject(volume) && typeof volume["name"] === "string" && names.has(volume["name"])),
  );
  // The Pod's own volumes first: so their places stay.
  return { ...template, spec: { ...podSpec, volumes: [...own, ...made] } };
}

export const statefulSet: Check = fields(
  "apps ValidateStatefulSetSpec",
  {
    podManagementPolicy: oneOf(["OrderedReady", "Parallel"], true),
    persistentVolumeClaimRetentionPolicy: fields("apps ValidatePersistentVolumeClaimRetentionPolicy", {
      whenDeleted: retention,
      whenScaled: retention,
    }),
    replicas: nonNegative,
    minReadySeconds: nonNegative,
    ordinals: fields("apps ValidateStatefulSetSpec", { start: nonNegative }),
    selector: required(selector),
    serviceName: (value, run) => {
      if (run.minor >= 34) labelOrEmpty(value, run);
    },
    volumeClaimTemplates: (value, run) => {
      if (run.minor >= 34) each(claimTemplateOfSet)(value, run);
    },
    updateStrategy: fields(
      "apps ValidateStatefulSetSpec",
      { type: oneOf(["RollingUpdate", "OnDelete"], true) },
      (value, run) => {
        const type = textOf(value, "type");
        const rolling = objectOf(value, "rollingUpdate");
        if (type === "OnDelete" && isSet(value, "rollingUpdate"))
          reportAt(run, "rollingUpdate", "server/forbidden", "rollingUpdate", "the type is OnDelete");
        else if (rolling !== undefined && (type === "" || type === "RollingUpdate")) {
          run.path.push("rollingUpdate");
          rollingStatefulSet(rolling, run);
          run.path.pop();
        }
      },
    ),
  },
  (value, run) => {
    checkSelects(value, run);
    run.path.push("template");
    const prepared = statefulVolumes(value);
    checkTemplate(
      prepared === null ? undefined : withoutHostname(prepared),
      { restart: ["Always"], noDeadline: "StatefulSet" },
      run,
    );
    run.path.pop();
  },
);

const claimTemplateOfSet: Check = fields("apps validateVolumeClaimTemplates", {}, (value, run) => {
  const spec = value["spec"] ?? {};
  if (!isObject(spec)) return;
  run.path.push("spec");
  claimSpec(spec, run);
  run.path.pop();
});

/** A StatefulSet gives its Pods their hostname and subdomain: what the template says of them is not looked at. */
function withoutHostname(template: Json): Json {
  if (!isObject(template) || !isObject(template["spec"])) return template;
  const spec = template["spec"];
  if (!isSet(spec, "hostname") && !isSet(spec, "subdomain")) return template;
  const { hostname: _hostname, subdomain: _subdomain, ...rest } = spec;
  return { ...template, spec: rest };
}

export const replicationController: Check = fields(
  "core ValidateReplicationControllerSpec",
  { replicas: nonNegative, minReadySeconds: nonNegative },
  (value, run) => {
    const template = value["template"];
    const written = objectOf(value, "selector");
    const labels = labelsOf(template);
    // Without a selector it takes the labels of the template (SetDefaults_ReplicationController).
    const empty = written === undefined || Object.keys(written).length === 0;
    if (!isSet(value, "template")) {
      reportAt(run, "template", "server/required", "template");
      if (empty) reportAt(run, "selector", "server/required", "selector");
      return;
    }
    if (empty && Object.keys(labels).length === 0)
      reportAt(run, "selector", "server/required", "selector", "the template has no labels");
    if (
      !empty &&
      Object.entries(written).some(([key, wanted]) => typeof wanted === "string" && labels[key] !== wanted)
    )
      reportAt(
        run,
        ["template", "metadata", "labels"],
        "server/mismatch",
        "the labels of the template",
        "spec.selector does not select them",
      );
    run.path.push("template");
    checkTemplate(template, { restart: ["Always"], noDeadline: "ReplicationController" }, run);
    run.path.pop();
  },
);

export const controllerRevision: Check = fields(
  "apps ValidateControllerRevisionCreate",
  { revision: nonNegative },
  (value, run) => {
    if (!isObject(value["data"])) reportAt(run, "data", "server/required", "data", "a mapping");
  },
);
