/** Service, Endpoints, EndpointSlice. */
import { isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import {
  endpointAddress,
  familyOf,
  notAddress,
  notCanonicalAddress,
  notCidr,
  notEndpointAddress,
} from "../engine/addresses.ts";
import { port, portOrName } from "../engine/amounts.ts";
import {
  each,
  fields,
  isSet,
  isUnset,
  listOf,
  maxItems,
  numberOf,
  oneOf,
  range,
  required,
  textOf,
} from "../engine/build.ts";
import { type Check, inside, report, reportAt, type Run, shown } from "../engine/run.ts";
import { labels } from "../engine/selectors.ts";
import {
  label,
  labelOrEmpty,
  notDomainName,
  notLabel,
  notLabelValue,
  notSubdomain,
  qualifiedName,
  subdomain,
} from "../engine/texts.ts";

const protocols = oneOf(["TCP", "UDP", "SCTP"], true);

const servicePort: Check = fields(
  "core validateServicePort",
  { port, protocol: protocols, appProtocol: qualifiedName },
  (value, run) => {
    if (!isSet(value, "port")) reportAt(run, "port", "server/required", "port");
    const to = value["targetPort"];
    // 0 and "" take the port's own number.
    if (to !== 0 && to !== "") inside(run, "targetPort", to, portOrName);
  },
);

function checkPorts(spec: JsonObject, run: Run): void {
  const ports = listOf(spec, "ports");
  run.path.push("ports");
  each(servicePort)(ports, run);
  run.source = "core validateServicePort";
  const names = new Set<string>();
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  for (const [index, entry] of ports.entries()) {
    if (!isObject(entry)) continue;
    const name = textOf(entry, "name");
    const protocol = textOf(entry, "protocol") || "TCP";
    if (name === "") {
      if (ports.length > 1)
        reportAt(run, [index, "name"], "server/required", "name", "there is more than one port");
    } else if (name !== undefined) {
      const reason = notLabel(name);
      if (reason !== undefined) reportAt(run, [index, "name"], "server/name", shown(name), reason);
      if (names.has(name)) reportAt(run, [index, "name"], "server/duplicate", shown(name));
      names.add(name);
    }
    const id = `${protocol}/${numberOf(entry, "port") ?? 0}`;
    if (numbers.has(id)) reportAt(run, [index], "server/duplicate", `port ${id}`);
    numbers.add(id);
    const node = numberOf(entry, "nodePort") ?? 0;
    if (node === 0) continue;
    if (serviceType(spec) === "ClusterIP")
      reportAt(run, [index, "nodePort"], "server/forbidden", "nodePort", "the type is ClusterIP");
    const nodeId = `${protocol}/${node}`;
    if (nodePorts.has(nodeId)) reportAt(run, [index, "nodePort"], "server/duplicate", String(node));
    nodePorts.add(nodeId);
  }
  run.path.pop();
}

function serviceType(spec: JsonObject): string | undefined {
  const type = textOf(spec, "type");
  return type === "" ? "ClusterIP" : type;
}

/** The cluster addresses: a single clusterIP stands for a list of it (the store fills it in). */
function clusterAddresses(spec: JsonObject): readonly Json[] {
  const many = listOf(spec, "clusterIPs");
  const one = textOf(spec, "clusterIP") ?? "";
  return many.length === 0 && one !== "" ? [one] : many;
}

const affinity: Check = fields("core validateClientIPAffinityConfig", {
  clientIP: fields("core validateAffinityTimeout", { timeoutSeconds: range(1, 86_400) }),
});

const service: Check = fields("core validateService", {
  selector: labels,
  sessionAffinity: oneOf(["ClientIP", "None"], true),
  type: oneOf(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"], true),
  internalTrafficPolicy: oneOf(["Cluster", "Local"]),
  externalIPs: each((value, run) => {
    if (typeof value !== "string") return;
    const reason = notEndpointAddress(value, run.minor);
    if (reason !== undefined) report(run, "server/invalid", shown(value), reason);
  }),
});

export const serviceSpec: Check = (value, run) => {
  if (!isObject(value)) return;
  service(value, run);
  run.source = "core validateService";
  const type = serviceType(value);
  const addresses = clusterAddresses(value);
  const headless = addresses.length === 1 && addresses[0] === "None";
  const ports = value["ports"];
  if (isUnset(ports) && !headless && type !== "ExternalName")
    reportAt(
      run,
      "ports",
      "server/required",
      "ports",
      "only headless and ExternalName Services may have none",
    );
  if (headless && (type === "LoadBalancer" || type === "NodePort"))
    reportAt(
      run,
      isSet(value, "clusterIP") ? "clusterIP" : "clusterIPs",
      "server/forbidden",
      "clusterIP None",
      `the type is ${type}`,
    );
  if (type === "ExternalName") checkExternalName(value, addresses, run);
  else checkClusterAddresses(value, addresses, headless, run);
  checkPorts(value, run);
  if (value["sessionAffinity"] === "ClientIP")
    inside(run, "sessionAffinityConfig", value["sessionAffinityConfig"], affinity);
  checkBalancer(value, type, run);
  checkTraffic(value, type, run);
};

function checkExternalName(spec: JsonObject, addresses: readonly Json[], run: Run): void {
  if (addresses.length > 0)
    reportAt(
      run,
      isSet(spec, "clusterIPs") ? "clusterIPs" : "clusterIP",
      "server/forbidden",
      "clusterIP",
      "the type is ExternalName",
    );
  if (listOf(spec, "ipFamilies").length > 0)
    reportAt(run, "ipFamilies", "server/forbidden", "ipFamilies", "the type is ExternalName");
  if (isSet(spec, "ipFamilyPolicy"))
    reportAt(run, "ipFamilyPolicy", "server/forbidden", "ipFamilyPolicy", "the type is ExternalName");
  const name = textOf(spec, "externalName");
  if (name === undefined) return;
  const trimmed = name.endsWith(".") ? name.slice(0, -1) : name;
  if (trimmed === "")
    return reportAt(run, "externalName", "server/required", "externalName", "the type is ExternalName");
  const reason = notSubdomain(trimmed);
  if (reason !== undefined) reportAt(run, "externalName", "server/name", shown(name), reason);
}

const families = ["IPv4", "IPv6"];
const familyPolicies = ["SingleStack", "PreferDualStack", "RequireDualStack"];

/** ValidateServiceClusterIPsRelatedFields. */
function checkClusterAddresses(
  spec: JsonObject,
  addresses: readonly Json[],
  headless: boolean,
  run: Run,
): void {
  run.source = "core ValidateServiceClusterIPsRelatedFields";
  const one = textOf(spec, "clusterIP") ?? "";
  const many = listOf(spec, "clusterIPs");
  if (one === "" && many.length > 0)
    reportAt(
      run,
      "clusterIPs",
      "server/invalid",
      "clusterIPs",
      "clusterIP is not set; its first value must be it",
    );
  else if (many.length > 0 && many[0] !== one)
    reportAt(run, "clusterIPs", "server/mismatch", "clusterIPs", "its first value must be clusterIP");
  inside(run, "ipFamilies", spec["ipFamilies"], each(oneOf(families)));
  const wanted = listOf(spec, "ipFamilies");
  if (wanted.length > 1 && wanted[0] === wanted[1])
    reportAt(run, ["ipFamilies", 1], "server/duplicate", shown(wanted[1]));
  inside(run, "ipFamilyPolicy", spec["ipFamilyPolicy"], oneOf(familyPolicies));
  const at = (index: number): readonly (string | number)[] =>
    many.length > 0 ? ["clusterIPs", index] : ["clusterIP"];
  let bad = false;
  for (const [index, entry] of addresses.entries()) {
    if (typeof entry !== "string") continue;
    if (index === 0 && entry === "None") {
      if (addresses.length > 1)
        reportAt(run, "clusterIPs", "server/invalid", '"None"', "it must be the only value");
      bad ||= addresses.length > 1;
      continue;
    }
    const reason = notAddress(entry, run.minor);
    if (reason === undefined) continue;
    bad = true;
    reportAt(run, at(index), "server/invalid", shown(entry), reason);
  }
  if (addresses.length > 2)
    reportAt(run, "clusterIPs", "server/too-many", "clusterIPs", "at most one for each family");
  if (bad) return;
  const found = addresses.map((entry) => (typeof entry === "string" ? familyOf(entry) : undefined));
  if (addresses.length === 2 && found[0] === found[1])
    reportAt(run, ["clusterIPs", 1], "server/duplicate", shown(addresses[1]), "both are of one family");
  if (headless) return;
  for (const [index, family] of found.entries()) {
    if (
      wanted[index] !== undefined &&
      families.includes(String(wanted[index])) &&
      family !== undefined &&
      family !== wanted[index]
    )
      reportAt(
        run,
        at(index),
        "server/mismatch",
        shown(addresses[index]),
        `ipFamilies says ${String(wanted[index])}`,
      );
  }
}

function checkBalancer(spec: JsonObject, type: string | undefined, run: Run): void {
  run.source = "core validateService";
  const balancer = type === "LoadBalancer";
  const ranges = listOf(spec, "loadBalancerSourceRanges");
  if (ranges.length > 0 && !balancer)
    reportAt(
      run,
      "loadBalancerSourceRanges",
      "server/forbidden",
      "loadBalancerSourceRanges",
      "the type is not LoadBalancer",
    );
  for (const [index, entry] of ranges.entries()) {
    const reason = typeof entry === "string" ? notCidr(entry.trim(), run.minor) : undefined;
    if (reason !== undefined)
      reportAt(run, ["loadBalancerSourceRanges", index], "server/invalid", shown(entry), reason);
  }
  if (isSet(spec, "allocateLoadBalancerNodePorts") && !balancer)
    reportAt(
      run,
      "allocateLoadBalancerNodePorts",
      "server/forbidden",
      "allocateLoadBalancerNodePorts",
      "the type is not LoadBalancer",
    );
  run.source = "core validateLoadBalancerClassField";
  if (!isSet(spec, "loadBalancerClass")) return;
  if (balancer) inside(run, "loadBalancerClass", spec["loadBalancerClass"], qualifiedName);
  else
    reportAt(
      run,
      "loadBalancerClass",
      "server/forbidden",
      "loadBalancerClass",
      "the type is not LoadBalancer",
    );
}

function checkTraffic(spec: JsonObject, type: string | undefined, run: Run): void {
  const external = textOf(spec, "externalTrafficPolicy");
  run.source = "core validateServiceExternalTrafficPolicy";
  const outside =
    type === "LoadBalancer" ||
    type === "NodePort" ||
    (type === "ClusterIP" && listOf(spec, "externalIPs").length > 0);
  if (external !== undefined && external !== "") {
    if (!outside)
      reportAt(
        run,
        "externalTrafficPolicy",
        "server/forbidden",
        "externalTrafficPolicy",
        "nothing outside reaches this Service",
      );
    else if (external !== "Cluster" && external !== "Local")
      reportAt(run, "externalTrafficPolicy", "server/not-supported", shown(external), "Cluster, Local");
  }
  const health = numberOf(spec, "healthCheckNodePort") ?? 0;
  if (health !== 0) {
    if (type !== "LoadBalancer" || external !== "Local")
      reportAt(
        run,
        "healthCheckNodePort",
        "server/forbidden",
        "healthCheckNodePort",
        "it needs type LoadBalancer and externalTrafficPolicy Local",
      );
    else if (health < 0 || health > 65_535)
      reportAt(
        run,
        "healthCheckNodePort",
        "server/out-of-range",
        String(health),
        "it must be between 1 and 65535",
      );
  }
  run.source = "core validateServiceTrafficDistribution";
  const distribution = textOf(spec, "trafficDistribution");
  if (distribution === undefined || !isSet(spec, "trafficDistribution")) return;
  const allowed = run.minor >= 34 ? ["PreferClose", "PreferSameZone", "PreferSameNode"] : ["PreferClose"];
  if (!allowed.includes(distribution))
    reportAt(run, "trafficDistribution", "server/not-supported", shown(distribution), allowed.join(", "));
}

const endpointsAddress: Check = fields(
  "core validateEndpointAddress",
  { ip: endpointAddress, hostname: labelOrEmpty, nodeName: subdomain },
  (value, run) => {
    if (!isSet(value, "ip")) reportAt(run, "ip", "server/required", "ip");
  },
);

const endpointsPort: Check = fields(
  "core validateEndpointPort",
  { port, protocol: protocols, appProtocol: qualifiedName, name: labelOrEmpty },
  (value, run) => {
    if (!isSet(value, "port")) reportAt(run, "port", "server/required", "port");
  },
);

export const endpointsSubsets: Check = each(
  fields(
    "core validateEndpointSubsets",
    {
      addresses: each(endpointsAddress),
      notReadyAddresses: each(endpointsAddress),
      ports: each(endpointsPort),
    },
    (value, run) => {
      if (listOf(value, "addresses").length === 0 && listOf(value, "notReadyAddresses").length === 0)
        report(run, "server/required", "addresses or notReadyAddresses");
      const ports = listOf(value, "ports");
      if (ports.length < 2) return;
      for (const [index, entry] of ports.entries())
        if (isObject(entry) && textOf(entry, "name") === "")
          reportAt(run, ["ports", index, "name"], "server/required", "name", "there is more than one port");
    },
  ),
);

function hints(list: string, max: number, why: (name: string) => string | undefined): Check {
  return (value, run) => {
    if (!isObject(value)) return;
    run.source = "discovery validateHints";
    const items = listOf(value, list);
    if (items.length > max) reportAt(run, list, "server/too-many", list, `${items.length} of at most ${max}`);
    const seen = new Set<string>();
    for (const [index, item] of items.entries()) {
      const name = isObject(item) ? textOf(item, "name") : undefined;
      if (name === undefined) continue;
      if (seen.has(name)) reportAt(run, [list, index, "name"], "server/duplicate", shown(name));
      seen.add(name);
      const reason = why(name);
      if (reason !== undefined) reportAt(run, [list, index, "name"], "server/name", shown(name), reason);
    }
  };
}
const zoneHints = hints("forZones", 8, notLabelValue);
const nodeHints = hints("forNodes", 8, notSubdomain);

function notOfType(type: string, minor: number): ((text: string) => string | undefined) | undefined {
  if (type === "IPv4")
    return (value) =>
      notEndpointAddress(value, minor) ??
      (familyOf(value) === "IPv4" ? undefined : "it must be an IPv4 address");
  if (type === "IPv6")
    return (value) =>
      notCanonicalAddress(value) ??
      notEndpointAddress(value, minor) ??
      (familyOf(value) === "IPv6" ? undefined : "it must be an IPv6 address");
  return type === "FQDN" ? (value) => notDomainName(value, minor) : undefined;
}

export const endpointSlice: Check = fields(
  "discovery ValidateEndpointSlice",
  {
    addressType: required(oneOf(["IPv4", "IPv6", "FQDN"])),
    ports: (value, run) => {
      maxItems(20_000)(value, run);
      each(slicePort)(value, run);
      const seen = new Set<string>();
      for (const [index, item] of (Array.isArray(value) ? (value as readonly Json[]) : []).entries()) {
        const name = isObject(item) ? textOf(item, "name") : undefined;
        if (name === undefined) continue;
        if (seen.has(name)) reportAt(run, [index, "name"], "server/duplicate", shown(name));
        seen.add(name);
      }
    },
  },
  (value, run) => {
    const endpoints = listOf(value, "endpoints");
    const why = notOfType(textOf(value, "addressType") ?? "", run.minor);
    run.path.push("endpoints");
    maxItems(1000)(endpoints, run);
    for (const [index, endpoint] of endpoints.entries()) {
      if (!isObject(endpoint)) continue;
      run.path.push(index);
      sliceEndpoint(endpoint, run);
      run.source = "discovery validateEndpoints";
      for (const [place, entry] of listOf(endpoint, "addresses").entries()) {
        const reason = typeof entry === "string" ? why?.(entry) : undefined;
        if (reason !== undefined) reportAt(run, ["addresses", place], "server/invalid", shown(entry), reason);
      }
      run.path.pop();
    }
    run.path.pop();
  },
);

const slicePort: Check = fields("discovery validatePorts", {
  name: labelOrEmpty,
  protocol: oneOf(["TCP", "UDP", "SCTP"]),
  appProtocol: qualifiedName,
});

const sliceEndpoint: Check = fields("discovery validateEndpoints", {
  addresses: required(maxItems(100)),
  nodeName: subdomain,
  hostname: label,
  deprecatedTopology: (value, run) => {
    labels(value, run);
    if (isObject(value) && Object.keys(value).length > 16)
      report(run, "server/too-many", "deprecatedTopology", "at most 16");
  },
  hints: (value, run) => {
    zoneHints(value, run);
    nodeHints(value, run);
  },
});
