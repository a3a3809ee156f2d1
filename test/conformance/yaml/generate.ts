import * as fc from "fast-check";

/** Pieces of YAML of which texts are put together: structure, indicators, properties, scalars of every kind, line ends. */
const pieces = [
  "a",
  "b",
  "- ",
  "-",
  " ",
  "  ",
  "\n",
  "\n  ",
  "\n    ",
  "\n- ",
  ": ",
  ":",
  "? ",
  "?",
  "[",
  "]",
  "{",
  "}",
  ",",
  ", ",
  "#",
  " #c",
  "&x ",
  "*x",
  "!t ",
  "!!str ",
  "!!int ",
  "!!float ",
  "!!null ",
  "!!bool ",
  "! ",
  "'",
  '"',
  "''",
  "\\n",
  "\\",
  "\\x41",
  "\\u00e9",
  "|\n",
  "|-\n",
  ">\n",
  ">+\n",
  "|2\n",
  "\t",
  "<<",
  "<<: *x",
  "~",
  "yes",
  "1",
  "0x1F",
  "1_0",
  "07",
  "1.5",
  ".5",
  "=",
  "%",
  "@",
  "`",
  "...",
  "é",
  "\r\n",
  "\r",
  "k: v",
  "\nk: v",
  "x: &x {p: 1}\n",
  '"q": ',
  "\n\n",
  "'s'",
  "--",
  "&x",
  "__proto__: ",
  "1: ",
  "1.10: ",
  "null: ",
];

export const yamlText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 14 })
  .map((parts) => parts.join(""))
  .map((text) => (text.endsWith("\n") ? text : `${text}\n`));

/** One document: neither split by the stream's rules nor read as JSON. */
export const documentText: fc.Arbitrary<string> = yamlText.filter(
  (text) => !/(?:^|\n)---/.test(text) && !/^\s*\{/.test(text) && !text.includes("\r"),
);

export const streamText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: yamlText },
      fc.constantFrom(
        "---\n",
        "--- # c\n",
        "---\r\n",
        "--- a\n",
        "----\n",
        "---",
        "...\n",
        '{"a":1}',
        '{"b":[true,null,1.5e3,"\\u00e9\\n"]}\n',
        "{a: 1}\n",
        " \n",
        "\n",
        "# c\n",
        "a: 1\n",
        "- 1\n",
        '{"a":{"b":{}},"c":[]}',
        "{}",
        "null\n",
      ),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join(""));

/** Plain scalars that look like numbers, words, dates. */
export const scalarText: fc.Arbitrary<string> = fc.oneof(
  fc.string({
    unit: fc.constantFrom(..."0123456789+-._eExXoObBaAfFnNyY:~TZ".split("")),
    minLength: 1,
    maxLength: 8,
  }),
  fc
    .constantFrom("0x", "0b", "0o", "0", "-0", "+0x", "-0b", ".")
    .chain((prefix) =>
      fc
        .string({ unit: fc.constantFrom(..."01789afAF_.".split("")), maxLength: 20 })
        .map((rest) => prefix + rest),
    ),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.double().map(String),
  fc
    .tuple(
      fc.constantFrom("y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan", "~"),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([word, upper, first]) =>
      upper ? word.toUpperCase() : first ? word.charAt(0).toUpperCase() + word.slice(1) : word,
    ),
);
