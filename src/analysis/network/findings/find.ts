import { isObject, type JsonPath, valueAt } from "../../../kube/json.ts";
import { namespaceOf, objectKey } from "../../../kube/object-key.ts";
import { mayMake, type PodMaker, podMakerOf } from "../../../kube/pod-maker.ts";
import { printable } from "../../../kube/printable.ts";
import type { Severity } from "../../../kube/problem.ts";
import type { ReadObject } from "../../../kube/read-object.ts";
import { matchesSelector, type Selector } from "../../../kube/selector.ts";
import type { Finding } from "../../findings/finding.ts";
import { readEntries } from "../entry/entries.ts";
import { readServices, targetPorts, workloadsBehind, listAt } from "../entry/services.ts";
import { buildNetwork, type CompiledRule, type Network } from "../engine/network.ts";
import { policiesFor, portsAt, tableOf } from "../engine/tables.ts";
import { type Policy, policyText, type Rule } from "../policies/policy.ts";
import { cidrSet, coversIps } from "../sets/ip-set.ts";
import { PortSpace, type PortSetId } from "../sets/port-space.ts";
import { ciliumFaults, isCilium } from "./cilium.ts";
import { networkFindings } from "./finding-table.ts";
import { type Report, someOf } from "./report.ts";

/** Kinds that make it worth while to build a network. */
const concerned: ReadonlySet<string> = new Set([
  "NetworkPolicy",
  "GlobalNetworkPolicy",
  "AdminNetworkPolicy",
  "BaselineAdminNetworkPolicy",
  "ClusterNetworkPolicy",
  "CiliumNetworkPolicy",
  "CiliumClusterwideNetworkPolicy",
  "AuthorizationPolicy",
  "EgressFirewall",
  "Tier",
  "NetworkSet",
  "GlobalNetworkSet",
]);

/** What network policies among the objects do that their authors may not mean. The work grows with the objects, not with their pairs. */
export function findNetworkFaults(objects: readonly ReadObject[]): readonly Finding[] {
  if (!objects.some(({ object }) => concerned.has(objectKey(object).kind))) return [];
  const net = buildNetwork(objects.map(({ object }) => object));
  const reads = new Map(objects.map((read) => [read.object, read]));
  const found: Finding[] = [];
  const reportAs =
    (severity?: Severity): Report =>
    (code, object, path, what, other = "") => {
      const row = networkFindings[code];
      const read = reads.get(object);
      found.push({
        code,
        severity: severity ?? row.severity,
        message: row.message(what, other),
        object: objectKey(object),
        ...(read === undefined ? {} : { place: read.places.value(path), path: [...read.path, ...path] }),
        ...(row.hint === undefined ? {} : { hint: row.hint }),
      });
    };
  const add = reportAs();
  const remark = reportAs("info");
  for (const { kind, message, object, path } of net.problems) {
    if (kind === "invalid")
      add("network/refused", object, path, message, isCilium(object) ? "the API server or Cilium" : "");
    else
      add(kind === "unmodelled" ? "network/not-modelled" : "network/order-undefined", object, path, message);
  }
  const inNamespace = workloadsByNamespace(net);
  const makers = makersByNamespace(objects);
  for (const [number, policy] of net.policies.entries()) {
    const name = policyText(policy);
    if (policy.kind === "NetworkPolicy" || policy.kind === "CiliumNetworkPolicy")
      subjectFaults(net, policy, { name, inNamespace, makers, add, remark });
    if (policy.kind === "NetworkPolicy") writtenFaults(net, policy, name, add);
    for (const rule of [...(net.rulesOf[number]?.ingress ?? []), ...(net.rulesOf[number]?.egress ?? [])]) {
      const compiled = net.rules[rule];
      if (compiled !== undefined) ruleFaults(net, policy, compiled, { name, inNamespace, add });
    }
  }
  calicoSubjects(net, inNamespace, add);
  ciliumFaults(net, add);
  coveredPolicies(net, add);
  dnsFaults(net, add);
  servicePortFaults(net, add);
  closedEntries(net, add);
  return found;
}

function workloadsByNamespace(net: Network): ReadonlyMap<string, readonly number[]> {
  return Map.groupBy(net.workloads.keys(), (number) => net.workloads[number]?.namespace ?? "");
}

function makersByNamespace(objects: readonly ReadObject[]): ReadonlyMap<string, readonly PodMaker[]> {
  const makers = objects.flatMap(({ object }) => {
    const maker = podMakerOf(object);
    return maker === undefined ? [] : [{ maker, namespace: namespaceOf(object) }];
  });
  const byNamespace = Map.groupBy(makers, ({ namespace }) => namespace);
  return new Map([...byNamespace].map(([namespace, rows]) => [namespace, rows.map(({ maker }) => maker)]));
}

function selects(net: Network, selector: Selector, workload: number): boolean {
  return matchesSelector(selector, net.labelsOf[workload] ?? {});
}

function subjectFaults(
  net: Network,
  policy: Policy,
  { name, inNamespace, makers, add, remark }: SubjectContext,
): void {
  const members = inNamespace.get(policy.namespace) ?? [];
  const [term] = policy.subject;
  // An empty selector is meant for what will come.
  if (members.length === 0 || term?.pods.length === 0) return;
  const selected = term === undefined ? [] : members.filter((number) => selects(net, term.pods, number));
  const path = policy.subjectPath ?? ["spec", "podSelector"];
  if (selected.length === 0) {
    const made = term !== undefined && mayMake(makers.get(policy.namespace) ?? [], term.pods);
    const report = made ? remark : add;
    report("network/selects-nothing", policy.object, path, name, printable(policy.namespace));
  }
  for (const number of selected) {
    const workload = net.workloads[number];
    if (workload?.hostNetwork === true)
      add("network/host-network", policy.object, path, name, printable(`${workload.kind} ${workload.name}`));
  }
}

/** Policies of Calico that find none of the workloads among which they look. */
function calicoSubjects(
  net: Network,
  inNamespace: ReadonlyMap<string, readonly number[]>,
  add: Report,
): void {
  if (!net.policies.some(isCalico)) return;
  const matched = new Set(net.classes.flatMap(({ terms }) => terms));
  const selecting = new Set([...matched].flatMap((term) => net.policiesOf.get(term) ?? []));
  for (const [number, policy] of net.policies.entries()) {
    if (!isCalico(policy) || selecting.has(number)) continue;
    const among = policy.namespace === "" ? net.workloads : (inNamespace.get(policy.namespace) ?? []);
    if (among.length === 0 || valueAt(policy.object, ["spec", "selector"]) === undefined) continue;
    add(
      "network/selects-nothing",
      policy.object,
      ["spec", "selector"],
      policyText(policy),
      printable(policy.namespace),
    );
  }
}

function isCalico({ kind }: Policy): boolean {
  return kind.startsWith("Calico ");
}

/** What shows in the text of the policy alone. */
function writtenFaults(net: Network, policy: Policy, name: string, add: Report): void {
  for (const direction of ["ingress", "egress"] as const) {
    const rules = listAt(policy.object, ["spec", direction]);
    if (rules.length > 0 && !policy.applies[direction])
      add("network/rule-ignored", policy.object, ["spec", direction], name, direction);
    for (const [index, rule] of rules.entries()) {
      const member = direction === "ingress" ? "from" : "to";
      const path = ["spec", direction, index, member];
      const peers = listAt(rule, [member]);
      let blocks: { readonly text: string; readonly at: number }[] = [];
      for (const [at, peer] of peers.entries()) {
        const only = isObject(peer) ? Object.keys(peer) : [];
        const next = peers[at + 1];
        const nextOnly = isObject(next) ? Object.keys(next) : [];
        if (only.join() === "namespaceSelector" && nextOnly.join() === "podSelector")
          add("network/two-entries", policy.object, [...path, at + 1], name);
        const label = valueAt(peer, ["namespaceSelector", "matchLabels", "name"]);
        if (
          typeof label === "string" &&
          ![...net.namespaces.values()].some(({ labels }) => labels["name"] === label)
        )
          add(
            "network/namespace-name-label",
            policy.object,
            [...path, at, "namespaceSelector"],
            name,
            printable(label),
          );
        const cidr = valueAt(peer, ["ipBlock", "cidr"]);
        if (typeof cidr === "string") blocks = [...blocks, { text: cidr, at }];
      }
      if (blocks.length > 1 && blocks.length <= MOST_BLOCKS) coveredBlocks(policy, path, blocks, add);
    }
  }
}

/** Blocks of one rule that are compared with each other. */
const MOST_BLOCKS = 200;

function coveredBlocks(
  policy: Policy,
  path: JsonPath,
  blocks: readonly { readonly text: string; readonly at: number }[],
  add: Report,
): void {
  for (const [number, { text, at }] of blocks.entries()) {
    const own = cidrSet(text);
    const other = blocks.find((block, place) => {
      if (place === number) return false;
      const set = cidrSet(block.text);
      const except = valueAt(policy.object, [...path, block.at, "ipBlock", "except"]);
      if (own === undefined || set === undefined || except !== undefined || !coversIps(set, own))
        return false;
      return place < number || !coversIps(own, set);
    });
    if (other !== undefined)
      add(
        "network/block-covered",
        policy.object,
        [...path, at, "ipBlock", "cidr"],
        printable(text),
        printable(other.text),
      );
  }
}

interface SubjectContext extends Context {
  readonly makers: ReadonlyMap<string, readonly PodMaker[]>;
  /** Reports with severity `info`, whatever the table says. */
  readonly remark: Report;
}

interface Context {
  readonly name: string;
  readonly inNamespace: ReadonlyMap<string, readonly number[]>;
  readonly add: Report;
}

function ruleFaults(net: Network, policy: Policy, compiled: CompiledRule, context: Context): void {
  const { rule, direction } = compiled;
  const { name, inNamespace, add } = context;
  if (rule.action !== "allow") return;
  if (direction === "egress") {
    const ports = portsAt(net, rule.ports, undefined);
    if (net.space.has(ports, "UDP", 53) && !net.space.has(ports, "TCP", 53) && !tcpBeside(net, policy, rule))
      add("network/dns-udp-only", policy.object, rule.path, name);
  }
  // Selectors of Calico become alternatives: one of them may find nobody.
  for (const term of isCalico(policy) ? [] : rule.peers.terms) {
    if (typeof term.namespace !== "string" || term.pods.length === 0) continue;
    const members = inNamespace.get(term.namespace) ?? [];
    if (members.length === 0) continue;
    if (members.some((number) => selects(net, term.pods, number))) continue;
    add("network/peer-selects-nothing", policy.object, rule.path, name, printable(term.namespace));
  }
}

/** Another rule of the policy opens TCP 53 for the same peers. */
function tcpBeside(net: Network, policy: Policy, rule: Rule): boolean {
  const peers = JSON.stringify(rule.peers.terms);
  return policy.rules.egress.some(
    (other) =>
      (other.peers.everybody || JSON.stringify(other.peers.terms) === peers) &&
      net.space.has(portsAt(net, other.ports, undefined), "TCP", 53),
  );
}

/** Policies of one namespace and group that are compared with each other: the wide ones against all. */
function coveredPolicies(net: Network, add: Report): void {
  const compared = [...net.policies.keys()].filter((number) => {
    const policy = net.policies[number];
    return policy?.kind === "NetworkPolicy" && policy.subject.length === 1;
  });
  const subjectOf = (number: number): string => JSON.stringify(net.policies[number]?.subject);
  for (const numbers of Map.groupBy(compared, (each) => net.policies[each]?.namespace).values()) {
    const bySubject = Map.groupBy(numbers, subjectOf);
    const everything = numbers.filter((number) => net.policies[number]?.subject[0]?.pods.length === 0);
    for (const number of numbers) {
      const same = bySubject.get(subjectOf(number)) ?? [];
      const others = [...new Set([...everything.slice(0, MOST_COMPARED), ...same.slice(0, MOST_COMPARED)])];
      const by = others.find((other) => other !== number && covers(net, other, number));
      const policy = net.policies[number];
      const wider = net.policies[by ?? -1];
      if (policy !== undefined && wider !== undefined)
        add("network/no-effect", policy.object, ["spec"], policyText(policy), policyText(wider));
    }
  }
}

const MOST_COMPARED = 20;

/** Does the first policy isolate and allow at least what the second does? Of two equal ones the later adds nothing. */
function covers(net: Network, wide: number, narrow: number): boolean {
  const left = net.policies[wide];
  const right = net.policies[narrow];
  if (left === undefined || right === undefined) return false;
  let equal = true;
  for (const direction of ["ingress", "egress"] as const) {
    if (right.applies[direction] && !left.applies[direction]) return false;
    if (left.applies[direction] !== right.applies[direction]) equal = false;
    const rules = (number: number): readonly CompiledRule[] =>
      (net.rulesOf[number]?.[direction] ?? []).flatMap((rule) => net.rules[rule] ?? []);
    const inside = (outer: readonly CompiledRule[], inner: readonly CompiledRule[]): boolean =>
      inner.every((rule) => outer.some((other) => isWider(net, other, rule)));
    if (!inside(rules(wide), rules(narrow))) return false;
    if (!inside(rules(narrow), rules(wide))) equal = false;
  }
  if (JSON.stringify(left.subject) !== JSON.stringify(right.subject)) return true;
  return !equal || wide < narrow;
}

function isWider(net: Network, outer: CompiledRule, inner: CompiledRule): boolean {
  const peers =
    outer.rule.peers.everybody ||
    (!inner.rule.peers.everybody &&
      inner.terms.every((term) => outer.terms.includes(term)) &&
      coversIps(outer.rule.peers.ips, inner.rule.peers.ips));
  if (!peers) return false;
  const named = new Set(outer.rule.ports.names.map(({ protocol, name }) => `${protocol ?? ""}/${name}`));
  return (
    net.space.covers(portsAt(net, outer.rule.ports, undefined), portsAt(net, inner.rule.ports, undefined)) &&
    (outer.rule.ports.all ||
      inner.rule.ports.names.every(({ protocol, name }) => named.has(`${protocol ?? ""}/${name}`)))
  );
}

/** Classes whose egress is closed and that may ask nobody on port 53. */
function dnsFaults(net: Network, add: Report): void {
  const dns = net.space.of([
    { protocol: "UDP", from: 53, to: 53 },
    { protocol: "TCP", from: 53, to: 53 },
  ]);
  const told = new Set<number>();
  for (const pods of net.classes) {
    if (pods.node) continue;
    const numbers = policiesFor(net, pods, "egress");
    const isolating = numbers.filter((number) => net.policies[number]?.isolates.egress === true);
    const opens = numbers.some((number) =>
      (net.rulesOf[number]?.egress ?? []).some((rule) => {
        const compiled = net.rules[rule];
        return (
          compiled?.rule.action === "allow" &&
          net.space.intersect(portsAt(net, compiled.rule.ports, undefined), dns) !== PortSpace.none
        );
      }),
    );
    const [first] = isolating;
    const policy = net.policies[first ?? -1];
    // Pods that may speak to nobody at all are meant to be alone.
    const silent = numbers.every((number) => (net.rulesOf[number]?.egress ?? []).length === 0);
    if (opens || silent || first === undefined || policy === undefined || told.has(first)) continue;
    told.add(first);
    add("network/no-dns", policy.object, ["spec"], policyText(policy), someOf(net, pods));
  }
}

/** Ingress rules on a port that only the Service has. */
function servicePortFaults(net: Network, add: Report): void {
  const translated = new Map<
    number,
    { readonly port: number; readonly targets: readonly number[]; readonly service: string }[]
  >();
  for (const service of readServices(net.objects).values()) {
    for (const number of workloadsBehind(service, net.workloads)) {
      const workload = net.workloads[number];
      if (workload === undefined) continue;
      for (const port of service.ports) {
        const targets = targetPorts(workload, port);
        const listens = workload.ports.some(
          (each) => each.port === port.port && each.protocol === port.protocol,
        );
        if (targets.length === 0 || targets.includes(port.port) || listens) continue;
        const row = translated.get(number) ?? [];
        row.push({ port: port.port, targets, service: `${service.namespace}/${service.name}` });
        translated.set(number, row);
      }
    }
  }
  const told = new Set<Rule>();
  for (const [number, rows] of translated) {
    const pods = net.classes[net.classOf[number] ?? -1];
    if (pods === undefined) continue;
    for (const policy of policiesFor(net, pods, "ingress")) {
      for (const rule of net.policies[policy]?.rules.ingress ?? []) {
        const hit = rows.find(({ port }) =>
          rule.ports.ranges.some((range) => range.from === port && range.to === port),
        );
        const of = net.policies[policy];
        if (hit === undefined || of === undefined || told.has(rule)) continue;
        told.add(rule);
        const other = `Service ${hit.service} leads port ${hit.port} to ${hit.targets.join(", ")}`;
        add(
          "network/service-port",
          of.object,
          [...rule.path, rule.said === undefined ? "ports" : "toPorts"],
          policyText(of),
          printable(other),
        );
      }
    }
  }
}

function closedEntries(net: Network, add: Report): void {
  const told = new Set<string>();
  for (const entry of readEntries(net).entries) {
    const id = net.classOf[entry.workload];
    const workload = net.workloads[entry.workload];
    if (id === undefined || workload === undefined || entry.kind === "host-network") continue;
    const pods = net.classes[id];
    if (pods === undefined || somebodyEnters(net, id, entry.ports)) continue;
    const key = `${entry.by} ${workload.name}`;
    if (told.has(key)) continue;
    told.add(key);
    add(
      "network/entry-closed",
      entry.object,
      ["metadata", "name"],
      printable(entry.by),
      printable(`${workload.kind} ${workload.namespace}/${workload.name}`),
    );
  }
}

/** Is one of the ports open to an address, or does a rule open it, to whomever? */
function somebodyEnters(net: Network, id: number, ports: PortSetId): boolean {
  const pods = net.classes[id];
  if (pods === undefined) return true;
  const numbers = policiesFor(net, pods, "ingress");
  const opened = numbers.some((number) =>
    (net.rulesOf[number]?.ingress ?? []).some((rule) => {
      const compiled = net.rules[rule];
      if (compiled?.rule.action !== "allow") return false;
      return net.space.intersect(portsAt(net, compiled.rule.ports, pods), ports) !== PortSpace.none;
    }),
  );
  // A table has a row for every class: it is asked for last, and those that the same policies select share one.
  return (
    opened ||
    numbers.length === 0 ||
    tableOf(net, id, "ingress").ips.some((cell) => net.space.intersect(cell.ports, ports) !== 0)
  );
}
