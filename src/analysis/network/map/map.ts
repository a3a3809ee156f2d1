import type { Network } from "../engine/network.ts";
import { count } from "../render/matrix.ts";
import { standingOf } from "../render/standing.ts";
import { layoutOf, type MapLayout, NODE_HEIGHT, NODE_WIDTH } from "./layout.ts";
import { MAP_SCRIPT, MAP_STYLE } from "./page.ts";

export function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** The picture alone, as one SVG. */
export function mapSvg(net: Network): string {
  const layout = layoutOf(net);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${layout.width} ${layout.height}" width="${layout.width}" height="${layout.height}"><style>${MAP_STYLE}</style>${drawing(layout, true)}</svg>\n`;
}

/**
 * The picture as one page that asks nothing of anybody: zoom, search, and a list of what a workload reaches. Flows of one
 * workload are drawn when it is chosen: all of them at once are a picture of nothing.
 */
export function mapHtml(net: Network): string {
  const layout = layoutOf(net);
  const standing = standingOf(net);
  const data = {
    names: layout.nodes.map(({ id, name }) => [id, name]),
    edges: layout.edges.map(({ from, to, ports }) => [from, to, ports]),
  };
  // "<" cannot close the script, nor open a comment.
  const json = JSON.stringify(data).replaceAll("<", String.raw`\u003c`);
  const lines = [...standing.invalid, ...standing.incomplete, ...standing.assumptions];
  const note = layout.left === 0 ? "" : `; ${layout.left} more flows are not drawn`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Reachability</title><style>${MAP_STYLE}</style></head>
<body><header><h1>Reachability</h1><label>Search <input id="search" type="search" placeholder="shop/web" autocomplete="off"></label><button id="in" aria-label="Zoom in">+</button><button id="out" aria-label="Zoom out">-</button><button id="fit">Fit</button><span id="summary">${count(net.workloads.length, "workload")}, ${count(layout.edges.length, "flow")}${note}</span></header>
<main><svg id="map" role="application" aria-label="Map of workloads; choose one with Tab and Enter" viewBox="0 0 ${layout.width} ${layout.height}" data-width="${layout.width}" data-height="${layout.height}">${drawing(layout, false)}</svg>
<aside id="detail" aria-live="polite"><h2>Choose a workload</h2><p>Click it, or go to it with Tab and press Enter. Drag or use the arrow keys to move, the wheel or + and - to zoom, / to search, Escape to see all.</p><details><summary>What this rests on</summary><ul>${lines.map((line) => `<li>${escapeXml(line)}</li>`).join("")}</ul></details></aside></main>
<script id="data" type="application/json">${json}</script><script>${MAP_SCRIPT}</script></body></html>
`;
}

function drawing(layout: MapLayout, flows: boolean): string {
  const out: string[] = [];
  for (const box of layout.boxes)
    out.push(
      `<g class="box"><rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="8"/><text x="${box.x + 12}" y="${box.y + 20}">${escapeXml(box.name)}</text></g>`,
    );
  const at = new Map(layout.nodes.map((node) => [node.id, node]));
  const lines = flows ? layout.edges : [];
  out.push('<g id="edges">');
  for (const { from, to, ports } of lines) {
    const [a, b] = [at.get(from), at.get(to)];
    if (a === undefined || b === undefined) continue;
    out.push(
      `<path class="flow" d="M${a.x + NODE_WIDTH} ${a.y + NODE_HEIGHT / 2} C${a.x + NODE_WIDTH + 40} ${a.y} ${b.x - 40} ${b.y} ${b.x} ${b.y + NODE_HEIGHT / 2}"><title>${escapeXml(ports)}</title></path>`,
    );
  }
  out.push("</g>");
  for (const { id, name, short, x, y } of layout.nodes) {
    const shown = short.length > 24 ? `${short.slice(0, 23)}.` : short;
    out.push(
      `<g class="node" data-id="${id}" tabindex="0" role="button" aria-label="${escapeXml(name)}"><title>${escapeXml(name)}</title><rect x="${x}" y="${y}" width="${NODE_WIDTH}" height="${NODE_HEIGHT}" rx="4"/><text x="${x + 8}" y="${y + 17}">${escapeXml(shown)}</text></g>`,
    );
  }
  return out.join("");
}
