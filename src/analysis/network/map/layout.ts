import { connections } from "../engine/connectivity.ts";
import type { Network } from "../engine/network.ts";
import { Names } from "../render/names.ts";
import { ipText, ipTexts } from "../sets/ip-set.ts";

export interface MapNode {
  readonly id: number;
  readonly name: string;
  /** Its name inside its box. */
  readonly short: string;
  readonly x: number;
  readonly y: number;
}

export interface MapBox {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface MapEdge {
  readonly from: number;
  readonly to: number;
  readonly ports: string;
}

export interface MapLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly MapBox[];
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
  /** Flows beyond the most that are drawn. */
  readonly left: number;
}

export const NODE_WIDTH = 170;
export const NODE_HEIGHT = 26;
const GAP = 14;
const PAD = 20;
const HEAD = 30;
/** Flows that one picture holds; what is beyond is counted. */
const MOST_EDGES = 20_000;

/** A box a namespace, its workloads in columns, boxes in rows about as wide as high; addresses outside have their own box. */
export function layoutOf(net: Network): MapLayout {
  const names = new Names(net.workloads);
  const labels: { readonly group: string; readonly name: string }[] = net.workloads.map(
    (workload, number) => ({
      group: workload.namespace,
      name: names.of(number),
    }),
  );
  const outside = new Map<string, number>();
  const edges: MapEdge[] = [];
  let left = 0;
  for (const { from, to, ports } of connections(net)) {
    if (edges.length >= MOST_EDGES) {
      left++;
      continue;
    }
    const end = (one: typeof from): number => {
      if (typeof one === "number") return one;
      const texts = ipTexts(one);
      const text =
        ipText(one) === "internet"
          ? "internet"
          : `${texts.slice(0, 2).join(", ")}${texts.length > 2 ? " ..." : ""}`;
      const known = outside.get(text);
      if (known !== undefined) return known;
      outside.set(text, labels.length);
      labels.push({ group: "outside", name: text });
      return labels.length - 1;
    };
    edges.push({ from: end(from), to: end(to), ports: net.space.text(ports) });
  }
  return { ...place(labels), edges, left };
}

function place(
  labels: readonly { readonly group: string; readonly name: string }[],
): Pick<MapLayout, "width" | "height" | "boxes" | "nodes"> {
  const groups = new Map<string, number[]>();
  for (const [id, { group }] of labels.entries()) groups.set(group, [...(groups.get(group) ?? []), id]);
  const sized = [...groups].map(([name, ids]) => {
    const columns = Math.max(1, Math.ceil(Math.sqrt(ids.length / 3)));
    const rows = Math.ceil(ids.length / columns);
    return {
      name,
      ids,
      columns,
      width: columns * (NODE_WIDTH + GAP) + GAP,
      height: HEAD + rows * (NODE_HEIGHT + GAP) + GAP,
    };
  });
  const area = sized.reduce((sum, box) => sum + (box.width + 60) * (box.height + 60), 0);
  const most = Math.max(700, Math.sqrt(area * 1.6));
  const boxes: MapBox[] = [];
  const nodes: MapNode[] = [];
  let [x, y, row, width] = [PAD, PAD, 0, 0];
  for (const box of sized) {
    if (x > PAD && x + box.width > most) {
      x = PAD;
      y += row + 60;
      row = 0;
    }
    boxes.push({ name: box.name, x, y, width: box.width, height: box.height });
    for (const [at, id] of box.ids.entries())
      nodes.push({
        id,
        name: labels[id]?.name ?? "",
        short: within(labels[id]?.name ?? "", box.name),
        x: x + GAP + (at % box.columns) * (NODE_WIDTH + GAP),
        y: y + HEAD + Math.floor(at / box.columns) * (NODE_HEIGHT + GAP),
      });
    width = Math.max(width, x + box.width);
    x += box.width + 60;
    row = Math.max(row, box.height);
  }
  return { width: width + PAD, height: y + row + PAD, boxes, nodes };
}

function within(name: string, group: string): string {
  return name.startsWith(`${group}/`) ? name.slice(group.length + 1) : name;
}
