import { printable, printableRest } from "../../../kube/printable.ts";
import { freshText } from "../engine/fresh.ts";
import type { FreshPods } from "../engine/network.ts";
import { addressSet, cidrSet, type IpSet, ipText, ipTexts } from "../sets/ip-set.ts";

/**
 * The ends of a flow in words, written and read here alone: `shop/web`, `shop/*`, `internet`, blocks and ranges of addresses,
 * kinds of pods that do not exist yet. A plan keeps the words; its verdict reads them (kernel K7).
 */
export const INTERNET = "internet";
export const ANY_NEW_POD = "any new pod";
const NEW_NAMESPACE = "any pod of a new namespace";
const NEW_PODS_OF = "any new pod of ";
const NEW_POD = "a new pod ";

/** Addresses outside. */
export function addressTexts(set: IpSet): readonly string[] {
  return ipText(set) === INTERNET ? [INTERNET] : ipTexts(set);
}

/** All pods of a namespace that do not exist yet; of a namespace that is not there when it is undefined. */
export function newPodsText(namespace: string | undefined): string {
  return namespace === undefined ? NEW_NAMESPACE : `${NEW_PODS_OF}${printable(namespace)}`;
}

/** One kind of pods that do not exist yet. */
export function newPodText(kind: FreshPods): string {
  return printableRest(freshText(kind));
}

export function isAddressEnd(end: string): boolean {
  return end === INTERNET || addressesOfEnd(end) !== undefined;
}

/** The addresses of a block or range; undefined for every other end, `internet` too. */
export function addressesOfEnd(end: string): IpSet | undefined {
  const [from = "", to] = end.split("-");
  const first = cidrSet(from) ?? addressSet(from);
  if (first === undefined || to === undefined) return first;
  const last = addressSet(to);
  if (last === undefined) return undefined;
  const [a, b] = [first.v4[0], last.v4[0]];
  if (a !== undefined && b !== undefined) return { v4: [a, b], v6: [] };
  const [c, d] = [first.v6[0], last.v6[0]];
  return c === undefined || d === undefined ? undefined : { v4: [], v6: [c, d] };
}

/** The namespace of an end; undefined for addresses, and for pods that may be in any. */
export function namespaceOfEnd(end: string): string | undefined {
  const fresh = /^(?:any new pod of|a new pod .* in) ([^ ]+)$/.exec(end);
  if (fresh !== null) return fresh[1];
  return isNewPodEnd(end) || isAddressEnd(end) ? undefined : end.slice(0, end.indexOf("/"));
}

export function isNewPodEnd(end: string): boolean {
  return (
    end === ANY_NEW_POD || end === NEW_NAMESPACE || end.startsWith(NEW_POD) || end.startsWith(NEW_PODS_OF)
  );
}
