import { connections, connectivity } from "../engine/connectivity.ts";
import type { Network } from "../engine/network.ts";
import type { IpCell } from "../engine/tables.ts";
import { ipText, ipTexts } from "../sets/ip-set.ts";
import { Names, workloadsOf } from "./names.ts";
import { standingOf, standingText, type Standing } from "./standing.ts";

/** One line of the matrix: who reaches whom on which ports. */
export interface MatrixLine {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly ports: string;
}

/** Lines by class, or by workload where the full matrix is asked for. Made one after the other. */
export function* matrixLines(net: Network, full: boolean): Generator<MatrixLine> {
  const names = new Names(net.workloads);
  if (full) {
    for (const { from, to, ports } of connections(net))
      yield {
        from: typeof from === "number" ? [names.of(from)] : ipTexts(from),
        to: typeof to === "number" ? [names.of(to)] : ipTexts(to),
        ports: net.space.text(ports),
      };
    return;
  }
  for (const row of connectivity(net)) {
    const own = names.group(workloadsOf(net, [row.from]));
    for (const { ips, ports } of row.addressesFrom)
      yield { from: ipTexts(ips), to: own, ports: net.space.text(ports) };
    for (const { ips, ports } of row.addressesTo)
      yield { from: own, to: ipTexts(ips), ports: net.space.text(ports) };
    for (const { classes, ports } of row.reached) {
      const alone =
        classes.length === 1 && classes[0] === row.from && net.classes[row.from]?.workloads.length === 1;
      if (!alone)
        yield { from: own, to: names.group(workloadsOf(net, classes)), ports: net.space.text(ports) };
    }
  }
}

const SHOWN = 6;

/** The matrix for people: workloads that no policy tells apart stand together. */
export function matrixText(net: Network, options: { readonly quiet?: boolean } = {}): string {
  const names = new Names(net.workloads);
  const out: string[] = [
    `${count(net.workloads.length, "workload")} in ${count(net.classes.length, "group")} that policies tell apart, ${count(net.policies.length, "policy", "policies")}; network plugin: ${net.profile.name}\n`,
  ];
  for (const row of connectivity(net)) {
    const members = workloadsOf(net, [row.from]);
    const note = net.classes[row.from]?.node === true ? ", in the network of their node" : "";
    out.push(`\n${names.group(members, SHOWN).join(", ")} (${count(members.length, "workload")}${note})\n`);
    const lines: [string, string][] = row.reached
      .filter(({ classes }) => classes.length > 1 || classes[0] !== row.from || members.length > 1)
      .map(({ classes, ports }) => [
        names.group(workloadsOf(net, classes), SHOWN).join(", "),
        net.space.text(ports),
      ]);
    lines.push(...addressLines(net, row.addressesTo));
    out.push(...block("reach", lines, "reach nobody"));
    out.push(
      ...block("reached from", addressLines(net, row.addressesFrom), "reached from no address outside"),
    );
  }
  out.push(standingText(standingOf(net), options.quiet));
  return out.join("");
}

function addressLines(net: Network, cells: readonly IpCell[]): [string, string][] {
  return cells.map(({ ips, ports }) => {
    const texts = ipTexts(ips);
    const shown = ipText(ips) === "internet" ? ["internet"] : texts.slice(0, SHOWN);
    const more =
      shown.length < texts.length && shown[0] !== "internet" ? [`${texts.length - shown.length} more`] : [];
    return [[...shown, ...more].join(", "), net.space.text(ports)];
  });
}

function block(title: string, lines: readonly [string, string][], none: string): readonly string[] {
  if (lines.length === 0) return [`  ${none}\n`];
  const width = Math.min(60, Math.max(...lines.map(([who]) => who.length)));
  return lines.map(
    ([who, ports], at) => `  ${(at === 0 ? title : "").padEnd(12)} ${who.padEnd(width)}  ${ports}\n`,
  );
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

export interface ReachabilityJson extends Standing {
  readonly apiVersion: "kubernetes-operations.dev/v1";
  readonly kind: "Reachability";
  readonly networkPlugin: string;
  readonly workloads: number;
  readonly policies: number;
  readonly groups: readonly (readonly string[])[];
  readonly connections: readonly MatrixLine[];
}

export function matrixJson(net: Network, full: boolean): ReachabilityJson {
  const names = new Names(net.workloads);
  return {
    apiVersion: "kubernetes-operations.dev/v1",
    kind: "Reachability",
    networkPlugin: net.profile.name,
    workloads: net.workloads.length,
    policies: net.policies.length,
    groups: net.classes.map(({ workloads }) => workloads.map((number) => names.of(number))),
    connections: [...matrixLines(net, full)],
    ...standingOf(net),
  };
}

export function* matrixCsv(net: Network, full: boolean): Generator<string> {
  yield "source,destination,ports\n";
  for (const { from, to, ports } of matrixLines(net, full))
    yield `${[from.join(" "), to.join(" "), ports].map(csvCell).join(",")}\n`;
}

/** A cell that no spreadsheet takes for a formula. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function* matrixMarkdown(net: Network, full: boolean): Generator<string> {
  yield "| source | destination | ports |\n|---|---|---|\n";
  for (const { from, to, ports } of matrixLines(net, full))
    yield `| ${[from.join(", "), to.join(", "), ports].map(markdownCell).join(" | ")} |\n`;
}

export function markdownCell(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("|", String.raw`\|`).replaceAll("<", "&lt;");
}

/** A graph for Graphviz: a node a group, an edge a set of ports. */
export function* matrixDot(net: Network, full: boolean): Generator<string> {
  yield "digraph reachability {\n  rankdir=LR;\n  node [shape=box, fontname=sans];\n  edge [fontname=sans, fontsize=10];\n";
  for (const { from, to, ports } of matrixLines(net, full))
    yield `  ${dotText(from.join(", "))} -> ${dotText(to.join(", "))} [label=${dotText(ports)}];\n`;
  yield "}\n";
}

function dotText(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', String.raw`\"`)}"`;
}
