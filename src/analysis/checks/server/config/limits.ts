/** LimitRange, ResourceQuota, PriorityClass, RuntimeClass, Lease, Event. */
import { isObject, type JsonObject } from "../../../../kube/json.ts";
import { compareQuantities, parseQuantity, quantityText, type Quantity } from "../../../../kube/quantity.ts";
import { amountsOf } from "../engine/amounts.ts";
import {
  byteLength,
  fields,
  isSet,
  listOf,
  nonNegative,
  numberOf,
  objectOf,
  oneOf,
  positive,
  required,
  textOf,
  unique,
} from "../engine/build.ts";
import { type Check, report, reportAt, type Run, shown } from "../engine/run.ts";
import { labels } from "../engine/selectors.ts";
import { label, notQualifiedName } from "../engine/texts.ts";
import { tolerations } from "../pods/placing.ts";
import {
  checkResources,
  notAmount,
  notContainerResource,
  notResourceName,
  overcommits,
} from "../pods/resources.ts";

const limitTypes = new Set(["Pod", "Container", "PersistentVolumeClaim"]);
const ONE = parseQuantity("1");
/** Beyond this the server computes with rounded figures. */
const MAX_MILLI = (2n ** 63n / 1000n) * 10n ** 9n;

function notLimitType(type: string): string | undefined {
  const reason = notQualifiedName(type);
  if (reason !== undefined) return reason;
  return type.includes("/") || limitTypes.has(type)
    ? undefined
    : "it must be Pod, Container or PersistentVolumeClaim";
}

/** A list of the item, by resource; a wrong name of a resource is told. */
function listed(item: JsonObject, list: string, type: string, run: Run): Map<string, Quantity> {
  const amounts = new Map(amountsOf(objectOf(item, list)));
  for (const name of amounts.keys()) {
    const reason =
      type === "Pod" || type === "Container" ? notContainerResource(name) : notResourceName(name);
    if (reason !== undefined) reportAt(run, [list, name], "server/name", shown(name), reason);
  }
  return amounts;
}

function over(left: Quantity | undefined, right: Quantity | undefined): boolean {
  return left !== undefined && right !== undefined && compareQuantities(left, right) > 0;
}

function checkLimit(item: JsonObject, run: Run): void {
  run.source = "core ValidateLimitRange";
  const type = textOf(item, "type");
  if (type === undefined) return;
  const reason = type === "" ? "it must not be empty" : notLimitType(type);
  if (reason !== undefined) reportAt(run, "type", "server/invalid", shown(type), reason);
  const max = listed(item, "max", type, run);
  const min = listed(item, "min", type, run);
  const ratios = listed(item, "maxLimitRequestRatio", type, run);
  let limits = new Map<string, Quantity>();
  let requests = new Map<string, Quantity>();
  if (type === "Pod") {
    for (const list of ["default", "defaultRequest"])
      if (Object.keys(objectOf(item, list) ?? {}).length > 0)
        reportAt(run, list, "server/forbidden", list, "the type is Pod");
  } else {
    limits = listed(item, "default", type, run);
    requests = listed(item, "defaultRequest", type, run);
  }
  if (type === "PersistentVolumeClaim" && !max.has("storage") && !min.has("storage"))
    report(run, "server/required", "min.storage or max.storage");
  // SetDefaults_LimitRangeItem: of containers, a limit defaults to the maximum, a request to the limit, else the minimum.
  if (type === "Container") {
    limits = new Map([...max, ...limits]);
    requests = new Map([...min, ...limits, ...requests]);
  }
  for (const name of new Set([
    ...max.keys(),
    ...min.keys(),
    ...limits.keys(),
    ...requests.keys(),
    ...ratios.keys(),
  ]))
    compareLimits(
      name,
      {
        max: max.get(name),
        min: min.get(name),
        limit: limits.get(name),
        request: requests.get(name),
        ratio: ratios.get(name),
      },
      run,
    );
}

interface Limits {
  readonly max: Quantity | undefined;
  readonly min: Quantity | undefined;
  readonly limit: Quantity | undefined;
  readonly request: Quantity | undefined;
  readonly ratio: Quantity | undefined;
}

function compareLimits(name: string, { max, min, limit, request, ratio }: Limits, run: Run): void {
  const tell = (list: string, amount: Quantity | undefined, why: string): void =>
    reportAt(
      run,
      [list, name],
      "server/invalid",
      shown(amount === undefined ? name : quantityText(amount)),
      why,
    );
  if (over(min, max)) tell("min", min, "it is more than max");
  if (over(min, request)) tell("defaultRequest", request, "it is less than min");
  if (over(request, max)) tell("defaultRequest", request, "it is more than max");
  if (over(request, limit)) tell("defaultRequest", request, "it is more than default");
  if (over(min, limit)) tell("default", limit, "it is less than min");
  if (over(limit, max)) tell("default", limit, "it is more than max");
  if (over(ONE, ratio)) tell("maxLimitRequestRatio", ratio, "it is less than 1");
  if (
    ratio !== undefined &&
    min !== undefined &&
    max !== undefined &&
    min.nano > 0n &&
    [ratio, min, max].every(({ nano }) => nano < MAX_MILLI) &&
    ratio.nano * min.nano > max.nano * 10n ** 9n
  )
    tell("maxLimitRequestRatio", ratio, "it is more than max divided by min");
  if (
    !overcommits(name) &&
    limit !== undefined &&
    request !== undefined &&
    compareQuantities(limit, request) !== 0
  )
    tell("defaultRequest", request, "it must be equal to default");
}

export const limitRange: Check = (value, run) => {
  const limits = listOf(isObject(value) ? value : undefined, "limits");
  run.path.push("limits");
  for (const [index, item] of limits.entries()) {
    if (!isObject(item)) continue;
    run.path.push(index);
    checkLimit(item, run);
    run.path.pop();
  }
  unique((item) => (isObject(item) ? item["type"] : undefined))(limits, run);
  run.path.pop();
};

const scopes = [
  "Terminating",
  "NotTerminating",
  "BestEffort",
  "NotBestEffort",
  "PriorityClass",
  "CrossNamespacePodAffinity",
];
const computeResources = new Set([
  "pods",
  "cpu",
  "memory",
  "limits.cpu",
  "limits.memory",
  "requests.cpu",
  "requests.memory",
]);
const claimResources = new Set(["persistentvolumeclaims", "requests.storage"]);
const quotaResources = new Set([
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.storage",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "persistentvolumeclaims",
  "configmaps",
  "services.nodeports",
  "services.loadbalancers",
]);

function isQuotaResource(name: string): boolean {
  return quotaResources.has(name) || name.startsWith("hugepages-") || name.startsWith("requests.hugepages-");
}

function notQuotaResource(name: string): string | undefined {
  const reason = notQualifiedName(name);
  if (reason !== undefined) return reason;
  return name.includes("/") || isQuotaResource(name)
    ? undefined
    : "it must be a standard resource of quotas, or have a domain, or be count/<resource>.<group>";
}

function scopeTakes(scope: string, resource: string): boolean {
  if (scope === "BestEffort") return resource === "pods";
  if (scope === "VolumeAttributesClass") return claimResources.has(resource);
  return computeResources.has(resource);
}

function checkScope(
  scope: string,
  hard: readonly string[],
  path: readonly (string | number)[],
  run: Run,
): void {
  const known = scopes.includes(scope) || (run.minor >= 34 && scope === "VolumeAttributesClass");
  if (!known) return reportAt(run, path, "server/not-supported", shown(scope), scopes.join(", "));
  const refused = hard.find((name) => isQuotaResource(name) && !scopeTakes(scope, name));
  if (refused !== undefined)
    reportAt(run, path, "server/invalid", shown(scope), `it does not go with ${refused}`);
}

const pairs = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;

function checkPairs(found: ReadonlySet<unknown>, path: readonly (string | number)[], run: Run): void {
  for (const [one, other] of pairs)
    if (found.has(one) && found.has(other))
      reportAt(run, path, "server/invalid", shown(one), `${other} is there too`);
}

export const resourceQuota: Check = (value, run) => {
  if (!isObject(value)) return;
  run.source = "core ValidateResourceQuotaSpec";
  const hard = amountsOf(objectOf(value, "hard"));
  for (const [name, amount] of hard) {
    const reason = notQuotaResource(name);
    if (reason !== undefined) reportAt(run, ["hard", name], "server/name", shown(name), reason);
    const bad = notAmount(name, amount);
    if (bad !== undefined) reportAt(run, ["hard", name], "server/invalid", shown(quantityText(amount)), bad);
  }
  const names = [...hard.keys()];
  run.source = "core validateResourceQuotaScopes";
  const given = listOf(value, "scopes");
  for (const [index, scope] of given.entries())
    if (typeof scope === "string") checkScope(scope, names, ["scopes", index], run);
  checkPairs(new Set(given), ["scopes"], run);
  checkScopeSelector(listOf(objectOf(value, "scopeSelector"), "matchExpressions"), names, run);
};

const existing = new Set([
  "BestEffort",
  "NotBestEffort",
  "Terminating",
  "NotTerminating",
  "CrossNamespacePodAffinity",
]);

function checkScopeSelector(expressions: ReturnType<typeof listOf>, hard: readonly string[], run: Run): void {
  run.source = "core validateScopedResourceSelectorRequirement";
  const found = new Set<unknown>();
  for (const [index, expression] of expressions.entries()) {
    if (!isObject(expression)) continue;
    const path = ["scopeSelector", "matchExpressions", index];
    const scope = textOf(expression, "scopeName");
    const operator = textOf(expression, "operator");
    const values = listOf(expression, "values");
    if (scope === undefined || operator === undefined) continue;
    checkScope(scope, hard, [...path, "scopeName"], run);
    found.add(scope);
    if (existing.has(scope) && operator !== "Exists")
      reportAt(
        run,
        [...path, "operator"],
        "server/invalid",
        shown(operator),
        `it must be Exists for ${scope}`,
      );
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0) reportAt(run, [...path, "values"], "server/required", "values");
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0)
        reportAt(run, [...path, "values"], "server/forbidden", "values", `the operator is ${operator}`);
    } else
      reportAt(
        run,
        [...path, "operator"],
        "server/not-supported",
        shown(operator),
        "In, NotIn, Exists, DoesNotExist",
      );
  }
  checkPairs(found, ["scopeSelector", "matchExpressions"], run);
}

/** ValidatePriorityClass. */
export const priorityClass: Check = fields(
  "scheduling ValidatePriorityClass",
  { preemptionPolicy: oneOf(["PreemptLowerPriority", "Never"]) },
  (value, run) => {
    const name = textOf(objectOf(value, "metadata") ?? {}, "name") ?? "";
    const priority = numberOf(value, "value") ?? 0;
    if (name.startsWith("system-")) {
      const known = {
        "system-node-critical": 2_000_001_000,
        "system-cluster-critical": 2_000_000_000,
      } as const;
      if (
        !Object.hasOwn(known, name) ||
        known[name as keyof typeof known] !== priority ||
        value["globalDefault"] === true
      )
        reportAt(
          run,
          ["metadata", "name"],
          "server/name",
          shown(name),
          "names that begin with system- are the system's own",
        );
    } else if (priority > 1_000_000_000)
      reportAt(run, "value", "server/out-of-range", String(priority), "it must not be more than 1000000000");
  },
);

/** ValidateRuntimeClass. */
export const runtimeClass: Check = fields("node ValidateRuntimeClass", {
  handler: required(label),
  overhead: (value, run) => {
    const fixed = objectOf(isObject(value) ? value : undefined, "podFixed");
    if (fixed === undefined) return;
    run.path.push("podFixed");
    checkResources({ limits: fixed }, "container", new Set(), run);
    run.path.pop();
  },
  scheduling: fields("node validateScheduling", {
    nodeSelector: labels,
    tolerations: (value, run) => {
      tolerations(value, run);
      unique((item) =>
        isObject(item)
          ? ["key", "operator", "value", "effect"].map((name) => textOf(item, name) ?? "").join("\n")
          : undefined,
      )(value, run);
    },
  }),
});

/** ValidateLeaseSpec. */
export const lease: Check = fields("coordination ValidateLeaseSpec", {
  leaseDurationSeconds: positive,
  leaseTransitions: nonNegative,
});

/** legacyValidateEvent; `v1`: an event of the core group. */
export function event(core: boolean): Check {
  return fields("core ValidateEventCreate", {}, (value, run) => {
    const namespace = textOf(objectOf(value, "metadata") ?? {}, "namespace") ?? "";
    // Into which namespace a file goes that names none is only known when it is sent.
    const known = namespace !== "";
    const about = objectOf(value, core ? "involvedObject" : "regarding") ?? {};
    const of = textOf(about, "namespace");
    const path = [core ? "involvedObject" : "regarding", "namespace"];
    if (of === undefined) return;
    if (!isSet(value, "eventTime")) {
      if (known && (of === "" ? namespace !== "default" : namespace !== of))
        reportAt(run, path, "server/mismatch", shown(of), `the Event is in ${namespace}`);
    } else {
      if (known && of === "" && namespace !== "default" && namespace !== "kube-system")
        reportAt(run, path, "server/mismatch", shown(of), `the Event is in ${namespace}`);
      checkNewEvent(value, core, run);
    }
    if (!core) checkEventsGroup(value, run);
  });
}

function checkNewEvent(value: JsonObject, core: boolean, run: Run): void {
  const controller = core ? "reportingComponent" : "reportingController";
  const name = textOf(value, controller);
  if (name === "") reportAt(run, controller, "server/required", controller);
  else if (name !== undefined) {
    const reason = notQualifiedName(name);
    if (reason !== undefined) reportAt(run, controller, "server/name", shown(name), reason);
  }
  for (const [field, most] of [
    ["reportingInstance", 128],
    ["action", 128],
    ["reason", 128],
  ] as const) {
    const text = textOf(value, field);
    if (text === "") reportAt(run, field, "server/required", field);
    else if (text !== undefined && byteLength(text) > most)
      reportAt(run, field, "server/too-long", shown(text), `at most ${most} bytes are allowed`);
  }
  const note = textOf(value, core ? "message" : "note");
  if (note !== undefined && byteLength(note) > 1024)
    reportAt(
      run,
      core ? "message" : "note",
      "server/too-long",
      shown(note),
      "at most 1024 bytes are allowed",
    );
}

function checkEventsGroup(value: JsonObject, run: Run): void {
  if (!isSet(value, "eventTime")) reportAt(run, "eventTime", "server/required", "eventTime");
  const type = textOf(value, "type");
  if (type !== undefined && type !== "Normal" && type !== "Warning")
    reportAt(
      run,
      "type",
      type === "" ? "server/required" : "server/not-supported",
      type === "" ? "type" : shown(type),
      "Normal, Warning",
    );
  for (const field of ["deprecatedFirstTimestamp", "deprecatedLastTimestamp"])
    if (isSet(value, field))
      reportAt(run, field, "server/forbidden", field, "it is of events of the core group");
  if ((numberOf(value, "deprecatedCount") ?? 0) !== 0)
    reportAt(
      run,
      "deprecatedCount",
      "server/forbidden",
      "deprecatedCount",
      "it is of events of the core group",
    );
  const source = objectOf(value, "deprecatedSource") ?? {};
  if (textOf(source, "component") !== "" || textOf(source, "host") !== "")
    reportAt(
      run,
      "deprecatedSource",
      "server/forbidden",
      "deprecatedSource",
      "it is of events of the core group",
    );
  const series = objectOf(value, "series");
  if (series === undefined) return;
  const count = numberOf(series, "count") ?? 0;
  if (count < 2)
    reportAt(run, ["series", "count"], "server/out-of-range", String(count), "it must be 2 or more");
  if (!isSet(series, "lastObservedTime"))
    reportAt(run, ["series", "lastObservedTime"], "server/required", "lastObservedTime");
}
