import { canonicalJson } from "../../../kube/canonical-json.ts";
import { isArray, isObject, type Json, type JsonObject, pathText, valueAt } from "../../../kube/json.ts";
import { identity, objectKey } from "../../../kube/object-key.ts";
import { type PodTemplate, podTemplateOf } from "../../../kube/pod-template.ts";
import { matchesLabels, matchesMap } from "../../../kube/selector.ts";
import {
  added,
  anyChange,
  type ChangedObject,
  deployment,
  type Detected,
  example,
  type FolderView,
  type WideningRow,
} from "./row.ts";

function isPolicy(object: JsonObject): boolean {
  const key = objectKey(object);
  return key.group === "networking.k8s.io" && key.kind === "NetworkPolicy";
}

function isService(object: JsonObject): boolean {
  const key = objectKey(object);
  return key.group === "" && key.kind === "Service";
}

function asObject(value: Json | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

/** Whether a selector names labels: one that selects everything does not depend on the labels of a Pod. */
function namesLabels(selector: JsonObject | undefined): selector is JsonObject {
  return (
    selector !== undefined &&
    Object.keys(selector).some((member) => canonicalJson(selector[member]).length > 2)
  );
}

/** The Pods that peers of a policy name by label, in any namespace: which namespaces match is not looked at. */
function peerSelectors(policy: JsonObject): readonly JsonObject[] {
  const found: JsonObject[] = [];
  for (const [direction, side] of [
    ["ingress", "from"],
    ["egress", "to"],
  ] as const) {
    const rules = valueAt(policy, ["spec", direction]);
    for (const rule of isArray(rules) ? rules : []) {
      const peers = valueAt(rule, [side]);
      for (const peer of isArray(peers) ? peers : []) {
        const selector = asObject(valueAt(peer, ["podSelector"]));
        if (namesLabels(selector)) found.push(selector);
      }
    }
  }
  return found;
}

/** How an object selects Pods with these labels by name of a label; empty when it does not. */
function selections(by: JsonObject, template: PodTemplate, namespace: string): readonly string[] {
  const key = objectKey(by);
  const near = key.namespace === namespace;
  if (isService(by)) {
    const selector = asObject(valueAt(by, ["spec", "selector"]));
    return near && matchesMap(selector, template.labels)
      ? [`Service ${key.namespace}/${key.name} sends traffic to them`]
      : [];
  }
  if (!isPolicy(by)) return [];
  const subject = asObject(valueAt(by, ["spec", "podSelector"]));
  const found: string[] = [];
  if (near && namesLabels(subject) && matchesLabels(subject, template.labels)) {
    found.push(`NetworkPolicy ${key.namespace}/${key.name} applies to them`);
  }
  if (peerSelectors(by).some((selector) => matchesLabels(selector, template.labels))) {
    found.push(`NetworkPolicy ${key.namespace}/${key.name} names them as peers`);
  }
  return found;
}

/** What selects the Pods of an object, of the objects that stood in the folder before: what the plan brings itself has its own rows. */
function selected(object: JsonObject | null, standing: readonly JsonObject[]): readonly Detected[] {
  const template = object === null ? undefined : podTemplateOf(object);
  if (object === null || template === undefined) return [];
  const { namespace } = objectKey(object);
  const path = pathText([...template.path, "metadata", "labels"]);
  return standing.flatMap((by) =>
    selections(by, template, namespace).map((how) => ({
      path,
      detail: `labels of the Pods: ${how}`,
      subject: objectKey(by).name,
    })),
  );
}

function podLabelsSelected(change: ChangedObject, folder: FolderView): readonly Detected[] {
  const { before, after } = change;
  if (after === null) return [];
  if (isService(after)) {
    const was = before === null ? undefined : valueAt(before, ["spec", "selector"]);
    const is = valueAt(after, ["spec", "selector"]);
    return before !== null && canonicalJson(was ?? null) !== canonicalJson(is ?? null)
      ? [{ path: "spec.selector", detail: "the Service sends traffic to other Pods" }]
      : [];
  }
  const had = selected(before, folder.before);
  const has = selected(after, folder.before);
  const key = (found: Detected): string => found.detail;
  const newly = has.filter((found) => !had.some((old) => key(old) === key(found)));
  const left =
    before === null
      ? []
      : had.filter(
          (found) => found.detail.endsWith("applies to them") && !has.some((now) => key(now) === key(found)),
        );
  return [
    ...newly,
    ...left.map((found) => ({
      ...found,
      detail: found.detail.replace("applies to them", "applies to them no more"),
    })),
  ];
}

/** Whether every workload of the folder that a policy applies to goes with it, and there was one. */
function goesWithItsPods(change: ChangedObject, folder: FolderView): boolean {
  const { before } = change;
  if (change.operation !== "delete" || before === null || folder.partial === true) return false;
  const selector = asObject(valueAt(before, ["spec", "podSelector"])) ?? {};
  const { namespace } = objectKey(before);
  const applies = (object: JsonObject): boolean => {
    const template = podTemplateOf(object);
    return (
      template !== undefined &&
      objectKey(object).namespace === namespace &&
      matchesLabels(selector, template.labels)
    );
  };
  return folder.before.some(applies) && !folder.after.some(applies);
}

function policyChange(change: ChangedObject): boolean {
  return change.key.group === "networking.k8s.io" && change.key.kind === "NetworkPolicy";
}

function exposure(object: JsonObject): readonly Detected[] {
  if (!isService(object)) return [];
  const found: Detected[] = [];
  const type = valueAt(object, ["spec", "type"]);
  if (type !== undefined && type !== "ClusterIP")
    found.push({ path: "spec.type", detail: `type ${typeof type === "string" ? type : "unknown"}` });
  const addresses = valueAt(object, ["spec", "externalIPs"]);
  if (isArray(addresses) && addresses.length > 0)
    found.push({ path: "spec.externalIPs", detail: "takes traffic for addresses outside of the cluster" });
  const name = valueAt(object, ["spec", "externalName"]);
  if (typeof name === "string" && name !== "")
    found.push({ path: "spec.externalName", detail: "stands for a name outside of the cluster" });
  return found;
}

const policies = "kubernetes/website:content/en/docs/concepts/services-networking/network-policies.md";
const services = "kubernetes/website:content/en/docs/concepts/services-networking/service.md";

function policy(spec: JsonObject): JsonObject {
  return example("networking.k8s.io/v1", "NetworkPolicy", { spec });
}
const deny: JsonObject = policy({ podSelector: {}, policyTypes: ["Ingress"] });
const open: JsonObject = policy({ podSelector: {}, ingress: [{}] });
const service: JsonObject = example("v1", "Service", { spec: { selector: { app: "x" } } });
const pods: JsonObject = deployment({ containers: [] });

export const networkRows: readonly WideningRow[] = [
  {
    id: "pod-labels-selected",
    title: "Labels of Pods that a standing Service or NetworkPolicy selects, or a Service's selector",
    why: "A label lets Pods into what a policy allows, out of what it applies to, or behind a Service's name.",
    source: policies,
    detect: podLabelsSelected,
    positive: { before: null, after: pods, others: [service] },
    negative: { before: null, after: pods, others: [deny] },
  },
  {
    id: "networkpolicy-added",
    title: "A NetworkPolicy is added",
    why: "Policies add up: one more allows what others do not (and isolates Pods that none applied to).",
    source: policies,
    detect: (change) =>
      policyChange(change) && change.operation === "create"
        ? [{ path: "spec", detail: "allows the connections that it names", subject: change.key.name }]
        : [],
    positive: { before: null, after: deny },
    negative: { before: deny, after: open },
  },
  {
    id: "networkpolicy-changed",
    title: "A NetworkPolicy is changed",
    why: "Connections that were closed may open.",
    source: policies,
    detect: (change) =>
      policyChange(change) && change.operation === "update"
        ? [{ path: "spec", detail: "allows other connections than before", subject: change.key.name }]
        : [],
    positive: { before: deny, after: open },
    negative: { before: null, after: deny },
  },
  {
    id: "networkpolicy-removed",
    title: "A NetworkPolicy is removed while Pods that it applies to may stay",
    why: "Pods that no policy applies to any more take and open every connection.",
    source: policies,
    detect: (change, folder) =>
      policyChange(change) && change.operation === "delete" && !goesWithItsPods(change, folder)
        ? [{ path: "spec", detail: "applies to its Pods no more", subject: change.key.name }]
        : [],
    positive: { before: deny, after: null, others: [pods] },
    negative: { before: deny, after: open },
  },
  {
    id: "networkpolicy-removed-with-its-pods",
    title: "A NetworkPolicy is removed together with every workload of the folder that it applies to",
    why: "Pods from elsewhere that it applied to as well are not seen.",
    source: policies,
    detect: (change, folder) =>
      policyChange(change) && goesWithItsPods(change, folder)
        ? [
            {
              path: "spec",
              detail: "goes with every workload of the folder that it applies to",
              subject: change.key.name,
            },
          ]
        : [],
    // The table test takes the Deployment out of the folder with the policy.
    positive: { before: deny, after: null },
    negative: { before: deny, after: null, others: [pods] },
  },
  {
    id: "service-exposure",
    title: "A Service beyond ClusterIP",
    why: "Node ports, load balancers and external addresses are reached from outside; an external IP takes over traffic of others (CVE-2020-8554).",
    source: services,
    detect: (change) => {
      const found = added(change, exposure);
      const { before, after } = change;
      // Who may come in and where it leads stands in other fields (loadBalancerSourceRanges, ports).
      const changed =
        before !== null &&
        after !== null &&
        exposure(after).length > 0 &&
        canonicalJson(valueAt(before, ["spec"]) ?? null) !== canonicalJson(valueAt(after, ["spec"]) ?? null);
      return found.length === 0 && changed
        ? [{ path: "spec", detail: "can be reached from outside, and is changed" }]
        : found;
    },
    positive: { before: service, after: example("v1", "Service", { spec: { type: "NodePort" } }) },
    negative: { before: null, after: service },
  },
  {
    id: "endpoints",
    title: "Addresses behind a Service, written by hand",
    why: "They send the traffic of a Service's name to any address.",
    source: `${services} (Services without selectors); GHSA-mfv7-gq43-w965`,
    detect: anyChange(["/Endpoints", "discovery.k8s.io/EndpointSlice"]),
    positive: { before: null, after: example("discovery.k8s.io/v1", "EndpointSlice") },
    negative: { before: null, after: service },
  },
  {
    id: "ingress",
    title: "An Ingress or IngressClass",
    why: "It opens a way in from outside, and its annotations configure a shared controller.",
    source: "kubernetes/website:content/en/docs/concepts/services-networking/ingress.md",
    detect: anyChange(["networking.k8s.io/Ingress", "networking.k8s.io/IngressClass", "extensions/Ingress"]),
    positive: { before: null, after: example("networking.k8s.io/v1", "Ingress") },
    negative: { before: null, after: deny },
  },
  {
    id: "gateway",
    title: "An object of the Gateway API or of a mesh's network",
    why: "It opens a way in from outside, or permits references across namespaces.",
    source: "gateway-api.sigs.k8s.io/concepts/security-model",
    detect: anyChange([
      "gateway.networking.k8s.io/*",
      "gateway.networking.x-k8s.io/*",
      "networking.istio.io/*",
      "security.istio.io/*",
      "traefik.io/*",
    ]),
    positive: { before: null, after: example("gateway.networking.k8s.io/v1", "HTTPRoute") },
    negative: { before: null, after: example("networking.k8s.io/v1", "Ingress") },
  },
];

/** How an object can be reached from outside of the cluster: the exposure that a plan shows, changed or not. */
export function exposuresOf(object: JsonObject): readonly string[] {
  const key = objectKey(object);
  if (isService(object)) return exposure(object).map((found) => found.detail);
  if (identity(key).startsWith("networking.k8s.io/Ingress/")) return ["Ingress"];
  if (key.group === "gateway.networking.k8s.io" && (key.kind === "Gateway" || key.kind.endsWith("Route")))
    return [key.kind];
  return [];
}
