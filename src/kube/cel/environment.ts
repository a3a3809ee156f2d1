import {
  type LibraryFunction,
  type Overload,
  overloadsOf,
  CIDR_TYPE,
  FORMAT_TYPE,
  IP_TYPE,
  QUANTITY_TYPE,
  SEMVER_TYPE,
  URL_TYPE,
} from "./declare.ts";
import { authorizerFunctions } from "./library/authorizer.ts";
import { listFunctions } from "./library/lists.ts";
import { netFunctions } from "./library/net.ts";
import { regexFunctions } from "./library/regex.ts";
import { standardFunctions } from "./library/standard.ts";
import { stringFunctions } from "./library/strings.ts";
import { patchFunctions, valueFunctions } from "./library/values-library.ts";
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
  TYPE,
  typeType,
  UINT,
} from "./types.ts";

/** What an expression may name: functions, macros and variables. */
export interface CelEnvironment {
  /** Minor of the API server. */
  readonly minor: number;
  /** May expressions use what this minor brought? New expressions may use it one minor later, so that a roll-back is safe. */
  readonly introduced: (minor: number) => boolean;
  /** Must items of a list or map literal have one type? */
  readonly homogeneous: boolean;
  readonly variables: ReadonlyMap<string, CelType>;
  variable(name: string): CelType | undefined;
  functionNamed(name: string): readonly Overload[] | undefined;
  /** A type that expressions may build: `Object{…}`. */
  structNamed(name: string): CelType | undefined;
}

export interface EnvironmentOptions {
  readonly minor: number;
  readonly variables: ReadonlyMap<string, CelType>;
  readonly structs?: (name: string) => CelType | undefined;
  /** Expressions of mutating policies have `jsonpatch.escapeKey`. */
  readonly mutating?: boolean;
  /** As conformance tests of the language want it: everything that any version has, and mixed literals. */
  readonly everything?: boolean;
}

const tables = new Map<string, ReadonlyMap<string, readonly Overload[]>>();

function functionTable(compatible: number, mutating: boolean): ReadonlyMap<string, readonly Overload[]> {
  const key = `${compatible}/${mutating}`;
  const known = tables.get(key);
  if (known !== undefined) return known;
  const table = new Map<string, Overload[]>();
  const all: readonly (readonly LibraryFunction[])[] = [
    standardFunctions,
    listFunctions,
    stringFunctions,
    regexFunctions,
    netFunctions,
    valueFunctions,
    authorizerFunctions,
    mutating ? patchFunctions : [],
  ];
  for (const declared of all.flat()) {
    if (declared.since > compatible) continue;
    const overloads = overloadsOf(declared);
    const before = table.get(declared.name);
    if (before === undefined) table.set(declared.name, [...overloads]);
    else before.push(...overloads);
  }
  tables.set(key, table);
  return table;
}

const typeNames: ReadonlyMap<string, CelType> = new Map(
  [
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    listType(DYN),
    mapType(DYN, DYN),
    optionalType(DYN),
    IP_TYPE,
    CIDR_TYPE,
    URL_TYPE,
    QUANTITY_TYPE,
    SEMVER_TYPE,
    FORMAT_TYPE,
  ].map((type) => [type.name, typeType(type)]),
);

/** The environment in which the API server compiles new expressions (k8s.io/apiserver pkg/cel/environment/base.go). */
export function celEnvironment(options: EnvironmentOptions): CelEnvironment {
  const { minor, variables, structs } = options;
  const compatible = options.everything === true ? Number.POSITIVE_INFINITY : minor - 1;
  const functions = functionTable(compatible, options.mutating === true);
  return {
    minor,
    introduced: (since) => since <= compatible,
    homogeneous: options.everything !== true,
    variables,
    variable: (name) => variables.get(name) ?? typeNames.get(name),
    functionNamed: (name) => functions.get(name),
    structNamed: (name) => structs?.(name),
  };
}
