import { isObject, type Json, type JsonObject, type JsonPath, valueAt } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { printable } from "../../../kube/printable.ts";
import { listAt } from "../entry/services.ts";
import type { Network } from "../engine/network.ts";
import { policiesFor } from "../engine/tables.ts";
import { isLabelSeen } from "../policies/cilium/identity-labels.ts";
import { CILIUM_GROUP, ciliumPolicyKinds } from "../policies/cilium/read-cilium.ts";
import { type Policy, policyText } from "../policies/policy.ts";
import { type Report, someOf } from "./report.ts";

/** What policies of Cilium do that their authors may not mean, beside what holds for every kind. */
export function ciliumFaults(net: Network, add: Report): void {
  const objects = new Set<JsonObject>();
  const asksNames = new Set<number>();
  const learnsNames = new Set<number>();
  for (const [number, policy] of net.policies.entries()) {
    if (!isCilium(policy.object)) continue;
    objects.add(policy.object);
    servicesForEverybody(policy, add);
    for (const rule of specOf(policy, "egress")) {
      if (listAt(rule, ["toFQDNs"]).length > 0) asksNames.add(number);
      if (listAt(rule, ["toPorts"]).some((entry) => listAt(entry, ["rules", "dns"]).length > 0))
        learnsNames.add(number);
    }
  }
  for (const object of objects) writtenFaults(object, add);
  if (asksNames.size > 0) unlearnedNames(net, asksNames, learnsNames, add);
}

/** Is it a policy of Cilium? */
export function isCilium(object: JsonObject): boolean {
  const { group, kind } = objectKey(object);
  return group === CILIUM_GROUP && ciliumPolicyKinds.has(kind);
}

/** The rules of the spec that a policy was read from: its selector stands there. */
function specOf(policy: Policy, member: string): readonly Json[] {
  return listAt(policy.object, [...(policy.subjectPath ?? ["spec"]).slice(0, -1), member]);
}

function servicesForEverybody(policy: Policy, add: Report): void {
  for (const rule of policy.rules.egress) {
    const path = [...rule.path, "toServices"];
    if (rule.action === "allow" && rule.peers.everybody && listAt(policy.object, path).length > 0)
      add("network/cilium-services-everybody", policy.object, path, policyText(policy));
  }
}

const lists = ["ingress", "ingressDeny", "egress", "egressDeny"] as const;

function writtenFaults(object: JsonObject, add: Report): void {
  const { kind, namespace, name } = objectKey(object);
  const what = printable(`${kind} ${namespace === "" ? name : `${namespace}/${name}`}`);
  const specs: JsonPath[] = isObject(valueAt(object, ["spec"])) ? [["spec"]] : [];
  specs.push(...[...listAt(object, ["specs"]).keys()].map((index) => ["specs", index]));
  for (const spec of specs) {
    unseenLabels(object, [...spec, "endpointSelector"], what, add);
    for (const member of lists) {
      const path = [...spec, member];
      const rules = valueAt(object, path);
      if (Array.isArray(rules) && rules.length === 0)
        add("network/cilium-empty-list", object, path, what, member);
      const peers = member.startsWith("ingress") ? "fromEndpoints" : "toEndpoints";
      for (const [index, rule] of listAt(object, path).entries())
        for (const at of listAt(rule, [peers]).keys())
          unseenLabels(object, [...path, index, peers, at], what, add);
    }
  }
}

function unseenLabels(object: JsonObject, path: JsonPath, what: string, add: Report): void {
  const labels = valueAt(object, [...path, "matchLabels"]);
  for (const key of isObject(labels) ? Object.keys(labels) : [])
    if (isUnseen(key))
      add("network/cilium-label-unseen", object, [...path, "matchLabels", key], what, printable(key));
  for (const [index, expression] of listAt(object, [...path, "matchExpressions"]).entries()) {
    const key = valueAt(expression, ["key"]);
    if (typeof key === "string" && isUnseen(key))
      add("network/cilium-label-unseen", object, [...path, "matchExpressions", index], what, printable(key));
  }
}

function isUnseen(text: string): boolean {
  const [source, key] = text.includes(":") ? text.split(":") : ["any", text];
  return (source === "any" || source === "k8s") && key !== undefined && !isLabelSeen(key);
}

/** Addresses of names are learned from answers of DNS that pass Cilium's proxy: some policy of the pods must lead them there. */
function unlearnedNames(
  net: Network,
  asks: ReadonlySet<number>,
  learns: ReadonlySet<number>,
  add: Report,
): void {
  const told = new Set<number>();
  for (const pods of net.classes) {
    if (pods.node) continue;
    const numbers = policiesFor(net, pods, "egress");
    if (numbers.some((number) => learns.has(number))) continue;
    for (const number of numbers) {
      const policy = net.policies[number];
      if (policy === undefined || !asks.has(number) || told.has(number)) continue;
      told.add(number);
      add(
        "network/cilium-names-unlearned",
        policy.object,
        (policy.subjectPath ?? ["spec"]).slice(0, -1),
        policyText(policy),
        someOf(net, pods),
      );
    }
  }
}
