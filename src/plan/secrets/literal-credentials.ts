import { wordCredentials } from "../../analysis/checks/secrets/command-credentials.ts";
import {
  credentialSpans,
  holdsCredential,
  isCredential,
  isReference,
} from "../../analysis/checks/secrets/credentials.ts";
import { isArray, isObject, type Json, type JsonObject } from "../../kube/json.ts";
import { LAST_APPLIED } from "../../kube/last-applied.ts";
import { objectKey } from "../../kube/object-key.ts";

/** A place of an object where a credential stands as it is. */
export interface LiteralCredential {
  /** With named list items by their names. Never the value. */
  readonly path: string;
  /** What kind of place that is, in words. */
  readonly what: string;
}

/**
 * The first literal of an object that the tables of credentials know (kernel K16): variables and headers by name and
 * value, commands and arguments, data of ConfigMaps, annotations, and any other text that is a private key, a known
 * form of token, or an address with a password. What Kubernetes fills in itself (`$(NAME)`) and names of things are none.
 */
export function literalCredential(object: JsonObject): LiteralCredential | undefined {
  const { group, kind } = objectKey(object);
  if (group === "" && kind === "ConfigMap") {
    const found = inData(object["data"]) ?? inBinaryData(object["binaryData"]);
    if (found !== undefined) return found;
  }
  return inValue(object, "");
}

function inData(data: Json | undefined): LiteralCredential | undefined {
  for (const [key, text] of isObject(data) ? Object.entries(data) : []) {
    if (typeof text !== "string" || isReference(text)) continue;
    // A file is judged by its text; a single value also by its name.
    const found = text.includes("\n") ? holdsCredential(text) : isCredential(key, text);
    if (found) return { path: `data[${JSON.stringify(key)}]`, what: "data of a ConfigMap" };
  }
  return undefined;
}

function inBinaryData(data: Json | undefined): LiteralCredential | undefined {
  for (const [key, base64] of isObject(data) ? Object.entries(data) : []) {
    if (typeof base64 !== "string") continue;
    let text: string;
    try {
      text = atob(base64);
    } catch {
      continue;
    }
    if (isKnownForm(text)) return { path: `binaryData[${JSON.stringify(key)}]`, what: "data of a ConfigMap" };
  }
  return undefined;
}

/** Forms that are credentials wherever they stand, also in texts for people. */
function isKnownForm(text: string): boolean {
  return (
    /-----BEGIN[ A-Z0-9]*PRIVATE KEY|:\/\/[^\s/@]*:[^\s@]+@|(?<![A-Za-z0-9])(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|AKIA|ASIA|AIza|npm_|hf_|AGE-SECRET-KEY-|eyJ)/.test(
      text,
    ) && credentialSpans(text).length > 0
  );
}

function inValue(value: Json, path: string): LiteralCredential | undefined {
  if (typeof value === "string") return isKnownForm(value) ? { path, what: "by its form" } : undefined;
  if (isArray(value)) return inList(value, path);
  if (!isObject(value)) return undefined;
  for (const [member, part] of Object.entries(value)) {
    const below = path === "" ? member : `${path}.${member}`;
    const found =
      member === "annotations" && isObject(part) && /(?:^|\.)metadata$/u.test(path)
        ? inAnnotations(part, below)
        : (member === "command" || member === "args") && isArray(part)
          ? (inWords(part, below) ?? inValue(part, below))
          : inValue(part, below);
    if (found !== undefined) return found;
  }
  return undefined;
}

function inList(list: readonly Json[], path: string): LiteralCredential | undefined {
  for (const [index, item] of list.entries()) {
    const name = isObject(item) ? item["name"] : undefined;
    const below = `${path}[${typeof name === "string" ? `name=${name}` : index}]`;
    const value = isObject(item) ? item["value"] : undefined;
    const isPair =
      /\.(?:env|httpHeaders)$/u.test(path) && typeof name === "string" && typeof value === "string";
    if (isPair && !isReference(value) && isCredential(name, value))
      return { path: below, what: "a variable or header" };
    const found = inValue(item, below);
    if (found !== undefined) return found;
  }
  return undefined;
}

function inWords(words: readonly Json[], path: string): LiteralCredential | undefined {
  const texts = words.filter((word) => typeof word === "string");
  const index = wordCredentials(texts, []).findIndex((spans) => spans.length > 0);
  return index < 0 ? undefined : { path: `${path}[${index}]`, what: "in a command" };
}

function inAnnotations(annotations: JsonObject, path: string): LiteralCredential | undefined {
  for (const [key, text] of Object.entries(annotations)) {
    if (typeof text !== "string") continue;
    const at = `${path}[${JSON.stringify(key)}]`;
    if (key === LAST_APPLIED && holdsWithin(text))
      return { path: at, what: "in the copy that kubectl leaves" };
    if (key !== LAST_APPLIED && holdsCredential(text)) return { path: at, what: "in an annotation" };
  }
  return undefined;
}

/** kubectl's annotation holds a whole object as JSON. */
function holdsWithin(text: string): boolean {
  try {
    const copy = JSON.parse(text) as Json;
    return isObject(copy) && literalCredential(copy) !== undefined;
  } catch {
    return holdsCredential(text);
  }
}
