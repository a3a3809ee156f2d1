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
  opaqueType,
  optionalType,
  paramType,
  STRING,
  structType,
  TIMESTAMP,
  TYPE,
  typeType,
  UINT,
} from "./types.ts";
import type { CelValue } from "./values.ts";

/** What a function does with its arguments (its target first); those that it does not have are null. */
export type Implementation = (a: CelValue, b: CelValue, c: CelValue, d: CelValue) => CelValue;

export interface Overload {
  readonly id: string;
  readonly function: string;
  /** Called as `target.function(…)`; the target is the first parameter. */
  readonly member: boolean;
  readonly params: readonly CelType[];
  readonly result: CelType;
  /** Has parameters that stand for any type. */
  readonly generic: boolean;
  readonly run: Implementation;
  /** Sees errors too instead of passing them on. */
  readonly lenient: boolean;
}

/** Id, signature (`.` in front of a member function: `.(string, int) string`), what it does. */
export type OverloadRow = readonly [string, string, Implementation];

export interface LibraryFunction {
  readonly name: string;
  /** Minor that introduced it into the API server's environment; expressions may use it one minor later. */
  readonly since: number;
  readonly overloads: readonly OverloadRow[];
  readonly lenient?: boolean;
}

export const URL_TYPE: CelType = structType("kubernetes.URL");
export const QUANTITY_TYPE: CelType = structType("kubernetes.Quantity");
export const SEMVER_TYPE: CelType = structType("kubernetes.Semver");
export const FORMAT_TYPE: CelType = structType("kubernetes.NamedFormat");
export const IP_TYPE: CelType = opaqueType("net.IP");
export const CIDR_TYPE: CelType = opaqueType("net.CIDR");
export const AUTHORIZER_TYPE: CelType = structType("kubernetes.authorization.Authorizer");
export const PATH_CHECK_TYPE: CelType = structType("kubernetes.authorization.PathCheck");
export const GROUP_CHECK_TYPE: CelType = structType("kubernetes.authorization.GroupCheck");
export const RESOURCE_CHECK_TYPE: CelType = structType("kubernetes.authorization.ResourceCheck");
export const DECISION_TYPE: CelType = structType("kubernetes.authorization.Decision");

const named: ReadonlyMap<string, CelType> = new Map([
  ["int", INT],
  ["uint", UINT],
  ["double", DOUBLE],
  ["bool", BOOL],
  ["string", STRING],
  ["bytes", BYTES],
  ["dyn", DYN],
  ["null", NULL],
  ["duration", DURATION],
  ["timestamp", TIMESTAMP],
  ["type", TYPE],
  ["URL", URL_TYPE],
  ["Quantity", QUANTITY_TYPE],
  ["Semver", SEMVER_TYPE],
  ["Format", FORMAT_TYPE],
  ["IP", IP_TYPE],
  ["CIDR", CIDR_TYPE],
  ["Authorizer", AUTHORIZER_TYPE],
  ["PathCheck", PATH_CHECK_TYPE],
  ["GroupCheck", GROUP_CHECK_TYPE],
  ["ResourceCheck", RESOURCE_CHECK_TYPE],
  ["Decision", DECISION_TYPE],
]);

/** The overloads of a function, their signatures read. */
export function overloadsOf(declared: LibraryFunction): readonly Overload[] {
  return declared.overloads.map(([id, signature, run]) => {
    const member = signature.startsWith(".");
    const reader = new SignatureReader(signature.replace(/^\./, ""));
    const params = reader.params();
    const result = reader.type();
    return {
      id,
      function: declared.name,
      member,
      params,
      result,
      generic: [...params, result].some(isGeneric),
      run,
      lenient: declared.lenient === true,
    };
  });
}

function isGeneric(type: CelType): boolean {
  return type.kind === "param" || type.params.some(isGeneric);
}

/** Reads `(list(A), int) A`. */
class SignatureReader {
  readonly #words: readonly string[];
  #next = 0;

  constructor(signature: string) {
    this.#words = signature.match(/[A-Za-z]+|[(),]/g) ?? [];
  }

  #take(): string {
    return this.#words[this.#next++] ?? "";
  }

  params(): readonly CelType[] {
    const params: CelType[] = [];
    this.#take();
    if (this.#words[this.#next] === ")") {
      this.#next++;
      return params;
    }
    do params.push(this.type());
    while (this.#take() === ",");
    return params;
  }

  type(): CelType {
    const name = this.#take();
    const known = named.get(name);
    if (name === "type" && this.#words[this.#next] === "(") return typeType(this.params()[0] ?? DYN);
    if (known !== undefined) return known;
    if (name.length === 1) return paramType(name);
    const [first = DYN, second = DYN] = this.params();
    if (name === "list") return listType(first);
    if (name === "map") return mapType(first, second);
    if (name === "optional") return optionalType(first);
    throw new Error(`unknown type ${name} in a signature`);
  }
}
