/** Dynamic resource allocation: resource.k8s.io, but for its CEL expressions. */
import { isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import {
  byteLength,
  each,
  eachMember,
  fields,
  isSet,
  listOf,
  maxItems,
  maxLength,
  numberOf,
  objectOf,
  oneOf,
  required,
  text,
  textOf,
  unique,
} from "../engine/build.ts";
import { type Check, inside, report, reportAt, type Run, shown } from "../engine/run.ts";
import { labelKey, labelValue } from "../engine/selectors.ts";
import { label, notIdentifier, notLabel, notLabelValue, notSubdomain, subdomain } from "../engine/texts.ts";
import { nodeSelector } from "../pods/placing.ts";
import { isExtended } from "../pods/resources.ts";
import { csiDriverName } from "../pods/volume-sources.ts";
import { templateMeta } from "../storage/claims.ts";

const selectors: Check = (value, run) => {
  maxItems(32)(value, run);
  each(
    fields("resource validateSelector", {
      cel: required(fields("resource validateCELExpression", { expression: required(maxLength(10 * 1024)) })),
    }),
  )(value, run);
};

const opaque: Check = fields(
  "resource validateOpaqueConfiguration",
  { driver: required(csiDriverName) },
  (value, run) => {
    const parameters = value["parameters"];
    if (parameters === undefined || parameters === null)
      reportAt(run, "parameters", "server/required", "parameters");
    else if (!isObject(parameters))
      reportAt(run, "parameters", "server/invalid", "parameters", "it must be a mapping");
    else if (byteLength(JSON.stringify(parameters)) > 10 * 1024)
      reportAt(run, "parameters", "server/too-long", "parameters", "at most 10240 bytes are allowed");
  },
);

/** validateDeviceClassSpec. */
export const deviceClass: Check = fields("resource validateDeviceClassSpec", {
  selectors,
  config: (value, run) => {
    maxItems(32)(value, run);
    each(fields("resource validateDeviceConfiguration", { opaque: required(opaque) }))(value, run);
  },
  extendedResourceName: (value, run) => {
    if (run.minor >= 36 && typeof value === "string" && !isExtended(value))
      report(
        run,
        "server/name",
        shown(value),
        "it must be the name of an extended resource, as in example.com/gpu",
      );
  },
});

const effects = ["NoSchedule", "NoExecute", "None"];

const toleration: Check = fields(
  "resource validateDeviceToleration",
  { key: (value, run) => (value === "" ? undefined : labelKey(value, run)), effect: oneOf(effects, true) },
  (value, run) => {
    const operator = textOf(value, "operator");
    const given = textOf(value, "value");
    if (operator === undefined || given === undefined) return;
    if (operator === "Exists") {
      if (given !== "") reportAt(run, "value", "server/forbidden", "value", "operator is Exists");
      return;
    }
    // The default is Equal.
    if (operator !== "" && operator !== "Equal")
      return reportAt(run, "operator", "server/not-supported", shown(operator), "Exists, Equal");
    const reason = notLabelValue(given);
    if (reason !== undefined) reportAt(run, "value", "server/name", shown(given), reason);
  },
);

const deviceTable = {
  deviceClassName: required(subdomain),
  selectors,
  tolerations: (value: Json, run: Run) => {
    maxItems(16)(value, run);
    each(toleration)(value, run);
  },
};

function checkMode(value: JsonObject, run: Run): void {
  run.source = "resource validateDeviceAllocationMode";
  const mode = textOf(value, "allocationMode");
  const count = numberOf(value, "count") ?? 0;
  if (mode === "All") {
    if (count !== 0) reportAt(run, "count", "server/forbidden", "count", "allocationMode is All");
  } else if (mode === "" || mode === "ExactCount") {
    // 0 takes the default of 1.
    if (count < 0) reportAt(run, "count", "server/out-of-range", String(count), "it must be greater than 0");
  } else if (mode !== undefined)
    reportAt(run, "allocationMode", "server/not-supported", shown(mode), "All, ExactCount");
}

const exactly: Check = fields("resource validateExactDeviceRequest", deviceTable, checkMode);
const subRequest: Check = fields(
  "resource validateDeviceSubRequest",
  { ...deviceTable, name: required(label) },
  checkMode,
);
const nameOf = (item: Json): Json | undefined => (isObject(item) ? item["name"] : undefined);

const request: Check = fields(
  "resource validateDeviceRequest",
  {
    name: required(label),
    exactly,
    firstAvailable: (value, run) => {
      maxItems(8)(value, run);
      each(subRequest)(value, run);
      unique(nameOf)(value, run);
    },
  },
  (value, run) => {
    const count = Number(isSet(value, "exactly")) + Number(listOf(value, "firstAvailable").length > 0);
    if (count !== 1) report(run, "server/required", "exactly one of exactly and firstAvailable");
  },
);

function notAttribute(name: string, minor: number): string | undefined {
  const parts = name.split("/");
  // Declarative validation holds the domain to lower case since 1.37.
  if (minor >= 37 && parts.length === 2 && parts[0] !== parts[0]?.toLowerCase())
    return "its domain must be of lower-case letters, digits, '-' and '.'";
  if (parts.length !== 2) return "it must be a domain and a name, as in example.com/model";
  return notQualified(name);
}

/** validateQualifiedName: a C identifier, after a domain or without one. */
function notQualified(name: string): string | undefined {
  const parts = name.split("/");
  // More parts are not looked at.
  if (parts.length > 2) return undefined;
  const id = parts.at(-1) ?? "";
  if (id.length > 32) return "its name has more than 32 characters";
  const reason = notIdentifier(id, 0);
  if (reason !== undefined) return reason;
  if (parts.length === 1) return undefined;
  const domain = parts[0] ?? "";
  return domain.length > 63 ? "its domain has more than 63 characters" : notSubdomain(domain.toLowerCase());
}

function checkReferences(
  list: readonly Json[],
  known: ReadonlyMap<string, ReadonlySet<string>>,
  path: readonly (string | number)[],
  run: Run,
): void {
  run.source = "resource validateRequestNameRef";
  const seen = new Set<Json>();
  if (list.length > 32) reportAt(run, path, "server/too-many", "requests", `${list.length} of at most 32`);
  for (const [index, name] of list.entries()) {
    if (typeof name !== "string") continue;
    const at = [...path, index];
    if (seen.has(name)) reportAt(run, at, "server/duplicate", shown(name));
    seen.add(name);
    const [first = "", second, ...rest] = name.split("/");
    const bad = [first, ...(second === undefined ? [] : [second])]
      .map(notLabel)
      .find((reason) => reason !== undefined);
    const sub = known.get(first);
    if (bad !== undefined) reportAt(run, at, "server/name", shown(name), bad);
    else if (sub === undefined || rest.length > 0 || (second !== undefined && !sub.has(second)))
      reportAt(run, at, "server/not-found", shown(name), "there is no request of this name");
  }
}

/** validateResourceClaimSpec. */
export const resourceClaim: Check = fields("resource validateDeviceClaim", {}, (spec, run) => {
  const devices = spec["devices"];
  if (!isObject(devices)) return;
  run.path.push("devices");
  const requests = listOf(devices, "requests");
  inside(run, "requests", devices["requests"], (value, at) => {
    maxItems(32)(value, at);
    each(request)(value, at);
    unique(nameOf)(value, at);
  });
  const known = new Map<string, ReadonlySet<string>>();
  for (const entry of requests) {
    const name = nameOf(entry);
    if (typeof name !== "string" || !isObject(entry)) continue;
    known.set(
      name,
      new Set(
        listOf(entry, "firstAvailable")
          .map(nameOf)
          .filter((sub) => typeof sub === "string"),
      ),
    );
  }
  const constraints = listOf(devices, "constraints");
  if (constraints.length > 32)
    reportAt(run, "constraints", "server/too-many", "constraints", `${constraints.length} of at most 32`);
  for (const [index, constraint] of constraints.entries()) {
    if (!isObject(constraint)) continue;
    checkReferences(listOf(constraint, "requests"), known, ["constraints", index, "requests"], run);
    checkConstraint(constraint, index, run);
  }
  const config = listOf(devices, "config");
  if (config.length > 32)
    reportAt(run, "config", "server/too-many", "config", `${config.length} of at most 32`);
  for (const [index, entry] of config.entries()) {
    if (!isObject(entry)) continue;
    checkReferences(listOf(entry, "requests"), known, ["config", index, "requests"], run);
    run.path.push("config", index);
    if (!isSet(entry, "opaque")) reportAt(run, "opaque", "server/required", "opaque");
    inside(run, "opaque", entry["opaque"], opaque);
    run.path.pop();
    run.path.pop();
  }
  run.path.pop();
});

function checkConstraint(constraint: JsonObject, index: number, run: Run): void {
  run.source = "resource validateDeviceConstraint";
  const attributes = ["matchAttribute", ...(run.minor >= 36 ? ["distinctAttribute"] : [])];
  const set = attributes.filter((name) => isSet(constraint, name));
  if (set.length === 0)
    reportAt(run, ["constraints", index, "matchAttribute"], "server/required", attributes.join(" or "));
  for (const name of set) {
    const value = textOf(constraint, name);
    const reason = value === undefined ? undefined : notAttribute(value, run.minor);
    if (reason !== undefined)
      reportAt(run, ["constraints", index, name], "server/name", shown(value), reason);
  }
}

export const resourceClaimTemplate: Check = fields("resource validateResourceClaimTemplateSpec", {
  metadata: templateMeta,
  spec: resourceClaim,
});

function notPool(name: string): string | undefined {
  if (name.length > 253) return "it has more than 253 characters";
  return name
    .split("/")
    .map((part) => notSubdomain(part))
    .find((reason) => reason !== undefined);
}

const version =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

const attribute: Check = fields(
  "resource validateDeviceAttribute",
  {
    string: maxLength(64),
    version: (value, run) => {
      maxLength(64)(value, run);
      text((written) => (version.test(written) ? undefined : "it must be a version, as in 1.2.3"), false)(
        value,
        run,
      );
    },
  },
  (value, run) => {
    const count = ["bool", "int", "string", "version"].filter((name) => isSet(value, name)).length;
    if (count !== 1) report(run, "server/required", "exactly one of bool, int, string, version");
  },
);

const qualifiedKey: Check = text(notQualified);

const taint: Check = fields("resource validateDeviceTaint", {
  key: required(labelKey),
  value: (value, run) => (value === "" ? undefined : labelValue(value, run)),
  effect: required(oneOf(effects)),
});

function checkBinding(value: JsonObject, run: Run): void {
  if (run.minor < 36) return;
  run.source = "resource validateDeviceBindingParameters";
  const conditions = listOf(value, "bindingConditions");
  const failures = listOf(value, "bindingFailureConditions");
  for (const name of ["bindingConditions", "bindingFailureConditions"]) {
    inside(run, name, value[name], (list, at) => {
      maxItems(4)(list, at);
      each(labelKey)(list, at);
      unique()(list, at);
    });
  }
  for (const [index, condition] of failures.entries())
    if (conditions.includes(condition))
      reportAt(
        run,
        ["bindingFailureConditions", index],
        "server/duplicate",
        shown(condition),
        "bindingConditions has it too",
      );
  if ((conditions.length === 0) !== (failures.length === 0))
    reportAt(
      run,
      conditions.length === 0 ? "bindingConditions" : "bindingFailureConditions",
      "server/required",
      "bindingConditions and bindingFailureConditions",
      "one needs the other",
    );
}

/** A capacity has a policy for requests only where several claims may share the device. */
function checkCapacity(value: JsonObject, run: Run): void {
  if (run.minor < 36 || value["allowMultipleAllocations"] === true) return;
  run.source = "resource validateSingleAllocatableDeviceCapacity";
  for (const [name, capacity] of Object.entries(objectOf(value, "capacity") ?? {}))
    if (isObject(capacity) && isSet(capacity, "requestPolicy"))
      reportAt(
        run,
        ["capacity", name, "requestPolicy"],
        "server/forbidden",
        "requestPolicy",
        "allowMultipleAllocations is not true",
      );
}

const device: Check = fields(
  "resource validateDevice",
  {
    name: required(label),
    attributes: eachMember(attribute, qualifiedKey),
    capacity: eachMember(undefined, qualifiedKey),
    taints: (value, run) => {
      maxItems(16)(value, run);
      each(taint)(value, run);
    },
  },
  (value, run) => {
    const count =
      Object.keys(objectOf(value, "attributes") ?? {}).length +
      Object.keys(objectOf(value, "capacity") ?? {}).length;
    if (count > 32) report(run, "server/too-many", "attributes and capacity", `${count} of at most 32`);
  },
  checkBinding,
  checkCapacity,
);

/** validateResourceSliceSpec. */
export const resourceSlice: Check = fields(
  "resource validateResourceSliceSpec",
  {
    driver: required(csiDriverName),
    pool: fields("resource validateResourcePool", { name: required(text(notPool)) }, (value, run) => {
      const count = numberOf(value, "resourceSliceCount") ?? 0;
      const generation = numberOf(value, "generation") ?? 0;
      if (count <= 0)
        reportAt(
          run,
          "resourceSliceCount",
          "server/out-of-range",
          String(count),
          "it must be greater than 0",
        );
      if (generation < 0)
        reportAt(run, "generation", "server/out-of-range", String(generation), "it must be 0 or more");
    }),
    nodeName: (value, run) => {
      if (value === "") report(run, "server/invalid", '""', "it must not be empty");
      else subdomain(value, run);
    },
    nodeSelector: (value, run) => {
      nodeSelector(value, run);
      if (isObject(value) && listOf(value, "nodeSelectorTerms").length > 1)
        report(run, "server/too-many", "nodeSelectorTerms", "exactly one is allowed");
    },
    devices: (value, run) => {
      maxItems(128)(value, run);
      each(device)(value, run);
      unique(nameOf)(value, run);
    },
  },
  (value, run) => {
    checkPlacedDevices(value, run);
    if (run.minor >= 36 && isSet(value, "sharedCounters") && isSet(value, "devices"))
      reportAt(
        run,
        "sharedCounters",
        "server/forbidden",
        "sharedCounters",
        "devices is set; a slice has one of the two",
      );
    if (!isSet(value, "pool")) reportAt(run, ["pool", "name"], "server/required", "pool.name");
    const flags = ["allNodes", ...(run.minor >= 36 ? ["perDeviceNodeSelection"] : [])];
    for (const flag of flags)
      if (value[flag] === false) reportAt(run, flag, "server/invalid", "false", "it must be true or not set");
    const count =
      Number(textOf(value, "nodeName") !== "") +
      Number(isSet(value, "nodeSelector")) +
      flags.filter((flag) => value[flag] === true).length;
    if (count !== 1)
      report(run, "server/required", `exactly one of nodeName, nodeSelector, ${flags.join(", ")}`);
  },
);

/** Devices are placed one by one only where the slice says so. */
function checkPlacedDevices(value: JsonObject, run: Run): void {
  if (run.minor < 36) return;
  const each = value["perDeviceNodeSelection"] === true;
  for (const [index, item] of listOf(value, "devices").entries()) {
    if (!isObject(item)) continue;
    const set = ["nodeName", "nodeSelector", "allNodes"].filter((name) => isSet(item, name));
    if (!each && set.length > 0)
      reportAt(
        run,
        ["devices", index, set[0] ?? ""],
        "server/forbidden",
        set[0] ?? "",
        "perDeviceNodeSelection is not true",
      );
    if (each && set.length !== 1)
      reportAt(run, ["devices", index], "server/required", "exactly one of nodeName, nodeSelector, allNodes");
  }
}

export const deviceTaintRule: Check = fields("resource validateDeviceTaintRuleSpec", {
  deviceSelector: fields("resource validateDeviceTaintSelector", {
    driver: (value, run) => {
      if (value === "") report(run, "server/required", "driver");
      csiDriverName(value, run);
    },
    pool: text((pool) => (pool === "" ? "it must not be empty" : notPool(pool))),
    device: text(notLabel),
  }),
  taint: required(taint),
});
