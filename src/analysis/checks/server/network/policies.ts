/** NetworkPolicy, Ingress, IngressClass, IPAddress, ServiceCIDR. */
import { isMapped } from "../../../../kube/ip-address.ts";
import { isObject, type JsonObject } from "../../../../kube/json.ts";
import {
  cidr,
  contains,
  hasHostBits,
  notCanonicalAddress,
  notCidr,
  parseAddress,
  parseCidr,
} from "../engine/addresses.ts";
import {
  each,
  fields,
  isSet,
  listOf,
  maxLength,
  numberOf,
  objectOf,
  oneOf,
  required,
  text,
  textOf,
  textOrEmpty,
} from "../engine/build.ts";
import { type Check, report, reportAt, type Run, shown } from "../engine/run.ts";
import { labelSelector } from "../engine/selectors.ts";
import {
  notDomainPrefixed,
  notLabel,
  notPathSegment,
  notPortName,
  notSubdomain,
  notWildcardDomain,
  subdomain,
} from "../engine/texts.ts";
import { notLabel1035 } from "../../reading/names.ts";

const policyPort: Check = fields(
  "networking ValidateNetworkPolicyPort",
  { protocol: oneOf(["TCP", "UDP", "SCTP"]) },
  (value, run) => {
    const port = value["port"];
    const end = numberOf(value, "endPort");
    if (typeof port === "number") {
      if (port < 1 || port > 65535)
        reportAt(run, "port", "server/out-of-range", String(port), "it must be between 1 and 65535");
      if (end !== undefined && (end < port || end < 1 || end > 65535))
        reportAt(
          run,
          "endPort",
          "server/out-of-range",
          String(end),
          `it must be between port, ${port}, and 65535`,
        );
      return;
    }
    if (typeof port === "string") {
      const reason = notPortName(port);
      if (reason !== undefined) reportAt(run, "port", "server/name", shown(port), reason);
    }
    if (isSet(value, "endPort")) reportAt(run, "endPort", "server/forbidden", "endPort", "port is no number");
  },
);

const ipBlock: Check = fields("networking ValidateIPBlock", { cidr: required(cidr) }, (value, run) => {
  const whole = textOf(value, "cidr");
  const outer = whole === undefined ? undefined : parseCidr(whole);
  if (outer === undefined) return;
  for (const [index, entry] of listOf(value, "except").entries()) {
    if (typeof entry !== "string") continue;
    const inner = parseCidr(entry);
    const reason =
      notCidr(entry, run.minor) ??
      (inner !== undefined && (inner.length <= outer.length || !contains(outer, inner.bytes))
        ? `it must be a part of ${whole ?? ""}`
        : undefined);
    if (reason !== undefined) reportAt(run, ["except", index], "server/invalid", shown(entry), reason);
  }
});

const peer: Check = fields(
  "networking ValidateNetworkPolicyPeer",
  { podSelector: labelSelector, namespaceSelector: labelSelector, ipBlock },
  (value, run) => {
    const selectors = Number(isSet(value, "podSelector")) + Number(isSet(value, "namespaceSelector"));
    const block = isSet(value, "ipBlock");
    if (selectors === 0 && !block)
      report(run, "server/required", "podSelector, namespaceSelector or ipBlock");
    if (selectors > 0 && block) reportAt(run, "ipBlock", "server/forbidden", "ipBlock", "a selector is set");
  },
);

/** ValidateNetworkPolicySpec. */
export const networkPolicy: Check = fields("networking ValidateNetworkPolicySpec", {
  podSelector: labelSelector,
  ingress: each(
    fields("networking ValidateNetworkPolicySpec", { ports: each(policyPort), from: each(peer) }),
  ),
  egress: each(fields("networking ValidateNetworkPolicySpec", { ports: each(policyPort), to: each(peer) })),
  policyTypes: (value, run) => {
    each(oneOf(["Ingress", "Egress"]))(value, run);
    if (Array.isArray(value) && value.length > 2)
      report(run, "server/too-many", "policyTypes", "at most two");
  },
});

const segment: Check = text(notPathSegment);

const resourceBackend: Check = fields("networking validateIngressTypedLocalObjectReference", {
  apiGroup: subdomain,
  kind: required(segment),
  name: required(segment),
});

const serviceName: Check = text((name, minor) => (minor >= 36 ? notLabel(name) : notLabel1035(name)));

const backend: Check = fields("networking validateIngressBackend", {}, (value, run) => {
  const service = objectOf(value, "service");
  const resource = isSet(value, "resource");
  if (resource && isSet(value, "service"))
    return reportAt(
      run,
      "resource",
      "server/forbidden",
      "resource",
      "service is set; only one of the two may be",
    );
  if (resource) {
    run.path.push("resource");
    resourceBackend(value["resource"] ?? null, run);
    run.path.pop();
    return;
  }
  if (service === undefined) {
    if (!isSet(value, "service")) report(run, "server/required", "service or resource");
    return;
  }
  run.path.push("service");
  backendService(service, run);
  run.path.pop();
});

const backendService: Check = fields(
  "networking validateIngressBackend",
  { name: required(serviceName) },
  (value, run) => {
    const port = objectOf(value, "port") ?? {};
    const name = textOf(port, "name") ?? "";
    const number = numberOf(port, "number") ?? 0;
    if (name !== "" && number !== 0)
      reportAt(
        run,
        ["port", "number"],
        "server/forbidden",
        "port.number",
        "port.name is set; only one of the two may be",
      );
    else if (name !== "") {
      const reason = notPortName(name);
      if (reason !== undefined) reportAt(run, ["port", "name"], "server/name", shown(name), reason);
    } else if (number === 0) reportAt(run, "port", "server/required", "port.name or port.number");
    else if (number < 1 || number > 65535)
      reportAt(
        run,
        ["port", "number"],
        "server/out-of-range",
        String(number),
        "it must be between 1 and 65535",
      );
  },
);

const badSequences = ["//", "/./", "/../", "%2f", "%2F"];
const badEndings = ["/..", "/."];

const path: Check = fields("networking validateHTTPIngressPath", {}, (value, run) => {
  const type = textOf(value, "pathType");
  const given = textOf(value, "path");
  if (type === undefined || given === undefined) return;
  if (!isSet(value, "pathType"))
    return reportAt(
      run,
      "pathType",
      "server/required",
      "pathType",
      "Exact, Prefix or ImplementationSpecific",
    );
  if (type === "Exact" || type === "Prefix") {
    if (!given.startsWith("/"))
      reportAt(run, "path", "server/invalid", shown(given), "it must begin with '/'");
    const bad =
      badSequences.find((sequence) => given.includes(sequence)) ??
      badEndings.find((ending) => given.endsWith(ending));
    if (bad !== undefined) reportAt(run, "path", "server/invalid", shown(given), `it must not hold ${bad}`);
  } else if (type === "ImplementationSpecific") {
    if (given !== "" && !given.startsWith("/"))
      reportAt(run, "path", "server/invalid", shown(given), "it must begin with '/'");
  } else
    reportAt(run, "pathType", "server/not-supported", shown(type), "Exact, ImplementationSpecific, Prefix");
  const to = value["backend"] ?? {};
  if (!isObject(to)) return;
  run.path.push("backend");
  backend(to, run);
  run.path.pop();
});

function notHost(host: string): string | undefined {
  if (parseAddress(host) !== undefined) return "it must be a DNS name, not an address";
  return host.includes("*") ? notWildcardDomain(host, 0) : notSubdomain(host);
}

const rule: Check = fields("networking validateIngressRules", {
  host: textOrEmpty(notHost),
  http: fields("networking validateHTTPIngressRuleValue", { paths: required(each(path)) }),
});

const tls: Check = fields("networking validateIngressTLS", {
  hosts: each(text((host) => (host.includes("*") ? notWildcardDomain(host, 0) : notSubdomain(host)))),
  secretName: textOrEmpty(notSubdomain),
});

/** ValidateIngressCreate; the run stands at the object. */
export const ingress: Check = fields("networking ValidateIngressCreate", {}, (value, run) => {
  const spec = value["spec"] ?? {};
  if (!isObject(spec)) return;
  run.path.push("spec");
  ingressSpec(spec, run);
  run.path.pop();
  const annotation = objectOf(objectOf(value, "metadata"), "annotations")?.["kubernetes.io/ingress.class"];
  const name = spec["ingressClassName"];
  if (typeof annotation === "string" && typeof name === "string" && annotation !== name)
    reportAt(
      run,
      ["metadata", "annotations", "kubernetes.io/ingress.class"],
      "server/mismatch",
      shown(annotation),
      "spec.ingressClassName says otherwise",
    );
});

const ingressSpec: Check = fields(
  "networking ValidateIngressSpec",
  { defaultBackend: backend, rules: each(rule), tls: each(tls), ingressClassName: subdomain },
  (value: JsonObject, run: Run) => {
    if (listOf(value, "rules").length === 0 && !isSet(value, "defaultBackend"))
      report(run, "server/required", "rules or defaultBackend");
  },
);

const parameters: Check = fields(
  "networking validateIngressClassParametersReference",
  { apiGroup: subdomain, kind: required(segment), name: required(segment) },
  (value, run) => {
    const scope = isSet(value, "scope") ? textOf(value, "scope") : "Cluster";
    const namespace = textOf(value, "namespace");
    if (scope === "Namespace") {
      if (!isSet(value, "namespace"))
        reportAt(run, "namespace", "server/required", "namespace", "the scope is Namespace");
      else {
        const reason = namespace === undefined ? undefined : notLabel(namespace);
        if (reason !== undefined) reportAt(run, "namespace", "server/name", shown(namespace), reason);
      }
    } else if (scope === "Cluster") {
      if (isSet(value, "namespace"))
        reportAt(run, "namespace", "server/forbidden", "namespace", "the scope is Cluster");
    } else if (scope !== undefined)
      reportAt(run, "scope", "server/not-supported", shown(scope), "Cluster, Namespace");
  },
);

export const ingressClass: Check = fields(
  "networking validateIngressClassSpec",
  {
    controller: (value, run) => {
      maxLength(250)(value, run);
      text(notDomainPrefixed)(value, run);
    },
    parameters,
  },
  (value, run) => {
    if (!isSet(value, "controller"))
      reportAt(run, "controller", "server/required", "controller", "a domain and a path");
  },
);

/** ValidateIPAddress; the run stands at the object. */
export const ipAddress: Check = (value, run) => {
  if (!isObject(value)) return;
  const name = textOf(objectOf(value, "metadata") ?? {}, "name") ?? "";
  const reason = notCanonicalAddress(name);
  run.source = "networking ValidateIPAddressName";
  if (name !== "" && reason !== undefined)
    reportAt(run, ["metadata", "name"], "server/name", shown(name), reason);
  run.path.push("spec");
  parentReference(value["spec"] ?? {}, run);
  run.path.pop();
};

const parentReference: Check = fields("networking validateIPAddressParentReference", {
  parentRef: required(
    fields("networking validateIPAddressParentReference", {
      group: textOrEmpty(notSubdomain),
      resource: required(segment),
      name: required(segment),
      namespace: textOrEmpty(notPathSegment),
    }),
  ),
});

function notStrictCidr(value: string): string | undefined {
  const parsed = parseCidr(value, false);
  if (parsed === undefined || isMapped(parsed.bytes)) return "it is no range of addresses, as in 10.9.8.0/24";
  if (/\/0[0-9]/.test(value)) return "it must not have leading zeros";
  return hasHostBits(parsed) ? "it must not have bits set beyond its prefix" : undefined;
}

export const serviceCidr: Check = fields(
  "networking validateServiceCIDRSpec",
  { cidrs: required(each(text(notStrictCidr, false))) },
  (value, run) => {
    const ranges = listOf(value, "cidrs");
    if (ranges.length > 2) reportAt(run, "cidrs", "server/too-many", "cidrs", "at most one for each family");
    const [first, second] = ranges.map((range) =>
      typeof range === "string" ? parseCidr(range)?.bytes.length : undefined,
    );
    if (ranges.length === 2 && first !== undefined && first === second)
      reportAt(run, ["cidrs", 1], "server/duplicate", shown(ranges[1]), "both are of one family");
  },
);
