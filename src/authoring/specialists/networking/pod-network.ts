import type { JsonObject } from "../../../kube/json.ts";
import type { Ledger } from "../ledger.ts";
import { byText } from "../../../kube/by-text.ts";
import { members, unlessEmpty } from "../members.ts";
import { isDnsSubdomain } from "../names.ts";
import type { Workload } from "../workload.ts";
import { parseAddress } from "./ip.ts";

/** Limits of a Pod's dnsConfig (pkg/apis/core/validation: MaxDNSNameservers, MaxDNSSearchPaths). */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;

/** The name servers of the input that are addresses, at most as many as a Pod may name. */
export function nameservers(workload: Workload): readonly string[] {
  return (workload.intent.dns?.nameservers ?? [])
    .filter((address) => parseAddress(address) !== undefined)
    .slice(0, MAX_NAMESERVERS);
}

export function dnsConfig(workload: Workload, ledger: Ledger): JsonObject | undefined {
  const { dns, name } = workload.intent;
  if (dns === undefined) return undefined;
  const servers = nameservers(workload);
  const searches = dns.searches.filter(isDnsSubdomain).slice(0, MAX_SEARCHES);
  if (servers.length < dns.nameservers.length || searches.length < dns.searches.length)
    ledger.note(
      "network/dns",
      name,
      `of its name servers and search domains only valid ones are set, at most ${MAX_NAMESERVERS} and ${MAX_SEARCHES}.`,
    );
  if (servers.length > 0)
    ledger.note(
      "network/dns",
      name,
      `name servers ${servers.join(", ")} are asked after the cluster's DNS, which alone knows the other services.`,
    );
  return unlessEmpty(
    members({
      nameservers: unlessEmpty([...servers]),
      searches: unlessEmpty(searches),
      options: unlessEmpty(dns.options.map((option) => members({ name: option.name, value: option.value }))),
    }),
  );
}

export function hostAliases(workload: Workload, ledger: Ledger): JsonObject[] | undefined {
  const byAddress = new Map<string, Set<string>>();
  for (const { ip, hostnames } of workload.intent.extraHosts) {
    const valid = hostnames.filter(isDnsSubdomain);
    if (parseAddress(ip) === undefined || valid.length < hostnames.length)
      ledger.note(
        "network/extra-hosts",
        workload.intent.name,
        `extra host ${JSON.stringify(`${hostnames.join(" ")} ${ip}`)} is not set as it stands: it takes an address and DNS names.`,
      );
    if (parseAddress(ip) === undefined || valid.length === 0) continue;
    const names = byAddress.get(ip) ?? new Set<string>();
    for (const hostname of valid) names.add(hostname);
    byAddress.set(ip, names);
  }
  return unlessEmpty(
    [...byAddress]
      .sort(([left], [right]) => byText(left, right))
      .map(([ip, hostnames]) => ({ ip, hostnames: [...hostnames].sort(byText) })),
  );
}
