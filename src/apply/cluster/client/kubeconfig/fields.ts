import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../../../../kube/json.ts";
import { OpsError } from "../../../../kube/ops-error.ts";
import { printable } from "../../../../kube/printable.ts";
import type { ReadDocument } from "../../../../kube/read-object.ts";

/** A mapping of the document and where it stands. Values are credentials: no message repeats one. */
export interface Part {
  readonly document: ReadDocument;
  readonly path: JsonPath;
  readonly value: JsonObject;
}

export function invalid(document: ReadDocument, path: JsonPath, message: string, hint?: string): OpsError {
  return new OpsError("KUBECONFIG_INVALID", message, {
    place: document.places.value(path),
    ...(hint !== undefined && { hint }),
  });
}

/** The fault of a member, named by its path. */
export function faultOf(part: Part, member: string, message: string, hint?: string): OpsError {
  return invalid(part.document, [...part.path, member], `${member} ${message}`, hint);
}

/** A member; null counts as absent, as it does for kubectl. */
function member(part: Part, name: string): Json | undefined {
  const value = Object.hasOwn(part.value, name) ? part.value[name] : undefined;
  return value === null ? undefined : value;
}

export function has(part: Part, name: string): boolean {
  return member(part, name) !== undefined;
}

/** A text; the empty one counts as absent. */
export function textOf(part: Part, name: string): string | undefined {
  const value = member(part, name);
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw faultOf(part, name, "is not a text: put it in quotes");
  return value;
}

export function flagOf(part: Part, name: string): boolean {
  const value = member(part, name);
  if (value === undefined) return false;
  if (typeof value !== "boolean") throw faultOf(part, name, "is neither true nor false");
  return value;
}

export function textsOf(part: Part, name: string): readonly string[] | undefined {
  const value = member(part, name);
  if (value === undefined) return undefined;
  if (!isArray(value)) throw faultOf(part, name, "is not a list of texts");
  return value.map((each) => {
    if (typeof each !== "string") throw faultOf(part, name, "is not a list of texts");
    return each;
  });
}

export function partOf(part: Part, name: string): Part | undefined {
  const value = member(part, name);
  if (value === undefined) return undefined;
  if (!isObject(value)) throw faultOf(part, name, "is not a mapping");
  return { document: part.document, path: [...part.path, name], value };
}

export function partsOf(part: Part, name: string): readonly Part[] {
  const value = member(part, name);
  if (value === undefined) return [];
  if (!isArray(value)) throw faultOf(part, name, "is not a list");
  return value.map((each, index) => {
    if (!isObject(each)) throw faultOf(part, name, `holds something that is no mapping at [${index}]`);
    return { document: part.document, path: [...part.path, name, index], value: each };
  });
}

/** Names of members that nobody here knows, as warnings. */
export function unknownMembers(part: Part, known: readonly string[], what: string): readonly string[] {
  return Object.keys(part.value)
    .filter((name) => !known.includes(name) && name !== "extensions")
    .map(
      (name) =>
        `${what} has a field ${printable(JSON.stringify(name))} that is not known; it is not looked at`,
    );
}

/** The entry of a named list; two of one name are refused, as client-go does (tools/clientcmd/api/v1/conversion.go). */
export function namedEntry(root: Part, list: string, inner: string, name: string): Part | undefined {
  const found: Part[] = [];
  const names = new Set<string>();
  for (const entry of partsOf(root, list)) {
    const own = textOf(entry, "name");
    if (own === undefined) throw invalid(entry.document, entry.path, `an entry of ${list} has no name`);
    if (names.has(own))
      throw invalid(
        entry.document,
        entry.path,
        `${list} holds two entries named ${printable(JSON.stringify(own))}`,
      );
    names.add(own);
    if (own === name)
      found.push(partOf(entry, inner) ?? { document: entry.document, path: entry.path, value: {} });
  }
  return found[0];
}

export function namesOf(root: Part, list: string): readonly string[] {
  return partsOf(root, list).map((entry) => textOf(entry, "name") ?? "");
}
