import { isObject, type JsonPath } from "../../../../kube/json.ts";
import { printable } from "../../../../kube/printable.ts";
import { mapSelector } from "../../../../kube/selector.ts";
import type { ServiceModel } from "../../entry/services.ts";
import { allIps, type IpSet, intersectIps, isNoIps, minusIps, noIps } from "../../sets/ip-set.ts";
import type { PortRange } from "../../sets/port-space.ts";
import { everybody, type Peers, type PortName, type Term } from "../policy.ts";
import { canonicalSelector, type PolicyReader, namespaceByName, shown } from "../reading.ts";
import { addressesOf, type NetworkSetModel } from "./network-sets.ts";
import { readNets } from "./nets.ts";
import { type CalicoSelector, parseCalicoSelector } from "./selector.ts";
import {
  NAMESPACE_LABEL,
  NAMESPACE_PREFIX,
  SERVICE_ACCOUNT_LABEL,
  SERVICE_ACCOUNT_PREFIX,
  termsOf,
} from "./selector-terms.ts";

/** What the rules of a policy are read with. */
export interface CalicoContext {
  /** Namespace of the policy; empty for a global one. */
  readonly namespace: string;
  readonly sets: readonly NetworkSetModel[];
  readonly services: ReadonlyMap<string, ServiceModel>;
}

/** One side of a rule. */
export interface Entity {
  readonly peers: Peers;
  /** Nothing narrows this side. */
  readonly open: boolean;
  /** The ports of a Service that is named as the destination. */
  readonly servicePorts: readonly (PortRange | PortName)[] | undefined;
  /** It is known only that it is a part of everybody. */
  readonly unknown: boolean;
  /** Selectors want labels: pods have them, and sets of addresses. */
  readonly byLabels: boolean;
}

const openEntity: Entity = {
  peers: everybody,
  open: true,
  servicePorts: undefined,
  unknown: false,
  byLabels: false,
};

/** The text of a selector; undefined where none is written. What is no selector is a problem, with its place. */
export function selectorAt(reader: PolicyReader, path: JsonPath): CalicoSelector | undefined {
  const text = textAt(reader, path);
  if (text === "") return undefined;
  const { selector, fault } = parseCalicoSelector(text);
  if (fault === undefined) return selector;
  const near = text.slice(fault.at, fault.at + 20);
  const where = near === "" ? "at its end" : `at character ${fault.at + 1}, before ${shown(near)}`;
  reader.problem(
    fault.tooBig ? "unmodelled" : "invalid",
    path,
    fault.tooBig
      ? `this selector ${printable(fault.message)}: it is not looked at`
      : `is no selector of Calico: ${printable(fault.message)} ${where}`,
  );
  return undefined;
}

export function textAt(reader: PolicyReader, path: JsonPath): string {
  const value = reader.at(path);
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  reader.problem("invalid", path, `${shown(value)} must be a text`);
  return "";
}

/** `global()` has a meaning only where a rule selects namespaces (CEL rules of EntityRule and of both specs). */
export function refuseGlobal(reader: PolicyReader, path: JsonPath): void {
  const text = reader.at(path);
  if (typeof text === "string" && text.includes("global("))
    reader.problem("invalid", path, "global() can stand only in the namespaceSelector of a rule");
}

/** The same selector about labels that pods inherit under a prefix; `all` and `global` become what they mean there. */
export function inherited(
  selector: CalicoSelector,
  prefix: string,
  all: CalicoSelector = { kind: "all" },
): CalicoSelector {
  switch (selector.kind) {
    case "all":
      return all;
    case "global":
      return { kind: "not", of: all };
    case "not":
      return { kind: "not", of: inherited(selector.of, prefix, all) };
    case "test":
      return { ...selector, key: prefix + selector.key };
    default:
      return { kind: selector.kind, of: selector.of.map((each) => inherited(each, prefix, all)) };
  }
}

export const hasNamespace: CalicoSelector = { kind: "test", key: NAMESPACE_LABEL, test: "has", values: [] };
export const hasServiceAccount: CalicoSelector = {
  kind: "test",
  key: SERVICE_ACCOUNT_LABEL,
  test: "has",
  values: [],
};

export function inNamespace(namespace: string): CalicoSelector {
  return { kind: "test", key: NAMESPACE_LABEL, test: "in", values: [namespace] };
}

export function both(...of: readonly (CalicoSelector | undefined)[]): CalicoSelector | undefined {
  const given = of.filter((each) => each !== undefined);
  return given.length <= 1 ? given[0] : { kind: "and", of: given };
}

/**
 * Reads `source` or `destination` of a rule: every condition must hold (updateprocessors/rules.go GetEntityRuleSelector,
 * felix/calc/rule_scanner.go extractSelectors). `family`: the addresses of the rule's IP version.
 */
export function readEntity(
  reader: PolicyReader,
  path: JsonPath,
  context: CalicoContext,
  family: IpSet | undefined,
): Entity {
  const written = reader.at(path);
  if (written !== undefined && written !== null && !isObject(written)) {
    reader.problem("invalid", path, "must be a mapping");
    return openEntity;
  }
  if (reader.has([...path, "services"])) return readService(reader, path, context);
  const before = reader.problems.length;
  const selected = selectedBy(reader, path, context.namespace);
  refuseGlobal(reader, [...path, "notSelector"]);
  const but = selectorAt(reader, [...path, "notSelector"]);
  const addresses = addressesAt(reader, path, family);
  // A selector that was too long to be read.
  if (reader.problems.slice(before).some(({ kind }) => kind === "unmodelled"))
    return { ...openEntity, open: false, unknown: true };
  if (selected === undefined && but === undefined) {
    if (addresses === undefined) return openEntity;
    const peers = { everybody: false, terms: [], ips: addresses, ipsMeanPods: true };
    return { ...openEntity, peers, open: false };
  }
  const negated: CalicoSelector | undefined = but === undefined ? undefined : { kind: "not", of: but };
  const wanted = both(selected, negated) ?? { kind: "all" };
  const terms = termsOf(wanted, context.namespace);
  if (terms === undefined) {
    reader.problem("unmodelled", path, "its selectors have too many alternatives: they are not looked at");
    return { ...openEntity, open: false, unknown: true };
  }
  if (selected !== undefined) {
    const ips = intersectIps(addressesOf(wanted, context.sets), addresses ?? allIps);
    const within = addresses === undefined ? {} : { within: addresses };
    return {
      ...openEntity,
      peers: { everybody: false, terms, ...within, ips, ipsMeanPods: true },
      open: false,
      byLabels: true,
    };
  }
  // Nothing is wanted, something is not: whoever is unknown stays in.
  const out = but === undefined ? noIps : addressesOf(but, context.sets);
  const left = minusIps(addresses ?? allIps, out);
  const within = addresses === undefined && isNoIps(out) ? {} : { within: left };
  return {
    ...openEntity,
    peers: { everybody: false, terms, ...within, ips: left, ipsMeanPods: "never" },
    open: false,
  };
}

/** What selector, namespaceSelector and serviceAccounts want together, in the namespace of the policy where none is named. */
function selectedBy(reader: PolicyReader, path: JsonPath, own: string): CalicoSelector | undefined {
  refuseGlobal(reader, [...path, "selector"]);
  const selector = selectorAt(reader, [...path, "selector"]);
  const accounts = serviceAccountsAt(reader, [...path, "serviceAccounts"]);
  const at = [...path, "namespaceSelector"];
  const namespaces = selectorAt(reader, at);
  const text = textAt(reader, at);
  if (text.includes("global(") && namespaces !== undefined && namespaces.kind !== "global")
    reader.problem("invalid", at, "where global() stands in it, it must be all of it");
  const named = reader.has([...path, "notSelector"]) && reader.at([...path, "notSelector"]) !== "";
  if (namespaces !== undefined)
    return both(inherited(namespaces, NAMESPACE_PREFIX, hasNamespace), accounts, selector);
  const narrowed = selector !== undefined || accounts !== undefined || named;
  return both(own !== "" && narrowed ? inNamespace(own) : undefined, accounts, selector);
}

/** The names and the labels of ServiceAccounts (parseServiceAccounts). */
function serviceAccountsAt(reader: PolicyReader, path: JsonPath): CalicoSelector | undefined {
  if (!reader.has(path)) return undefined;
  const selector = selectorAt(reader, [...path, "selector"]);
  const names = reader.list([...path, "names"]).filter((name) => typeof name === "string");
  return both(
    selector === undefined ? undefined : inherited(selector, SERVICE_ACCOUNT_PREFIX),
    names.length === 0 ? undefined : { kind: "test", key: SERVICE_ACCOUNT_LABEL, test: "in", values: names },
  );
}

function addressesAt(reader: PolicyReader, path: JsonPath, family: IpSet | undefined): IpSet | undefined {
  const nets = readNets(reader, [...path, "nets"]);
  const but = readNets(reader, [...path, "notNets"]);
  if (nets === undefined && but === undefined) return family;
  const left = minusIps(nets ?? allIps, but ?? noIps);
  return family === undefined ? left : intersectIps(left, family);
}

/** The endpoints of a Service: its pods, and as a destination only their ports of it. */
function readService(reader: PolicyReader, path: JsonPath, context: CalicoContext): Entity {
  const { service, namespace } = serviceAt(reader, path, context);
  const pods = service?.type === "ExternalName" ? undefined : mapSelector(service?.selector);
  const within = namespace === context.namespace ? namespace : [namespaceByName(namespace)];
  const terms: readonly Term[] =
    pods === undefined ? [] : [{ namespace: within, pods: canonicalSelector(pods) }];
  return {
    open: false,
    unknown: false,
    byLabels: false,
    peers: { everybody: false, terms, ips: noIps, ipsMeanPods: false },
    servicePorts: (service?.ports ?? []).map(({ protocol, target }) =>
      typeof target === "number" ? { protocol, from: target, to: target } : { protocol, name: target },
    ),
  };
}

const besideServices = ["selector", "notSelector", "namespaceSelector", "serviceAccounts", "nets", "notNets"];

function serviceAt(
  reader: PolicyReader,
  path: JsonPath,
  context: CalicoContext,
): { readonly service: ServiceModel | undefined; readonly namespace: string } {
  const at = [...path, "services"];
  for (const other of besideServices)
    if (reader.has([...path, other]) && reader.at([...path, other]) !== "")
      reader.problem("invalid", [...path, other], "cannot stand beside services");
  const name = textAt(reader, [...at, "name"]);
  const written = textAt(reader, [...at, "namespace"]);
  const namespace = written || context.namespace;
  if (name === "" || namespace === "") {
    reader.problem(
      "invalid",
      at,
      name === "" ? "must name a Service" : "must name a namespace, as the policy has none",
    );
    return { service: undefined, namespace };
  }
  if (written === "")
    reader.problem(
      "undefined",
      at,
      "without a namespace, Calico's documents mean that of the policy, and its code finds no Service: name the namespace",
    );
  const service = context.services.get(`${namespace}/${name}`);
  const of = printable(`${namespace}/${name}`);
  if (service === undefined)
    reader.problem("unmodelled", at, `Service ${of} is not in the input: the rule counts as one for nobody`);
  else if (service.selector === undefined && service.type !== "ExternalName")
    reader.problem(
      "unmodelled",
      at,
      `Service ${of} has no selector, and endpoints that somebody else sets are not looked at: the rule counts as one for nobody`,
    );
  return { service, namespace };
}
