import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileCel, evaluateCel, isCompiled } from "../../../src/kube/cel/cel.ts";
import { celEnvironment } from "../../../src/kube/cel/environment.ts";
import { equal } from "../../../src/kube/cel/operations.ts";
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listType,
  mapType,
  NULL,
  optionalType,
  STRING,
  TIMESTAMP,
  UINT,
} from "../../../src/kube/cel/types.ts";
import {
  CelError,
  CelList,
  CelMap,
  CelTypeValue,
  CelUint,
  type CelValue,
  listOf,
  mapOf,
  typeNameOf,
} from "../../../src/kube/cel/values.ts";
import { parseTextproto, type TextMessage, type TextValue } from "./textproto.ts";

export interface SpecTest {
  readonly name: string;
  readonly expr: string;
  readonly test: TextMessage;
}

/** The tests of the files of cel.dev/expr tests/simple/testdata, by `file/section/test`. */
export function specTests(folder: string): SpecTest[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".textproto"))
    .sort()
    .flatMap((file) => {
      const parsed = parseTextproto(readFileSync(join(folder, file), "utf8"));
      return messages(parsed["section"]).flatMap((section) =>
        messages(section["test"]).map((test) => ({
          name: `${file.replace(".textproto", "")}/${text(section["name"])}/${text(test["name"])}`,
          expr: text(test["expr"]),
          test,
        })),
      );
    });
}

function messages(values: readonly TextValue[] | undefined): TextMessage[] {
  return (values ?? []) as TextMessage[];
}

function message(values: readonly TextValue[] | undefined): TextMessage | undefined {
  return values?.[0] as TextMessage | undefined;
}

function text(values: readonly TextValue[] | undefined): string {
  const [value] = values ?? [];
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value ?? "");
}

class Unsupported extends Error {}

function valueOf(given: TextMessage): CelValue {
  const [kind] = Object.keys(given);
  const [value] = given[kind ?? ""] ?? [];
  switch (kind) {
    case "null_value":
      return null;
    case "bool_value":
      return value === true;
    case "int64_value":
      return BigInt(value as bigint);
    case "uint64_value":
      return new CelUint(BigInt(value as bigint));
    case "double_value":
      return Number(value);
    case "string_value":
      return text(given[kind]);
    case "bytes_value":
      return value as Uint8Array;
    case "type_value":
      return new CelTypeValue(text(given[kind]));
    case "list_value":
      return listOf(messages((value as TextMessage)["values"]).map(valueOf));
    case "map_value":
      return mapOf(
        messages((value as TextMessage)["entries"]).map((entry) => [
          valueOf(message(entry["key"]) ?? {}),
          valueOf(message(entry["value"]) ?? {}),
        ]),
      );
    default:
      throw new Unsupported(`a value of kind ${kind}`);
  }
}

const primitives: Readonly<Record<string, CelType>> = {
  BOOL,
  INT64: INT,
  UINT64: UINT,
  DOUBLE,
  STRING,
  BYTES,
};

function typeOf(given: TextMessage | undefined): CelType {
  const [kind] = Object.keys(given ?? {});
  const value = given?.[kind ?? ""];
  switch (kind) {
    case "primitive":
      return primitives[text(value)] ?? DYN;
    case "dyn":
      return DYN;
    case "null":
      return NULL;
    case "well_known":
      return text(value) === "TIMESTAMP" ? TIMESTAMP : text(value) === "DURATION" ? DURATION : DYN;
    case "list_type":
      return listType(typeOf(message(message(value)?.["elem_type"])));
    case "map_type":
      return mapType(
        typeOf(message(message(value)?.["key_type"])),
        typeOf(message(message(value)?.["value_type"])),
      );
    case "abstract_type":
      return optionalType(typeOf(messages(message(value)?.["parameter_types"])[0]));
    default:
      throw new Unsupported(`a variable of type ${kind}`);
  }
}

/** Undefined: it passed. `unsupported` when the test needs what this has not, by design. */
export function runSpecTest({ expr, test }: SpecTest): {
  readonly fault?: string;
  readonly unsupported?: string;
} {
  try {
    return runOne(expr, test);
  } catch (error) {
    if (error instanceof Unsupported) return { unsupported: error.message };
    throw error;
  }
}

function runOne(expr: string, test: TextMessage): { readonly fault?: string; readonly unsupported?: string } {
  const variables = new Map<string, CelType>();
  for (const declared of messages(test["type_env"])) {
    const ident = message(declared["ident"]);
    if (ident === undefined) throw new Unsupported("a declared function");
    variables.set(text(declared["name"]), typeOf(message(ident["type"])));
  }
  if (test["container"] !== undefined) throw new Unsupported("a container");
  if (test["disable_check"] !== undefined) throw new Unsupported("type checks off");
  if (/google\.protobuf\.(?:\w+Value|Value|Struct|Any)\b|TestAllTypes/.test(expr))
    throw new Unsupported("a message of protocol buffers");
  if (test["disable_macros"] !== undefined) throw new Unsupported("macros off");
  const bindings = new Map<string, CelValue>();
  for (const bound of messages(test["bindings"])) {
    const value = message(message(bound["value"])?.["value"]);
    if (value === undefined) throw new Unsupported("an unknown binding");
    bindings.set(text(bound["key"]), valueOf(value));
    if (!variables.has(text(bound["key"]))) variables.set(text(bound["key"]), DYN);
  }
  const wantsError = test["eval_error"] !== undefined;
  const compiled = compileCel(expr, celEnvironment({ minor: 37, variables, everything: true }));
  if (!isCompiled(compiled)) return wantsError ? {} : { fault: compiled.text };
  if (test["check_only"] !== undefined) return {};
  const { value } = evaluateCel(compiled, bindings, { cost: 1e9 });
  if (wantsError) return value instanceof CelError ? {} : { fault: `no error but ${shown(value)}` };
  if (value instanceof CelError) return { fault: value.message };
  const wanted = message(test["value"]) ?? message(message(test["typed_result"])?.["result"]);
  const expected = wanted === undefined ? true : valueOf(wanted);
  return same(expected, value) ? {} : { fault: `${shown(value)} instead of ${shown(expected)}` };
}

function same(left: CelValue, right: CelValue): boolean {
  if (typeof left === "number" && typeof right === "number") return Object.is(left, right) || left === right;
  if (left instanceof CelList && right instanceof CelList)
    return left.size === right.size && [...left].every((item, at) => same(item, right.at(at)));
  if (left instanceof CelMap && right instanceof CelMap) return equal(left, right) === true;
  return typeNameOf(left) === typeNameOf(right) && equal(left, right) === true;
}

function shown(value: CelValue): string {
  if (value instanceof CelList) return `[${[...value].map(shown).join(", ")}]`;
  if (value instanceof CelMap)
    return `{${value
      .keys()
      .map((key) => `${shown(key)}: ${shown(value.find(key) ?? null)}`)
      .join(", ")}}`;
  return `${typeNameOf(value)} ${value instanceof CelUint ? value.value : String(value)}`;
}
