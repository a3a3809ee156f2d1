/** APIService, FlowSchema, PriorityLevelConfiguration, certificates, access reviews. */
import { isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import {
  each,
  fields,
  isSet,
  isUnset,
  listOf,
  nonNegative,
  numberOf,
  objectOf,
  oneOf,
  range,
  required,
  text,
  textOf,
  unique,
} from "../engine/build.ts";
import { type Check, inside, report, reportAt, type Run, shown } from "../engine/run.ts";
import { notSignerName } from "../engine/signers.ts";
import { label, notLabel, notPathSegment, notSubdomain, subdomain } from "../engine/texts.ts";
import { notLabel1035 } from "../../reading/names.ts";

/** ValidateAPIService of kube-aggregator; the run stands at the object. */
export const apiService: Check = fields("apiregistration ValidateAPIService", {}, (object, run) => {
  const spec = object["spec"] ?? {};
  if (!isObject(spec)) return;
  const name = textOf(objectOf(object, "metadata") ?? {}, "name") ?? "";
  const group = textOf(spec, "group") ?? "";
  const version = textOf(spec, "version") ?? "";
  const wanted = `${version}.${group}`;
  if (name !== wanted && notPathSegment(name) === undefined)
    reportAt(
      run,
      ["metadata", "name"],
      "server/name",
      shown(name),
      `it must be <version>.<group>, ${wanted}`,
    );
  run.path.push("spec");
  apiServiceSpec(spec, run);
  if (group === "" && version !== "v1") reportAt(run, "group", "server/required", "group");
  const service = isSet(spec, "service");
  const bundle = textOf(spec, "caBundle") ?? "";
  if (!service) {
    for (const [field, set] of [
      ["caBundle", bundle !== ""],
      ["insecureSkipTLSVerify", spec["insecureSkipTLSVerify"] === true],
    ] as const)
      if (set) reportAt(run, field, "server/forbidden", field, "there is no service");
  } else if (bundle !== "" && spec["insecureSkipTLSVerify"] === true)
    reportAt(run, "insecureSkipTLSVerify", "server/forbidden", "insecureSkipTLSVerify", "caBundle is set");
  run.path.pop();
});

const apiServiceSpec: Check = fields("apiregistration ValidateAPIService", {
  version: required(text(notLabel1035)),
  group: text((group) => (group === "" ? undefined : notSubdomain(group))),
  groupPriorityMinimum: required(range(1, 20_000)),
  versionPriority: required(range(1, 1000)),
  service: fields("apiregistration ValidateAPIService", {
    namespace: required(),
    name: required(),
    port: range(1, 65_535),
  }),
});

const verbs = ["get", "list", "create", "update", "delete", "deletecollection", "patch", "watch", "proxy"];

const ruleVerbs: Check = (value, run) => {
  if (!Array.isArray(value)) return;
  if (value.includes("*")) {
    if (value.length > 1) report(run, "server/invalid", '"*"', "it must stand alone");
    return;
  }
  each(oneOf(verbs))(value, run);
};

const wildcardAlone: Check = (value, run) => {
  if (Array.isArray(value) && value.length > 1 && value.includes("*"))
    report(run, "server/invalid", '"*"', "it must stand alone");
};

function notUrlPath(path: string): string | undefined {
  if (path === "") return "it must not be empty";
  if (path === "/") return undefined;
  if (!path.startsWith("/")) return "it must begin with '/'";
  if (path.includes(" ")) return "it must not hold a space";
  if (path.includes("//")) return "it must not hold '//'";
  const stars = path.split("*").length - 1;
  return stars > 1 || (stars === 1 && !path.endsWith("/*")) ? "'*' may only be its last step" : undefined;
}

const flowSubject: Check = fields("flowcontrol ValidateFlowSchemaSubject", {}, (value, run) => {
  const kind = textOf(value, "kind");
  if (kind === undefined) return;
  const own: Readonly<Record<string, string>> = {
    ServiceAccount: "serviceAccount",
    User: "user",
    Group: "group",
  };
  if (!Object.hasOwn(own, kind))
    return reportAt(
      run,
      "kind",
      kind === "" ? "server/required" : "server/not-supported",
      kind === "" ? "kind" : shown(kind),
      Object.keys(own).join(", "),
    );
  const mine = own[kind] ?? "";
  for (const field of Object.values(own))
    if (field !== mine && isSet(value, field))
      reportAt(run, field, "server/forbidden", field, `the kind is ${kind}`);
  const inner = value[mine];
  if (!isSet(value, mine)) return reportAt(run, mine, "server/required", mine, `the kind is ${kind}`);
  if (!isObject(inner)) return;
  const name = textOf(inner, "name");
  if (name === "") reportAt(run, [mine, "name"], "server/required", "name");
  if (mine !== "serviceAccount") return;
  const bad = name === undefined || name === "" || name === "*" ? undefined : notSubdomain(name);
  if (bad !== undefined) reportAt(run, [mine, "name"], "server/name", shown(name), bad);
  if (textOf(inner, "namespace") === "") reportAt(run, [mine, "namespace"], "server/required", "namespace");
  else
    inside(run, mine, inner, (account, at) =>
      inside(at, "namespace", isObject(account) ? account["namespace"] : undefined, label),
    );
});

const resourceRule: Check = fields(
  "flowcontrol ValidateFlowSchemaResourcePolicyRule",
  {
    verbs: required(ruleVerbs),
    apiGroups: required(wildcardAlone),
    resources: required(wildcardAlone),
    namespaces: wildcardAlone,
  },
  (value, run) => {
    const namespaces = listOf(value, "namespaces");
    if (namespaces.length === 0 && value["clusterScope"] !== true)
      reportAt(run, "namespaces", "server/required", "namespaces", "clusterScope is not true");
    if (namespaces.includes("*")) return;
    for (const [index, name] of namespaces.entries()) {
      const reason = typeof name === "string" ? notLabel(name) : undefined;
      if (reason !== undefined) reportAt(run, ["namespaces", index], "server/name", shown(name), reason);
    }
  },
);

const urlRule: Check = fields("flowcontrol ValidateFlowSchemaNonResourcePolicyRule", {
  verbs: required(ruleVerbs),
  nonResourceURLs: required((value, run) => {
    wildcardAlone(value, run);
    if (Array.isArray(value) && !value.includes("*")) each(text(notUrlPath, false))(value, run);
  }),
});

const policyRules: Check = fields(
  "flowcontrol ValidateFlowSchemaPolicyRulesWithSubjects",
  {
    subjects: required(each(flowSubject)),
    resourceRules: each(resourceRule),
    nonResourceRules: each(urlRule),
  },
  (value, run) => {
    if (listOf(value, "resourceRules").length === 0 && listOf(value, "nonResourceRules").length === 0)
      report(run, "server/required", "resourceRules or nonResourceRules");
  },
);

/** ValidateFlowSchema; the run stands at the object. */
export const flowSchema: Check = fields(
  "flowcontrol ValidateFlowSchema",
  {
    spec: fields(
      "flowcontrol ValidateFlowSchemaSpec",
      {
        matchingPrecedence: (value, run) => {
          if (value !== 0) range(1, 10_000)(value, run);
        },
        distinguisherMethod: fields("flowcontrol ValidateFlowSchemaSpec", {
          type: required(oneOf(["ByNamespace", "ByUser"])),
        }),
        priorityLevelConfiguration: fields("flowcontrol ValidateFlowSchemaSpec", {
          name: required(subdomain),
        }),
        rules: each(policyRules),
      },
      (value, run) => {
        if (!isSet(value, "priorityLevelConfiguration"))
          reportAt(
            run,
            ["priorityLevelConfiguration", "name"],
            "server/required",
            "priorityLevelConfiguration.name",
          );
      },
    ),
  },
  (object, run) => {
    const name = textOf(objectOf(object, "metadata") ?? {}, "name");
    if (!isSet(object, "spec"))
      reportAt(
        run,
        ["spec", "priorityLevelConfiguration", "name"],
        "server/required",
        "priorityLevelConfiguration.name",
      );
    if (objectOf(object, "spec")?.["matchingPrecedence"] === 1 && name !== "exempt")
      reportAt(
        run,
        ["spec", "matchingPrecedence"],
        "server/out-of-range",
        "1",
        "only the FlowSchema exempt has it",
      );
  },
);

/** shufflesharding.RequiredEntropyBits: bits of hash that dealing a hand needs. */
function entropyBits(deck: number, hand: number): number {
  return Math.ceil(Math.log2(deck) * hand);
}

const queuing: Check = fields("flowcontrol ValidatePriorityLevelQueuingConfiguration", {}, (value, run) => {
  // 0 takes the default (SetDefaults_QueuingConfiguration).
  const queues = numberOf(value, "queues") || 64;
  const hand = numberOf(value, "handSize") || 8;
  const length = numberOf(value, "queueLengthLimit") || 50;
  if (length < 0)
    reportAt(run, "queueLengthLimit", "server/out-of-range", String(length), "it must be greater than 0");
  if (queues < 0 || queues > 10_000_000)
    reportAt(run, "queues", "server/out-of-range", String(queues), "it must be between 1 and 10000000");
  if (hand < 0) reportAt(run, "handSize", "server/out-of-range", String(hand), "it must be greater than 0");
  else if (hand > queues)
    reportAt(
      run,
      "handSize",
      "server/out-of-range",
      String(hand),
      `it must not be more than queues, ${queues}`,
    );
  else if (queues > 0 && entropyBits(queues, hand) > 60)
    reportAt(
      run,
      "handSize",
      "server/out-of-range",
      String(hand),
      "with so many queues it needs more than 60 bits of hash",
    );
});

const limitResponse: Check = fields(
  "flowcontrol ValidateLimitResponse",
  { type: required(oneOf(["Queue", "Reject"])), queuing },
  (value, run) => {
    if (value["type"] === "Reject" && isSet(value, "queuing"))
      reportAt(run, "queuing", "server/forbidden", "queuing", "the type is Reject");
    if (value["type"] === "Queue" && !isSet(value, "queuing"))
      reportAt(run, "queuing", "server/required", "queuing", "the type is Queue");
  },
);

const shares = { nominalConcurrencyShares: nonNegative, lendablePercent: range(0, 100) };

/** ValidatePriorityLevelConfiguration; the run stands at the object. */
export const priorityLevel: Check = fields(
  "flowcontrol ValidatePriorityLevelConfiguration",
  {
    spec: fields(
      "flowcontrol ValidatePriorityLevelConfigurationSpec",
      {
        type: required(oneOf(["Exempt", "Limited"])),
        limited: fields(
          "flowcontrol ValidateLimitedPriorityLevelConfiguration",
          { ...shares, borrowingLimitPercent: nonNegative, limitResponse },
          (value, run) => {
            if (!isSet(value, "limitResponse"))
              reportAt(run, ["limitResponse", "type"], "server/required", "limitResponse.type");
          },
        ),
        exempt: fields("flowcontrol ValidateExemptPriorityLevelConfiguration", shares),
      },
      (value, run) => {
        const type = textOf(value, "type");
        if (type === "Limited" && !isSet(value, "limited"))
          reportAt(run, "limited", "server/required", "limited", "the type is Limited");
        if (type === "Limited" && isSet(value, "exempt"))
          reportAt(run, "exempt", "server/forbidden", "exempt", "the type is Limited");
        if (type === "Exempt" && isSet(value, "limited"))
          reportAt(run, "limited", "server/forbidden", "limited", "the type is Exempt");
      },
    ),
  },
  (object, run) => {
    const name = textOf(objectOf(object, "metadata") ?? {}, "name");
    if (!isSet(object, "spec")) reportAt(run, ["spec", "type"], "server/required", "type");
    if ((objectOf(object, "spec")?.["type"] === "Exempt") !== (name === "exempt"))
      reportAt(
        run,
        ["spec", "type"],
        "server/invalid",
        shown(objectOf(object, "spec")?.["type"]),
        "only the level named exempt is Exempt",
      );
  },
);

const usages = [
  "signing",
  "digital signature",
  "content commitment",
  "key encipherment",
  "key agreement",
  "data encipherment",
  "cert sign",
  "crl sign",
  "encipher only",
  "decipher only",
  "any",
  "server auth",
  "client auth",
  "code signing",
  "email protection",
  "s/mime",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "timestamping",
  "ocsp signing",
  "microsoft sgc",
  "netscape sgc",
];

function decodedText(value: string): string | undefined {
  try {
    return atob(value.replaceAll(/[\r\n]/g, ""));
  } catch {
    return undefined;
  }
}

/** ValidateCertificateSigningRequestCreate: its spec. Of the request only its armour is looked at. */
export const signingRequest: Check = fields(
  "certificates validateCertificateSigningRequest",
  {
    usages: required((value, run) => {
      each(oneOf(usages))(value, run);
      unique()(value, run);
    }),
    signerName: required((value, run) => {
      if (value === "kubernetes.io/legacy-unknown")
        report(run, "server/invalid", shown(value), "certificates.k8s.io/v1 does not take it");
      else text(notSignerName)(value, run);
    }),
    request: required((value, run) => {
      const pem = typeof value === "string" ? decodedText(value) : undefined;
      if (pem !== undefined && !/-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----/.test(pem))
        report(run, "server/invalid", "the request", "it must be a PEM block CERTIFICATE REQUEST");
    }),
  },
  (value, run) => {
    const seconds = numberOf(value, "expirationSeconds");
    if (seconds !== undefined && seconds < 600)
      reportAt(run, "expirationSeconds", "server/out-of-range", String(seconds), "it must be 600 or more");
  },
);

/** ValidateClusterTrustBundle; the run stands at the object. Certificates are looked at by their armour only. */
export const trustBundle: Check = fields("certificates ValidateClusterTrustBundle", {}, (object, run) => {
  const spec = object["spec"] ?? {};
  if (!isObject(spec)) return;
  const name = textOf(objectOf(object, "metadata") ?? {}, "name") ?? "";
  const signer = textOf(spec, "signerName");
  if (signer !== undefined && name !== "") checkBundleName(name, signer, run);
  if (signer !== undefined && signer !== "") {
    const reason = notSignerName(signer);
    if (reason !== undefined) reportAt(run, ["spec", "signerName"], "server/name", shown(signer), reason);
  }
  checkBundle(textOf(spec, "trustBundle"), run);
});

function checkBundleName(name: string, signer: string, run: Run): void {
  const prefix = `${signer.replaceAll("/", ":")}:`;
  let reason: string | undefined;
  if (signer === "")
    reason = name.includes(":") ? "without signerName it must not hold ':'" : notSubdomain(name);
  else
    reason = name.startsWith(prefix)
      ? notSubdomain(name.slice(prefix.length))
      : `it must begin with ${prefix}`;
  if (reason !== undefined) reportAt(run, ["metadata", "name"], "server/name", shown(name), reason);
}

function checkBundle(bundle: string | undefined, run: Run): void {
  if (bundle === undefined) return;
  const blocks = [...bundle.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----\r?\n([\s\S]*?)^-----END \1-----/gm)];
  const path = ["spec", "trustBundle"];
  if (blocks.length === 0)
    return reportAt(run, path, "server/required", "a certificate", "a PEM block CERTIFICATE");
  const seen = new Set<string>();
  for (const [, type, body = ""] of blocks) {
    if (type !== "CERTIFICATE")
      reportAt(run, path, "server/invalid", shown(type), "each block must be a CERTIFICATE");
    const content = body.replaceAll(/\s/g, "");
    if (seen.has(content)) reportAt(run, path, "server/duplicate", "a certificate");
    seen.add(content);
  }
}

/** Reviews of access: exactly one kind of attributes, and for others' access somebody whose it is. */
export function accessReview(others: boolean, local: boolean): Check {
  return fields("authorization ValidateSubjectAccessReview", {}, (object, run) => {
    const spec = object["spec"] ?? {};
    if (!isObject(spec)) return;
    const resource = isSet(spec, "resourceAttributes");
    if (resource === isSet(spec, "nonResourceAttributes"))
      reportAt(run, "spec", "server/required", "exactly one of resourceAttributes and nonResourceAttributes");
    if (others && isUnset(spec["user"]) && isUnset(spec["groups"]))
      reportAt(run, ["spec", "user"], "server/required", "user or groups");
    const metadata = objectOf(object, "metadata") ?? {};
    for (const name of Object.keys(metadata))
      if (
        !(local && name === "namespace") &&
        name !== "managedFields" &&
        name !== "creationTimestamp" &&
        !isEmpty(metadata[name])
      )
        reportAt(run, ["metadata", name], "server/forbidden", name, "a review has no metadata");
    if (local) checkLocal(spec, metadata, run);
  });
}

function isEmpty(value: Json | undefined): boolean {
  return isUnset(value) || (isObject(value) && Object.keys(value).length === 0);
}

function checkLocal(spec: JsonObject, metadata: JsonObject, run: Run): void {
  const attributes = objectOf(spec, "resourceAttributes");
  const namespace = textOf(metadata, "namespace") ?? "";
  if (isSet(spec, "nonResourceAttributes"))
    reportAt(
      run,
      ["spec", "nonResourceAttributes"],
      "server/forbidden",
      "nonResourceAttributes",
      "the review is of one namespace",
    );
  if (attributes !== undefined && textOf(attributes, "namespace") !== namespace)
    reportAt(
      run,
      ["spec", "resourceAttributes", "namespace"],
      "server/mismatch",
      shown(attributes["namespace"] ?? ""),
      "it must be metadata.namespace",
    );
}

export const tokenReview: Check = fields("authentication ValidateTokenReview", { token: required() });
