/** Webhooks and admission policies, but for their expressions. */
import { isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import {
  each,
  fields,
  isSet,
  listOf,
  maxItems,
  objectOf,
  oneOf,
  range,
  required,
  text,
  textOf,
  unique,
} from "../engine/build.ts";
import { type Check, report, reportAt, type Run, shown } from "../engine/run.ts";
import { labelSelector } from "../engine/selectors.ts";
import {
  notFullyQualified,
  notIdentifier,
  notPathSegment,
  notQualifiedName,
  notSubdomain,
  qualifiedName,
  subdomain,
} from "../engine/texts.ts";
import { notLabel1035 } from "../../reading/names.ts";

const operations = ["*", "CREATE", "UPDATE", "DELETE", "CONNECT"];

/** A list in which `*` stands alone. */
function wildcardAlone(value: Json, run: Run): void {
  if (Array.isArray(value) && value.length > 1 && value.includes("*"))
    report(run, "server/invalid", '"*"', "it stands for all, so nothing may stand beside it");
}

const resources: Check = (value, run) => {
  if (!Array.isArray(value)) return;
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  let plain = false;
  for (const [index, entry] of (value as readonly Json[]).entries()) {
    if (typeof entry !== "string") continue;
    if (entry === "") reportAt(run, [index], "server/required", "a resource");
    const slash = entry.indexOf("/");
    if (slash < 0) {
      if (entry !== "") plain = entry !== "*";
      continue;
    }
    const resource = entry.slice(0, slash);
    const sub = entry.slice(slash + 1);
    if (wholeResources.has(resource) || wholeSubresources.has(sub))
      reportAt(run, [index], "server/duplicate", shown(entry), "an item before it covers it");
    if (sub === "*") wholeResources.add(resource);
    if (resource === "*") wholeSubresources.add(sub);
  }
  if (value.length > 1 && value.includes("*/*"))
    report(run, "server/invalid", '"*/*"', "it must stand alone");
  if (value.includes("*") && plain) report(run, "server/invalid", '"*"', "it covers the other resources");
};

const ruleTable = {
  operations: required((value: Json, run: Run) => {
    each(oneOf(operations))(value, run);
    wildcardAlone(value, run);
  }),
  apiGroups: required(wildcardAlone),
  apiVersions: required((value: Json, run: Run) => {
    wildcardAlone(value, run);
    each((version, inner) => {
      if (version === "") report(inner, "server/required", "a version");
    })(value, run);
  }),
  resources: required(resources),
  scope: oneOf(["*", "Cluster", "Namespaced"]),
};

const rule: Check = fields("admissionregistration validateRuleWithOperations", ruleTable);

const namedRule: Check = fields("admissionregistration validateNamedRuleWithOperations", {
  ...ruleTable,
  resourceNames: (value, run) => {
    each(text(notPathSegment))(value, run);
    unique()(value, run);
  },
});

const failurePolicy: Check = oneOf(["Ignore", "Fail"]);
const matchPolicy: Check = oneOf(["Exact", "Equivalent"]);

function notBlank(value: Json | undefined): boolean {
  return typeof value !== "string" || value.trim() !== "";
}

const matchConditions: Check = (value, run) => {
  maxItems(64)(value, run);
  each(
    fields(
      "admissionregistration validateMatchCondition",
      { name: required(qualifiedName), expression: required() },
      (condition, inner) => {
        if (
          condition["expression"] !== "" &&
          isSet(condition, "expression") &&
          !notBlank(condition["expression"])
        )
          reportAt(inner, "expression", "server/required", "expression");
      },
    ),
  )(value, run);
  unique((item) => (isObject(item) && item["name"] !== "" ? item["name"] : undefined))(value, run);
};

function notHookUrl(url: string): string | undefined {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(url);
  if (match === null || match[1]?.toLowerCase() !== "https") return "it must begin with https://";
  const [, , authority = "", , query, fragment] = match;
  if (authority.includes("@")) return "it must not hold user and password";
  if (authority === "") return "it has no host";
  if (/[\s<>"{}|\\^`]/.test(authority) || !/^(?:[^:[\]]*|\[[0-9A-Fa-f:.%]*\])(?::[0-9]*)?$/.test(authority))
    return "its host is no host";
  if (query !== undefined && query !== "?") return "it must not have a query";
  return fragment === undefined || fragment === "#" ? undefined : "it must not have a fragment";
}

const servicePath: Check = (value, run) => {
  if (typeof value !== "string" || value === "" || value === "/") return;
  let reason: string | undefined;
  if (!value.startsWith("/")) reason = "it must begin with '/'";
  else {
    const steps = value.slice(1).replace(/\/$/, "").split("/");
    if (steps.some((step) => step === "" || notSubdomain(step) !== undefined))
      reason = "each of its steps must be of lower-case letters, digits, '-' and '.'";
  }
  if (reason !== undefined) report(run, "server/invalid", shown(value), reason);
};

const clientConfig: Check = fields(
  "admissionregistration validateWebhook",
  {
    url: text(notHookUrl, false),
    service: fields("admissionregistration ValidateWebhookService", {
      name: required(),
      namespace: required(),
      path: servicePath,
      port: range(1, 65535),
    }),
  },
  (value, run) => {
    const count = Number(isSet(value, "url")) + Number(isSet(value, "service"));
    if (count !== 1) report(run, "server/required", "exactly one of url and service");
  },
);

const reviewVersions: Check = (value, run) => {
  each(text(notLabel1035))(value, run);
  unique()(value, run);
  if (Array.isArray(value) && value.length > 0 && !value.includes("v1") && !value.includes("v1beta1"))
    report(run, "server/required", "v1 or v1beta1");
};

function webhook(extra: Readonly<Record<string, Check>>): Check {
  return fields(
    "admissionregistration validateWebhook",
    {
      name: required(text(notFullyQualified)),
      rules: each(rule),
      failurePolicy,
      matchPolicy,
      sideEffects: required(oneOf(["None", "NoneOnDryRun"])),
      timeoutSeconds: range(1, 30),
      namespaceSelector: labelSelector,
      objectSelector: labelSelector,
      clientConfig,
      matchConditions,
      admissionReviewVersions: required(reviewVersions),
      ...extra,
    },
    (value, run) => {
      if (!isSet(value, "clientConfig")) reportAt(run, "clientConfig", "server/required", "clientConfig");
    },
  );
}

function configuration(hook: Check): Check {
  return fields("admissionregistration validateWebhookConfiguration", {
    webhooks: (value, run) => {
      each(hook)(value, run);
      unique((item) => (isObject(item) && item["name"] !== "" ? item["name"] : undefined))(value, run);
    },
  });
}

const reinvocation: Check = oneOf(["Never", "IfNeeded"]);

export const validatingWebhooks: Check = configuration(webhook({}));
export const mutatingWebhooks: Check = configuration(webhook({ reinvocationPolicy: reinvocation }));

function notApiVersion(version: string): string | undefined {
  const parts = version.split("/");
  if (parts.length > 2) return "it must be <group>/<version> or <version>";
  const own = parts.at(-1) ?? "";
  const group = parts.length === 2 ? (parts[0] ?? "") : "";
  if (own === "") return "it names no version";
  return (group === "" ? undefined : notSubdomain(group)) ?? notLabel1035(own);
}

const paramKind: Check = fields("admissionregistration validateParamKind", {
  apiVersion: required(text(notApiVersion)),
  kind: required(text((kind) => notLabel1035(kind.toLowerCase()))),
});

const matchResources: Check = fields("admissionregistration validateMatchResources", {
  matchPolicy,
  namespaceSelector: labelSelector,
  objectSelector: labelSelector,
  resourceRules: each(namedRule),
  excludeResourceRules: each(namedRule),
});

const variables: Check = each(
  fields(
    "admissionregistration validateVariable",
    {
      name: required(text(notIdentifier)),
      expression: required(),
    },
    (value, run) => {
      for (const field of ["name", "expression"])
        if (value[field] !== "" && isSet(value, field) && !notBlank(value[field]))
          reportAt(run, field, "server/required", field);
    },
  ),
);

const validation: Check = fields(
  "admissionregistration validateValidation",
  {
    expression: required(),
    reason: oneOf(["Forbidden", "Invalid", "RequestEntityTooLarge"]),
  },
  (value, run) => {
    if (value["expression"] !== "" && isSet(value, "expression") && !notBlank(value["expression"]))
      reportAt(run, "expression", "server/required", "expression");
    const message = textOf(value, "message") ?? "";
    if (message !== "" && message.trim() === "")
      reportAt(run, "message", "server/invalid", shown(message), "it must not be blank");
    else if (/[\r\n]/.test(message.trim()))
      reportAt(run, "message", "server/invalid", shown(message), "it must be one line");
    const expression = textOf(value, "messageExpression") ?? "";
    if (expression !== "" && expression.trim() === "")
      reportAt(run, "messageExpression", "server/invalid", shown(expression), "it must not be blank");
  },
);

function constraintsNeeded(spec: JsonObject, run: Run): void {
  const constraints = objectOf(spec, "matchConstraints");
  if (!isSet(spec, "matchConstraints"))
    reportAt(run, "matchConstraints", "server/required", "matchConstraints");
  else if (constraints !== undefined && listOf(constraints, "resourceRules").length === 0)
    reportAt(run, ["matchConstraints", "resourceRules"], "server/required", "resourceRules");
}

const policyTable = {
  failurePolicy,
  paramKind,
  matchConstraints: matchResources,
  matchConditions,
  variables,
};

/** ValidateValidatingAdmissionPolicy; the run stands at the object. */
export const validatingPolicy: Check = fields(
  "admissionregistration ValidateValidatingAdmissionPolicy",
  {},
  (object, run) => {
    const spec = object["spec"] ?? {};
    if (!isObject(spec)) return;
    run.path.push("spec");
    validatingSpec(spec, run);
    constraintsNeeded(spec, run);
    const annotations = listOf(spec, "auditAnnotations");
    if (listOf(spec, "validations").length === 0 && annotations.length === 0)
      reportAt(run, "validations", "server/required", "validations or auditAnnotations");
    checkAuditAnnotations(annotations, textOf(objectOf(object, "metadata") ?? {}, "name") ?? "", run);
    run.path.pop();
  },
);

const validatingSpec: Check = fields("admissionregistration validateValidatingAdmissionPolicySpec", {
  ...policyTable,
  validations: each(validation),
});

function checkAuditAnnotations(annotations: readonly Json[], name: string, run: Run): void {
  run.source = "admissionregistration validateAuditAnnotation";
  if (annotations.length > 20)
    reportAt(
      run,
      "auditAnnotations",
      "server/too-many",
      "auditAnnotations",
      `${annotations.length} of at most 20`,
    );
  const seen = new Set<string>();
  for (const [index, annotation] of annotations.entries()) {
    if (!isObject(annotation)) continue;
    const path = ["auditAnnotations", index];
    const key = textOf(annotation, "key");
    const expression = textOf(annotation, "valueExpression");
    if (key !== undefined) {
      const reason = notQualifiedName(`${name}/${key}`);
      if (reason !== undefined) reportAt(run, [...path, "key"], "server/name", shown(key), reason);
      if (seen.has(key)) reportAt(run, [...path, "key"], "server/duplicate", shown(key));
      seen.add(key);
    }
    if (expression !== undefined && expression.trim() === "")
      reportAt(run, [...path, "valueExpression"], "server/required", "valueExpression");
    else if (expression !== undefined && expression.trim().length > 5 * 1024)
      reportAt(
        run,
        [...path, "valueExpression"],
        "server/too-long",
        "valueExpression",
        "at most 5120 bytes are allowed",
      );
  }
}

const mutations: Check = each(
  fields(
    "admissionregistration validateMutation",
    { patchType: required(oneOf(["ApplyConfiguration", "JSONPatch"])) },
    (value, run) => {
      const type = textOf(value, "patchType");
      const own = type === "JSONPatch" ? "jsonPatch" : "applyConfiguration";
      const other = type === "JSONPatch" ? "applyConfiguration" : "jsonPatch";
      if (type !== "JSONPatch" && type !== "ApplyConfiguration") return;
      if (!isSet(value, own)) reportAt(run, own, "server/required", own, `patchType is ${type}`);
      else if (
        isObject(value[own]) &&
        (!isSet(value[own], "expression") || !notBlank(value[own]["expression"]))
      )
        reportAt(run, [own, "expression"], "server/required", "expression");
      if (isSet(value, other)) reportAt(run, other, "server/forbidden", other, `patchType is ${type}`);
    },
  ),
);

const mutatingOperations = new Set<Json>(["*", "CREATE", "UPDATE", "CONNECT"]);

function noDelete(field: string) {
  return (value: JsonObject, run: Run): void => {
    for (const [index, entry] of listOf(objectOf(value, field), "resourceRules").entries()) {
      for (const [place, operation] of listOf(isObject(entry) ? entry : undefined, "operations").entries())
        if (operation === "DELETE" && !mutatingOperations.has(operation))
          reportAt(
            run,
            [field, "resourceRules", index, "operations", place],
            "server/not-supported",
            shown(operation),
            "*, CREATE, UPDATE, CONNECT",
          );
    }
  };
}

export const mutatingPolicy: Check = fields(
  "admissionregistration validateMutatingAdmissionPolicySpec",
  { ...policyTable, mutations: required(mutations), reinvocationPolicy: required(reinvocation) },
  constraintsNeeded,
  noDelete("matchConstraints"),
);

const paramRef: Check = fields(
  "admissionregistration validateParamRef",
  { selector: labelSelector, parameterNotFoundAction: required(oneOf(["Deny", "Allow"])) },
  (value, run) => {
    const name = textOf(value, "name");
    if (name === undefined) return;
    const reason = name === "" ? undefined : notPathSegment(name);
    if (reason !== undefined) reportAt(run, "name", "server/name", shown(name), reason);
    if (name !== "" && isSet(value, "selector"))
      reportAt(run, "selector", "server/forbidden", "selector", "name is set");
    if (name === "" && !isSet(value, "selector")) report(run, "server/required", "name or selector");
  },
);

const bindingTable = { policyName: required(subdomain), paramRef, matchResources };

export const validatingPolicyBinding: Check = fields(
  "admissionregistration validateValidatingAdmissionPolicyBindingSpec",
  {
    ...bindingTable,
    validationActions: required((value, run) => {
      each(oneOf(["Deny", "Warn", "Audit"]))(value, run);
      unique()(value, run);
      if (Array.isArray(value) && value.includes("Deny") && value.includes("Warn"))
        report(run, "server/invalid", "Deny and Warn", "only one of the two may be there");
    }),
  },
);

export const mutatingPolicyBinding: Check = fields(
  "admissionregistration validateMutatingAdmissionPolicyBindingSpec",
  bindingTable,
  noDelete("matchResources"),
);
