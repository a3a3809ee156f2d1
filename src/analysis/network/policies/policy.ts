import type { JsonObject, JsonPath } from "../../../kube/json.ts";
import { printable } from "../../../kube/printable.ts";
import type { Selector } from "../../../kube/selector.ts";
import { allIps, type IpSet, isNoIps } from "../sets/ip-set.ts";
import type { PortRange, Protocol } from "../sets/port-space.ts";

export type Direction = "ingress" | "egress";
export const directions: readonly Direction[] = ["egress", "ingress"];

/** Pods by their labels, in one namespace or in the namespaces that a selector finds. */
export interface Term {
  readonly namespace: string | Selector;
  readonly pods: Selector;
}

export interface PortName {
  /** Undefined: whatever the protocol of the port that has the name. */
  readonly protocol: Protocol | undefined;
  readonly name: string;
}

/** Ports of the destination. `all`: every port of every protocol. */
export interface Ports {
  readonly all: boolean;
  readonly ranges: readonly PortRange[];
  readonly names: readonly PortName[];
  /** Without these. */
  readonly but?: Omit<Ports, "but">;
}

/** Who is at the other end. */
export interface Peers {
  /** Everybody: pods and addresses. */
  readonly everybody: boolean;
  readonly terms: readonly Term[];
  /** Where it is set, the terms mean only pods whose address lies in it. */
  readonly within?: IpSet;
  /** Addresses outside of the cluster. */
  readonly ips: IpSet;
  /** The addresses mean pods that have them, too, whatever the profile says; `never`: they do not, whatever it says. */
  readonly ipsMeanPods: boolean | "never";
}

/** `pass`: later rules of the same stage are skipped, the next stage decides. */
export type Action = "allow" | "deny" | "pass";

export interface Rule {
  readonly action: Action;
  readonly peers: Peers;
  readonly ports: Ports;
  /** Where it is set, the rule holds only for those of the policy's pods. */
  readonly subject?: Peers;
  /** Place in its stage: lower first. Rules of one place are read in the order of policies and rules. */
  readonly order: number;
  /** Path in the policy's object. */
  readonly path: JsonPath;
  /** How the policy's author calls it. */
  readonly name: string;
  /** How people find it in the policy, where direction and number are not enough: `ingressDeny rule 1`. */
  readonly said?: string;
  /** What this rule means beyond ports and addresses, which is not modelled: host names, HTTP paths. */
  readonly abstracted?: string;
}

/** Where policies are asked: in this order, the first that decides wins. */
export const stages = { admin: 0, tiers: 1, policies: 1000, baseline: 2000 } as const;

/** A policy of any kind, in the words of the engine. */
export interface Policy {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: JsonObject;
  /** See `stages`; tiers of Calico lie before, between and behind them. */
  readonly stage: number;
  /** Name of the tier, where the author of the policy chose one. */
  readonly tier?: string;
  readonly subject: readonly Term[];
  /** It applies in this direction: what no rule of the stage decides is denied there (default deny). */
  readonly isolates: Readonly<Record<Direction, boolean>>;
  /** It takes part in this direction at all. */
  readonly applies: Readonly<Record<Direction, boolean>>;
  readonly rules: Readonly<Record<Direction, readonly Rule[]>>;
  /** Where the selector of its pods stands, if not at `spec.podSelector`. */
  readonly subjectPath?: JsonPath;
}

export const everybody: Peers = { everybody: true, terms: [], ips: allIps, ipsMeanPods: false };

export function meansNobody({ everybody: all, terms, ips }: Peers): boolean {
  return !all && terms.length === 0 && isNoIps(ips);
}

export const anyPorts: Ports = { all: true, ranges: [], names: [] };
export const noPorts: Ports = { all: false, ranges: [], names: [] };

/** `NetworkPolicy shop/web`, as people may see it. */
export function policyText({ kind, namespace, name }: Policy): string {
  return printable(`${kind} ${namespace === "" ? name : `${namespace}/${name}`}`);
}
