import { assert, bigInt, constantFrom, integer, property, string, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addQuantities,
  bytesText,
  compareQuantities,
  milliCpuText,
  parseQuantity,
  type Quantity,
  quantityText,
} from "./quantity.ts";

function read(text: string | number): Quantity {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new Error(`no quantity: ${text}`);
  return quantity;
}

describe("parseQuantity", () => {
  test.each([
    ["0", 0n],
    ["1", 10n ** 9n],
    ["100n", 100n],
    ["100u", 100_000n],
    ["250m", 250_000_000n],
    ["1k", 10n ** 12n],
    ["1M", 10n ** 15n],
    ["1G", 10n ** 18n],
    ["1T", 10n ** 21n],
    ["1P", 10n ** 24n],
    ["1E", 10n ** 27n],
    ["1Ki", 2n ** 10n * 10n ** 9n],
    ["1Mi", 2n ** 20n * 10n ** 9n],
    ["1Gi", 2n ** 30n * 10n ** 9n],
    ["1Ti", 2n ** 40n * 10n ** 9n],
    ["1Pi", 2n ** 50n * 10n ** 9n],
    ["1Ei", 2n ** 60n * 10n ** 9n],
    ["1e3", 10n ** 12n],
    ["1E3", 10n ** 12n],
    ["1e-3", 10n ** 6n],
    ["1.5", 1_500_000_000n],
    ["-1.5Ki", -1536n * 10n ** 9n],
    ["+2", 2n * 10n ** 9n],
    [" 2 ", 2n * 10n ** 9n],
    [0.1, 100_000_000n],
    [1e21, 10n ** 30n],
  ])("%s", (text, nano) => {
    expect(read(text).nano).toBe(nano);
  });

  test.each([
    "",
    " ",
    "a",
    "1K",
    "1ki",
    "1mi",
    "1i",
    "1e",
    "1.2.3",
    "1 2",
    "1_000",
    "0x10",
    "１",
    "--1",
    "Ei",
    "e-10",
    "1\t",
  ])("%j is no quantity", (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("%d is no quantity", (number) => {
    expect(parseQuantity(number)).toBeUndefined();
  });

  test("finer than nano rounds away from zero", () => {
    expect(read("1.0000000001").nano).toBe(1_000_000_001n);
    expect(read("-0.0000000001").nano).toBe(-1n);
    expect(read("1e-1000").nano).toBe(1n);
  });

  test("binary amounts stop at 2⁶³−1", () => {
    expect(read("9Ei").nano).toBe((2n ** 63n - 1n) * 10n ** 9n);
    expect(quantityText(read("-100Ei"))).toBe("-9223372036854775807");
  });

  test("hostile sizes are refused, not computed", () => {
    expect(parseQuantity("1e1001")).toBeUndefined();
    expect(parseQuantity("1e99999999999999999999")).toBeUndefined();
    expect(parseQuantity("9".repeat(1024))?.nano).toBe(BigInt("9".repeat(1024)) * 10n ** 9n);
    expect(parseQuantity("9".repeat(1025))).toBeUndefined();
    expect(parseQuantity(`${" ".repeat(10_000_000)}1`)).toBeUndefined();
  });
});

describe("quantityText", () => {
  test.each([
    ["0", "0"],
    ["00", "0"],
    ["0Ki", "0"],
    ["0.5", "500m"],
    ["1000m", "1"],
    ["1500m", "1500m"],
    ["1000", "1k"],
    ["1024Ki", "1Mi"],
    ["1536Mi", "1536Mi"],
    ["1.5Gi", "1536Mi"],
    ["0.5Ki", "512"],
    ["0.1Ki", "102400m"],
    ["0.0001Ki", "102400u"],
    ["1e3", "1e3"],
    ["1000e3", "1e6"],
    ["100e2", "10e3"],
    // The server keeps these as written, though its own documentation calls other texts canonical.
    ["1.500", "1.500"],
    ["+1Mi", "+1Mi"],
    // The server has no suffix for 10²¹ and prints none.
    ["1000000000000000000000", "1"],
  ])("%s prints as %s", (written, printed) => {
    expect(quantityText(read(written))).toBe(printed);
  });

  test("what is printed reads back as the same amount", () => {
    const parts = tuple(
      integer({ min: -(2 ** 40), max: 2 ** 40 }),
      constantFrom("n", "u", "m", "", "k", "M", "Ki", "Mi", "e3", "e-2"),
    );
    assert(
      property(parts, ([number, suffix]) => {
        const quantity = read(`${number}${suffix}`);
        expect(read(quantityText(quantity)).nano).toBe(quantity.nano);
      }),
    );
  });

  test("no text throws", () => {
    assert(
      property(
        string({ unit: constantFrom(..."0123456789.+-eEinumkKMGTP".split("")), maxLength: 30 }),
        (text) => {
          const quantity = parseQuantity(text);
          if (quantity !== undefined) quantityText(quantity);
        },
      ),
    );
  });
});

describe("comparing and adding", () => {
  test("amounts compare by value, not by text", () => {
    expect(compareQuantities(read("1"), read("1000m"))).toBe(0);
    expect(compareQuantities(read("1Gi"), read("1G"))).toBe(1);
    expect(compareQuantities(read("-1"), read("1n"))).toBe(-1);
  });

  test("a sum is written like its first part, or its second when the first is zero", () => {
    expect(quantityText(addQuantities(read("1Gi"), read("512Mi")))).toBe("1536Mi");
    expect(quantityText(addQuantities(read("250m"), read("0.75")))).toBe("1");
    expect(quantityText(addQuantities(read("0"), read("64Mi")))).toBe("64Mi");
  });

  test("adding is exact", () => {
    const amount = bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
    assert(
      property(amount, amount, (a, b) => {
        const sum = addQuantities({ nano: a, format: "DecimalSI" }, { nano: b, format: "BinarySI" });
        expect(sum.nano).toBe(a + b);
      }),
    );
  });
});

describe("texts of amounts", () => {
  test.each([
    [0, "0"],
    [250, "250m"],
    [1000, "1"],
    [1500, "1500m"],
    [0.5, "1m"],
    [2_000_000, "2000"],
  ])("%d milli CPU is %s", (milli, text) => {
    expect(milliCpuText(milli)).toBe(text);
  });

  test.each([
    [0, "0"],
    [512, "512"],
    [1024, "1Ki"],
    [64 * 2 ** 20, "64Mi"],
    [2 ** 30, "1Gi"],
    [1.5 * 2 ** 30, "1536Mi"],
    [1_000_000_000, "1000000000"],
    [1000.2, "1001"],
  ])("%d bytes is %s", (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
    expect(read(text).nano).toBe(BigInt(Math.ceil(bytes)) * 10n ** 9n);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])("%d is no amount", (amount) => {
    expect(() => bytesText(amount)).toThrow(`${amount} is no amount of a resource`);
    expect(() => milliCpuText(amount)).toThrow(`${amount} is no amount of a resource`);
  });
});
