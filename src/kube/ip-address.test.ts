import * as fc from "fast-check";
import { isIP, SocketAddress } from "node:net";
import { describe, expect, test } from "vitest";
import { addressText, bytesOf, isMapped, numberOf, parseAddress } from "./ip-address.ts";

const anyText = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.string({ unit: fc.constantFrom(...Array.from("0123456789abcF:.")) }),
);

describe("addresses", () => {
  test("are what node:net takes for one", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const length = parseAddress(text)?.length;
        expect(length).toBe({ 0: undefined, 4: 4, 6: 16 }[isIP(text)]);
      }),
      { numRuns: 2000 },
    );
  });

  test("have the text that node:net writes, which reads as the same bytes; so does their number", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const bytes = parseAddress(text) ?? [];
        const written = addressText(bytes);
        expect(parseAddress(written)).toEqual(bytes);
        expect(bytesOf(numberOf(bytes), bytes.length === 4 ? 4 : 16)).toEqual(bytes);
        // node:net writes the last four bytes of some addresses with points.
        const family = bytes.length === 4 ? "ipv4" : "ipv6";
        const other = new SocketAddress({ address: text, family }).address;
        if (family === "ipv4" || !other.includes(".")) expect(written).toBe(other);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::", "::"],
    ["::ffff:10.0.0.1", "::ffff:a00:1"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
  ])("%s is %s", (text, expected) => {
    expect(addressText(parseAddress(text) ?? [])).toBe(expected);
  });

  test.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.256",
    ":::",
    "1::2::3",
    "::1%eth0",
    "1:2:3:4:5:6:7:8::",
  ])("%j is none", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test("leading zeros are taken where it is said, and a mapped address is one", () => {
    expect(parseAddress("010.0.0.1", true)).toEqual([10, 0, 0, 1]);
    expect(parseAddress("::ffff:010.0.0.1", true)?.slice(12)).toEqual([10, 0, 0, 1]);
    expect(isMapped(parseAddress("::ffff:1.2.3.4") ?? [])).toBe(true);
    expect(isMapped(parseAddress("::1.2.3.4") ?? [])).toBe(false);
  });
});
