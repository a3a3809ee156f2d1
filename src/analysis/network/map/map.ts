import type { Network } from "../engine/network.ts";
export function mapHtml(net: Network): string {
  return String(net.workloads.length);
}
export function mapSvg(net: Network): string {
  return String(net.workloads.length);
}
