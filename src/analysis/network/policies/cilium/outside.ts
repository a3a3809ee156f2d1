import { isObject, type JsonObject, type JsonPath, textMap, valueAt } from "../../../../kube/json.ts";
import { objectKey } from "../../../../kube/object-key.ts";
import { type Labels, matchesSelector } from "../../../../kube/selector.ts";
import { listAt } from "../../entry/services.ts";
import { addressSet, cidrSet, coversIps, type IpSet, minusIps, noIps, unionIps } from "../../sets/ip-set.ts";
import { type PolicyReader, shown } from "../reading.ts";
import { readRequirements } from "./selector.ts";

/** A CiliumCIDRGroup: addresses outside of the cluster under a name and labels. */
export interface CidrGroup {
  readonly ips: IpSet;
  readonly labels: Labels;
}

/** The CiliumCIDRGroups among the objects, by name. A block that is none counts for nothing (pkg/policy/k8s/cilium_cidr_group.go). */
export function readCidrGroups(objects: readonly JsonObject[]): ReadonlyMap<string, CidrGroup> {
  const groups = new Map<string, CidrGroup>();
  for (const object of objects) {
    const { group, kind, name } = objectKey(object);
    if (group !== "cilium.io" || kind !== "CiliumCIDRGroup") continue;
    const blocks = listAt(object, ["spec", "externalCIDRs"]).flatMap((block) =>
      typeof block === "string" ? (cidrSet(block) ?? []) : [],
    );
    groups.set(name, {
      ips: unionIps(blocks),
      labels: textMap(valueAt(object, ["metadata", "labels"])),
    });
  }
  return groups;
}

export interface OutsideRead {
  readonly ips: IpSet;
  /** Why not all of the addresses are known. */
  readonly unknown: readonly string[];
}

/** `fromCIDR` and `toCIDR`: blocks and single addresses. */
export function readCidrs(reader: PolicyReader, path: JsonPath): OutsideRead {
  const blocks = reader.list(path).map((block, index) => {
    const set = typeof block === "string" ? (cidrSet(block) ?? addressSet(block)) : undefined;
    if (set === undefined)
      reader.problem("invalid", [...path, index], `${shown(block)} is no address and no CIDR block`);
    return set ?? noIps;
  });
  return { ips: unionIps(blocks), unknown: [] };
}

const choices = ["cidr", "cidrGroupRef", "cidrGroupSelector"] as const;

/** `fromCIDRSet` and `toCIDRSet`: blocks or groups of them, each with exceptions. */
export function readCidrSets(
  reader: PolicyReader,
  path: JsonPath,
  groups: ReadonlyMap<string, CidrGroup>,
): OutsideRead {
  const unknown: string[] = [];
  const sets = reader.list(path).map((entry, index): IpSet => {
    const at = [...path, index];
    const given = choices.filter((choice) => {
      const value = isObject(entry) ? entry[choice] : undefined;
      return value !== undefined && value !== null && value !== "";
    });
    const [choice] = given;
    if (choice === undefined || given.length > 1) {
      reader.problem("invalid", at, `must name exactly one of ${choices.join(", ")}`);
      return noIps;
    }
    const whole =
      choice === "cidr" ? reader.cidr([...at, choice]) : groupIps(reader, [...at, choice], groups, unknown);
    return withoutExcepts(reader, at, whole, choice === "cidr");
  });
  return { ips: unionIps(sets), unknown };
}

function groupIps(
  reader: PolicyReader,
  path: JsonPath,
  groups: ReadonlyMap<string, CidrGroup>,
  unknown: string[],
): IpSet {
  const value = reader.at(path);
  if (path.at(-1) === "cidrGroupRef") {
    const group = typeof value === "string" ? groups.get(value) : undefined;
    if (typeof value !== "string") reader.problem("invalid", path, `${shown(value)} is no name`);
    else if (group === undefined) unknown.push(`CiliumCIDRGroup ${shown(value)} is not in the input`);
    return group?.ips ?? noIps;
  }
  const requirements = readRequirements(reader, path);
  if (requirements === undefined) return noIps;
  const meant = [...groups.values()].filter(({ labels }) => matchesSelector(requirements, labels));
  if (meant.length > 0) return unionIps(meant.map(({ ips }) => ips));
  unknown.push("no CiliumCIDRGroup of the input is meant by a cidrGroupSelector");
  return noIps;
}

function withoutExcepts(reader: PolicyReader, at: JsonPath, whole: IpSet, mustContain: boolean): IpSet {
  const path = [...at, "except"];
  const excepts = [...reader.list(path).keys()].map((index) => {
    const except = reader.cidr([...path, index]);
    if (mustContain && !coversIps(whole, except))
      reader.problem("invalid", [...path, index], "must lie in the cidr");
    return except;
  });
  return excepts.length === 0 ? whole : minusIps(whole, unionIps(excepts));
}
