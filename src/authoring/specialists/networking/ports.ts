import type { KnownImage } from "../../images/known-image.ts";
import { assumed } from "../../images/match-image.ts";
import type { ApplicationIntent, PortIntent, Protocol, WorkloadIntent } from "../../intent/intent.ts";
import type { Ledger } from "../ledger.ts";
import { byText } from "../../../kube/by-text.ts";
import type { OfferedPort } from "../workload.ts";

/** IANA names that people expect (the registry of service names), for ports whose input has none. */
const wellKnown: ReadonlyMap<string, string> = new Map([
  ["TCP/21", "ftp"],
  ["TCP/22", "ssh"],
  ["TCP/25", "smtp"],
  ["TCP/53", "dns-tcp"],
  ["UDP/53", "dns"],
  ["TCP/80", "http"],
  ["TCP/443", "https"],
  ["TCP/1433", "mssql"],
  ["TCP/1883", "mqtt"],
  ["TCP/3306", "mysql"],
  ["TCP/5432", "postgres"],
  ["TCP/5672", "amqp"],
  ["TCP/6379", "redis"],
  ["TCP/8080", "http-alt"],
  ["TCP/8443", "https-alt"],
  ["TCP/9092", "kafka"],
  ["TCP/11211", "memcached"],
  ["TCP/27017", "mongodb"],
]);

interface Draft {
  readonly port: number;
  readonly protocol: Protocol;
  name?: string | undefined;
  appProtocol?: string | undefined;
  published: boolean;
  readonly servicePorts: Set<number>;
  readonly origin: OfferedPort["origin"];
}

/**
 * The ports that others may connect to: those the input lists, those that other workloads open, and those on which the
 * image is known to listen where the input lists none. A store is asked on its own port whatever else the input publishes.
 */
export function resolvePorts(
  intent: ApplicationIntent,
  workload: WorkloadIntent,
  known: KnownImage | undefined,
  ledger: Ledger,
): readonly OfferedPort[] {
  const drafts = new Map<string, Draft>();
  for (const port of workload.ports) merge(drafts, port);
  const names = new Map(known?.ports.map((row) => [`${row.protocol ?? "TCP"}/${row.port}`, row.name]));
  const incoming = intent.connections.filter((connection) => connection.to === workload.name);
  for (const { port, protocol } of incoming.flatMap((connection) => connection.ports))
    open(drafts, port, protocol, "connection");
  const store =
    known?.component === "database" || known?.component === "cache" || known?.component === "queue";
  if (known !== undefined && (drafts.size === 0 || (store && incoming.length > 0)))
    addKnown(drafts, workload, known, ledger);
  for (const [key, draft] of drafts) draft.name ??= names.get(key) ?? wellKnown.get(key);
  return named(
    [...drafts.values()].sort(
      (left, right) => left.port - right.port || byText(left.protocol, right.protocol),
    ),
  );
}

function open(drafts: Map<string, Draft>, port: number, protocol: Protocol, origin: Draft["origin"]): Draft {
  const key = `${protocol}/${port}`;
  const draft = drafts.get(key) ?? {
    port,
    protocol,
    published: false,
    servicePorts: new Set<number>(),
    origin,
  };
  drafts.set(key, draft);
  return draft;
}

function merge(drafts: Map<string, Draft>, port: PortIntent): void {
  const draft = open(drafts, port.port, port.protocol, "input");
  draft.published ||= port.published;
  if (port.name !== undefined) draft.name ??= port.name;
  if (port.appProtocol !== undefined) draft.appProtocol ??= port.appProtocol;
  if (port.servicePort !== undefined && port.servicePort !== port.port)
    draft.servicePorts.add(port.servicePort);
}

function addKnown(
  drafts: Map<string, Draft>,
  workload: WorkloadIntent,
  known: KnownImage,
  ledger: Ledger,
): void {
  for (const row of known.ports) {
    const protocol: Protocol = row.protocol ?? "TCP";
    if (drafts.has(`${protocol}/${row.port}`)) continue;
    open(drafts, row.port, protocol, "image");
    ledger.note(
      "image/known-port",
      workload.name,
      `the input does not list port ${row.port}/${protocol}: ${workload.image} is ${assumed(known)} to listen on it.`,
    );
  }
}

/** Gives every port a name that is valid and unique in the Pod (validation.IsValidPortName). */
function named(drafts: readonly Draft[]): readonly OfferedPort[] {
  const taken = new Set<string>();
  return drafts.map((draft) => {
    const fallback = `${draft.protocol.toLowerCase()}-${draft.port}`;
    const wished = [draft.name, fallback];
    const name =
      wished.find((text) => text !== undefined && isPortName(text) && !taken.has(text)) ??
      unique(fallback, taken);
    taken.add(name);
    return {
      port: draft.port,
      protocol: draft.protocol,
      name,
      ...(draft.appProtocol === undefined ? {} : { appProtocol: draft.appProtocol }),
      published: draft.published,
      servicePorts: [...draft.servicePorts].sort((left, right) => left - right),
      origin: draft.origin,
    };
  });
}

function unique(base: string, taken: ReadonlySet<string>): string {
  let number = 2;
  while (taken.has(`${base}-${number}`)) number += 1;
  return `${base}-${number}`;
}

export function isPortName(name: string): boolean {
  return (
    name.length <= 15 &&
    /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(name) &&
    /[a-z]/.test(name) &&
    !name.includes("--")
  );
}
