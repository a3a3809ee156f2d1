import { toBool, toDouble, toDuration, toInt, toText, toTimestamp, toUint } from "../convert.ts";
import type { Implementation, LibraryFunction, OverloadRow } from "../declare.ts";
import {
  add,
  compare,
  divide,
  equal,
  index,
  insert,
  isIn,
  isZero,
  modulo,
  multiply,
  negate,
  NO_OVERLOAD,
  optionalIndex,
  subtract,
} from "../operations.ts";
import { type ClockField, CLOCK_FIELDS, clockField } from "../time.ts";
import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  type CelValue,
  codePoints,
  listOf,
  typeNameOf,
  utf8,
} from "../values.ts";
import { matches } from "./regex.ts";

/** The standard functions and operators (cel-go common/stdlib/standard.go) and those of optional values (cel/library.go). */

function size(value: CelValue): CelValue {
  if (typeof value === "string") return BigInt(codePoints(value));
  if (value instanceof CelList || value instanceof CelMap) return BigInt(value.size);
  return value instanceof Uint8Array ? BigInt(value.length) : NO_OVERLOAD;
}

type Wanted = (order: number) => boolean;

function ordering(wanted: Wanted): Implementation {
  return (a, b) => {
    const order = compare(a, b);
    return order instanceof CelError ? order : wanted(order);
  };
}

const ordered = ["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"];
const numbers = ["int", "uint", "double"];
/** How ids of overloads spell a type. */
const spelled: ReadonlyMap<string, string> = new Map([
  ["int", "int64"],
  ["uint", "uint64"],
]);

function relation(name: string, prefix: string, wanted: Wanted): LibraryFunction {
  const run = ordering(wanted);
  const same = ordered.map(
    (type): OverloadRow => [`${prefix}_${spelled.get(type) ?? type}`, `(${type}, ${type}) bool`, run],
  );
  const mixed = numbers.flatMap((left) =>
    numbers
      .filter((right) => right !== left)
      .map(
        (right): OverloadRow => [
          `${prefix}_${spelled.get(left) ?? left}_${spelled.get(right) ?? right}`,
          `(${left}, ${right}) bool`,
          run,
        ],
      ),
  );
  return { name, since: 0, overloads: [...same, ...mixed] };
}

function arithmetic(
  name: string,
  run: Implementation,
  ...rows: readonly (readonly [string, string])[]
): LibraryFunction {
  return { name, since: 0, overloads: rows.map(([id, signature]) => [id, signature, run]) };
}

function conversion(name: string, run: Implementation, ...from: readonly string[]): LibraryFunction {
  const result = name;
  return {
    name,
    since: 0,
    overloads: from.map((type) => [conversionId(type, name), `(${type}) ${result}`, run]),
  };
}

function conversionId(from: string, to: string): string {
  const spell = (type: string): string => spelled.get(type) ?? type;
  return `${spell(from)}_to_${spell(to)}`;
}

const divisors: Readonly<Partial<Record<ClockField, bigint>>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
  getMilliseconds: 1_000_000n,
};

function clock(field: ClockField): LibraryFunction {
  const by = divisors[field];
  const rows: OverloadRow[] = [
    [`timestamp_${field}`, ".(timestamp) int", (a) => clockField(a as CelTimestamp, field, "")],
    [
      `timestamp_${field}_with_tz`,
      ".(timestamp, string) int",
      (a, b) => clockField(a as CelTimestamp, field, b as string),
    ],
  ];
  if (by !== undefined)
    rows.push([`duration_${field}`, ".(duration) int", (a) => (a as CelDuration).nanos / by]);
  return { name: field, since: 0, overloads: rows };
}

function optional(value: CelValue): CelOptional {
  return value as CelOptional;
}

const NONE = new CelOptional(undefined);

function unwrapped(value: CelValue): CelValue {
  const found: CelValue[] = [];
  for (const item of value as CelList) {
    if (!(item instanceof CelOptional)) return NO_OVERLOAD;
    if (item.value !== undefined) found.push(item.value);
  }
  return listOf(found);
}

export const standardFunctions: readonly LibraryFunction[] = [
  {
    name: "_?_:_",
    since: 0,
    overloads: [["conditional", "(bool, A, A) A", (a, b, c) => (a === true ? b : c)]],
  },
  {
    name: "_&&_",
    since: 0,
    overloads: [["logical_and", "(bool, bool) bool", (a, b) => a === true && b === true]],
  },
  {
    name: "_||_",
    since: 0,
    overloads: [["logical_or", "(bool, bool) bool", (a, b) => a === true || b === true]],
  },
  {
    name: "!_",
    since: 0,
    overloads: [["logical_not", "(bool) bool", (a) => (typeof a === "boolean" ? !a : NO_OVERLOAD)]],
  },
  {
    name: "@not_strictly_false",
    since: 0,
    lenient: true,
    overloads: [["not_strictly_false", "(bool) bool", (a) => (typeof a === "boolean" ? a : true)]],
  },
  { name: "_==_", since: 0, overloads: [["equals", "(A, A) bool", equal]] },
  {
    name: "_!=_",
    since: 0,
    overloads: [
      [
        "not_equals",
        "(A, A) bool",
        (a, b) => {
          const same = equal(a, b);
          return typeof same === "boolean" ? !same : same;
        },
      ],
    ],
  },
  arithmetic(
    "_+_",
    add,
    ["add_bytes", "(bytes, bytes) bytes"],
    ["add_double", "(double, double) double"],
    ["add_duration_duration", "(duration, duration) duration"],
    ["add_duration_timestamp", "(duration, timestamp) timestamp"],
    ["add_timestamp_duration", "(timestamp, duration) timestamp"],
    ["add_int64", "(int, int) int"],
    ["add_list", "(list(A), list(A)) list(A)"],
    ["add_string", "(string, string) string"],
    ["add_uint64", "(uint, uint) uint"],
  ),
  arithmetic(
    "_-_",
    subtract,
    ["subtract_double", "(double, double) double"],
    ["subtract_duration_duration", "(duration, duration) duration"],
    ["subtract_int64", "(int, int) int"],
    ["subtract_timestamp_duration", "(timestamp, duration) timestamp"],
    ["subtract_timestamp_timestamp", "(timestamp, timestamp) duration"],
    ["subtract_uint64", "(uint, uint) uint"],
  ),
  arithmetic(
    "_*_",
    multiply,
    ["multiply_double", "(double, double) double"],
    ["multiply_int64", "(int, int) int"],
    ["multiply_uint64", "(uint, uint) uint"],
  ),
  arithmetic(
    "_/_",
    divide,
    ["divide_double", "(double, double) double"],
    ["divide_int64", "(int, int) int"],
    ["divide_uint64", "(uint, uint) uint"],
  ),
  arithmetic("_%_", modulo, ["modulo_int64", "(int, int) int"], ["modulo_uint64", "(uint, uint) uint"]),
  arithmetic("-_", negate, ["negate_double", "(double) double"], ["negate_int64", "(int) int"]),
  relation("_<_", "less", (order) => order < 0),
  relation("_<=_", "less_equals", (order) => order <= 0),
  relation("_>_", "greater", (order) => order > 0),
  relation("_>=_", "greater_equals", (order) => order >= 0),
  {
    name: "_[_]",
    since: 0,
    overloads: [
      ["index_list", "(list(A), int) A", index],
      ["index_map", "(map(A, B), A) B", index],
      ["optional_list_index_int", "(optional(list(V)), int) optional(V)", optionalIndex],
      ["optional_map_index_value", "(optional(map(K, V)), K) optional(V)", optionalIndex],
    ],
  },
  {
    name: "_[?_]",
    since: 28,
    overloads: [
      ["list_optindex_optional_int", "(list(V), int) optional(V)", optionalIndex],
      ["optional_list_optindex_optional_int", "(optional(list(V)), int) optional(V)", optionalIndex],
      ["map_optindex_optional_value", "(map(K, V), K) optional(V)", optionalIndex],
      ["optional_map_optindex_optional_value", "(optional(map(K, V)), K) optional(V)", optionalIndex],
    ],
  },
  {
    name: "_?._",
    since: 28,
    overloads: [["select_optional_field", "(dyn, string) optional(V)", optionalIndex]],
  },
  {
    name: "@in",
    since: 0,
    overloads: [
      ["in_list", "(A, list(A)) bool", isIn],
      ["in_map", "(A, map(A, B)) bool", isIn],
    ],
  },
  {
    name: "size",
    since: 0,
    overloads: ["bytes", "list(A)", "map(A, B)", "string"].flatMap((type): OverloadRow[] => {
      const id = type.replace(/\(.*/, "");
      return [
        [`size_${id}`, `(${type}) int`, size],
        [`${id}_size`, `.(${type}) int`, size],
      ];
    }),
  },
  { name: "type", since: 0, overloads: [["type", "(A) type(A)", (a) => new CelTypeValue(typeNameOf(a))]] },
  { name: "dyn", since: 0, overloads: [["to_dyn", "(A) dyn", (a) => a]] },
  conversion("bool", toBool, "bool", "string"),
  conversion("bytes", (a) => (typeof a === "string" ? utf8(a) : a), "bytes", "string"),
  conversion("double", toDouble, "double", "int", "string", "uint"),
  conversion("duration", toDuration, "duration", "string"),
  conversion("int", toInt, "int", "double", "duration", "string", "timestamp", "uint"),
  conversion("string", toText, "string", "bool", "bytes", "double", "duration", "int", "timestamp", "uint"),
  conversion("timestamp", toTimestamp, "timestamp", "int", "string"),
  conversion("uint", toUint, "uint", "double", "int", "string"),
  {
    name: "contains",
    since: 0,
    overloads: [["contains_string", ".(string, string) bool", (a, b) => (a as string).includes(b as string)]],
  },
  {
    name: "endsWith",
    since: 0,
    overloads: [
      ["ends_with_string", ".(string, string) bool", (a, b) => (a as string).endsWith(b as string)],
    ],
  },
  {
    name: "startsWith",
    since: 0,
    overloads: [
      ["starts_with_string", ".(string, string) bool", (a, b) => (a as string).startsWith(b as string)],
    ],
  },
  {
    name: "matches",
    since: 0,
    overloads: [
      ["matches", "(string, string) bool", matches],
      ["matches_string", ".(string, string) bool", matches],
    ],
  },
  ...CLOCK_FIELDS.map(clock),
  {
    name: "optional.of",
    since: 28,
    overloads: [["optional_of", "(V) optional(V)", (a) => new CelOptional(a)]],
  },
  {
    name: "optional.ofNonZeroValue",
    since: 28,
    overloads: [
      ["optional_ofNonZeroValue", "(V) optional(V)", (a) => (isZero(a) ? NONE : new CelOptional(a))],
    ],
  },
  { name: "optional.none", since: 28, overloads: [["optional_none", "() optional(V)", () => NONE]] },
  {
    name: "value",
    since: 28,
    overloads: [["optional_value", ".(optional(V)) V", (a) => optional(a).value ?? valueOfNone(optional(a))]],
  },
  {
    name: "hasValue",
    since: 28,
    overloads: [["optional_hasValue", ".(optional(V)) bool", (a) => optional(a).value !== undefined]],
  },
  {
    name: "or",
    since: 28,
    overloads: [
      [
        "optional_or_optional",
        ".(optional(V), optional(V)) optional(V)",
        (a, b) => (optional(a).value === undefined ? b : a),
      ],
    ],
  },
  {
    name: "orValue",
    since: 28,
    overloads: [
      [
        "optional_orValue_value",
        ".(optional(V), V) V",
        (a, b) => {
          const { value } = optional(a);
          return value === undefined ? b : value;
        },
      ],
    ],
  },
  {
    name: "first",
    since: 28,
    overloads: [
      [
        "list_first",
        ".(list(V)) optional(V)",
        (a) => new CelOptional((a as CelList).size === 0 ? undefined : (a as CelList).at(0)),
      ],
    ],
  },
  {
    name: "last",
    since: 28,
    overloads: [
      [
        "list_last",
        ".(list(V)) optional(V)",
        (a) =>
          new CelOptional((a as CelList).size === 0 ? undefined : (a as CelList).at((a as CelList).size - 1)),
      ],
    ],
  },
  {
    name: "optional.unwrap",
    since: 28,
    overloads: [["optional_unwrap", "(list(optional(V))) list(V)", unwrapped]],
  },
  {
    name: "unwrapOpt",
    since: 28,
    overloads: [["optional_unwrapOpt", ".(list(optional(V))) list(V)", unwrapped]],
  },
  {
    name: "cel.@mapInsert",
    since: 32,
    overloads: [
      ["@mapInsert_map_key_value", "(map(K, V), K, V) map(K, V)", (a, b, c) => insert(a as CelMap, [[b, c]])],
      [
        "@mapInsert_map_map",
        "(map(K, V), map(K, V)) map(K, V)",
        (a, b) =>
          insert(
            a as CelMap,
            (b as CelMap).keys().map((key) => [key, (b as CelMap).find(key) ?? null]),
          ),
      ],
    ],
  },
];

/** An optional of null has a value that `??` takes for none. */
function valueOfNone(value: CelOptional): CelValue {
  return value.value === null ? null : new CelError("optional.none() dereference");
}
