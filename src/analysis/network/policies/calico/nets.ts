import type { JsonPath } from "../../../../kube/json.ts";
import { addressSet, cidrSet, type IpSet, unionIps } from "../../sets/ip-set.ts";
import { type PolicyReader, shown } from "../reading.ts";

/** A list of blocks and addresses (libcalico-go/lib/net ParseCIDROrIP); undefined where none is written. */
export function readNets(reader: PolicyReader, path: JsonPath): IpSet | undefined {
  const listed = reader.list(path);
  if (listed.length === 0) return undefined;
  const sets: IpSet[] = [];
  for (const [index, net] of listed.entries()) {
    const set = typeof net === "string" ? (cidrSet(net) ?? addressSet(net)) : undefined;
    if (set === undefined)
      reader.problem(
        "invalid",
        [...path, index],
        `${shown(net)} is no CIDR block such as 10.0.0.0/8, and no address`,
      );
    else sets.push(set);
  }
  return unionIps(sets);
}
