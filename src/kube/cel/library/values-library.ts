import {
  FORMAT_TYPE,
  type Implementation,
  type LibraryFunction,
  QUANTITY_TYPE,
  SEMVER_TYPE,
  URL_TYPE,
} from "../declare.ts";
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from "../../quantity.ts";
import { int } from "../operations.ts";
import { CelError, CelMap, CelOpaque, CelOptional, type CelValue, listOf, mapOf } from "../values.ts";
import { type GoUrl, parseGoUrl, urlEscapedPath, urlHostname, urlPort, urlQuery, urlText } from "./go-url.ts";
import { formatNamed, formatNames, type NamedFormat } from "./named-formats.ts";
import { compareSemver, parseSemver, type Semver, semverText } from "./semver.ts";

/** Quantities, URLs, named formats, versions and JSON patch keys (k8s.io/apiserver pkg/cel/library). */

const NANO = 10n ** 9n;

function quantityOf(quantity: Quantity): CelOpaque {
  return new CelOpaque(QUANTITY_TYPE, String(quantity.nano), quantity);
}

function quantity(text: CelValue): CelValue {
  const parsed = parseQuantity(text as string);
  if (parsed !== undefined) return quantityOf(parsed);
  return new CelError(
    text === ""
      ? "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
      : /^[+-]?[0-9.]+/.test(text as string)
        ? "unable to parse quantity's suffix"
        : "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  );
}

function amount(value: CelValue): Quantity {
  return (value as CelOpaque).data as Quantity;
}

function whole(value: CelValue): bigint | undefined {
  const { nano } = amount(value);
  if (nano % NANO !== 0n) return undefined;
  const integer = nano / NANO;
  return int(integer) === integer ? integer : undefined;
}

function summed(sign: bigint): Implementation {
  return (a, b) => {
    const other = typeof b === "bigint" ? b * NANO : amount(b).nano;
    return quantityOf(addQuantities(amount(a), { nano: sign * other, format: "DecimalSI" }));
  };
}

function url(text: CelValue): CelValue {
  const checked = parseGoUrl(text as string, true);
  const parsed = typeof checked === "string" ? checked : parseGoUrl(text as string, false);
  return typeof parsed === "string"
    ? new CelError(`URL parse error during conversion from string: ${parsed}`)
    : new CelOpaque(URL_TYPE, urlText(parsed), parsed);
}

function urlPart(read: (url: GoUrl) => CelValue): Implementation {
  return (value) => read((value as CelOpaque).data as GoUrl);
}

function query(from: GoUrl): CelMap {
  return mapOf([...urlQuery(from)].map(([name, values]) => [name, listOf(values)]));
}

function semver(text: CelValue, normalize: CelValue): CelValue {
  const parsed = parseSemver(text as string, normalize === true);
  return typeof parsed === "string"
    ? new CelError(parsed)
    : new CelOpaque(SEMVER_TYPE, semverKey(parsed), parsed);
}

/** Build metadata does not count when versions are compared. */
function semverKey(version: Semver): string {
  return semverText({ ...version, build: [] });
}

function version(value: CelValue): Semver {
  return (value as CelOpaque).data as Semver;
}

function validate(format: CelValue, text: CelValue): CelValue {
  const faults = ((format as CelOpaque).data as NamedFormat).faults(text as string);
  return new CelOptional(faults.length === 0 ? undefined : listOf(faults));
}

function formatValue(format: NamedFormat): CelOpaque {
  return new CelOpaque(FORMAT_TYPE, format.name, format);
}

export const valueFunctions: readonly LibraryFunction[] = [
  { name: "quantity", since: 28, overloads: [["string_to_quantity", "(string) Quantity", quantity]] },
  {
    name: "isQuantity",
    since: 28,
    overloads: [["is_quantity_string", "(string) bool", (a) => parseQuantity(a as string) !== undefined]],
  },
  {
    name: "sign",
    since: 28,
    overloads: [
      [
        "quantity_sign",
        "(Quantity) int",
        (a) => {
          const { nano } = amount(a);
          return nano === 0n ? 0n : nano < 0n ? -1n : 1n;
        },
      ],
    ],
  },
  {
    name: "isGreaterThan",
    since: 28,
    overloads: [
      [
        "quantity_is_greater_than",
        ".(Quantity, Quantity) bool",
        (a, b) => compareQuantities(amount(a), amount(b)) === 1,
      ],
    ],
  },
  {
    name: "isLessThan",
    since: 28,
    overloads: [
      [
        "quantity_is_less_than",
        ".(Quantity, Quantity) bool",
        (a, b) => compareQuantities(amount(a), amount(b)) === -1,
      ],
    ],
  },
  {
    name: "compareTo",
    since: 28,
    overloads: [
      [
        "quantity_compare_to",
        ".(Quantity, Quantity) int",
        (a, b) => BigInt(compareQuantities(amount(a), amount(b))),
      ],
    ],
  },
  {
    name: "asApproximateFloat",
    since: 28,
    overloads: [["quantity_get_float", ".(Quantity) double", (a) => approximate(amount(a).nano)]],
  },
  {
    name: "asInteger",
    since: 28,
    overloads: [
      [
        "quantity_get_int",
        ".(Quantity) int",
        (a) => whole(a) ?? new CelError("cannot convert value to integer"),
      ],
    ],
  },
  {
    name: "isInteger",
    since: 28,
    overloads: [["quantity_is_integer", ".(Quantity) bool", (a) => whole(a) !== undefined]],
  },
  {
    name: "add",
    since: 28,
    overloads: [
      ["quantity_add", ".(Quantity, Quantity) Quantity", summed(1n)],
      ["quantity_add_int", ".(Quantity, int) Quantity", summed(1n)],
    ],
  },
  {
    name: "sub",
    since: 28,
    overloads: [
      ["quantity_sub", ".(Quantity, Quantity) Quantity", summed(-1n)],
      ["quantity_sub_int", ".(Quantity, int) Quantity", summed(-1n)],
    ],
  },
  { name: "url", since: 0, overloads: [["string_to_url", "(string) URL", url]] },
  {
    name: "getScheme",
    since: 0,
    overloads: [["url_get_scheme", ".(URL) string", urlPart((from) => from.scheme)]],
  },
  { name: "getHost", since: 0, overloads: [["url_get_host", ".(URL) string", urlPart((from) => from.host)]] },
  { name: "getHostname", since: 0, overloads: [["url_get_hostname", ".(URL) string", urlPart(urlHostname)]] },
  { name: "getPort", since: 0, overloads: [["url_get_port", ".(URL) string", urlPart(urlPort)]] },
  {
    name: "getEscapedPath",
    since: 0,
    overloads: [["url_get_escaped_path", ".(URL) string", urlPart(urlEscapedPath)]],
  },
  {
    name: "getQuery",
    since: 0,
    overloads: [["url_get_query", ".(URL) map(string, list(string))", urlPart(query)]],
  },
  {
    name: "isURL",
    since: 0,
    overloads: [["is_url_string", "(string) bool", (a) => typeof parseGoUrl(a as string, true) !== "string"]],
  },
  {
    name: "semver",
    since: 33,
    overloads: [
      ["string_to_semver", "(string) Semver", semver],
      ["string_bool_to_semver", "(string, bool) Semver", semver],
    ],
  },
  {
    name: "isSemver",
    since: 33,
    overloads: [
      ["is_semver_string", "(string) bool", (a) => typeof parseSemver(a as string, false) !== "string"],
      [
        "is_semver_string_bool",
        "(string, bool) bool",
        (a, b) => typeof parseSemver(a as string, b === true) !== "string",
      ],
    ],
  },
  {
    name: "isGreaterThan",
    since: 33,
    overloads: [
      [
        "semver_is_greater_than",
        ".(Semver, Semver) bool",
        (a, b) => compareSemver(version(a), version(b)) === 1,
      ],
    ],
  },
  {
    name: "isLessThan",
    since: 33,
    overloads: [
      [
        "semver_is_less_than",
        ".(Semver, Semver) bool",
        (a, b) => compareSemver(version(a), version(b)) === -1,
      ],
    ],
  },
  {
    name: "compareTo",
    since: 33,
    overloads: [
      ["semver_compare_to", ".(Semver, Semver) int", (a, b) => BigInt(compareSemver(version(a), version(b)))],
    ],
  },
  {
    name: "major",
    since: 33,
    overloads: [["semver_major", ".(Semver) int", (a) => BigInt.asIntN(64, version(a).major)]],
  },
  {
    name: "minor",
    since: 33,
    overloads: [["semver_minor", ".(Semver) int", (a) => BigInt.asIntN(64, version(a).minor)]],
  },
  {
    name: "patch",
    since: 33,
    overloads: [["semver_patch", ".(Semver) int", (a) => BigInt.asIntN(64, version(a).patch)]],
  },
  {
    name: "validate",
    since: 31,
    overloads: [["format-validate", ".(Format, string) optional(list(string))", validate]],
  },
  {
    name: "format.named",
    since: 31,
    overloads: [
      [
        "format-named",
        "(string) optional(Format)",
        (a) => {
          const format = formatNamed(a as string);
          return new CelOptional(format === undefined ? undefined : formatValue(format));
        },
      ],
    ],
  },
  ...formatNames.map((name): LibraryFunction => {
    const format = formatNamed(name);
    return {
      name: `format.${name}`,
      since: 31,
      overloads: [
        [
          `format.${name}`,
          "() Format",
          () => (format === undefined ? new CelError("no such format") : formatValue(format)),
        ],
      ],
    };
  }),
];

/** A 64-bit float next to an amount of 10⁻⁹. */
function approximate(nano: bigint): number {
  if (nano % NANO === 0n) return Number(nano / NANO);
  return Number(`${nano}e-9`);
}

/** Only expressions of mutating policies have it. */
export const patchFunctions: readonly LibraryFunction[] = [
  {
    name: "jsonpatch.escapeKey",
    since: 0,
    overloads: [
      [
        "string_jsonpatch_escapeKey_string",
        "(string) string",
        (a) => (a as string).replaceAll(/[~/]/g, (part) => (part === "/" ? "~1" : "~0")),
      ],
    ],
  },
];
