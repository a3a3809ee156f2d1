import {
  isArray,
  isObject,
  type Json,
  type JsonArray,
  type JsonPath,
  valueAt,
} from "../../../../kube/json.ts";
import { canonicalJson } from "../../../../kube/canonical-json.ts";
import type { FixRow, FixSubject } from "../fix-row.ts";

type MakeEdits = FixRow["edits"];

interface Item {
  readonly list: JsonArray;
  readonly path: JsonPath;
  readonly index: number;
}

/** The innermost item of a list on a path. */
function itemOn({ object, path }: FixSubject): Item | undefined {
  const at = path.findLastIndex((step) => typeof step === "number");
  const index = path[at];
  const list = valueAt(object, path.slice(0, at));
  return typeof index === "number" && isArray(list) ? { list, path: path.slice(0, at), index } : undefined;
}

/** An item that says nothing but what an earlier one says. */
const removeEqual: MakeEdits = (subject) => {
  const item = itemOn(subject);
  if (item === undefined) return undefined;
  const { list, path, index } = item;
  const own = canonicalJson(list[index] ?? null);
  const repeats = list.slice(0, index).some((other) => canonicalJson(other) === own);
  return repeats ? [{ op: "remove", path: [...path, index] }] : undefined;
};

/**
 * Of a variable that is set twice the last value counts, and $(NAME) in between reads the earlier one (core/v1
 * EnvVar.value): where nothing reads it, the earlier one may go.
 */
const removeEarlier: MakeEdits = (subject) => {
  const item = itemOn(subject);
  if (item === undefined || item.path.at(-1) !== "env") return removeEqual(subject);
  const { list, path, index } = item;
  const name = nameOf(list[index]);
  const earlier = list.slice(0, index).findLastIndex((other) => nameOf(other) === name);
  if (name === undefined || earlier < 0) return undefined;
  const read = list
    .slice(earlier + 1, index + 1)
    .some((other) => textOf(valueAt(other, ["value"])).includes(`$(${name})`));
  return read ? undefined : [{ op: "remove", path: [...path, earlier] }];
};

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function nameOf(item: JsonArray[number] | undefined): string | undefined {
  const name = isObject(item) ? valueAt(item, ["name"]) : undefined;
  return typeof name === "string" ? name : undefined;
}

/** Items of lists that should stand once, or are missing. */
export const listRows: readonly FixRow[] = [
  {
    id: "reliability/duplicate-variable",
    describe: "remove the earlier value of a variable, which nothing reads",
    effect: "same",
    edits: removeEarlier,
  },
  {
    id: "schema/duplicate-item",
    describe: "remove an item that an earlier one repeats, or of a variable the earlier value",
    effect: "same",
    edits: removeEarlier,
  },
  {
    id: "server/duplicate",
    describe: "remove an item that an earlier one repeats",
    effect: "same",
    edits: removeEqual,
  },
  {
    id: "network/dns-udp-only",
    describe: "open TCP 53 beside UDP 53",
    effect: "behaviour",
    edits: ({ object, path }) =>
      object["kind"] === "NetworkPolicy" && isArray(valueAt(object, [...path, "ports"]))
        ? [{ op: "append", path: [...path, "ports"], value: { protocol: "TCP", port: 53 } }]
        : undefined,
  },
];
