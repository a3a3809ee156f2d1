/** A Pod's spec as a whole: core ValidatePodSpec and what only Pods have. */
import { isObject, type Json, type JsonObject } from "../../../../kube/json.ts";
import { compareQuantities, addQuantities, quantityText, type Quantity } from "../../../../kube/quantity.ts";
import { address } from "../engine/addresses.ts";
import { amountsOf } from "../engine/amounts.ts";
import {
  byteLength,
  each,
  fields,
  isSet,
  listOf,
  numberOf,
  objectOf,
  oneOf,
  range,
  required,
  text,
  textOf,
  textOrEmpty,
  unique,
} from "../engine/build.ts";
import { type Check, inside, report, reportAt, type Run, shown } from "../engine/run.ts";
import { labels } from "../engine/selectors.ts";
import {
  labelOrEmpty,
  notSubdomain,
  notUnderscoredSubdomain,
  qualifiedName,
  subdomain,
  subdomainOrEmpty,
} from "../engine/texts.ts";
import { checkContainers, checkInitContainers, contextsOf, type PodAround } from "./containers.ts";
import { affinity, tolerations, topologySpreadConstraints } from "./placing.ts";
import { checkResources, isHugePages } from "./resources.ts";
import { checkHostProcess, checkOs, checkPodSecurity } from "./security.ts";
import { checkVolumes } from "./volumes.ts";

const podClaim: Check = fields(
  "core validatePodResourceClaim",
  {
    name: required(text(() => undefined)),
    resourceClaimName: text(notSubdomain),
    resourceClaimTemplateName: text(notSubdomain),
  },
  (value, run) => {
    inside(run, "name", value["name"], labelOrEmpty);
    const count =
      Number(isSet(value, "resourceClaimName")) + Number(isSet(value, "resourceClaimTemplateName"));
    if (count === 0) report(run, "server/required", "resourceClaimName or resourceClaimTemplateName");
    if (count > 1) report(run, "server/forbidden", "resourceClaimTemplateName", "resourceClaimName is set");
  },
);

const nameOf = (item: Json): Json | undefined => (isObject(item) ? item["name"] : undefined);

const dnsOption: Check = fields("core validatePodDNSConfig", { name: required() });

const search: Check = (value, run) => {
  if (typeof value !== "string" || value === ".") return;
  const reason =
    run.minor >= 32
      ? notUnderscoredSubdomain(value.replace(/\.$/, ""), run.minor)
      : notSubdomain(value.replace(/\.$/, ""));
  if (reason !== undefined) report(run, "server/name", shown(value), reason);
};

const dnsConfig: Check = fields(
  "core validatePodDNSConfig",
  { nameservers: each(address), searches: each(search), options: each(dnsOption) },
  (value, run) => {
    const servers = listOf(value, "nameservers");
    const searches = listOf(value, "searches");
    if (servers.length > 3)
      reportAt(run, "nameservers", "server/too-many", "nameservers", `${servers.length} of at most 3`);
    if (searches.length > 32)
      reportAt(run, "searches", "server/too-many", "searches", `${searches.length} of at most 32`);
    if (byteLength(searches.join(" ")) > 2048)
      reportAt(
        run,
        "searches",
        "server/too-long",
        "searches",
        "together they have more than 2048 characters",
      );
  },
);

const spec: Check = fields("core ValidatePodSpec", {
  restartPolicy: oneOf(["Always", "OnFailure", "Never"], true),
  dnsPolicy: oneOf(["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], true),
  nodeSelector: labels,
  affinity,
  dnsConfig,
  readinessGates: each(
    fields("core validateReadinessGates", { conditionType: qualifiedName }, (value, run) => {
      if (!isSet(value, "conditionType")) reportAt(run, "conditionType", "server/required", "conditionType");
    }),
  ),
  schedulingGates: (value, run) => {
    each(fields("core validateSchedulingGates", { name: required(qualifiedName) }))(value, run);
    unique(nameOf)(value, run);
  },
  topologySpreadConstraints,
  serviceAccountName: subdomainOrEmpty,
  nodeName: subdomainOrEmpty,
  activeDeadlineSeconds: range(1, 2_147_483_647),
  hostname: labelOrEmpty,
  subdomain: labelOrEmpty,
  tolerations,
  hostAliases: each(
    fields("core ValidateHostAliases", { ip: address, hostnames: each(subdomain) }, (value, run) => {
      if (!isSet(value, "ip")) reportAt(run, "ip", "server/required", "ip");
    }),
  ),
  priorityClassName: textOrEmpty(notSubdomain),
  runtimeClassName: subdomain,
  preemptionPolicy: oneOf(["PreemptLowerPriority", "Never"]),
  resourceClaims: (value, run) => {
    each(podClaim)(value, run);
    unique(nameOf)(value, run);
  },
});

/** ValidatePodSpec. `podName` and `isPod` are for Pods themselves; templates have no name. */
export function checkPodSpec(
  value: JsonObject,
  pod: { readonly isPod: boolean; readonly name: string },
  run: Run,
): void {
  const volumes = checkVolumes(value, pod, run);
  const claims = new Set<string>();
  for (const claim of listOf(value, "resourceClaims")) {
    const name = nameOf(claim);
    if (typeof name === "string" && name !== "") claims.add(name);
  }
  const grace = numberOf(value, "terminationGracePeriodSeconds") ?? 30;
  const around: PodAround = {
    volumes,
    claims,
    restartPolicy: textOf(value, "restartPolicy") || "Always",
    // The server sets a negative grace period of a Pod to 1 (SetDefaults_Pod).
    grace: pod.isPod && grace < 0 ? 1 : grace,
    os: textOf(objectOf(value, "os") ?? {}, "name"),
    userNamespace: value["hostUsers"] === false,
    isPod: pod.isPod,
  };
  checkContainers(value, around, run);
  checkInitContainers(value, around, run);
  spec(value, run);
  checkPodLevelResources(value, run);
  checkPodSecurity(value, run);
  checkHostNetwork(value, run);
  checkDnsPolicy(value, run);
  checkOldAccount(value, run);
  const contexts = contextsOf(value);
  checkHostProcess(value, contexts, run);
  checkOs(value, contexts, run);
  checkUserNamespace(value, run);
  checkOverhead(value, pod.isPod, run);
  run.source = "core validateShareProcessNamespace";
  if (value["shareProcessNamespace"] === true && value["hostPID"] === true)
    reportAt(run, "shareProcessNamespace", "server/forbidden", "shareProcessNamespace", "hostPID is true");
  checkHostnameOverride(value, run);
  checkFileReferences(value, volumes, run);
}

/** The old name of the field counts where the new one is not set (SetDefaults_PodSpec). */
function checkOldAccount(value: JsonObject, run: Run): void {
  run.source = "core ValidatePodSpec";
  if (textOf(value, "serviceAccountName") === "")
    inside(run, "serviceAccount", value["serviceAccount"], subdomainOrEmpty);
}

function checkDnsPolicy(value: JsonObject, run: Run): void {
  if (value["dnsPolicy"] !== "None") return;
  run.source = "core validatePodDNSConfig";
  if (listOf(objectOf(value, "dnsConfig"), "nameservers").length === 0)
    reportAt(run, ["dnsConfig", "nameservers"], "server/required", "nameservers", "dnsPolicy is None");
}

function checkHostNetwork(value: JsonObject, run: Run): void {
  if (value["hostNetwork"] !== true) return;
  run.source = "core validatePodHostNetworkDeps";
  for (const [index, container] of listOf(value, "containers").entries()) {
    for (const [place, port] of listOf(isObject(container) ? container : undefined, "ports").entries()) {
      if (!isObject(port)) continue;
      const host = numberOf(port, "hostPort") ?? 0;
      if (host !== 0 && host !== numberOf(port, "containerPort"))
        reportAt(
          run,
          ["containers", index, "ports", place, "hostPort"],
          "server/mismatch",
          String(host),
          "it must be the containerPort, since hostNetwork is true",
        );
    }
  }
}

function checkUserNamespace(value: JsonObject, run: Run): void {
  if (value["hostUsers"] !== false) return;
  run.source = "core validateHostUsers";
  for (const field of ["hostNetwork", "hostPID", "hostIPC"])
    if (value[field] === true) reportAt(run, field, "server/forbidden", field, "hostUsers is false");
  if (run.minor < 35) return;
  for (const list of ["initContainers", "containers"]) {
    for (const [index, container] of listOf(value, list).entries()) {
      if (listOf(isObject(container) ? container : undefined, "volumeDevices").length > 0)
        reportAt(
          run,
          [list, index, "volumeDevices"],
          "server/forbidden",
          "volumeDevices",
          "hostUsers is false",
        );
    }
  }
}

function checkOverhead(value: JsonObject, isPod: boolean, run: Run): void {
  const overhead = objectOf(value, "overhead");
  if (overhead === undefined) return;
  run.source = "plugin/pkg/admission/runtimeclass validateOverhead";
  if (isPod && !isSet(value, "runtimeClassName") && Object.keys(overhead).length > 0)
    reportAt(
      run,
      "overhead",
      "server/forbidden",
      "overhead",
      "it comes from a RuntimeClass, and none is named",
    );
  run.path.push("overhead");
  checkResources({ limits: overhead }, "container", new Set(), run);
  run.path.pop();
}

function checkHostnameOverride(value: JsonObject, run: Run): void {
  const name = textOf(value, "hostnameOverride");
  if (run.minor < 35 || name === undefined || !isSet(value, "hostnameOverride")) return;
  run.source = "core validatePodHostName";
  const path = "hostnameOverride";
  if (value["setHostnameAsFQDN"] === true)
    reportAt(run, path, "server/forbidden", path, "setHostnameAsFQDN is true");
  if (value["hostNetwork"] === true) reportAt(run, path, "server/forbidden", path, "hostNetwork is true");
  if (name.length > 64)
    reportAt(run, path, "server/too-long", shown(name), "at most 64 characters are allowed");
  const reason = notSubdomain(name);
  if (reason !== undefined) reportAt(run, path, "server/name", shown(name), reason);
}

function checkFileReferences(value: JsonObject, volumes: ReadonlyMap<string, JsonObject>, run: Run): void {
  if (run.minor < 35) return;
  run.source = "core validateFileKeyRefVolumes";
  for (const list of ["initContainers", "containers"]) {
    for (const [index, container] of listOf(value, list).entries()) {
      for (const [place, variable] of listOf(isObject(container) ? container : undefined, "env").entries()) {
        const from = objectOf(objectOf(isObject(variable) ? variable : undefined, "valueFrom"), "fileKeyRef");
        const name = from === undefined ? undefined : textOf(from, "volumeName");
        if (name === undefined || name === "") continue;
        const path = [list, index, "env", place, "valueFrom", "fileKeyRef", "volumeName"];
        const volume = volumes.get(name);
        if (volume === undefined)
          reportAt(run, path, "server/not-found", shown(name), "there is no volume of this name");
        else if (!isSet(volume, "emptyDir"))
          reportAt(run, path, "server/invalid", shown(name), "the volume must be an emptyDir");
      }
    }
  }
}

/** Since when a Pod has resources as a whole (feature PodLevelResources). */
const POD_RESOURCES = 34;

/** validatePodResources: the Pod's own requests and limits, and what its containers sum up to. */
function checkPodLevelResources(value: JsonObject, run: Run): void {
  const resources = objectOf(value, "resources");
  if (resources === undefined || run.minor < POD_RESOURCES) return;
  run.path.push("resources");
  if (objectOf(value, "os")?.["name"] === "windows") {
    run.source = "core validatePodResources";
    report(run, "server/forbidden", "resources", "spec.os.name is windows");
  } else {
    checkResources(resources, "pod", new Set(), run);
    run.source = "core validatePodResourceConsistency";
    checkSums(value, resources, run);
  }
  run.path.pop();
}

function checkSums(value: JsonObject, resources: JsonObject, run: Run): void {
  const requests = amountsOf(objectOf(resources, "requests"));
  for (const [name, sum] of sumsOf(value, "requests")) {
    const own = requests.get(name);
    if (own !== undefined && compareQuantities(sum, own) > 0)
      reportAt(
        run,
        ["requests", name],
        "server/invalid",
        shown(quantityText(own)),
        `the containers request ${quantityText(sum)} together`,
      );
  }
  const limits = amountsOf(objectOf(resources, "limits"));
  for (const [name, sum] of sumsOf(value, "limits")) {
    const own = limits.get(name);
    if (own !== undefined && isHugePages(name) && compareQuantities(sum, own) > 0)
      reportAt(
        run,
        ["limits", name],
        "server/invalid",
        shown(quantityText(own)),
        `the containers are limited to ${quantityText(sum)} together`,
      );
  }
  for (const [index, container] of listOf(value, "containers").entries()) {
    for (const [name, limit] of amountsOf(
      objectOf(objectOf(isObject(container) ? container : undefined, "resources"), "limits"),
    )) {
      const own = limits.get(name);
      if (own !== undefined && compareQuantities(limit, own) > 0)
        run.faults.push({
          code: "server/invalid",
          path: [...run.path.slice(0, -1), "containers", index, "resources", "limits", name],
          what: shown(quantityText(limit)),
          other: `it must not be more than the Pod's limit of ${quantityText(own)}`,
          source: run.source,
        });
    }
  }
}

/** What the containers of a Pod need together: the sum of those that run at once, or the largest that runs first. */
function sumsOf(value: JsonObject, list: "requests" | "limits"): ReadonlyMap<string, Quantity> {
  const sums = new Map<string, Quantity>();
  const amounts = (container: Json): ReadonlyMap<string, Quantity> => {
    const resources = objectOf(isObject(container) ? container : undefined, "resources");
    const own = objectOf(resources, list);
    // A Pod's requests default to the limits (SetDefaults_Pod).
    const limits = list === "requests" ? objectOf(resources, "limits") : undefined;
    return amountsOf({ ...limits, ...own });
  };
  const add = (into: Map<string, Quantity>, amountsOfOne: ReadonlyMap<string, Quantity>): void => {
    for (const [name, amount] of amountsOfOne) {
      const known = into.get(name);
      into.set(name, known === undefined ? amount : addQuantities(known, amount));
    }
  };
  for (const container of listOf(value, "containers")) add(sums, amounts(container));
  const sidecars = new Map<string, Quantity>();
  const first = new Map<string, Quantity>();
  for (const container of listOf(value, "initContainers")) {
    const own = amounts(container);
    const together = new Map(sidecars);
    add(together, own);
    if (isObject(container) && container["restartPolicy"] === "Always") {
      add(sums, own);
      add(sidecars, own);
    }
    for (const [name, amount] of together) {
      const known = first.get(name);
      if (known === undefined || compareQuantities(amount, known) > 0) first.set(name, amount);
    }
  }
  for (const [name, amount] of first) {
    const known = sums.get(name);
    if (known === undefined || compareQuantities(amount, known) > 0) sums.set(name, amount);
  }
  return sums;
}
