import * as fc from "fast-check";
import { isIP } from "node:net";
import { describe, expect, test } from "vitest";
import { cidrText, contains, parseAddress, parseCidr } from "./ip.ts";

describe("address ranges", () => {
  test.each([
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["255.255.255.255/32", "255.255.255.255/32"],
    ["::/0", "::/0"],
    ["FD00:EC2::254/128", "fd00:ec2::254/128"],
    ["2001:db8:0:0:1:0:0:1/128", "2001:db8::1:0:0:1/128"],
    ["1:0:0:2:0:0:0:3/128", "1:0:0:2::3/128"],
    ["fe80::1/10", "fe80::/10"],
  ])("%s is %s", (text, expected) => {
    const cidr = parseCidr(text);
    expect(cidr === undefined ? undefined : cidrText(cidr)).toBe(expected);
  });

  test.each([
    "",
    "10.0.0.0",
    "10.0.0/8",
    "010.0.0.0/8",
    "256.0.0.0/8",
    "10.0.0.0/33",
    "::1/129",
    "1::2::3/64",
    "1:2:3/64",
    "::ffff:1.2.3.4/96",
    "1:2:3:4:5:6:7:8:9/64",
    "12345::/16",
    "x/8",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
  ])("%j is none", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  test("addresses are what node:net takes for one, but for IPv6 with dots and zones", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6(),
          fc.string({ unit: fc.constantFrom(...Array.from("0123456789abcf:.")) }),
        ),
        (text) => {
          fc.pre(!(text.includes(":") && text.includes(".")));
          expect(parseAddress(text) !== undefined).toBe(isIP(text) !== 0);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("the text of a range reads as the same range, and a range holds itself and its parts", () => {
    const range = fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
      fc.tuple(
        fc.ipV6().filter((text) => !text.includes(".")),
        fc.integer({ min: 0, max: 128 }),
      ),
    );
    fc.assert(
      fc.property(range, ([address, length]) => {
        const cidr = parseCidr(`${address}/${length}`)!;
        expect(parseCidr(cidrText(cidr))).toEqual(cidr);
        expect(contains(cidr, cidr)).toBe(true);
        expect(contains(cidr, parseAddress(address)!)).toBe(true);
        if (length > 0) {
          const other = { ...cidr, base: cidr.base ^ (1n << BigInt(cidr.bits - length)) };
          expect(contains(cidr, other)).toBe(false);
          expect(contains({ ...cidr, base: 0n, length: 0 }, cidr)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("families never hold each other", () => {
    expect(contains(parseCidr("::/0")!, parseCidr("10.0.0.0/8")!)).toBe(false);
  });
});
