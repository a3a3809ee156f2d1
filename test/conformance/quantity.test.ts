import { array, constantFrom, double, integer, oneof, sample, string, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { addQuantities, compareQuantities, parseQuantity, quantityText } from "../../src/kube/quantity.ts";
import { askOracle, buildOracle } from "../support/oracle.ts";
import { deep, leftOut } from "../support/suites.ts";

const oracle = buildOracle("quantity");
const program = "program" in oracle ? oracle.program : undefined;
const skip =
  program === undefined && leftOut("quantities against Go", "reason" in oracle ? oracle.reason : "");

const digits = (max: number) =>
  array(constantFrom(..."0123456789".split("")), { maxLength: max }).map((d) => d.join(""));
const suffix = constantFrom(
  ..."n u m k M G T P E Ki Mi Gi Ti Pi Ei".split(" "),
  "",
  "K",
  "ki",
  "mi",
  "i",
  "e",
  "Ee",
);
const exponent = tuple(constantFrom("e", "E"), constantFrom("", "+", "-"), integer({ min: 0, max: 40 })).map(
  (part) => part.join(""),
);
const sign = constantFrom("", "", "", "+", "-");
const point = constantFrom("", "", ".");
const written = tuple(sign, digits(24), point, digits(12), oneof(suffix, suffix, exponent)).map((part) =>
  part.join(""),
);
const round = tuple(
  integer({ min: 0, max: 1 << 21 }),
  constantFrom("", "000", "000000", "00.000"),
  oneof(suffix, exponent),
).map((part) => part.join(""));
// Exponents beyond ±1000 are refused by us on purpose.
const noise = string({
  unit: constantFrom(..."0123456789.+-eEinumkKMGTP \u00a0_x,".split("")),
  maxLength: 12,
}).filter((text) => !/[eE][+-]?0*[1-9][0-9]{3}/.test(text));
const numbers = oneof(
  integer(),
  double({ noNaN: true, noDefaultInfinity: true }),
  constantFrom(1e21, 1e-7, -0),
);
const value = oneof<[typeof written, typeof round, typeof noise, typeof numbers]>(
  written,
  round,
  noise,
  numbers,
);

interface Answer {
  readonly a: string | null;
  readonly b: string | null;
  readonly compare: number;
  readonly sum: string;
}

// One text a word; what holds a space stands below.
const fixed: readonly (string | number)[] = [
  ..."0 00 + - -0 . +. 1. .5 -.5 1..2 Ki Ei 0Ei .Ei 00.Ei e-10 .e-10 01Mi +1Mi 1.500 1.5000 1000m 0.1Ki 1.1Ki".split(
    " ",
  ),
  ..."1e3 1E03 1e-9 1e-10 -1e-10 9223372036854775807 9223372036854775808 8Ei -8Ei 7.9Ei 9Ei 100000Pi 1e21".split(
    " ",
  ),
  ..."1000E 1023Ki 1024Ki 1e-1000 1e1000 1e 1e+ 1e5i 0x1 1_000 NaN Infinity １".split(" "),
  "",
  " 1 ",
  1e21,
  0.1,
  -1.5,
];

describe.skipIf(skip)("quantities against k8s.io/apimachinery v0.37.2", () => {
  test("reading, printing, comparing and adding agree on every text", () => {
    const pairs = [
      ...fixed.flatMap((a) => fixed.map((b) => [a, b] as const)),
      ...sample(tuple(value, value), { numRuns: deep ? 200_000 : 10_000, seed: 20261125 }),
    ];
    const answers = askOracle(
      program ?? "",
      pairs.map(([a, b]) => ({ a, b })),
    ) as Answer[];
    const wrong: string[] = [];
    let read = 0;
    for (const [index, [a, b]] of pairs.entries()) {
      const ours = answer(a, b);
      if (ours.a !== null) read++;
      if (JSON.stringify(ours) !== JSON.stringify(answers[index]))
        wrong.push(
          `${JSON.stringify([a, b])}: ${JSON.stringify(ours)}, Go: ${JSON.stringify(answers[index])}`,
        );
    }
    expect(wrong.slice(0, 20)).toEqual([]);
    // Neither side may agree by refusing everything.
    expect(read / pairs.length).toBeGreaterThan(0.4);
  });
});

function answer(textA: string | number, textB: string | number): Answer {
  const a = parseQuantity(textA);
  const b = parseQuantity(textB);
  const given = { a: a === undefined ? null : quantityText(a), b: b === undefined ? null : quantityText(b) };
  if (a === undefined || b === undefined) return { ...given, compare: 0, sum: "" };
  return { ...given, compare: compareQuantities(a, b), sum: quantityText(addQuantities(a, b)) };
}
