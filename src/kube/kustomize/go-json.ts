import { byText } from "../by-text.ts";
import { canonicalJson } from "../canonical-json.ts";
import { isTreeMap, type Tree } from "./tree.ts";

/** JSON as Go's encoder writes it: keys sorted, and five characters escaped that JSON does not ask for. */
export function goJson(value: unknown): string {
  return escaped(canonicalJson(value));
}

function escaped(json: string): string {
  return json.replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The same of a tree: on one line, or with an indent of two for every level (encoding/json MarshalIndent). */
export function goJsonOf(value: Tree, isIndented: boolean): string {
  const print = (part: Tree, indent: string): string => {
    if (part === null || typeof part !== "object") return escaped(JSON.stringify(part));
    const inner = `${indent}  `;
    const parts = isTreeMap(part)
      ? [...part]
          .sort(([one], [other]) => byText(one, other))
          .map(
            ([key, member]) =>
              `${escaped(JSON.stringify(key))}:${isIndented ? " " : ""}${print(member, inner)}`,
          )
      : part.map((item) => print(item, inner));
    const [open, close] = isTreeMap(part) ? "{}" : "[]";
    if (parts.length === 0) return `${open}${close}`;
    return isIndented
      ? `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`
      : `${open}${parts.join(",")}${close}`;
  };
  return print(value, "");
}
