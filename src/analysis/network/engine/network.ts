import type { JsonObject } from "../../../kube/json.ts";
import { objectKey } from "../../../kube/object-key.ts";
import type { Labels } from "../../../kube/selector.ts";
import { knownNamespaces, readWorkloads } from "../model/read-workloads.ts";
import type { NamespaceModel, Workload } from "../model/workload.ts";
import { readPolicies } from "../policies/read-policies.ts";
import {
  type Direction,
  directions,
  type Peers,
  type Policy,
  policyText,
  type Rule,
} from "../policies/policy.ts";
import type { NetworkProblem } from "../policies/reading.ts";
import { addressSet, coversIps, type IpSet, ipKey, isNoIps } from "../sets/ip-set.ts";
import { PortSpace } from "../sets/port-space.ts";
import { hasCalicoPolicy } from "../policies/calico/read-calico.ts";
import { genericProfile, type Profile, profiles } from "./profiles.ts";
import { Terms, type TermId } from "./terms.ts";

/** Pods that no policy can tell apart. */
export interface PodClass {
  readonly id: number;
  /** Numbers of its workloads; none in a class of pods that do not exist yet. */
  readonly workloads: readonly number[];
  readonly terms: readonly TermId[];
  /** Ports by `protocol/name` and by `/name`, for the names that policies use. */
  readonly named: ReadonlyMap<string, readonly number[]>;
  readonly namedKey: string;
  /** In the network of their nodes: outside of every policy. */
  readonly node: boolean;
  /** Sets of addresses, of those that mean pods, in which its address lies. */
  readonly ips: ReadonlySet<string>;
  /** No address of it is known. */
  readonly anyIp: boolean;
  /** Pods that do not exist yet, and which. */
  readonly fresh?: FreshPods;
}

export interface FreshPods {
  /** Name of the namespace in which they would be; undefined: in a namespace that does not exist yet. */
  readonly namespace: string | undefined;
  /** Labels of an example: of the pod, and of the namespace where it is new. */
  readonly podLabels: Readonly<Record<string, string>>;
  readonly namespaceLabels: Readonly<Record<string, string>>;
}

/** Peers with their terms as numbers. */
export interface CompiledPeers {
  readonly peers: Peers;
  readonly terms: readonly TermId[];
  /** Equal for the same peers. */
  readonly peersKey: string;
  /** Key of the addresses that mean pods, too; undefined where they do not. */
  readonly podIpsKey: string | undefined;
  /** Key of `peers.within`. */
  readonly withinKey: string | undefined;
}

/** A rule with its peers as numbers. */
export interface CompiledRule extends CompiledPeers {
  readonly policy: number;
  readonly direction: Direction;
  /** Its place among the rules of its direction, as the policy's author counts them from 0. */
  readonly index: number;
  readonly rule: Rule;
  /** See `Rule.subject`. */
  readonly subject: CompiledPeers | undefined;
}

export interface NetworkOptions {
  readonly profile?: Profile;
  /** Space of port sets, to compare two networks without translating. */
  readonly space?: PortSpace;
  /** Instead of those of the objects. */
  readonly workloads?: readonly Workload[];
  /** Namespaces that count as existing beside those of the objects, with the labels to use for them. */
  readonly namespaces?: ReadonlyMap<string, NamespaceModel>;
}

/** Who may reach whom, ready to be asked. */
export interface Network {
  readonly objects: readonly JsonObject[];
  readonly profile: Profile;
  readonly space: PortSpace;
  readonly workloads: readonly Workload[];
  readonly namespaces: ReadonlyMap<string, NamespaceModel>;
  readonly policies: readonly Policy[];
  readonly problems: readonly NetworkProblem[];
  /** What the answers rest on: the plugin's, and that of the policies' kinds. */
  readonly assumptions: readonly string[];
  /** The labels by which policies find each workload: its own, and those that a plugin gives it. */
  readonly labelsOf: readonly Labels[];
  readonly terms: Terms;
  readonly rules: readonly CompiledRule[];
  /** Numbers of the rules of each policy and direction. */
  readonly rulesOf: readonly Readonly<Record<Direction, readonly number[]>>[];
  /** Policies by a term of their subject. */
  readonly policiesOf: ReadonlyMap<TermId, readonly number[]>;
  /** Numbers of the rules that hold only for some pods of their policy, by policy. */
  readonly narrowed: ReadonlyMap<number, readonly number[]>;
  readonly portNames: ReadonlySet<string>;
  /** Sets of addresses that mean pods, too, by key. */
  readonly podIps: ReadonlyMap<string, IpSet>;
  readonly classes: readonly PodClass[];
  /** Class of each workload. */
  readonly classOf: readonly number[];
}

/**
 * Reads workloads, namespaces and policies of every known kind out of the objects. Policies that the API server would
 * refuse have no effect and are problems; so is everything that makes an answer incomplete.
 */
export function buildNetwork(objects: readonly JsonObject[], options: NetworkOptions = {}): Network {
  const profile = profileFor(objects, options.profile);
  const space = options.space ?? new PortSpace();
  const workloads = options.workloads ?? readWorkloads(objects);
  const read = readPolicies(objects, profile, options.namespaces);
  const used = new Set(workloads.map((workload) => workload.namespace));
  for (const { namespace } of read.policies) if (namespace !== "") used.add(namespace);
  const namespaces = knownNamespaces(objects, used, options.namespaces);
  const effective = profile.enforces ? read.policies : [];
  const labelsOf = workloads.map((workload) => read.labels(workload));
  const compiled = compile(effective, profile);
  const { classes, classOf } = classify(workloads, labelsOf, namespaces, compiled, profile);
  return {
    objects,
    profile,
    space,
    workloads,
    namespaces,
    policies: effective,
    problems: [...read.problems, ...samePriority(effective)],
    assumptions: [...profile.assumptions, ...(profile.enforces ? read.assumptions : [])],
    labelsOf,
    ...compiled,
    classes,
    classOf,
  };
}

/** The profile that was asked for; where none was, that of the plugin whose policies are there. */
export function profileFor(objects: readonly JsonObject[], profile: Profile = genericProfile): Profile {
  if (profile !== genericProfile || !hasCalicoPolicy(objects)) return profile;
  return profiles.get("calico") ?? profile;
}

interface Compiled {
  readonly terms: Terms;
  readonly rules: readonly CompiledRule[];
  readonly rulesOf: readonly Readonly<Record<Direction, readonly number[]>>[];
  readonly policiesOf: ReadonlyMap<TermId, readonly number[]>;
  readonly narrowed: ReadonlyMap<number, readonly number[]>;
  readonly portNames: ReadonlySet<string>;
  readonly podIps: ReadonlyMap<string, IpSet>;
}

function compile(policies: readonly Policy[], profile: Profile): Compiled {
  const terms = new Terms();
  const rules: CompiledRule[] = [];
  const rulesOf: Record<Direction, number[]>[] = [];
  const policiesOf = new Map<TermId, number[]>();
  const portNames = new Set<string>();
  const podIps = new Map<string, IpSet>();
  const narrowed = new Map<number, number[]>();
  const compilePeers = (peers: Peers): CompiledPeers => {
    const ids = [...new Set(peers.terms.map((term) => terms.add(term)))].sort((a, b) => a - b);
    const wanted = peers.ipsMeanPods !== "never" && (peers.ipsMeanPods || profile.ipBlocksMeanPods);
    const meansPods = wanted && !isNoIps(peers.ips) && !peers.everybody;
    const podIpsKey = meansPods ? ipKey(peers.ips) : undefined;
    const withinKey = peers.within === undefined || peers.everybody ? undefined : ipKey(peers.within);
    if (podIpsKey !== undefined) podIps.set(podIpsKey, peers.ips);
    if (withinKey !== undefined && peers.within !== undefined) podIps.set(withinKey, peers.within);
    const peersKey = peers.everybody ? "*" : `${ids.join()};${podIpsKey ?? ""};${withinKey ?? ""}`;
    return { peers, terms: ids, peersKey, podIpsKey, withinKey };
  };
  for (const [number, policy] of policies.entries()) {
    for (const term of policy.subject) {
      const id = terms.add(term);
      const row = policiesOf.get(id);
      if (row === undefined) policiesOf.set(id, [number]);
      else row.push(number);
    }
    const numbers: Record<Direction, number[]> = { ingress: [], egress: [] };
    const own: number[] = [];
    for (const direction of directions) {
      for (const [index, rule] of policy.rules[direction].entries()) {
        for (const { name } of [...rule.ports.names, ...(rule.ports.but?.names ?? [])]) portNames.add(name);
        if (rule.subject !== undefined) own.push(rules.length);
        numbers[direction].push(rules.length);
        rules.push({
          ...compilePeers(rule.peers),
          policy: number,
          direction,
          index: placeOf(rule, index),
          rule,
          subject: rule.subject === undefined ? undefined : compilePeers(rule.subject),
        });
      }
    }
    rulesOf.push(numbers);
    if (own.length > 0) narrowed.set(number, own);
  }
  return { terms, rules, rulesOf, policiesOf, narrowed, portNames, podIps };
}

/** A rule may be written as several, and some may have no effect: the author's number stands in its path. */
function placeOf({ path }: Rule, index: number): number {
  return path.findLast((step) => typeof step === "number") ?? index;
}

function classify(
  workloads: readonly Workload[],
  labelsOf: readonly Labels[],
  namespaces: ReadonlyMap<string, NamespaceModel>,
  { terms, portNames, podIps }: Compiled,
  profile: Profile,
): { readonly classes: readonly PodClass[]; readonly classOf: readonly number[] } {
  const classes: (PodClass & { readonly workloads: number[] })[] = [];
  const byKey = new Map<string, number>();
  const classOf = workloads.map((workload, number) => {
    const node = workload.hostNetwork && profile.hostNetwork === "node";
    const namespace = namespaces.get(workload.namespace);
    const matching =
      node || namespace === undefined ? [] : terms.matching(namespace, labelsOf[number] ?? workload.labels);
    const { named, namedKey } = namedPorts(workload, portNames);
    const ips = node ? new Set<string>() : podIpKeys(workload, podIps);
    const anyIp = podIps.size > 0 && workload.ips.length === 0;
    const key = `${node ? "node" : ""}|${matching.join()}|${namedKey}|${[...ips].join()}|${anyIp}`;
    const known = byKey.get(key);
    if (known !== undefined) {
      classes[known]?.workloads.push(number);
      return known;
    }
    const id = classes.length;
    byKey.set(key, id);
    classes.push({ id, workloads: [number], terms: matching, named, namedKey, node, ips, anyIp });
    return id;
  });
  return { classes, classOf };
}

function namedPorts(
  workload: Workload,
  wanted: ReadonlySet<string>,
): { readonly named: ReadonlyMap<string, readonly number[]>; readonly namedKey: string } {
  const named = new Map<string, number[]>();
  if (wanted.size === 0) return { named, namedKey: "" };
  for (const { protocol, port, name } of workload.ports) {
    if (!wanted.has(name)) continue;
    const key = `${protocol}/${name}`;
    const row = named.get(key);
    if (row === undefined) named.set(key, [port]);
    else if (!row.includes(port)) row.push(port);
  }
  return { named, namedKey: JSON.stringify([...named].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function podIpKeys(workload: Workload, podIps: ReadonlyMap<string, IpSet>): ReadonlySet<string> {
  const keys = new Set<string>();
  if (podIps.size === 0) return keys;
  const addresses = workload.ips.flatMap((ip) => addressSet(ip) ?? []);
  for (const [key, set] of podIps) if (addresses.some((address) => coversIps(set, address))) keys.add(key);
  return keys;
}

/** Two policies of an admin tier with one priority: which of them is asked first is not defined. */
function samePriority(policies: readonly Policy[]): readonly NetworkProblem[] {
  const seen = new Map<string, Policy>();
  const problems: NetworkProblem[] = [];
  for (const policy of policies) {
    const priority =
      policy.kind.endsWith("NetworkPolicy") && policy.namespace === "" ? priorityOf(policy) : undefined;
    if (priority === undefined) continue;
    const key = `${policy.stage}/${priority}`;
    const other = seen.get(key);
    if (other === undefined) seen.set(key, policy);
    else
      problems.push({
        kind: "undefined",
        object: policy.object,
        path: ["spec", "priority"],
        message: `${policyText(policy)} has the priority ${priority} of ${policyText(other)}: where both select a pod, which one is asked first is not defined`,
      });
  }
  return problems;
}

function priorityOf({ object }: Policy): number | undefined {
  if (objectKey(object).group !== "policy.networking.k8s.io") return undefined;
  const spec = object["spec"];
  const priority =
    typeof spec === "object" && spec !== null && "priority" in spec ? spec["priority"] : undefined;
  return typeof priority === "number" ? priority : undefined;
}
