import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cidrSet, type IpSet } from "../sets/ip-set.ts";
import {
  addressesOfEnd,
  addressTexts,
  ANY_NEW_POD,
  INTERNET,
  isAddressEnd,
  isNewPodEnd,
  namespaceOfEnd,
  newPodsText,
  newPodText,
} from "./flow-end.ts";

const label = fc.stringMatching(/^[a-z0-9](?:[-a-z0-9]{0,20}[a-z0-9])?$/);
const labels = fc.dictionary(label, label, { maxKeys: 3 });

/** What the verdict reads out of an end is what was written into it (kernel K7). */
describe("the ends of a flow", () => {
  test("addresses are read back as the ranges that they are", () => {
    const v4 = fc
      .tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff))
      .map(([a, b]): IpSet => ({ v4: [Math.min(a, b), Math.max(a, b)], v6: [] }));
    const most = (1n << 128n) - 1n;
    const v6 = fc
      .tuple(fc.bigInt(0n, most), fc.bigInt(0n, most))
      .map(([a, b]): IpSet => ({ v4: [], v6: a < b ? [a, b] : [b, a] }));
    fc.assert(
      fc.property(fc.oneof(v4, v6), (set) => {
        const [end = ""] = addressTexts(set);
        expect(addressesOfEnd(end)).toEqual(set);
        expect([isAddressEnd(end), isNewPodEnd(end), namespaceOfEnd(end)]).toEqual([true, false, undefined]);
      }),
    );
    const whole = { v4: cidrSet("0.0.0.0/0")?.v4 ?? [], v6: cidrSet("::/0")?.v6 ?? [] };
    expect(addressTexts(whole)).toEqual([INTERNET]);
    expect(isAddressEnd(INTERNET)).toBe(true);
  });

  test("pods that do not exist yet are in the namespace in which they would be", () => {
    fc.assert(
      fc.property(fc.option(label, { nil: undefined }), labels, labels, (namespace, podLabels, more) => {
        const kind = newPodText({
          namespace,
          podLabels,
          namespaceLabels: namespace === undefined ? more : {},
        });
        expect([kind, isNewPodEnd(kind), isAddressEnd(kind)]).toEqual([kind, true, false]);
        expect([kind, namespaceOfEnd(kind)]).toEqual([kind, namespace]);
        const all = newPodsText(namespace);
        expect([all, isNewPodEnd(all), namespaceOfEnd(all)]).toEqual([all, true, namespace]);
      }),
    );
    expect([isNewPodEnd(ANY_NEW_POD), namespaceOfEnd(ANY_NEW_POD)]).toEqual([true, undefined]);
  });

  test.each([
    ["shop/web", "shop"],
    ["shop/*", "shop"],
    ["any/new", "any"],
  ])("%s is in %s", (end, namespace) => {
    expect([isNewPodEnd(end), isAddressEnd(end), namespaceOfEnd(end)]).toEqual([false, false, namespace]);
  });
});
