import { isArray, isObject, type Json, type JsonObject, type JsonPath } from "../../../kube/json.ts";
import { LAST_APPLIED } from "../../../kube/last-applied.ts";
import { objectKey } from "../../../kube/object-key.ts";
import { printable, printableRest } from "../../../kube/printable.ts";
import type { ObjectKey, ReadObject } from "../../../kube/read-object.ts";
import type { Finding } from "../../findings/finding.ts";
import { wordCredentials } from "./command-credentials.ts";
import { credentialSpans, isCredentialName } from "./credentials.ts";
import { isPlaceholder } from "./placeholder.ts";
import { type SecretCode, secretTable } from "./secret-table.ts";

/** Longer texts are files of data; their first part is looked at. */
const MAX_TEXT = 256 * 1024;

interface Walk {
  readonly key: ObjectKey;
  readonly found: { readonly code: SecretCode; readonly path: JsonPath; readonly where: string }[];
}

/**
 * Credentials that stand in an object as they are: one finding a place, never a part of the value. What Kubernetes or a
 * template fills in, and placeholders, are none.
 */
export function secretFindings(read: ReadObject): readonly Finding[] {
  const key = objectKey(read.object);
  const walk: Walk = { key, found: [] };
  if (key.group === "" && key.kind === "Secret") inSecret(walk, read.object);
  else {
    if (key.group === "" && key.kind === "ConfigMap") inConfigMap(walk, read.object);
    inValue(walk, read.object, []);
  }
  return walk.found.map(({ code, path, where }) => {
    const row = secretTable[code];
    return {
      code,
      severity: row.severity,
      message: printableRest(row.message(where)),
      place: read.places.value(path),
      path: [...read.path, ...path],
      object: key,
      hint: row.hint,
    };
  });
}

function add(walk: Walk, code: SecretCode, path: JsonPath, where: string): void {
  walk.found.push({ code, path, where: printable(where.length > 80 ? `${where.slice(0, 80)}...` : where) });
}

/** A Secret is meant to hold values; in a file they are published. Types that hold no secret of their own are left out. */
function inSecret(walk: Walk, object: JsonObject): void {
  for (const field of ["stringData", "data"] as const) {
    const data = object[field];
    for (const [name, value] of isObject(data) ? Object.entries(data) : []) {
      if (typeof value !== "string") continue;
      const text = field === "data" ? decoded(value) : value;
      if (text === undefined || isPlaceholder(text) || /^[\s"'{}[\]]*$/.test(text)) continue;
      if (!isCredentialName(name) && knownForm(text) === undefined && !holdsAny(text)) continue;
      add(walk, "secret/manifest", [field, name], `${field}.${name}`);
    }
  }
}

function decoded(base64: string): string | undefined {
  try {
    return atob(base64.replaceAll(/\s/g, ""));
  } catch {
    return undefined;
  }
}

function inConfigMap(walk: Walk, object: JsonObject): void {
  const data = object["data"];
  for (const [name, value] of isObject(data) ? Object.entries(data) : []) {
    if (typeof value !== "string" || isPlaceholder(value)) continue;
    const form = knownForm(value);
    if (form !== undefined) continue; // The walk over all values names it.
    const single = !value.includes("\n");
    if (single ? isCredentialName(name) || holdsAny(value) : holdsAny(value))
      add(walk, "secret/config-map", ["data", name], `data.${name}`);
  }
}

/** The form that is a credential wherever it stands; undefined for a text without one. */
function knownForm(text: string): SecretCode | undefined {
  if (text.length < 12) return undefined;
  const part = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
  if (part.includes("PRIVATE KEY") && matches("private-key", part)) return "secret/private-key";
  if (part.includes("://") && part.includes("@") && matches("url-password", part))
    return "secret/url-password";
  return tokenStart.test(part) && matches("known-token", part) ? "secret/known-form" : undefined;
}

const tokenStart =
  /(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|AKIA|ASIA|AIza|ya29\.|npm_|pypi-|[srp]k_(?:live|test)_|sk-|hf_|dop_v1_|SG\.|shp(?:at|ca|pa|ss)_|AGE-SECRET-KEY-|eyJ|hooks\.slack)/;

/** Whether a row of the table of values finds something that is no reference and no placeholder. */
function matches(id: string, text: string): boolean {
  return credentialSpans(text, id).some(({ start, end }) => {
    const secret = text.slice(start, end);
    return !isPlaceholder(secret) && !/EXAMPLE/.test(secret);
  });
}

/** Whether the table of values finds something that is no placeholder. */
function holdsAny(text: string): boolean {
  const part = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text;
  return credentialSpans(part).some(({ start, end }) => !isPlaceholder(part.slice(start, end)));
}

/** `path` is one list for the whole walk: it leads to `value` while that is looked at, and is copied where something is found. */
function inValue(walk: Walk, value: Json, path: (string | number)[]): void {
  if (typeof value === "string") {
    const form = knownForm(value);
    if (form !== undefined) add(walk, form, [...path], pathWords(path));
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (isArray(value)) {
    const last = path.at(-1);
    if (last === "command" || last === "args") inWords(walk, value, path);
    const pairs = last === "env" || last === "httpHeaders";
    for (let index = 0; index < value.length; index++) {
      const item = value[index] ?? null;
      path.push(index);
      if (pairs && isObject(item)) inPair(walk, item, path);
      inValue(walk, item, path);
      path.pop();
    }
    return;
  }
  if (!isObject(value)) return;
  const inMetadata = path.at(-1) === "metadata";
  for (const member in value) {
    const part = value[member] ?? null;
    path.push(member);
    if (inMetadata && member === "annotations" && isObject(part)) inAnnotations(walk, part, path);
    else inValue(walk, part, path);
    path.pop();
  }
}

function inPair(walk: Walk, item: JsonObject, path: JsonPath): void {
  const { name, value } = item;
  if (typeof name !== "string" || typeof value !== "string") return;
  if (isPlaceholder(value) || knownForm(value) !== undefined || !isCredentialName(name)) return;
  // A choice or a number says something about a credential: DB_PASSWORD_MIN, ALLOW_EMPTY_PASSWORD.
  if (/^(?:true|false|yes|no|on|off|\d{1,4})$/i.test(value) || /^\/[\w./-]+$/.test(value)) return;
  add(walk, "secret/variable", [...path, "value"], name);
}

function inWords(walk: Walk, words: readonly Json[], path: JsonPath): void {
  const texts = words.map((word) => (typeof word === "string" ? word : ""));
  for (const [index, spans] of wordCredentials(texts, []).entries()) {
    const text = texts[index] ?? "";
    if (knownForm(text) !== undefined) continue;
    if (spans.some(({ start, end }) => !isPlaceholder(text.slice(start, end))))
      add(walk, "secret/command", [...path, index], pathWords([...path, index]));
  }
}

function inAnnotations(walk: Walk, annotations: JsonObject, path: JsonPath): void {
  for (const [name, text] of Object.entries(annotations)) {
    if (typeof text !== "string") continue;
    const form = knownForm(text);
    if (form !== undefined) add(walk, form, [...path, name], `annotation ${name}`);
    // kubectl's copy of the object repeats what is reported where it stands.
    else if (name !== LAST_APPLIED && holdsAny(text)) add(walk, "secret/annotation", [...path, name], name);
  }
}

function pathWords(path: JsonPath): string {
  return path
    .filter((step) => typeof step === "string")
    .slice(-2)
    .join(".");
}
