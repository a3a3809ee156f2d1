import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../../kube/json.ts";

/** A copy of a value with another one at a path; missing members on the way are made, items must be there. */
export function setAt(value: Json | undefined, path: JsonPath, to: Json): Json {
  const [step, ...rest] = path;
  if (step === undefined) return to;
  if (typeof step === "number") {
    const list = isArray(value) ? value : [];
    return list.map((item, index) => (index === step ? setAt(item, rest, to) : item));
  }
  const members: JsonObject = isObject(value) ? value : {};
  const before = Object.hasOwn(members, step) ? members[step] : undefined;
  // Entries keep their order and define own members, whatever their names.
  const entries = Object.entries(members).map(([name, part]): [string, Json] => [
    name,
    name === step ? setAt(part, rest, to) : part,
  ]);
  if (before === undefined) entries.push([step, setAt(undefined, rest, to)]);
  return Object.fromEntries(entries);
}
