import { holdsCredential } from "../../analysis/checks/secrets/credentials.ts";
import type { Json } from "../../kube/json.ts";
import { parseQuantity } from "../../kube/quantity.ts";
import type { Grammar } from "../operations/field.ts";
import {
  imageGrammar,
  kindGrammar,
  objectNameGrammar,
  urlPathGrammar,
  variableGrammar,
} from "../operations/grammars.ts";
import { fits } from "../operations/parse-field.ts";

/** How a value is shown: as it stands when it is of this form, else not at all. */
export interface ShownAs {
  /** What an edit must give, for an error. */
  readonly what: string;
  readonly takes: (value: Json) => boolean;
}

function text(grammar: Grammar): ShownAs {
  return {
    what: grammar.what,
    // The grammar first: a form of credential that it lets through is not shown either.
    takes: (value) => typeof value === "string" && fits(grammar, value) && !holdsCredential(value),
  };
}

function pattern(what: string, form: RegExp, most: number): ShownAs {
  return text({ what, pattern: form, most });
}

function oneOf(...values: readonly string[]): ShownAs {
  return {
    what: `one of ${values.join(", ")}`,
    takes: (value) => typeof value === "string" && values.includes(value),
  };
}

const integerUpTo = (most: number): ShownAs => ({
  what: `an integer from 0 to ${most}`,
  takes: (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most,
});

const percent = /^(?:100|[1-9]?[0-9])%$/u;
const portName = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u;

export type ShownForm =
  | "name"
  | "rbacName"
  | "kind"
  | "image"
  | "variable"
  | "path"
  | "key"
  | "cidr"
  | "host"
  | "word"
  | "schedule"
  | "boolean"
  | "integer"
  | "pods"
  | "seconds"
  | "count"
  | "port"
  | "pullPolicy"
  | "amount"
  | "quantity";

/** The forms by name, as the table names them. None takes a text with a blank, but for a schedule. */
export const shownAs: Readonly<Record<ShownForm, ShownAs>> = {
  name: text(objectNameGrammar),
  /** Names of the RBAC API are path segments (rbac validation, ValidateRBACName). */
  rbacName: pattern("a name", /^[A-Za-z0-9](?:[A-Za-z0-9.:_-]*[A-Za-z0-9])?$/u, 253),
  kind: text(kindGrammar),
  image: text(imageGrammar),
  variable: text(variableGrammar),
  path: text(urlPathGrammar),
  key: pattern("a key", /^[A-Za-z0-9._-]+$/u, 253),
  cidr: pattern("an address range", /^[0-9A-Fa-f.:]+\/[0-9]{1,3}$/u, 43),
  host: pattern(
    "a host name",
    /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/u,
    253,
  ),
  /** Words of the API: Recreate, ClusterIP, NET_BIND_SERVICE, deployments/scale, *. */
  word: pattern("a word", /^(?:\*|[A-Za-z][A-Za-z0-9_./*-]*)$/u, 63),
  schedule: pattern("a schedule", /^[0-9A-Z*/,-]+(?: [0-9A-Z*/,-]+){4}$/u, 63),
  boolean: { what: "true or false", takes: (value) => typeof value === "boolean" },
  integer: integerUpTo(Number.MAX_SAFE_INTEGER),
  pods: integerUpTo(1000),
  seconds: integerUpTo(86_400),
  count: integerUpTo(100),
  port: {
    what: "a port",
    takes: (value) =>
      typeof value === "number"
        ? Number.isSafeInteger(value) && value >= 1 && value <= 65_535
        : typeof value === "string" && value.length <= 15 && portName.test(value),
  },
  pullPolicy: oneOf("Always", "IfNotPresent", "Never"),
  amount: {
    what: "an integer, or a percentage such as 25%",
    takes: (value) => (typeof value === "string" ? percent.test(value) : integerUpTo(1000).takes(value)),
  },
  quantity: {
    what: "a quantity such as 250m or 256Mi",
    takes: (value) =>
      (typeof value === "string" && value.length <= 24 && parseQuantity(value) !== undefined) ||
      integerUpTo(Number.MAX_SAFE_INTEGER).takes(value),
  },
};
