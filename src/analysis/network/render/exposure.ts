import type { ClassExposure, Exposure, FreshReach, OpenEntry } from "../engine/exposure.ts";
import { freshText } from "../engine/fresh.ts";
import type { IpCell } from "../engine/tables.ts";
import { ipText, ipTexts } from "../sets/ip-set.ts";
import { PortSpace, type PortSetId } from "../sets/port-space.ts";
import { count } from "./matrix.ts";
import { Names, workloadsOf } from "./names.ts";
import { standingOf, standingText, type Standing } from "./standing.ts";

const SHOWN = 6;

const kindTexts: Readonly<Record<OpenEntry["entry"]["kind"], string>> = {
  ingress: "controller",
  "load-balancer": "load balancer",
  "node-port": "node port",
  "external-ip": "external address",
  "host-port": "port of the host",
  "host-network": "network of the host",
};

/** What is open to the outside, to other namespaces and to pods that do not exist yet; for people. */
export function exposureText(exposure: Exposure, options: { readonly quiet?: boolean } = {}): string {
  const { net } = exposure;
  const names = new Names(net.workloads);
  const out: string[] = [`ways in from outside (${exposure.entries.length})\n`];
  for (const open of exposure.entries) out.push(`  ${entryText(exposure, open, names)}\n`);
  if (exposure.entries.length === 0) out.push("  none in the input\n");
  for (const { by, at, why } of exposure.deadEnds)
    out.push(`  ${by}${at === "" ? "" : ` (${at})`} leads nowhere: ${why}\n`);
  for (const row of exposure.classes) {
    const members = workloadsOf(net, [row.id]);
    out.push(`\n${names.group(members, SHOWN).join(", ")} (${count(members.length, "workload")})\n`);
    out.push(...side(exposure, row, "ingress"), ...side(exposure, row, "egress"));
  }
  out.push(standingText(standingOf(net, exposure.cut), options.quiet));
  return out.join("");
}

function side(exposure: Exposure, row: ClassExposure, direction: "ingress" | "egress"): readonly string[] {
  const { space } = exposure.net;
  const ingress = direction === "ingress";
  const word = ingress ? "open to" : "reaches";
  const lines: string[] = [];
  const add = (who: string, ports: PortSetId): void => {
    lines.push(`  ${word} ${who}: ${space.text(ports)}\n`);
  };
  if (ingress ? row.unprotectedIngress : row.unprotectedEgress)
    lines.push(`  no policy selects it for ${direction}\n`);
  for (const { ips, ports } of ingress ? row.fromAddresses : row.toAddresses) add(addresses(ips), ports);
  const everybody = ingress ? row.fromEverybody : row.toEverybody;
  if (everybody !== PortSpace.none)
    add("every pod of the cluster, also one that does not exist yet", everybody);
  const fresh = freshGroups(ingress ? row.fromFresh : row.toFresh);
  for (const { text, ports } of fresh.slice(0, SHOWN)) add(text, ports);
  if (fresh.length > SHOWN) lines.push(`  ${word} ${fresh.length - SHOWN} more kinds of new pods\n`);
  if (lines.length === 0)
    lines.push(ingress ? "  open to nobody beyond the matrix\n" : "  reaches nobody beyond the matrix\n");
  return lines;
}

function addresses(ips: IpCell["ips"]): string {
  const text = ipText(ips);
  if (text === "internet") return "the internet";
  const texts = ipTexts(ips);
  return texts.length > SHOWN
    ? `${texts.slice(0, SHOWN).join(", ")} and ${texts.length - SHOWN} more ranges`
    : text;
}

/** Kinds of one namespace that may do the same stand together. */
function freshGroups(
  rows: readonly FreshReach[],
): readonly { readonly text: string; readonly ports: PortSetId }[] {
  const groups = new Map<string, FreshReach[]>();
  for (const row of rows) {
    const key = `${row.ports} ${row.fresh.namespace ?? ""}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    const text = first === undefined ? "" : freshText(first.fresh);
    const more = group.length > 1 ? ` (and ${count(group.length - 1, "more kind")} like it)` : "";
    return { text: text + more, ports: first?.ports ?? PortSpace.none };
  });
}

function entryText({ net }: Exposure, { entry, open, depends, from }: OpenEntry, names: Names): string {
  const { space } = net;
  const at = entry.at === "" ? "" : ` (${entry.at})`;
  const via = entry.via === "" ? "" : ` by ${entry.via}`;
  const target = `${names.of(entry.workload)} ${space.text(entry.ports)}`;
  const path = `${entry.by}${at}, ${kindTexts[entry.kind]}:${via} to ${target}`;
  if (open === entry.ports) {
    const whole = from === undefined || ipText(from) === "internet";
    return `${path}: open${whole ? "" : ` from ${addresses(from)}`}`;
  }
  const rest = space.minus(depends, open);
  const controller =
    rest === PortSpace.none ? "" : `; ${space.text(rest)} only for a controller whose labels a policy names`;
  return open === PortSpace.none
    ? `${path}: closed by policies${controller}`
    : `${path}: open on ${space.text(open)}${controller}`;
}

export interface ExposureJson extends Standing {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "Exposure";
  readonly networkPlugin: string;
  readonly entries: readonly {
    readonly kind: string;
    readonly by: string;
    readonly at: string;
    readonly via: string;
    readonly workload: string;
    readonly ports: string;
    readonly open: string;
    readonly from?: readonly string[];
  }[];
  readonly deadEnds: readonly { readonly by: string; readonly at: string; readonly why: string }[];
  readonly groups: readonly {
    readonly workloads: readonly string[];
    readonly ingress: SideJson;
    readonly egress: SideJson;
  }[];
}

interface SideJson {
  readonly unprotected: boolean;
  readonly addresses: readonly { readonly addresses: readonly string[]; readonly ports: string }[];
  readonly everyPod: string;
  readonly newPods: readonly {
    readonly namespace: string | null;
    readonly podLabels: Readonly<Record<string, string>>;
    readonly namespaceLabels: Readonly<Record<string, string>>;
    readonly ports: string;
  }[];
}

export function exposureJson(exposure: Exposure): ExposureJson {
  const { net } = exposure;
  const names = new Names(net.workloads);
  const text = (ports: PortSetId): string => net.space.text(ports);
  const sideJson = (row: ClassExposure, ingress: boolean): SideJson => ({
    unprotected: ingress ? row.unprotectedIngress : row.unprotectedEgress,
    addresses: (ingress ? row.fromAddresses : row.toAddresses).map(({ ips, ports }) => ({
      addresses: ipTexts(ips),
      ports: text(ports),
    })),
    everyPod: text(ingress ? row.fromEverybody : row.toEverybody),
    newPods: (ingress ? row.fromFresh : row.toFresh).map(({ fresh, ports }) => ({
      namespace: fresh.namespace ?? null,
      podLabels: { ...fresh.podLabels },
      namespaceLabels: { ...fresh.namespaceLabels },
      ports: text(ports),
    })),
  });
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Exposure",
    networkPlugin: net.profile.name,
    entries: exposure.entries.map(({ entry, open, from }) => ({
      kind: entry.kind,
      by: entry.by,
      at: entry.at,
      via: entry.via,
      workload: names.of(entry.workload),
      ports: text(entry.ports),
      open: text(open),
      ...(from === undefined ? {} : { from: ipTexts(from) }),
    })),
    deadEnds: exposure.deadEnds.map(({ by, at, why }) => ({ by, at, why })),
    groups: exposure.classes.map((row) => ({
      workloads: workloadsOf(net, [row.id]).map((number) => names.of(number)),
      ingress: sideJson(row, true),
      egress: sideJson(row, false),
    })),
    ...standingOf(net, exposure.cut),
  };
}
