import type { JsonObject } from "../../../kube/json.ts";
import type { Ledger } from "../ledger.ts";
import { byText } from "../../../kube/by-text.ts";
import { members, unlessEmpty } from "../members.ts";
import type { Workload } from "../workload.ts";
import { type Cidr, cidrText, contains, parseCidr } from "./ip.ts";
import { nameservers } from "./pod-network.ts";

function table(...texts: readonly string[]): readonly Cidr[] {
  return texts.flatMap((text) => parseCidr(text) ?? []);
}

/**
 * Addresses at which a machine of a cloud asks for its own credentials: AWS, GCP, Azure and OpenStack share the first,
 * 192.0.0.192 is Oracle's, 100.100.100.200 Alibaba's; fd00:ec2::254 is AWS', fd20:ce::254 GCP's (their documentation).
 */
const metadata = table(
  "169.254.169.254/32",
  "192.0.0.192/32",
  "100.100.100.200/32",
  "fd00:ec2::254/128",
  "fd20:ce::254/128",
);

/** Ranges that are not "outside": private (RFC 1918, RFC 6598, RFC 4193), link-local (RFC 3927, RFC 4291), loopback. */
const inside = table(
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "fc00::/7",
  "fe80::/10",
);

/**
 * Rules for the outside addresses that the input names. A range that is wider than a private one stands for the
 * Internet and leaves the private one out; a range that lies in a private one is meant as it stands. The metadata addresses
 * are never among them.
 */
export function egressRules(workload: Workload, ledger: Ledger): JsonObject[] {
  const { egress, name } = workload.intent;
  const rules: JsonObject[] = [];
  for (const { cidr: text, ports } of egress ?? []) {
    const cidr = parseCidr(text);
    const except = cidr === undefined ? undefined : exceptions(cidr);
    if (cidr === undefined || except === undefined) {
      ledger.note(
        "network/egress",
        name,
        cidr === undefined
          ? `${JSON.stringify(text)} is no address range: no connection to it is opened.`
          : `${cidrText(cidr)} is where machines of a cloud ask for their credentials: no connection to it is opened.`,
      );
      continue;
    }
    if (except.length > 0)
      ledger.note(
        "network/egress",
        name,
        `connections to ${cidrText(cidr)} are opened without ${except.join(", ")}.`,
      );
    rules.push(
      members({
        to: [{ ipBlock: members({ cidr: cidrText(cidr), except: unlessEmpty(except) }) }],
        ports: unlessEmpty(
          ports
            .toSorted((left, right) => left.port - right.port || byText(left.protocol, right.protocol))
            .map(({ port, protocol }) => ({ port, protocol })),
        ),
      }),
    );
  }
  const servers = nameservers(workload);
  if (servers.length > 0)
    rules.push({
      to: servers.map((address) => ({ ipBlock: { cidr: `${address}/${address.includes(":") ? 128 : 32}` } })),
      ports: [
        { port: 53, protocol: "UDP" },
        { port: 53, protocol: "TCP" },
      ],
    });
  return rules;
}

/**
 * The `ipBlock` of a range as egressRules writes it; undefined for what is no range, and for the addresses at which a cloud
 * gives away credentials.
 */
export function outsideBlock(text: string): JsonObject | undefined {
  const cidr = parseCidr(text);
  const except = cidr === undefined ? undefined : exceptions(cidr);
  if (cidr === undefined || except === undefined) return undefined;
  return members({ cidr: cidrText(cidr), except: unlessEmpty(except) });
}

/** What a range leaves out; undefined when nothing of it is left. */
function exceptions(cidr: Cidr): string[] | undefined {
  if (metadata.some((address) => contains(address, cidr))) return undefined;
  const ranges = inside.filter((range) => range.length > cidr.length && contains(cidr, range));
  const single = metadata.filter(
    (address) => contains(cidr, address) && !ranges.some((range) => contains(range, address)),
  );
  return [...ranges, ...single].map(cidrText).sort(byText);
}
