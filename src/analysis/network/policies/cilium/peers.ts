import { isArray, type JsonPath } from "../../../../kube/json.ts";
import { allIps, type IpSet, isNoIps, noIps, unionIps } from "../../sets/ip-set.ts";
import type { Action, Direction, Peers, Term } from "../policy.ts";
import { type PolicyReader, shown } from "../reading.ts";
import { entities, type Reserved, unsaidAbout } from "./entities.ts";
import { type CidrGroup, readCidrs, readCidrSets } from "./outside.ts";
import { peersOf, readRequirements } from "./selector.ts";
import { type KnownServices, readToServices } from "./services.ts";

/** What rules refer to by name. */
export interface Known {
  readonly groups: ReadonlyMap<string, CidrGroup>;
  readonly services: KnownServices;
}

export interface RuleAt {
  readonly reader: PolicyReader;
  readonly path: JsonPath;
  readonly direction: Direction;
  readonly action: Action;
  /** Of the policy; empty for one of the cluster. */
  readonly namespace: string;
}

const everybody: Peers = { everybody: true, terms: [], ips: allIps, ipsMeanPods: "never" };
const nobody: Peers = { everybody: false, terms: [], ips: noIps, ipsMeanPods: "never" };

/** Members that name peers, by direction. Of those with something in them there may be one in a rule. */
const members = {
  ingress: ["fromEndpoints", "fromNodes", "fromEntities", "fromCIDR", "fromCIDRSet", "fromGroups"],
  egress: [
    "toEndpoints",
    "toNodes",
    "toEntities",
    "toCIDR",
    "toCIDRSet",
    "toGroups",
    "toServices",
    "toFQDNs",
  ],
} as const;

/** Members that mean nobody where they are empty lists; others are as good as absent then (pkg/policy/utils/parserules.go mergeEndpointSelectors). */
const nobodyWhenEmpty = /^(?:from|to)(?:Endpoints|Nodes|Entities|CIDR|CIDRSet)$/;

/** What one member says. `unknown`: why it is not known which addresses it means. */
interface Said {
  readonly everybody?: boolean;
  readonly terms?: readonly Term[];
  readonly ips?: IpSet;
  readonly reserved?: readonly Reserved[];
  readonly unknown?: readonly string[];
  /** Addresses that it may mean; only where some are unknown. */
  readonly abstracted?: string;
}

export interface PeersRead {
  readonly peers: Peers;
  /** See `Rule.abstracted`. */
  readonly abstracted: string | undefined;
}

/**
 * The peers of a rule. `hasPorts`: toPorts or icmps stand in it; then a rule that names no peers means everybody, and
 * without them nobody. What is not known is counted so that the answer is an upper bound: allowed everywhere, denied
 * nowhere; and it is named.
 */
export function readPeers(rule: RuleAt, hasPorts: boolean, known: Known): PeersRead {
  const { reader, path, direction, action } = rule;
  const requires = [...path, direction === "ingress" ? "fromRequires" : "toRequires"];
  if (reader.list(requires).length > 0)
    reader.problem(
      "invalid",
      requires,
      "is no longer part of the API: name the labels in the selectors of the peers",
    );
  const present = members[direction].filter((member) => reader.has([...path, member]));
  const full = present.filter((member) => reader.list([...path, member]).length > 0);
  const [first, second] = full;
  if (first !== undefined && second !== undefined) {
    reader.problem("invalid", path, `cannot combine ${first} and ${second}: write a rule for each`);
    return { peers: nobody, abstracted: undefined };
  }
  if (action === "deny" && first === "toFQDNs") {
    reader.problem("invalid", [...path, first], "cannot stand in a rule that denies");
    return { peers: nobody, abstracted: undefined };
  }
  if (present.some((member) => nobodyWhenEmpty.test(member) && isEmpty(rule, member)))
    return { peers: nobody, abstracted: undefined };
  if (first === undefined) return { peers: hasPorts ? everybody : nobody, abstracted: undefined };
  return made(rule, first, readMember(rule, first, hasPorts, known));
}

function isEmpty({ reader, path }: RuleAt, member: string): boolean {
  const value = reader.at([...path, member]);
  return isArray(value) && value.length === 0;
}

function made({ reader, path, action }: RuleAt, member: string, said: Said): PeersRead {
  const at = [...path, member];
  const about = [...unsaidAbout(said.reserved ?? [], action), ...(said.unknown ?? [])];
  const guess = said.abstracted !== undefined;
  for (const what of about) reader.problem("unmodelled", at, what);
  if (guess)
    reader.problem(
      "unmodelled",
      at,
      `${said.abstracted}: the rule counts as one for ${action === "deny" ? "no" : "every"} address outside of the cluster`,
    );
  if (said.everybody === true) return { peers: everybody, abstracted: undefined };
  const ips = guess && action !== "deny" ? allIps : (said.ips ?? noIps);
  return {
    peers: { everybody: false, terms: said.terms ?? [], ips, ipsMeanPods: "never" },
    abstracted: said.abstracted,
  };
}

function readMember(rule: RuleAt, member: string, hasPorts: boolean, known: Known): Said {
  const { reader, path, direction, action, namespace } = rule;
  const at = [...path, member];
  const what = member.replace(/^(?:from|to)/, "");
  switch (what) {
    case "Endpoints":
      return readEndpoints(reader, at, namespace);
    case "Entities":
      return readEntities(reader, at);
    case "CIDR":
      return readCidrs(reader, at);
    case "CIDRSet": {
      const { ips, unknown } = readCidrSets(reader, at, known.groups);
      return { ips, ...(unknown.length === 0 ? {} : { abstracted: unknown.join("; ") }) };
    }
    case "Nodes":
      for (const index of reader.list(at).keys()) readRequirements(reader, [...at, index]);
      return { reserved: ["remote-node"] };
    case "Groups":
      return { abstracted: `the addresses of groups of a cloud (${member}) are not known` };
    case "FQDNs":
      return { abstracted: `${names(reader, at)} are names whose addresses are not known` };
    default:
      return direction === "egress" ? readServices(reader, at, action, hasPorts, known) : {};
  }
}

function readEndpoints(reader: PolicyReader, at: JsonPath, namespace: string): Said {
  const terms: Term[] = [];
  const ips: IpSet[] = [];
  const reserved: Reserved[] = [];
  const unknown: string[] = [];
  for (const index of reader.list(at).keys()) {
    const requirements = readRequirements(reader, [...at, index]);
    if (requirements === undefined) continue;
    const meant = peersOf(requirements, namespace);
    if (meant.term !== undefined) terms.push(meant.term);
    ips.push(meant.ips);
    reserved.push(...meant.reserved);
    unknown.push(...meant.unknown);
  }
  return { terms, ips: unionIps(ips), reserved, unknown };
}

const allPods: Term = { namespace: [], pods: [] };

function readEntities(reader: PolicyReader, at: JsonPath): Said {
  const found = reader.list(at).flatMap((name, index) => {
    const entity = typeof name === "string" ? entities.get(name) : undefined;
    if (entity === undefined)
      reader.problem(
        "invalid",
        [...at, index],
        `${shown(name)} must be one of ${[...entities.keys()].join(", ")}`,
      );
    return entity ?? [];
  });
  if (found.some((entity) => entity.everybody === true)) return { everybody: true };
  return {
    terms: found.some((entity) => entity.pods) ? [allPods] : [],
    ips: unionIps(found.map((entity) => entity.ips)),
    reserved: found.flatMap((entity) => entity.reserved),
  };
}

const SHOWN = 3;

function names(reader: PolicyReader, at: JsonPath): string {
  const listed = reader.list(at).map((_, index) => {
    const name = reader.at([...at, index, "matchName"]) ?? reader.at([...at, index, "matchPattern"]);
    if (typeof name !== "string" || !/^[-A-Za-z0-9_.*]{1,255}$/.test(name)) {
      reader.problem("invalid", [...at, index], "must have a matchName or a matchPattern");
      return "";
    }
    return name;
  });
  const rest = listed.length > SHOWN ? ` and ${listed.length - SHOWN} more` : "";
  return `${listed.slice(0, SHOWN).join(", ")}${rest}`;
}

function readServices(
  reader: PolicyReader,
  at: JsonPath,
  action: Action,
  hasPorts: boolean,
  known: Known,
): Said {
  const read = readToServices(reader, at, known.services);
  // Cilium looks Services up for rules that allow alone (processRule); a rule without peers and with ports means everybody.
  if (action === "deny")
    return {
      everybody: hasPorts,
      unknown: [
        hasPorts
          ? "Cilium does not look up Services for rules that deny: with toPorts the rule denies these ports of everybody"
          : "Cilium does not look up Services for rules that deny: the rule denies nothing",
      ],
    };
  const unknown =
    read.services === 0
      ? [
          hasPorts
            ? "no Service of the input is meant; if there is none, Cilium takes a rule with toPorts for one for everybody, and so it counts here"
            : "no Service of the input is meant: the rule counts as one for nobody",
        ]
      : read.unknown;
  // A Service without selector and without addresses leaves the rule without peers as well.
  const nothing = read.withSelector === 0 && isNoIps(read.ips);
  if (hasPorts && nothing && read.unknown.length === 0) return { everybody: true, unknown };
  if (read.services > 0 && read.unknown.length > 0)
    return { terms: read.terms, ips: read.ips, abstracted: read.unknown.join("; ") };
  return { terms: read.terms, ips: read.ips, unknown };
}
